/* fuzz-links: readers text record crypto base */
/* DOCX, ODT, EPUB. What is mutated is their members: an input is lines "@NAME" and the markup behind each, which the target puts into a zip file; so mutations reach the
 * readers and not only the checksums. An input that begins otherwise is a zip file itself. See reader_fuzz.h. */
#include "reader_fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct archive *archive, struct str name, struct str bytes)
{
	struct archive_entry *entry = archive_entry_new();
	char *path = mem_dup(name);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)bytes.n);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	if (archive_write_header(archive, entry) == ARCHIVE_OK)
		(void)!archive_write_data(archive, bytes.p, bytes.n);
	archive_entry_free(entry);
	free(path);
}

static void zip(struct str rest, struct buf *out)
{
	struct archive *archive = archive_write_new();
	size_t used = 0, room = rest.n * 4 + 65536;
	require(archive_write_set_format_zip(archive) == ARCHIVE_OK &&
		archive_write_zip_set_compression_store(archive) == ARCHIVE_OK);
	require(buf_reserve(out, room) != NULL && archive_write_open_memory(archive, out->p, room, &used) == ARCHIVE_OK);
	for (unsigned members = 0; members < 100 && rest.n > 0 && rest.p[0] == '@'; members++) {
		struct str name = rest, bytes;
		const char *line = memchr(rest.p, '\n', rest.n), *end;
		if (!line)
			break;
		name = (struct str){rest.p + 1, (size_t)(line - rest.p - 1)};
		bytes = (struct str){line + 1, rest.n - (size_t)(line + 1 - rest.p)};
		end = memmem(bytes.p, bytes.n, "\n@", 2);
		if (end)
			bytes.n = (size_t)(end + 1 - bytes.p);
		rest = (struct str){bytes.p + bytes.n, (size_t)(rest.p + rest.n - bytes.p) - bytes.n};
		if (name.n > 0 && name.n < 200)
			add(archive, name, bytes);
	}
	(void)archive_write_close(archive);
	archive_write_free(archive);
	out->n = used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct buf package = BUF_INIT;
	if (size > 0 && data[0] == '@') {
		zip(bytes, &package);
		bytes = buf_view(&package);
	}
	reader_try(read_docx, bytes);
	reader_try(read_odt, bytes);
	reader_try(read_epub, bytes);
	buf_release(&package);
	return 0;
}
