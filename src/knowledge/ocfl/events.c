/* Following an inventory's JSON, event by event. Codes: OCFL 1.1 validation codes, and 1.0's where they differ. */
#include "ocfl/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN(s) (int)((s).n > 80 ? 80 : (s).n), (s).p

/* ---- keys ------------------------------------------------------------------------------------------------------------------ */

static const struct {
	enum place place;
	enum field field;
	const char *name;
} fields[] = {
	{IN_ROOT, FIELD_ID, "id"},
	{IN_ROOT, FIELD_TYPE, "type"},
	{IN_ROOT, FIELD_ALGORITHM, "digestAlgorithm"},
	{IN_ROOT, FIELD_HEAD, "head"},
	{IN_ROOT, FIELD_CONTENT_DIRECTORY, "contentDirectory"},
	{IN_ROOT, FIELD_MANIFEST, "manifest"},
	{IN_ROOT, FIELD_VERSIONS, "versions"},
	{IN_ROOT, FIELD_FIXITY, "fixity"},
	{IN_VERSION, FIELD_CREATED, "created"},
	{IN_VERSION, FIELD_STATE, "state"},
	{IN_VERSION, FIELD_MESSAGE, "message"},
	{IN_VERSION, FIELD_USER, "user"},
	{IN_USER, FIELD_NAME, "name"},
	{IN_USER, FIELD_ADDRESS, "address"},
};

static void field_key(struct inventory_parser *parser, struct str key, uint32_t *seen)
{
	parser->field = FIELD_UNKNOWN;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].place == parser->place && str_equal(key, str_from(fields[i].name)))
			parser->field = fields[i].field;
	if (parser->field == FIELD_UNKNOWN) {
		parser_found(parser, OCFL_ERROR, "E102", "the key \"%.*s\" is not one of the specification's", SHOWN(key));
		return;
	}
	if (*seen & SEEN(parser->field)) {
		parser_found(parser, OCFL_ERROR, "E033", "the key \"%.*s\" is there twice", SHOWN(key));
		parser->field = FIELD_UNKNOWN;
		return;
	}
	*seen |= SEEN(parser->field);
}

/* The digest that a key of manifest or state stands for. */
static uint32_t digest_key(struct inventory_parser *parser, struct str key)
{
	struct inventory *inventory = parser->inventory;
	unsigned char bytes[DIGEST_MAX] = {0};
	bool lower;
	/* The algorithm may only be named further down. */
	if (!inventory->digest_size)
		inventory->digest_size = key.n == 64 ? 32 : 64;
	bool good = hex_any_case(key, bytes, inventory->digest_size, &lower);
	ref spelling = 0;
	if (!good)
		memset(bytes, 0, sizeof(bytes));
	if (!good || !lower) {
		spelling = pool_add(&inventory->pool, &inventory->account, key);
		if (!spelling) {
			parser_full(parser);
			return NONE;
		}
	}
	uint32_t number = model_digest(inventory, bytes, spelling, !good);
	if (number == NONE)
		parser_full(parser);
	return number;
}

static void manifest_key(struct inventory_parser *parser, struct str key)
{
	struct inventory *inventory = parser->inventory;
	parser->paths = 0;
	parser->digest = digest_key(parser, key);
	if (parser->digest == NONE)
		return;
	if (inventory->digests[parser->digest].flags & DIGEST_IN_MANIFEST ||
		model_twin(inventory, parser->digest, DIGEST_IN_MANIFEST) != NONE)
		parser_found(parser, OCFL_ERROR, "E096", "the manifest has the digest %.*s twice", SHOWN(key));
	inventory->digests[parser->digest].flags |= DIGEST_IN_MANIFEST;
}

static void state_key(struct inventory_parser *parser, struct str key)
{
	parser->paths = 0;
	parser->digest = digest_key(parser, key);
	if (parser->digest == NONE)
		return;
	struct digest_node *digest = &parser->inventory->digests[parser->digest];
	if ((digest->flags & DIGEST_STAMP) == parser->stamp)
		parser_found(
			parser, OCFL_ERROR, "E033", "the state of %s has the key %.*s twice", parser->version_text, SHOWN(key));
	digest->flags = (digest->flags & ~DIGEST_STAMP) | parser->stamp | DIGEST_USED;
}

static void version_key(struct inventory_parser *parser, struct str key)
{
	unsigned width = 0;
	free(parser->version.state.runs);
	parser->version = (struct version){0};
	parser->version_seen = 0;
	snprintf(parser->version_text, sizeof(parser->version_text), "%.*s", (int)(key.n > 40 ? 40 : key.n), key.p);
	if (!version_name_parse(key, &parser->version.number, &width))
		parser_found(parser, OCFL_ERROR, "E046", "\"%.*s\" in versions is no name of a version directory", SHOWN(key));
	parser->version.width = (uint8_t)width;
}

