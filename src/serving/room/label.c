/* What a record is called where it is named. */
#include <string.h>

#include "internal.h"
#include "machines.h"

/* A path as tables write them (docs/format/csv.md): '|' parts several, '\\' says that the next byte is itself. */
void original_name(const struct record *record, struct buf *out)
{
	struct str path = record_field(record, RECORD_ORIGINAL_NAME);

	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '|') {
			buf_clear(out);
			return;
		}
		if (path.p[i] == '/' && i + 1 < path.n)
			buf_clear(out);
		if (path.p[i] == '\\' && i + 1 < path.n)
			i++;
		if (path.p[i] != '/')
			buf_char(out, path.p[i]);
	}
}

void label_take(struct label *label, struct desk *desk, const struct record *record, struct str id)
{
	*label = (struct label){.kind = LABEL_TITLE};
	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;

		record_value(record, i, &value);
		if (value.term != DC_TITLE || value.value.n == 0)
			continue;
		label->text = value.value;
		label->language = value.language;
		return;
	}
	label->kind = LABEL_ORIGINAL;
	original_name(record, &label->own);
	if (label->own.n == 0) {
		label->kind = LABEL_NAME;
		buf_str(&label->own, machine_name(desk, id));
	}
	label->text = buf_view(&label->own);
}

void label_release(struct label *label)
{
	buf_release(&label->own);
	memset(label, 0, sizeof(*label));
}
