/* Where an object lies below its storage root: extensions 0002, 0003, 0004 (https://ocfl.github.io/extensions/). */
#include "ocfl/internal.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#define CONFIG_MAX (64u << 10)

const struct ocfl_layout ocfl_layout_ours = {LAYOUT_HASH_ID, DIGEST_SHA256, 3, 1, false};

static const struct {
	enum ocfl_layout_kind kind;
	const char *name;
	const char *description;
} layouts[] = {
	{LAYOUT_FLAT, "0002-flat-direct-storage-layout",
		"Each object lies in a folder named by its id, directly below the storage root."},
	{LAYOUT_HASH_ID, "0003-hash-and-id-n-tuple-storage-layout",
		"Each object lies in a folder named by its percent-encoded id, below folders named by the first digits of the id's "
		"digest."},
	{LAYOUT_HASH, "0004-hashed-n-tuple-storage-layout",
		"Each object lies in a folder named by the digest of its id, below folders named by that digest's first digits."},
};

const char *ocfl_layout_name(enum ocfl_layout_kind kind)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].kind == kind)
			return layouts[i].name;
	return "";
}

static void id_digest(enum digest_alg alg, struct str id, char hex[2 * DIGEST_MAX + 1])
{
	struct digest digest = {.alg = alg};
	if (alg == DIGEST_SHA256) {
		struct hash hash;
		sha256(id.p, id.n, &hash);
		memcpy(digest.bytes, hash.b, sizeof(hash.b));
	} else {
		struct hasher *hasher = hasher_new(alg);
		hasher_begin(hasher);
		hasher_add(hasher, id.p, id.n);
		hasher_end(hasher, &digest);
		hasher_free(hasher);
	}
	static const char digits[] = "0123456789abcdef";
	size_t n = digest_size(alg);
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[digest.bytes[i] >> 4];
		hex[2 * i + 1] = digits[digest.bytes[i] & 15];
	}
	hex[2 * n] = '\0';
}

/* The id, percent-encoded, at most 100 characters of it and then its digest (0003, Encapsulation Directory). */
static void encapsulation(struct str id, const char *hex, struct buf *out)
{
	size_t start = out->n;
	for (size_t i = 0; i < id.n && out->n - start <= 100; i++) {
		char c = id.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
			buf_char(out, c);
		} else {
			buf_char(out, '%');
			buf_hex(out, &c, 1);
		}
	}
	if (out->failed || out->n - start <= 100)
		return;
	out->n = start + 100;
	out->p[out->n] = '\0';
	buf_char(out, '-');
	buf_text(out, hex);
}

int ocfl_layout_path(const struct ocfl_layout *layout, struct str id, struct buf *out, struct err *err)
{
	char hex[2 * DIGEST_MAX + 1];
	if (!id.n || !utf8_valid(id))
		return err_set(err, ERR_SYNTAX, "an object's id must be a non-empty text in UTF-8");
	if (layout->kind == LAYOUT_UNKNOWN)
		return err_set(err, ERR_USAGE, "the storage root's layout is not one that photostat can compute");
	if (layout->kind == LAYOUT_FLAT) {
		if (path_faults(id) || memchr(id.p, '/', id.n) || memchr(id.p, 0, id.n))
			return err_set(
				err, ERR_SYNTAX, "the id %.*s cannot be the name of a folder, as layout 0002 wants", STR_ARG(id));
		buf_str(out, id);
		return 0;
	}
	id_digest(layout->alg, id, hex);
	for (unsigned i = 0; i < layout->tuple_count; i++) {
		buf_add(out, hex + (size_t)i * layout->tuple_size, layout->tuple_size);
		buf_char(out, '/');
	}
	if (layout->kind == LAYOUT_HASH_ID)
		encapsulation(id, hex, out);
	else
		buf_text(out, layout->short_root ? hex + (size_t)layout->tuple_count * layout->tuple_size : hex);
	return 0;
}

void ocfl_layout_write(struct buf *out, const struct ocfl_layout *layout)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].kind == layout->kind)
			buf_printf(out, "{\n\"extension\":\"%s\",\n\"description\":\"%s\"\n}\n", layouts[i].name,
				layouts[i].description);
}

void ocfl_layout_config_write(struct buf *out, const struct ocfl_layout *layout)
{
	buf_printf(out, "{\n\"extensionName\":\"%s\"", ocfl_layout_name(layout->kind));
	if (layout->kind != LAYOUT_FLAT)
		buf_printf(out, ",\n\"digestAlgorithm\":\"%s\",\n\"tupleSize\":%u,\n\"numberOfTuples\":%u",
			digest_name(layout->alg), layout->tuple_size, layout->tuple_count);
	if (layout->kind == LAYOUT_HASH)
		buf_printf(out, ",\n\"shortObjectRoot\":%s", layout->short_root ? "true" : "false");
	buf_text(out, "\n}\n");
}

