#include "package.h"

#include "xml.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

/* The old container of Microsoft's: Word's .doc, and what encrypts a .docx. */
static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

static bool wanted(struct str name)
{
	static const char *const endings[] = {".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx", "mimetype"};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);
		if (name.n >= n && strncasecmp(name.p + name.n - n, endings[i], n) == 0)
			return true;
	}
	return false;
}

static int refuse_container(struct str bytes, struct err *err)
{
	static const char encrypted[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
	if (memmem(bytes.p, bytes.n, encrypted, sizeof(encrypted)))
		return err_set(err, ERR_SYNTAX,
			"the document is encrypted with a password; deposit a copy without one, too, if it is to be read");
	return err_set(err, ERR_SYNTAX,
		"the document is in the old binary form of an office program; deposit a DOCX or ODT made of it, too, if it is to "
		"be read");
}

/* Inflates one member. 0: kept or damaged; -1: too much. */
static int keep(struct package *package, struct archive *archive, struct str name, struct err *err)
{
	struct buf bytes = BUF_INIT;
	char piece[65536];
	la_ssize_t n;
	while ((n = archive_read_data(archive, piece, sizeof(piece))) > 0) {
		package->inflated += (uint64_t)n;
		if (bytes.n + (size_t)n > PACKAGE_MEMBER_MAX || package->inflated > PACKAGE_BYTES_MAX) {
			buf_release(&bytes);
			return err_set(
				err, ERR_LIMIT, "the document unpacks to more than %u MiB", (unsigned)(PACKAGE_BYTES_MAX >> 20));
		}
		buf_add(&bytes, piece, (size_t)n);
	}
	if (n < 0)
		package->broken = true;
	if (archive_read_has_encrypted_entries(archive) > 0 && n < 0)
		package->encrypted = true;
	if (buf_check(&bytes, "the document", err) < 0) {
		buf_release(&bytes);
		return -1;
	}
	if (package->count == package->cap) {
		package->cap = package->cap ? package->cap * 2 : 32;
		package->members = mem_grow(package->members, package->cap, sizeof(*package->members));
	}
	package->members[package->count++] =
		(struct package_member){arena_str(&package->names, name), {bytes.p ? bytes.p : mem_dup(STR("")), bytes.n}};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct package_member *)a)->name, ((const struct package_member *)b)->name);
}

int package_open(struct package *package, struct str bytes, struct err *err)
{
	struct archive *archive;
	struct archive_entry *entry;
	size_t seen = 0;
	int status = ARCHIVE_OK, result = -1;
	*package = (struct package){.names = ARENA_INIT};
	if (bytes.n >= sizeof(ole) - 1 && memcmp(bytes.p, ole, sizeof(ole) - 1) == 0)
		return refuse_container(bytes, err);
	archive = archive_read_new();
	if (!archive)
		return err_set(err, ERR_MEMORY, "the document: memory is gone");
	if (archive_read_support_format_zip(archive) != ARCHIVE_OK || bytes.n == 0 ||
		archive_read_open_memory(archive, bytes.p, bytes.n) != ARCHIVE_OK) {
		err_set(err, ERR_SYNTAX, "the document is no zip file, which DOCX, ODT and EPUB are");
		goto out;
	}
	while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
		const char *path = archive_entry_pathname(entry);
		if (!path)
			path = archive_entry_pathname_utf8(entry);
		if (++seen > PACKAGE_MEMBERS_MAX) {
			err_set(err, ERR_LIMIT, "the document holds more than %u files", PACKAGE_MEMBERS_MAX);
			goto out;
		}
		if (archive_entry_is_encrypted(entry))
			package->encrypted = true;
		if (!path || !wanted(str_from(path)) || archive_entry_is_encrypted(entry))
			continue;
		if (keep(package, archive, str_from(path), err) < 0)
			goto out;
	}
	if (status != ARCHIVE_EOF)
		package->broken = true;
	if (package->count == 0) {
		if (package->encrypted)
			err_set(err, ERR_SYNTAX,
				"the document is encrypted with a password; deposit a copy without one, too, if it is to be read");
		else
			err_set(err, ERR_SYNTAX, "the document is no zip file with markup in it, which DOCX, ODT and EPUB are");
		goto out;
	}
	if (package->count > 1)
		qsort(package->members, package->count, sizeof(*package->members), by_name);
	result = 0;
out:
	archive_read_free(archive);
	if (result < 0)
		package_close(package);
	return result;
}

void package_close(struct package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		void *bytes;
		memcpy(&bytes, &package->members[i].bytes.p, sizeof(bytes));
		free(bytes);
	}
	free(package->members);
	arena_release(&package->names);
	*package = (struct package){.members = NULL};
}

int package_read(struct text *text, const char *source, struct str bytes,
	int (*read)(struct text *, const struct package *, struct err *), struct err *err)
{
	struct package package;
	int result;
	text_set_source(text, str_from(source));
	if (package_open(&package, bytes, err) < 0)
		return -1;
	result = read(text, &package, err);
	package_close(&package);
	return result;
}

struct str package_find(const struct package *package, struct str name)
{
	struct package_member key = {name, {"", 0}}, *found = NULL;
	if (package->count > 0)
		found = bsearch(&key, package->members, package->count, sizeof(*package->members), by_name);
	return found ? found->bytes : (struct str){"", 0};
}

xmlDoc *package_xml(const struct package *package, struct str name, bool *broken)
{
	struct str bytes = package_find(package, name);
	xmlDoc *doc = NULL;
	bool damaged = false;
	if (bytes.n == 0)
		return NULL;
	if (xml_parse(bytes, "a part of the document", &doc, &damaged, NULL) < 0)
		damaged = true;
	if (damaged && broken)
		*broken = true;
	return doc;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void package_path(struct str folder, struct str path, struct buf *out)
{
	struct str rest = path, step;
	if (path.n > 0 && path.p[0] != '/')
		buf_str(out, folder);
	while (out->n > 0 && out->p[out->n - 1] == '/')
		out->n--;
	while (str_take_until(&rest, '/', &step)) {
		if (step.n == 0 || str_equal(step, STR(".")))
			continue;
		if (str_equal(step, STR(".."))) {
			while (out->n > 0 && out->p[out->n - 1] != '/')
				out->n--;
			while (out->n > 0 && out->p[out->n - 1] == '/')
				out->n--;
			continue;
		}
		if (out->n > 0)
			buf_char(out, '/');
		for (size_t i = 0; i < step.n; i++) {
			if (step.p[i] == '%' && i + 2 < step.n && hex(step.p[i + 1]) >= 0 && hex(step.p[i + 2]) >= 0) {
				buf_char(out, (char)(hex(step.p[i + 1]) * 16 + hex(step.p[i + 2])));
				i += 2;
			} else {
				buf_char(out, step.p[i]);
			}
		}
	}
	if (out->p)
		out->p[out->n] = '\0';
}
