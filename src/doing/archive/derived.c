/* What was made of a document's bytes and lies below derived/, by their digest: it goes with them. */
#include "internal.h"

/* As extract keeps them; archive knows where they lie, and nothing of what they are. */
static const char *const endings[] = {".json", ".failed", ".tried"};

int archive_forget_derived(struct archive *archive, const struct digest *digest, struct err *err)
{
	struct buf hex = BUF_INIT;
	int result = 0;

	buf_hex(&hex, digest->bytes, digest_size(digest->alg));
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]) && result == 0; i++) {
		struct buf path = BUF_INIT;

		buf_printf(&path, "derived/text/%.2s/%s%s", hex.p, hex.p, endings[i]);
		result = os_unlink(archive_fd(archive), path.p, err);
		buf_release(&path);
	}
	/* What was on its way there, and its writer killed. */
	if (result == 0)
		result = os_unlink_beginning(archive_fd(archive), "derived/text/new", buf_view(&hex), INT64_MAX, err);
	if (result == 0) {
		struct buf path = BUF_INIT;

		buf_printf(&path, "derived/images/%.2s/%s", hex.p, hex.p);
		result = os_remove_tree(archive_fd(archive), path.p, err);
		buf_release(&path);
	}
	/* Another record may hold the same bytes: theirs is made again. */
	if (result == 0)
		result = os_unlink(archive_fd(archive), "derived/text/position", err);
	buf_release(&hex);
	return result;
}

int archive_forget_search(struct archive *archive, struct err *err)
{
	static const char *const indexes[] = {"search.sqlite", "search-closed.sqlite"};
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		for (size_t k = 0; k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
			struct buf path = BUF_INIT;
			int result;

			buf_printf(&path, "derived/%s%s", indexes[i], suffixes[k]);
			result = os_unlink(archive_fd(archive), path.p, err);
			buf_release(&path);
			if (result != 0)
				return -1;
		}
	return os_unlink(archive_fd(archive), "derived/text/position", err);
}

int archive_forget_texts(struct archive *archive, struct err *err)
{
	/* The full-text index was fed with them; it is made anew like they are. */
	if (archive_forget_search(archive, err) != 0 || os_remove_tree(archive_fd(archive), "derived/images", err) != 0)
		return -1;
	return os_remove_tree(archive_fd(archive), "derived/text", err);
}
