/* What the operator of a holder decided of single expunctions. The keeper can ask for one, nobody can make a holder delete.
 *
 * D1  A decision is durable before the command says so, and names an entry of the log: what the keeper expunges later is decided anew.
 * D2  It goes before what holder.conf says of all.
 * D3  What was decided, and what came of it, is written into the journal, and told to everybody who asks (share.c).
 * D4  What is not decided, or is to be followed, is given to no reader: `held` says so (WITHOUT_WAITS), and archive's access_view goes by it. Decided but not in
 *     `held` yet (a crash), it is there with the next sync, and until then what was said before stands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decisions.h"

#define HEADER "photostat.decisions/v1"

static const char *const words[] = {"keep", "follow"};

/* ---- the file ------------------------------------------------------------------------------------------------------------------- */

static uint64_t index_of(const void *decision)
{
	return ((const struct decision *)decision)->index;
}

static size_t place(const struct decisions *decisions, uint64_t index)
{
	return mem_place(decisions->list, decisions->count, sizeof(*decisions->list), index_of, index);
}

const struct decision *decisions_find(const struct decisions *decisions, uint64_t index)
{
	size_t at = place(decisions, index);

	return at < decisions->count && decisions->list[at].index == index ? &decisions->list[at] : NULL;
}

void decisions_put(struct decisions *decisions, const struct decision *decision)
{
	size_t at = place(decisions, decision->index);

	if (at < decisions->count && decisions->list[at].index == decision->index) {
		decisions->list[at] = *decision;
		return;
	}
	if (decisions->count == decisions->capacity) {
		decisions->capacity = decisions->capacity < 16 ? 16 : decisions->capacity * 2;
		decisions->list = mem_grow(decisions->list, decisions->capacity, sizeof(*decisions->list));
	}
	memmove(&decisions->list[at + 1], &decisions->list[at], (decisions->count - at) * sizeof(*decisions->list));
	decisions->list[at] = *decision;
	decisions->count++;
}

void decisions_release(struct decisions *decisions)
{
	free(decisions->list);
	memset(decisions, 0, sizeof(*decisions));
}

/* INDEX WORD TIME, above the index before. */
static bool parse_line(struct decisions *decisions, struct str line)
{
	struct decision decision;
	struct str index, word;

	if (!str_take_until(&line, ' ', &index) || !decimal_parse(index, UINT64_MAX, &decision.index) ||
		!str_take_until(&line, ' ', &word) || line.p == NULL || !time_parse(line, &decision.time))
		return false;
	decision.follow = str_equal(word, str_from(words[1]));
	if ((!decision.follow && !str_equal(word, str_from(words[0]))) ||
		(decisions->count > 0 && decision.index <= decisions->list[decisions->count - 1].index))
		return false;
	decisions_put(decisions, &decision);
	return true;
}

int decisions_parse(struct decisions *decisions, struct str text, struct str origin, struct err *err)
{
	struct str line;
	size_t number = 1;

	memset(decisions, 0, sizeof(*decisions));
	if (!str_take_line(&text, &line) || !str_equal(line, STR(HEADER)))
		goto damaged;
	number++;
	if (!str_take_line(&text, &line) || !str_starts(line, STR("origin ")) ||
		!str_equal((struct str){line.p + 7, line.n - 7}, origin))
		goto damaged;
	for (number++; text.n > 0; number++)
		if (!str_take_line(&text, &line) || !parse_line(decisions, line))
			goto damaged;
	return 0;
damaged:
	decisions_release(decisions);
	return err_set(err, ERR_SYNTAX,
		"the file " DECISIONS_NAME
		" is damaged in line %zu: put the line right, or take the file away and decide again with photostat hold decide",
		number);
}

void decisions_format(struct buf *out, const struct decisions *decisions, struct str origin)
{
	buf_text(out, HEADER "\norigin ");
	buf_str(out, origin);
	buf_char(out, '\n');
	for (size_t i = 0; i < decisions->count; i++) {
		char time[TIME_TEXT];

		time_format(decisions->list[i].time, time);
		buf_printf(out, "%" PRIu64 " %s %s\n", decisions->list[i].index, words[decisions->list[i].follow], time);
	}
}

