/* How much of its log an archive holds: a keeper all of it; a holder what it has fetched, and that is written in the file `held`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define HELD_HEADER "photostat.held/v1"
#define HELD_MAX ((size_t)16 << 20)

static const char *const without_words[WITHOUT_WORDS] = {"closed", "kept", "missing", "waits", "behind"};

static int parse(struct holdings *holdings, struct str text, struct str origin, struct err *err)
{
	struct str line, word;

	if (!str_take_line(&text, &line) || !str_equal(line, STR(HELD_HEADER)) || !str_take_line(&text, &line) ||
		!str_starts(line, STR("origin ")) || !str_equal((struct str){line.p + 7, line.n - 7}, origin) ||
		!str_take_line(&text, &line))
		goto damaged;
	holdings->keeper = str_equal(line, STR("keeper"));
	if ((holdings->keeper && !str_take_line(&text, &line)) || !str_starts(line, STR("complete ")) ||
		!decimal_parse((struct str){line.p + 9, line.n - 9}, UINT64_MAX, &holdings->complete))
		goto damaged;
	while (text.n > 0) {
		struct without without = {.index = 0};

		if (!str_take_line(&text, &line) || !str_take_until(&line, ' ', &word) || !str_equal(word, STR("without")) ||
			!str_take_until(&line, ' ', &word) || !decimal_parse(word, UINT64_MAX, &without.index) ||
			(holdings->count > 0 && without.index <= holdings->without[holdings->count - 1].index))
			goto damaged;
		for (without.why = WITHOUT_CLOSED; !str_equal(line, str_from(without_words[without.why])); without.why++)
			if (without.why == WITHOUT_BEHIND)
				goto damaged;
		holdings_add(holdings, without.index, without.why);
		/* What is closed comes with an entry that says so. */
		if (without.why != WITHOUT_CLOSED)
			holdings->mark = ((holdings->mark ^ (without.index * WITHOUT_WORDS + without.why)) + 1) * 1099511628211u;
	}
	return 0;
damaged:
	return err_set(err, ERR_SYNTAX,
		"the file " HELD_NAME
		" is damaged: it says what is held here; photostat hold sync mends it (in the keeper's archive, catch-up)");
}

int holdings_read(struct holdings *holdings, int dir, struct str origin, struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	int result = 0;

	memset(holdings, 0, sizeof(*holdings));
	if (os_read_file(dir, HELD_NAME, HELD_MAX, &text, &why) == 0) {
		holdings->holder = true;
		result = parse(holdings, buf_view(&text), origin, err);
	} else if (why.code != ERR_NOT_FOUND) {
		result = err_set(err, why.code, "%s", why.text);
	}
	buf_release(&text);
	if (result != 0)
		holdings_release(holdings);
	return result;
}

/* Whether this is the keeper's own folder: no copy has the log's private key. */
static bool has_log_key(const struct archive *archive)
{
	int keys = os_open(archive->dir, archive->conf.keys, O_RDONLY | O_DIRECTORY, 0, NULL);
	bool has = keys >= 0 && os_exists(keys, KEY_NAME, NULL) == 1;

	os_close(keys);
	return has;
}

int holdings_mend(struct archive *archive, bool keeper, struct err *err)
{
	struct holdings holdings;
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	int result = 0;

	if (holdings_read(&holdings, archive->dir, archive_origin(archive), &why) != 0) {
		if (why.code != ERR_SYNTAX)
			return err_set(err, why.code, "%s", why.text);
		/* Made anew as a holder's, a keeper's archive would be nobody's any more. */
		if (keeper != has_log_key(archive))
			return err_set(err, why.code, "%s", why.text);
		archive_say(archive, "the file " HELD_NAME " is damaged: what is here is looked at anew");
		holdings = (struct holdings){.holder = true, .keeper = keeper};
		holdings_format(&text, &holdings, archive_origin(archive));
		result = os_replace(archive->dir, HELD_NAME, buf_view(&text), 0644, err);
		buf_release(&text);
	}
	holdings_release(&holdings);
	return result;
}

void holdings_format(struct buf *out, const struct holdings *holdings, struct str origin)
{
	buf_text(out, HELD_HEADER "\norigin ");
	buf_str(out, origin);
	if (holdings->keeper)
		buf_text(out, "\nkeeper");
	buf_printf(out, "\ncomplete %" PRIu64 "\n", holdings->complete);
	for (size_t i = 0; i < holdings->count; i++)
		buf_printf(out, "without %" PRIu64 " %s\n", holdings->without[i].index, without_words[holdings->without[i].why]);
}

static uint64_t index_of(const void *without)
{
	return ((const struct without *)without)->index;
}

static size_t place(const struct holdings *holdings, uint64_t index)
{
	return mem_place(holdings->without, holdings->count, sizeof(*holdings->without), index_of, index);
}

void holdings_add(struct holdings *holdings, uint64_t index, enum without_why why)
{
	size_t at = place(holdings, index);

	if (at < holdings->count && holdings->without[at].index == index) {
		holdings->without[at].why = why;
		return;
	}
	if (holdings->count == holdings->capacity) {
		holdings->capacity = holdings->capacity < 16 ? 16 : holdings->capacity * 2;
		holdings->without = mem_grow(holdings->without, holdings->capacity, sizeof(*holdings->without));
	}
	memmove(&holdings->without[at + 1], &holdings->without[at], (holdings->count - at) * sizeof(*holdings->without));
	holdings->without[at] = (struct without){index, why};
	holdings->count++;
}

bool holdings_remove(struct holdings *holdings, uint64_t index)
{
	size_t at = place(holdings, index);

	if (at == holdings->count || holdings->without[at].index != index)
		return false;
	holdings->count--;
	memmove(&holdings->without[at], &holdings->without[at + 1], (holdings->count - at) * sizeof(*holdings->without));
	return true;
}

void holdings_release(struct holdings *holdings)
{
	free(holdings->without);
	memset(holdings, 0, sizeof(*holdings));
}

bool holdings_same_without(const struct holdings *one, const struct holdings *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (one->without[i].index != other->without[i].index || one->without[i].why != other->without[i].why)
			return false;
	return true;
}

uint64_t archive_without_mark(const struct archive *archive)
{
	return archive->holdings.mark;
}

bool archive_is_holder(const struct archive *archive)
{
	return archive->holdings.holder;
}

bool archive_is_catching_up(const struct archive *archive)
{
	return archive->holdings.keeper;
}

uint64_t archive_known(const struct archive *archive)
{
	uint64_t size = archive->log == NULL ? 0 : log_size(archive->log);

	return archive->holdings.holder && archive->holdings.complete < size ? archive->holdings.complete : size;
}

bool archive_holds(const struct archive *archive, uint64_t index)
{
	size_t at;

	if (!archive->holdings.holder)
		return true;
	if (index >= archive->holdings.complete)
		return false;
	at = place(&archive->holdings, index);
	return at == archive->holdings.count || archive->holdings.without[at].index != index;
}

bool holdings_behind(const struct holdings *holdings, uint64_t index)
{
	size_t at = place(holdings, index);

	return at < holdings->count && holdings->without[at].index == index && holdings->without[at].why == WITHOUT_BEHIND;
}

size_t archive_without_count(const struct archive *archive)
{
	return archive->holdings.count;
}

uint64_t archive_without(const struct archive *archive, size_t i, enum without_why *why)
{
	*why = archive->holdings.without[i].why;
	return archive->holdings.without[i].index;
}
