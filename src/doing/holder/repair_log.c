/* Repair of the log's own files, which need no archive that can be written to: a damaged log cannot be opened for that.
 *
 * G1  A file of a holder's, or a mirror's, is put in the place of one that audit calls missing, altered or unreadable, and only that. An older partial tile,
 *     which nobody keeps who came later, is cut from a wider one: here, or theirs.
 * G2  Audit decides again: if it still complains of that file, the old one comes back. So nothing is believed but the signed root. Where many that are judged by
 *     each other are damaged, those of one source are put there together, and so judged.
 * G3  What was damaged is kept below damaged/, under its own path with '-' for '/', and the journal says what was done.
 * G4  The checkpoint comes first, since it says what the others must be: it must be signed by the log's key, and reach as far as that key is known to have
 *     signed. For one that reaches further its source's tiles are added to what is here, never put in its place, until it is judged. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"
#include "internal.h"

#define FILE_MAX_BYTES ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2)) /* an entry bundle; tiles are smaller */
#define CHECKPOINT "log/checkpoint"
#define ONE_BY_ONE 8 /* files */

struct mending {
	const char *archive;
	const struct holder_repair *options;
	struct holder_repaired *done;
	int folder;
	struct http_client *client;
	struct buf paths; /* that audit complains of by now, a line each */
};

static bool has_line(const struct buf *lines, struct str wanted)
{
	struct str rest = buf_view(lines), line;

	while (str_take_line(&rest, &line))
		if (str_equal(line, wanted))
			return true;
	return false;
}

/* Paths of damaged files below log/, one a line, each once. */
static void note_path(void *context, const struct finding *finding)
{
	struct buf *paths = context;

	if ((!str_starts(finding->path, STR("log/tile/")) && !str_equal(finding->path, STR(CHECKPOINT))) ||
		(finding->word != FINDING_MISSING && finding->word != FINDING_ALTERED && finding->word != FINDING_UNREADABLE) ||
		has_line(paths, finding->path))
		return;
	buf_str(paths, finding->path);
	buf_char(paths, '\n');
}

static int look(struct mending *mending, struct err *err)
{
	struct audit_options audit = {.log_only = true, .report = note_path, .context = &mending->paths};
	struct audit_summary summary;
	struct archive *archive;
	int result;

	buf_clear(&mending->paths);
	if (archive_open(&archive, mending->archive, ARCHIVE_AUDIT, NULL, NULL, err) != 0)
		return -1;
	result = archive_audit(archive, &audit, &summary, err);
	archive_close(archive);
	return result;
}

/* damaged/log-tile-… (G3); empty: there was no file. */
static int keep_old(int folder, const char *path, struct buf *kept, struct err *err)
{
	struct stat status;

	if (os_stat(folder, path, &status, NULL) != 0 || !S_ISREG(status.st_mode))
		return 0;
	buf_text(kept, "damaged/");
	for (const char *p = path; *p != '\0'; p++)
		buf_char(kept, *p == '/' ? '-' : *p);
	if (os_mkdir(folder, "damaged", err) != 0)
		return -1;
	(void)os_unlink(folder, kept->p, NULL);
	return os_link(folder, path, folder, kept->p, err);
}

/* Puts back what keep_old kept, or takes away what had no forerunner. */
static int put_back(struct mending *mending, const char *path, const struct buf *kept, struct err *err)
{
	return kept->n > 0 ? os_rename_over(mending->folder, kept->p, mending->folder, path, err)
			   : os_unlink(mending->folder, path, err);
}

static int put(struct mending *mending, const char *path, struct str bytes, struct buf *kept, struct err *err)
{
	struct buf parent = BUF_INIT;
	int result = -1;

	buf_add(&parent, path, (size_t)(strrchr(path, '/') - path));
	buf_clear(kept);
	if (keep_old(mending->folder, path, kept, err) == 0 && os_mkdirs(mending->folder, parent.p, err) == 0)
		result = os_replace(mending->folder, path, bytes, 0644, err);
	buf_release(&parent);
	return result;
}

/* What lies at `path`, "log/…", of this URL: 1; 0 it does not; -1 a signal. */
static int fetch(struct mending *mending, struct str url, const char *path, struct buf *out, struct err *err)
{
	struct http_fetch fetch = {.max = FILE_MAX_BYTES, .seconds = 300};
	struct buf at = BUF_INIT;
	int result = 0;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	buf_str(&at, url);
	buf_text(&at, path + strlen("log"));
	fetch.url = at.p;
	buf_clear(out);
	if (http_fetch(mending->client, &fetch, NULL) == 0 && fetch.status == 200) {
		buf_str(out, buf_view(&fetch.answer));
		result = 1;
	} else if (os_check_interrupted(err) != 0) {
		result = -1;
	}
	buf_release(&fetch.answer);
	buf_release(&at);
	return result;
}

