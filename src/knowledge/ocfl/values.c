/* Strings of an inventory's JSON: paths, and the values of fields. */
#include "ocfl/parser.h"

#include <string.h>

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

void parser_manifest_path(struct inventory_parser *parser, struct str path)
{
	struct inventory *inventory = parser->inventory;
	bool fresh;
	parser->paths++;
	bool good = path_form(parser, path, false);
	if (path.n && path.p[0] == '/')
		parser_found(
			parser, OCFL_ERROR, "E042", "the content path \"%.*s\" is not relative to the object's root", SHOWN(path));
	if (!good)
		return;
	uint32_t content = model_content(inventory, path, &fresh);
	if (content == NONE)
		parser_full(parser);
	else if (inventory->contents[content].manifest != NONE)
		parser_found(parser, OCFL_ERROR, "E101", "the manifest has the content path \"%.*s\" twice", SHOWN(path));
	else
		model_attach(inventory, parser->digest, content);
}

void parser_state_path(struct inventory_parser *parser, struct str path)
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

void parser_fixity_path(struct inventory_parser *parser, struct str path)
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
	bool good = false;
	if (memchr(text.p, '/', text.n))
		parser_found(parser, OCFL_ERROR, "E017", "contentDirectory \"%.*s\" has a slash in it", SHOWN(text));
	else if (str_equal(text, STR(".")) || str_equal(text, STR("..")))
		parser_found(parser, OCFL_ERROR, "E018", "contentDirectory is \"%.*s\"", SHOWN(text));
	else if (!text.n)
		parser_found(parser, OCFL_ERROR, parser_code(parser, "E017", "E108"), "contentDirectory is empty");
	else
		good = true;
	if (!good && text.n && parser->codes == OCFL_1_1)
		parser_found(parser, OCFL_ERROR, "E108", "contentDirectory \"%.*s\" is no direct child of a version directory",
			SHOWN(text));
	if (good)
		keep_text(parser, text, &parser->inventory->content_directory);
}

void parser_string(struct inventory_parser *parser, struct str text)
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