int decisions_read(struct decisions *decisions, struct archive *archive, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	int result;

	memset(decisions, 0, sizeof(*decisions));
	if (os_read_file(archive_fd(archive), DECISIONS_NAME, DECISIONS_MAX, &text, &why) != 0)
		return why.code == ERR_NOT_FOUND ? 0 : err_set(err, why.code, "%s", why.text);
	result = decisions_parse(decisions, buf_view(&text), archive_origin(archive), err);
	buf_release(&text);
	return result;
}

/* ---- what waits ----------------------------------------------------------------------------------------------------------------- */

/* An expunge entry that is not followed here, with what it was parsed from. */
struct waiting {
	struct buf text;
	struct arena arena;
	struct entry entry;
};

static int read_waiting(struct archive *archive, uint64_t index, struct waiting *waiting, struct err *err)
{
	arena_release(&waiting->arena);
	buf_clear(&waiting->text);
	return log_entry(archive_log(archive), index, &waiting->text, err) != 0
		       ? -1
		       : entry_parse(&waiting->entry, buf_view(&waiting->text), &waiting->arena, err);
}

static void waiting_release(struct waiting *waiting)
{
	arena_release(&waiting->arena);
	buf_release(&waiting->text);
}

int holder_kept_each(
	struct archive *archive, int (*each)(void *, const struct holder_kept *, struct err *), void *context, struct err *err)
{
	struct waiting waiting = {.text = BUF_INIT};
	struct decisions decisions;
	int result = decisions_read(&decisions, archive, err);

	for (size_t i = 0; result == 0 && i < archive_without_count(archive); i++) {
		struct holder_kept kept = {.word = HOLDER_UNDECIDED};
		const struct decision *decision;
		enum without_why why;

		kept.index = archive_without(archive, i, &why);
		kept.withheld = why == WITHOUT_WAITS;
		if (why != WITHOUT_KEPT && why != WITHOUT_WAITS)
			continue;
		result = read_waiting(archive, kept.index, &waiting, err);
		if (result != 0)
			break;
		decision = decisions_find(&decisions, kept.index);
		if (decision != NULL) {
			kept.word = decision->follow ? HOLDER_DECIDED_FOLLOW : HOLDER_DECIDED_KEEP;
			kept.decided = decision->time;
		}
		kept.id = waiting.entry.record;
		kept.authority = waiting.entry.authority;
		kept.reason = waiting.entry.reason;
		kept.time = waiting.entry.time;
		kept.rewritten = waiting.entry.rewritten;
		kept.rewritten_count = waiting.entry.rewritten_count;
		result = each(context, &kept, err);
	}
	waiting_release(&waiting);
	decisions_release(&decisions);
	return result;
}

/* ---- deciding ------------------------------------------------------------------------------------------------------------------- */

struct deciding {
	const struct holder_decide *options;
	struct decisions decisions;
	uint64_t *indexes; /* of those that are decided */
	size_t count, capacity;
	bool meant;      /* one of them takes something of the version that was named */
	struct buf told; /* for the journal */
	int64_t now;
};

static bool takes_version(const struct holder_kept *kept, uint64_t version)
{
	if (version == 0)
		return true;
	for (size_t i = 0; i < kept->rewritten_count; i++)
		if (kept->rewritten[i].version == version)
			return true;
	return false;
}

static int find_meant(void *context, const struct holder_kept *kept, struct err *err)
{
	struct deciding *deciding = context;

	(void)err;
	deciding->meant =
		deciding->meant || (str_equal(kept->id, deciding->options->id) && takes_version(kept, deciding->options->version));
	return 0;
}

