/* What stays true while it follows: whatever is cut off, what is done stays done (extract_archive, finder_feed), and another process may do the same. Order of need: first what
 * a reader waits for, then what was just deposited, then the rest, newest first. */
#include "index_follow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract.h"
#include "finder/finder.h"
#include "os/os.h"

#define STATE_FILE "derived/indexing"
#define INDEX_FILE "derived/search.sqlite"
#define POSITION_FILE "derived/text/position"
#define STATE_MAX 4096u
#define WISHES_MAX 64u  /* the newest count */
#define NEW_MAX 200u    /* entries at once whose records go before the rest */
#define READY_MAX 1000u /* records whose texts have come: then they are made searchable at the latest */
#define READY_SECONDS 5 /* or after so long */
#define STATE_SECONDS 2 /* how often the state is written */
#define REST_SECONDS 30 /* after something went wrong */
#define LOOK_MILLISECONDS 1000u
#define ENDED 1 /* extract_archive is stopped with it */

struct names {
	char *all[READY_MAX];
	size_t count;
};
struct following {
	struct invocation *invocation;
	struct archive *archive;
	struct catalogue *catalogue;
	struct extract_run *whole; /* the walk through all that there is, while it goes on */
	struct buf heard;
	struct names wishes, ready;
	uint64_t size;                /* of the log, up to which new entries were looked at */
	int64_t looked, fed, written; /* seconds */
	uint64_t read, failed;        /* documents, since it began */
	uint64_t index;               /* inode of the index's file: 0 none */
	const char *state;
	bool texts, ended, again;
	bool positioned; /* it is written how far texts were looked at */
	bool forgotten;  /* somebody took index or texts away: all is looked at */
	struct err err;
};

/* ---- names of records ------------------------------------------------------------------------------------------------------------------ */

static void forget(struct names *names)
{
	while (names->count > 0)
		free(names->all[--names->count]);
}

static void note(struct names *names, struct str id, size_t most)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(str_from(names->all[i]), id))
			return;
	if (names->count == most) {
		free(names->all[0]);
		memmove(names->all, names->all + 1, --names->count * sizeof(names->all[0]));
	}
	names->all[names->count++] = mem_dup(id);
}

/* ---- the state ------------------------------------------------------------------------------------------------------------------------- */

/* For the keeper; what readers are told of it is its first word and the index's own position (P6). It may be lost. */
static void write_state(struct following *in, const char *state, bool now)
{
	int folder = archive_fd(in->archive);
	struct buf text = BUF_INIT;
	int64_t time = os_now();

	if (!now && in->state == state && time - in->written < STATE_SECONDS)
		return;
	in->state = state;
	in->written = time;
	buf_printf(&text, "{\"v\":1,\"type\":\"indexing\",\"state\":\"%s\",\"time\":%" PRId64 ",\"texts\":%" PRIu64, state, time,
		in->read);
	buf_printf(&text, ",\"failed\":%" PRIu64 ",\"lookedAt\":%" PRIu64 ",\"toLookAt\":%" PRIu64 "}\n", in->failed,
		in->whole != NULL ? in->whole->looked_at : 0, in->whole != NULL ? in->whole->to_look_at : 0);
	if (os_unlink(folder, STATE_FILE ".new", NULL) == 0 &&
		os_write_new(folder, STATE_FILE ".new", buf_view(&text), 0644, NULL) == 0)
		(void)os_rename_over(folder, STATE_FILE ".new", folder, STATE_FILE, NULL);
	buf_release(&text);
}

/* ---- what is to be done ---------------------------------------------------------------------------------------------------------------- */

