/* fuzz-links: entry tlog crypto base */
/* A disclosure that is read has one byte string: opening all of its leaves again gives the same. Any smaller opening proves the
 * same root. */
#include "entry/entry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void narrowed(const struct disclosure *from, const bool *keep, struct str same, const struct hash *root)
{
	struct buf bytes = BUF_INIT;
	struct err err = ERR_INIT;
	struct disclosure *d;
	struct hash got;
	if (disclosure_narrow(&bytes, from, keep, &err) < 0 || disclosure_parse(&d, buf_view(&bytes), &err) < 0)
		abort();
	disclosure_root(d, STR("a.org"), STR("https://a.org/r/x"), 1, &got, NULL);
	if (!hash_equal(&got, root) || (same.p && !str_equal(same, buf_view(&bytes))))
		abort();
	disclosure_free(d);
	buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disclosure *d;
	struct err err = ERR_INIT;
	struct hash root;
	struct str bytes = {(const char *)data, size};
	if (disclosure_parse(&d, bytes, &err) < 0)
		return 0;
	disclosure_root(d, STR("a.org"), STR("https://a.org/r/x"), 1, &root, NULL);
	size_t count = disclosure_count(d);
	bool *keep = mem_array(count + 1, sizeof *keep);
	for (size_t i = 0; i < count; i++) {
		struct leaf leaf;
		struct hash hash;
		uint64_t position;
		size_t index;
		disclosure_leaf(d, i, &leaf, &position);
		disclosure_leaf_hash(d, i, &hash);
		if (position >= disclosure_total(d) || !disclosure_find(d, leaf.path, &index) || index != i)
			abort();
		keep[i] = true;
	}
	narrowed(d, keep, bytes, &root);
	/* Which to drop comes from the input too. */
	for (size_t i = 0; i < count; i++)
		keep[i] = data[(i * 31 + 7) % size] & 1;
	narrowed(d, keep, (struct str){NULL, 0}, &root);
	free(keep);
	disclosure_free(d);
	return 0;
}
