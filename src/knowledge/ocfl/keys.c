/* Keys of an inventory's JSON: which fields there are, and what digests, versions and algorithms stand for. */
#include "ocfl/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct field_rule rules[] = {
	{IN_ROOT, FIELD_ID, "id", JSON_STRING, "E037", "E037"},
	{IN_ROOT, FIELD_TYPE, "type", JSON_STRING, "E038", "E038"},
	{IN_ROOT, FIELD_ALGORITHM, "digestAlgorithm", JSON_STRING, "E025", "E025"},
	{IN_ROOT, FIELD_HEAD, "head", JSON_STRING, "E040", "E040"},
	{IN_ROOT, FIELD_CONTENT_DIRECTORY, "contentDirectory", JSON_STRING, "E017", "E108"},
	{IN_ROOT, FIELD_MANIFEST, "manifest", JSON_OBJECT, "E041", "E106"},
	{IN_ROOT, FIELD_VERSIONS, "versions", JSON_OBJECT, "E045", "E045"},
	{IN_ROOT, FIELD_FIXITY, "fixity", JSON_OBJECT, "E056", "E111"},
	{IN_VERSION, FIELD_CREATED, "created", JSON_STRING, "E049", "E049"},
	{IN_VERSION, FIELD_STATE, "state", JSON_OBJECT, "E050", "E050"},
	{IN_VERSION, FIELD_MESSAGE, "message", JSON_STRING, "E094", "E094"},
	{IN_VERSION, FIELD_USER, "user", JSON_OBJECT, "E054", "E054"},
	{IN_USER, FIELD_NAME, "name", JSON_STRING, "E054", "E054"},
	{IN_USER, FIELD_ADDRESS, "address", JSON_STRING, "E054", "E054"},
};

const struct field_rule *field_rule(enum field field)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].field == field)
			return &rules[i];
	return NULL;
}

static void field_key(struct inventory_parser *parser, struct str key, uint32_t *seen)
{
	parser->field = FIELD_UNKNOWN;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].place == parser->place && str_equal(key, str_from(rules[i].name)))
			parser->field = rules[i].field;
	if (parser->field == FIELD_UNKNOWN) {
		parser_found(parser, OCFL_ERROR, "E102", "the key \"%.*s\" is not one of the specification's", SHOWN(key));
		if (parser->place == IN_ROOT && key.n == strlen("fixity") && strncasecmp(key.p, "fixity", key.n) == 0)
			parser_found(parser, OCFL_ERROR, "E055", "the block \"%.*s\" must have the key fixity", SHOWN(key));
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

static void version_key_wrong(struct inventory_parser *parser, struct str key)
{
	bool prefixed = key.n > 1 && key.p[0] == 'v', zero = prefixed;
	for (size_t i = 1; i < key.n; i++)
		zero &= key.p[i] == '0';
	parser_found(parser, OCFL_ERROR, "E046", "\"%.*s\" in versions is no name of a version directory", SHOWN(key));
	if (zero)
		parser_found(parser, OCFL_ERROR, "E009", "versions begin with 1, not with \"%.*s\"", SHOWN(key));
	if (parser->codes == OCFL_1_1)
		parser_found(parser, OCFL_ERROR, prefixed ? "E105" : "E104",
			prefixed ? "the number of \"%.*s\" is not one of 1, 2, 3 and so on" : "\"%.*s\" is not v and a number",
			SHOWN(key));
}

static void version_key(struct inventory_parser *parser, struct str key)
{
	unsigned width = 0;
	free(parser->version.state.runs);
	parser->version = (struct version){0};
	parser->version_seen = 0;
	snprintf(parser->version_text, sizeof(parser->version_text), "%.*s", (int)(key.n > 40 ? 40 : key.n), key.p);
	if (!version_name_parse(key, &parser->version.number, &width))
		version_key_wrong(parser, key);
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

int parser_key(void *context, const unsigned char *text, size_t n)
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
