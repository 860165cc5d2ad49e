/* Following an inventory's JSON, event by event. */
#include "ocfl/parser.h"

#include <stdlib.h>

/* ---- values -------------------------------------------------------------------------------------------------------------- */

static const char *kind_name(enum json_kind kind)
{
	static const char *const names[] = {"null", "true or false", "a number", "a string", "an object", "an array"};
	return names[kind];
}

/* A field has a value of the wrong kind. */
static void wrong_kind(struct inventory_parser *parser, enum json_kind kind)
{
	const struct field_rule *rule = field_rule(parser->field);
	parser_found(parser, OCFL_ERROR, parser_code(parser, rule->code_1_0, rule->code_1_1), "the value of %s is %s, not %s",
		rule->name, kind_name(kind), kind_name(rule->kind));
	/* Two codes share one sentence of the specification. */
	if (parser->field == FIELD_VERSIONS)
		parser_found(parser, OCFL_ERROR, "E044", "versions is %s, not %s", kind_name(kind), kind_name(rule->kind));
	if (parser->field == FIELD_FIXITY && parser->codes == OCFL_1_0)
		parser_found(parser, OCFL_ERROR, "E057", "fixity is %s, not %s", kind_name(kind), kind_name(rule->kind));
}

static void enter(struct inventory_parser *parser)
{
	switch (parser->field) {
	case FIELD_MANIFEST:
		parser->place = IN_MANIFEST;
		parser->inventory->has_manifest = true;
		break;
	case FIELD_VERSIONS:
		parser->place = IN_VERSIONS;
		parser->versions_entered = true;
		break;
	case FIELD_FIXITY:
		parser->place = IN_FIXITY;
		parser->inventory->has_fixity = true;
		break;
	case FIELD_STATE:
		parser->place = IN_STATE;
		if (++parser->stamp == DIGEST_STAMP)
			parser_full(parser);
		break;
	case FIELD_USER:
		parser->place = IN_USER;
		parser->user_seen = 0;
		parser->version.has_user = true;
		break;
	case FIELD_UNKNOWN:
	case FIELD_ID:
	case FIELD_TYPE:
	case FIELD_ALGORITHM:
	case FIELD_HEAD:
	case FIELD_CONTENT_DIRECTORY:
	case FIELD_CREATED:
	case FIELD_MESSAGE:
	case FIELD_NAME:
	case FIELD_ADDRESS:
		break;
	}
}

/* A value of a map whose keys are data: it must be of one kind. True if it is entered. */
static bool data_value(struct inventory_parser *parser, enum json_kind kind, enum json_kind wanted, enum place place,
	const char *code, const char *what)
{
	if (kind == wanted) {
		parser->place = place;
		return true;
	}
	parser_found(parser, OCFL_ERROR, code, "%s is %s, not %s", what, kind_name(kind), kind_name(wanted));
	return false;
}

/* A member of an array of paths. */
static bool path_value(struct inventory_parser *parser, enum json_kind kind, const char *code, const char *what)
{
	if (kind == JSON_STRING)
		return true;
	parser_found(parser, OCFL_ERROR, code, "a %s path is %s, not a string", what, kind_name(kind));
	return false;
}

static int on_value(struct inventory_parser *parser, enum json_kind kind, struct str text)
{
	bool entered = false;
	if (parser->skip) {
		parser->skip += kind >= JSON_OBJECT;
		return 1;
	}
	if (kind == JSON_STRING && !utf8_valid(text)) {
		parser_found(parser, OCFL_ERROR, "E033", "a string is not UTF-8");
		parser_fail(parser, ERR_SYNTAX, "the inventory is not UTF-8");
		return 0;
	}
	switch (parser->place) {
	case AT_TOP:
		entered = data_value(parser, kind, JSON_OBJECT, IN_ROOT, "E033", "the inventory");
		break;
	case IN_ROOT:
	case IN_VERSION:
	case IN_USER:
		if (parser->field != FIELD_UNKNOWN && field_rule(parser->field)->kind != kind) {
			wrong_kind(parser, kind);
		} else if (kind == JSON_STRING) {
			parser_string(parser, text);
		} else if (parser->field != FIELD_UNKNOWN) {
			enter(parser);
			entered = true;
		}
		break;
	case IN_MANIFEST:
		entered = data_value(parser, kind, JSON_ARRAY, IN_MANIFEST_PATHS, "E092", "the value of a digest in the manifest");
		break;
	case IN_MANIFEST_PATHS:
		if (path_value(parser, kind, "E092", "content") && parser->digest != NONE)
			parser_manifest_path(parser, text);
		else if (kind != JSON_STRING)
			parser_found(parser, OCFL_ERROR, "E098", "a content path is %s, not elements joined by slashes",
				kind_name(kind));
		break;
	case IN_VERSIONS:
		entered = data_value(parser, kind, JSON_OBJECT, IN_VERSION, "E047", "a version");
		break;
	case IN_STATE:
		entered = data_value(parser, kind, JSON_ARRAY, IN_STATE_PATHS, "E050", "the value of a digest in a state");
		if (!entered)
			parser_found(parser, OCFL_ERROR, "E051", "%s holds no logical paths", kind_name(kind));
		break;
	case IN_STATE_PATHS:
		if (path_value(parser, kind, "E051", "logical") && parser->digest != NONE)
			parser_state_path(parser, text);
		break;
	case IN_FIXITY:
		entered = data_value(parser, kind, JSON_OBJECT, IN_FIXITY_BLOCK, "E057", "a block of fixity");
		break;
	case IN_FIXITY_BLOCK:
		entered = data_value(parser, kind, JSON_ARRAY, IN_FIXITY_PATHS, "E057", "the value of a digest in fixity");
		break;
	case IN_FIXITY_PATHS:
		if (path_value(parser, kind, "E057", "content"))
			parser_fixity_path(parser, text);
		break;
	}
	if (kind >= JSON_OBJECT && !entered)
		parser->skip = 1;
	return !parser->failed;
}

