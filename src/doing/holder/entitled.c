/* Closed content travels only to who is entitled to it, by requests that are signed (RFC 9421).
 *
 * E1  A signature counts once: its nonce is remembered as long as its time would still be taken. What was signed before this server began is refused,
 *     because what it had remembered then is gone.
 * E2  A signature counts here alone: the authority that it covers must be one by which this server is known - the archive's own host, a name that its
 *     operator gave, or the very address of the connection - so that a holder who is asked cannot pass the request on to another.
 * E3  Who is entitled is read from archive.conf at each such request: who is struck out has nothing from then on. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"

#define NONCES_MAX 65536u /* in each half; a power of two */
#define NONCES_FULL 49152u

struct nonces {
	struct hash *slots; /* NONCES_MAX of them; zeroes: free */
	size_t count;
};
struct entitled {
	pthread_mutex_t lock;
	int64_t began, turned;
	/* Two halves, each of one stretch of 2 * SIGNATURE_WINDOW: what is older than both cannot be taken any more. */
	struct nonces now, before;
	char **names;
	size_t name_count;
};

struct entitled *entitled_new(const struct str *names, size_t count)
{
	struct entitled *entitled = mem_alloc(sizeof(*entitled));

	pthread_mutex_init(&entitled->lock, NULL);
	entitled->began = entitled->turned = os_now();
	entitled->now.slots = mem_array(NONCES_MAX, sizeof(struct hash));
	entitled->before.slots = mem_array(NONCES_MAX, sizeof(struct hash));
	entitled->names = mem_array(count + 1, sizeof(*entitled->names));
	for (size_t i = 0; i < count; i++)
		entitled->names[entitled->name_count++] = mem_dup(names[i]);
	return entitled;
}

void entitled_free(struct entitled *entitled)
{
	if (entitled == NULL)
		return;
	for (size_t i = 0; i < entitled->name_count; i++)
		free(entitled->names[i]);
	free(entitled->names);
	free(entitled->now.slots);
	free(entitled->before.slots);
	pthread_mutex_destroy(&entitled->lock);
	free(entitled);
}

/* ---- nonces (E1) ------------------------------------------------------------------------------------------------------------------------ */

/* The slot where it is, or would be. There is always a free one. */
static struct hash *slot_of(const struct nonces *nonces, const struct hash *hash)
{
	static const struct hash none;
	size_t at = (size_t)be64_get((const char *)hash->b) & (NONCES_MAX - 1);

	while (!hash_equal(&nonces->slots[at], &none) && !hash_equal(&nonces->slots[at], hash))
		at = (at + 1) & (NONCES_MAX - 1);
	return &nonces->slots[at];
}

static int remember(struct entitled *entitled, const struct signature_input *input, int64_t now, struct err *err)
{
	struct buf text = BUF_INIT;
	struct hash hash, *slot;
	int result = -1;

	buf_str(&text, input->keyid);
	buf_char(&text, '\n');
	buf_str(&text, input->nonce);
	sha256(text.p, text.n, &hash);
	buf_release(&text);
	pthread_mutex_lock(&entitled->lock);
	if (now - entitled->turned > 2 * SIGNATURE_WINDOW || now < entitled->turned) {
		struct nonces old = entitled->before;

		entitled->before = entitled->now;
		entitled->now = old;
		memset(entitled->now.slots, 0, NONCES_MAX * sizeof(struct hash));
		entitled->now.count = 0;
		entitled->turned = now;
	}
	slot = slot_of(&entitled->now, &hash);
	if (hash_equal(slot, &hash) || hash_equal(slot_of(&entitled->before, &hash), &hash))
		err_set(err, ERR_MISMATCH, "this request was made before: its nonce is used up");
	else if (entitled->now.count >= NONCES_FULL)
		err_set(err, ERR_MISMATCH, "too many signed requests in these minutes; come again later");
	else {
		*slot = hash;
		entitled->now.count++;
		result = 0;
	}
	pthread_mutex_unlock(&entitled->lock);
	return result;
}

/* ---- the request -------------------------------------------------------------------------------------------------------------------------- */

static bool header_of(void *context, const char *name, struct str *value)
{
	return http_request_header(context, name, value);
}

