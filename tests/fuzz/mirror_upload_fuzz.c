/* fuzz-links: tlog crypto base */
/* Uploads to a mirror, in pieces whose lengths come from the bytes themselves: what is taken is written again as the same bytes, whatever the pieces
 * are, and judging the proofs never goes astray; answers of mirrors, made of the same bytes, are taken or refused. */
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

struct got {
	struct buf text;
	uint64_t start, end, at;
};

static int got_head(void *context, const struct mirror_upload *head, struct err *err)
{
	struct got *got = context;

	(void)err;
	mirror_upload_format(&got->text, head);
	need(head->start <= head->end);
	got->at = got->start = head->start;
	got->end = head->end;
	return 0;
}

static int got_package(void *context, const struct mirror_package *package, struct err *err)
{
	struct got *got = context;
	struct hash root, subtree;
	uint64_t count = package->end - package->start;

	need(package->start == got->at && count >= 1 && count <= TILE_WIDTH && package->end <= got->end);
	got->at = package->end;
	mirror_package_format(&got->text, package->entries, package->proof);
	merkle_root(package->leaves, (size_t)count, &subtree);
	merkle_empty(&root);
	err_clear(err);
	if (merkle_verify_subtree(
		    package->start / TILE_WIDTH * TILE_WIDTH, package->end, &subtree, got->end, &root, package->proof, err) != 0)
		need(err->code == ERR_SYNTAX || err->code == ERR_MISMATCH);
	err_clear(err);
	return 0;
}

static void info(struct str bytes)
{
	struct mirror_info got;
	struct buf ticket = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;

	if (mirror_info_parse(&got, &ticket, bytes, &err) == 0) {
		mirror_info_format(&again, &got, buf_view(&ticket));
		need(str_equal(buf_view(&again), bytes));
	} else {
		need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
	}
	buf_release(&ticket);
	buf_release(&again);
}

static size_t read_in_pieces(struct str bytes, bool one, struct got *got, bool *whole)
{
	const struct mirror_reader_calls calls = {got, got_head, got_package};
	struct mirror_reader *reader = mirror_reader_new(&calls);
	struct err err = ERR_INIT;
	size_t at = 0;

	while (at < bytes.n) {
		size_t step = one ? bytes.n : 1 + (unsigned char)bytes.p[at] % 37u;

		if (step > bytes.n - at)
			step = bytes.n - at;
		if (mirror_read(reader, (struct str){bytes.p + at, step}, &err) != 0) {
			need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
			break;
		}
		at += step;
	}
	*whole = mirror_reader_whole(reader);
	mirror_reader_free(reader);
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct got got = {.text = BUF_INIT}, again = {.text = BUF_INIT};
	bool whole, whole_again;

	info(bytes);
	(void)read_in_pieces(bytes, true, &got, &whole);
	(void)read_in_pieces(bytes, false, &again, &whole_again);
	need(whole == whole_again && str_equal(buf_view(&got.text), buf_view(&again.text)));
	need(got.text.n <= size &&
		memcmp(got.text.p == NULL ? "" : got.text.p, got.text.n > 0 ? (const char *)data : "", got.text.n) == 0);
	need(!whole || got.text.n == size);
	buf_release(&got.text);
	buf_release(&again.text);
	return 0;
}
