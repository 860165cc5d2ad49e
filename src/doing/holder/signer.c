/* Asking as somebody: the key that requests are signed with, and a client that does. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"

struct signer {
	bool signs;
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
};

int signer_open(struct signer **out, struct archive *archive, const char *file, struct err *err)
{
	struct signer *signer = mem_alloc(sizeof(*signer));
	int keys = archive != NULL ? archive_keys_fd(archive) : -1;

	*out = signer;
	if (file == NULL && (keys < 0 || os_exists(keys, REQUEST_KEY, NULL) != 1))
		return 0;
	if (keys_secret_read(file != NULL ? AT_FDCWD : keys, file != NULL ? file : REQUEST_KEY, NOTE_ED25519, NULL, &signer->key,
		    signer->secret, NULL, err) != 0) {
		signer_free(signer);
		*out = NULL;
		return err_note(err, "the key that requests are signed with");
	}
	signer->signs = true;
	return 0;
}

bool signer_signs(const struct signer *signer)
{
	return signer->signs;
}

void signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	mem_wipe(signer->secret, sizeof(signer->secret));
	vkey_release(&signer->key);
	free(signer);
}

static int sign(void *context, const struct http_fetch *fetch, struct buf *headers, struct err *err)
{
	const struct signer *signer = context;
	struct signed_request request = {.method = fetch->post ? STR("POST") : STR("GET")};
	struct buf authority = BUF_INIT;
	int result;

	http_url_parts(str_from(fetch->url), &authority, &request.path);
	request.authority = buf_view(&authority);
	if (fetch->post)
		request.body = fetch->body.p != NULL ? fetch->body : STR("");
	result = signature_make(headers, &request, &signer->key, signer->secret, os_now(), err);
	buf_release(&authority);
	return result;
}

int signer_client(struct http_client **client, struct signer *signer, const struct http_client_options *options, struct err *err)
{
	struct http_client_options signing = {.connect_seconds = 0};

	if (options != NULL)
		signing = *options;
	if (signer->signs) {
		signing.sign = sign;
		signing.sign_context = signer;
	}
	return http_client_open(client, &signing, err);
}

int request_key_make(int keys, struct buf *verifier, struct err *err)
{
	unsigned char secret[ED25519_SECRET], public_key[ED25519_PUBLIC], random[4];
	struct vkey key = {.name = NULL};
	struct buf name = BUF_INIT;
	int result = -1;

	random_bytes(random, sizeof(random));
	buf_text(&name, "holder-");
	buf_hex(&name, random, sizeof(random));
	if (ed25519_generate(secret, public_key, err) != 0 ||
		vkey_make(&key, buf_view(&name), NOTE_ED25519, public_key, err) != 0 ||
		keys_secret_write(keys, REQUEST_KEY, &key, secret, STR(""), err) != 0)
		goto out;
	vkey_format(verifier, &key);
	result = 0;
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	buf_release(&name);
	return result;
}
