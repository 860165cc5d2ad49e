/* fuzz-links: record base */
/* Dates and language tags: what is taken keeps its promises, and reads the same twice. */
#include "record/record.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct edtf date, again;
	struct err err = ERR_INIT;
	if (edtf_parse(text, &date, &err) == 0) {
		require(date.days.first <= date.days.last);
		/* Only what EDTF is made of. */
		for (size_t i = 0; i < size; i++)
			require((data[i] >= '0' && data[i] <= '9') || data[i] == '-' || data[i] == '/' || data[i] == '.' ||
				data[i] == 'X' || data[i] == 'Y' || data[i] == 'T' || data[i] == ':' || data[i] == 'Z' ||
				data[i] == '+' || data[i] == '?' || data[i] == '~' || data[i] == '%');
		require(edtf_parse(text, &again, NULL) == 0 && again.days.first == date.days.first &&
			again.days.last == date.days.last);
		require(date.interval || (date.days.first != EDTF_OPEN_FIRST && date.days.last != EDTF_OPEN_LAST));
	} else {
		require(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		require(err.text[0] != '\0');
	}
	struct buf tag = BUF_INIT, same = BUF_INIT;
	if (language_canonical(text, &tag, &err) == 0) {
		require(tag.n == size);
		require(language_canonical(buf_view(&tag), &same, NULL) == 0 && str_equal(buf_view(&tag), buf_view(&same)));
	} else {
		require(tag.n == 0);
	}
	buf_release(&tag);
	buf_release(&same);
	enum record_access access;
	int64_t until;
	(void)!record_access_parse(text, &access, &until, &err);
	return 0;
}
