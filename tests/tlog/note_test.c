/* Notes, keys, checkpoints and cosignatures: the letter of signed-note, tlog-checkpoint and tlog-cosignature. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define DASH "\xe2\x80\x94 "
#define TEXT "example.org/log\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* TEXT, the empty line, and signature lines as asked for. */
static void begin_note(struct buf *note)
{
	*note = (struct buf)BUF_INIT;
	buf_text(note, TEXT "\n");
}

static void sign(struct buf *note, const struct test_key *key, uint64_t time)
{
	if (key->key.type == NOTE_ED25519)
		assert_int_equal(note_sign(note, STR(TEXT), &key->key, key->secret, NULL), 0);
	else
		assert_int_equal(note_cosign(note, STR(TEXT), &key->key, key->secret, time, NULL), 0);
}

/* A line of a key that nobody knows, with a signature of n bytes after the key id. */
static void add_foreign(struct buf *note, const char *name, uint32_t id, size_t n)
{
	unsigned char *bytes = mem_alloc(4 + n);

	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(id >> (24 - 8 * i));
	memset(bytes + 4, 0x5a, n);
	buf_printf(note, DASH "%s ", name);
	buf_base64(note, bytes, 4 + n);
	buf_char(note, '\n');
	free(bytes);
}

static void refuse_note(struct str bytes, enum err_code code, const char *words)
{
	struct err err = ERR_INIT;
	struct note note;

	assert_int_equal(note_parse(&note, bytes, &err), -1);
	assert_error(&err, code, words);
}

static void test_vkeys(void **state)
{
	struct test_key key;
	struct vkey read;
	struct buf text = BUF_INIT;

	(void)state;
	test_key_make(&key, "example.org/l\xc3\xb6g", NOTE_ED25519, "log");
	assert_int_equal(vkey_parse(&read, buf_view(&key.text), NULL), 0);
	assert_string_equal(read.name, key.key.name);
	assert_int_equal(read.id, key.key.id);
	assert_int_equal(read.type, NOTE_ED25519);
	assert_memory_equal(read.public_key, key.key.public_key, ED25519_PUBLIC);
	vkey_format(&text, &read);
	assert_true(str_equal(buf_view(&text), buf_view(&key.text)));
	/* The type byte is part of what the id is made from. */
	struct vkey other;
	assert_int_equal(vkey_make(&other, str_from(read.name), NOTE_COSIGNATURE_V1, read.public_key, NULL), 0);
	assert_int_not_equal(other.id, read.id);
	vkey_release(&other);
	vkey_release(&read);
	test_key_release(&key);
	buf_release(&text);
}

static void refuse_vkey(const char *text, const char *words)
{
	struct err err = ERR_INIT;
	struct vkey key;

	assert_int_equal(vkey_parse(&key, str_from(text), &err), -1);
	assert_error(&err, ERR_SYNTAX, words);
	assert_null(key.name);
}