static void fixity_block_key(struct inventory_parser *parser, struct str key)
{
	struct inventory *inventory = parser->inventory;
	parser->support = fixity_algorithm(key, &parser->fixity_alg, &parser->hex_code);
	if (parser->support == FIXITY_UNKNOWN) {
		parser_found(parser, OCFL_ERROR, "E056",
			"\"%.*s\" in fixity is no digest algorithm of the specification or an extension", SHOWN(key));
		parser_found(parser, OCFL_ERROR, "E026", "\"%.*s\" is not in the vocabulary of digest algorithms", SHOWN(key));
	}
	parser->algorithm = pool_add(&inventory->pool, &inventory->account, key);
	for (uint32_t i = 0; i < inventory->fixity_algorithm_count; i++)
		if (inventory->fixity_algorithms[i] == parser->algorithm)
			parser_found(parser, OCFL_ERROR, "E033", "fixity has the key \"%.*s\" twice", SHOWN(key));
	if (!parser->algorithm || inventory->fixity_algorithm_count > 100 ||
		!account_grow(&inventory->account, &inventory->fixity_algorithms, &inventory->fixity_algorithm_cap,
			inventory->fixity_algorithm_count + 1, sizeof(ref))) {
		parser_full(parser);
		return;
	}
	inventory->fixity_algorithms[inventory->fixity_algorithm_count++] = parser->algorithm;
}

static void fixity_digest_key(struct inventory_parser *parser, struct str key)
{
	struct inventory *inventory = parser->inventory;
	unsigned char bytes[DIGEST_MAX];
	bool lower;
	struct str stored = key;
	parser->fixity_key++;
	parser->fixity_digest = 0;
	if (parser->support == FIXITY_SUPPORTED) {
		size_t size = digest_size(parser->fixity_alg);
		if (!hex_any_case(key, bytes, size, &lower)) {
			parser_found(parser, OCFL_ERROR, parser->hex_code, "%.*s in fixity is no %s digest in hexadecimal",
				SHOWN(key), digest_name(parser->fixity_alg));
			return;
		}
		stored = (struct str){(const char *)bytes, size};
	}
	parser->fixity_digest = pool_add(&inventory->pool, &inventory->account, stored);
	if (!parser->fixity_digest)
		parser_full(parser);
}

static int on_key(void *context, const unsigned char *text, size_t n)
{
	struct inventory_parser *parser = context;
	struct str key = {(const char *)text, n};
	if (parser->skip)
		return 1;
	if (!utf8_valid(key)) {
		parser_found(parser, OCFL_ERROR, "E033", "a key is not UTF-8");
		parser_fail(parser, ERR_SYNTAX, "the inventory is not UTF-8");
		return 0;
	}
	switch (parser->place) {
	case IN_ROOT:
		field_key(parser, key, &parser->seen);
		break;
	case IN_VERSION:
		field_key(parser, key, &parser->version_seen);
		break;
	case IN_USER:
		field_key(parser, key, &parser->user_seen);
		break;
	case IN_MANIFEST:
		manifest_key(parser, key);
		break;
	case IN_STATE:
		state_key(parser, key);
		break;
	case IN_VERSIONS:
		version_key(parser, key);
		break;
	case IN_FIXITY:
		fixity_block_key(parser, key);
		break;
	case IN_FIXITY_BLOCK:
		fixity_digest_key(parser, key);
		break;
	case AT_TOP:
	case IN_MANIFEST_PATHS:
	case IN_STATE_PATHS:
	case IN_FIXITY_PATHS:
		break;
	}
	return !parser->failed;
}

/* ---- strings that are values --------------------------------------------------------------------------------------------------- */

/* Reports what is wrong with a path's form; true if it can be used. */
static bool path_form(struct inventory_parser *parser, struct str path, bool logical)
{
	unsigned faults = path_faults(path);
	const char *what = logical ? "logical" : "content";
	if (faults & PATH_EMPTY)
		parser_found(parser, OCFL_ERROR, logical ? "E051" : "E098", "a %s path is empty", what);
	if (faults & PATH_DOTS)
		parser_found(parser, OCFL_ERROR, logical ? "E052" : "E099",
			"the %s path \"%.*s\" has an element that is empty, \".\" or \"..\"", what, SHOWN(path));
	if (faults & PATH_SLASHED)
		parser_found(parser, OCFL_ERROR, logical ? "E053" : "E100", "the %s path \"%.*s\" begins or ends with a slash",
			what, SHOWN(path));
	return !faults;
}

