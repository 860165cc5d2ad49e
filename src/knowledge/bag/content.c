/* Reading a file once and comparing it with every checksum that is listed for it. */
#include "internal.h"

#include <string.h>

#define STEP ((uint64_t)1 << 20) /* between two tellings of progress */

struct content {
	struct check *check;
	struct hasher *hashers[MANIFESTS_MAX];
	size_t count;
	uint64_t size, told;
};

static int take_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct content *content = context;

	for (size_t i = 0; i < content->count; i++)
		hasher_add(content->hashers[i], bytes, n);
	content->size += n;
	content->check->result->read += n;
	if (content->size - content->told < STEP)
		return 0;
	content->told = content->size;
	return tell_progress(content->check, err);
}

static bool counts(const struct entry *entry, size_t manifest)
{
	return ((unsigned)(entry->listed & ~entry->broken) >> manifest & 1) != 0;
}

/* The hashers that the entry needs, each algorithm once: two manifests can be of one ("manifest-SHA256.txt"). */
static void begin(struct content *content, const struct listing *listing, const struct entry *entry)
{
	struct check *check = content->check;
	bool wanted[ALGORITHMS] = {false};

	for (size_t i = 0; i < listing->manifest_count; i++)
		if (counts(entry, i))
			wanted[listing->manifests[i].alg] = true;
	for (unsigned alg = DIGEST_NONE + 1; alg < ALGORITHMS; alg++) {
		if (!wanted[alg])
			continue;
		if (check->hashers[alg] == NULL)
			check->hashers[alg] = hasher_new((enum digest_alg)alg);
		hasher_begin(check->hashers[alg]);
		content->hashers[content->count++] = check->hashers[alg];
	}
}

static bool compare(struct check *check, const struct listing *listing, const struct entry *entry, struct str path,
	const struct digest *digests, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < listing->manifest_count; i++) {
		const struct manifest *manifest = &listing->manifests[i];
		for (size_t k = 0; k < count; k++) {
			if (!counts(entry, i) || digests[k].alg != manifest->alg ||
				memcmp(entry->bytes + manifest->offset, digests[k].bytes, digest_size(manifest->alg)) == 0)
				continue;
			good = false;
			report(check, BAG_ERROR, "BAG-CHECKSUM", path, 0,
				"its content is not what %s says: it was altered, or the list is wrong", manifest->name);
		}
	}
	return good;
}

int verify_file(
	struct check *check, const struct listing *listing, const struct entry *entry, struct str path, bool again, struct err *err)
{
	struct content content = {.check = check};
	struct digest digests[MANIFESTS_MAX];
	struct err why = ERR_INIT;

	if (check->options->no_content) {
		check->octets_known = check->octets_known && listing->tags;
		return 0;
	}
	begin(&content, listing, entry);
	if (check->tree->read(check->tree->context, in_tree(check, path), take_piece, &content, &why) != 0) {
		check->octets_known = check->octets_known && listing->tags;
		return unreadable(check, path, &why, err);
	}
	for (size_t i = 0; i < content.count; i++)
		hasher_end(content.hashers[i], &digests[i]);
	if (listing->tags)
		check->result->tag_files++;
	else if (!again)
		check->result->octets += content.size;
	bool good = compare(check, listing, entry, path, digests, content.count);
	if (good && content.count > 0 && entry->broken == 0 && !again && !listing->tags && check->options->file != NULL) {
		struct bag_file file = {path, content.size, digests, content.count};
		if (check->options->file(check->options->context, &file, err) != 0) {
			check->stopped = true;
			return -1;
		}
	}
	return tell_progress(check, err);
}
