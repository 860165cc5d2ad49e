/* Entries: what is read is exactly what is written, and nothing else is read (docs/format/entry.md; P3, P6). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX64B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ORIGIN "example.org/archive"
#define RECORD "https://example.org/archive/r/joffe-1927"

static const char *const plain[] = {
	"photostat.entry/v1 version\norigin " ORIGIN "\nrecord " RECORD "\nversion 1\nprevious none\ntime 2026-11-23T20:28:00Z\n"
	"inventory sha256:" HEX64 "\ncontents sha256:" HEX64 "\n",
	"photostat.entry/v1 version\norigin " ORIGIN "\nrecord urn:uuid:0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0\nversion 4294967295\n"
	"previous 18446744073709551614\ntime 0000-01-01T00:00:00Z\ninventory sha512:" HEX64 HEX64 "\ncontents sha256:" HEX64 "\n",
	"photostat.entry/v1 access\norigin " ORIGIN "\nrecord " RECORD "\nprevious 7\ntime 2026-11-23T20:28:00Z\naccess open\n"
	"authority The keeper\nreason term-ended\nnote none\nfiles all\n",
	"photostat.entry/v1 access\norigin " ORIGIN "\nrecord " RECORD "\nprevious none\ntime 2026-11-23T20:28:00Z\naccess closed\n"
	"authority Landgericht K\xc3\xb6ln, 3 O 12/26\nreason court-order\nnote sha256:" HEX64 "\nleaf 1 0 sha256:" HEX64
	"\nleaf 1 2 sha256:" HEX64 "\nleaf 2 0 sha256:" HEX64 "\n",
	"photostat.entry/v1 access\norigin " ORIGIN "\nrecord " RECORD "\nprevious 7\ntime 2026-11-23T20:28:00Z\naccess embargo\n"
	"until 2028-02-29\nauthority The donor\nreason agreement\nnote none\nfiles all\n",
	"photostat.entry/v1 expunge\norigin " ORIGIN "\nrecord " RECORD
	"\nprevious 9\ntime 2026-11-23T20:28:00Z\nauthority The keeper\n"
	"reason privacy\nnote none\nrewritten 1 3 sha256:" HEX64 "\nrewritten 2 5 sha256:" HEX64B "\nwithheld 1 0 2 sha256:" HEX64
	"\nwithheld 1 2 3 sha256:" HEX64 "\nwithheld 2 0 4294967295 sha256:" HEX64 "\n",
	"photostat.entry/v1 end\norigin " ORIGIN "\ntime 2026-11-23T20:28:00Z\nsuccessor none\nreason dissolved\n",
	"photostat.entry/v1 end\norigin " ORIGIN "\ntime 2026-11-23T20:28:00Z\nsuccessor localhost:1927/new\nreason moved\n",
};

/* Entries with keys, made once: [0] genesis, [1] genesis with predecessor, [2] key. */
static char *keyed[3];
static struct vkey old_key, new_key, recovery_key;

#define COUNT (sizeof plain / sizeof *plain + 3)

static struct str sample(size_t i)
{
	size_t count = sizeof plain / sizeof *plain;
	return str_from(i < count ? plain[i] : keyed[i - count]);
}

static char *formatted(const struct entry *e)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	if (entry_format(&out, e, &err) < 0)
		fail_msg("%s", err.text);
	char *text = mem_dup(buf_view(&out));
	buf_release(&out);
	return text;
}

static void make_key(const char *name, struct vkey *key, unsigned char secret[ED25519_SECRET], struct buf *text)
{
	unsigned char public_key[ED25519_PUBLIC];
	struct err err = ERR_INIT;
	assert_int_equal(ed25519_generate(secret, public_key, &err), 0);
	assert_int_equal(vkey_make(key, str_from(name), NOTE_ED25519, public_key, &err), 0);
	vkey_format(text, key);
}

