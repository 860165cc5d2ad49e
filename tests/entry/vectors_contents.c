/* Vectors of contents trees and of openings of them. */
#include "vectors_make.h"

#include "entry/internal.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN STR("example.org/archive")
#define RECORD STR("https://example.org/archive/r/joffe-1927")
#define LEAVES_MAX 40

struct tree {
	const char *name;
	uint64_t version;
	unsigned char seed[SEED_SIZE];
	struct leaf leaves[LEAVES_MAX];
	size_t count;
	struct contents *contents;
};

static const char *const paths[] = {"photostat.json", "letter.txt", "scan/page 1.tif", "scan/page 2.tif", "Übersetzung.txt", "a",
	"a/b", "a-b", "new\nline.txt", "U\314\210bersetzung.txt", "notes/1.md", "notes/10.md", "notes/2.md", "z"};
#define PATHS (sizeof paths / sizeof *paths)

static void make_tree(struct tree *t, const char *name, size_t count, uint64_t version)
{
	struct err err = ERR_INIT;
	struct hash seed;
	static char numbered[LEAVES_MAX][16];
	*t = (struct tree){.name = name, .version = version, .count = count};
	word_hash(name, 0, &seed);
	memcpy(t->seed, seed.b, SEED_SIZE);
	for (size_t i = 0; i < count; i++) {
		struct buf path = BUF_INIT;
		buf_printf(&path, "file-%02zu", i);
		memcpy(numbered[i], path.p, path.n + 1);
		some_leaf(&t->leaves[i], i < PATHS ? paths[i] : numbered[i], i % 5 == 3, (unsigned)i);
		buf_release(&path);
	}
	if (count > 2)
		t->leaves[0].size = INT64_MAX; /* what most JSON readers can hold */
	if (count == 6)
		t->leaves[5].kind = STR("text");
	need(contents_make(&t->contents, ORIGIN, RECORD, version, t->seed, t->leaves, count, &err) == 0, name, &err);
}

/* ---- contents ------------------------------------------------------------------------------------------------------------ */

static void put_positions(struct buf *out, const struct tree *t)
{
	struct hash order, salts, hash;
	struct block whole = {0, shape_depth(t->count)};
	hash_order(t->seed, &order);
	hash_salts(t->seed, &salts);
	json_hex(out, "order", order.b, SHA256_SIZE);
	json_hex(out, "salts_root", salts.b, SHA256_SIZE);
	json_key(out, "leaves");
	buf_char(out, '[');
	for (size_t i = 0; i < t->count; i++) {
		uint64_t position = contents_position(t->contents, i);
		buf_text(out, i ? ",\n    {" : "\n    {");
		json_text(out, "kind", t->leaves[i].kind);
		json_text(out, "path", t->leaves[i].path);
		json_number(out, "size", t->leaves[i].size);
		json_digest(out, "digest", &t->leaves[i].digest);
		hash_place(&order, t->leaves[i].path, &hash);
		json_hex(out, "place", hash.b, SHA256_SIZE);
		json_number(out, "position", position);
		salt_below(whole, &salts, (struct block){position, 0}, &hash);
		json_hex(out, "salt", hash.b, SHA256_SIZE);
		contents_leaf_hash(t->contents, position, &hash);
		json_hex(out, "hash", hash.b, SHA256_SIZE);
		buf_char(out, '}');
	}
	buf_text(out, t->count ? "\n  ]" : "]");
	contents_root(t->contents, &hash);
	json_hex(out, "root", hash.b, SHA256_SIZE);
}

static void put_tree(struct buf *out, const struct tree *t, bool first)
{
	buf_text(out, first ? "\n {" : ",\n {");
	json_text(out, "name", str_from(t->name));
	json_text(out, "origin", ORIGIN);
	json_text(out, "record", RECORD);
	json_number(out, "version", t->version);
	json_hex(out, "seed", t->seed, SEED_SIZE);
	put_positions(out, t);
	buf_char(out, '}');
}

/* ---- openings ------------------------------------------------------------------------------------------------------------ */