/* ---- reading config.json -------------------------------------------------------------------------------------------------- */

yajl_val json_small(struct str text, const char *what, struct err *err)
{
	struct json_guard guard = {0};
	char why[160] = "";
	if (text.n > CONFIG_MAX) {
		err_set(err, ERR_LIMIT, "%s is longer than %u bytes", what, CONFIG_MAX);
		return NULL;
	}
	if (!utf8_valid(text) || memchr(text.p, 0, text.n)) {
		err_set(err, ERR_SYNTAX, "%s is not UTF-8", what);
		return NULL;
	}
	if (json_guard(&guard, text.p, text.n, err) < 0) {
		err_note(err, "%s", what);
		return NULL;
	}
	char *copy = mem_dup(text);
	yajl_val tree = yajl_tree_parse(copy, why, sizeof(why));
	free(copy);
	why[strcspn(why, "\n")] = '\0';
	if (!tree)
		err_set(err, ERR_SYNTAX, "%s is not JSON: %s", what, why);
	return tree;
}

static yajl_val member(yajl_val object, const char *name)
{
	const char *path[] = {name, NULL};
	return yajl_tree_get(object, path, yajl_t_any);
}

static int take_number(yajl_val object, const char *name, unsigned *out, struct err *err)
{
	yajl_val value = member(object, name);
	if (!value)
		return 0;
	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 || YAJL_GET_INTEGER(value) > 32)
		return err_set(err, ERR_SYNTAX, "config.json: %s is no whole number from 0 to 32", name);
	*out = (unsigned)YAJL_GET_INTEGER(value);
	return 0;
}

static int take_parameters(struct ocfl_layout *layout, const char *name, yajl_val config, struct err *err)
{
	enum digest_alg alg;
	const char *code;
	if (!YAJL_IS_OBJECT(config))
		return err_set(err, ERR_SYNTAX, "config.json is no JSON object");
	yajl_val extension = member(config, "extensionName");
	if (extension && (!YAJL_IS_STRING(extension) || !str_equal(str_from(YAJL_GET_STRING(extension)), str_from(name))))
		return err_set(err, ERR_SYNTAX, "config.json: extensionName is not %s", name);
	yajl_val algorithm = member(config, "digestAlgorithm");
	if (algorithm) {
		if (!YAJL_IS_STRING(algorithm) ||
			fixity_algorithm(str_from(YAJL_GET_STRING(algorithm)), &alg, &code) != FIXITY_SUPPORTED)
			return err_set(err, ERR_SYNTAX, "config.json: digestAlgorithm is none that photostat knows");
		layout->alg = alg;
	}
	if (take_number(config, "tupleSize", &layout->tuple_size, err) < 0 ||
		take_number(config, "numberOfTuples", &layout->tuple_count, err) < 0)
		return -1;
	yajl_val brief = member(config, "shortObjectRoot");
	if (brief && layout->kind == LAYOUT_HASH) {
		if (!YAJL_IS_TRUE(brief) && !YAJL_IS_FALSE(brief))
			return err_set(err, ERR_SYNTAX, "config.json: shortObjectRoot is neither true nor false");
		layout->short_root = YAJL_IS_TRUE(brief);
	}
	size_t used = (size_t)layout->tuple_size * layout->tuple_count, all = 2 * digest_size(layout->alg);
	if ((layout->tuple_size == 0) != (layout->tuple_count == 0) || used > all || (layout->short_root && used == all))
		return err_set(err, ERR_SYNTAX, "config.json: tupleSize %u and numberOfTuples %u do not go together",
			layout->tuple_size, layout->tuple_count);
	return 0;
}

int ocfl_layout_parse(struct ocfl_layout *layout, struct str name, struct str config, struct err *err)
{
	*layout = (struct ocfl_layout){LAYOUT_UNKNOWN, DIGEST_SHA256, 3, 3, false};
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (str_equal(name, str_from(layouts[i].name)))
			layout->kind = layouts[i].kind;
	if (layout->kind == LAYOUT_UNKNOWN || layout->kind == LAYOUT_FLAT || !config.n)
		return 0;
	yajl_val tree = json_small(config, "config.json", err);
	if (!tree)
		return -1;
	int status = take_parameters(layout, ocfl_layout_name(layout->kind), tree, err);
	yajl_tree_free(tree);
	return status;
}
