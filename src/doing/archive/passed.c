/* What the catalogue cannot see by following the log: what comes late, or an expunge that was kept before and is followed now. It has passed the entry by.
 *
 * N1  The intent of a commit says what it brings of that (T11 in take.c). Once the renames and `held` are durable, and before the intent goes, the mark
 *     derived/passed stands, durable: a kill or a power loss leaves the intent, the mark, or a catalogue that has seen it.
 * N2  The mark is set and taken away under derived/lock alone, and a catalogue that is made anew for it is made from the `held` that is read after the lock is
 *     had: one that was begun from an older `held` cannot take the mark away that stands for the newer.
 * N3  It goes when the catalogue that has seen it is durable: SQLite in WAL mode syncs no commit, so that is done here before.
 * N4  What was fed from the catalogue goes with it: the index for search, which the next who feeds it makes anew. */
#include <fcntl.h>
#include <string.h>

#include "internal.h"

#define PASSED "derived/passed"
#define LOCK "derived/lock"

static const char *const words[] = {"", "expunged\n", "late\n"};

enum passed passed_stands(const struct archive *archive)
{
	struct buf text = BUF_INIT;
	enum passed passed = PASSED_NOTHING;

	if (os_exists(archive->dir, PASSED, NULL) != 1)
		return passed;
	/* What cannot be read costs a catalogue made anew, and no more. */
	(void)os_read_file(archive->dir, PASSED, 32, &text, NULL);
	passed = str_equal(buf_view(&text), str_from(words[PASSED_EXPUNGED])) ? PASSED_EXPUNGED : PASSED_LATE;
	buf_release(&text);
	return passed;
}

bool archive_catalogue_waits(const struct archive *archive)
{
	return passed_stands(archive) != PASSED_NOTHING;
}

int passed_mark(struct archive *archive, enum passed passed, struct err *err)
{
	int lock, result = -1;

	if (os_mkdir(archive->dir, "derived", err) != 0)
		return -1;
	lock = os_open(archive->dir, LOCK, O_RDWR | O_CREAT, 0644, err);
	if (lock < 0 || os_lock_wait(lock, true, LOCK, err) != 0)
		goto out;
	result = passed_stands(archive) >= passed ? 0 : os_replace(archive->dir, PASSED, str_from(words[passed]), 0644, err);
	if (result == 0)
		result = os_fsync_dir(archive->dir, "derived", err) != 0 ? -1 : os_fsync_dir(archive->dir, ".", err);
out:
	os_close(lock);
	return result;
}

int passed_seen(struct archive *archive, enum passed passed, struct err *err)
{
	int log;

	if (passed == PASSED_NOTHING)
		return 0;
	/* The database itself is not opened here: closing it would drop SQLite's locks. What was copied into it SQLite has synced. */
	log = os_open(archive->dir, "derived/catalogue.sqlite-wal", O_RDONLY, 0, NULL);
	if (log >= 0 && os_fsync(log, "derived/catalogue.sqlite-wal", err) != 0) {
		os_close(log);
		return -1;
	}
	os_close(log);
	if (os_fsync_dir(archive->dir, "derived", err) != 0 || (passed == PASSED_LATE && archive_forget_search(archive, err) != 0))
		return -1;
	return os_unlink(archive->dir, PASSED, err);
}
