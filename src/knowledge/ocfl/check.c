/* What can only be judged when the whole inventory is read. */
#include "ocfl/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MAX ((size_t)2 * DIGEST_MAX)

static int version_compare(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->width < y->width ? -1 : x->width > y->width;
}

static void version_text(const struct version *version, char out[INVENTORY_VERSION_NAME])
{
	snprintf(out, INVENTORY_VERSION_NAME, "v%0*u", version->width, version->number);
}

static void check_fields(struct inventory_parser *parser)
{
	static const struct {
		enum field field;
		const char *name, *code;
	} wanted[] = {
		{FIELD_ID, "id", "E036"},
		{FIELD_TYPE, "type", "E036"},
		{FIELD_ALGORITHM, "digestAlgorithm", "E036"},
		{FIELD_HEAD, "head", "E036"},
		{FIELD_MANIFEST, "manifest", "E041"},
		{FIELD_VERSIONS, "versions", "E041"},
		{FIELD_VERSIONS, "versions", "E043"},
		{FIELD_VERSIONS, "versions", "E044"},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!(parser->seen & SEEN(wanted[i].field)))
			parser_found(parser, OCFL_ERROR, wanted[i].code, "the key \"%s\" is missing", wanted[i].name);
}

/* The names of the versions: one convention, from 1 on without gaps. */
static void check_versions(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	uint32_t expected = 1, kept = 0;
	char name[INVENTORY_VERSION_NAME];
	if (!inventory->version_count) {
		if (parser->versions_entered)
			parser_found(parser, OCFL_ERROR, "E008", "there is no version");
		return;
	}
	qsort(inventory->versions, inventory->version_count, sizeof(struct version), version_compare);
	inventory->width = inventory->versions[0].width;
	for (uint32_t i = 0; i < inventory->version_count; i++) {
		struct version *version = &inventory->versions[i];
		version_text(version, name);
		if (i && version->number == inventory->versions[kept - 1].number) {
			parser_found(parser, OCFL_ERROR, version->width == inventory->versions[kept - 1].width ? "E033" : "E012",
				"versions has version %u twice", version->number);
			inventory->account.used -= version->state.run_count * (2 * sizeof(uint32_t));
			free(version->state.runs);
			continue;
		}
		if (version->width != inventory->width) {
			if (inventory->width && !version->width)
				parser_found(parser, OCFL_ERROR, "E011",
					"%s does not begin with v and a zero as the versions before it do", name);
			parser_found(parser, OCFL_ERROR, "E012", "%s is not named as the first version is", name);
			parser_found(parser, OCFL_ERROR, "E013", "%s does not follow the convention of earlier versions", name);
		}
		if (version->number != expected) {
			if (!i)
				parser_found(parser, OCFL_ERROR, "E009", "the first version is %s", name);
			else
				parser_found(parser, OCFL_ERROR, "E010", "version %u is missing before %s", expected, name);
		}
		expected = version->number + 1;
		inventory->versions[kept++] = *version;
	}
	inventory->version_count = kept;
	inventory->head = inventory->versions[kept - 1].number;
	if (inventory->width)
		parser_found(parser, OCFL_WARNING, "W001", "version numbers are padded with zeroes");
}

static void check_head(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	char highest[INVENTORY_VERSION_NAME];
	struct str head = model_string(inventory, inventory->head_name);
	if (!head.p || !inventory->version_count)
		return;
	version_text(&inventory->versions[inventory->version_count - 1], highest);
	if (!str_equal(head, str_from(highest)))
		parser_found(parser, OCFL_ERROR, "E040", "head is \"%.*s\", the highest version is %s",
			(int)(head.n > 40 ? 40 : head.n), head.p, highest);
}

/* As it is written, or as we would write it. */
static void digest_text(const struct inventory *inventory, uint32_t number, char out[HEX_MAX + 1])
{
	struct str spelling = model_string(inventory, inventory->digests[number].spelling);
	size_t size = inventory->digest_size;
	if (spelling.p)
		snprintf(out, HEX_MAX + 1, "%.*s", (int)(spelling.n > HEX_MAX ? HEX_MAX : spelling.n), spelling.p);
	for (size_t i = 0; !spelling.p && i < size; i++)
		snprintf(out + 2 * i, 3, "%02x", inventory->digest_bytes[number * size + i]);
}

