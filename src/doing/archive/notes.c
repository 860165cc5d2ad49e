/* Notes: the free text of an access or expunge entry. Only a salted commitment is logged; the text lies in the record's logs/ folder,
 * where it can be forgotten, since a log cannot forget a name (P7). */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "take.h"

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

/* ---- for holders who are entitled ------------------------------------------------------------------------------------------------- */

static int entry_with_note(
	struct archive *archive, uint64_t index, struct buf *text, struct arena *arena, struct entry *entry, struct err *err)
{
	if (log_entry(archive->log, index, text, err) != 0 || entry_parse(entry, buf_view(text), arena, err) != 0)
		return -1;
	if (!entry->has_note)
		return err_set(err, ERR_NOT_FOUND, "entry %" PRIu64 " has no note", index);
	return 0;
}

/* The note that the entry commits to, or the word that an expunge of the same record took it. */
static int check(struct archive *archive, const struct entry *entry, uint64_t index, struct str json, struct err *err)
{
	const struct str gone_begins = STR("{\"photostat\":\"note/v1\",\"expunged\":");
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct str rest, number;
	struct entry taker;
	struct hash commitment;
	uint64_t by;
	int result = -1;

	if (note_read(json, &text, &commitment, NULL) == 0 && hash_equal(&commitment, &entry->note)) {
		result = 0;
		goto out;
	}
	if (str_starts(json, gone_begins)) {
		rest = (struct str){json.p + gone_begins.n, json.n - gone_begins.n};
		buf_clear(&text);
		if (str_take_until(&rest, '}', &number) && decimal_parse(number, UINT64_MAX, &by) && by > index) {
			note_gone(&again, by);
			if (str_equal(buf_view(&again), json) && log_entry(archive->log, by, &text, NULL) == 0 &&
				entry_parse(&taker, buf_view(&text), &arena, NULL) == 0 && taker.kind == ENTRY_EXPUNGE &&
				str_equal(taker.record, entry->record))
				result = 0;
		}
	}
	if (result != 0)
		err_set(err, ERR_MISMATCH, "the note of entry %" PRIu64 " is not what the log committed to", index);
out:
	arena_release(&arena);
	buf_release(&text);
	buf_release(&again);
	return result;
}

static int note_path(const struct entry *entry, uint64_t index, char path[STORE_PATH_MAX], struct err *err)
{
	char name[48];
	size_t n;

	if (store_object_path(entry->record, path, err) != 0)
		return -1;
	note_file_name(name, index);
	n = strlen(path);
	(void)snprintf(path + n, STORE_PATH_MAX - n, "/logs/%s", name);
	return 0;
}

int archive_note(struct archive *archive, uint64_t index, struct buf *out, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	char path[STORE_PATH_MAX];
	struct entry entry;
	int result = -1;

	if (entry_with_note(archive, index, &text, &arena, &entry, err) == 0 && note_path(&entry, index, path, err) == 0 &&
		os_read_file(store_fd(archive->store), path, NOTE_FILE_MAX, out, err) == 0)
		result = check(archive, &entry, index, buf_view(out), err);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int archive_note_lacks(struct archive *archive, uint64_t index, bool *lacks, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	char path[STORE_PATH_MAX], object[STORE_PATH_MAX];
	struct entry entry;
	int result = -1;

	*lacks = false;
	if (entry_with_note(archive, index, &text, &arena, &entry, err) != 0 || note_path(&entry, index, path, err) != 0 ||
		store_object_path(entry.record, object, err) != 0)
		goto out;
	*lacks = os_exists(store_fd(archive->store), object, NULL) == 1 && os_exists(store_fd(archive->store), path, NULL) != 1;
	result = 0;
out:
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int take_note(struct take *take, uint64_t index, struct str json, struct err *err)
{
	struct archive *archive = take->archive;
	struct arena arena = ARENA_INIT;
	struct os_batch *batch = NULL;
	struct buf text = BUF_INIT;
	struct entry entry;
	char name[48];
	int result = -1;

	note_file_name(name, index);
	if (entry_with_note(archive, index, &text, &arena, &entry, err) == 0 && check(archive, &entry, index, json, err) == 0 &&
		os_batch_open(&batch, archive->dir, err) == 0 &&
		store_put_log_file(archive->store, entry.record, name, json, batch, err) == 0)
		result = os_batch_sync(batch, err);
	os_batch_free(batch);
	arena_release(&arena);
	buf_release(&text);
	return result;
}
