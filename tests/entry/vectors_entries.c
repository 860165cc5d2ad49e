/* Vectors of entries: texts that are entries, and texts that nearly are. */
#include "vectors_make.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN "example.org/archive"
#define RECORD "https://example.org/archive/r/joffe-1927"
#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD(kind) "photostat.entry/v1 " kind "\norigin " ORIGIN "\n"
#define TIME "time 2026-11-23T20:28:00Z\n"
#define GROUNDS "authority Landgericht K\xc3\xb6ln\nreason court-order\nnote none\n"

/* Keys: 0 the log's, 1 the next, 2 recovery. */
struct keys {
	unsigned char secrets[3][ED25519_SECRET];
	struct vkey vkeys[3];
	struct buf texts[3];
};

static void make_keys(struct keys *k)
{
	static const char *const names[] = {ORIGIN, ORIGIN, ORIGIN "/recovery"};
	struct err err = ERR_INIT;
	*k = (struct keys){.texts = {BUF_INIT, BUF_INIT, BUF_INIT}};
	for (unsigned i = 0; i < 3; i++) {
		struct hash secret;
		unsigned char public_key[ED25519_PUBLIC];
		word_hash("entry key", i, &secret);
		memcpy(k->secrets[i], secret.b, ED25519_SECRET);
		need(ed25519_public(k->secrets[i], public_key, &err) == 0, "key", &err);
		need(vkey_make(&k->vkeys[i], str_from(names[i]), NOTE_ED25519, public_key, &err) == 0, "key", &err);
		vkey_format(&k->texts[i], &k->vkeys[i]);
	}
}

static void free_keys(struct keys *k)
{
	for (unsigned i = 0; i < 3; i++) {
		vkey_release(&k->vkeys[i]);
		buf_release(&k->texts[i]);
	}
}

static void put_text(struct buf *out, const char *name, struct str text, bool good)
{
	struct arena arena = ARENA_INIT;
	struct entry e;
	struct err err = ERR_INIT;
	need((entry_parse(&e, text, &arena, &err) == 0) == good, name, &err);
	arena_release(&arena);
	buf_text(out, str_ends(buf_view(out), STR("[")) ? "\n {" : ",\n {");
	json_text(out, "name", str_from(name));
	json_bool(out, "good", good);
	if (utf8_valid(text))
		json_text(out, "text", text);
	else
		json_base64(out, "base64", text);
	if (good) {
		struct hash leaf;
		json_text(out, "kind", str_from(entry_kind_name(e.kind)));
		merkle_leaf(text, &leaf);
		json_hex(out, "log_leaf", leaf.b, SHA256_SIZE);
	}
	buf_char(out, '}');
}

static const struct {
	const char *name, *text;
} good[] = {
	{"first version", HEAD("version") "record " RECORD "\nversion 1\nprevious none\n" TIME "inventory sha256:" HEX64
					  "\ncontents sha256:" HEX64 "\n"},
	{"later version, sha512",
		HEAD("version") "record urn:uuid:0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0\nversion 4294967295\n"
				"previous 18446744073709551614\ntime 9999-12-31T23:59:59Z\ninventory sha512:" HEX64 HEX64
				"\ncontents sha256:" HEX64 "\n"},
	{"opened", HEAD("access") "record " RECORD "\nprevious 7\n" TIME
				  "access open\nauthority The keeper\nreason term-ended\nnote none\nfiles all\n"},
	{"two files closed", HEAD("access") "record " RECORD "\nprevious 7\n" TIME
					    "access closed\nauthority The keeper\nreason privacy\nnote sha256:" HEX64
					    "\nleaf 1 0 sha256:" HEX64 "\nleaf 2 3 sha256:" HEX64 "\n"},
	{"embargo",
		HEAD("access") "record " RECORD "\nprevious 7\n" TIME "access embargo\nuntil 2028-02-29\n" GROUNDS "files all\n"},
	{"expunge", HEAD("expunge") "record " RECORD "\nprevious 9\n" TIME GROUNDS "rewritten 1 3 sha256:" HEX64
				    "\nrewritten 2 5 sha256:" HEX64 "\nwithheld 1 0 2 sha256:" HEX64
				    "\nwithheld 1 2 3 sha256:" HEX64 "\n"},
	{"end", HEAD("end") TIME "successor none\nreason dissolved\n"},
	{"end with successor", HEAD("end") TIME "successor new.example.org:8080/a\nreason moved\n"},
};

