/* Proofs and policies: the letter of tlog-proof and tlog-policy; quorums by count and by time (P3, P4). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN "example.org/log"
#define WITNESSES 7
#define HASH "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define NOTE ORIGIN "\n5\n" HASH "\n\xe2\x80\x94 x AAAAAAA=\n"
#define MAGIC "c2sp.org/tlog-proof@v1\n"

struct cast {
	struct test_key log, log2, other_log, witness[WITNESSES];
};
static struct cast cast;

static int set_up(void **state)
{
	(void)state;
	test_key_make(&cast.log, ORIGIN, NOTE_ED25519, "log");
	test_key_make(&cast.log2, ORIGIN, NOTE_ED25519, "log, rotated");
	test_key_make(&cast.other_log, "example.org/other", NOTE_ED25519, "other log");
	for (unsigned i = 0; i < WITNESSES; i++) {
		char name[] = "w0.example.org", seed[] = "witness 0";
		name[1] = (char)('0' + i);
		seed[8] = (char)('0' + i);
		test_key_make(&cast.witness[i], name, NOTE_COSIGNATURE_V1, seed);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_key_release(&cast.log);
	test_key_release(&cast.log2);
	test_key_release(&cast.other_log);
	for (unsigned i = 0; i < WITNESSES; i++)
		test_key_release(&cast.witness[i]);
	return 0;
}

/* ---- proofs ----------------------------------------------------------------------------------------------------------- */

static void test_proof_round_trip(void **state)
{
	struct merkle_proof hashes = {.count = 0};
	struct buf text = BUF_INIT, raw = BUF_INIT;
	struct tlog_proof read;

	(void)state;
	for (size_t count = 0; count <= MERKLE_PROOF_MAX; count += 16) {
		for (hashes.count = 0; hashes.count < count; hashes.count++)
			test_leaf(hashes.count, &hashes.hashes[hashes.count]);
		for (size_t n = 0; n < 20000; n = n * 2 + 1) {
			buf_clear(&raw);
			while (raw.n < n)
				buf_char(&raw, (char)(raw.n * 7));
			buf_clear(&text);
			tlog_proof_format(&text, buf_view(&raw), count * 1000, &hashes, STR(NOTE));
			assert_int_equal(tlog_proof_parse(&read, buf_view(&text), NULL), 0);
			assert_int_equal(read.index, count * 1000);
			assert_proof_equal(&read.inclusion, &hashes);
			assert_true(str_equal(read.checkpoint, STR(NOTE)));
			assert_int_equal(read.has_extra, n > 0);
			struct buf back = BUF_INIT;
			assert_true(base64_decode(read.extra_base64, &back));
			assert_true(str_equal(buf_view(&back), buf_view(&raw)));
			buf_release(&back);
		}
	}
	buf_release(&text);
	buf_release(&raw);
}

static void refuse_proof(struct str text, const char *words)
{
	struct err err = ERR_INIT;
	struct tlog_proof proof;

	assert_int_equal(tlog_proof_parse(&proof, text, &err), -1);
	assert_error(&err, ERR_SYNTAX, words);
}

