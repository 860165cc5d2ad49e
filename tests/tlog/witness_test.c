/* What a log and a witness say to one another, to the letter of tlog-witness: who takes what is nearly a request may be made to sign what
 * others read differently (P3). */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define DASH "\xe2\x80\x94 "
#define HASH "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define TEXT "example.com/behind-the-sofa\n20852163\n" ROOT
#define LINE                                                                                                                       \
	DASH "example.com/behind-the-sofa "                                                                                        \
	     "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

static void taken(const char *text, uint64_t old_size, size_t count)
{
	struct witness_request *request = mem_alloc(sizeof(*request));
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	if (witness_request_parse(request, str_from(text), &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(request->old_size, old_size);
	assert_int_equal(request->proof.count, count);
	assert_int_equal(request->checkpoint.size, 20852163);
	assert_true(str_equal(request->checkpoint.origin, STR("example.com/behind-the-sofa")));
	witness_request_format(&again, request->old_size, &request->proof, request->checkpoint_note);
	assert_true(str_equal(buf_view(&again), str_from(text)));
	buf_release(&again);
	free(request);
}

static void refused(const char *text, const char *words)
{
	struct witness_request *request = mem_alloc(sizeof(*request));
	struct err err = ERR_INIT;

	assert_int_equal(witness_request_parse(request, str_from(text), &err), -1);
	assert_error(&err, ERR_SYNTAX, words);
	free(request);
}

static void test_requests(void **state)
{
	struct buf lines = BUF_INIT;

	(void)state;
	taken("old 0\n\n" TEXT "\n" LINE, 0, 0);
	taken("old 20852014\n" HASH HASH "\n" TEXT "\n" LINE, 20852014, 2);
	taken("old 18446744073709551615\n\n" TEXT "\n" LINE, UINT64_MAX, 0); /* too large for its checkpoint: judged elsewhere */
	taken("old 1\n" HASH "\n" TEXT "an extension\n\n" LINE, 1, 1);
	refused("", "old SIZE");
	refused("old 0", "old SIZE");
	refused("old 00\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old 01\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old -1\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old +1\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old 1 \n\n" TEXT "\n" LINE, "old SIZE");
	refused("old  1\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old\t1\n\n" TEXT "\n" LINE, "old SIZE");
	refused("Old 1\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old 1\r\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old 18446744073709551616\n\n" TEXT "\n" LINE, "old SIZE");
	refused("old 1\n" HASH, "ends before its checkpoint");
	refused("old 1\n" TEXT "\n" LINE, "line 1 of the consistency proof");
	refused("old 1\n" HASH " " HASH "\n" TEXT "\n" LINE, "line 2 of the consistency proof");
	/* the last digit's unused bits are not zero */
	refused("old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkax=\n\n" TEXT "\n" LINE, "line 1 of the consistency proof");
	refused("old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw\n\n" TEXT "\n" LINE, "line 1 of the consistency proof");
	refused("old 0\n\n\n" TEXT "\n" LINE, "the request's checkpoint");
	refused("old 0\n\n" TEXT, "the request's checkpoint");
	refused("old 0\n\n" TEXT "\n", "the request's checkpoint");
	refused("old 0\n\n" TEXT "\n" LINE "\n", "the request's checkpoint");
	refused("old 0\n\nexample.com/x\n007\n" ROOT "\n" LINE, "the request's checkpoint");
	for (unsigned count = 62; count <= 64; count++) {
		buf_clear(&lines);
		buf_text(&lines, "old 9\n");
		for (unsigned i = 0; i < count; i++)
			buf_text(&lines, HASH);
		buf_text(&lines, "\n" TEXT "\n" LINE);
		if (count <= 63)
			taken(lines.p, 9, count);
		else
			refused(lines.p, "more than 63");
	}
	buf_release(&lines);
}

static void test_answers(void **state)
{
	struct test_key witness, stranger;
	struct buf answer = BUF_INIT, line = BUF_INIT, expected = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t time;

	(void)state;
	test_key_make(&witness, "witness.example/one", NOTE_COSIGNATURE_V1, "witness");
	test_key_make(&stranger, "witness.example/two", NOTE_COSIGNATURE_V1, "stranger");
	/* a stranger's line beside it is passed over, and not taken along */
	assert_int_equal(note_cosign(&answer, STR(TEXT), &stranger.key, stranger.secret, 50, NULL), 0);
	assert_int_equal(witness_answer_take(&line, STR(TEXT), buf_view(&answer), &witness.key, &time, &err), 0);
	assert_int_equal(note_cosign(&expected, STR(TEXT), &witness.key, witness.secret, 77, NULL), 0);
	buf_str(&answer, buf_view(&expected));
	assert_int_equal(witness_answer_take(&line, STR(TEXT), buf_view(&answer), &witness.key, &time, &err), 1);
	assert_int_equal(time, 77);
	assert_true(str_equal(buf_view(&line), buf_view(&expected)));
	/* of another checkpoint */
	assert_int_equal(witness_answer_take(&line, STR("example.com/behind-the-sofa\n20852164\n" ROOT), buf_view(&answer),
				 &witness.key, &time, &err),
		-1);
	assert_error(&err, ERR_MISMATCH, "does not verify");
	/* twice */
	buf_str(&answer, buf_view(&expected));
	assert_int_equal(witness_answer_take(&line, STR(TEXT), buf_view(&answer), &witness.key, &time, &err), -1);
	assert_error(&err, ERR_MISMATCH, "two signature lines");
	/* no lines, or what would make the answer a part of the text */
	assert_int_equal(witness_answer_take(&line, STR(TEXT), STR(""), &witness.key, &time, &err), -1);
	assert_int_equal(witness_answer_take(&line, STR(TEXT), STR("hello\n"), &witness.key, &time, &err), -1);
	buf_clear(&answer);
	buf_text(&answer, "more\n\n");
	assert_int_equal(note_cosign(&answer, STR(TEXT "\nmore\n"), &witness.key, witness.secret, 77, NULL), 0);
	assert_int_equal(witness_answer_take(&line, STR(TEXT), buf_view(&answer), &witness.key, &time, &err), -1);
	assert_error(&err, ERR_SYNTAX, "not signature lines");
	assert_true(str_equal(buf_view(&line), buf_view(&expected)));
	buf_release(&answer);
	buf_release(&line);
	buf_release(&expected);
	test_key_release(&witness);
	test_key_release(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
