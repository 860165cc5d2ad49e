/* What the entries of one record say that must be there: the first half of its audit. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define PIECE (256u << 10)

void audit_find(
	struct object_check *check, enum finding_word word, uint64_t version, const char *path, const char *next, const char *what)
{
	struct buf full = BUF_INIT;

	buf_text(&full, "records/");
	buf_text(&full, check->folder);
	if (path[0] != '\0') {
		buf_char(&full, '/');
		buf_text(&full, path);
	}
	findings_add(&check->findings, word, check->id, version, buf_view(&full), next, "%s", what);
	buf_release(&full);
}

static void take_version_row(struct object_check *check, const struct audit_row *row)
{
	struct object_version_check *slot;
	char what[160];

	if (row->version <= check->version_count) {
		(void)snprintf(what, sizeof(what), "entry %" PRIu64 " is a second entry for version %" PRIu64 "; the first stands",
			audit_row_index(row), row->version);
		audit_find(check, FINDING_EXTRA, row->version, "",
			"ask the keeper of the log for the reason; receipts of the first entry stay good", what);
		return;
	}
	if (row->version != check->version_count + 1) {
		(void)snprintf(what, sizeof(what), "the log has version %" PRIu64 " without one before it", row->version);
		if (!check->audit->entries_lost)
			audit_find(check, FINDING_MISSING, row->version, "", "compare the log with a holder", what);
		return;
	}
	slot = &check->versions[check->version_count++];
	slot->inventory.alg = (enum digest_alg)row->alg;
	memcpy(slot->inventory.bytes, row->inventory, DIGEST_MAX);
	slot->contents = row->contents;
	slot->index = audit_row_index(row);
	slot->time = row->time;
}

/* Access and expunge entries are rare: their text is read again. */
static void take_other_row(struct object_check *check, const struct audit_row *row)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;

	(void)pthread_mutex_lock(&check->audit->lock);
	if (log_entry(check->audit->archive->log, audit_row_index(row), &text, NULL) != 0)
		buf_clear(&text);
	(void)pthread_mutex_unlock(&check->audit->lock);
	if (text.n == 0 || entry_parse(&entry, buf_view(&text), &arena, NULL) != 0) {
		check->entries_unread = true; /* told with the log */
		goto out;
	}
	if (entry.has_note) {
		check->notes[check->note_count] = audit_row_index(row);
		check->note_hashes[check->note_count++] = entry.note;
	}
	for (size_t i = 0; entry.kind == ENTRY_EXPUNGE && i < entry.rewritten_count; i++) {
		uint64_t version = entry.rewritten[i].version;

		if (version == 0 || version > check->version_count)
			continue;
		check->versions[version - 1].inventory = entry.rewritten[i].inventory;
		check->versions[version - 1].rewritten = true;
	}
	for (size_t i = 0; entry.kind == ENTRY_EXPUNGE && i < entry.leaf_count; i++)
		if (entry.leaves[i].version > 0 && entry.leaves[i].version <= check->version_count)
			check->versions[entry.leaves[i].version - 1].expunged = true;
	if (entry.kind == ENTRY_EXPUNGE) {
		check->expunges[check->expunge_count++] = audit_row_index(row);
		char what[320], time[TIME_TEXT];

		time_format(entry.time, time);
		(void)snprintf(what, sizeof(what), "something was expunged on %.10s by %.*s (%.*s), entry %" PRIu64, time,
			STR_ARG(entry.authority), STR_ARG(entry.reason), audit_row_index(row));
		audit_find(
			check, FINDING_EXPUNGED, 0, "", "nothing to do: the log says so, and what remains is still proven", what);
	}
out:
	arena_release(&arena);
	buf_release(&text);
}

/* What this expunge entry makes of the newest version's inventory, if anything. */
static bool rewrites_newest(struct object_check *check, const struct audit_row *row, struct digest *inventory)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	bool found = false;

	(void)pthread_mutex_lock(&check->audit->lock);
	if (log_entry(check->audit->archive->log, audit_row_index(row), &text, NULL) != 0)
		buf_clear(&text);
	(void)pthread_mutex_unlock(&check->audit->lock);
	if (text.n > 0 && entry_parse(&entry, buf_view(&text), &arena, NULL) == 0)
		for (size_t i = 0; i < entry.rewritten_count; i++)
			if (entry.rewritten[i].version == check->version_count) {
				*inventory = entry.rewritten[i].inventory;
				found = true;
			}
	arena_release(&arena);
	buf_release(&text);
	return found;
}

static bool hash_inventory(struct object_check *check, struct digest *digest)
{
	struct hasher *hasher = hasher_new(archive_digest(check->audit->archive));
	unsigned char *piece = mem_grow(NULL, PIECE, 1);
	char path[STORE_PATH_MAX + 32];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" OCFL_INVENTORY, check->folder);
	fd = os_open(store_fd(check->audit->archive->store), path, O_RDONLY | O_NONBLOCK, 0, NULL);
	hasher_begin(hasher);
	while (fd >= 0 && (n = os_read(fd, piece, PIECE, path, NULL)) > 0)
		hasher_add(hasher, piece, (size_t)n);
	hasher_end(hasher, digest);
	os_close(fd);
	free(piece);
	hasher_free(hasher);
	return n == 0;
}

/* Of a holder: a record is rebuilt once for all of its expunges that are followed, with the first of them. Until the last of them is known here, too, it is what the log
 * says of it a little later, and that is no damage. */
static void take_rows_ahead(struct object_check *check)
{
	uint64_t known = archive_known(check->audit->archive);
	struct digest now, then;
	bool hashed = false;

	if (check->version_count == 0 || !archive_is_holder(check->audit->archive))
		return;
	for (size_t i = 0; i < check->row_count; i++) {
		const struct audit_row *row = &check->rows[i];

		if (row->kind != ENTRY_EXPUNGE || row->not_held == 0 || audit_row_index(row) < known ||
			!rewrites_newest(check, row, &then))
			continue;
		if (!hashed && !hash_inventory(check, &now))
			return;
		hashed = true;
		if (!digest_equal(&now, &then))
			continue;
		for (size_t k = 0; k <= i; k++)
			if (check->rows[k].kind == ENTRY_EXPUNGE && audit_row_index(&check->rows[k]) >= known)
				take_other_row(check, &check->rows[k]);
		return;
	}
}

void audit_take_rows(struct object_check *check)
{
	uint64_t before = ENTRY_NONE;
	bool behind = false;
	char what[160];

	check->versions = mem_array(check->row_count, sizeof(*check->versions));
	check->notes = mem_array(check->row_count, sizeof(*check->notes));
	check->note_hashes = mem_array(check->row_count, sizeof(*check->note_hashes));
	check->expunges = mem_array(check->row_count, sizeof(*check->expunges));
	for (size_t i = 0; i < check->row_count; i++) {
		const struct audit_row *row = &check->rows[i];

		if (row->previous != before && !check->audit->entries_lost) {
			(void)snprintf(what, sizeof(what), "entry %" PRIu64 " does not name the record's entry before it",
				audit_row_index(row));
			audit_find(check, FINDING_ALTERED, row->version, "", "compare the log with a holder", what);
		}
		before = audit_row_index(row);
		/* Of a holder: versions behind one that it does not have stand on nothing, and an expunge that it does not follow changed nothing. */
		behind = behind || (row->not_held != 0 && row->kind == ENTRY_VERSION);
		if (behind || row->not_held != 0)
			continue;
		if (row->kind == ENTRY_VERSION)
			take_version_row(check, row);
		else
			take_other_row(check, row);
	}
	take_rows_ahead(check);
}