static void manifest_path(struct inventory_parser *parser, struct str path)
{
	struct inventory *inventory = parser->inventory;
	bool fresh;
	parser->paths++;
	if (!path_form(parser, path, false))
		return;
	uint32_t content = model_content(inventory, path, &fresh);
	if (content == NONE)
		parser_full(parser);
	else if (inventory->contents[content].manifest != NONE)
		parser_found(parser, OCFL_ERROR, "E101", "the manifest has the content path \"%.*s\" twice", SHOWN(path));
	else
		model_attach(inventory, parser->digest, content);
}

static void state_path(struct inventory_parser *parser, struct str path)
{
	struct inventory *inventory = parser->inventory;
	if (!path_form(parser, path, true))
		return;
	ref name = pool_add(&inventory->pool, &inventory->account, path);
	enum path_clash clash = name ? paths_add(inventory, name) : PATH_FULL;
	if (clash == PATH_TWICE)
		parser_found(
			parser, OCFL_ERROR, "E095", "%s has the logical path \"%.*s\" twice", parser->version_text, SHOWN(path));
	else if (clash == PATH_CONFLICT)
		parser_found(parser, OCFL_ERROR, "E095",
			"in %s the logical path \"%.*s\" is both a file and a folder, or inside a file", parser->version_text,
			SHOWN(path));
	else if (clash == PATH_FULL || !fresh_add(inventory, name, parser->digest))
		parser_full(parser);
}

static void fixity_path(struct inventory_parser *parser, struct str path)
{
	struct inventory *inventory = parser->inventory;
	bool fresh;
	if (!path_form(parser, path, false) || !parser->fixity_digest)
		return;
	uint32_t content = model_content(inventory, path, &fresh);
	if (content == NONE || !account_grow(&inventory->account, &inventory->fixity, &inventory->fixity_cap,
				       inventory->fixity_count + 1, sizeof(struct fixity_node))) {
		parser_full(parser);
		return;
	}
	inventory->fixity[inventory->fixity_count++] =
		(struct fixity_node){parser->algorithm, parser->fixity_digest, content, parser->fixity_key};
}

static void keep_text(struct inventory_parser *parser, struct str text, ref *out)
{
	*out = pool_add(&parser->inventory->pool, &parser->inventory->account, text);
	if (!*out)
		parser_full(parser);
}

static void algorithm_value(struct inventory_parser *parser, struct str text)
{
	struct inventory *inventory = parser->inventory;
	inventory->alg = digest_named(text);
	if (inventory->alg != DIGEST_SHA256 && inventory->alg != DIGEST_SHA512) {
		parser_found(parser, OCFL_ERROR, "E025", "digestAlgorithm is \"%.*s\", neither sha512 nor sha256", SHOWN(text));
		inventory->alg = DIGEST_NONE;
	} else if (!inventory->digest_size) {
		inventory->digest_size = digest_size(inventory->alg);
	}
}

static void type_value(struct inventory_parser *parser, struct str text)
{
	keep_text(parser, text, &parser->inventory->type);
	if (str_equal(text, STR("https://ocfl.io/1.0/spec/#inventory")))
		parser->inventory->spec = OCFL_1_0;
	else if (!str_equal(text, STR("https://ocfl.io/1.1/spec/#inventory")))
		parser_found(
			parser, OCFL_ERROR, "E038", "type is \"%.*s\", not that of an inventory of OCFL 1.0 or 1.1", SHOWN(text));
}

static void content_directory_value(struct inventory_parser *parser, struct str text)
{
	if (memchr(text.p, '/', text.n))
		parser_found(parser, OCFL_ERROR, "E017", "contentDirectory \"%.*s\" has a slash in it", SHOWN(text));
	else if (str_equal(text, STR(".")) || str_equal(text, STR("..")))
		parser_found(parser, OCFL_ERROR, "E018", "contentDirectory is \"%.*s\"", SHOWN(text));
	else if (!text.n)
		parser_found(parser, OCFL_ERROR, parser_code(parser, "E017", "E108"), "contentDirectory is empty");
	else
		keep_text(parser, text, &parser->inventory->content_directory);
}