static void put_keep(struct buf *out, const struct tree *t, const bool *keep)
{
	json_key(out, "opens");
	buf_char(out, '[');
	for (size_t i = 0; i < t->count; i++)
		if (keep[i])
			json_text(out, "", t->leaves[i].path);
	buf_char(out, ']');
}

static void put_opening(struct buf *out, const struct tree *t, const char *name, const bool *keep, struct buf *bytes)
{
	struct err err = ERR_INIT;
	buf_clear(bytes);
	need(disclosure_make(bytes, t->contents, keep, &err) == 0, name, &err);
	buf_text(out, str_ends(buf_view(out), STR("[")) ? "\n {" : ",\n {");
	json_text(out, "name", str_from(name));
	json_text(out, "contents", str_from(t->name));
	put_keep(out, t, keep);
	json_bool(out, "good", true);
	json_base64(out, "bytes", buf_view(bytes));
	buf_char(out, '}');
}

static void put_bad(struct buf *out, const struct tree *t, const char *name, struct str bytes)
{
	struct disclosure *d;
	struct err err = ERR_INIT;
	struct hash root, want;
	if (disclosure_parse(&d, bytes, &err) == 0) {
		disclosure_root(d, ORIGIN, RECORD, t->version, &root, NULL);
		contents_root(t->contents, &want);
		need(!hash_equal(&root, &want), name, NULL);
		disclosure_free(d);
	}
	buf_text(out, ",\n {");
	json_text(out, "name", str_from(name));
	json_text(out, "contents", str_from(t->name));
	json_bool(out, "good", false);
	json_base64(out, "bytes", bytes);
	buf_char(out, '}');
}

/* A copy of `from` with some bytes written over. */
static void put_patched(
	struct buf *out, const struct tree *t, const char *name, const struct buf *from, size_t at, const void *bytes, size_t n)
{
	struct buf copy = BUF_INIT;
	buf_str(&copy, buf_view(from));
	memcpy(copy.p + at, bytes, n);
	put_bad(out, t, name, buf_view(&copy));
	buf_release(&copy);
}

/* The opening of a, a-b, a/b in the tree of 8: nodes from 56. */
static void put_broken(struct buf *out, const struct tree *t, const struct buf *good)
{
	const char *header = good->p + 24;
	size_t nodes = be64_get(header + 8), withheld = be64_get(header + 16);
	size_t withheld_at = 56 + 41 * nodes, leaves_at = withheld_at + 48 * withheld;
	struct buf copy = BUF_INIT;
	need(nodes >= 2 && withheld >= 2, "the sample to break has too simple a shape", NULL);
	put_bad(out, t, "empty", STR(""));
	put_bad(out, t, "cut in the header", (struct str){good->p, 40});
	put_bad(out, t, "cut in the nodes", (struct str){good->p, withheld_at - 1});
	put_bad(out, t, "cut in the leaves", (struct str){good->p, good->n - 1});
	buf_str(&copy, buf_view(good));
	buf_char(&copy, '\0');
	put_bad(out, t, "a byte too many", buf_view(&copy));
	buf_clear(&copy);
	put_patched(out, t, "another version of the format", good, 22, "2", 1);
	put_patched(out, t, "n one higher", good, 31, (const char[]){(char)(t->count + 1)}, 1);
	put_patched(out, t, "n far too high", good, 24, "\x01", 1);
	put_patched(out, t, "more nodes counted than there can be", good, 32, "\x7f", 1);
	put_patched(out, t, "a node's depth", good, 56, "\x00", 1);
	put_patched(out, t, "a node's index", good, 64, "\x7f", 1);
	put_patched(out, t, "a node's value", good, 65, "\x00\x01\x02", 3);
	put_patched(out, t, "a subtree's position", good, withheld_at + 7, "\x7f", 1);
	put_patched(out, t, "a subtree's end", good, withheld_at + 15, "\x7f", 1);
	put_patched(out, t, "a subtree's hash", good, withheld_at + 16, "\x00\x01\x02", 3);
	put_patched(out, t, "a leaf's position beyond n", good, leaves_at + 7, "\x7f", 1);
	put_patched(out, t, "a leaf's size", good, leaves_at + 15, "\x7f", 1);
	put_patched(out, t, "a leaf's digest algorithm", good, leaves_at + 16, "\x03", 1);
	put_patched(out, t, "a leaf's digest", good, leaves_at + 17, "\x00\x01\x02", 3);
	put_patched(out, t, "a leaf's path", good, good->n - 1, "c", 1);
	put_patched(out, t, "a leaf's path with a control character", good, good->n - 1, "\x01", 1);
	put_patched(out, t, "a leaf's path not UTF-8", good, good->n - 1, "\xff", 1);
	/* The first two nodes swapped: the same leaves open, in another order. */
	buf_add(&copy, good->p, 56);
	buf_add(&copy, good->p + 56 + 41, 41);
	buf_add(&copy, good->p + 56, 41);
	buf_add(&copy, good->p + 56 + 82, good->n - 56 - 82);
	put_bad(out, t, "nodes in another order", buf_view(&copy));
	buf_release(&copy);
}