static int decide_one(void *context, const struct holder_kept *kept, struct err *err)
{
	struct deciding *deciding = context;
	struct decision decision = {.index = kept->index, .follow = deciding->options->follow, .time = deciding->now};
	char time[TIME_TEXT];

	(void)err;
	if (!str_equal(kept->id, deciding->options->id))
		return 0;
	decisions_put(&deciding->decisions, &decision);
	if (deciding->count == deciding->capacity) {
		deciding->capacity = deciding->capacity == 0 ? 8 : deciding->capacity * 2;
		deciding->indexes = mem_grow(deciding->indexes, deciding->capacity, sizeof(*deciding->indexes));
	}
	deciding->indexes[deciding->count++] = kept->index;
	time_format(decision.time, time);
	buf_printf(&deciding->told, "%s decided %s entry %" PRIu64 " ", time, words[decision.follow], kept->index);
	buf_str(&deciding->told, kept->id);
	buf_char(&deciding->told, '\n');
	return 0;
}

static int tell_decided(void *context, const struct holder_kept *kept, struct err *err)
{
	struct deciding *deciding = context;

	(void)err;
	if (str_equal(kept->id, deciding->options->id) && deciding->options->decided != NULL)
		deciding->options->decided(deciding->options->context, kept);
	return 0;
}

int holder_decide(struct archive *archive, const struct holder_decide *options, struct err *err)
{
	struct deciding deciding = {.options = options, .told = BUF_INIT, .now = os_now()};
	struct buf text = BUF_INIT;
	int result = -1;

	if (decisions_read(&deciding.decisions, archive, err) != 0 || holder_kept_each(archive, find_meant, &deciding, err) != 0)
		goto out;
	if (!deciding.meant) {
		err_set(err, ERR_NOT_FOUND, "%.*s: no expunction of it waits here; photostat hold status says what does",
			STR_ARG(options->id));
		goto out;
	}
	if (holder_kept_each(archive, decide_one, &deciding, err) != 0)
		goto out;
	decisions_format(&text, &deciding.decisions, archive_origin(archive));
	if (text.n > DECISIONS_MAX) {
		err_set(err, ERR_LIMIT, "the file " DECISIONS_NAME " is full; say it for all in holder.conf: expunge");
		goto out;
	}
	if (os_replace(archive_fd(archive), DECISIONS_NAME, buf_view(&text), 0644, err) != 0 || /* D1 */
		archive_journal(archive_fd(archive), buf_view(&deciding.told), err) != 0 ||
		archive_set_kept(archive, deciding.indexes, deciding.count, !options->follow, err) != 0) /* D4 */
		goto out;
	result = holder_kept_each(archive, tell_decided, &deciding, err);
out:
	decisions_release(&deciding.decisions);
	free(deciding.indexes);
	buf_release(&deciding.told);
	buf_release(&text);
	return result;
}

/* ---- for everybody -------------------------------------------------------------------------------------------------------------- */

struct answering {
	struct buf *out;
	enum holder_expunge expunge;
};

static int put_kept(void *context, const struct holder_kept *kept, struct err *err)
{
	static const char *const of_all[] = {"waits", "to be followed", "kept"};
	const struct answering *answering = context;

	(void)err;
	buf_printf(answering->out, "%" PRIu64 " %s\n", kept->index,
		kept->word == HOLDER_UNDECIDED      ? of_all[answering->expunge]
		: kept->word == HOLDER_DECIDED_KEEP ? "kept"
						    : "to be followed");
	return 0;
}

int decisions_answer(struct archive *archive, struct buf *out, struct err *err)
{
	static const char *const policies[] = {"ask", "follow", "keep"};
	struct answering answering = {.out = out};
	struct holder_conf conf;

	if (holder_conf_read(&conf, archive_fd(archive), err) != 0)
		return -1;
	buf_text(out, "photostat.expunctions/v1\norigin ");
	buf_str(out, archive_origin(archive));
	buf_printf(out, "\nexpunge %s\nknown %" PRIu64 "\n", policies[conf.expunge], archive_known(archive));
	answering.expunge = conf.expunge;
	holder_conf_release(&conf);
	return holder_kept_each(archive, put_kept, &answering, err);
}