static int setup(void **state)
{
	unsigned char secrets[3][ED25519_SECRET];
	struct buf old = BUF_INIT, new = BUF_INIT, recovery = BUF_INIT, message = BUF_INIT;
	struct err err = ERR_INIT;
	static const char *const roles[] = {"old", "new", "recovery"};
	(void)state;
	make_key(ORIGIN, &old_key, secrets[0], &old);
	make_key(ORIGIN, &new_key, secrets[1], &new);
	make_key(ORIGIN "/recovery", &recovery_key, secrets[2], &recovery);
	struct entry e = {
		.kind = ENTRY_GENESIS, .origin = STR(ORIGIN), .time = 1, .key = buf_view(&old), .recovery = buf_view(&recovery)};
	keyed[0] = formatted(&e);
	e.predecessor = STR("old.example.org");
	keyed[1] = formatted(&e);
	e = (struct entry){
		.kind = ENTRY_KEY, .origin = STR(ORIGIN), .time = 2, .key_index = 12, .key = buf_view(&new), .signature_count = 3};
	e.key_root.b[0] = 9;
	entry_key_message(&message, &e);
	for (size_t i = 0; i < 3; i++) {
		e.signatures[i].role = str_from(roles[i]);
		assert_int_equal(ed25519_sign(secrets[i], buf_view(&message), e.signatures[i].bytes, &err), 0);
	}
	keyed[2] = formatted(&e);
	buf_release(&old);
	buf_release(&new);
	buf_release(&recovery);
	buf_release(&message);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		free(keyed[i]);
	vkey_release(&old_key);
	vkey_release(&new_key);
	vkey_release(&recovery_key);
	return 0;
}