/* The first `from` of a good text replaced by `to`. */
static const struct {
	size_t of;
	const char *name, *from, *to;
} bad[] = {
	{0, "another version of the format", "entry/v1", "entry/v2"},
	{0, "unknown kind", "v1 version", "v1 edition"},
	{0, "carriage return", "version 1\n", "version 1\r\n"},
	{0, "byte-order mark", "photostat",
		"\xef\xbb\xbf"
		"photostat"},
	{0, "no last newline", HEX64 "\ncontents sha256:" HEX64 "\n", HEX64 "\ncontents sha256:" HEX64},
	{0, "empty line at the end", "\ncontents sha256:" HEX64 "\n", "\ncontents sha256:" HEX64 "\n\n"},
	{0, "unknown line", "version 1\n", "version 1\ntitle Letter\n"},
	{0, "line missing", TIME, ""},
	{0, "line twice", TIME, TIME TIME},
	{0, "lines swapped", "version 1\nprevious none\n", "previous none\nversion 1\n"},
	{0, "two spaces", "version 1\n", "version  1\n"},
	{0, "space at the end of a line", "version 1\n", "version 1 \n"},
	{0, "version 0", "version 1\n", "version 0\n"},
	{0, "leading zero", "version 1\n", "version 01\n"},
	{0, "version too high", "version 1\n", "version 4294967296\n"},
	{0, "previous too high", "previous none", "previous 18446744073709551615"},
	{0, "no such day", "2026-11-23T", "2026-11-31T"},
	{0, "leap second", "20:28:00Z", "23:59:60Z"},
	{0, "offset for Z", "00Z", "00+00:00"},
	{0, "upper-case digits", "aabbccddeeff00", "AABBCCDDEEFF00"},
	{0, "digest without algorithm", "inventory sha256:", "inventory "},
	{0, "digest by md5", "inventory sha256:" HEX64, "inventory md5:00112233445566778899aabbccddeeff"},
	{0, "contents by sha512", "contents sha256:", "contents sha512:" HEX64},
	{0, "record of another archive", "https://example.org/archive/", "https://example.org/other/"},
	{0, "upper case in the record's name", "r/joffe", "r/Joffe"},
	{0, "origin with a slash at its end", "origin " ORIGIN, "origin " ORIGIN "/"},
	{0, "origin that is none", "origin " ORIGIN, "origin none"},
	{1, "upper case in a UUID", "0b1c2d3e", "0B1c2d3e"},
	{2, "files and leaves", "files all\n", "files all\nleaf 1 0 sha256:" HEX64 "\n"},
	{2, "neither files nor leaves", "files all\n", ""},
	{2, "until without embargo", "access open\n", "access open\nuntil 2028-01-01\n"},
	{2, "authority with a control character", "The keeper", "The\tkeeper"},
	{2, "authority with U+0085", "The keeper", "The\xc2\x85keeper"},
	{2, "authority not UTF-8", "The keeper", "The\xffkeeper"},
	{2, "authority empty", "authority The keeper", "authority "},
	{2, "authority ends with a space", "The keeper", "The keeper "},
	{2, "reason not a code", "term-ended", "Term ended"},
	{3, "leaves out of order", "leaf 1 0", "leaf 3 0"},
	{3, "leaf twice", "leaf 2 3", "leaf 1 0"},
	{3, "leaf of version 0", "leaf 1 0", "leaf 0 0"},
	{3, "position too high", "leaf 2 3", "leaf 2 4294967295"},
	{4, "embargo without until", "until 2028-02-29\n", ""},
	{4, "until no day", "2028-02-29", "2027-02-29"},
	{5, "expunge without previous", "previous 9", "previous none"},
	{5, "withheld overlaps", "withheld 1 2 3", "withheld 1 1 3"},
	{5, "withheld is empty", "withheld 1 0 2", "withheld 1 2 2"},
	{5, "withheld from a version not rewritten", "withheld 1 2 3", "withheld 3 2 3"},
	{5, "nothing rewritten", "rewritten 1 3 sha256:" HEX64 "\nrewritten 2 5 sha256:" HEX64 "\n", ""},
	{5, "nothing withheld", "withheld 1 0 2 sha256:" HEX64 "\nwithheld 1 2 3 sha256:" HEX64 "\n", ""},
	{5, "rewritten out of order", "rewritten 2 5", "rewritten 1 5"},
	{7, "port 0", ":8080", ":0"},
};

static void replaced(struct buf *out, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	need(at != NULL, from, NULL);
	buf_add(out, text, (size_t)(at - text));
	buf_text(out, to);
	buf_text(out, at + strlen(from));
}

