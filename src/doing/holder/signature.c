/* Requests signed as RFC 9421 has it: the signature base (section 2.5), Signature-Input and Signature (section 4). */
#include "signature.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define LABEL "photostat"

/* ---- the base ------------------------------------------------------------------------------------------------------------------------- */

static void base_line(struct buf *base, struct str name, struct str value)
{
	buf_char(base, '"');
	buf_str(base, name);
	buf_text(base, "\": ");
	buf_str(base, value);
	buf_char(base, '\n');
}

static void base_end(struct buf *base, struct str parameters)
{
	buf_text(base, "\"@signature-params\": ");
	buf_str(base, parameters);
}

/* RFC 9530, the member sha-256 alone. */
static void content_digest(struct buf *out, struct str body)
{
	struct hash hash;

	sha256(body.p, body.n, &hash);
	buf_text(out, "sha-256=:");
	buf_base64(out, hash.b, sizeof(hash.b));
	buf_char(out, ':');
}

/* ---- made ------------------------------------------------------------------------------------------------------------------------------ */

int signature_make(struct buf *headers, const struct signed_request *request, const struct vkey *key,
	const unsigned char secret[ED25519_SECRET], int64_t created, struct err *err)
{
	struct buf base = BUF_INIT, parameters = BUF_INIT, digest = BUF_INIT;
	unsigned char nonce[SIGNATURE_NONCE], signature[ED25519_SIGNATURE];
	bool body = request->body.p != NULL;
	int result = -1;

	random_bytes(nonce, sizeof(nonce));
	buf_printf(&parameters, "(\"@method\" \"@authority\" \"@path\"%s);created=%" PRId64 ";nonce=\"",
		body ? " \"content-digest\"" : "", created);
	buf_hex(&parameters, nonce, sizeof(nonce));
	buf_printf(&parameters, "\";keyid=\"%s+%08" PRIx32 "\";alg=\"ed25519\";tag=\"photostat\"", key->name, key->id);
	base_line(&base, STR("@method"), request->method);
	base_line(&base, STR("@authority"), request->authority);
	base_line(&base, STR("@path"), request->path);
	if (body) {
		content_digest(&digest, request->body);
		base_line(&base, STR("content-digest"), buf_view(&digest));
		buf_printf(headers, "Content-Digest: %s\n", digest.p);
	}
	base_end(&base, buf_view(&parameters));
	if (buf_check(&base, "a request", err) != 0 || ed25519_sign(secret, buf_view(&base), signature, err) != 0)
		goto out;
	buf_printf(headers, "Signature-Input: " LABEL "=%s\nSignature: " LABEL "=:", parameters.p);
	buf_base64(headers, signature, sizeof(signature));
	buf_text(headers, ":\n");
	result = buf_check(headers, "a request's headers", err);
out:
	buf_release(&base);
	buf_release(&parameters);
	buf_release(&digest);
	return result;
}

/* ---- parsed (RFC 8941) ------------------------------------------------------------------------------------------------------------------- */

static void cut(struct str *text, size_t n)
{
	text->p += n;
	text->n -= n;
}

static void skip_spaces(struct str *text)
{
	while (text->n > 0 && (text->p[0] == ' ' || text->p[0] == '\t'))
		cut(text, 1);
}

static bool take_char(struct str *text, char c)
{
	if (text->n == 0 || text->p[0] != c)
		return false;
	cut(text, 1);
	return true;
}