/* ---- ends -------------------------------------------------------------------------------------------------------------------------------- */

static void user_ended(struct inventory_parser *parser)
{
	if (!(parser->user_seen & SEEN(FIELD_NAME)))
		parser_found(parser, OCFL_ERROR, "E054", "the user of %s has no name", parser->version_text);
	if (!(parser->user_seen & SEEN(FIELD_ADDRESS)))
		parser_found(parser, OCFL_WARNING, "W008", "the user of %s has no address", parser->version_text);
}

static void version_ended(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	const char *where = parser->version_text;
	if (!parser->version.number)
		return; /* reported */
	if (!(parser->version_seen & SEEN(FIELD_CREATED)))
		parser_found(parser, OCFL_ERROR, "E048", "version %s has no \"created\"", where);
	if (!(parser->version_seen & SEEN(FIELD_STATE)))
		parser_found(parser, OCFL_ERROR, "E048", "version %s has no \"state\"", where);
	if (!(parser->version_seen & SEEN(FIELD_MESSAGE)))
		parser_found(parser, OCFL_WARNING, "W007", "version %s has no message", where);
	if (!(parser->version_seen & SEEN(FIELD_USER)))
		parser_found(parser, OCFL_WARNING, "W007", "version %s has no user", where);
	if (!account_grow(&inventory->account, &inventory->versions, &inventory->version_cap, inventory->version_count + 1,
		    sizeof(struct version))) {
		parser_full(parser);
		return;
	}
	inventory->versions[inventory->version_count++] = parser->version;
	parser->version.state.runs = NULL;
}

static void state_ended(struct inventory_parser *parser)
{
	if (!state_close(parser->inventory, &parser->version.state))
		parser_full(parser);
	paths_clear(parser->inventory);
}

static int on_end(void *context)
{
	struct inventory_parser *parser = context;
	if (parser->skip) {
		parser->skip--;
		return 1;
	}
	switch (parser->place) {
	case AT_TOP:
		break;
	case IN_ROOT:
		parser->place = AT_TOP;
		break;
	case IN_MANIFEST:
	case IN_VERSIONS:
	case IN_FIXITY:
		parser->place = IN_ROOT;
		break;
	case IN_MANIFEST_PATHS:
		if (!parser->paths)
			parser_found(parser, OCFL_ERROR, "E092", "a digest in the manifest has no content path");
		parser->place = IN_MANIFEST;
		break;
	case IN_FIXITY_BLOCK:
		parser->place = IN_FIXITY;
		break;
	case IN_FIXITY_PATHS:
		parser->place = IN_FIXITY_BLOCK;
		break;
	case IN_VERSION:
		version_ended(parser);
		parser->place = IN_VERSIONS;
		break;
	case IN_STATE:
		state_ended(parser);
		parser->place = IN_VERSION;
		break;
	case IN_STATE_PATHS:
		parser->place = IN_STATE;
		break;
	case IN_USER:
		user_ended(parser);
		parser->place = IN_VERSION;
		break;
	}
	return !parser->failed;
}

static int on_null(void *context)
{
	return on_value(context, JSON_NULL, (struct str){NULL, 0});
}

static int on_boolean(void *context, int value)
{
	(void)value;
	return on_value(context, JSON_BOOLEAN, (struct str){NULL, 0});
}

static int on_number(void *context, const char *text, size_t n)
{
	return on_value(context, JSON_NUMBER, (struct str){text, n});
}

static int on_string(void *context, const unsigned char *text, size_t n)
{
	return on_value(context, JSON_STRING, (struct str){(const char *)text, n});
}

static int on_object(void *context)
{
	return on_value(context, JSON_OBJECT, (struct str){NULL, 0});
}

static int on_array(void *context)
{
	return on_value(context, JSON_ARRAY, (struct str){NULL, 0});
}

const yajl_callbacks parser_events = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = parser_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};