/* Lines of standard input. */
static void hear(struct following *in, unsigned milliseconds)
{
	struct str rest, line;
	size_t used = 0;

	if (!in->ended && os_companion_hear(&in->heard, milliseconds) < 0)
		in->ended = true;
	rest = buf_view(&in->heard);
	while (rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL && str_take_line(&rest, &line)) {
		used += line.n + 1;
		if (line.n > 0)
			note(&in->wishes, line, WISHES_MAX);
	}
	if (used > 0) {
		memmove(in->heard.p, in->heard.p + used, in->heard.n - used);
		in->heard.n -= used;
	}
	if (in->heard.n > STATE_MAX)
		buf_clear(&in->heard);
}

static int take_new(void *context, uint64_t index, struct str text, struct err *err)
{
	struct following *in = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)index;
	(void)err;
	if (entry_parse(&entry, text, &arena, NULL) == 0) {
		if (entry.kind == ENTRY_VERSION)
			note(&in->wishes, entry.record, WISHES_MAX);
		/* Other records may hold the same bytes: their text went too. */
		in->again = in->again || entry.kind == ENTRY_EXPUNGE;
	}
	arena_release(&arena);
	return 0;
}

static int document_done(
	void *context, struct str id, struct str path, enum extract_state state, const struct extract_outcome *outcome)
{
	struct following *in = context;

	(void)path;
	(void)outcome;
	in->read += state == EXTRACT_DONE;
	in->failed += state == EXTRACT_FAILED;
	note(&in->ready, id, READY_MAX);
	write_state(in, "reading", false);
	return 0;
}

/* Without a worker there are no texts, but what is described is found all the same. */
static int judge(struct following *in, int result)
{
	if (result >= 0)
		return 0;
	if (in->err.code != ERR_NOT_FOUND)
		return -1;
	cli_say(in->invocation, "no text is read out of documents: %s", in->err.text);
	err_clear(&in->err);
	in->texts = false;
	return 0;
}

static int read_wishes(struct following *in)
{
	int result = 0;

	while (in->texts && in->wishes.count > 0 && result == 0) {
		char *id = in->wishes.all[--in->wishes.count];
		struct extract_run run = {
			.id = str_from(id), .least = EXTRACT_LIMITS, .workers = 1, .done = document_done, .context = in};

		result = judge(in, extract_archive(in->archive, in->catalogue, &run, &in->err));
		free(id);
	}
	forget(&in->wishes);
	return result;
}

static uint64_t index_file(const struct following *in)
{
	struct stat status;

	return os_stat(archive_fd(in->archive), INDEX_FILE, &status, NULL) == 0 ? (uint64_t)status.st_ino : 0;
}

/* Whoever follows an expunge in a copy, or makes the catalogue anew, takes the index away, and texts with it: no entry of the log tells of that. How far texts were looked at may have been
 * written since. */
static void look_whether_forgotten(struct following *in)
{
	uint64_t now = index_file(in);
	bool positioned = os_exists(archive_fd(in->archive), POSITION_FILE, NULL) == 1;

	if (now == 0 || (in->index != 0 && now != in->index) || (in->positioned && !positioned))
		in->again = in->forgotten = true;
	in->index = now;
	in->positioned = positioned;
}

static void feeding(void *context, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	write_state(context, "reading", false);
}

static int feed(struct following *in, bool all)
{
	struct str ready[READY_MAX];
	struct finder_run run = {.ready = all ? NULL : ready, .ready_count = in->ready.count, .progress = feeding, .context = in};
	int result;

	for (size_t i = 0; i < in->ready.count; i++)
		ready[i] = str_from(in->ready.all[i]);
	result = finder_feed(in->archive, in->catalogue, &run, &in->err);
	if (result == 0)
		forget(&in->ready);
	in->index = in->index != 0 ? in->index : index_file(in);
	in->fed = os_now();
	return result;
}

