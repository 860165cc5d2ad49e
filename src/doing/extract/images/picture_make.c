/* One region of a picture: cut out, scaled, turned, without its metadata. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "images.h"

#define JPEG_QUALITY 82
#define DRAW_SECONDS 60u

/* A step has put its picture into *next, or failed: it takes the place of *image. */
static int took(VipsImage **image, VipsImage **next, int failed, struct err *err)
{
	if (failed) {
		if (*next)
			g_object_unref(*next);
		*next = NULL;
		return picture_fail(err, "the picture cannot be shown");
	}
	g_object_unref(*image);
	*image = *next;
	*next = NULL;
	return 0;
}

struct frame {
	uint32_t x, y, width, height;
};

/* The region and the size wanted, of the upright picture, as they lie in the file's. */
static void lay_back(const struct picture *picture, struct frame *region, uint32_t *out_width, uint32_t *out_height)
{
	struct frame up = *region;
	uint32_t right = picture->width - up.x - up.width, below = picture->height - up.y - up.height, turned = *out_width;
	switch (picture->orientation) {
	case 2:
		*region = (struct frame){right, up.y, up.width, up.height};
		return;
	case 3:
		*region = (struct frame){right, below, up.width, up.height};
		return;
	case 4:
		*region = (struct frame){up.x, below, up.width, up.height};
		return;
	case 5:
		*region = (struct frame){up.y, up.x, up.height, up.width};
		break;
	case 6:
		*region = (struct frame){up.y, right, up.height, up.width};
		break;
	case 7:
		*region = (struct frame){below, right, up.height, up.width};
		break;
	case 8:
		*region = (struct frame){below, up.x, up.height, up.width};
		break;
	default:
		return;
	}
	*out_width = *out_height;
	*out_height = turned;
}

static int cut_and_scale(const struct picture *picture, const struct picture_wish *wish, VipsImage **out, struct err *err)
{
	struct frame region = {wish->x, wish->y, wish->width, wish->height};
	uint32_t width = wish->out_width, height = wish->out_height, least, left, top, right, bottom;
	VipsImage *image = NULL, *next = NULL;
	unsigned shrink = 1, shrunk;
	struct picture_samples samples;
	lay_back(picture, &region, &width, &height);
	least = region.width / width < region.height / height ? region.width / width : region.height / height;
	while (shrink * 2 <= least && shrink < 32)
		shrink *= 2;
	if (picture_samples_look(picture, &samples, err) < 0 || picture_load(picture, shrink, &image, &shrunk, err) < 0)
		return -1;
	if (picture_samples_spread(&image, &samples, err) < 0)
		goto fail;
	/* Decoders round sizes up when they shrink. */
	right = (region.x + region.width + shrunk - 1) / shrunk;
	bottom = (region.y + region.height + shrunk - 1) / shrunk;
	left = region.x / shrunk;
	top = region.y / shrunk;
	if (right > (uint32_t)image->Xsize)
		right = (uint32_t)image->Xsize;
	if (bottom > (uint32_t)image->Ysize)
		bottom = (uint32_t)image->Ysize;
	if (left >= right || top >= bottom) {
		g_object_unref(image);
		return err_set(err, ERR_SYNTAX, "the picture is damaged");
	}
	if ((left > 0 || top > 0 || right < (uint32_t)image->Xsize || bottom < (uint32_t)image->Ysize) &&
		took(&image, &next,
			vips_extract_area(image, &next, (int)left, (int)top, (int)(right - left), (int)(bottom - top), NULL),
			err) < 0)
		goto fail;
	if (((uint32_t)image->Xsize != width || (uint32_t)image->Ysize != height) &&
		took(&image, &next,
			vips_resize(image, &next, (double)width / image->Xsize, "vscale", (double)height / image->Ysize, NULL),
			err) < 0)
		goto fail;
	/* It rounds for itself. */
	if (((uint32_t)image->Xsize != width || (uint32_t)image->Ysize != height) &&
		took(&image, &next, vips_embed(image, &next, 0, 0, (int)width, (int)height, "extend", VIPS_EXTEND_COPY, NULL),
			err) < 0)
		goto fail;
	*out = image;
	return 0;
fail:
	g_object_unref(image);
	return -1;
}

