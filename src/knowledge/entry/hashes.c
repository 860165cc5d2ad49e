/* The hashes of a contents tree and the walk over its blocks (docs/format/contents.md). */
#include "entry/internal.h"

#include <string.h>

static struct str hash_field(const struct hash *hash)
{
	return (struct str){(const char *)hash->b, SHA256_SIZE};
}

static struct str number_field(unsigned char bytes[8], uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> (56 - 8 * i));
	return (struct str){(const char *)bytes, 8};
}

void hash_node(const struct hash *left, const struct hash *right, struct hash *out)
{
	const struct str fields[] = {STR("photostat.node/v1"), hash_field(left), hash_field(right)};
	sha256_framed(fields, 3, out);
}

void hash_empty(struct hash *out)
{
	const struct str field = STR("photostat.empty/v1");
	sha256_framed(&field, 1, out);
}

void hash_leaf(const struct leaf *leaf, const struct hash *salt, struct hash *out)
{
	static const char digits[] = "0123456789abcdef";
	char tagged[16 + 2 * DIGEST_MAX];
	unsigned char size[8];
	size_t n = 0;
	for (const char *name = digest_name(leaf->digest.alg); *name; name++)
		tagged[n++] = *name;
	tagged[n++] = ':';
	for (size_t i = 0; i < digest_size(leaf->digest.alg); i++) {
		tagged[n++] = digits[leaf->digest.bytes[i] >> 4];
		tagged[n++] = digits[leaf->digest.bytes[i] & 15];
	}
	const struct str fields[] = {
		STR("photostat.leaf/v1"), leaf->kind, hash_field(salt), leaf->path, number_field(size, leaf->size), {tagged, n}};
	sha256_framed(fields, 6, out);
}

void hash_root(struct str origin, struct str record, uint64_t version, uint64_t n, const struct hash *tree, struct hash *out)
{
	unsigned char version_bytes[8], n_bytes[8];
	const struct str fields[] = {STR("photostat.contents/v1"), origin, record, number_field(version_bytes, version),
		number_field(n_bytes, n), hash_field(tree)};
	sha256_framed(fields, 6, out);
}

void hash_salts(const unsigned char seed[SEED_SIZE], struct hash *out)
{
	const struct str fields[] = {STR("photostat.salts/v1"), {(const char *)seed, SEED_SIZE}};
	sha256_framed(fields, 2, out);
}

void hash_order(const unsigned char seed[SEED_SIZE], struct hash *out)
{
	const struct str fields[] = {STR("photostat.order/v1"), {(const char *)seed, SEED_SIZE}};
	sha256_framed(fields, 2, out);
}

void hash_place(const struct hash *order, struct str path, struct hash *out)
{
	const struct str fields[] = {STR("photostat.place/v1"), hash_field(order), path};
	sha256_framed(fields, 3, out);
}

void hash_ggm(const struct hash *parent, unsigned side, struct hash *out)
{
	const char byte = (char)side;
	const struct str fields[] = {STR("photostat.ggm/v1"), hash_field(parent), {&byte, 1}};
	sha256_framed(fields, 3, out);
}

unsigned shape_depth(uint64_t n)
{
	unsigned depth = 0;
	while (depth < 63 && (UINT64_C(1) << depth) < n)
		depth++;
	return depth;
}

uint64_t block_end(struct block block, uint64_t n)
{
	uint64_t end = block.first + (UINT64_C(1) << block.height);
	return end < n ? end : n;
}

struct block block_half(struct block block, unsigned side)
{
	unsigned height = block.height - 1;
	return (struct block){block.first + ((uint64_t)side << height), height};
}

void hash_opened(const struct opened *opened, struct block block, const struct hash *salt, struct hash *out)
{
	if (block.height == 0) {
		opened->leaf_hash(opened->context, block.first, salt, out);
		return;
	}
	struct block right = block_half(block, 1);
	struct hash child, left_hash, right_hash;
	hash_ggm(salt, 0, &child);
	hash_opened(opened, block_half(block, 0), &child, &left_hash);
	if (right.first < opened->n) {
		hash_ggm(salt, 1, &child);
		hash_opened(opened, right, &child, &right_hash);
		hash_node(&left_hash, &right_hash, out);
	} else {
		*out = left_hash;
	}
	mem_wipe(&child, sizeof child);
}

void salt_below(struct block from, const struct hash *salt, struct block to, struct hash *out)
{
	struct hash child;
	*out = *salt;
	for (unsigned height = from.height; height > to.height; height--) {
		hash_ggm(out, (unsigned)(to.first >> (height - 1)) & 1, &child);
		*out = child;
	}
	mem_wipe(&child, sizeof child);
}

static bool kind_valid(struct str kind)
{
	if (kind.n == 0 || kind.n > 32 || kind.p[0] < 'a' || kind.p[0] > 'z')
		return false;
	for (size_t i = 1; i < kind.n; i++) {
		char c = kind.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* A relative path that stays below where it starts. */
static bool path_valid(struct str path)
{
	if (path.n == 0 || path.n > LEAF_PATH_MAX || memchr(path.p, '\0', path.n) || !utf8_valid(path))
		return false;
	struct str rest = path, segment;
	while (str_take_until(&rest, '/', &segment))
		if (segment.n == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
			return false;
	return true;
}

int leaf_check(const struct leaf *leaf, struct err *err)
{
	if (!kind_valid(leaf->kind))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" cannot be a kind of leaf", STR_ARG(leaf->kind));
	if (!path_valid(leaf->path))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" cannot be the path of a file in a record", STR_ARG(leaf->path));
	if (leaf->digest.alg != DIGEST_SHA256 && leaf->digest.alg != DIGEST_SHA512)
		return err_set(err, ERR_SYNTAX, "\"%.*s\" has a digest that is neither sha256 nor sha512", STR_ARG(leaf->path));
	return 0;
}