/* What came since: entries of the log, and wishes. */
static int attend(struct following *in)
{
	uint64_t size;
	bool grew;

	in->looked = os_now();
	if (archive_refresh(in->archive, &in->err) != 0 ||
		archive_catalogue(in->archive, &in->catalogue, false, NULL, NULL, &in->err) != 0)
		return -1;
	size = archive_known(in->archive);
	look_whether_forgotten(in);
	grew = size != in->size;
	if (size > in->size && size - in->size <= NEW_MAX)
		(void)log_each(archive_log(in->archive), in->size, size, take_new, in, NULL);
	else
		in->again = in->again || grew;
	in->size = size;
	/* First what is described: it is found at once, and what was closed is gone. */
	if ((grew && feed(in, false) != 0) || read_wishes(in) != 0)
		return -1;
	if (in->ready.count == READY_MAX || (in->ready.count > 0 && os_now() - in->fed >= READY_SECONDS))
		return feed(in, false);
	return 0;
}

static int between(void *context)
{
	struct following *in = context;

	hear(in, 0);
	if (in->ended)
		return ENDED;
	write_state(in, "reading", false);
	return (in->wishes.count > 0 || os_now() != in->looked) && attend(in) != 0 ? ENDED : 0;
}

/* All that has no text yet. */
static int read_all(struct following *in)
{
	struct extract_run run = {.least = EXTRACT_LIMITS, .workers = 1, .between = between, .done = document_done, .context = in};
	int result;

	run.from_start = in->forgotten;
	in->again = in->forgotten = false;
	if (!in->texts)
		return 0;
	in->whole = &run;
	write_state(in, "reading", true);
	result = extract_archive(in->archive, in->catalogue, &run, &in->err);
	in->whole = NULL;
	return judge(in, in->err.code != ERR_NONE ? -1 : result);
}

static void rest_a_while(struct following *in)
{
	for (unsigned i = 0; i < REST_SECONDS && !in->ended && os_check_interrupted(NULL) == 0; i++)
		hear(in, LOOK_MILLISECONDS);
}

static int one_round(struct following *in)
{
	int64_t day = os_now() / 86400;

	if (attend(in) != 0 || feed(in, true) != 0 || read_all(in) != 0 || in->ended || feed(in, false) != 0)
		return in->ended ? 0 : -1;
	write_state(in, "idle", true);
	while (!in->ended && !in->again && os_check_interrupted(&in->err) == 0 && os_now() / 86400 == day) {
		hear(in, LOOK_MILLISECONDS);
		if (in->ended)
			break;
		if (attend(in) != 0 || (in->ready.count > 0 && feed(in, false) != 0))
			return -1;
		write_state(in, "idle", in->state[0] != 'i');
	}
	return 0;
}

int index_follow(struct invocation *invocation, struct archive *archive)
{
	struct following *in = mem_alloc(sizeof(*in));

	in->invocation = invocation;
	in->archive = archive;
	in->texts = !cli_given(invocation, "--no-text");
	in->state = "";
	in->size = archive_known(archive);
	write_state(in, "reading", true); /* the first feed may take long */
	while (!in->ended && os_check_interrupted(NULL) == 0) {
		err_clear(&in->err);
		if (one_round(in) != 0 && os_check_interrupted(NULL) == 0) {
			cli_say(invocation, "texts and search index cannot be brought up to date now: %s", in->err.text);
			write_state(in, "failing", true);
			rest_a_while(in);
		}
	}
	write_state(in, "off", true);
	forget(&in->wishes);
	forget(&in->ready);
	buf_release(&in->heard);
	free(in);
	return EXIT_WELL;
}

int index_state(struct invocation *invocation, struct archive *archive)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int status = EXIT_WELL;

	if (os_read_file(archive_fd(archive), STATE_FILE, STATE_MAX, &text, &err) != 0)
		status = err.code == ERR_NOT_FOUND ? EXIT_NO : cli_fail(invocation, &err);
	if (status == EXIT_NO)
		cli_say(invocation, "nothing follows what is deposited: photostat serve does, or photostat index --follow");
	else if (text.n > 0)
		cli_line("%.*s", (int)text.n - 1, text.p);
	buf_release(&text);
	return status;
}
