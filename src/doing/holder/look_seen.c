/* What holders of copies showed of the log when they were last asked: a memory for people, which nothing is decided by. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "os/os.h"

#define SHOWN_NAME "derived/holders"
#define SHOWN_HEADER STR("photostat.holders/v1")
#define SHOWN_MAX ((size_t)256 << 10)

/* "ASKED SIZE TIME URL", the two in the middle "-" where it never showed anything; whatever is not so is passed over. */
static void take_line(struct str line, struct holder_seen *seen, size_t count)
{
	struct str asked_text, size_text, time_text;
	uint64_t asked, size = 0, time = 0;
	bool any;

	if (!str_take_until(&line, ' ', &asked_text) || !str_take_until(&line, ' ', &size_text) ||
		!str_take_until(&line, ' ', &time_text) || line.p == NULL || !decimal_parse(asked_text, INT64_MAX, &asked))
		return;
	any = !str_equal(size_text, STR("-"));
	if (any && (!decimal_parse(size_text, UINT64_MAX, &size) || !decimal_parse(time_text, INT64_MAX, &time)))
		return;
	for (size_t i = 0; i < count; i++)
		if (str_equal(str_from(seen[i].url), line)) {
			seen[i].asked = (int64_t)asked;
			seen[i].any = any;
			seen[i].size = size;
			seen[i].time = (int64_t)time;
		}
}

void holder_seen(struct archive *archive, struct holder_seen **out, size_t *count)
{
	const char *const *urls = archive_holders(archive, count);
	struct buf text = BUF_INIT;
	struct str rest, line;

	*out = mem_array(*count + 1, sizeof(**out));
	for (size_t i = 0; i < *count; i++)
		(*out)[i] = (struct holder_seen){.url = urls[i]};
	if (os_read_file(archive_folder(archive), SHOWN_NAME, SHOWN_MAX, &text, NULL) == 0) {
		rest = buf_view(&text);
		if (str_take_line(&rest, &line) && str_equal(line, SHOWN_HEADER))
			while (str_take_line(&rest, &line))
				take_line(line, *out, *count);
	}
	buf_release(&text);
}

void seen_remember(struct archive *archive, const struct holder_seen *seen, size_t count)
{
	struct buf text = BUF_INIT;
	bool any = false;

	buf_str(&text, SHOWN_HEADER);
	buf_char(&text, '\n');
	for (size_t i = 0; i < count; i++) {
		if (seen[i].asked == 0)
			continue;
		any = true;
		buf_u64(&text, (uint64_t)seen[i].asked);
		buf_char(&text, ' ');
		if (seen[i].any) {
			buf_u64(&text, seen[i].size);
			buf_char(&text, ' ');
			buf_u64(&text, (uint64_t)seen[i].time);
		} else {
			buf_text(&text, "- -");
		}
		buf_printf(&text, " %s\n", seen[i].url);
	}
	if (any)
		(void)os_replace(archive_folder(archive), SHOWN_NAME, buf_view(&text), 0644, NULL);
	buf_release(&text);
}