/* 0 and written back the same, or refused. */
static int read_back(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct entry e;
	struct err err = ERR_INIT;
	/* Behind the view stands nothing that may be read. */
	char *copy = malloc(text.n ? text.n : 1);
	memcpy(copy, text.p, text.n);
	int status = entry_parse(&e, (struct str){copy, text.n}, &arena, &err);
	if (status == 0) {
		char *back = formatted(&e);
		if (strlen(back) != text.n || memcmp(back, text.p, text.n) != 0)
			fail_msg("read but written differently:\n%.*s---\n%s", STR_ARG(text), back);
		free(back);
	} else {
		assert_true(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		assert_true(strlen(err.text) > 10);
	}
	arena_release(&arena);
	free(copy);
	return status;
}

/* Refused with this line named: the first that is wrong, not a later one. */
static void refused_at(struct str text, unsigned line)
{
	struct arena arena = ARENA_INIT;
	struct entry e;
	struct err err = ERR_INIT;
	char named[32];
	assert_int_equal(entry_parse(&e, text, &arena, &err), -1);
	snprintf(named, sizeof named, "line %u", line);
	const char *at = strstr(err.text, named);
	if (!at || (at[strlen(named)] >= '0' && at[strlen(named)] <= '9'))
		fail_msg("\"%s\" does not name line %u of\n%.*s", err.text, line, STR_ARG(text));
	arena_release(&arena);
}

static int read_text(const char *text)
{
	return read_back(str_from(text));
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		if (read_back(sample(i)) != 0)
			fail_msg("sample %zu is refused", i);
}

static void test_fields(void **state)
{
	struct arena arena = ARENA_INIT;
	struct entry e;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(entry_parse(&e, str_from(plain[0]), &arena, &err), 0);
	assert_int_equal(arena.used, 0); /* 50,000 a bulk deposit: nothing is allocated for them */
	assert_int_equal(e.kind, ENTRY_VERSION);
	assert_true(str_equal(e.origin, STR(ORIGIN)) && str_equal(e.record, STR(RECORD)));
	assert_true(e.version == 1 && e.previous == ENTRY_NONE && e.time == 1795465680);
	assert_true(e.inventory.alg == DIGEST_SHA256 && e.inventory.bytes[1] == 0x11 && e.contents.b[31] == 0xff);
	assert_int_equal(entry_parse(&e, str_from(plain[3]), &arena, &err), 0);
	assert_true(e.kind == ENTRY_ACCESS && e.access == ACCESS_CLOSED && e.has_note && e.note.b[2] == 0x22 && e.leaf_count == 3);
	assert_true(e.leaves[2].version == 2 && e.leaves[2].position == 0 && e.leaves[2].end == 1 && e.leaves[2].hash.b[1] == 0x11);
	assert_true(str_equal(e.reason, STR("court-order")) && e.until.n == 0);
	assert_int_equal(entry_parse(&e, str_from(plain[4]), &arena, &err), 0);
	assert_true(e.access == ACCESS_EMBARGO && str_equal(e.until, STR("2028-02-29")) && e.leaf_count == 0 && !e.has_note);
	assert_int_equal(entry_parse(&e, str_from(plain[5]), &arena, &err), 0);
	assert_true(e.kind == ENTRY_EXPUNGE && e.previous == 9 && e.rewritten_count == 2 && e.leaf_count == 3);
	assert_true(e.rewritten[1].version == 2 && e.rewritten[1].index == 5 && e.rewritten[1].inventory.bytes[0] == 0xff);
	assert_true(e.leaves[0].end == 2 && e.leaves[2].end == UINT32_MAX);
	assert_int_equal(entry_parse(&e, str_from(plain[7]), &arena, &err), 0);
	assert_true(e.kind == ENTRY_END && str_equal(e.successor, STR("localhost:1927/new")));
	assert_int_equal(entry_parse(&e, str_from(keyed[0]), &arena, &err), 0);
	assert_true(e.kind == ENTRY_GENESIS && e.predecessor.n == 0 && str_starts(e.key, STR(ORIGIN "+")));
	arena_release(&arena);
}

/* Without a line, with a line twice, with two lines swapped, with one more. */
static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct str text = sample(i), rest = text, line, before = {NULL, 0};
		unsigned number = 0;
		while (str_take_line(&rest, &line)) {
			size_t start = (size_t)(line.p - text.p), end = start + line.n + 1;
			struct buf b = BUF_INIT;
			bool listed = str_starts(line, STR("leaf ")) || str_starts(line, STR("withheld ")) ||
				      str_starts(line, STR("rewritten "));
			buf_add(&b, text.p, start);
			buf_add(&b, text.p + end, text.n - end);
			number++;
			if (!listed)
				refused_at(buf_view(&b), number);
			buf_clear(&b);
			buf_add(&b, text.p, end);
			buf_add(&b, text.p + start, text.n - start);
			assert_int_equal(read_back(buf_view(&b)), -1);
			buf_clear(&b);
			buf_add(&b, text.p, end);
			buf_text(&b, "more 1\n");
			buf_add(&b, text.p + end, text.n - end);
			assert_int_equal(read_back(buf_view(&b)), -1);
			if (before.p) {
				size_t first = (size_t)(before.p - text.p);
				buf_clear(&b);
				buf_add(&b, text.p, first);
				buf_add(&b, text.p + start, end - start);
				buf_add(&b, text.p + first, start - first);
				buf_add(&b, text.p + end, text.n - end);
				assert_int_equal(read_back(buf_view(&b)), -1);
			}
			before = line;
			buf_release(&b);
		}
		for (size_t n = 0; n < text.n; n++) {
			struct str cut = {text.p, n};
			if (!str_ends(cut, STR("\n")) || n < text.n / 2)
				assert_int_equal(read_back(cut), -1);
		}
	}
}

/* Every byte replaced by several others: refused or written back as read. */
static void test_bytes(void **state)
{
	static const char others[] = {0, '\t', '\n', '\r', ' ', '0', '9', 'A', 'a', 'z', '/', ':', 0x7f, (char)0xc2, (char)0xff};
	size_t refused = 0, read = 0;
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		char *text = mem_dup(sample(i));
		size_t n = strlen(text);
		for (size_t at = 0; at < n; at++) {
			char saved = text[at];
			for (size_t k = 0; k < sizeof others; k++) {
				text[at] = others[k];
				if (read_back((struct str){text, n}) == 0)
					read++;
				else
					refused++;
			}
			for (unsigned bit = 0; bit < 8; bit++) {
				text[at] = (char)(saved ^ 1 << bit);
				if (read_back((struct str){text, n}) == 0)
					read++;
				else
					refused++;
			}
			text[at] = saved;
		}
		free(text);
	}
	assert_true(read > 1000 && refused > 1000);
}