/* ---- a page of a PDF --------------------------------------------------------------------------------------------------------------------- */

/* Portable anymap as pdftoppm writes it: "P6\nWIDTH HEIGHT\n255\n", then bytes. */
static bool anymap(struct str bytes, uint32_t *width, uint32_t *height, int *bands, struct str *pixels)
{
	uint64_t number[3] = {0, 0, 0}, size;
	size_t at = 2;
	if (bytes.n < 8 || bytes.p[0] != 'P' || (bytes.p[1] != '6' && bytes.p[1] != '5'))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		at++; /* one white space */
		while (at < bytes.n && bytes.p[at] >= '0' && bytes.p[at] <= '9' && number[i] < 1000000)
			number[i] = number[i] * 10 + (uint64_t)(bytes.p[at++] - '0');
	}
	at++;
	*bands = bytes.p[1] == '6' ? 3 : 1;
	size = number[0] * number[1] * (uint64_t)*bands;
	if (number[0] == 0 || number[1] == 0 || number[2] != 255 || number[0] > 100000 || number[1] > 100000 || at > bytes.n ||
		size > bytes.n - at)
		return false;
	*width = (uint32_t)number[0];
	*height = (uint32_t)number[1];
	*pixels = (struct str){bytes.p + at, (size_t)size};
	return true;
}

static void argument(char out[16], uint64_t value)
{
	struct buf digits = BUF_INIT;
	buf_u64(&digits, value);
	memcpy(out, digits.p, digits.n < 15 ? digits.n + 1 : 15);
	out[15] = '\0';
	buf_release(&digits);
}

static int draw(const struct picture *picture, const struct picture_wish *wish, struct buf *bytes, VipsImage **out, struct err *err)
{
	char page[16], whole_width[16], whole_height[16], x[16], y[16], width[16], height[16];
	const double across = (double)wish->out_width / wish->width, down = (double)wish->out_height / wish->height;
	const char *arguments[] = {"-f", page, "-l", page, "-cropbox", "-scale-to-x", whole_width, "-scale-to-y", whole_height,
		"-x", x, "-y", y, "-W", width, "-H", height, "-", NULL, NULL};
	uint32_t drawn_width, drawn_height;
	int bands;
	struct str pixels;
	argument(page, picture->page > 0 ? picture->page : 1);
	argument(whole_width, (uint64_t)(picture->width * across + 0.5));
	argument(whole_height, (uint64_t)(picture->height * down + 0.5));
	argument(x, (uint64_t)(wish->x * across + 0.5));
	argument(y, (uint64_t)(wish->y * down + 0.5));
	argument(width, wish->out_width);
	argument(height, wish->out_height);
	if (wish->grey) {
		arguments[17] = "-gray";
		arguments[18] = "-";
	}
	if (poppler_run(picture->fd, POPPLER_PICTURE, arguments, (size_t)wish->out_width * wish->out_height * 3 + 64, DRAW_SECONDS,
		    bytes, err) < 0)
		return -1;
	if (!anymap(buf_view(bytes), &drawn_width, &drawn_height, &bands, &pixels))
		return err_set(err, ERR_SYNTAX, "the page cannot be drawn");
	*out = vips_image_new_from_memory(pixels.p, pixels.n, (int)drawn_width, (int)drawn_height, bands, VIPS_FORMAT_UCHAR);
	if (!*out)
		return picture_fail(err, "the page cannot be drawn");
	(*out)->Type = bands == 3 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W;
	return 0;
}

/* ---- colours, turning, writing --------------------------------------------------------------------------------------------------------------- */

