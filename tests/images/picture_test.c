/* Pictures of regions: the right pixels in the right place, whatever way the file has them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <vips/vips.h>

#include "support.h"

#define WIDTH 600
#define HEIGHT 400

static VipsImage *shown(const struct extract_picture *wish, const char *contains_not)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	VipsImage *image, *copy;
	if (extract_picture(wish, &out, &err) != 0)
		fail_msg("%s", err.text);
	if (contains_not && memmem(out.p, out.n, contains_not, strlen(contains_not)))
		fail_msg("\"%s\" came through", contains_not);
	image = vips_image_new_from_buffer(out.p, out.n, "", NULL);
	assert_non_null(image);
	copy = vips_image_copy_memory(image);
	assert_non_null(copy);
	g_object_unref(image);
	buf_release(&out);
	return copy;
}

static void expect_pixel(VipsImage *image, int at_x, int at_y, uint32_t x, uint32_t y, int within)
{
	unsigned char wanted[3];
	const unsigned char *got = VIPS_IMAGE_ADDR(image, at_x, at_y);
	told(x, y, wanted);
	for (int i = 0; i < 3; i++)
		if (abs(got[i] - wanted[i]) > within)
			fail_msg("pixel %d,%d is %d %d %d, not %d %d %d", at_x, at_y, got[0], got[1], got[2], wanted[0], wanted[1],
				wanted[2]);
}

static void regions(void **state)
{
	(void)state;
	struct buf png = png_of(WIDTH, HEIGHT, HEIGHT, told);
	struct extract_picture wish = {.fd = file_of(buf_view(&png)), .png = true, .least = EXTRACT_LIMITS};
	struct err err = ERR_INIT;
	uint32_t width = 0, height = 0;
	VipsImage *image;
	assert_int_equal(extract_picture_size(&wish, &width, &height, &err), 0);
	assert_int_equal(width, WIDTH);
	assert_int_equal(height, HEIGHT);
	image = shown(&wish, "secret");
	assert_int_equal(image->Xsize, WIDTH);
	expect_pixel(image, 599, 399, 599, 399, 0);
	g_object_unref(image);
	wish.x = 101;
	wish.y = 57;
	wish.width = 200;
	wish.height = 100;
	image = shown(&wish, "secret");
	assert_int_equal(image->Xsize, 200);
	assert_int_equal(image->Ysize, 100);
	expect_pixel(image, 0, 0, 101, 57, 0);
	expect_pixel(image, 199, 99, 300, 156, 0);
	g_object_unref(image);
	wish.rotation = 90; /* clockwise: what was on the left comes to the top */
	image = shown(&wish, "secret");
	assert_int_equal(image->Xsize, 100);
	expect_pixel(image, 99, 0, 101, 57, 0);
	expect_pixel(image, 0, 199, 300, 156, 0);
	g_object_unref(image);
	wish.rotation = 0;
	wish.out_width = 67;
	wish.out_height = 33;
	image = shown(&wish, "secret");
	assert_int_equal(image->Xsize, 67);
	assert_int_equal(image->Ysize, 33);
	g_object_unref(image);
	wish.grey = true;
	image = shown(&wish, "secret");
	assert_int_equal(image->Bands, 1);
	g_object_unref(image);
	/* Outside, or larger than it is: refused, whoever asked. */
	struct buf out = BUF_INIT;
	wish.x = 599;
	assert_int_equal(extract_picture(&wish, &out, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	wish.x = 0;
	wish.out_width = 201;
	assert_int_equal(extract_picture(&wish, &out, &err), -1);
	wish.out_width = 67;
	wish.page = 2;
	assert_int_equal(extract_picture(&wish, &out, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(out.n, 0);
	close(wish.fd);
	buf_release(&png);
}

/* Each of EXIF's eight orientations: the region is of the upright picture, and so is what is shown. */
static void orientations(void **state)
{
	(void)state;
	struct buf png = png_of(WIDTH, HEIGHT, HEIGHT, told);
	VipsImage *plain = vips_image_new_from_buffer(png.p, png.n, "", NULL);
	for (int orientation = 1; orientation <= 8; orientation++) {
		VipsImage *marked, *upright, *image;
		void *bytes = NULL;
		size_t n = 0;
		uint32_t width, height;
		struct err err = ERR_INIT;
		assert_int_equal(vips_copy(plain, &marked, NULL), 0);
		vips_image_set_int(marked, VIPS_META_ORIENTATION, orientation);
		vips_image_set_string(marked, "exif-ifd0-Artist", "secret (secret, ASCII, 7 components, 7 bytes)");
		assert_int_equal(
			vips_jpegsave_buffer(marked, &bytes, &n, "Q", 98, "subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF, NULL), 0);
		assert_non_null(memmem(bytes, n, "secret", 6));
		struct extract_picture wish = {.fd = file_of((struct str){bytes, n}), .least = EXTRACT_LIMITS};
		assert_int_equal(extract_picture_size(&wish, &width, &height, &err), 0);
		assert_int_equal(width, orientation >= 5 ? HEIGHT : WIDTH);
		assert_int_equal(vips_autorot(marked, &upright, NULL), 0);
		VipsImage *whole = vips_image_copy_memory(upright);
		wish.x = 40;
		wish.y = 30;
		wish.width = 120;
		wish.height = 90;
		image = shown(&wish, "secret");
		assert_int_equal(image->Xsize, 120);
		for (int y = 5; y < 90; y += 20)
			for (int x = 5; x < 120; x += 30)
				for (int band = 0; band < 3; band++)
					assert_in_range((unsigned)abs(VIPS_IMAGE_ADDR(image, x, y)[band] -
								      VIPS_IMAGE_ADDR(whole, x + 40, y + 30)[band]),
						0, 24);
		g_object_unref(image);
		wish.width = 200;
		wish.height = 300;
		wish.out_width = 50;
		wish.out_height = 75;
		image = shown(&wish, "secret");
		assert_int_equal(image->Xsize, 50);
		assert_int_equal(image->Ysize, 75);
		/* Red and green, which change slowly, in the middle of the cut. */
		for (int band = 0; band < 2; band++)
			assert_in_range(
				(unsigned)abs(VIPS_IMAGE_ADDR(image, 20, 30)[band] - VIPS_IMAGE_ADDR(whole, 121, 151)[band]), 0,
				24);
		g_object_unref(image);
		g_object_unref(whole);
		g_object_unref(upright);
		g_object_unref(marked);
		g_free(bytes);
		close(wish.fd);
	}
	g_object_unref(plain);
	buf_release(&png);
}

static void formats(void **state)
{
	(void)state;
	struct buf png = png_of(WIDTH, HEIGHT, HEIGHT, told);
	VipsImage *plain = vips_image_new_from_buffer(png.p, png.n, "", NULL);
	const char *const suffixes[] = {
		".jpg[Q=95]", ".tif[compression=lzw]", ".tif[tile,compression=deflate]", ".jp2[lossless]", ".webp[lossless]"};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		void *bytes = NULL;
		size_t n = 0;
		VipsImage *image;
		uint32_t width = 0, height = 0;
		struct err err = ERR_INIT;
		if (vips_image_write_to_buffer(plain, suffixes[i], &bytes, &n, NULL) != 0) {
			print_message("skipped: libvips writes no %s here\n", suffixes[i]);
			vips_error_clear();
			continue;
		}
		struct extract_picture wish = {.fd = file_of((struct str){bytes, n}),
			.png = true,
			.least = EXTRACT_LIMITS,
			.x = 50,
			.y = 60,
			.width = 400,
			.height = 300};
		if (extract_picture_size(&wish, &width, &height, &err) != 0)
			fail_msg("%s: %s", suffixes[i], err.text);
		assert_int_equal(width, WIDTH);
		image = shown(&wish, NULL);
		expect_pixel(image, 77, 88, 127, 148, i == 0 ? 16 : 0);
		g_object_unref(image);
		wish.out_width = 100;
		wish.out_height = 75;
		image = shown(&wish, NULL);
		assert_int_equal(image->Xsize, 100);
		assert_int_equal(image->Ysize, 75);
		g_object_unref(image);
		g_free(bytes);
		close(wish.fd);
	}
	g_object_unref(plain);
	buf_release(&png);
}

/* A TIFF of one band or three, each pixel `first` on the left to `last` on the right; the leftmost column as `odd`. */
static int ramp(VipsBandFormat format, int bands, double first, double last, double odd)
{
	VipsImage *grey, *values, *cast, *all[3], *joined, *image;
	void *bytes;
	size_t n;
	int fd;
	assert_int_equal(vips_grey(&grey, 256, 64, NULL), 0);
	assert_int_equal(vips_linear1(grey, &values, last - first, first, NULL), 0);
	assert_int_equal(vips_cast(values, &cast, format, NULL), 0);
	for (int i = 0; i < 3; i++)
		all[i] = cast;
	assert_int_equal(vips_bandjoin(all, &joined, bands, NULL), 0);
	assert_int_equal(
		vips_copy(joined, &image, "interpretation", bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL),
		0);
	VipsImage *drawn = vips_image_copy_memory(image);
	assert_int_equal(vips_draw_rect(drawn, &odd, 1, 0, 0, 1, 64, "fill", TRUE, NULL), 0);
	assert_int_equal(vips_tiffsave_buffer(drawn, &bytes, &n, NULL), 0);
	fd = file_of((struct str){bytes, n});
	g_free(bytes);
	VipsImage *const made[] = {grey, values, cast, joined, image, drawn};
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		g_object_unref(made[i]);
	return fd;
}

/* Samples that do not say what is black and what is white: the page's own range, in every region and size of it. */
static void samples(void **state)
{
	(void)state;
	static const struct {
		VipsBandFormat format;
		int bands;
		double first, last, odd; /* odd: on the left edge, which is then black */
		int middle;              /* how the middle is shown */
	} cases[] = {
		{VIPS_FORMAT_FLOAT, 1, 0, 1, 0, 128},
		{VIPS_FORMAT_FLOAT, 1, 0.25, 0.75, 0.25, -1}, /* within 0 to 1: not spread */
		{VIPS_FORMAT_FLOAT, 1, 100, 1100, (double)NAN, 128},
		{VIPS_FORMAT_FLOAT, 1, -20000, 70000, -3.4e38, 128},
		{VIPS_FORMAT_FLOAT, 1, -1e-3, 1e-3, (double)INFINITY, 128},
		{VIPS_FORMAT_FLOAT, 1, 16000000, 16001024, 16000000, 128},
		{VIPS_FORMAT_SHORT, 1, -500, 500, -500, 128},
		{VIPS_FORMAT_INT, 1, -100000, 100000, -100000, 128},
		{VIPS_FORMAT_UINT, 1, 1e9, 2e9, 1e9, 128},
		{VIPS_FORMAT_UINT, 3, 1e9, 2e9, 1e9, 128},
		{VIPS_FORMAT_FLOAT, 3, 0, 1, 0, 188}, /* light: as sRGB has it */
		{VIPS_FORMAT_FLOAT, 3, 0, 4000, (double)NAN, 188},
		{VIPS_FORMAT_FLOAT, 1, 7, 7, 7, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct extract_picture wish = {
			.fd = ramp(cases[i].format, cases[i].bands, cases[i].first, cases[i].last, cases[i].odd),
			.png = true,
			.least = EXTRACT_LIMITS};
		VipsImage *whole = shown(&wish, NULL), *part;
		int left = *VIPS_IMAGE_ADDR(whole, 1, 30), middle = *VIPS_IMAGE_ADDR(whole, 128, 30),
		    right = *VIPS_IMAGE_ADDR(whole, 255, 30);
		print_message("%zu: %d %d %d\n", i, left, middle, right);
		if (cases[i].middle < 0) {
			assert_in_range(left, 62, 66);
			assert_in_range(right, 190, 192);
		} else {
			assert_in_range(middle, cases[i].middle > 2 ? cases[i].middle - 2 : 0, cases[i].middle + 2);
			assert_in_range(left, 0, cases[i].middle == 188 ? 14 : 3);
			assert_in_range(right, cases[i].middle == 0 ? 0 : 253, 255);
			assert_in_range(*VIPS_IMAGE_ADDR(whole, 0, 30), 0, cases[i].middle == 188 ? 14 : 3);
		}
		wish.x = 128;
		wish.y = 16;
		wish.width = 64;
		wish.height = 32;
		part = shown(&wish, NULL);
		for (int x = 0; x < 64; x += 21)
			assert_int_equal(*VIPS_IMAGE_ADDR(part, x, 4), *VIPS_IMAGE_ADDR(whole, 128 + x, 20));
		g_object_unref(part);
		wish.out_width = 16;
		wish.out_height = 8;
		part = shown(&wish, NULL);
		assert_in_range(*VIPS_IMAGE_ADDR(part, 8, 4), *VIPS_IMAGE_ADDR(whole, 160, 20) - (middle > 0 ? 6 : 0),
			*VIPS_IMAGE_ADDR(whole, 160, 20) + 6);
		g_object_unref(part);
		g_object_unref(whole);
		close(wish.fd);
	}
}

static int start(void **state)
{
	(void)state;
	return vips_init("picture_test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions), cmocka_unit_test(orientations), cmocka_unit_test(formats), cmocka_unit_test(samples)};
	return cmocka_run_group_tests(tests, start, NULL);
}
