/* fuzz-links: archive catalogue log store record bag ocfl entry tlog os crypto base */
/* The intent of a batch, which recovery obeys: items stay within their folder, entries within the text. The input lacks its last line, the sum,
 * which is put behind it; as it stands it must be refused. */
#include "archive/internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_items(struct str items)
{
	const char *end = items.p + items.n;
	struct batch_item item;
	struct str entry;
	struct err err = ERR_INIT;
	int got;

	while ((got = intent_next(&items, &item, &entry, &err)) == 1) {
		if (entry.p + entry.n != items.p || items.p + items.n != end)
			abort();
		if (item.kind > ITEM_NOTE || (item.staged.n > 0 && memchr(item.staged.p, '/', item.staged.n) != NULL) ||
			str_equal(item.staged, STR(".")) || str_equal(item.staged, STR("..")))
			abort();
	}
	if (got != 0 && err.text[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;
	struct checkpoint base;
	struct err err = ERR_INIT;
	struct hash hash;
	struct str items;

	if (size < 4096 && intent_open((struct str){(const char *)data, size}, &base, &items, &err) == 0)
		abort(); /* SHA-256 would be broken */
	sha256(data, size, &hash);
	buf_add(&text, data, size);
	buf_text(&text, "end ");
	buf_hex(&text, hash.b, sizeof(hash.b));
	buf_char(&text, '\n');
	if (intent_open(buf_view(&text), &base, &items, &err) == 0)
		check_items(items);
	else if (err.text[0] == '\0')
		abort();
	buf_release(&text);
	return 0;
}
