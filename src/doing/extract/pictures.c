/* Pictures of regions, by workers. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define NUMBER 24

/* The digits behind `begin` in *line, which they and `after` follow. */
static bool take_number(struct str *line, const char *begin, uint64_t most, uint64_t *value)
{
	struct str before = str_from(begin);
	size_t n = 0;
	if (!str_starts(*line, before))
		return false;
	*line = (struct str){line->p + before.n, line->n - before.n};
	while (n < line->n && line->p[n] >= '0' && line->p[n] <= '9')
		n++;
	if (!decimal_parse((struct str){line->p, n}, most, value))
		return false;
	*line = (struct str){line->p + n, line->n - n};
	return true;
}

static int work(const struct extract_picture *picture, bool size_alone, size_t most, struct buf *out, struct err *err)
{
	char numbers[8][NUMBER];
	const uint32_t values[] = {picture->page, picture->x, picture->y, picture->width, picture->height, picture->out_width,
		picture->out_height, picture->rotation};
	const char *arguments[11];
	struct extract_outcome outcome;
	size_t count = size_alone ? 1 : 8;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(numbers[i], NUMBER, "%u", values[i]);
		arguments[i] = numbers[i];
	}
	if (!size_alone) {
		arguments[count++] = picture->grey ? "gray" : "default";
		arguments[count++] = picture->png ? "png" : "jpg";
	}
	arguments[count] = NULL;
	struct extract_work job = {.program = READER_PICTURES,
		.arguments = arguments,
		.fd = picture->fd,
		.seconds = EXTRACT_PICTURE_SECONDS,
		.output_max = most,
		.least = picture->least};
	return extract_work(&job, out, &outcome, err);
}

int extract_picture_size(const struct extract_picture *picture, uint32_t *width, uint32_t *height, struct err *err)
{
	struct buf said = BUF_INIT;
	struct str line;
	uint64_t wide, high;
	int result = work(picture, true, 4096, &said, err);
	if (result == 0) {
		line = buf_view(&said);
		if (!take_number(&line, "{\"width\":", EXTRACT_SIDE_MAX, &wide) ||
			!take_number(&line, ",\"height\":", EXTRACT_SIDE_MAX, &high) || !str_equal(line, STR("}\n")) || wide == 0 ||
			high == 0) {
			result = err_set(err, ERR_SYNTAX, "its reader said nothing that makes sense");
		} else {
			*width = (uint32_t)wide;
			*height = (uint32_t)high;
		}
	}
	buf_release(&said);
	return result;
}

/* What goes to readers' browsers is at least a picture of that kind: whoever took the worker over writes no page. */
static bool is_picture(struct str bytes, bool png)
{
	return png ? str_starts(bytes, STR("\x89PNG\r\n\x1A\n")) : str_starts(bytes, STR("\xFF\xD8\xFF"));
}

int extract_picture(const struct extract_picture *picture, struct buf *out, struct err *err)
{
	struct buf said = BUF_INIT;
	struct str line;
	uint64_t size;
	int result = work(picture, false, EXTRACT_PICTURE_BYTES_MAX, &said, err);
	if (result == 0) {
		line = buf_view(&said);
		if (!take_number(&line, "{\"bytes\":", EXTRACT_PICTURE_BYTES_MAX, &size) || !str_starts(line, STR("}\n")) ||
			line.n - 2 != size || !is_picture((struct str){line.p + 2, line.n - 2}, picture->png)) {
			result = err_set(err, ERR_SYNTAX, "its reader said nothing that makes sense");
		} else {
			buf_add(out, line.p + 2, line.n - 2);
			result = buf_check(out, "the picture", err);
		}
	}
	buf_release(&said);
	return result;
}
