/* fuzz-links: holder archive http catalogue store log record ocfl entry tlog os crypto base */
/* Headers of signed requests: what is taken keeps inside its text, and nothing that was not signed by the key passes. The bytes are a
 * Signature-Input, a newline, a Signature, a newline, a Content-Digest. */
#include "holder/signature.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static bool inside(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static bool find(void *context, const char *name, struct str *value)
{
	need(name[0] != '\0' && name[0] != '@');
	*value = *(const struct str *)context;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char nobody[ED25519_PUBLIC] = {1};
	const struct signed_request request = {STR("GET"), STR("archive.example"), STR("/api/v1/status"), {NULL, 0}};
	struct str rest = {(const char *)data, size}, line, signature = STR("");
	struct signature_input input;
	struct err err = ERR_INIT;

	if (!str_take_line(&rest, &line))
		line = rest;
	if (signature_input_parse(&input, line, &err) != 0) {
		need(err.code == ERR_SYNTAX);
		return 0;
	}
	need(input.count <= SIGNATURE_COMPONENTS_MAX && input.keyid.n > 0 && inside(input.keyid, line) &&
		inside(input.nonce, line) && inside(input.parameters, line) && inside(input.label, line));
	(void)str_take_line(&rest, &signature);
	need(signature_check(&input, &request, signature, rest, find, &rest, nobody, &err) != 0 && err.code == ERR_MISMATCH);
	return 0;
}
