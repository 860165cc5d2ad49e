/* fuzz-links: ocfl crypto base */
/* Inventories: any bytes are parsed or refused; what was parsed is written, parsed again, and written as the same bytes; in pieces of any
 * size the verdict is the same; a parsed one can be extended. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ocfl/ocfl.h"

static int append(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int parse_in_pieces(struct inventory **out, struct str text, size_t piece)
{
	struct inventory_parser *parser = inventory_parser_new(4 << 20);
	struct err err = ERR_INIT;
	int status = 0;
	*out = NULL;
	for (size_t at = 0; at < text.n && status == 0; at += piece)
		status = inventory_parser_feed(parser, text.p + at, text.n - at < piece ? text.n - at : piece, &err);
	if (status == 0)
		status = inventory_parser_finish(parser, out, &err);
	must((status == 0) == (*out != NULL));
	must(status == 0 || err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
	inventory_parser_free(parser);
	return status;
}

static void use(const struct inventory *inventory)
{
	struct buf path = BUF_INIT;
	uint32_t head = inventory_head(inventory), number;
	must(head >= 1 && inventory_id(inventory).n > 0);
	for (uint32_t version = 1; version <= head; version++) {
		struct str last = {NULL, 0};
		size_t count = inventory_state_count(inventory, version);
		for (size_t i = 0; i < count; i++) {
			struct inventory_file file;
			struct digest digest;
			size_t at;
			inventory_state(inventory, version, i, &file);
			must(!last.p || str_compare(last, file.path) < 0);
			last = file.path;
			must(inventory_find(inventory, version, file.path, &at) && at == i);
			must(file.manifest < inventory_manifest_count(inventory));
			must(inventory_content(inventory, file.manifest, 0, &path));
			must(inventory_find_content(inventory, buf_view(&path), &number) && number == file.manifest);
			inventory_digest(inventory, file.manifest, &digest);
			must(inventory_find_digest(inventory, &digest, &number));
		}
	}
	buf_release(&path);
}

static void extend(struct inventory *inventory, struct buf *text)
{
	struct inventory_version info = {STR("2020-01-01T00:00:00Z"), STR("m"), STR("n"), STR("urn:n")};
	struct inventory *again;
	struct err err = ERR_INIT;
	uint32_t version;
	/* Padded names may have no number left; a 1.0 inventory may have digests that 1.1 forbids. */
	if (inventory_begin_version(inventory, &version, &err) < 0)
		return;
	must(inventory_keep_rest(inventory, &err) == 0);
	if (inventory_end_version(inventory, &info, &err) < 0)
		return;
	buf_clear(text);
	must(inventory_write(inventory, append, text, &err) == 0);
	if (inventory_parse(&again, buf_view(text), 8 << 20, &err) != 0) {
		must(strstr(err.text, "E107") != NULL); /* as below */
		return;
	}
	must(inventory_head(again) == version);
	inventory_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inventory *inventory, *other;
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct str text = {(const char *)data, size};
	struct err err = ERR_INIT;
	int status = parse_in_pieces(&inventory, text, size + 1);
	must(parse_in_pieces(&other, text, size % 7 + 1) == status);
	inventory_free(other);
	if (status == 0) {
		use(inventory);
		must(inventory_write(inventory, append, &first, &err) == 0);
		if (inventory_parse(&other, buf_view(&first), 8 << 20, &err) == 0) {
			must(inventory_write(other, append, &second, &err) == 0);
			must(first.n == second.n && memcmp(first.p, second.p, first.n) == 0);
			use(other);
			inventory_free(other);
			extend(inventory, &second);
		} else {
			/* A state may name a digest with no path at all, which the specification does not forbid; it is not written again,
			 * and its digest is then in no state. */
			must(strstr(err.text, "E107") != NULL);
		}
	}
	inventory_free(inventory);
	buf_release(&first);
	buf_release(&second);
	return 0;
}
