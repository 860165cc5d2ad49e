/* photostat.json, read: feeding the parser. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE (64u << 10)
#define OBJECT_TEXT_MAX ((size_t)8 * RECORD_TEXT_MAX) /* bytes of the texts of one event, file or value */

uint64_t json_line(const struct record_parser *parser)
{
	uint64_t line = parser->line;
	size_t n = parser->json ? yajl_get_bytes_consumed(parser->json) : 0;
	for (size_t i = 0; parser->piece && i < n && i < parser->piece_n; i++)
		line += parser->piece[i] == '\n';
	return line;
}

int json_fail(struct record_parser *parser, enum err_code code, const char *format, ...)
{
	char text[400];
	va_list args;
	if (parser->failed)
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	parser->failed = true;
	err_set(&parser->err, code, "line %llu: %s", (unsigned long long)json_line(parser), text);
	return 0;
}

struct record_parser *record_parser_new(enum record_source source)
{
	struct record_parser *parser = mem_alloc(sizeof(*parser));
	parser->source = source;
	parser->record = record_new();
	parser->record->lenient = source == RECORD_STORED;
	parser->line = 1;
	parser->scratch.max = OBJECT_TEXT_MAX;
	parser->json = yajl_alloc(&record_json_events, NULL, parser);
	if (!parser->json)
		json_fail(parser, ERR_MEMORY, "no memory for the JSON parser");
	else
		/* Strings are checked where they are taken, and more strictly. */
		yajl_config(parser->json, yajl_dont_validate_strings, 1);
	return parser;
}

void record_parser_free(struct record_parser *parser)
{
	if (!parser)
		return;
	if (parser->json)
		yajl_free(parser->json);
	record_free(parser->record);
	buf_release(&parser->scratch);
	free(parser);
}

static int status(const struct record_parser *parser, struct err *err)
{
	return parser->failed ? err_set(err, parser->err.code, "%s", parser->err.text) : 0;
}

static void not_json(struct record_parser *parser)
{
	char why[120] = "";
	unsigned char *text = yajl_get_error(parser->json, 0, NULL, 0);
	snprintf(why, sizeof(why), "%s", text ? (const char *)text : "unknown error");
	if (text)
		yajl_free_error(parser->json, text);
	why[strcspn(why, "\n")] = '\0';
	json_fail(parser, ERR_SYNTAX, "not JSON: %s", why);
}

static void feed(struct record_parser *parser, const unsigned char *p, size_t n)
{
	while (n && !parser->failed) {
		size_t piece = n < PIECE ? n : PIECE;
		struct err why = ERR_INIT;
		parser->piece = p;
		parser->piece_n = piece;
		if (json_guard(&parser->guard, (struct str){(const char *)p, piece}, &why) < 0) {
			/* Lines are counted up to the piece's beginning: where in it is not known. */
			parser->piece = NULL;
			json_fail(parser, why.code, "%s", why.text);
		} else if (yajl_parse(parser->json, p, piece) != yajl_status_ok && !parser->failed) {
			not_json(parser);
		}
		parser->piece = NULL;
		for (size_t i = 0; i < piece; i++)
			parser->line += p[i] == '\n';
		p += piece;
		n -= piece;
	}
}

static const unsigned char bom[] = {0xef, 0xbb, 0xbf};

/* What was held back and is no byte order mark. */
static void feed_held_back(struct record_parser *parser)
{
	size_t n = parser->bom_n < sizeof(bom) ? parser->bom_n : sizeof(bom);
	parser->started = true;
	feed(parser, bom, n);
}

int record_parser_feed(struct record_parser *parser, const void *bytes, size_t n, struct err *err)
{
	const unsigned char *p = bytes;
	while (!parser->started && n) {
		if (*p == bom[parser->bom_n]) {
			parser->bom_n++;
			p++;
			n--;
			parser->started = parser->bom_n == sizeof(bom);
		} else {
			feed_held_back(parser);
		}
	}
	feed(parser, p, n);
	return status(parser, err);
}

static void check(struct record_parser *parser)
{
	struct err err = ERR_INIT;
	/* "schema" is the first of the keys at the top. */
	if (parser->source == RECORD_STORED && !(parser->top_seen & 1))
		json_fail(parser, ERR_SYNTAX, "it has no “schema”, so it is no photostat.json");
	else if (record_check(parser->record, &err) < 0)
		json_fail(parser, err.code, "%s", err.text);
}

int record_parser_finish(struct record_parser *parser, struct record **out, struct err *err)
{
	*out = NULL;
	if (!parser->started)
		feed_held_back(parser);
	if (!parser->failed && yajl_complete_parse(parser->json) != yajl_status_ok && !parser->failed)
		not_json(parser);
	if (!parser->failed)
		check(parser);
	if (!parser->failed) {
		parser->record->lenient = false;
		*out = parser->record;
		parser->record = record_new();
		json_fail(parser, ERR_USAGE, "the parser has finished");
		return 0;
	}
	return status(parser, err);
}

int record_parse(struct record **out, struct str json, enum record_source source, struct err *err)
{
	struct record_parser *parser = record_parser_new(source);
	int result = record_parser_feed(parser, json.p, json.n, err);
	*out = NULL;
	if (result == 0)
		result = record_parser_finish(parser, out, err);
	record_parser_free(parser);
	return result;
}
