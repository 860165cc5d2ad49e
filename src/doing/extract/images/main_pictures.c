/* photostat-extract-pictures: a region of the one picture that is its descriptor 0, to descriptor 1, from inside a box. Not for people: photostat starts it.
 *
 *     photostat-extract-pictures LEVEL SECONDS BYTES PAGE [X Y WIDTH HEIGHT OUT-WIDTH OUT-HEIGHT ROTATION default|gray jpg|png]
 *
 * It says first how far it is shut in, and looks at nothing if that is less than LEVEL; then how large the picture is (with nothing more asked) or that its bytes follow, or why there are none:
 *     {"format":"photostat.extract/v1","level":3}
 *     {"width":2609,"height":3315}
 *     {"bytes":48213}
 *     {"error":"syntax","why":"…"} */
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "extract/worker/worker.h"
#include "images.h"
#include "os/os.h"
#include "picture.h"

#define OUTPUT 1
#define ARGUMENTS 14

static int say(const struct buf *line)
{
	struct err err = ERR_INIT;
	return line->failed ? -1 : os_write(OUTPUT, line->p, line->n, "the output", &err);
}

static int answer(const struct picture *picture, const struct picture_wish *wish, struct err *err)
{
	struct buf line = BUF_INIT, bytes = BUF_INIT;
	int result = -1;
	if (!wish) {
		buf_printf(&line, "{\"width\":%u,\"height\":%u}\n", picture->width, picture->height);
		result = say(&line);
	} else if (picture_make(picture, wish, &bytes, err) == 0) {
		buf_printf(&line, "{\"bytes\":%zu}\n", bytes.n);
		result = say(&line) < 0 ? -1 : say(&bytes);
	}
	buf_release(&line);
	buf_release(&bytes);
	return result;
}

static int wish_of(char **arguments, struct picture_wish *wish)
{
	uint32_t *const numbers[] = {&wish->x, &wish->y, &wish->width, &wish->height, &wish->out_width, &wish->out_height};
	uint64_t value;
	for (size_t i = 0; i < 6; i++) {
		if (!decimal_parse(str_from(arguments[i]), UINT32_MAX, &value))
			return -1;
		*numbers[i] = (uint32_t)value;
	}
	if (!decimal_parse(str_from(arguments[6]), 270, &value))
		return -1;
	wish->rotation = (unsigned)value;
	wish->grey = strcmp(arguments[7], "gray") == 0;
	wish->png = strcmp(arguments[8], "png") == 0;
	return 0;
}

int main(int count, char **arguments)
{
	struct worker_box box = {.programs = true, .readable = images_readable};
	struct picture_wish wish = {.page = 0};
	struct picture picture;
	struct buf line = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t page = 0, least = 0;
	int level = 0, status = 3;
	if ((count != 5 && count != ARGUMENTS) || !decimal_parse(str_from(arguments[1]), WORKER_LANDLOCK, &least) ||
		!decimal_parse(str_from(arguments[2]), UINT32_MAX, &box.seconds) ||
		!decimal_parse(str_from(arguments[3]), SIZE_MAX, &box.memory) ||
		!decimal_parse(str_from(arguments[4]), UINT32_MAX, &page) ||
		(count == ARGUMENTS && wish_of(arguments + 5, &wish) < 0))
		return 2;
	/* Its plug-ins would load libraries that nobody here wants. */
	g_setenv("VIPSHOME", "/nonexistent", TRUE);
	g_setenv("VIPS_DISC_THRESHOLD", "4g", TRUE);
	if (vips_init(arguments[0]) != 0 || worker_shut_in(&box, &level, &err) < 0)
		return 3;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	buf_printf(&line, "{\"format\":\"photostat.extract/v1\",\"level\":%d}\n", level);
	if (say(&line) < 0)
		goto out;
	if ((uint64_t)level < least) {
		status = 4;
		goto out;
	}
	if (picture_open(&picture, 0, (unsigned)page, &err) == 0 &&
		answer(&picture, count == ARGUMENTS ? &wish : NULL, &err) == 0) {
		status = 0;
		goto out;
	}
	buf_clear(&line);
	buf_printf(&line, "{\"error\":\"%s\",\"why\":",
		err.code == ERR_LIMIT || err.code == ERR_MEMORY ? "limit"
		: err.code == ERR_NOT_FOUND                     ? "kind"
		: err.code == ERR_USAGE                         ? "usage"
		: err.code == ERR_BUSY                          ? "busy"
								: "syntax");
	buf_json(&line, str_from(err.text));
	buf_text(&line, "}\n");
	status = say(&line) < 0 ? 3 : 1;
out:
	buf_release(&line);
	return status;
}
