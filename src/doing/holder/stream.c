/* photostat.versions/v1: versions of records on their way from one keeper to another (docs/format/holder.md). Read as it comes, in pieces. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LINE_MAX_BYTES 256u
#define FILE_LEAST 64u /* bytes of an inventory for a file: its digest alone has as many */

enum expecting { HEADER, LINE, INVENTORY, PATH, PATH_END, FILE_BYTES, FILE_END, DONE };

struct stream_reader {
	struct stream_calls calls;
	void *context;
	enum expecting expecting;
	char line[LINE_MAX_BYTES];
	size_t line_n;
	struct buf inventory, path;
	uint64_t size, left;
	bool large, in_entry;
	uint64_t files; /* that may still come of this entry */
	uint64_t index, next;
};

struct stream_reader *stream_reader_new(const struct stream_calls *calls, void *context, uint64_t first)
{
	struct stream_reader *reader = mem_alloc(sizeof(*reader));

	reader->calls = *calls;
	reader->context = context;
	reader->next = first;
	reader->inventory.max = STREAM_INVENTORY_MAX;
	reader->path.max = STREAM_PATH_MAX;
	return reader;
}

void stream_reader_free(struct stream_reader *reader)
{
	if (reader == NULL)
		return;
	buf_release(&reader->inventory);
	buf_release(&reader->path);
	free(reader);
}

static int wrong(const struct stream_reader *reader, struct err *err)
{
	return err_set(err, ERR_SYNTAX, "entry %llu: the versions do not come in the form photostat.versions/v1",
		(unsigned long long)reader->index);
}

static int end_entry(struct stream_reader *reader, struct err *err)
{
	if (!reader->in_entry)
		return 0;
	reader->in_entry = false;
	return reader->calls.end(reader->context, reader->index, err);
}

static int take_entry_line(struct stream_reader *reader, struct str rest, struct err *err)
{
	static const char *const words[] = {"held", "closed", "none", "gone", "partly"};
	struct str number;

	if (end_entry(reader, err) != 0)
		return -1;
	if (!str_take_until(&rest, ' ', &number) || rest.p == NULL || !decimal_parse(number, UINT64_MAX, &reader->index) ||
		reader->index != reader->next)
		return wrong(reader, err);
	reader->next++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_equal(rest, str_from(words[i]))) {
			reader->in_entry = i == STREAM_HELD;
			reader->files = 0;
			return reader->calls.entry(reader->context, reader->index, (enum stream_word)i, err);
		}
	return wrong(reader, err);
}

static int take_line(struct stream_reader *reader, struct err *err)
{
	struct str line = {reader->line, reader->line_n}, word, number;
	uint64_t path_n;

	if (reader->expecting == HEADER) {
		reader->expecting = LINE;
		return str_equal(line, STREAM_HEADER) ? 0 : wrong(reader, err);
	}
	if (str_equal(line, STR("end"))) {
		reader->expecting = DONE;
		return end_entry(reader, err);
	}
	if (!str_take_until(&line, ' ', &word) || line.p == NULL)
		return wrong(reader, err);
	if (str_equal(word, STR("entry")))
		return take_entry_line(reader, line, err);
	if (!reader->in_entry)
		return wrong(reader, err);
	if (str_equal(word, STR("inventory"))) {
		if (!decimal_parse(line, STREAM_INVENTORY_MAX, &reader->left) || reader->left == 0)
			return wrong(reader, err);
		/* Each has its digest in the inventory: none can have more files than fit there, so that no answer is without end. */
		reader->files = reader->left / FILE_LEAST + 1;
		buf_clear(&reader->inventory);
		reader->expecting = INVENTORY;
		return 0;
	}
	reader->large = str_equal(word, STR("large"));
	if ((!reader->large && !str_equal(word, STR("file"))) || !str_take_until(&line, ' ', &number) || line.p == NULL ||
		!decimal_parse(number, UINT64_MAX, &reader->size) || !decimal_parse(line, STREAM_PATH_MAX, &path_n) ||
		path_n == 0 || (!reader->large && reader->size > STREAM_LARGE) || reader->files == 0)
		return wrong(reader, err);
	reader->files--;
	buf_clear(&reader->path);
	reader->left = path_n;
	reader->expecting = PATH;
	return 0;
}