static void string_value(struct inventory_parser *parser, struct str text)
{
	struct version *version = &parser->version;
	const char *where = parser->version_text;
	switch (parser->field) {
	case FIELD_ID:
		if (!text.n)
			parser_found(parser, OCFL_ERROR, "E037", "id is empty");
		else if (!uri_valid(text))
			parser_found(parser, OCFL_WARNING, "W005", "id \"%.*s\" is no URI", SHOWN(text));
		keep_text(parser, text, &parser->inventory->id);
		break;
	case FIELD_TYPE:
		type_value(parser, text);
		break;
	case FIELD_ALGORITHM:
		algorithm_value(parser, text);
		break;
	case FIELD_HEAD:
		keep_text(parser, text, &parser->inventory->head_name);
		break;
	case FIELD_CONTENT_DIRECTORY:
		content_directory_value(parser, text);
		break;
	case FIELD_CREATED:
		if (!rfc3339_valid(text))
			parser_found(parser, OCFL_ERROR, "E049",
				"created of %s is \"%.*s\", no RFC 3339 time with seconds and zone", where, SHOWN(text));
		keep_text(parser, text, &version->created);
		break;
	case FIELD_MESSAGE:
		keep_text(parser, text, &version->message);
		break;
	case FIELD_NAME:
		if (!text.n)
			parser_found(parser, OCFL_ERROR, "E054", "the user of %s has an empty name", where);
		keep_text(parser, text, &version->user_name);
		break;
	case FIELD_ADDRESS:
		if (!uri_valid(text))
			parser_found(
				parser, OCFL_WARNING, "W009", "the user's address of %s, \"%.*s\", is no URI", where, SHOWN(text));
		keep_text(parser, text, &version->user_address);
		break;
	case FIELD_UNKNOWN:
	case FIELD_MANIFEST:
	case FIELD_VERSIONS:
	case FIELD_FIXITY:
	case FIELD_STATE:
	case FIELD_USER:
		break;
	}
}

/* ---- values of any kind -------------------------------------------------------------------------------------------------------------- */

static const char *kind_name(enum json_kind kind)
{
	static const char *const names[] = {"null", "true or false", "a number", "a string", "an object", "an array"};
	return names[kind];
}

/* A field has a value of the wrong kind. */
static void wrong_kind(struct inventory_parser *parser, enum json_kind kind)
{
	const char *code = "E033", *name = "";
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].field == parser->field)
			name = fields[i].name;
	switch (parser->field) {
	case FIELD_UNKNOWN:
		return;
	case FIELD_ID:
		code = "E037";
		break;
	case FIELD_TYPE:
		code = "E038";
		break;
	case FIELD_ALGORITHM:
		code = "E025";
		break;
	case FIELD_HEAD:
		code = "E040";
		break;
	case FIELD_CONTENT_DIRECTORY:
		code = parser_code(parser, "E017", "E108");
		break;
	case FIELD_MANIFEST:
		code = parser_code(parser, "E041", "E106");
		break;
	case FIELD_VERSIONS:
		code = "E045";
		break;
	case FIELD_FIXITY:
		code = parser_code(parser, "E057", "E111");
		break;
	case FIELD_CREATED:
		code = "E049";
		break;
	case FIELD_STATE:
		code = "E050";
		break;
	case FIELD_MESSAGE:
		code = "E094";
		break;
	case FIELD_USER:
	case FIELD_NAME:
		code = "E054";
		break;
	case FIELD_ADDRESS:
		break;
	}
	parser_found(parser, OCFL_ERROR, code, "the value of %s is %s", name, kind_name(kind));
}

static enum json_kind wanted_kind(enum field field)
{
	switch (field) {
	case FIELD_MANIFEST:
	case FIELD_VERSIONS:
	case FIELD_FIXITY:
	case FIELD_STATE:
	case FIELD_USER:
		return JSON_OBJECT;
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
	return JSON_STRING;
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
		if (parser->field != FIELD_UNKNOWN && wanted_kind(parser->field) != kind) {
			wrong_kind(parser, kind);
		} else if (kind == JSON_STRING) {
			string_value(parser, text);
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
			manifest_path(parser, text);
		break;
	case IN_VERSIONS:
		entered = data_value(parser, kind, JSON_OBJECT, IN_VERSION, "E047", "a version");
		break;
	case IN_STATE:
		entered = data_value(parser, kind, JSON_ARRAY, IN_STATE_PATHS, "E050", "the value of a digest in a state");
		break;
	case IN_STATE_PATHS:
		if (path_value(parser, kind, "E051", "logical") && parser->digest != NONE)
			state_path(parser, text);
		break;
	case IN_FIXITY:
		entered = data_value(parser, kind, JSON_OBJECT, IN_FIXITY_BLOCK, "E057", "a block of fixity");
		break;
	case IN_FIXITY_BLOCK:
		entered = data_value(parser, kind, JSON_ARRAY, IN_FIXITY_PATHS, "E057", "the value of a digest in fixity");
		break;
	case IN_FIXITY_PATHS:
		if (path_value(parser, kind, "E057", "content"))
			fixity_path(parser, text);
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
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};