static int to_screen_colours(VipsImage **image, const struct picture_wish *wish, struct err *err)
{
	VipsImage *next = NULL;
	if (vips_image_get_typeof(*image, VIPS_META_ICC_NAME) != 0) {
		/* A profile that is none is passed over. */
		if (vips_icc_transform(*image, &next, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_PERCEPTUAL, NULL) == 0) {
			g_object_unref(*image);
			*image = next;
		} else if (next) {
			g_object_unref(next);
		}
		next = NULL;
		vips_error_clear();
	}
	if (vips_image_hasalpha(*image) && !wish->png) {
		VipsArrayDouble *white = vips_array_double_newv(1, (*image)->BandFmt == VIPS_FORMAT_USHORT ? 65535.0 : 255.0);
		int failed = took(image, &next, vips_flatten(*image, &next, "background", white, NULL), err);
		vips_area_unref(VIPS_AREA(white));
		if (failed)
			return -1;
	}
	if (took(image, &next,
		    vips_colourspace(*image, &next,
			    wish->grey || (*image)->Bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL),
		    err) < 0)
		return -1;
	return took(image, &next, vips_cast_uchar(*image, &next, NULL), err);
}

static int turn(VipsImage **image, unsigned orientation, unsigned rotation, struct err *err)
{
	static const struct {
		bool flip;
		unsigned turns;
	} steps[9] = {{false, 0}, {false, 0}, {true, 0}, {false, 2}, {true, 2}, {true, 3}, {false, 1}, {true, 1}, {false, 3}};
	static const VipsAngle angles[4] = {VIPS_ANGLE_D0, VIPS_ANGLE_D90, VIPS_ANGLE_D180, VIPS_ANGLE_D270};
	unsigned turns = (steps[orientation].turns + rotation / 90) % 4;
	VipsImage *next = NULL;
	if (!steps[orientation].flip && turns == 0)
		return 0;
	/* Pixels come from top to bottom, once: turned, they are wanted in another order. */
	if (!(next = vips_image_copy_memory(*image)))
		return picture_fail(err, "the picture cannot be shown");
	g_object_unref(*image);
	*image = next;
	next = NULL;
	if (steps[orientation].flip && took(image, &next, vips_flip(*image, &next, VIPS_DIRECTION_HORIZONTAL, NULL), err) < 0)
		return -1;
	return turns == 0 ? 0 : took(image, &next, vips_rot(*image, &next, angles[turns], NULL), err);
}

static int check(const struct picture *picture, struct picture_wish *wish, struct err *err)
{
	if (wish->width == 0) {
		wish->x = wish->y = 0;
		wish->width = picture->width;
		wish->height = picture->height;
	}
	if (wish->out_width == 0) {
		wish->out_width = wish->width;
		wish->out_height = wish->height;
	}
	if (wish->x >= picture->width || wish->y >= picture->height || wish->width > picture->width - wish->x ||
		wish->height > picture->height - wish->y || wish->height == 0 || wish->out_height == 0 ||
		wish->out_width > wish->width || wish->out_height > wish->height || wish->rotation % 90 != 0)
		return err_set(err, ERR_USAGE, "the picture has no such region, or not in that size");
	if ((uint64_t)wish->out_width * wish->out_height > PICTURE_OUT_MAX)
		return err_set(err, ERR_LIMIT, "pictures of more than %u million pixels are not made", PICTURE_OUT_MAX / 1000000);
	return 0;
}

int picture_make(const struct picture *picture, const struct picture_wish *wished, struct buf *out, struct err *err)
{
	struct picture_wish wish = *wished;
	struct buf drawn = BUF_INIT;
	VipsImage *image = NULL;
	void *bytes = NULL;
	size_t n = 0;
	int result = -1;
	if (check(picture, &wish, err) < 0)
		return -1;
	if (picture->kind == PICTURE_PDF ? draw(picture, &wish, &drawn, &image, err) < 0
					 : cut_and_scale(picture, &wish, &image, err) < 0)
		goto out;
	if (to_screen_colours(&image, &wish, err) < 0 || turn(&image, picture->orientation, wish.rotation, err) < 0)
		goto out;
	if (wish.png ? vips_pngsave_buffer(image, &bytes, &n, "strip", TRUE, "compression", 6, NULL)
		     : vips_jpegsave_buffer(image, &bytes, &n, "strip", TRUE, "Q", JPEG_QUALITY, "optimize_coding", TRUE, NULL)) {
		picture_fail(err, "the picture cannot be shown");
		goto out;
	}
	buf_add(out, bytes, n);
	result = buf_check(out, "the picture", err);
out:
	if (image)
		g_object_unref(image);
	g_free(bytes);
	buf_release(&drawn);
	return result;
}