static void check_digests(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	const char *code = inventory->alg == DIGEST_SHA256 ? "E030" : "E031";
	bool mismatch =
		inventory->alg != DIGEST_NONE && inventory->digest_count && inventory->digest_size != digest_size(inventory->alg);
	char hex[HEX_MAX + 1];
	if (mismatch)
		parser_found(parser, OCFL_ERROR, "E039", "manifest and states do not hold %s digests", digest_name(inventory->alg));
	for (uint32_t i = 0; i < inventory->digest_count && !parser->failed; i++) {
		uint32_t flags = inventory->digests[i].flags;
		bool wrong = flags & DIGEST_BAD && flags & DIGEST_IN_MANIFEST && !mismatch && inventory->alg != DIGEST_NONE;
		bool unknown = flags & DIGEST_USED && !(flags & DIGEST_IN_MANIFEST) && inventory->has_manifest;
		if (!wrong && !unknown)
			continue;
		digest_text(inventory, i, hex);
		/* A digest, but of the other algorithm? */
		unsigned char bytes[DIGEST_MAX];
		bool lower;
		if (wrong && hex_any_case(str_from(hex), bytes, inventory->alg == DIGEST_SHA256 ? 64 : 32, &lower))
			parser_found(
				parser, OCFL_ERROR, "E039", "%s in the manifest is no %s digest", hex, digest_name(inventory->alg));
		else if (wrong)
			parser_found(parser, OCFL_ERROR, code, "%s in the manifest is no %s digest in hexadecimal", hex,
				digest_name(inventory->alg));
		if (unknown)
			parser_found(parser, OCFL_ERROR, "E050",
				"a state has the digest %s, which the manifest does not have in this spelling", hex);
	}
	/* 1.0 does not forbid it; without any version it is not the manifest's fault. */
	if (!inventory->version_count)
		return;
	for (uint32_t i = 0; i < inventory->digest_count && inventory->spec == OCFL_1_1 && parser->codes == OCFL_1_1; i++)
		if (inventory->digests[i].flags & DIGEST_IN_MANIFEST && !(inventory->digests[i].flags & DIGEST_USED) &&
			model_twin(inventory, i, DIGEST_USED) == NONE) {
			digest_text(inventory, i, hex);
			parser_found(parser, OCFL_ERROR, "E107", "the manifest's digest %s is in no state", hex);
		}
}

/* "v2/content/…": an existing version, by its own name, and the content directory. */
static void check_content_place(struct inventory_parser *parser, const struct content_node *node)
{
	struct inventory *inventory = parser->inventory;
	struct str prefix = model_string(inventory, node->prefix), rest = model_string(inventory, node->rest), name,
		   directory = prefix;
	char expected[INVENTORY_VERSION_NAME];
	uint32_t number;
	unsigned width;
	if (!prefix.p) {
		bool separators = rest.n && rest.p[0] == 'v' && memchr(rest.p, '\\', rest.n);
		parser_found(parser, OCFL_ERROR, separators ? "E035" : "E042", "the content path \"%.*s\" %s",
			(int)(rest.n > 80 ? 80 : rest.n), rest.p,
			separators ? "has backslashes for separators" : "is not below a version's content directory");
		return;
	}
	str_take_until(&directory, '/', &name);
	if (!version_name_parse(name, &number, &width)) {
		parser_found(parser, OCFL_ERROR, "E042", "the content path \"%.*s/…\" is not below a version directory",
			STR_ARG(prefix));
		return;
	}
	struct version *version = model_version(inventory, number);
	if (!version) {
		parser_found(parser, OCFL_ERROR, "E042",
			"the content path \"%.*s/…\" is in a version that the inventory does not have", STR_ARG(prefix));
		return;
	}
	version_text(version, expected);
	if (!str_equal(name, str_from(expected)))
		parser_found(parser, OCFL_ERROR, "E014", "the content path \"%.*s/…\" does not use the version's name %s",
			STR_ARG(prefix), expected);
	if (str_equal(directory, inventory_content_directory(inventory)))
		return;
	parser_found(parser, OCFL_ERROR, "E042", "the content path \"%.*s/…\" is not in the content directory \"%.*s\"",
		STR_ARG(prefix), STR_ARG(inventory_content_directory(inventory)));
	if (!(parser->seen & SEEN(FIELD_CONTENT_DIRECTORY)))
		parser_found(parser, OCFL_ERROR, "E021", "without contentDirectory the content directory's name is content");
}