/* Texts with keys, and what goes wrong with those. */
static void put_keyed(struct buf *out)
{
	static const char *const roles[] = {"old", "new", "recovery"};
	struct keys k;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT, wrong = BUF_INIT, message = BUF_INIT;
	make_keys(&k);
	struct entry e = {.kind = ENTRY_GENESIS,
		.origin = STR(ORIGIN),
		.time = 1795465680,
		.key = buf_view(&k.texts[0]),
		.recovery = buf_view(&k.texts[2])};
	need(entry_format(&text, &e, &err) == 0, "genesis", &err);
	put_text(out, "genesis", buf_view(&text), true);
	replaced(&wrong, text.p, "key " ORIGIN "+", "key example.org/other+");
	put_text(out, "log key with a wrong id", buf_view(&wrong), false);
	buf_clear(&wrong);
	replaced(&wrong, text.p, buf_view(&k.texts[0]).p, buf_view(&k.texts[2]).p);
	put_text(out, "log key that is not named as the origin", buf_view(&wrong), false);
	buf_clear(&text);
	e.predecessor = STR("old.example.org");
	need(entry_format(&text, &e, &err) == 0, "genesis", &err);
	put_text(out, "genesis with predecessor", buf_view(&text), true);
	e = (struct entry){.kind = ENTRY_KEY,
		.origin = STR(ORIGIN),
		.time = 1795465680,
		.key_index = 12,
		.key = buf_view(&k.texts[1]),
		.signature_count = 3};
	word_hash("root", 12, &e.key_root);
	entry_key_message(&message, &e);
	for (size_t i = 0; i < 3; i++) {
		e.signatures[i].role = str_from(roles[i]);
		need(ed25519_sign(k.secrets[i], buf_view(&message), e.signatures[i].bytes, &err) == 0, "signature", &err);
	}
	buf_clear(&text);
	need(entry_format(&text, &e, &err) == 0, "key", &err);
	put_text(out, "key", buf_view(&text), true);
	out->n--; /* its closing brace: what a verifier needs besides */
	json_text(out, "old", buf_view(&k.texts[0]));
	json_text(out, "recovery", buf_view(&k.texts[2]));
	json_hex(out, "message", message.p, message.n);
	buf_char(out, '}');
	buf_clear(&wrong);
	replaced(&wrong, text.p, "signature old", "signature new");
	put_text(out, "signatures in another order", buf_view(&wrong), false);
	buf_clear(&wrong);
	replaced(&wrong, text.p, "==\nsignature recovery", "=\nsignature recovery");
	put_text(out, "signature cut short", buf_view(&wrong), false);
	buf_release(&text);
	buf_release(&wrong);
	buf_release(&message);
	free_keys(&k);
}

static void put_longest(struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct entry e;
	struct buf text = BUF_INIT;
	size_t head = 0;
	need(entry_parse(&e, str_from(good[3].text), &arena, &err) == 0, "longest", &err);
	e.leaves = mem_array(800, sizeof *e.leaves);
	for (e.leaf_count = 0; text.n + 100 < ENTRY_MAX; e.leaf_count++) {
		e.leaves[e.leaf_count] =
			(struct entry_withheld){.version = 1, .position = 1000 + e.leaf_count, .end = 1001 + e.leaf_count};
		buf_clear(&text);
		e.leaf_count++;
		need(entry_format(&text, &e, &err) == 0, "longest", &err);
		e.leaf_count--;
	}
	head = ENTRY_MAX - text.n;
	char authority[ENTRY_AUTHORITY_MAX];
	memset(authority, 'a', sizeof authority);
	e.authority = (struct str){authority, e.authority.n + head};
	buf_clear(&text);
	need(entry_format(&text, &e, &err) == 0 && text.n == ENTRY_MAX, "longest", &err);
	put_text(out, "65,535 bytes", buf_view(&text), true);
	struct buf longer = BUF_INIT;
	replaced(&longer, text.p, "authority a", "authority aa");
	put_text(out, "65,536 bytes", buf_view(&longer), false);
	buf_release(&longer);
	buf_release(&text);
	free(e.leaves);
	arena_release(&arena);
}

void make_entries(struct maker *m)
{
	struct buf out = BUF_INIT;
	buf_char(&out, '[');
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		put_text(&out, good[i].name, str_from(good[i].text), true);
	put_keyed(&out);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf text = BUF_INIT;
		replaced(&text, good[bad[i].of].text, bad[i].from, bad[i].to);
		put_text(&out, bad[i].name, buf_view(&text), false);
		buf_release(&text);
	}
	put_text(&out, "empty", STR(""), false);
	put_longest(&out);
	buf_text(&out, "\n]\n");
	put_file(m, "entry/vectors.json", &out);
	buf_release(&out);
}
