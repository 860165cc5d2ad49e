/* What targets share that ask the reading room as programs do: a desk at a small archive with something open, closed, under embargo and expunged, and what must hold of
 * every answer. */
#ifndef PHOTOSTAT_FUZZ_DESK_H
#define PHOTOSTAT_FUZZ_DESK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "room/internal.h"
#include "room/machines.h"

#define ORIGIN "example.org/fuzz"
#define SECRET "Quisquilia" /* in what is not open, and in nothing that is asked for by name */

static char desk_folder[64];

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

static inline void require_done(int result, const struct err *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "the archive cannot be made: %s\n", err->text);
	abort();
}

static inline void desk_remove(void)
{
	(void)os_remove_tree(AT_FDCWD, desk_folder, NULL);
}

static inline void desk_keep(
	struct archive *archive, const char *name, const char *title, const char *part, enum access_state state)
{
	char path[128], title_meta[64], part_meta[128];
	const char *paths[] = {path};
	struct str meta[2];
	struct deposit_summary summary;
	struct err err = ERR_INIT;

	(void)snprintf(path, sizeof(path), "%s/%s.txt", desk_folder, name);
	(void)snprintf(title_meta, sizeof(title_meta), "title=%s", title);
	(void)snprintf(part_meta, sizeof(part_meta), "isPartOf=https://" ORIGIN "/r/%s", part);
	meta[0] = str_from(title_meta);
	meta[1] = str_from(part_meta);
	const struct deposit_options options = {
		.paths = paths, .path_count = 1, .id = str_from(name), .meta = meta, .meta_count = part[0] != '\0' ? 2 : 1};

	require(os_write_new(AT_FDCWD, path, str_from(name), 0644, NULL) == 0);
	require_done(archive_deposit(archive, &options, &summary, &err), &err);
	require(summary.kept == 1);
	if (state != ACCESS_OPEN) {
		struct archive_done done = {.version = 0};
		char id[128];
		struct withdrawal withdrawal = {.access = state, .authority = STR("the keeper"), .reason = STR("privacy")};

		(void)snprintf(id, sizeof(id), "https://" ORIGIN "/r/%s", name);
		withdrawal.id = str_from(id);
		if (state == ACCESS_EMBARGO)
			memcpy(withdrawal.until, "2999-01-01", 11);
		require_done(archive_access(archive, &withdrawal, &done, &err), &err);
		archive_done_release(&done);
	}
}

static inline struct desk *desk_of_archive(void)
{
	static struct desk desk;
	struct archive_made made;
	struct archive *archive;
	struct archive_done done = {.version = 0};
	struct err err = ERR_INIT;
	char path[80];

	if (desk.archive != NULL)
		return &desk;
	(void)snprintf(desk_folder, sizeof(desk_folder), "/tmp/photostat-fuzz-XXXXXX");
	require(mkdtemp(desk_folder) != NULL && atexit(desk_remove) == 0);
	(void)snprintf(path, sizeof(path), "%s/a", desk_folder);
	const struct archive_init init = {
		.path = path, .origin = STR(ORIGIN), .title = STR("Fuzz & <Sons>"), .digest = DIGEST_SHA256};
	require_done(archive_init(&init, &made, &err), &err);
	archive_made_release(&made);
	require_done(archive_open(&archive, path, ARCHIVE_WRITE, NULL, NULL, &err), &err);
	desk_keep(archive, "fonds", "The <fonds>", "", ACCESS_OPEN);
	desk_keep(archive, "one", "One", "fonds", ACCESS_OPEN);
	desk_keep(archive, "two", "Two", "fonds", ACCESS_OPEN);
	desk_keep(archive, "later", SECRET, "fonds", ACCESS_EMBARGO);
	desk_keep(archive, "hidden", SECRET, "fonds", ACCESS_CLOSED);
	desk_keep(archive, "gone", SECRET, "fonds", ACCESS_OPEN);
	const struct withdrawal gone = {
		.id = STR("https://" ORIGIN "/r/gone"), .authority = STR("a court"), .reason = STR("order")};
	require_done(archive_expunge(archive, &gone, &done, &err), &err);
	archive_done_release(&done);
	archive_close(archive);
	require_done(archive_open(&desk.archive, path, ARCHIVE_READ, NULL, NULL, &err), &err);
	require_done(archive_catalogue(desk.archive, &desk.catalogue, false, NULL, NULL, &err), &err);
	return &desk;
}

/* P6, P7. An answer may hold what was asked for, which may itself name anything. */
static inline void desk_tells_nothing(const struct buf *out, struct str asked)
{
	require(!out->failed && out->n < ((size_t)1 << 20));
	require(memmem(out->p, out->n, SECRET, strlen(SECRET)) == NULL ||
		(asked.n > 0 && memmem(asked.p, asked.n, "uisquilia", 9) != NULL));
}

#endif