/* A sample with the first `from` replaced by `to`. */
static int read_with(size_t i, const char *from, const char *to)
{
	struct str text = sample(i);
	const char *at = strstr(text.p, from);
	struct buf b = BUF_INIT;
	if (!at)
		fail_msg("sample %zu holds no %s", i, from);
	buf_add(&b, text.p, (size_t)(at - text.p));
	buf_text(&b, to);
	buf_text(&b, at + strlen(from));
	int status = read_back(buf_view(&b));
	buf_release(&b);
	return status;
}

static void test_values(void **state)
{
	struct buf authority = BUF_INIT;
	(void)state;
	assert_int_equal(read_with(0, "version 1\n", "version 0\n"), -1);
	assert_int_equal(read_with(0, "version 1\n", "version 01\n"), -1);
	assert_int_equal(read_with(0, "version 1\n", "version +1\n"), -1);
	assert_int_equal(read_with(0, "version 1\n", "version 4294967296\n"), -1);
	assert_int_equal(read_with(0, "version 1\n", "version  1\n"), -1);
	assert_int_equal(read_with(0, "version 1\n", "version 1 \n"), -1);
	assert_int_equal(read_with(0, "previous none", "previous 18446744073709551615"), -1);
	assert_int_equal(read_with(0, "previous none", "previous None"), -1);
	assert_int_equal(read_with(0, "2026-11-23T", "2026-11-31T"), -1);
	assert_int_equal(read_with(0, "00Z", "00+00:00"), -1);
	assert_int_equal(read_with(0, "inventory sha256:", "inventory "), -1);
	assert_int_equal(read_with(0, "inventory sha256:", "inventory sha512:"), -1);
	assert_int_equal(read_with(0, "inventory sha256:", "inventory md5:"), -1);
	assert_int_equal(read_with(0, "aabb", "AABB"), -1);
	assert_int_equal(read_with(0, "contents sha256:", "contents sha512:" HEX64), -1);
	assert_int_equal(read_with(0, "example.org/archive\nrecord", "example.org/other\nrecord"), -1);
	assert_int_equal(read_with(0, "r/joffe", "r/Joffe"), -1);
	assert_int_equal(read_with(0, "r/joffe", "q/joffe"), -1);
	assert_int_equal(read_with(0, "entry/v1", "entry/v2"), -1);
	assert_int_equal(read_with(0, "v1 version", "v1 versions"), -1);
	assert_int_equal(read_with(0, "photostat", "\xef\xbb\xbfphotostat"), -1);
	assert_int_equal(read_with(2, "term-ended", "Term-ended"), -1);
	assert_int_equal(read_with(2, "term-ended", "term ended"), -1);
	assert_int_equal(read_with(2, "term-ended", "9"), -1);
	assert_int_equal(read_with(2, "term-ended", "a"), 0);
	assert_int_equal(read_with(2, "term-ended", "z000000000000000000000000000000000000000000000000000000000000009"), 0);
	assert_int_equal(read_with(2, "term-ended", "z000000000000000000000000000000000000000000000000000000000000009-"), -1);
	assert_int_equal(read_with(2, "access open", "access opened"), -1);
	assert_int_equal(read_with(2, "access open", "access embargo"), -1);
	assert_int_equal(read_with(2, "files all", "files none"), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority \xc2\x9f"), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority  The keeper"), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority The keeper "), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority"), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority "), -1);
	assert_int_equal(read_with(2, "authority The keeper", "authority x"), 0);
	assert_int_equal(read_with(3, "leaf 1 2", "leaf 1 0"), -1);
	assert_int_equal(read_with(3, "leaf 2 0", "leaf 1 1"), -1);
	assert_int_equal(read_with(3, "leaf 2 0", "leaf 1 2"), -1);
	assert_int_equal(read_with(3, "leaf 2 0", "leaf 2 4294967295"), -1);
	assert_int_equal(read_with(3, "leaf 2 0", "leaf 2 4294967294"), 0);
	assert_int_equal(read_with(4, "2028-02-29", "2027-02-29"), -1);
	assert_int_equal(read_with(5, "withheld 1 0 2", "withheld 1 0 3"), -1);
	assert_int_equal(read_with(5, "withheld 1 0 2", "withheld 1 2 2"), -1);
	assert_int_equal(read_with(5, "withheld 2 0", "withheld 3 0"), -1);
	assert_int_equal(read_with(5, "rewritten 2", "rewritten 1"), -1);
	assert_int_equal(read_with(5, "rewritten 2", "rewritten 3"), -1);
	assert_int_equal(read_with(5, "previous 9", "previous none"), -1);
	assert_int_equal(read_with(5, "rewritten 1 3", "rewritten 0 3"), -1);
	assert_int_equal(read_with(5, "rewritten 1 3", "rewritten 4294967296 3"), -1);
	assert_int_equal(read_with(5, "rewritten 1 3", "rewritten 1 18446744073709551615"), -1);
	assert_int_equal(read_with(5, "rewritten 1 3", "rewritten 1 18446744073709551614"), 0);
	assert_int_equal(read_with(5, "rewritten 1 3", "rewritten 1 3 3"), -1);
	assert_int_equal(read_with(5, "rewritten 1 3 ", "rewritten 1 3"), -1);
	assert_int_equal(read_with(5, "withheld 1 0 2 ", "withheld 1 0 2  "), -1);
	assert_int_equal(read_with(5, "withheld 1 0 2 ", "withheld 0 0 2 "), -1);
	assert_int_equal(read_with(5, "4294967295", "4294967296"), -1);
	assert_int_equal(read_with(3, "leaf 1 0", "leaf 4294967296 0"), -1);
	assert_int_equal(read_with(3, "leaf 1 0", "leaf 1 0 1"), -1);
	assert_int_equal(read_with(7, "localhost:1927/new", "localhost:1927/new/"), -1);
	assert_int_equal(read_with(8, ORIGIN "+", "example.org/other+"), -1);
	assert_int_equal(read_with(10, "signature old", "signature new"), -1);
	assert_int_equal(read_with(10, "index 12", "index 0"), -1);
	for (unsigned i = 0; i < 500; i++)
		buf_char(&authority, 'a');
	buf_text(&authority, "\nreason");
	struct buf long_one = BUF_INIT;
	buf_text(&long_one, "authority ");
	buf_str(&long_one, buf_view(&authority));
	assert_int_equal(read_with(2, "authority The keeper\nreason", long_one.p), 0);
	buf_clear(&long_one);
	buf_text(&long_one, "authority a");
	buf_str(&long_one, buf_view(&authority));
	assert_int_equal(read_with(2, "authority The keeper\nreason", long_one.p), -1);
	buf_release(&authority);
	buf_release(&long_one);
	assert_int_equal(read_text(""), -1);
	assert_int_equal(read_text("\n"), -1);
}