static void cut(struct str *bytes, size_t n)
{
	bytes->p += n;
	bytes->n -= n;
}

/* Up to `left` bytes off *bytes. */
static struct str take_piece(struct stream_reader *reader, struct str *bytes)
{
	struct str piece = {bytes->p, bytes->n < reader->left ? bytes->n : (size_t)reader->left};

	reader->left -= piece.n;
	cut(bytes, piece.n);
	return piece;
}

static int path_came(struct stream_reader *reader, struct err *err)
{
	if (reader->large) {
		reader->expecting = LINE;
		return reader->calls.large(reader->context, reader->index, buf_view(&reader->path), reader->size, err);
	}
	if (reader->calls.file(reader->context, reader->index, buf_view(&reader->path), reader->size, err) != 0)
		return -1;
	reader->left = reader->size;
	reader->expecting = FILE_BYTES;
	if (reader->size > 0)
		return 0;
	reader->expecting = FILE_END;
	return reader->calls.file_end(reader->context, err);
}

static int take_some(struct stream_reader *reader, struct str *bytes, struct err *err)
{
	struct str piece;
	const char *newline;

	switch (reader->expecting) {
	case HEADER:
	case LINE:
		newline = memchr(bytes->p, '\n', bytes->n);
		piece = (struct str){bytes->p, newline == NULL ? bytes->n : (size_t)(newline - bytes->p)};
		if (piece.n > sizeof(reader->line) - reader->line_n)
			return wrong(reader, err);
		memcpy(reader->line + reader->line_n, piece.p, piece.n);
		reader->line_n += piece.n;
		cut(bytes, piece.n + (newline != NULL ? 1 : 0));
		if (newline == NULL)
			return 0;
		{
			int result = take_line(reader, err);

			reader->line_n = 0;
			return result;
		}
	case INVENTORY:
		buf_str(&reader->inventory, take_piece(reader, bytes));
		if (buf_check(&reader->inventory, "an inventory", err) != 0)
			return -1;
		if (reader->left > 0)
			return 0;
		reader->expecting = FILE_END;
		return reader->calls.inventory(reader->context, reader->index, buf_view(&reader->inventory), err);
	case PATH:
		buf_str(&reader->path, take_piece(reader, bytes));
		if (buf_check(&reader->path, "a path", err) != 0)
			return -1;
		if (reader->left == 0)
			reader->expecting = PATH_END;
		return 0;
	case PATH_END:
		if (bytes->p[0] != '\n')
			return wrong(reader, err);
		cut(bytes, 1);
		return path_came(reader, err);
	case FILE_BYTES:
		piece = take_piece(reader, bytes);
		if (reader->calls.bytes(reader->context, piece, err) != 0)
			return -1;
		if (reader->left > 0)
			return 0;
		reader->expecting = FILE_END;
		return reader->calls.file_end(reader->context, err);
	case FILE_END:
		if (bytes->p[0] != '\n')
			return wrong(reader, err);
		cut(bytes, 1);
		reader->expecting = LINE;
		return 0;
	case DONE:
		return wrong(reader, err);
	}
	return 0;
}

int stream_read(struct stream_reader *reader, struct str bytes, struct err *err)
{
	while (bytes.n > 0)
		if (take_some(reader, &bytes, err) != 0)
			return -1;
	return 0;
}

int stream_finish(const struct stream_reader *reader, uint64_t last, struct err *err)
{
	if (reader->expecting != DONE || reader->next != last)
		return err_set(err, ERR_SYNTAX, "the versions broke off after entry %llu", (unsigned long long)reader->index);
	return 0;
}
