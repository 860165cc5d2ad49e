/* Inside holder: HTTP requests that are signed (RFC 9421, Ed25519): made by who asks for what is closed, judged by who has it. */
#ifndef PHOTOSTAT_HOLDER_SIGNATURE_H
#define PHOTOSTAT_HOLDER_SIGNATURE_H

#include "crypto/crypto.h"
#include "holder/holder.h"

#define SIGNATURE_NONCE 16              /* bytes of those that are made here */
#define SIGNATURE_NONCE_MAX 128u        /* characters of those that are taken */
#define SIGNATURE_WINDOW ((int64_t)300) /* seconds: older ones, and ones from later than that, are refused */

/* What of a request is signed. */
struct signed_request {
	struct str method;    /* GET */
	struct str authority; /* host, in lower case, and port where it is not the scheme's own */
	struct str path;      /* as it goes over the wire, without the query */
	struct str body;      /* .p NULL: has none; else it is signed too, by its digest (RFC 9530) */
};
/* Appends the headers, "Name: value" and a newline each: Signature-Input, Signature, and Content-Digest where there is a body. keyid is NAME+ID of
 * the key as vkey writes it. */
int signature_make(struct buf *headers, const struct signed_request *, const struct vkey *key,
	const unsigned char secret[ED25519_SECRET], int64_t created, struct err *);

/* A Signature-Input header as it came: strings point into it. */
#define SIGNATURE_COMPONENTS_MAX 16u
struct signature_input {
	struct str label;
	struct str components[SIGNATURE_COMPONENTS_MAX];
	size_t count;
	struct str parameters; /* the whole right side, as "@signature-params" has it */
	struct str keyid, nonce;
	int64_t created, expires; /* expires: INT64_MAX, not said */
	bool has_created, has_nonce;
};
/* The first signature that it names. ERR_SYNTAX. Not taken: components with parameters, algorithms other than ed25519. */
int signature_input_parse(struct signature_input *, struct str header, struct err *);
/* Whether the request has this signature by the key: that it covers method, authority, path, and the body where there is one. `header` finds the
 * request's other headers, `signatures` and `digest` are its headers Signature and Content-Digest (empty: none). ERR_MISMATCH says what is wrong; time
 * and nonce are not looked at. */
int signature_check(const struct signature_input *, const struct signed_request *, struct str signatures, struct str digest,
	bool (*header)(void *context, const char *name, struct str *value), void *context,
	const unsigned char public_key[ED25519_PUBLIC], struct err *);

#endif
