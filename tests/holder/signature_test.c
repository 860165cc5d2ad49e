/* Signed requests (RFC 9421): the specification's own example, what is made here, and what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "holder/signature.h"

static struct err err;

struct pair {
	const char *name, *value;
};

static bool find(void *context, const char *name, struct str *value)
{
	for (const struct pair *pair = context; pair->name != NULL; pair++)
		if (strcmp(pair->name, name) == 0) {
			*value = str_from(pair->value);
			return true;
		}
	return false;
}

/* Appendix B.2.6, with the key of B.1.4. */
static void test_example(void **state)
{
	struct pair headers[] = {{"date", "Tue, 20 Apr 2021 02:07:55 GMT"}, {"content-type", "application/json"},
		{"content-length", "18"}, {NULL, NULL}};
	struct signed_request request = {STR("POST"), STR("example.com"), STR("/foo"), {NULL, 0}};
	struct str signature =
		STR("sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:");
	struct signature_input input;
	unsigned char key[ED25519_PUBLIC];

	(void)state;
	assert_true(base64_decode_fixed(STR("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="), key, sizeof(key)));
	assert_int_equal(signature_input_parse(&input,
				 STR("sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
				     "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\""),
				 &err),
		0);
	assert_true(str_equal(input.keyid, STR("test-key-ed25519")) && input.created == 1618884473 && !input.has_nonce);
	assert_int_equal(signature_check(&input, &request, signature, STR(""), find, headers, key, &err), 0);
	headers[0].value = "Tue, 20 Apr 2021 02:07:56 GMT";
	assert_int_equal(signature_check(&input, &request, signature, STR(""), find, headers, key, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	headers[0].name = "other";
	assert_int_equal(signature_check(&input, &request, signature, STR(""), find, headers, key, &err), -1);
	assert_non_null(strstr(err.text, "cannot be judged"));
}

static struct vkey key;
static unsigned char secret[ED25519_SECRET], public_key[ED25519_PUBLIC];

static int make_key(void **state)
{
	(void)state;
	return ed25519_generate(secret, public_key, &err) != 0 ||
	       vkey_make(&key, STR("holder-1"), NOTE_ED25519, public_key, &err) != 0;
}

static int free_key(void **state)
{
	(void)state;
	vkey_release(&key);
	return 0;
}

/* The value of the header in what signature_make wrote. */
static struct str value_of(const struct buf *headers, const char *name)
{
	struct str rest = buf_view(headers), line;

	while (str_take_line(&rest, &line))
		if (str_starts(line, str_from(name)))
			return (struct str){line.p + strlen(name), line.n - strlen(name)};
	return STR("");
}

static int judge(const struct buf *headers, const struct signed_request *request)
{
	struct signature_input input;

	if (signature_input_parse(&input, value_of(headers, "Signature-Input: "), &err) != 0)
		return -1;
	return signature_check(&input, request, value_of(headers, "Signature: "), value_of(headers, "Content-Digest: "), find,
		&(struct pair){NULL, NULL}, public_key, &err);
}

static void test_made(void **state)
{
	struct signed_request request = {STR("POST"), STR("archive.example:8080"), STR("/api/v1/poll"), STR("a body")}, other;
	struct signature_input input;
	struct buf headers = BUF_INIT, again = BUF_INIT;

	(void)state;
	assert_int_equal(signature_make(&headers, &request, &key, secret, 1790000000, &err), 0);
	assert_int_equal(signature_input_parse(&input, value_of(&headers, "Signature-Input: "), &err), 0);
	assert_true(input.created == 1790000000 && input.nonce.n == 32 && str_starts(input.keyid, STR("holder-1+")));
	assert_int_equal(judge(&headers, &request), 0);
	other = request;
	other.method = STR("GET");
	assert_int_equal(judge(&headers, &other), -1);
	other = request;
	other.authority = STR("archive.example");
	assert_int_equal(judge(&headers, &other), -1);
	other = request;
	other.path = STR("/api/v1/polls");
	assert_int_equal(judge(&headers, &other), -1);
	other = request;
	other.body = STR("another");
	assert_int_equal(judge(&headers, &other), -1);
	/* a body that was slipped in beside a signature of none */
	request.body = (struct str){NULL, 0};
	assert_int_equal(signature_make(&again, &request, &key, secret, 1790000000, &err), 0);
	assert_int_equal(judge(&again, &request), 0);
	request.body = STR("slipped in");
	assert_int_equal(judge(&again, &request), -1);
	buf_release(&headers);
	buf_release(&again);
}

/* Each byte of the headers matters. */
static void test_altered(void **state)
{
	struct signed_request request = {STR("GET"), STR("archive.example"), STR("/api/v1/status"), {NULL, 0}};
	struct buf headers = BUF_INIT;

	(void)state;
	assert_int_equal(signature_make(&headers, &request, &key, secret, 1790000000, &err), 0);
	for (size_t i = strlen("Signature-Input: "); i < headers.n - 1; i++) {
		char was = headers.p[i];

		if (was == '\n') { /* past "Signature: " */
			i += strlen("Signature: ");
			continue;
		}
		headers.p[i] ^= 1;
		assert_int_equal(judge(&headers, &request), -1);
		headers.p[i] = was;
	}
	assert_int_equal(judge(&headers, &request), 0);
	buf_release(&headers);
}

/* One more component than is taken. */
#define SEVENTEEN                                                                                                                  \
	"s=(\"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\" \"j\" \"k\" \"l\" \"m\" \"n\" \"o\" \"p\" \"q\");keyid=\"k\""

static void test_refused(void **state)
{
	static const char *const wrong[] = {"", "sig", "sig=", "sig=()", "sig=();keyid=", "sig=();keyid=\"", "Sig=();keyid=\"k\"",
		"sig=(\"@method\"\"@path\");keyid=\"k\"", "sig=(\"@method\";req);keyid=\"k\"",
		"sig=(\"@method\" \"@method\");keyid=\"k\"", "sig=();keyid=\"k\";alg=\"rsa-v1_5-sha256\"",
		"sig=();keyid=\"k\";created=-1", "sig=();keyid=\"k\";created=01", "sig=();keyid=\"k\";created=99999999999999999999",
		"sig=();keyid=\"k\";keyid=\"l\"", "sig=();keyid=\"k\";nonce=\"a\";nonce=\"b\"",
		"sig=();keyid=\"k\";created=1;created=2", "sig=();keyid=\"k\\\"\"", "sig=();keyid=\"k\" x",
		"sig=();unknown=\"k\";keyid=\"k\"", SEVENTEEN};
	struct signature_input input;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (signature_input_parse(&input, str_from(wrong[i]), &err) == 0)
			fail_msg("taken: %s", wrong[i]);
	assert_int_equal(signature_input_parse(&input, STR("sig=( \"@method\"  \"@path\" ); keyid=\"k\", other=()"), &err), 0);
	assert_int_equal(input.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_example),
		cmocka_unit_test_setup_teardown(test_made, make_key, free_key),
		cmocka_unit_test_setup_teardown(test_altered, make_key, free_key), cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
