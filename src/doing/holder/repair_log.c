/* Repair of the log's own files, which need no archive that can be written to: a damaged log cannot be opened for that.
 *
 * G1  A file of a holder's, or a mirror's, is put in the place of one that audit calls missing, altered or unreadable, and only that.
 * G2  Audit decides again: if it still complains of that file, the old one comes back. So nothing is believed but the signed root.
 * G3  What was damaged is kept below damaged/, under its own path with '-' for '/'. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"
#include "internal.h"

#define FILE_MAX_BYTES ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2)) /* an entry bundle; tiles are smaller */

/* Paths of damaged files below log/, one a line, each once. */
static void note_path(void *context, const struct finding *finding)
{
	struct buf *paths = context;
	struct str rest = buf_view(paths), line;

	if (!str_starts(finding->path, STR("log/tile/")) ||
		(finding->word != FINDING_MISSING && finding->word != FINDING_ALTERED && finding->word != FINDING_UNREADABLE))
		return;
	while (str_take_line(&rest, &line))
		if (str_equal(line, finding->path))
			return;
	buf_str(paths, finding->path);
	buf_char(paths, '\n');
}

static int look(const char *archive_path, struct buf *paths, struct err *err)
{
	struct audit_options audit = {.log_only = true, .report = note_path, .context = paths};
	struct audit_summary summary;
	struct archive *archive;
	int result;

	buf_clear(paths);
	if (archive_open(&archive, archive_path, ARCHIVE_AUDIT, NULL, NULL, err) != 0)
		return -1;
	result = archive_audit(archive, &audit, &summary, err);
	archive_close(archive);
	return result;
}

static bool has_line(const struct buf *lines, struct str wanted)
{
	struct str rest = buf_view(lines), line;

	while (str_take_line(&rest, &line))
		if (str_equal(line, wanted))
			return true;
	return false;
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

/* The file `path`, "log/tile/…", from this URL: 1 good, 0 not, -1. */
static int mend(const char *archive_path, int folder, const char *path, struct http_client *client, struct str url,
	struct buf *paths, struct err *err)
{
	struct http_fetch fetch = {.max = FILE_MAX_BYTES, .seconds = 300};
	struct buf at = BUF_INIT, kept = BUF_INIT, parent = BUF_INIT;
	struct str wanted = str_from(path);
	int result = -1;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	buf_str(&at, url);
	buf_text(&at, path + strlen("log"));
	fetch.url = at.p;
	if (http_fetch(client, &fetch, NULL) != 0 || fetch.status != 200) {
		result = os_check_interrupted(err) != 0 ? -1 : 0;
		goto out;
	}
	buf_add(&parent, path, (size_t)(strrchr(path, '/') - path));
	if (keep_old(folder, path, &kept, err) != 0 || os_mkdirs(folder, parent.p, err) != 0 ||
		os_replace(folder, path, buf_view(&fetch.answer), 0644, err) != 0 || look(archive_path, paths, err) != 0)
		goto out;
	result = has_line(paths, wanted) ? 0 : 1;
	if (result == 0 && kept.n > 0)
		result = os_rename_over(folder, kept.p, folder, path, err); /* G2 */
	else if (result == 0)
		result = os_unlink(folder, path, err);
out:
	buf_release(&fetch.answer);
	buf_release(&at);
	buf_release(&kept);
	buf_release(&parent);
	return result;
}

int holder_repair_log(const char *path, const struct holder_repair *options, struct holder_repaired *done, struct err *err)
{
	struct buf paths = BUF_INIT, wanted = BUF_INIT;
	struct http_client *client = NULL;
	struct str rest, line;
	int folder = -1, result = -1;

	memset(done, 0, sizeof(*done));
	if (look(path, &paths, err) != 0)
		goto out;
	buf_str(&wanted, buf_view(&paths));
	result = 0;
	if (wanted.n == 0)
		goto out;
	result = -1;
	for (size_t i = 0; i < options->url_count; i++)
		if (http_url_check(options->urls[i], err) != 0)
			goto out;
	folder = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (folder < 0 || http_client_open(&client, NULL, err) != 0)
		goto out;
	rest = buf_view(&wanted);
	while (str_take_line(&rest, &line)) {
		char *name = mem_dup(line);
		int got = 0;

		done->findings++;
		for (size_t i = 0; i < options->url_count && got == 0; i++)
			got = mend(path, folder, name, client, options->urls[i], &paths, err);
		free(name);
		if (got < 0)
			goto out;
		*(got == 1 ? &done->records : &done->failed) += 1;
		if (options->report != NULL)
			options->report(options->context, line, got == 1,
				got == 1 ? NULL : "nobody who was asked has it as the log's root wants it");
	}
	result = 0;
out:
	http_client_close(client);
	os_close(folder);
	buf_release(&paths);
	buf_release(&wanted);
	return result;
}
