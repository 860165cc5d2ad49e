/* Comparing files with what a receipt opens. */
#include "verify/internal.h"

#include <stdlib.h>
#include <string.h>

#define READ_SIZE 65536

static void get_file(const struct photostat_verify_receipt *r, size_t file, struct leaf *leaf)
{
	disclosure_leaf(r->disclosure, r->files[file], leaf, NULL);
}

static int compare_digest(const struct digest *a, const struct digest *b)
{
	if (a->alg != b->alg)
		return a->alg < b->alg ? -1 : 1;
	return memcmp(a->bytes, b->bytes, digest_size(a->alg));
}

static int by_digest(const void *a, const void *b, void *context)
{
	struct leaf first, second;
	get_file(context, *(const uint32_t *)a, &first);
	get_file(context, *(const uint32_t *)b, &second);
	return compare_digest(&first.digest, &second.digest);
}

/* Only for files without a name: in a record of 100,000 looking at every leaf for each would take hours. */
static int sort_digests(struct photostat_verify_receipt *r)
{
	if (r->by_digest)
		return 0;
	r->by_digest = calloc(r->count + 1, sizeof *r->by_digest);
	if (!r->by_digest)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		r->by_digest[i] = (uint32_t)i;
	qsort_r(r->by_digest, r->count, sizeof *r->by_digest, by_digest, r);
	return 0;
}

/* First of by_digest[] that is not below. */
static size_t first_with(struct photostat_verify_receipt *r, const struct digest *digest)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct leaf leaf;
		get_file(r, r->by_digest[middle], &leaf);
		if (compare_digest(&leaf.digest, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool find_path(const struct photostat_verify_receipt *r, const char *path, size_t *file)
{
	size_t index, low = 0, high = r->count;
	if (!disclosure_find(r->disclosure, str_from(path), &index))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->files[middle] < index)
			low = middle + 1;
		else
			high = middle;
	}
	*file = low;
	return low < r->count && r->files[low] == index;
}

/* Marks what has this digest; `size` is SIZE_UNKNOWN or must be the leaf's too. */
#define SIZE_UNKNOWN UINT64_MAX
static size_t mark(struct photostat_verify_receipt *r, const struct digest *digest, uint64_t size)
{
	size_t marked = 0;
	for (size_t i = first_with(r, digest); i < r->count; i++) {
		struct leaf leaf;
		get_file(r, r->by_digest[i], &leaf);
		if (!digest_equal(&leaf.digest, digest))
			break;
		if (size != SIZE_UNKNOWN && size != leaf.size)
			continue;
		r->proven[r->by_digest[i]] = 1;
		marked++;
	}
	return marked;
}

static int answer_text(char *sentence, int answer, const char *before, const char *path, const char *after)
{
	struct buf text = BUF_INIT;
	buf_text(&text, before);
	if (path) {
		buf_char(&text, '"');
		buf_printable(&text, str_from(path));
		buf_char(&text, '"');
	}
	buf_text(&text, after);
	say(sentence, answer, &text);
	buf_release(&text);
	return answer;
}

static int no_path(char *sentence, const char *path)
{
	return answer_text(sentence, PHOTOSTAT_VERIFY_NO, "the receipt opens no file ", path, ": it proves nothing about it");
}

static int no_memory(char *sentence)
{
	return answer_text(sentence, PHOTOSTAT_VERIFY_FAILED, "no memory to compare files", NULL, "");
}

static int compare_named(struct photostat_verify_receipt *r, const char *path, size_t file, const struct digest *digest,
	uint64_t size, char *sentence)
{
	struct leaf leaf;
	get_file(r, file, &leaf);
	if (leaf.digest.alg != digest->alg)
		return answer_text(
			sentence, PHOTOSTAT_VERIFY_NO, "the receipt has another kind of digest for ", path, ": compute that one");
	if (!digest_equal(&leaf.digest, digest) || (size != SIZE_UNKNOWN && size != leaf.size))
		return answer_text(
			sentence, PHOTOSTAT_VERIFY_NO, "", path, " is not what the archive had under that name: its bytes differ");
	r->proven[file] = 1;
	return answer_text(sentence, PHOTOSTAT_VERIFY_YES, "", path, " is what the receipt is of");
}