static void test_bad_proofs(void **state)
{
	struct tlog_proof proof;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(tlog_proof_parse(&proof, STR(MAGIC "index 0\n\n" NOTE), NULL), 0);
	refuse_proof(STR(""), "first line");
	refuse_proof(STR("c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE), "first line");
	refuse_proof(STR("c2sp.org/tlog-proof@v1 \nindex 0\n\n" NOTE), "first line");
	refuse_proof(STR("c2sp.org/tlog-proof@v1\r\nindex 0\n\n" NOTE), "first line");
	refuse_proof(STR(MAGIC), "ends after its first line");
	refuse_proof(STR(MAGIC "extra QUJD\n"), "ends after its extra");
	refuse_proof(STR(MAGIC "extra \nindex 0\n\n" NOTE), "without data");
	refuse_proof(STR(MAGIC "extra QUJE=\nindex 0\n\n" NOTE), "base64");
	refuse_proof(STR(MAGIC "extra QUI\nindex 0\n\n" NOTE), "base64");
	refuse_proof(STR(MAGIC "extra QUJ=\nindex 0\n\n" NOTE), "base64");
	refuse_proof(STR(MAGIC "extra QUJD \nindex 0\n\n" NOTE), "base64");
	refuse_proof(STR(MAGIC "extra QUJD\nextra QUJD\nindex 0\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 0\nextra QUJD\n\n" NOTE), "not a hash");
	refuse_proof(STR(MAGIC "extraQUJD\nindex 0\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "\nindex 0\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index \n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 00\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 01\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index -1\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 1 \n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 18446744073709551616\n\n" NOTE), "index");
	refuse_proof(STR(MAGIC "index 1\n" NOTE), "not a hash");
	refuse_proof(STR(MAGIC "index 1\nAAAA\n\n" NOTE), "not a hash");
	refuse_proof(STR(MAGIC "index 1\n" HASH), "ends before its checkpoint");
	refuse_proof(STR(MAGIC "index 1\n" HASH "\n"), "no empty line");
	refuse_proof(STR(MAGIC "index 1\n" HASH "\n\n" NOTE), "checkpoint");
	refuse_proof(STR(MAGIC "index 1\n" HASH "\n" ORIGIN "\n5\n\n\xe2\x80\x94 x AAAAAAA=\n"), "third line");
	refuse_proof(STR(MAGIC "index 1\n\n" NOTE "\n"), "no signature");
	buf_text(&text, MAGIC "index 1\n");
	for (int i = 0; i <= MERKLE_PROOF_MAX; i++)
		buf_text(&text, HASH);
	buf_text(&text, "\n" NOTE);
	refuse_proof(buf_view(&text), "more hashes");
	/* Larger than we take: refused before it is looked at. */
	struct str huge = {text.p, (size_t)PROOF_MAX + 1};
	assert_int_equal(tlog_proof_parse(&proof, huge, &err), -1);
	assert_error(&err, ERR_LIMIT, "larger than");
	buf_release(&text);
}

/* Padding or rubbish where steps of the check meet. */
static void test_long_extra(void **state)
{
	struct buf raw = BUF_INIT, text = BUF_INIT;
	struct merkle_proof none = {.count = 0};
	struct tlog_proof proof;

	(void)state;
	while (raw.n < 12288)
		buf_char(&raw, 'x');
	tlog_proof_format(&text, buf_view(&raw), 0, &none, STR(NOTE));
	size_t start = sizeof(MAGIC) - 1 + 6;
	for (size_t at = 0; at<16384; at += at % 4096> 4090 || at % 4096 < 5 ? 1 : 401) {
		char kept = text.p[start + at];
		text.p[start + at] = '=';
		assert_int_equal(tlog_proof_parse(&proof, buf_view(&text), NULL), at == 16383 ? 0 : -1);
		text.p[start + at] = '!';
		assert_int_equal(tlog_proof_parse(&proof, buf_view(&text), NULL), -1);
		text.p[start + at] = kept;
	}
	buf_release(&raw);
	buf_release(&text);
}

/* ---- policies --------------------------------------------------------------------------------------------------------- */

/* $L is the log's vkey, $M its rotated one, $O another log's, $0 to $6 the witnesses'. */
static void expand(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '$') {
			buf_char(out, *text);
			continue;
		}
		const struct test_key *key = &cast.log;
		text++;
		if (*text == 'M')
			key = &cast.log2;
		else if (*text == 'O')
			key = &cast.other_log;
		else if (*text != 'L')
			key = &cast.witness[*text - '0'];
		buf_str(out, buf_view(&key->text));
	}
}

static struct policy *make_policy(const char *text)
{
	struct buf expanded = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	expand(&expanded, text);
	if (policy_parse(&policy, buf_view(&expanded), &err) != 0)
		fail_msg("%s", err.text);
	buf_release(&expanded);
	return policy;
}

static void refuse_policy(const char *text, const char *line, const char *words)
{
	struct buf expanded = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	expand(&expanded, text);
	assert_int_equal(policy_parse(&policy, buf_view(&expanded), &err), -1);
	assert_null(policy);
	assert_error(&err, ERR_SYNTAX, line);
	assert_error(&err, ERR_SYNTAX, words);
	buf_release(&expanded);
}

static void test_policies(void **state)
{
	struct policy *policy =
		make_policy("# a comment, then an empty line and one of blanks\n\n \t \n"
			    "\t log\t$L  https://example.org/ \nwitness W\xc3\xb6 $0 https://w0/\n"
			    "witness \xff\xfe $1\n  # \xc0\x80 opaque\ngroup all 2 W\xc3\xb6 \xff\xfe\nquorum all\nlog $M\n");

	(void)state;
	assert_int_equal(policy_log_count(policy), 2);
	assert_string_equal(policy_log(policy, 0)->name, ORIGIN);
	assert_int_equal(policy_log(policy, 1)->id, cast.log2.key.id);
	assert_int_equal(policy_witness_count(policy), 2);
	assert_true(str_equal(policy_witness(policy, 0).name, STR("W\xc3\xb6")));
	assert_true(str_equal(policy_witness(policy, 0).url, STR("https://w0/")));
	assert_true(str_equal(policy_witness(policy, 1).name, STR("\xff\xfe")));
	assert_int_equal(policy_witness(policy, 1).url.n, 0);
	assert_int_equal(policy_witness(policy, 1).key->id, cast.witness[1].key.id);
	assert_false(policy_needs_no_witness(policy));
	policy_free(policy);
	/* Only the quorum is mandatory. */
	policy = make_policy("quorum none\n");
	assert_int_equal(policy_log_count(policy), 0);
	assert_true(policy_needs_no_witness(policy));
	policy_free(policy);
	/* A Kelvin sign is no K; keywords and numbers may be names; a log's key may also be no witness' key but a witness' name is free. */
	policy_free(make_policy("witness K $0\nwitness \xe2\x84\xaa $1\nwitness any $2\nwitness 3 $3\nwitness log $4\n"
				"group witness any K \xe2\x84\xaa any 3 log\nquorum witness\n"));
	/* A key name that no note can hold, in a vkey with the right id: octets above 0x7f are opaque in a policy. */
	struct vkey key = cast.witness[0].key;
	const unsigned char tail[2] = {'\n', NOTE_COSIGNATURE_V1};
	const struct str pieces[] = {STR("\xff\xa0"), {(const char *)tail, 2}, {(const char *)key.public_key, ED25519_PUBLIC}};
	struct hash id;
	struct buf text = BUF_INIT;
	struct policy *opaque;
	sha256_pieces(pieces, 3, &id);
	key.name = (char[]){"\xff\xa0"};
	key.id = (uint32_t)id.b[0] << 24 | (uint32_t)id.b[1] << 16 | (uint32_t)id.b[2] << 8 | id.b[3];
	buf_text(&text, "witness w ");
	vkey_format(&text, &key);
	buf_text(&text, "\nquorum w\n");
	assert_int_equal(policy_parse(&opaque, buf_view(&text), NULL), 0);
	policy_free(opaque);
	buf_release(&text);
}

static void test_bad_policies(void **state)
{
	struct buf text = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	(void)state;
	refuse_policy("", "line 1", "without a quorum");
	refuse_policy("log $L\n", "line 2", "without a quorum");
	refuse_policy("quorum none", "line 1", "newline");
	refuse_policy("log $L\nquorum none", "line 2", "newline");
	refuse_policy("quorum none\nquorum none\n", "line 2", "second quorum");
	refuse_policy("quorum none # why\n", "line 1", "quorum NAME");
	refuse_policy("quorum\n", "line 1", "quorum NAME");
	refuse_policy("quorum w\nwitness w $0\n", "line 1", "no line above defines \"w\"");
	refuse_policy("\n#\nlogs $L\nquorum none\n", "line 3", "not one of");
	refuse_policy("Log $L\nquorum none\n", "line 1", "not one of");
	refuse_policy("log\nquorum none\n", "line 1", "log VKEY");
	refuse_policy("log $L https://a https://b\nquorum none\n", "line 1", "log VKEY");
	refuse_policy("log $0\nquorum none\n", "line 1", "type 0x01");
	refuse_policy("witness w $L\nquorum w\n", "line 1", "type 0x04");
	refuse_policy("log x+00000000+AA==\nquorum none\n", "line 1", "type 0x00");
	refuse_policy("log $L\nlog $O\nlog $L\nquorum none\n", "line 3", "same public key");
	refuse_policy("witness a $0\nwitness b $0\nquorum a\n", "line 2", "same public key");
	refuse_policy("witness a $0\nwitness a $1\nquorum a\n", "line 2", "already that of a witness");
	refuse_policy("witness a $0\ngroup a any a\nquorum a\n", "line 2", "already that of a witness");
	refuse_policy("witness a $0\ngroup g any a\nwitness g $1\nquorum a\n", "line 3", "already that of a group");
	refuse_policy("witness none $0\nquorum none\n", "line 1", "\"none\" is taken");
	refuse_policy("witness a $0\ngroup none any a\nquorum none\n", "line 2", "\"none\" is taken");
	refuse_policy("witness a $0\ngroup g any none\nquorum g\n", "line 2", "cannot be a member");
	refuse_policy("witness a $0\ngroup g any\nquorum g\n", "line 2", "group NAME");
	refuse_policy("witness a $0\ngroup g\nquorum g\n", "line 2", "group NAME");
	refuse_policy("witness a $0\ngroup g 0 a\nquorum g\n", "line 2", "threshold");
	refuse_policy("witness a $0\ngroup g 2 a\nquorum g\n", "line 2", "threshold");
	refuse_policy("witness a $0\ngroup g 01 a\nquorum g\n", "line 2", "threshold");
	refuse_policy("witness a $0\ngroup g +1 a\nquorum g\n", "line 2", "threshold");
	refuse_policy("witness a $0\ngroup g ALL a\nquorum g\n", "line 2", "threshold");
	refuse_policy("witness a $0\ngroup g any a a\nquorum g\n", "line 2", "already a member");
	refuse_policy("witness a $0\ngroup g any a\ngroup h any a\nquorum h\n", "line 3", "already a member");
	refuse_policy("witness a $0\ngroup g any a g\nquorum g\n", "line 2", "no line above defines \"g\"");
	refuse_policy("group g any a\nwitness a $0\nquorum g\n", "line 1", "no line above defines \"a\"");
	refuse_policy("quorum none\r\n", "line 1", "0x0d");
	refuse_policy("# \x7f\nquorum none\n", "line 1", "0x7f");
	refuse_policy("#\n# \x0b\nquorum none\n", "line 2", "0x0b");
	/* A NUL; too much of everything. */
	assert_int_equal(policy_parse(&policy, STR("quorum none\n#\0\n"), &err), -1);
	assert_error(&err, ERR_SYNTAX, "line 2");
	while (text.n <= POLICY_MAX)
		buf_text(&text, "# filler\n");
	buf_text(&text, "quorum none\n");
	assert_int_equal(policy_parse(&policy, buf_view(&text), &err), -1);
	assert_error(&err, ERR_LIMIT, "larger than");
	buf_clear(&text);
	for (int i = 0; i < 2 * POLICY_ITEMS_MAX; i++)
		buf_text(&text, "group g any a ");
	buf_text(&text, "\nquorum g\n");
	assert_int_equal(policy_parse(&policy, buf_view(&text), &err), -1);
	assert_error(&err, ERR_LIMIT, "line 1");
	buf_release(&text);
}

/* The same key under another name and so another id is the same witness. */
static void test_duplicates_by_public_key(void **state)
{
	struct test_key again;
	struct buf text = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	(void)state;
	test_key_make(&again, "another.example.org", NOTE_COSIGNATURE_V1, "witness 0");
	assert_int_not_equal(again.key.id, cast.witness[0].key.id);
	buf_printf(&text, "witness a %s\nwitness b %s\nquorum b\n", cast.witness[0].text.p, again.text.p);
	assert_int_equal(policy_parse(&policy, buf_view(&text), &err), -1);
	assert_error(&err, ERR_SYNTAX, "line 2");
	assert_error(&err, ERR_SYNTAX, "same public key as w0.example.org");
	buf_release(&text);
	test_key_release(&again);
}

/* tlog-policy strongly recommends 32 of each at least: we take 1024. */
static void test_many(void **state)
{
	struct buf text = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i <= POLICY_ITEMS_MAX; i++) {
		struct test_key key;
		char seed[32], name[32];
		snprintf(seed, sizeof(seed), "many %d", i);
		snprintf(name, sizeof(name), "w%d.example", i);
		test_key_make(&key, name, NOTE_COSIGNATURE_V1, seed);
		if (i == POLICY_ITEMS_MAX) {
			struct buf more = BUF_INIT;
			buf_str(&more, buf_view(&text));
			buf_printf(&more, "witness w%d %s\nquorum none\n", i, key.text.p);
			assert_int_equal(policy_parse(&policy, buf_view(&more), &err), -1);
			assert_error(&err, ERR_LIMIT, "line 1025");
			buf_release(&more);
		} else {
			buf_printf(&text, "witness w%d %s\n", i, key.text.p);
		}
		test_key_release(&key);
	}
	buf_text(&text, "group all all");
	for (int i = 0; i < POLICY_ITEMS_MAX; i++)
		buf_printf(&text, " w%d", i);
	buf_text(&text, "\nquorum all\n");
	if (policy_parse(&policy, buf_view(&text), &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(policy_witness_count(policy), POLICY_ITEMS_MAX);
	policy_free(policy);
	buf_release(&text);
}

/* ---- checkpoints under policies ------------------------------------------------------------------------------------------ */

struct signer {
	const struct test_key *key; /* NULL ends the list */
	uint64_t time;
};

static struct buf make_checkpoint(const char *origin, const struct signer *signers)
{
	struct buf text = BUF_INIT, note = BUF_INIT;
	struct hash root;

	test_leaf(42, &root);
	checkpoint_format(&text, str_from(origin), 5, &root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	for (; signers->key != NULL; signers++) {
		const struct test_key *key = signers->key;
		if (key->key.type == NOTE_ED25519)
			assert_int_equal(note_sign(&note, buf_view(&text), &key->key, key->secret, NULL), 0);
		else
			assert_int_equal(note_cosign(&note, buf_view(&text), &key->key, key->secret, signers->time, NULL), 0);
	}
	buf_release(&text);
	return note;
}

static void test_who_signed(void **state)
{
	struct policy *policy = make_policy("log $L\nlog $M\nlog $O\nwitness w $0\nquorum none\n");
	struct policy_verdict verdict;
	struct err err = ERR_INIT;
	struct buf note;

	(void)state;
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.log, 0}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	assert_int_equal(verdict.log->id, cast.log.key.id);
	assert_true(verdict.quorum);
	assert_int_equal(verdict.quorum_time, 0);
	assert_int_equal(verdict.witnesses, 0);
	assert_int_equal(verdict.witnesses_known, 1);
	assert_int_equal(verdict.checkpoint.size, 5);
	assert_true(str_equal(verdict.checkpoint.origin, STR(ORIGIN)));
	buf_release(&note);

	/* The rotated key alone, both keys. */
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.log2, 0}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	assert_int_equal(verdict.log->id, cast.log2.key.id);
	buf_release(&note);
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.log2, 0}, {&cast.log, 0}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	buf_release(&note);

	/* Another log of the policy signed this log's checkpoint: its key's name is not the origin. */
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.other_log, 0}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, &err), -1);
	assert_error(&err, ERR_MISMATCH, "signed by the log example.org/other");
	buf_release(&note);
	/* That beside the right one does no harm. */
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.other_log, 0}, {&cast.log, 0}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	buf_release(&note);

	/* Nobody of the policy, only its witness. */
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.witness[0], 5}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, &err), -1);
	assert_error(&err, ERR_MISMATCH, "no log of the policy signed");
	buf_release(&note);

	/* No checkpoint, no note. */
	struct buf junk = BUF_INIT;
	buf_text(&junk, "just text\n\n");
	assert_int_equal(note_sign(&junk, STR("just text\n"), &cast.log.key, cast.log.secret, NULL), 0);
	assert_int_equal(policy_check(policy, buf_view(&junk), &verdict, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_int_equal(policy_check(policy, STR("nothing"), &verdict, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	buf_release(&junk);
	policy_free(policy);
}

/* A known key's bad line spoils the note, whoever else signed; strangers' lines do not. */
static void test_bad_lines_of_known_keys(void **state)
{
	struct policy *policy = make_policy("log $L\nlog $O\nwitness a $0\nwitness b $1\ngroup g any a b\nquorum g\n");
	struct policy_verdict verdict;
	const struct signer all[] = {{&cast.log, 0}, {&cast.witness[0], 10}, {&cast.witness[1], 20}, {&cast.witness[2], 30},
		{&cast.other_log, 0}, {NULL, 0}};
	struct buf note = make_checkpoint(ORIGIN, all);
	static const struct {
		const char *line;
		bool known;
	} lines[] = {{"\n\xe2\x80\x94 " ORIGIN " ", true}, {"\n\xe2\x80\x94 w0.example.org ", true},
		{"\n\xe2\x80\x94 w1.example.org ", true}, {"\n\xe2\x80\x94 w2.example.org ", false},
		{"\n\xe2\x80\x94 example.org/other ", true}};

	(void)state;
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err err = ERR_INIT;
		char *at = strstr(note.p, lines[i].line);
		assert_non_null(at);
		at += strlen(lines[i].line) + 30; /* within the signature, behind id and time */
		char kept = *at;
		*at = kept == 'A' ? 'B' : 'A';
		int result = policy_check(policy, buf_view(&note), &verdict, &err);
		assert_int_equal(result, lines[i].known ? -1 : 0);
		if (lines[i].known)
			assert_error(&err, ERR_MISMATCH, "does not verify");
		*at = kept;
	}
	/* Twice the same cosignature is refused too. */
	struct err err = ERR_INIT;
	struct buf twice = make_checkpoint(
		ORIGIN, (struct signer[]){{&cast.log, 0}, {&cast.witness[0], 10}, {&cast.witness[0], 11}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&twice), &verdict, &err), -1);
	assert_error(&err, ERR_MISMATCH, "two signature lines");
	buf_release(&twice);
	buf_release(&note);
	policy_free(policy);
}

/* The quorum of the example in tlog-policy: two of three and one of three; all 64 subsets, and by time. */
static void test_quorum_of_groups(void **state)
{
	struct policy *policy = make_policy("log $L\nwitness X1 $0\nwitness X2 $1\nwitness X3 $2\ngroup X 2 X1 X2 X3\n"
					    "witness Y1 $3\nwitness Y2 $4\nwitness Y3 $5\ngroup Y any Y1 Y2 Y3\n"
					    "group X-and-Y all X Y\nquorum X-and-Y\n");
	static const uint64_t times[6] = {500, 100, 300, 200, 400, 250};

	(void)state;
	for (unsigned set = 0; set < 64; set++) {
		struct signer signers[8] = {{&cast.log, 0}};
		unsigned n = 1, x = 0, y = 0;
		uint64_t earliest = 0;
		struct policy_verdict verdict;
		for (unsigned i = 0; i < 6; i++)
			if (set >> i & 1) {
				signers[n++] = (struct signer){&cast.witness[i], times[i]};
				*(i < 3 ? &x : &y) += 1;
			}
		/* The earliest time, by trying each. */
		for (uint64_t at = 1; at <= 500 && earliest == 0; at++) {
			unsigned x_by = 0, y_by = 0;
			for (unsigned i = 0; i < 6; i++)
				if ((set >> i & 1) && times[i] <= at)
					*(i < 3 ? &x_by : &y_by) += 1;
			if (x_by >= 2 && y_by >= 1)
				earliest = at;
		}
		struct buf note = make_checkpoint(ORIGIN, signers);
		assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
		assert_int_equal(verdict.quorum, x >= 2 && y >= 1);
		assert_int_equal(verdict.quorum_time, earliest);
		assert_int_equal(verdict.witnesses, x + y);
		assert_int_equal(verdict.witnesses_known, 6);
		buf_release(&note);
	}
	policy_free(policy);
}

static void test_quorum_of_one(void **state)
{
	struct policy *policy = make_policy("log $L\nwitness a $0\nwitness b $1\nquorum b\n");
	struct policy_verdict verdict;
	struct buf note;

	(void)state;
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.log, 0}, {&cast.witness[0], 9}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	assert_false(verdict.quorum);
	assert_int_equal(verdict.witnesses, 1);
	assert_int_equal(verdict.quorum_time, 0);
	buf_release(&note);
	note = make_checkpoint(ORIGIN, (struct signer[]){{&cast.log, 0}, {&cast.witness[1], 9}, {NULL, 0}});
	assert_int_equal(policy_check(policy, buf_view(&note), &verdict, NULL), 0);
	assert_true(verdict.quorum);
	assert_int_equal(verdict.quorum_time, 9);
	buf_release(&note);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proof_round_trip),
		cmocka_unit_test(test_bad_proofs),
		cmocka_unit_test(test_long_extra),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_bad_policies),
		cmocka_unit_test(test_duplicates_by_public_key),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_who_signed),
		cmocka_unit_test(test_bad_lines_of_known_keys),
		cmocka_unit_test(test_quorum_of_groups),
		cmocka_unit_test(test_quorum_of_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
