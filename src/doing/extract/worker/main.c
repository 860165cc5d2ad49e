/* photostat-extract: the text of the one document that is its descriptor 0, to descriptor 1, from inside a box. Not for people: photostat starts it.
 *
 *     photostat-extract LEVEL SECONDS BYTES text MEDIA-TYPE NAME LANGUAGES
 *
 * SECONDS of processor time and BYTES of memory are its limits. It says first how far it is shut in, and looks at nothing if that is less than LEVEL; then either the text (photostat.text/v1) or why there is none:
 *     {"format":"photostat.extract/v1","level":3}
 *     {"error":"syntax","why":"…"} */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "extract/readers/readers.h"
#include "os/os.h"

#define OUTPUT 1

static int to_output(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)context;
	return os_write(OUTPUT, bytes, n, "the output", err);
}

static int say(const struct buf *line)
{
	struct err err = ERR_INIT;
	return line->failed ? -1 : os_write(OUTPUT, line->p, line->n, "the output", &err);
}

static int say_error(const struct err *wrong)
{
	struct buf line = BUF_INIT;
	const char *word = wrong->code == ERR_LIMIT || wrong->code == ERR_MEMORY ? "limit"
			   : wrong->code == ERR_NOT_FOUND                        ? "kind"
			   : wrong->code == ERR_BUSY                             ? "busy"
										 : "syntax";
	buf_printf(&line, "{\"error\":\"%s\",\"why\":", word);
	buf_json(&line, str_from(wrong->text));
	buf_text(&line, "}\n");
	say(&line);
	buf_release(&line);
	return 1;
}

/* The document whole, in memory of its own size. */
static int read_document(struct buf *bytes, struct err *err)
{
	for (;;) {
		size_t room = bytes->cap > bytes->n + 4096 ? bytes->cap - bytes->n - 1 : bytes->n + 65536;
		char *space = buf_reserve(bytes, room);
		if (!space)
			return buf_check(bytes, "the document", err);
		ssize_t n = os_read(0, space, room, "the document", err);
		if (n <= 0)
			return (int)n;
		bytes->n += (size_t)n;
		bytes->p[bytes->n] = '\0';
	}
}

static int extract(struct text *text, char **arguments, struct err *err)
{
	struct reader_job job = {.fd = 0,
		.bytes = {"", 0},
		.media_type = str_from(arguments[0]),
		.name = str_from(arguments[1]),
		.languages = str_from(arguments[2])};
	struct buf bytes = BUF_INIT;
	int result = -1;
	bytes.max = READER_DOCUMENT_MAX;
	/* Readers that run programs read the descriptor themselves. */
	if (!worker_program.programs && read_document(&bytes, err) < 0)
		goto out;
	job.bytes = buf_view(&bytes);
	const struct reader *reader = reader_for(job.media_type, job.name, job.bytes);
	if (!reader)
		err_set(err, ERR_NOT_FOUND, "no reader for documents of the kind %.*s", STR_ARG(job.media_type));
	else
		result = reader->read ? reader->read(text, job.bytes, err) : reader->read_job(text, &job, err);
out:
	buf_release(&bytes);
	return result;
}

int main(int count, char **arguments)
{
	struct worker_box box = {.programs = worker_program.programs, .readable = worker_program.readable};
	struct buf first = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t least;
	int level = 0;
	if (count != 8 || !decimal_parse(str_from(arguments[1]), WORKER_LANDLOCK, &least) ||
		!decimal_parse(str_from(arguments[2]), UINT32_MAX, &box.seconds) ||
		!decimal_parse(str_from(arguments[3]), SIZE_MAX, &box.memory) || strcmp(arguments[4], "text") != 0)
		return 2;
	if (worker_shut_in(&box, &level, &err) < 0)
		return 3;
	buf_printf(&first, "{\"format\":\"photostat.extract/v1\",\"level\":%d}\n", level);
	if (say(&first) < 0)
		return 3;
	buf_release(&first);
	if ((uint64_t)level < least)
		return 4;
	struct text *text = text_new();
	if (extract(text, arguments + 5, &err) < 0) {
		text_free(text);
		return say_error(&err);
	}
	text_finish(text);
	int result = text_write(text, to_output, NULL, &err);
	text_free(text);
	return result == 0 ? 0 : 3;
}
