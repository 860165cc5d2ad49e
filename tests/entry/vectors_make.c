/* Writes the vectors of entry, contents, disclosure and receipt: vectors_make DIR. With --check DIR nothing is written: what
 * stands there is compared with what would be, so that no format changes unnoticed. Everything is derived from fixed words: no
 * randomness. */
#include "vectors_make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void need(bool condition, const char *what, const struct err *err)
{
	if (condition)
		return;
	fprintf(stderr, "vectors: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
	exit(1);
}

void word_hash(const char *word, unsigned number, struct hash *out)
{
	struct buf text = BUF_INIT;
	buf_printf(&text, "photostat test vector %s %u", word, number);
	sha256(text.p, text.n, out);
	buf_release(&text);
}

static bool same_file(const char *path, const struct buf *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *there = mem_alloc(bytes->n + 2);
	size_t n = 0;
	ssize_t got = 0;
	if (fd >= 0)
		while (n < bytes->n + 1 && (got = read(fd, there + n, bytes->n + 1 - n)) > 0)
			n += (size_t)got;
	bool same = fd >= 0 && got >= 0 && n == bytes->n && memcmp(there, bytes->p, n) == 0;
	if (fd >= 0)
		close(fd);
	free(there);
	return same;
}

void put_file(struct maker *m, const char *name, const struct buf *bytes)
{
	struct buf path = BUF_INIT;
	buf_printf(&path, "%s/%s", m->folder, name);
	need(!bytes->failed, name, NULL);
	if (m->check) {
		if (!same_file(path.p, bytes)) {
			printf("%s differs from what is made today\n", path.p);
			m->differing++;
		}
	} else {
		FILE *file = fopen(path.p, "wbe");
		need(file && fwrite(bytes->p, 1, bytes->n, file) == bytes->n && fclose(file) == 0, path.p, NULL);
	}
	buf_release(&path);
}

void json_key(struct buf *out, const char *key)
{
	char last = out->n ? out->p[out->n - 1] : '\0';
	if (last != '{' && last != '[')
		buf_text(out, ", ");
	if (*key) {
		buf_json(out, str_from(key));
		buf_text(out, ": ");
	}
}

void json_text(struct buf *out, const char *key, struct str value)
{
	json_key(out, key);
	buf_json(out, value);
}

void json_number(struct buf *out, const char *key, uint64_t value)
{
	json_key(out, key);
	buf_u64(out, value);
}

void json_bool(struct buf *out, const char *key, bool value)
{
	json_key(out, key);
	buf_text(out, value ? "true" : "false");
}

void json_hex(struct buf *out, const char *key, const void *bytes, size_t n)
{
	json_key(out, key);
	buf_char(out, '"');
	buf_hex(out, bytes, n);
	buf_char(out, '"');
}

void json_base64(struct buf *out, const char *key, struct str bytes)
{
	json_key(out, key);
	buf_char(out, '"');
	buf_base64(out, bytes.p, bytes.n);
	buf_char(out, '"');
}

void json_digest(struct buf *out, const char *key, const struct digest *digest)
{
	json_key(out, key);
	buf_char(out, '"');
	digest_tag(out, digest);
	buf_char(out, '"');
}

void json_leaf(struct buf *out, const struct leaf *leaf)
{
	json_key(out, "");
	buf_char(out, '{');
	json_text(out, "kind", leaf->kind);
	json_text(out, "path", leaf->path);
	json_number(out, "size", leaf->size);
	json_digest(out, "digest", &leaf->digest);
	buf_char(out, '}');
}

void some_leaf(struct leaf *out, const char *path, bool long_digest, unsigned number)
{
	struct hash hash;
	*out = (struct leaf){.kind = LEAF_FILE, .path = str_from(path), .size = (uint64_t)number * 1000};
	out->digest.alg = long_digest ? DIGEST_SHA512 : DIGEST_SHA256;
	for (unsigned half = 0; half < (long_digest ? 2 : 1); half++) {
		word_hash("digest", number * 2 + half, &hash);
		memcpy(out->digest.bytes + (size_t)SHA256_SIZE * half, hash.b, SHA256_SIZE);
	}
}

int main(int count, char **arguments)
{
	struct maker m = {.check = count == 3 && strcmp(arguments[1], "--check") == 0};
	if (count != 2 + m.check) {
		fputs("usage: vectors_make [--check] DIR\n", stderr);
		return 2;
	}
	m.folder = arguments[count - 1];
	make_entries(&m);
	make_contents(&m);
	make_receipts(&m);
	return m.differing ? 1 : 0;
}