static void note_mended(struct mending *mending, const char *path, struct str from)
{
	struct buf text = BUF_INIT;
	char time[TIME_TEXT];

	time_format(os_now(), time);
	buf_printf(&text, "%s repaired %s from ", time, path);
	buf_str(&text, from);
	buf_char(&text, '\n');
	(void)archive_journal(mending->folder, buf_view(&text), NULL);
	buf_release(&text);
}

/* ---- tiles and bundles ------------------------------------------------------------------------------------------------------------ */

/* These bytes in the place of the file: 1 audit no longer complains of it; 0 it does, and the old one is back; -1. */
static int try_bytes(struct mending *mending, const char *path, struct str bytes, struct err *err)
{
	struct buf kept = BUF_INIT;
	int result = -1;

	if (put(mending, path, bytes, &kept, err) != 0 || look(mending, err) != 0)
		goto out;
	result = 1;
	if (has_line(&mending->paths, str_from(path)))
		result = put_back(mending, path, &kept, err); /* G2 */
out:
	buf_release(&kept);
	return result;
}

/* Cuts the bytes of a wider tile to `width`; false: there is not so much in them. */
static bool cut(struct buf *bytes, int level, unsigned width)
{
	struct str rest = buf_view(bytes), entry;

	if (level != TILE_ENTRIES) {
		if (bytes->n < width * sizeof(struct hash))
			return false;
		bytes->n = width * sizeof(struct hash);
		return true;
	}
	for (unsigned i = 0; i < width; i++)
		if (bundle_next(&rest, &entry, NULL) != 1)
			return false;
	bytes->n -= rest.n;
	return true;
}

/* A partial tile from a wider one, the nearest first: of `url`, or with an empty one what lies here. */
static int mend_from_wider(struct mending *mending, const char *path, struct str url, struct err *err)
{
	struct buf bytes = BUF_INIT;
	struct tile tile;
	int result = 0;

	if (tile_path_parse(&tile, str_from(path + strlen("log/")), NULL) != 0)
		return 0;
	for (unsigned width = tile.width + 1; result == 0 && width <= TILE_WIDTH; width++) {
		struct tile wider = {.level = tile.level, .index = tile.index, .width = width};
		char name[4 + TILE_PATH_MAX] = "log/";
		int got;

		(void)tile_path(name + 4, &wider);
		if (url.n > 0) {
			got = fetch(mending, url, name, &bytes, err);
		} else {
			buf_clear(&bytes);
			got = os_read_file(mending->folder, name, FILE_MAX_BYTES, &bytes, NULL) == 0;
		}
		result = got == 1 && cut(&bytes, tile.level, tile.width) ? try_bytes(mending, path, buf_view(&bytes), err)
			 : got < 0                                       ? -1
									 : 0;
	}
	buf_release(&bytes);
	return result;
}

/* From anybody: 1 good, 0 not, -1. */
static int mend_file(struct mending *mending, const char *path, struct err *err)
{
	const struct holder_repair *options = mending->options;
	struct buf bytes = BUF_INIT;
	int result = mend_from_wider(mending, path, STR(""), err);

	if (result == 1)
		note_mended(mending, path, STR("a wider tile"));
	for (size_t i = 0; result == 0 && i < options->url_count; i++) {
		result = fetch(mending, options->urls[i], path, &bytes, err);
		if (result == 1)
			result = try_bytes(mending, path, buf_view(&bytes), err);
		if (result == 0)
			result = mend_from_wider(mending, path, options->urls[i], err);
		if (result == 1)
			note_mended(mending, path, options->urls[i]);
	}
	buf_release(&bytes);
	return result;
}

static void report(struct mending *mending, struct str path, bool mended, const char *why)
{
	*(mended ? &mending->done->records : &mending->done->failed) += 1;
	if (mending->options->report != NULL)
		mending->options->report(mending->options->context, path, mended, mended ? NULL : why);
}

/* One try of each that audit complains of. *mended: how many; they are told. */
static int mend_once(struct mending *mending, size_t *mended, struct err *err)
{
	struct buf wanted = BUF_INIT;
	struct str rest, line;
	int result = 0;

	*mended = 0;
	buf_str(&wanted, buf_view(&mending->paths));
	rest = buf_view(&wanted);
	while (result == 0 && str_take_line(&rest, &line)) {
		char *name;
		int got;

		/* One that was mended may have been all that was wrong with another. */
		if (str_equal(line, STR(CHECKPOINT)) || !has_line(&mending->paths, line))
			continue;
		name = mem_dup(line);
		got = mend_file(mending, name, err);
		free(name);
		if (got == 1) {
			mending->done->findings++;
			report(mending, line, true, NULL);
			(*mended)++;
		}
		result = got < 0 ? -1 : 0;
	}
	buf_release(&wanted);
	return result;
}