int photostat_verify_digest(struct photostat_verify_receipt *r, const char *path, const char *algorithm, const void *bytes,
	size_t digest_bytes, char sentence[PHOTOSTAT_VERIFY_SENTENCE])
{
	struct digest digest = {.alg = digest_named(str_from(algorithm))};
	if ((digest.alg != DIGEST_SHA256 && digest.alg != DIGEST_SHA512) || digest_bytes != digest_size(digest.alg))
		return answer_text(sentence, PHOTOSTAT_VERIFY_INVALID, "not a digest by sha256 or sha512", NULL, "");
	memcpy(digest.bytes, bytes, digest_bytes);
	if (path) {
		size_t file;
		if (!find_path(r, path, &file))
			return no_path(sentence, path);
		return compare_named(r, path, file, &digest, SIZE_UNKNOWN, sentence);
	}
	if (sort_digests(r) < 0)
		return no_memory(sentence);
	if (mark(r, &digest, SIZE_UNKNOWN) == 0)
		return answer_text(sentence, PHOTOSTAT_VERIFY_NO, "no file that the receipt opens has this digest", NULL, "");
	return answer_text(sentence, PHOTOSTAT_VERIFY_YES, "the receipt is of a file with this digest", NULL, "");
}

/* Hashes the stream with each hasher that is there. */
static int read_through(photostat_verify_read *read, void *context, struct hasher *const hashers[2], uint64_t *size)
{
	unsigned char *buffer = mem_alloc(READ_SIZE);
	int64_t n;
	*size = 0;
	while ((n = read(context, buffer, READ_SIZE)) > 0 && n <= READ_SIZE) {
		for (unsigned i = 0; i < 2; i++)
			if (hashers[i])
				hasher_add(hashers[i], buffer, (size_t)n);
		*size += (uint64_t)n;
	}
	free(buffer);
	return n == 0 ? 0 : -1;
}

/* Whether a leaf has a digest of this algorithm: what nobody compares is not computed. */
static bool uses(const struct photostat_verify_receipt *r, enum digest_alg alg)
{
	struct leaf leaf;
	for (size_t i = 0; i < r->count; i++) {
		get_file(r, i, &leaf);
		if (leaf.digest.alg == alg)
			return true;
	}
	return false;
}

int photostat_verify_bytes(struct photostat_verify_receipt *r, const char *path, photostat_verify_read *read, void *context,
	char sentence[PHOTOSTAT_VERIFY_SENTENCE])
{
	static const enum digest_alg algs[2] = {DIGEST_SHA256, DIGEST_SHA512};
	struct hasher *hashers[2] = {NULL, NULL};
	struct digest digests[2] = {{.alg = DIGEST_NONE}, {.alg = DIGEST_NONE}};
	uint64_t size;
	size_t file = 0, marked = 0;
	if (path && !find_path(r, path, &file))
		return no_path(sentence, path);
	if (!path && sort_digests(r) < 0)
		return no_memory(sentence);
	for (unsigned i = 0; i < 2; i++) {
		struct leaf leaf;
		if (path)
			get_file(r, file, &leaf);
		if (path ? leaf.digest.alg != algs[i] : !uses(r, algs[i]))
			continue;
		hashers[i] = hasher_new(algs[i]);
		hasher_begin(hashers[i]);
	}
	int status = read_through(read, context, hashers, &size);
	for (unsigned i = 0; i < 2; i++) {
		if (!hashers[i])
			continue;
		hasher_end(hashers[i], &digests[i]);
		hasher_free(hashers[i]);
		if (status == 0 && !path)
			marked += mark(r, &digests[i], size);
	}
	if (status < 0)
		return answer_text(
			sentence, PHOTOSTAT_VERIFY_FAILED, "reading ", path ? path : NULL, path ? " failed" : "the file failed");
	if (path)
		return compare_named(r, path, file, &digests[hashers[0] ? 0 : 1], size, sentence);
	if (marked == 0)
		return answer_text(sentence, PHOTOSTAT_VERIFY_NO, "no file that the receipt opens has these bytes", NULL, "");
	return answer_text(sentence, PHOTOSTAT_VERIFY_YES, "the receipt is of a file with these bytes", NULL, "");
}
