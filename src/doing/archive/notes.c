/* Notes: the free text of an access or expunge entry. Only a salted commitment is logged; the text lies in the record's logs/ folder,
 * where it can be forgotten, since a log cannot forget a name (P7). */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "internal.h"

#define NOTE_SALT 32

void note_file_name(char out[48], uint64_t index)
{
	(void)snprintf(out, 48, "note-%" PRIu64 ".json", index);
}

static void write(struct buf *out, const unsigned char salt[NOTE_SALT], struct str text)
{
	buf_text(out, "{\"photostat\":\"note/v1\",\"salt\":\"");
	buf_hex(out, salt, NOTE_SALT);
	buf_text(out, "\",\"text\":");
	buf_json(out, text);
	buf_text(out, "}\n");
}

void note_make(struct buf *out, struct str text, struct hash *commitment)
{
	unsigned char salt[NOTE_SALT];

	random_bytes(salt, sizeof(salt));
	entry_note_commit(salt, text, commitment);
	write(out, salt, text);
}

void note_gone(struct buf *out, uint64_t index)
{
	buf_printf(out, "{\"photostat\":\"note/v1\",\"expunged\":%" PRIu64 "}\n", index);
}

int note_read(struct str json, struct buf *text, struct hash *commitment, struct err *err)
{
	json_t *root = json_loadb(json.p == NULL ? "" : json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	const char *salt_text = json_string_value(json_object_get(root, "salt"));
	json_t *value = json_object_get(root, "text");
	struct buf again = BUF_INIT;
	unsigned char salt[NOTE_SALT];
	int result = -1;

	if (salt_text == NULL || !json_is_string(value) || !hex_decode(str_from(salt_text), salt, sizeof(salt))) {
		err_set(err, ERR_SYNTAX, "it is not a note with its salt");
		goto out;
	}
	buf_add(text, json_string_value(value), json_string_length(value));
	entry_note_commit(salt, buf_view(text), commitment);
	write(&again, salt, buf_view(text));
	result = str_equal(buf_view(&again), json) ? 0 : err_set(err, ERR_MISMATCH, "it is not written as it was");
out:
	buf_release(&again);
	json_decref(root);
	return result;
}