/* ---- many at once ---------------------------------------------------------------------------------------------------------------- */

/* A file that a source's stands in the place of. */
struct placed {
	char *path;
	struct buf kept; /* as keep_old says */
	bool stays;
};

/* What the source has of this file, or a wider one of it cut: 1, 0, -1. */
static int fetch_or_cut(struct mending *mending, struct str url, const char *path, struct buf *bytes, struct err *err)
{
	int got = fetch(mending, url, path, bytes, err);
	struct tile tile;

	if (got != 0 || tile_path_parse(&tile, str_from(path + strlen("log/")), NULL) != 0)
		return got;
	for (unsigned width = tile.width + 1; got == 0 && width <= TILE_WIDTH; width++) {
		struct tile wider = {.level = tile.level, .index = tile.index, .width = width};
		char name[4 + TILE_PATH_MAX] = "log/";

		(void)tile_path(name + 4, &wider);
		got = fetch(mending, url, name, bytes, err);
		if (got == 1 && !cut(bytes, tile.level, tile.width))
			got = 0;
	}
	return got;
}

/* All that audit complains of, of one source: -1, or *placed and *count. */
static int place_all(struct mending *mending, struct str url, struct placed **placed, size_t *count, struct err *err)
{
	struct str rest = buf_view(&mending->paths), line;
	struct buf bytes = BUF_INIT;
	size_t capacity = 0;
	int got = 0;

	while (got >= 0 && str_take_line(&rest, &line)) {
		struct placed *one;

		if (str_equal(line, STR(CHECKPOINT)))
			continue;
		if (*count == capacity) {
			capacity = capacity == 0 ? 16 : capacity * 2;
			*placed = mem_grow(*placed, capacity, sizeof(**placed));
		}
		one = &(*placed)[*count];
		*one = (struct placed){.path = mem_dup(line), .kept = BUF_INIT};
		(*count)++;
		got = fetch_or_cut(mending, url, one->path, &bytes, err);
		if (got == 1)
			got = put(mending, one->path, buf_view(&bytes), &one->kept, err);
		else if (got == 0) {
			free(one->path);
			(*count)--;
			continue;
		}
		one->stays = got == 0;
	}
	buf_release(&bytes);
	return got < 0 ? -1 : 0;
}

/* Puts back those that audit complains of still (G2), until it complains of none. */
static int judge_all(struct mending *mending, struct placed *placed, size_t count, struct err *err)
{
	bool changed = true;

	while (changed) {
		if (look(mending, err) != 0)
			return -1;
		changed = false;
		for (size_t i = 0; i < count; i++) {
			if (!placed[i].stays || !has_line(&mending->paths, str_from(placed[i].path)))
				continue;
			if (put_back(mending, placed[i].path, &placed[i].kept, err) != 0)
				return -1;
			placed[i].stays = false;
			changed = true;
		}
	}
	return 0;
}

/* Tiles are judged by each other: where a whole branch of them is gone, no one of them can be told to be right before the others are here. Of one source they are
 * tried together. */
static int mend_together(struct mending *mending, size_t *mended, struct err *err)
{
	const struct holder_repair *options = mending->options;
	int result = 0;

	*mended = 0;
	for (size_t k = 0; result == 0 && *mended == 0 && k < options->url_count; k++) {
		struct placed *placed = NULL;
		size_t count = 0;

		if (place_all(mending, options->urls[k], &placed, &count, err) != 0 || judge_all(mending, placed, count, err) != 0)
			result = -1;
		for (size_t i = 0; i < count; i++) {
			if (result == 0 && placed[i].stays) {
				note_mended(mending, placed[i].path, options->urls[k]);
				mending->done->findings++;
				report(mending, str_from(placed[i].path), true, NULL);
				(*mended)++;
			}
			free(placed[i].path);
			buf_release(&placed[i].kept);
		}
		free(placed);
	}
	return result;
}

static size_t files_in(const struct buf *paths)
{
	size_t count = 0;

	for (size_t i = 0; i < paths->n; i++)
		count += paths->p[i] == '\n';
	return count;
}

