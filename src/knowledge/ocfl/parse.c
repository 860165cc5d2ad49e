/* Feeding the inventory parser. */
#include "ocfl/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void parser_found(struct inventory_parser *parser, enum ocfl_level level, const char *code, const char *format, ...)
{
	char text[400];
	va_list args;
	if (parser->failed)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (parser->report)
		parser->report(parser->context, level, code, str_from(text));
	else if (level == OCFL_ERROR)
		parser_fail(parser, ERR_SYNTAX, "the inventory breaks OCFL %s: %s", code, text);
}

void parser_fail(struct inventory_parser *parser, enum err_code code, const char *format, ...)
{
	char text[400];
	va_list args;
	if (parser->failed)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	parser->failed = true;
	err_set(&parser->err, code, "%s", text);
}

void parser_full(struct inventory_parser *parser)
{
	if (!parser->failed)
		inventory_full(parser->inventory, &parser->err);
	parser->failed = true;
}

const char *parser_code(const struct inventory_parser *parser, const char *code_1_0, const char *code_1_1)
{
	return parser->codes == OCFL_1_0 ? code_1_0 : code_1_1;
}

struct inventory_parser *inventory_parser_reporting(
	size_t max_memory, enum ocfl_version codes, inventory_report *report, void *context)
{
	struct inventory_parser *parser = mem_alloc(sizeof(*parser));
	parser->inventory = inventory_empty(max_memory);
	parser->codes = codes;
	parser->report = report;
	parser->context = context;
	parser->json = yajl_alloc(&parser_events, NULL, parser);
	if (!parser->json) {
		parser_fail(parser, ERR_MEMORY, "no memory for the JSON parser");
		return parser;
	}
	/* Strings are checked by ours, which is stricter. */
	yajl_config(parser->json, yajl_dont_validate_strings, 1);
	return parser;
}

struct inventory_parser *inventory_parser_new(size_t max_memory)
{
	return inventory_parser_reporting(max_memory, OCFL_1_1, NULL, NULL);
}

void inventory_parser_free(struct inventory_parser *parser)
{
	if (!parser)
		return;
	if (parser->json)
		yajl_free(parser->json);
	/* Of a version that never ended. */
	free(parser->version.state.runs);
	inventory_free(parser->inventory);
	free(parser);
}

static int parser_status(const struct inventory_parser *parser, struct err *err)
{
	return parser->failed ? err_set(err, parser->err.code, "%s", parser->err.text) : 0;
}

/* No JSON: said once, then the parse is over. */
static void not_json(struct inventory_parser *parser, const char *why)
{
	parser_found(parser, OCFL_ERROR, "E033", "not JSON: %s", why);
	parser_fail(parser, ERR_SYNTAX, "not JSON: %s", why);
}

static void json_error(struct inventory_parser *parser, const unsigned char *bytes, size_t n)
{
	char why[120] = "";
	unsigned char *text = yajl_get_error(parser->json, 0, bytes, n);
	snprintf(why, sizeof(why), "%s", text ? (const char *)text : "unknown error");
	if (text)
		yajl_free_error(parser->json, text);
	why[strcspn(why, "\n")] = '\0';
	char full[200];
	snprintf(full, sizeof(full), "%s, at byte %llu", why,
		(unsigned long long)parser->offset + yajl_get_bytes_consumed(parser->json));
	not_json(parser, full);
}

int inventory_parser_feed(struct inventory_parser *parser, const void *bytes, size_t n, struct err *err)
{
	const unsigned char *p = bytes;
	while (n && !parser->failed) {
		size_t piece = n < 65536 ? n : 65536;
		struct err why = ERR_INIT;
		if (json_guard(&parser->guard, (const char *)p, piece, &why) < 0) {
			if (why.code == ERR_LIMIT)
				parser_fail(parser, ERR_LIMIT, "%s", why.text);
			else
				not_json(parser, why.text);
			break;
		}
		yajl_status status = yajl_parse(parser->json, p, piece);
		if (!parser->failed && status != yajl_status_ok)
			json_error(parser, p, piece);
		parser->offset += piece;
		p += piece;
		n -= piece;
	}
	return parser_status(parser, err);
}

int inventory_parser_finish(struct inventory_parser *parser, struct inventory **out, struct err *err)
{
	*out = NULL;
	if (!parser->failed && yajl_complete_parse(parser->json) != yajl_status_ok && !parser->failed)
		json_error(parser, NULL, 0);
	if (!parser->failed)
		parser_check(parser);
	if (!parser->failed) {
		*out = parser->inventory;
		parser->inventory = NULL;
		parser_fail(parser, ERR_USAGE, "the parser has finished");
		return 0;
	}
	return parser_status(parser, err);
}

int inventory_parse(struct inventory **out, struct str json, size_t max_memory, struct err *err)
{
	struct inventory_parser *parser = inventory_parser_new(max_memory);
	*out = NULL;
	int status = inventory_parser_feed(parser, json.p, json.n, err);
	if (status == 0)
		status = inventory_parser_finish(parser, out, err);
	inventory_parser_free(parser);
	return status;
}
