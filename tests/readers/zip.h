/* Zip files made by the tests. */
#ifndef READERS_TEST_ZIP_H
#define READERS_TEST_ZIP_H

#include "support.h"

#include <archive.h>
#include <archive_entry.h>

#define ZIP_BYTES_MAX (16u << 20)

struct zip_member {
	const char *name;
	const char *text;
};

/* To be released. A member's size is that of its text, or `size` repetitions of its first character if that is not 0. */
static inline void zip_begin(struct archive **archive, struct buf *out, size_t *used)
{
	assert_non_null(buf_reserve(out, ZIP_BYTES_MAX));
	*archive = archive_write_new();
	assert_int_equal(archive_write_set_format_zip(*archive), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(*archive, out->p, ZIP_BYTES_MAX, used), ARCHIVE_OK);
}

static inline void zip_header(struct archive *archive, const char *name, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	archive_entry_free(entry);
}

static inline void zip_end(struct archive *archive, struct buf *out, const size_t *used)
{
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
	out->n = *used;
}

static inline struct buf zip_of(const struct zip_member *members, size_t count)
{
	struct buf out = BUF_INIT;
	struct archive *archive;
	size_t used = 0;
	zip_begin(&archive, &out, &used);
	for (size_t i = 0; i < count; i++) {
		zip_header(archive, members[i].name, strlen(members[i].text));
		assert_int_equal(
			archive_write_data(archive, members[i].text, strlen(members[i].text)), (la_ssize_t)strlen(members[i].text));
	}
	zip_end(archive, &out, &used);
	return out;
}

/* One member more of so many equal characters. */
static inline void zip_add_run(struct archive *archive, const char *name, char c, size_t size)
{
	char piece[65536];
	memset(piece, c, sizeof(piece));
	zip_header(archive, name, size);
	for (size_t left = size; left > 0;) {
		size_t n = left < sizeof(piece) ? left : sizeof(piece);
		assert_int_equal(archive_write_data(archive, piece, n), (la_ssize_t)n);
		left -= n;
	}
}

#endif