/* A file of the manifest that stands where this one needs a folder. */
static bool inside_a_file(const struct inventory *inventory, const struct content_node *node)
{
	struct str prefix = model_string(inventory, node->prefix), rest = model_string(inventory, node->rest);
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] == '/') {
			ref folder = pool_find(&inventory->pool, (struct str){rest.p, i});
			uint32_t other = folder ? model_find_content_pair(inventory, node->prefix, folder) : NONE;
			if (other != NONE && inventory->contents[other].manifest != NONE)
				return true;
		}
	/* "v1" or "v1/content" as a file. */
	for (size_t i = 0; prefix.p && i <= prefix.n; i++)
		if (i == prefix.n || prefix.p[i] == '/') {
			ref folder = pool_find(&inventory->pool, (struct str){prefix.p, i});
			uint32_t other = folder ? model_find_content_pair(inventory, 0, folder) : NONE;
			if (other != NONE && inventory->contents[other].manifest != NONE)
				return true;
		}
	return false;
}

static void check_contents(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	ref last_good = 0;
	struct buf path = BUF_INIT;
	for (uint32_t i = 0; i < inventory->content_count && !parser->failed; i++) {
		const struct content_node *node = &inventory->contents[i];
		if (node->manifest == NONE)
			continue;
		if (inventory->version_count && (!node->prefix || node->prefix != last_good))
			check_content_place(parser, node);
		last_good = node->prefix;
		if (inside_a_file(inventory, node)) {
			model_content_path(inventory, i, &path);
			parser_found(parser, OCFL_ERROR, "E101",
				"the content path \"%.*s\" leads through another file of the manifest",
				(int)(path.n > 200 ? 200 : path.n), path.p ? path.p : "");
		}
	}
	buf_release(&path);
}

static int fixity_compare(const void *a, const void *b)
{
	const struct fixity_node *x = a, *y = b;
	if (x->algorithm != y->algorithm)
		return x->algorithm < y->algorithm ? -1 : 1;
	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static void check_fixity(struct inventory_parser *parser)
{
	struct inventory *inventory = parser->inventory;
	struct buf path = BUF_INIT;
	if (inventory->fixity_count)
		qsort(inventory->fixity, inventory->fixity_count, sizeof(struct fixity_node), fixity_compare);
	for (uint32_t i = 0; i < inventory->fixity_count; i++) {
		const struct fixity_node *node = &inventory->fixity[i], *before = i ? node - 1 : NULL;
		struct str algorithm = model_string(inventory, node->algorithm);
		model_content_path(inventory, node->content, &path);
		if (before && before->algorithm == node->algorithm && before->digest == node->digest && before->key != node->key)
			parser_found(parser, OCFL_ERROR, "E097", "the %.*s block of fixity has a digest twice, once for \"%.*s\"",
				STR_ARG(algorithm), (int)(path.n > 120 ? 120 : path.n), path.p);
		if (inventory->contents[node->content].manifest == NONE)
			parser_found(parser, OCFL_ERROR, "E093",
				"the %.*s block of fixity names \"%.*s\", which the manifest does not have", STR_ARG(algorithm),
				(int)(path.n > 120 ? 120 : path.n), path.p);
		if (inventory->contents[node->content].manifest == NONE)
			parser_found(parser, OCFL_ERROR, "E057", "\"%.*s\" in fixity is no content path of the manifest",
				(int)(path.n > 120 ? 120 : path.n), path.p);
	}
	buf_release(&path);
}

void parser_check(struct inventory_parser *parser)
{
	check_fields(parser);
	check_versions(parser);
	check_head(parser);
	check_digests(parser);
	check_contents(parser);
	check_fixity(parser);
}