/* E2 */
static bool is_ours(const struct entitled *entitled, struct archive *archive, struct http_request *request, struct str authority)
{
	struct str reached = http_request_reached(request), host = archive_origin(archive), port;
	const struct str loopback[] = {STR("127."), STR("[::1]:")};

	host.n = (size_t)((const char *)(memchr(host.p, '/', host.n) == NULL ? host.p + host.n : memchr(host.p, '/', host.n)) -
			  host.p);
	if (str_equal(authority, host) || (reached.n > 0 && str_equal(authority, reached)))
		return true;
	for (size_t i = 0; i < entitled->name_count; i++)
		if (str_equal(authority, str_from(entitled->names[i])))
			return true;
	/* Port 80 is not written. */
	if (str_ends(reached, STR(":80")) && str_equal(authority, (struct str){reached.p, reached.n - 3}))
		return true;
	if (!str_starts(authority, STR("localhost")))
		return false;
	port = (struct str){authority.p + 9, authority.n - 9};
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (str_starts(reached, loopback[i]) &&
			(port.n > 0 ? port.p[0] == ':' && str_ends(reached, port) : str_ends(reached, STR(":80"))))
			return true;
	return false;
}

static int check_time(const struct entitled *entitled, const struct signature_input *input, int64_t now, struct err *err)
{
	if (!input->has_created || !input->has_nonce || input->nonce.n == 0 || input->nonce.n > SIGNATURE_NONCE_MAX)
		return err_set(err, ERR_MISMATCH, "the signature must say when it was created, and have a nonce");
	if (input->created < now - SIGNATURE_WINDOW || input->created > now + SIGNATURE_WINDOW || input->expires < now)
		return err_set(err, ERR_MISMATCH,
			"the signature is not of these minutes: it says %" PRId64 ", and it is %" PRId64 " here; set the clocks",
			input->created, now);
	if (input->created < entitled->began)
		return err_set(err, ERR_MISMATCH, "the signature is older than this server; make the request again");
	return 0;
}

/* The key that keyid names among those who are entitled; NULL: none. */
static const struct vkey *find_key(const struct archive_entitled *keys, struct str keyid)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct str name = str_from(keys->keys[i].name), rest;
		char id[10];

		(void)snprintf(id, sizeof(id), "+%08" PRIx32, keys->keys[i].id);
		rest = (struct str){keyid.p + name.n, keyid.n - name.n};
		if (str_starts(keyid, name) && str_equal(rest, str_from(id)))
			return &keys->keys[i];
	}
	return NULL;
}

static int judge(struct entitled *entitled, struct archive *archive, struct http_request *request, const struct vkey *key,
	const struct signature_input *input, struct err *err)
{
	static const char *const methods[] = {[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_OTHER] = ""};
	struct signed_request what = {.method = str_from(methods[http_request_method(request)])};
	struct str signatures = STR(""), digest = STR(""), host = STR(""), target = http_request_target(request);
	struct buf authority = BUF_INIT;
	int64_t now = os_now();
	int result = -1;

	(void)http_request_header(request, "Signature", &signatures);
	(void)http_request_header(request, "Content-Digest", &digest);
	(void)http_request_header(request, "Host", &host);
	for (size_t i = 0; i < host.n; i++)
		buf_char(&authority, host.p[i] >= 'A' && host.p[i] <= 'Z' ? (char)(host.p[i] + 32) : host.p[i]);
	what.authority = buf_view(&authority);
	what.path = target;
	if (memchr(target.p, '?', target.n) != NULL)
		what.path.n = (size_t)((const char *)memchr(target.p, '?', target.n) - target.p);
	if (http_request_method(request) == HTTP_POST)
		what.body = http_request_body(request).p != NULL ? http_request_body(request) : STR("");
	if (signature_check(input, &what, signatures, digest, header_of, request, key->public_key, err) != 0 ||
		check_time(entitled, input, now, err) != 0)
		goto out;
	if (!is_ours(entitled, archive, request, what.authority)) {
		err_set(err, ERR_MISMATCH,
			"the request was signed for %.*s, and this server is not known to be that; its operator gives its name "
			"with "
			"serve --name",
			STR_ARG(what.authority));
		goto out;
	}
	result = remember(entitled, input, now, err);
out:
	buf_release(&authority);
	return result;
}

int entitled_judge(
	struct entitled *entitled, struct archive *archive, struct http_request *request, enum audience *audience, struct err *err)
{
	struct archive_entitled keys;
	struct signature_input input;
	const struct vkey *key;
	struct str header;
	int result = 0;

	*audience = AUDIENCE_PUBLIC;
	if (!http_request_header(request, "Signature-Input", &header) || signature_input_parse(&input, header, NULL) != 0 ||
		archive_entitled(archive, &keys, NULL) != 0)
		return 0;
	key = find_key(&keys, input.keyid);
	if (key != NULL) {
		result = judge(entitled, archive, request, key, &input, err);
		if (result == 0)
			*audience = AUDIENCE_KEEPER;
	}
	archive_entitled_release(&keys);
	return result;
}