/* lcalpha or "*", then those, digits, and "_-.*" */
static bool take_key(struct str *text, struct str *key)
{
	size_t n = 0;

	while (n < text->n) {
		char c = text->p[n];

		if (!((c >= 'a' && c <= 'z') || c == '*' ||
			    (n > 0 && ((c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))))
			break;
		n++;
	}
	*key = (struct str){text->p, n};
	cut(text, n);
	return n > 0;
}

/* A string without escapes: none that is compared here needs one. */
static bool take_string(struct str *text, struct str *value)
{
	size_t n = 0;

	if (!take_char(text, '"'))
		return false;
	while (n < text->n && text->p[n] != '"') {
		if (text->p[n] < 0x20 || text->p[n] > 0x7e || text->p[n] == '\\')
			return false;
		n++;
	}
	*value = (struct str){text->p, n};
	cut(text, n);
	return take_char(text, '"');
}

static bool take_time(struct str *text, int64_t *value)
{
	uint64_t number;
	size_t n = 0;

	while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
		n++;
	if (!decimal_parse((struct str){text->p, n}, INT64_MAX, &number))
		return false;
	*value = (int64_t)number;
	cut(text, n);
	return true;
}

static bool take_components(struct str *text, struct signature_input *input)
{
	if (!take_char(text, '('))
		return false;
	skip_spaces(text);
	while (!take_char(text, ')')) {
		if (input->count == SIGNATURE_COMPONENTS_MAX || !take_string(text, &input->components[input->count]))
			return false;
		for (size_t i = 0; i < input->count; i++) /* section 2.5: each once */
			if (str_equal(input->components[i], input->components[input->count]))
				return false;
		input->count++;
		if (text->n == 0 || (text->p[0] != ' ' && text->p[0] != ')'))
			return false;
		skip_spaces(text);
	}
	return true;
}

static bool take_parameter(struct str *text, struct signature_input *input)
{
	struct str name, value;

	skip_spaces(text);
	if (!take_key(text, &name) || !take_char(text, '='))
		return false;
	if (str_equal(name, STR("created"))) {
		if (input->has_created || !take_time(text, &input->created))
			return false;
		input->has_created = true;
		return true;
	}
	if (str_equal(name, STR("expires")))
		return input->expires == INT64_MAX && take_time(text, &input->expires);
	if (!take_string(text, &value))
		return false;
	if (str_equal(name, STR("nonce"))) {
		if (input->has_nonce)
			return false;
		input->nonce = value;
		input->has_nonce = true;
	} else if (str_equal(name, STR("keyid"))) {
		if (input->keyid.n > 0)
			return false;
		input->keyid = value;
	} else if (str_equal(name, STR("alg"))) {
		return str_equal(value, STR("ed25519"));
	} else if (!str_equal(name, STR("tag"))) {
		return false;
	}
	return true;
}

int signature_input_parse(struct signature_input *input, struct str header, struct err *err)
{
	struct str rest = header;

	memset(input, 0, sizeof(*input));
	input->expires = INT64_MAX;
	skip_spaces(&rest);
	if (!take_key(&rest, &input->label) || !take_char(&rest, '='))
		goto wrong;
	input->parameters = rest;
	if (!take_components(&rest, input))
		goto wrong;
	while (take_char(&rest, ';'))
		if (!take_parameter(&rest, input))
			goto wrong;
	input->parameters.n = (size_t)(rest.p - input->parameters.p);
	skip_spaces(&rest);
	if ((rest.n > 0 && rest.p[0] != ',') || input->keyid.n == 0)
		goto wrong;
	return 0;
wrong:
	return err_set(err, ERR_SYNTAX, "the Signature-Input is not of the form that is taken here");
}

/* The bytes that a header Signature has under the label. */
static bool find_signature(struct str header, struct str label, unsigned char out[ED25519_SIGNATURE])
{
	struct str name, value;

	do {
		skip_spaces(&header);
		if (!take_key(&header, &name) || !take_char(&header, '=') || !take_char(&header, ':') ||
			!str_take_until(&header, ':', &value) || header.p == NULL)
			return false;
		if (str_equal(name, label))
			return base64_decode_fixed(value, out, ED25519_SIGNATURE);
		skip_spaces(&header);
	} while (take_char(&header, ','));
	return false;
}

/* ---- judged ------------------------------------------------------------------------------------------------------------------------------ */

/* One line of the base. A name with '@' that is not known here, and a header that did not come, cannot be judged. */
static bool put_component(struct buf *base, struct str name, const struct signed_request *request, struct str digest,
	bool (*header)(void *context, const char *name, struct str *value), void *context)
{
	struct str value;
	char text[64];

	if (str_equal(name, STR("@method"))) {
		value = request->method;
	} else if (str_equal(name, STR("@authority"))) {
		value = request->authority;
	} else if (str_equal(name, STR("@path"))) {
		value = request->path;
	} else if (str_equal(name, STR("content-digest"))) {
		value = digest;
	} else {
		if (name.n == 0 || name.n >= sizeof(text) || name.p[0] == '@')
			return false;
		memcpy(text, name.p, name.n);
		text[name.n] = '\0';
		if (!header(context, text, &value))
			return false;
	}
	base_line(base, name, value);
	return true;
}

static bool covers(const struct signature_input *input, struct str name)
{
	for (size_t i = 0; i < input->count; i++)
		if (str_equal(input->components[i], name))
			return true;
	return false;
}

int signature_check(const struct signature_input *input, const struct signed_request *request, struct str signatures,
	struct str digest, bool (*header)(void *context, const char *name, struct str *value), void *context,
	const unsigned char public_key[ED25519_PUBLIC], struct err *err)
{
	unsigned char signature[ED25519_SIGNATURE];
	struct buf base = BUF_INIT, expected = BUF_INIT;
	int result = -1;

	if (!covers(input, STR("@method")) || !covers(input, STR("@authority")) || !covers(input, STR("@path")) ||
		(request->body.p != NULL && !covers(input, STR("content-digest")))) {
		err_set(err, ERR_MISMATCH,
			"the signature must cover @method, @authority and @path, and content-digest of what has a body");
		goto out;
	}
	if (request->body.p != NULL) {
		content_digest(&expected, request->body);
		if (!str_equal(buf_view(&expected), digest)) {
			err_set(err, ERR_MISMATCH, "the Content-Digest is not the body's sha-256");
			goto out;
		}
	}
	for (size_t i = 0; i < input->count; i++)
		if (!put_component(&base, input->components[i], request, digest, header, context)) {
			err_set(err, ERR_MISMATCH, "the signature covers \"%.*s\", which cannot be judged here",
				STR_ARG(input->components[i]));
			goto out;
		}
	base_end(&base, input->parameters);
	if (buf_check(&base, "a request", err) != 0)
		goto out;
	if (!find_signature(signatures, input->label, signature) || !ed25519_verify(public_key, buf_view(&base), signature)) {
		err_set(err, ERR_MISMATCH, "the signature is not this key's over this request");
		goto out;
	}
	result = 0;
out:
	buf_release(&base);
	buf_release(&expected);
	return result;
}
