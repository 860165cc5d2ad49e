/* Records as readers ask for them, below r/ (docs/format/holder.md): descriptions, files, receipts of what is open. What is not there and what is not open
 * are answered alike (P7). */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* One record, and what its reader may have of it. */
struct asked {
	struct archive *archive;
	struct archive_name name;
	struct access_view *view;
	struct archive_version version;
	struct err why; /* of what failed last */
};

static void asked_release(struct asked *asked)
{
	access_view_free(asked->view);
	archive_name_release(&asked->name);
	asked->view = NULL;
}

static bool find(struct asked *asked, struct str typed)
{
	if (archive_name_parse(asked->archive, typed, &asked->name, &asked->why) != 0)
		return false;
	if (access_admit(&asked->view, asked->archive, buf_view(&asked->name.id), asked->name.version, AUDIENCE_PUBLIC,
		    &asked->version, &asked->why) == 0)
		return true;
	archive_name_release(&asked->name);
	return false;
}

/* Every document of the version was expunged: that is visible (P6), and is said of every file alike, whatever was there (P7). In a holder's copy that has
 * not decided yet it is the same. */
static bool is_gone(struct asked *asked)
{
	bool gone;

	return access_version_gone(asked->view, asked->archive, buf_view(&asked->name.id), &asked->version, &gone, NULL) == 0 &&
	       gone;
}

static int put_expunction(void *context, uint64_t index, struct str text, struct err *err)
{
	struct buf *out = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	char time[TIME_TEXT];

	(void)err;
	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_EXPUNGE) {
		time_format(entry.time, time);
		buf_printf(out, "expunged: log entry %" PRIu64 ", %s, by %.*s (%.*s)\n", index, time, STR_ARG(entry.authority),
			STR_ARG(entry.reason));
	}
	arena_release(&arena);
	return 0;
}

static bool answer_gone(struct asked *asked, struct http_request *request)
{
	struct buf text = BUF_INIT;

	if (!is_gone(asked))
		return false;
	(void)archive_each_entry(asked->archive, buf_view(&asked->name.id), put_expunction, &text, NULL);
	if (access_undecided(asked->view, STR("")))
		buf_text(&text, "this holder has not decided yet whether it stays here: until then it is given to no reader\n");
	http_answer(request, 410, "text/plain; charset=utf-8", buf_view(&text));
	buf_release(&text);
	return true;
}

static bool answer_description(struct asked *asked, struct http_request *request)
{
	struct record *record = NULL;
	struct buf json = BUF_INIT;
	bool redacted, good = archive_get_record(asked->archive, buf_view(&asked->name.id), asked->version.version, &record,
				      &asked->why) == 0 &&
			      access_withhold(asked->view, record, &asked->why) == 0 &&
			      access_redact(asked->archive, record, &redacted, &asked->why) == 0;

	if (good) {
		record_format(record, &json);
		http_answer(request, is_gone(asked) ? 410 : 200, "application/json", buf_view(&json));
	}
	record_free(record);
	buf_release(&json);
	return good;
}

/* Documents are other people's: nothing in them may act in the archive's name in somebody's browser. Pictures can only be drawn, and pages show them; everything else
 * is handed over to be saved. *type is what to call it. */
static void say_harmless(struct http_request *request, int fd, struct str path, const char **type)
{
	static const char *const pictures[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
	char bytes[512];
	ssize_t n = os_read_at(fd, bytes, sizeof(bytes), 0, "a file", NULL);
	const char *guess = media_type_guess(path, (struct str){bytes, n > 0 ? (size_t)n : 0});

	*type = "application/octet-stream";
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
		if (strcmp(guess, pictures[i]) == 0)
			*type = pictures[i];
	http_answer_header(request, "Content-Security-Policy", "default-src 'none'; sandbox");
	if (strcmp(*type, "application/octet-stream") == 0)
		http_answer_header(request, "Content-Disposition", "attachment");
}

static bool answer_file(struct asked *asked, struct http_request *request, struct str path)
{
	struct object_version *object = NULL;
	struct object_file file;
	const char *type;
	struct stat status;
	size_t at;
	int fd = -1;

	if (!access_may_read_file(asked->view, path) || archive_open_version(asked->archive, buf_view(&asked->name.id),
								asked->version.version, &object, &asked->version, &asked->why) != 0)
		return false;
	if (object_find(object, path, &at)) {
		object_file(object, at, &file);
		fd = os_open(object_fd(object), file.content_path.p, O_RDONLY | O_NONBLOCK, 0, &asked->why);
	}
	if (fd >= 0 && os_stat_fd(fd, file.content_path.p, &status, NULL) == 0 && S_ISREG(status.st_mode)) {
		say_harmless(request, fd, path, &type);
		http_answer_file(request, type, fd, (uint64_t)status.st_size);
		object_free(object);
		return true;
	}
	os_close(fd);
	object_free(object);
	return false;
}

static bool answer_receipt(struct asked *asked, struct http_request *request)
{
	struct buf receipt = BUF_INIT;
	struct str file = STR("");
	bool good = http_request_query(request, "file", &file) ? access_may_read_file(asked->view, file)
							       : access_may_read_inventory(asked->view);

	good = good &&
	       archive_receipt(asked->archive, buf_view(&asked->name.id), asked->version.version, file, &receipt, &asked->why) == 0;
	if (good)
		http_answer(request, 200, "text/plain; charset=utf-8", buf_view(&receipt));
	buf_release(&receipt);
	return good;
}

/* A name may itself have "files" or "receipt" as a segment: the longest record that there is, from the right, is meant. The cap keeps long paths cheap: no name of
 * a record, with its file's path, has so many of them. */
#define ASKED_MAX 24u

bool share_record(struct archive *archive, struct http_request *request, struct str rest, struct err *err)
{
	static const struct {
		const char *word;
		bool path;
	} parts[] = {{"/files/", true}, {"/receipt", false}};
	struct asked asked = {.archive = archive, .why = ERR_INIT};
	unsigned tried = 0;
	bool done = false;

	http_answer_header(request, "Cache-Control", "no-cache");
	if (find(&asked, rest)) {
		done = answer_description(&asked, request);
		asked_release(&asked);
		*err = asked.why;
		return done;
	}
	/* What cannot be looked for now may be there: whatever else matches is not what is meant. */
	for (size_t i = rest.n; i-- > 1 && !done && tried < ASKED_MAX && !err_is_for_now(&asked.why);)
		for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]) && !done && !err_is_for_now(&asked.why); k++) {
			struct str part = str_from(parts[k].word), tail = {rest.p + i, rest.n - i};

			if (!(parts[k].path ? str_starts(tail, part) && tail.n > part.n : str_equal(tail, part)) ||
				tried++ == ASKED_MAX || !find(&asked, (struct str){rest.p, i}))
				continue;
			done = parts[k].path ? answer_file(&asked, request, (struct str){tail.p + part.n, tail.n - part.n})
					     : answer_receipt(&asked, request);
			done = done || (!err_is_for_now(&asked.why) && answer_gone(&asked, request));
			asked_release(&asked);
		}
	*err = asked.why;
	return done;
}