/* Everything opened, but its one node given as its two halves: the same salts, another byte string. */
static void put_halves(struct buf *out, const struct tree *t, const struct buf *whole)
{
	struct hash top, child;
	struct buf copy = BUF_INIT;
	memcpy(top.b, whole->p + 56 + 9, SHA256_SIZE);
	buf_add(&copy, whole->p, 32);
	buf_be64(&copy, 2);
	buf_add(&copy, whole->p + 40, 16);
	for (unsigned side = 0; side < 2; side++) {
		hash_ggm(&top, side, &child);
		buf_char(&copy, 1);
		buf_be64(&copy, side);
		buf_add(&copy, child.b, SHA256_SIZE);
	}
	buf_add(&copy, whole->p + 56 + 41, whole->n - 56 - 41);
	put_bad(out, t, "a node in two halves", buf_view(&copy));
	buf_release(&copy);
}

void make_contents(struct maker *m)
{
	static const struct {
		const char *name;
		size_t count;
		uint64_t version;
	} cases[] = {{"none", 0, 1}, {"one", 1, 1}, {"two", 2, 1}, {"three", 3, 2}, {"five", 5, 1}, {"six", 6, 1}, {"eight", 8, 3},
		{"thirty-three", 33, 4294967295}};
	struct buf trees = BUF_INIT, openings = BUF_INIT, bytes = BUF_INIT;
	buf_char(&trees, '[');
	buf_char(&openings, '[');
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tree t;
		bool keep[LEAVES_MAX] = {false};
		make_tree(&t, cases[i].name, cases[i].count, cases[i].version);
		put_tree(&trees, &t, i == 0);
		put_opening(&openings, &t, "nothing", keep, &bytes);
		for (size_t k = 0; k < t.count; k++)
			keep[k] = true;
		put_opening(&openings, &t, "everything", keep, &bytes);
		if (t.count == 8)
			put_halves(&openings, &t, &bytes);
		for (size_t k = 0; k < t.count && k < 4; k++) {
			keep[k] = false;
			put_opening(&openings, &t, "all but one", keep, &bytes);
			keep[k] = true;
		}
		for (size_t k = 0; k < t.count && t.count > 1; k += t.count / 2) {
			memset(keep, false, sizeof keep);
			keep[k] = true;
			put_opening(&openings, &t, "one", keep, &bytes);
		}
		memset(keep, false, sizeof keep);
		for (size_t k = 5; k < t.count; k++)
			keep[k] = k % 3 != 0;
		if (t.count > 6)
			put_opening(&openings, &t, "some", keep, &bytes);
		if (t.count == 33)
			put_broken(&openings, &t, &bytes);
		contents_free(t.contents);
	}
	buf_text(&trees, "\n]\n");
	buf_text(&openings, "\n]\n");
	put_file(m, "contents/vectors.json", &trees);
	put_file(m, "disclosure/vectors.json", &openings);
	buf_release(&trees);
	buf_release(&openings);
	buf_release(&bytes);
}
