/* fuzz-links: tlog crypto base */
/* Notes, and the verifier keys of their lines; what parses is written again as the same bytes. */
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void check_note(struct str bytes)
{
	static struct note note;
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	if (note_parse(&note, bytes, &err) != 0) {
		need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		return;
	}
	need(note.count > 0 && note.count <= NOTE_SIGNATURES_MAX && note.text.n > 0 && note.text.p[note.text.n - 1] == '\n');
	buf_str(&again, note.text);
	buf_char(&again, '\n');
	for (size_t i = 0; i < note.count; i++) {
		const struct note_signature *signature = &note.signatures[i];
		struct vkey key = {
			.name = mem_dup(signature->name), .id = signature->id, .type = i % 2 ? NOTE_ED25519 : NOTE_COSIGNATURE_V1};
		uint64_t time;
		need(vkey_name_valid(signature->name));
		/* A key of that name and id exists, but not this one. */
		need(note_verify(&note, &key, &time, &err) == -1 && err.code == ERR_MISMATCH);
		vkey_release(&key);
		buf_text(&again, "\xe2\x80\x94 ");
		buf_str(&again, signature->name);
		buf_char(&again, ' ');
		buf_str(&again, signature->base64);
		buf_char(&again, '\n');
	}
	need(str_equal(buf_view(&again), bytes));
	buf_release(&again);
}

static void check_vkey(struct str bytes)
{
	struct vkey key;
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	if (vkey_parse(&key, bytes, &err) != 0) {
		need(key.name == NULL);
		return;
	}
	vkey_format(&again, &key);
	need(str_equal(buf_view(&again), bytes));
	vkey_release(&key);
	buf_release(&again);
}

/* The input's text signed by a key made here. */
static void check_signing(struct str text)
{
	static const unsigned char secret[ED25519_SECRET] = {1, 9, 2, 7};
	unsigned char public_key[ED25519_PUBLIC];
	static struct note note;
	struct vkey key;
	struct buf bytes = BUF_INIT;

	need(ed25519_public(secret, public_key, NULL) == 0);
	need(vkey_make(&key, STR("example.org/fuzz"), NOTE_ED25519, public_key, NULL) == 0);
	buf_str(&bytes, text);
	buf_char(&bytes, '\n');
	if (note_sign(&bytes, text, &key, secret, NULL) == 0) {
		need(note_parse(&note, buf_view(&bytes), NULL) == 0);
		need(str_equal(note.text, text) && note.count == 1 && note_verify(&note, &key, NULL, NULL) == 1);
	}
	vkey_release(&key);
	buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};

	check_note(bytes);
	check_vkey(bytes);
	if (size < 4096 && size % 8 == 0) /* signing is slow */
		check_signing(bytes);
	return 0;
}