static void test_bad_vkeys(void **state)
{
	/* Public example of signed-note's section on verifier keys, changed in one place each. */
	(void)state;
	refuse_vkey("", "NAME+ID+KEY");
	refuse_vkey("example.com/foo", "NAME+ID+KEY");
	refuse_vkey("example.com/foo+530d903a", "NAME+ID+KEY");
	refuse_vkey("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "cannot name a key");
	refuse_vkey("example.com/fo o+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "cannot name a key");
	refuse_vkey("example.com/fo\xc2\xa0o+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "cannot name a key");
	refuse_vkey("example.com/fo\xff+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "cannot name a key");
	refuse_vkey("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "lower-case");
	refuse_vkey("example.com/foo+30d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "lower-case");
	refuse_vkey("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "copy it again");
	refuse_vkey("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "copy it again");
	refuse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", "base64");
	refuse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=", "base64");
	refuse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", "base64");
	refuse_vkey("example.com/foo+530d903a+", "base64");
	refuse_vkey("example.com/foo+530d903a+Ae==", "base64"); /* unused bits */
	refuse_vkey("example.com/foo+530d903a+AQ==", "0 bytes of key");
	refuse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=", "31 bytes of key");
	refuse_vkey("example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "type 0x06");
	refuse_vkey("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "type 0x02");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(vkey_name_valid(STR("a")));
	assert_true(vkey_name_valid(STR("example.org/\xe2\x84\xaa\xf0\x9f\x97\x9d")));
	assert_true(vkey_name_valid(STR("oid/1.3.6.1")));
	assert_true(vkey_name_valid(STR("\xe2\x80\x8b"))); /* zero-width space is no space of Unicode */
	assert_false(vkey_name_valid(STR("")));
	assert_false(vkey_name_valid(STR("a+b")));
	assert_false(vkey_name_valid(STR("a b")));
	assert_false(vkey_name_valid(STR("a\tb")));
	assert_false(vkey_name_valid(STR("a\nb")));
	assert_false(vkey_name_valid(STR("a\0b")));
	static const char *const spaces[] = {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\x80", "\xed\xa0\x80"};
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		assert_false(vkey_name_valid(str_from(spaces[i])));
}

static void test_sign_and_verify(void **state)
{
	struct test_key log, witness, stranger;
	struct buf bytes;
	struct note note;
	struct err err = ERR_INIT;
	uint64_t time = 77;

	(void)state;
	test_key_make(&log, "example.org/log", NOTE_ED25519, "log");
	test_key_make(&witness, "example.org/w", NOTE_COSIGNATURE_V1, "witness");
	test_key_make(&stranger, "example.org/log", NOTE_ED25519, "stranger"); /* the name of the log, another key */
	begin_note(&bytes);
	sign(&bytes, &log, 0);
	sign(&bytes, &witness, 1764000000);
	add_foreign(&bytes, "example.org/log", 0x01020304, 64);   /* the log's name with another id */
	add_foreign(&bytes, "example.org/other", log.key.id, 64); /* the log's id with another name */
	add_foreign(&bytes, "pq.example", 7, 8 + 2420);           /* an ML-DSA-44 cosignature */
	add_foreign(&bytes, "pq.example", 8, 49856);              /* the largest signature there is today */
	add_foreign(&bytes, "pq.example", 9, 1);
	add_foreign(&bytes, "pq.example", 10, 3072 - 4);
	add_foreign(&bytes, "pq.example", 11, 3072 - 3);
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note.count, 9);
	assert_true(str_equal(note.text, STR(TEXT)));
	assert_int_equal(note_verify(&note, &log.key, &time, NULL), 1);
	assert_int_equal(time, 0);
	assert_int_equal(note_verify(&note, &witness.key, &time, NULL), 1);
	assert_int_equal(time, 1764000000);
	assert_int_equal(note_verify(&note, &stranger.key, &time, NULL), 0);
	assert_int_equal(time, 0);
	/* One letter of the text: every known key's line spoils it, unknown ones stay unknown. */
	bytes.p[0] = 'E';
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note_verify(&note, &log.key, NULL, &err), -1);
	assert_error(&err, ERR_MISMATCH, "does not verify");
	assert_int_equal(note_verify(&note, &witness.key, NULL, &err), -1);
	assert_int_equal(note_verify(&note, &stranger.key, NULL, NULL), 0);
	buf_release(&bytes);
	test_key_release(&log);
	test_key_release(&witness);
	test_key_release(&stranger);
}

static void test_wrong_lengths(void **state)
{
	struct test_key log, witness;
	struct buf bytes;
	struct note note;
	struct err err = ERR_INIT;

	(void)state;
	test_key_make(&log, "example.org/log", NOTE_ED25519, "log");
	test_key_make(&witness, "example.org/w", NOTE_COSIGNATURE_V1, "witness");
	for (size_t n = 1; n < 80; n++) {
		begin_note(&bytes);
		add_foreign(&bytes, log.key.name, log.key.id, n);
		add_foreign(&bytes, witness.key.name, witness.key.id, n);
		assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
		assert_int_equal(note_verify(&note, &log.key, NULL, &err), -1);
		assert_int_equal(note_verify(&note, &witness.key, NULL, &err), -1);
		assert_int_equal(err.code, ERR_MISMATCH);
		buf_release(&bytes);
	}
	test_key_release(&log);
	test_key_release(&witness);
}

static void test_two_lines_of_one_key(void **state)
{
	struct test_key log;
	struct buf bytes;
	struct note note;
	struct err err = ERR_INIT;

	(void)state;
	test_key_make(&log, "example.org/log", NOTE_ED25519, "log");
	begin_note(&bytes);
	sign(&bytes, &log, 0);
	sign(&bytes, &log, 0); /* Ed25519 is deterministic: the same line twice */
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note_verify(&note, &log.key, NULL, &err), -1);
	assert_error(&err, ERR_MISMATCH, "two signature lines");
	buf_release(&bytes);
	test_key_release(&log);
}

/* A cosignature's time is signed; beyond 2^63 - 1 there is none. */
static void test_cosignature_time(void **state)
{
	struct test_key witness;
	struct buf bytes;
	struct note note;
	struct err err = ERR_INIT;
	uint64_t time;

	(void)state;
	test_key_make(&witness, "example.org/w", NOTE_COSIGNATURE_V1, "witness");
	static const uint64_t times[] = {0, 1, 9, 10, 1764000000, INT64_MAX};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		begin_note(&bytes);
		sign(&bytes, &witness, times[i]);
		assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
		assert_int_equal(note_verify(&note, &witness.key, &time, NULL), 1);
		assert_int_equal(time, times[i]);
		buf_release(&bytes);
	}
	begin_note(&bytes);
	assert_int_equal(note_cosign(&bytes, STR(TEXT), &witness.key, witness.secret, (uint64_t)INT64_MAX + 1, &err), -1);
	/* Signed all the same, by hand: refused when read. */
	struct buf message = BUF_INIT;
	unsigned char line[4 + 8 + ED25519_SIGNATURE] = {0};
	buf_text(&message, "cosignature/v1\ntime 9223372036854775808\n" TEXT);
	for (unsigned i = 0; i < 4; i++)
		line[i] = (unsigned char)(witness.key.id >> (24 - 8 * i));
	line[4] = 0x80;
	assert_int_equal(ed25519_sign(witness.secret, buf_view(&message), line + 12, NULL), 0);
	buf_text(&bytes, DASH "example.org/w ");
	buf_base64(&bytes, line, sizeof(line));
	buf_char(&bytes, '\n');
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note_verify(&note, &witness.key, NULL, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	buf_release(&bytes);
	buf_release(&message);
	test_key_release(&witness);
}

/* What the header promises of note_sign: refused texts, wrong keys, a text that lies in the note itself. */
static void test_signing(void **state)
{
	struct test_key log, witness;
	struct buf bytes = BUF_INIT;
	struct note note;
	struct err err = ERR_INIT;

	(void)state;
	test_key_make(&log, "example.org/log", NOTE_ED25519, "log");
	test_key_make(&witness, "example.org/w", NOTE_COSIGNATURE_V1, "witness");
	assert_int_equal(note_sign(&bytes, STR("no newline"), &log.key, log.secret, &err), -1);
	assert_int_equal(note_sign(&bytes, STR("a\rb\n"), &log.key, log.secret, &err), -1);
	assert_int_equal(note_sign(&bytes, STR("\xff\n"), &log.key, log.secret, &err), -1);
	assert_int_equal(note_sign(&bytes, STR("a\n"), &witness.key, witness.secret, &err), -1);
	assert_int_equal(note_cosign(&bytes, STR("a\n"), &log.key, log.secret, 0, &err), -1);
	assert_int_equal(bytes.n, 0);
	for (int i = 0; i < 300; i++)
		buf_text(&bytes, TEXT);
	size_t n = bytes.n;
	buf_char(&bytes, '\n');
	assert_int_equal(note_sign(&bytes, (struct str){bytes.p, n}, &log.key, log.secret, NULL), 0);
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note_verify(&note, &log.key, NULL, NULL), 1);
	buf_release(&bytes);
	test_key_release(&log);
	test_key_release(&witness);
}

static void test_last_empty_line(void **state)
{
	struct test_key log;
	struct buf bytes = BUF_INIT;
	struct note note;
	static const char *const texts[] = {"\n", "a\n", "a\n\nb\n", "\n\n\na\n\n", "a\n\n" DASH "x AAAAAAA=\n\n"};

	(void)state;
	test_key_make(&log, "example.org/log", NOTE_ED25519, "log");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_clear(&bytes);
		buf_text(&bytes, texts[i]);
		buf_char(&bytes, '\n');
		assert_int_equal(note_sign(&bytes, str_from(texts[i]), &log.key, log.secret, NULL), 0);
		assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
		assert_true(str_equal(note.text, str_from(texts[i])));
		assert_int_equal(note_verify(&note, &log.key, NULL, NULL), 1);
	}
	buf_release(&bytes);
	test_key_release(&log);
}

static void test_bad_notes(void **state)
{
	struct buf bytes = BUF_INIT;

	(void)state;
	refuse_note(STR(""), ERR_SYNTAX, "no empty line");
	refuse_note(STR("a\n"), ERR_SYNTAX, "no empty line");
	refuse_note(STR("a\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "no empty line");
	refuse_note(STR("\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "no empty line"); /* no text at all */
	refuse_note(STR("a\n\n"), ERR_SYNTAX, "no signature");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA=\n\n"), ERR_SYNTAX, "no signature");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA="), ERR_SYNTAX, "does not end with a newline");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA=\n" DASH "y AAAAAAA="), ERR_SYNTAX, "does not end with a newline");
	refuse_note(STR("a\n\n- x AAAAAAA=\n"), ERR_SYNTAX, "em dash");
	refuse_note(STR("a\n\n\xe2\x80\x94x AAAAAAA=\n"), ERR_SYNTAX, "em dash");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA=\njunk\n"), ERR_SYNTAX, "signature line 2");
	refuse_note(STR("a\n\n" DASH "x\n"), ERR_SYNTAX, "no signature behind");
	refuse_note(STR("a\n\n" DASH " AAAAAAA=\n"), ERR_SYNTAX, "cannot name a key");
	refuse_note(STR("a\n\n" DASH "x+y AAAAAAA=\n"), ERR_SYNTAX, "cannot name a key");
	refuse_note(STR("a\n\n" DASH "x\xc2\xa0y AAAAAAA=\n"), ERR_SYNTAX, "cannot name a key");
	refuse_note(STR("a\n\n" DASH "x  AAAAAAA=\n"), ERR_SYNTAX, "base64");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA= \n"), ERR_SYNTAX, "base64");
	refuse_note(STR("a\n\n" DASH "x AAAAAAA\n"), ERR_SYNTAX, "base64");
	refuse_note(STR("a\n\n" DASH "x AAAAAAB=\n"), ERR_SYNTAX, "base64"); /* unused bits: a second spelling of the same bytes */
	refuse_note(STR("a\n\n" DASH "x AAAA=AAA\n"), ERR_SYNTAX, "base64");
	refuse_note(STR("a\n\n" DASH "x AAAAAA-_\n"), ERR_SYNTAX, "base64");
	refuse_note(STR("a\n\n" DASH "x \n"), ERR_SYNTAX, "only 0 bytes");
	refuse_note(STR("a\n\n" DASH "x AAAAAA==\n"), ERR_SYNTAX, "only 4 bytes"); /* a key id and nothing */
	refuse_note(STR("a\tb\n\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "0x09");
	refuse_note(STR("a\r\n\r\n" DASH "x AAAAAAA=\r\n"), ERR_SYNTAX, "0x0d");
	refuse_note(STR("a\0\n\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "0x00");
	refuse_note(STR("a\x1f\n\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "0x1f");
	refuse_note(STR("\xc3\n\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "UTF-8");
	refuse_note(STR("\xc0\x80\n\n" DASH "x AAAAAAA=\n"), ERR_SYNTAX, "UTF-8");
	/* As many signatures as we take, and one more; the specification asks for 16. */
	begin_note(&bytes);
	for (unsigned i = 0; i < NOTE_SIGNATURES_MAX; i++)
		add_foreign(&bytes, "x", i, 64);
	struct note note;
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
	add_foreign(&bytes, "x", 999, 64);
	refuse_note(buf_view(&bytes), ERR_LIMIT, "more than the 128");
	/* A note as large as we take, and one byte larger. */
	buf_clear(&bytes);
	while (bytes.n < NOTE_MAX - 14)
		buf_char(&bytes, 'a');
	size_t filled = bytes.n;
	buf_text(&bytes, "\n\n");
	buf_text(&bytes, DASH "x AAAAAAA=\n");
	size_t more = bytes.n - NOTE_MAX;
	memmove(bytes.p, bytes.p + more, bytes.n - more);
	bytes.n -= more;
	assert_true(filled > more);
	assert_int_equal(bytes.n, NOTE_MAX);
	assert_int_equal(note_parse(&note, buf_view(&bytes), NULL), 0);
	buf_text(&bytes, DASH "x AAAAAAA=\n");
	bytes.n = NOTE_MAX + 1;
	refuse_note(buf_view(&bytes), ERR_LIMIT, "larger than");
	buf_release(&bytes);
}

static void refuse_checkpoint(struct str text, const char *words)
{
	struct err err = ERR_INIT;
	struct checkpoint checkpoint;

	assert_int_equal(checkpoint_parse(&checkpoint, text, &err), -1);
	assert_error(&err, ERR_SYNTAX, words);
}

static void test_checkpoints(void **state)
{
	static const char root_text[] = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
	struct checkpoint read;
	struct buf text = BUF_INIT;

	(void)state;
	/* The example of tlog-checkpoint. */
	buf_printf(&text, "example.com/behind-the-sofa\n20852163\n%s\n", root_text);
	assert_int_equal(checkpoint_parse(&read, buf_view(&text), NULL), 0);
	assert_true(str_equal(read.origin, STR("example.com/behind-the-sofa")));
	assert_int_equal(read.size, 20852163);
	assert_int_equal(read.extension.n, 0);
	struct buf again = BUF_INIT;
	checkpoint_format(&again, read.origin, read.size, &read.root);
	assert_true(str_equal(buf_view(&again), buf_view(&text)));
	buf_text(&text, "extension one\n \n");
	assert_int_equal(checkpoint_parse(&read, buf_view(&text), NULL), 0);
	assert_true(str_equal(read.extension, STR("extension one\n \n")));
	buf_text(&text, "\nthree\n");
	refuse_checkpoint(buf_view(&text), "empty extension");
	/* An origin may hold spaces and pluses: that is only not recommended. */
	buf_clear(&text);
	buf_printf(&text, "the + log\n18446744073709551615\n%s\n", root_text);
	assert_int_equal(checkpoint_parse(&read, buf_view(&text), NULL), 0);
	assert_true(read.size == UINT64_MAX);
#define HASH "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	assert_int_equal(checkpoint_parse(&read, STR("o\n0\n" HASH), NULL), 0);
	refuse_checkpoint(STR(""), "first line");
	refuse_checkpoint(STR("o"), "first line");
	refuse_checkpoint(STR("\n5\n" HASH), "first line");
	refuse_checkpoint(STR("o\n"), "second line");
	refuse_checkpoint(STR("o\n\n" HASH), "second line");
	refuse_checkpoint(STR("o\n05\n" HASH), "second line");
	refuse_checkpoint(STR("o\n00\n" HASH), "second line");
	refuse_checkpoint(STR("o\n+5\n" HASH), "second line");
	refuse_checkpoint(STR("o\n-5\n" HASH), "second line");
	refuse_checkpoint(STR("o\n5 \n" HASH), "second line");
	refuse_checkpoint(STR("o\n0x5\n" HASH), "second line");
	refuse_checkpoint(STR("o\n18446744073709551616\n" HASH), "second line");
	refuse_checkpoint(STR("o\n5\n"), "third line");
	refuse_checkpoint(STR("o\n5\n\n"), "third line");
	refuse_checkpoint(STR("o\n5\nAAAA\n"), "third line");
	refuse_checkpoint(STR("o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"), "third line");
	refuse_checkpoint(STR("o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"), "third line"); /* unused bits */
	refuse_checkpoint(STR("o\n5\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n"), "third line");
	refuse_checkpoint(STR("o\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="), "third line");
	refuse_checkpoint(STR("o\n5\n" HASH "x"), "newline");
	refuse_checkpoint(STR("o\n5\n" HASH "\n"), "empty extension");
	buf_release(&text);
	buf_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vkeys),
		cmocka_unit_test(test_bad_vkeys),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sign_and_verify),
		cmocka_unit_test(test_wrong_lengths),
		cmocka_unit_test(test_two_lines_of_one_key),
		cmocka_unit_test(test_cosignature_time),
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_last_empty_line),
		cmocka_unit_test(test_bad_notes),
		cmocka_unit_test(test_checkpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
