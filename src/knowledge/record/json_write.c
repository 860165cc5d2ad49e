/* photostat.json, written: docs/format/record.md. */
#include "internal.h"

#include <string.h>

#define FLUSH (32u << 10)

struct writer {
	struct buf buf;
	record_sink *sink; /* NULL: the buf is the result */
	void *context;
	bool comma; /* the next key or element wants one before it */
};

/* As buf_json; most texts need no escape. */
static void quoted(struct buf *buf, struct str s)
{
	size_t i = 0;
	while (i < s.n && s.p[i] >= ' ' && s.p[i] != '"' && s.p[i] != '\\' && s.p[i] != 0x7f)
		i++;
	char *p = i == s.n ? buf_reserve(buf, s.n + 2) : NULL;
	if (!p) {
		buf_json(buf, s);
		return;
	}
	p[0] = '"';
	memcpy(p + 1, s.p, s.n);
	p[s.n + 1] = '"';
	p[s.n + 2] = '\0';
	buf->n += s.n + 2;
}

static int flush(struct writer *writer, size_t when, struct err *err)
{
	if (!writer->sink || writer->buf.n < when)
		return 0;
	if (buf_check(&writer->buf, "photostat.json", err) < 0 ||
		writer->sink(writer->context, writer->buf.p, writer->buf.n, err) < 0)
		return -1;
	buf_clear(&writer->buf);
	return 0;
}

/* A new line, `depth` levels in, after a comma where one is due. */
static void begin(struct writer *writer, int depth)
{
	if (writer->comma)
		buf_char(&writer->buf, ',');
	buf_add(&writer->buf, "\n        ", 1 + 2 * (size_t)depth);
	writer->comma = true;
}

static void key(struct writer *writer, int depth, const char *name)
{
	begin(writer, depth);
	quoted(&writer->buf, str_from(name));
	buf_text(&writer->buf, ": ");
}

static void open_with(struct writer *writer, int depth, const char *name, char bracket)
{
	key(writer, depth, name);
	buf_char(&writer->buf, bracket);
	writer->comma = false;
}

static void close_with(struct writer *writer, int depth, char bracket)
{
	writer->comma = false;
	begin(writer, depth);
	buf_char(&writer->buf, bracket);
}

static void text(struct writer *writer, int depth, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	key(writer, depth, name);
	quoted(&writer->buf, value);
}

/* "name": value on the same line, inside an object of one line. */
static void inline_text(struct buf *buf, const char *name, struct str value)
{
	if (value.n == 0 || buf->failed)
		return;
	if (buf->p[buf->n - 1] != '{')
		buf_text(buf, ", ");
	quoted(buf, str_from(name));
	buf_text(buf, ": ");
	quoted(buf, value);
}

static void inline_number(struct buf *buf, const char *name, uint64_t value)
{
	if (value == 0 || buf->failed)
		return;
	if (buf->p[buf->n - 1] != '{')
		buf_text(buf, ", ");
	quoted(buf, str_from(name));
	buf_text(buf, ": ");
	buf_u64(buf, value);
}

static int write_values(struct writer *writer, const struct record *record, struct err *err)
{
	if (record->value_count == 0)
		return 0;
	open_with(writer, 1, "metadata", '{');
	for (size_t i = 0; i < record->value_count; i++) {
		const struct record_value *value = &record->values[i];
		bool first = i == 0 || record->values[i - 1].term != value->term;
		bool last = i + 1 == record->value_count || record->values[i + 1].term != value->term;
		if (first)
			open_with(writer, 2, dc_term_name(value->term), '[');
		begin(writer, 3);
		if (value->language.n == 0 && value->written.n == 0) {
			quoted(&writer->buf, value->value);
		} else {
			buf_char(&writer->buf, '{');
			inline_text(&writer->buf, dc_term_is_date(value->term) ? "edtf" : "value", value->value);
			inline_text(&writer->buf, "language", value->language);
			inline_text(&writer->buf, "written", value->written);
			buf_char(&writer->buf, '}');
		}
		if (last)
			close_with(writer, 2, ']');
		if (flush(writer, FLUSH, err) < 0)
			return -1;
	}
	close_with(writer, 1, '}');
	return 0;
}

static int write_events(struct writer *writer, const struct record *record, struct err *err)
{
	if (record->event_count == 0)
		return 0;
	open_with(writer, 1, "events", '[');
	for (size_t i = 0; i < record->event_count; i++) {
		const struct record_event *event = &record->events[i];
		begin(writer, 2);
		buf_char(&writer->buf, '{');
		writer->comma = false;
		key(writer, 3, "number");
		buf_u64(&writer->buf, event->number);
		text(writer, 3, "type", event->type);
		text(writer, 3, "date", event->date);
		text(writer, 3, "agent", event->agent);
		text(writer, 3, "note", event->note);
		text(writer, 3, "evidence", event->evidence);
		text(writer, 3, "accession", event->accession);
		text(writer, 3, "from", event->from);
		text(writer, 3, "agreement", event->agreement);
		if (event->supersedes) {
			key(writer, 3, "supersedes");
			buf_u64(&writer->buf, event->supersedes);
		}
		close_with(writer, 2, '}');
		if (flush(writer, FLUSH, err) < 0)
			return -1;
	}
	close_with(writer, 1, ']');
	return 0;
}

static int write_files(struct writer *writer, struct record *record, struct err *err)
{
	if (record->file_count == 0)
		return 0;
	open_with(writer, 1, "files", '[');
	for (size_t i = 0; i < record->file_count; i++) {
		struct record_file file;
		char time[TIME_TEXT];
		record_file(record, i, &file);
		begin(writer, 2);
		buf_char(&writer->buf, '{');
		inline_text(&writer->buf, "path", file.path);
		inline_text(&writer->buf, "role", file.role);
		inline_number(&writer->buf, "sequence", file.sequence);
		inline_text(&writer->buf, "language", file.language);
		inline_text(&writer->buf, "mediaType", file.media_type);
		if (file.has_modified) {
			time_format(file.modified, time);
			inline_text(&writer->buf, "modified", str_from(time));
		}
		buf_char(&writer->buf, '}');
		if (flush(writer, FLUSH, err) < 0)
			return -1;
	}
	close_with(writer, 1, ']');
	return 0;
}

static int write_record(struct writer *writer, struct record *record, struct err *err)
{
	buf_char(&writer->buf, '{');
	text(writer, 1, "schema", RECORD_SCHEMA);
	text(writer, 1, "id", record_field(record, RECORD_ID));
	if (record->version) {
		key(writer, 1, "version");
		buf_u64(&writer->buf, record->version);
	}
	for (int i = RECORD_ID + 1; i < RECORD_FIELDS; i++)
		text(writer, 1, field_name((enum record_field)i), record_field(record, (enum record_field)i));
	if (write_values(writer, record, err) < 0 || write_events(writer, record, err) < 0 || write_files(writer, record, err) < 0)
		return -1;
	buf_text(&writer->buf, "\n}\n");
	return flush(writer, 0, err);
}

int record_write(struct record *record, record_sink *sink, void *context, struct err *err)
{
	struct writer writer = {.buf = BUF_INIT, .sink = sink, .context = context};
	int result = write_record(&writer, record, err);
	buf_release(&writer.buf);
	return result;
}

void record_format(struct record *record, struct buf *out)
{
	struct writer writer = {.buf = *out};
	write_record(&writer, record, NULL);
	*out = writer.buf;
}