/* All files that audit complains of, the checkpoint excepted: many together; then one by one, as long as that mends some; then together. */
static int mend_files(struct mending *mending, struct err *err)
{
	struct str rest, line;
	size_t mended;

	/* An audit for each would cost the square of a log whose tiles are lost. */
	if (files_in(&mending->paths) > ONE_BY_ONE && mend_together(mending, &mended, err) != 0)
		return -1;
	do {
		if (mend_once(mending, &mended, err) != 0)
			return -1;
		if (mended == 0 && mending->paths.n > 0 && mend_together(mending, &mended, err) != 0)
			return -1;
	} while (mended > 0 && mending->paths.n > 0);
	rest = buf_view(&mending->paths);
	while (str_take_line(&rest, &line))
		if (!str_equal(line, STR(CHECKPOINT))) {
			mending->done->findings++;
			report(mending, line, false, "nobody who was asked has it as the log's root wants it");
		}
	return 0;
}

/* ---- the checkpoint --------------------------------------------------------------------------------------------------------------- */

/* What the source's checkpoint needs and is not here at all; names go to *added, a line each. Nothing is replaced. */
static int add_missing(struct mending *mending, struct str url, struct buf *added, struct err *err)
{
	struct str rest = buf_view(&mending->paths), line;
	struct buf bytes = BUF_INIT, kept = BUF_INIT;
	int got = 0;

	while (got >= 0 && str_take_line(&rest, &line)) {
		char *name = mem_dup(line);

		if (os_exists(mending->folder, name, NULL) == 0)
			got = fetch(mending, url, name, &bytes, err);
		else
			got = 0;
		if (got == 1) {
			got = put(mending, name, buf_view(&bytes), &kept, err);
			buf_str(added, line);
			buf_char(added, '\n');
		}
		free(name);
	}
	buf_release(&bytes);
	buf_release(&kept);
	return got < 0 ? -1 : look(mending, err);
}

static int take_away(struct mending *mending, const struct buf *added, struct err *err)
{
	struct str rest = buf_view(added), line;
	int result = 0;

	while (result == 0 && str_take_line(&rest, &line)) {
		char *name = mem_dup(line);

		result = os_unlink(mending->folder, name, err);
		free(name);
	}
	return result;
}

/* This URL's in the place of the one here: 1; 0: it is not what audit wants, and all is as it was; -1. */
static int try_checkpoint(struct mending *mending, struct str url, struct err *err)
{
	struct buf bytes = BUF_INIT, kept = BUF_INIT, added = BUF_INIT;
	int result = fetch(mending, url, CHECKPOINT, &bytes, err);

	if (result != 1)
		goto out;
	result = -1;
	if (put(mending, CHECKPOINT, buf_view(&bytes), &kept, err) != 0 || look(mending, err) != 0)
		goto out;
	if (has_line(&mending->paths, STR(CHECKPOINT)) && add_missing(mending, url, &added, err) != 0)
		goto out;
	result = 1;
	if (!has_line(&mending->paths, STR(CHECKPOINT)))
		note_mended(mending, CHECKPOINT, url);
	else if (put_back(mending, CHECKPOINT, &kept, err) != 0 || take_away(mending, &added, err) != 0)
		result = -1;
	else
		result = 0;
out:
	buf_release(&bytes);
	buf_release(&kept);
	buf_release(&added);
	return result;
}

static int mend_checkpoint(struct mending *mending, struct err *err)
{
	int got = 0;

	mending->done->findings++;
	for (size_t i = 0; got == 0 && i < mending->options->url_count; i++)
		got = try_checkpoint(mending, mending->options->urls[i], err);
	if (got < 0)
		return -1;
	report(mending, STR(CHECKPOINT), got == 1,
		"nobody who was asked shows one that the log's key has signed and that goes as far as this log went");
	return look(mending, err);
}

int holder_repair_log(const char *path, const struct holder_repair *options, struct holder_repaired *done, struct err *err)
{
	struct mending mending = {.archive = path, .options = options, .done = done, .folder = -1};
	int result = -1;

	memset(done, 0, sizeof(*done));
	if (look(&mending, err) != 0)
		goto out;
	if (mending.paths.n == 0) {
		result = 0;
		goto out;
	}
	for (size_t i = 0; i < options->url_count; i++)
		if (http_url_check(options->urls[i], err) != 0)
			goto out;
	mending.folder = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (mending.folder < 0 || http_client_open(&mending.client, NULL, err) != 0)
		goto out;
	if (has_line(&mending.paths, STR(CHECKPOINT)) && mend_checkpoint(&mending, err) != 0)
		goto out;
	result = mend_files(&mending, err);
out:
	http_client_close(mending.client);
	os_close(mending.folder);
	buf_release(&mending.paths);
	return result;
}