/* 65,535 bytes are an entry; 65,536 are none. */
static void test_length(void **state)
{
	struct entry e;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	char authority[501];
	(void)state;
	memset(authority, 'x', 500);
	assert_int_equal(entry_parse(&e, str_from(plain[2]), &arena, &err), 0);
	e.leaves = mem_array(1000, sizeof *e.leaves);
	for (size_t i = 0; i < 1000; i++)
		e.leaves[i] = (struct entry_withheld){.version = 1, .position = i, .end = i + 1};
	size_t fits = 0, last = 0;
	for (e.leaf_count = 1; e.leaf_count <= 1000; e.leaf_count++) {
		buf_clear(&out);
		if (entry_format(&out, &e, &err) < 0)
			break;
		fits = e.leaf_count;
		last = out.n;
	}
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(out.n, 0);
	assert_true(fits > 700 && last <= 65535 && last > 65535 - 90);
	e.leaf_count = fits;
	e.authority = (struct str){authority, 10 + 65535 - last};
	assert_int_equal(entry_format(&out, &e, &err), 0);
	assert_int_equal(out.n, 65535);
	e.authority.n++;
	buf_clear(&out);
	assert_int_equal(entry_format(&out, &e, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	free(e.leaves);
	buf_release(&out);
	arena_release(&arena);
}

/* What a caller passes cannot forge a line (P6: authority is free text). */
static void test_forging(void **state)
{
	struct entry e;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	buf_text(&out, "before");
	assert_int_equal(entry_parse(&e, str_from(plain[6]), &arena, &err), 0);
	e.reason = STR("moved\n");
	assert_int_equal(entry_format(&out, &e, &err), -1);
	e.reason = STR("moved");
	e.successor = STR("none\nreason moved");
	assert_int_equal(entry_format(&out, &e, &err), -1);
	e.successor = STR("none");
	assert_int_equal(entry_format(&out, &e, &err), 0);
	out.n = 6;
	assert_int_equal(entry_parse(&e, str_from(plain[3]), &arena, &err), 0);
	e.authority = STR("a\nreason b\nnote none\nfiles all");
	assert_int_equal(entry_format(&out, &e, &err), -1);
	e.authority = STR("a");
	e.leaves[1].end = 9;
	assert_int_equal(entry_format(&out, &e, &err), -1);
	assert_int_equal(out.n, 6);
	buf_release(&out);
	arena_release(&arena);
}

/* In whatever order files are named to a command, and however often. */
static void test_arranged(void **state)
{
	static const unsigned given[][2] = {{2, 5}, {1, 9}, {2, 0}, {1, 9}, {1, 0}, {2, 5}, {1, 10}};
	static const unsigned wanted[][2] = {{1, 0}, {1, 9}, {1, 10}, {2, 0}, {2, 5}};
	struct entry_withheld leaves[7];
	struct entry e;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	(void)state;
	for (size_t i = 0; i < 7; i++)
		leaves[i] = (struct entry_withheld){.version = given[i][0], .position = given[i][1], .end = given[i][1] + 1};
	assert_int_equal(entry_parse(&e, str_from(plain[2]), &arena, &err), 0);
	e.leaves = leaves;
	e.leaf_count = 7;
	assert_int_equal(entry_format(&out, &e, &err), -1);
	e.leaf_count = entry_leaves_arrange(leaves, 7);
	assert_int_equal(e.leaf_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(leaves[i].version == wanted[i][0] && leaves[i].position == wanted[i][1] &&
			    leaves[i].end == wanted[i][1] + 1);
	assert_int_equal(entry_format(&out, &e, &err), 0);
	assert_int_equal(entry_leaves_arrange(NULL, 0), 0);
	buf_release(&out);
	arena_release(&arena);
}

static void test_key_signatures(void **state)
{
	struct entry e;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(entry_parse(&e, str_from(keyed[2]), &arena, &err), 0);
	assert_int_equal(entry_key_verify(&e, &old_key, &recovery_key, &err), 0);
	assert_int_equal(entry_key_verify(&e, &new_key, &recovery_key, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	assert_int_equal(entry_key_verify(&e, &old_key, &old_key, &err), -1);
	for (size_t i = 0; i < 3; i++) {
		e.signatures[i].bytes[5] ^= 1;
		assert_int_equal(entry_key_verify(&e, &old_key, &recovery_key, &err), -1);
		e.signatures[i].bytes[5] ^= 1;
	}
	e.key_index++;
	assert_int_equal(entry_key_verify(&e, &old_key, &recovery_key, &err), -1);
	e.key_index--;
	e.key_root.b[31] ^= 1;
	assert_int_equal(entry_key_verify(&e, &old_key, &recovery_key, &err), -1);
	arena_release(&arena);
}

static void test_names(void **state)
{
	static const char *const good_origins[] = {"example.org", "example.org/archive", "a", "localhost:1927", "127.0.0.1:80/x/y",
		"archive-00112233445566aa.invalid", "xn--bcher-kva.example/A_b~c.d-e", "z0.a9/AZaz09"};
	static const char *const bad_origins[] = {"", "none", "Example.org", "example.org/", "/x", "example..org", ".example.org",
		"example.org.", "-a.org", "a-.org", "https://example.org", "example.org//x", "example.org/.", "example.org/../x",
		"a b", "a+b", "a/b c", "a/b+c", "a:0", "a:65536", "a:", ":80", "a:080", "a\n", "m\xc3\xbcller.de", "a/\xc3\xbc",
		"[::1]", "a?b", "a#b"};
	static const char *const good_names[] = {"a", "joffe-1927", "1927/11/15", "a.b_c-d/0", "a..b"};
	static const char *const bad_names[] = {
		"", "/a", "a/", "a//b", "A", "-a", ".a", "_a", "a/.b", "a/..", "a b", "\xc3\xa9", "a@1"};
	char long_name[1102];
	(void)state;
	for (size_t i = 0; i < sizeof good_origins / sizeof *good_origins; i++)
		if (!origin_valid(str_from(good_origins[i])))
			fail_msg("%s", good_origins[i]);
	for (size_t i = 0; i < sizeof bad_origins / sizeof *bad_origins; i++)
		if (origin_valid(str_from(bad_origins[i])))
			fail_msg("%s", bad_origins[i]);
	for (size_t i = 0; i < sizeof good_names / sizeof *good_names; i++)
		if (!record_name_valid(str_from(good_names[i])))
			fail_msg("%s", good_names[i]);
	for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
		if (record_name_valid(str_from(bad_names[i])))
			fail_msg("%s", bad_names[i]);
	memset(long_name, 'a', sizeof long_name);
	assert_true(record_name_valid((struct str){long_name, 100}));
	assert_false(record_name_valid((struct str){long_name, 101}));
	for (size_t i = 100; i < sizeof long_name; i += 101)
		long_name[i] = '/';
	assert_true(record_name_valid((struct str){long_name, 1000}));
	assert_false(record_name_valid((struct str){long_name, 1001}));
	memset(long_name, 'a', sizeof long_name);
	assert_true(origin_valid((struct str){long_name, 63}));
	assert_false(origin_valid((struct str){long_name, 64}));
	long_name[50] = '/';
	assert_true(origin_valid((struct str){long_name, 200}));
	assert_false(origin_valid((struct str){long_name, 201}));
	assert_true(record_id_valid(STR("a.org"), STR("https://a.org/r/x")));
	assert_false(record_id_valid(STR("a.org"), STR("https://b.org/r/x")));
	assert_false(record_id_valid(STR("a.org"), STR("https://a.org/r/")));
	assert_false(record_id_valid(STR("a.org"), STR("http://a.org/r/x")));
	assert_true(record_id_valid(STR("a.org"), STR("urn:uuid:0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0")));
	assert_false(record_id_valid(STR("a.org"), STR("urn:uuid:0B1c2d3e-4f50-6172-8394-a5b6c7d8e9f0")));
	assert_false(record_id_valid(STR("a.org"), STR("urn:uuid:0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f")));
	assert_false(record_id_valid(STR("a.org"), STR("urn:uuid:0b1c2d3e4f50-6172-8394-a5b6c7d8e9f0-")));
}

static void test_note(void **state)
{
	unsigned char salt[32] = {1};
	struct hash a, b;
	(void)state;
	entry_note_commit(salt, STR("a name"), &a);
	entry_note_commit(salt, STR("a name"), &b);
	assert_true(hash_equal(&a, &b));
	entry_note_commit(salt, STR("a nam"), &b);
	assert_false(hash_equal(&a, &b));
	salt[0] = 2;
	entry_note_commit(salt, STR("a name"), &b);
	assert_false(hash_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_forging),
		cmocka_unit_test(test_arranged),
		cmocka_unit_test(test_key_signatures),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_note),
	};
	return cmocka_run_group_tests_name("entries", tests, setup, teardown);
}
