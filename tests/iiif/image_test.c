/* IIIF Image API 3.0: the specification's own examples (its image is 300 by 200), the edges of its rules, and that requests are alike exactly when their canonical forms are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "room/iiif.h"

static const struct iiif_image example = {.width = 300, .height = 200};

struct expected {
	const char *path, *canonical; /* NULL: refused */
	enum iiif_answer answer;
};

static void expect(const struct iiif_image *image, const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct iiif_request request;
		struct buf canonical = BUF_INIT;
		enum iiif_answer answer = iiif_parse(image, str_from(expected[i].path), &request);
		if (answer != expected[i].answer)
			fail_msg("%s: answered %d, not %d", expected[i].path, (int)answer, (int)expected[i].answer);
		if (answer != IIIF_FINE)
			continue;
		iiif_canonical(image, &request, &canonical);
		if (strcmp(canonical.p, expected[i].canonical) != 0)
			fail_msg("%s: became %s, not %s", expected[i].path, canonical.p, expected[i].canonical);
		/* A canonical form is its own. */
		struct iiif_request again;
		assert_int_equal(iiif_parse(image, buf_view(&canonical), &again), IIIF_FINE);
		assert_memory_equal(&again, &request, sizeof(again));
		buf_release(&canonical);
	}
}
#define EXPECT(image, list) expect(image, list, sizeof(list) / sizeof((list)[0]))

static void regions(void **state)
{
	(void)state;
	static const struct expected list[] = {
		{"full/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"square/max/0/default.jpg", "50,0,200,200/max/0/default.jpg", IIIF_FINE},
		{"125,15,120,140/max/0/default.jpg", "125,15,120,140/max/0/default.jpg", IIIF_FINE},
		{"pct:41.6,7.5,40,70/max/0/default.jpg", "125,15,120,140/max/0/default.jpg", IIIF_FINE},
		{"125,15,200,200/max/0/default.jpg", "125,15,175,185/max/0/default.jpg", IIIF_FINE},
		{"pct:41.6,7.5,66.6,100/max/0/default.jpg", "125,15,175,185/max/0/default.jpg", IIIF_FINE},
		{"0,0,300,200/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"0,0,9999,9999/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"0,0,99999999999,99999999999/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"pct:0,0,100,100/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"pct:.5,0,50.,50/max/0/default.jpg", "2,0,150,100/max/0/default.jpg", IIIF_FINE},
		{"299,199,1,1/max/0/default.jpg", "299,199,1,1/max/0/default.jpg", IIIF_FINE},
		{"300,0,1,1/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,200,1,1/max/0/default.jpg", NULL, IIIF_BAD},
		{"4294967296,0,1,1/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,0,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,10,0/max/0/default.jpg", NULL, IIIF_BAD},
		{"pct:0,0,0.01,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"-1,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"+1,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"1.5,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,10,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,10,/max/0/default.jpg", NULL, IIIF_BAD},
		{" 0,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"pct:1e1,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"pct:.,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"pct:1.2.3,0,10,10/max/0/default.jpg", NULL, IIIF_BAD},
		{"FULL/max/0/default.jpg", NULL, IIIF_BAD},
		{"fulls/max/0/default.jpg", NULL, IIIF_BAD},
		{"/max/0/default.jpg", NULL, IIIF_BAD},
	};
	EXPECT(&example, list);
	struct iiif_image tall = {.width = 200, .height = 301};
	static const struct expected square[] = {{"square/max/0/default.jpg", "0,50,200,200/max/0/default.jpg", IIIF_FINE}};
	EXPECT(&tall, square);
	struct iiif_image even = {.width = 7, .height = 7};
	static const struct expected whole[] = {{"square/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE}};
	EXPECT(&even, whole);
}

static void sizes(void **state)
{
	(void)state;
	static const struct expected list[] = {
		{"full/150,/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/,150/0/default.jpg", "full/225,150/0/default.jpg", IIIF_FINE},
		{"full/pct:50/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/225,100/0/default.jpg", "full/225,100/0/default.jpg", IIIF_FINE},
		{"full/!225,100/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/%21225%2C100/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/300,200/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/300,/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/pct:100/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/!999,999/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"0,0,100,100/50,/0/default.jpg", "0,0,100,100/50,50/0/default.jpg", IIIF_FINE},
		{"0,0,3,3/2,/0/default.jpg", "0,0,3,3/2,2/0/default.jpg", IIIF_FINE},
		/* Scaling up: without ^ a mistake, with it not done here (4.2). */
		{"full/301,/0/default.jpg", NULL, IIIF_BAD},
		{"full/,201/0/default.jpg", NULL, IIIF_BAD},
		{"full/300,201/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:120/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:100.0001/0/default.jpg", NULL, IIIF_BAD},
		{"0,0,100,100/101,/0/default.jpg", NULL, IIIF_BAD},
		{"full/^360,/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/%5E360,/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/^,240/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/^pct:120/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/^360,360/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/^!360,360/0/default.jpg", NULL, IIIF_NOT_DONE},
		{"full/^max/0/default.jpg", NULL, IIIF_NOT_DONE},
		/* ^ that scales nothing up is like none. */
		{"full/^150,/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/^pct:50/0/default.jpg", "full/150,100/0/default.jpg", IIIF_FINE},
		{"full/^!300,999/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		/* The specification's example is a slip of its own: ^ stands first. */
		{"full/,^240/0/default.jpg", NULL, IIIF_BAD},
		{"full/!^150,100/0/default.jpg", NULL, IIIF_BAD},
		/* Version 2's word for it. */
		{"full/full/0/default.jpg", NULL, IIIF_BAD},
		{"full/0,/0/default.jpg", NULL, IIIF_BAD},
		{"full/,0/0/default.jpg", NULL, IIIF_BAD},
		{"full/0,0/0/default.jpg", NULL, IIIF_BAD},
		{"full/!0,5/0/default.jpg", NULL, IIIF_BAD},
		{"full/!5,/0/default.jpg", NULL, IIIF_BAD},
		{"full/,/0/default.jpg", NULL, IIIF_BAD},
		{"full/!,/0/default.jpg", NULL, IIIF_BAD},
		{"full/150/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:0/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:0.1/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:-5/0/default.jpg", NULL, IIIF_BAD},
		{"full/pct:50,50/0/default.jpg", NULL, IIIF_BAD},
		{"full/^/0/default.jpg", NULL, IIIF_BAD},
		{"full//0/default.jpg", NULL, IIIF_BAD},
	};
	EXPECT(&example, list);
	/* A strip: what would be less than a pixel high is refused, but a thumbnail there is. */
	struct iiif_image strip = {.width = 9000, .height = 3};
	static const struct expected thin[] = {
		{"full/100,/0/default.jpg", NULL, IIIF_BAD},
		{"full/!100,100/0/default.jpg", "full/100,1/0/default.jpg", IIIF_FINE},
	};
	EXPECT(&strip, thin);
}

static void limits(void **state)
{
	(void)state;
	struct iiif_image wide = {.width = 300, .height = 200, .max_width = 200};
	static const struct expected by_width[] = {
		{"full/max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/200,/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/200,133/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/^max/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/201,/0/default.jpg", NULL, IIIF_BAD},
		{"full/300,200/0/default.jpg", NULL, IIIF_BAD},
		{"full/!250,250/0/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"0,0,100,100/max/0/default.jpg", "0,0,100,100/max/0/default.jpg", IIIF_FINE},
		{"0,0,100,100/^max/0/default.jpg", NULL, IIIF_NOT_DONE},
	};
	EXPECT(&wide, by_width);
	struct iiif_request request;
	assert_int_equal(iiif_parse(&wide, STR("full/max/0/default.jpg"), &request), IIIF_FINE);
	assert_int_equal(request.out_width, 200);
	assert_int_equal(request.out_height, 133);
	struct iiif_image area = {.width = 6000, .height = 4000, .max_area = 4000000};
	assert_int_equal(iiif_parse(&area, STR("full/max/0/default.jpg"), &request), IIIF_FINE);
	assert_true((uint64_t)request.out_width * request.out_height <= 4000000);
	assert_int_equal(request.out_width, 2449);
	assert_int_equal(iiif_parse(&area, STR("full/3000,/0/default.jpg"), &request), IIIF_BAD);
	assert_int_equal(iiif_parse(&area, STR("full/2000,/0/default.jpg"), &request), IIIF_FINE);
	struct iiif_image none = {.width = 0, .height = 10}, huge = {.width = IIIF_PIXELS_MAX + 1, .height = 10};
	assert_int_equal(iiif_parse(&none, STR("full/max/0/default.jpg"), &request), IIIF_BAD);
	assert_int_equal(iiif_parse(&huge, STR("full/max/0/default.jpg"), &request), IIIF_BAD);
}

static void rest(void **state)
{
	(void)state;
	static const struct expected list[] = {
		{"full/max/180/default.jpg", "full/max/180/default.jpg", IIIF_FINE},
		{"full/max/90/default.png", "full/max/90/default.png", IIIF_FINE},
		{"full/max/270.0/gray.jpg", "full/max/270/gray.jpg", IIIF_FINE},
		{"full/max/360/default.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/max/0/color.jpg", "full/max/0/default.jpg", IIIF_FINE},
		{"full/max/22.5/default.png", NULL, IIIF_BAD},
		{"full/max/!0/default.jpg", NULL, IIIF_BAD},
		{"full/max/!180/default.jpg", NULL, IIIF_BAD},
		{"full/max/450/default.jpg", NULL, IIIF_BAD},
		{"full/max/-90/default.jpg", NULL, IIIF_BAD},
		{"full/max//default.jpg", NULL, IIIF_BAD},
		{"full/max/0/bitonal.jpg", NULL, IIIF_BAD},
		{"full/max/0/native.jpg", NULL, IIIF_BAD},
		{"full/max/0/.jpg", NULL, IIIF_BAD},
		{"full/max/0/default", NULL, IIIF_BAD},
		{"full/max/0/default.", NULL, IIIF_BAD},
		{"full/max/0/default.tif", NULL, IIIF_BAD},
		{"full/max/0/default.jpg.png", NULL, IIIF_BAD},
		{"full/max/0/default.jpg/", NULL, IIIF_BAD},
		{"/full/max/0/default.jpg", NULL, IIIF_BAD},
		{"full/max/0", NULL, IIIF_BAD},
		{"", NULL, IIIF_BAD},
		{"full%2Fmax/0/default.jpg", NULL, IIIF_BAD},
		{"full/max/0/default.jp%67", "full/max/0/default.jpg", IIIF_FINE},
		{"full/max/0/default.jp%6", NULL, IIIF_BAD},
		{"full/max/0/default.jp%zz", NULL, IIIF_BAD},
		{"full/max/0/default.jpg%00", NULL, IIIF_BAD},
		{"125,15,120,140/90,/!345/gray.jpg", NULL, IIIF_BAD},
	};
	EXPECT(&example, list);
	char path[400];
	struct iiif_request request;
	memset(path, '0', sizeof(path));
	assert_int_equal(iiif_parse(&example, (struct str){path, sizeof(path)}, &request), IIIF_BAD);
	assert_int_equal(iiif_parse(&example, (struct str){"\0\0\0", 3}, &request), IIIF_BAD);
}

/* Anything: never outside the image, never larger than the region, never nothing. */
static void noise(void **state)
{
	(void)state;
	static const char *const pieces[] = {"full", "square", "pct:", "^", "!", ",", "/", "0", "1", "7", "99", "300", "4294967295",
		".", "max", "90", "default", "gray", ".jpg", ".png", "%2C", "%"};
	const char *given = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 1927;
	size_t fine = 0;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 200000; round++) {
		struct buf path = BUF_INIT;
		struct iiif_image image = {.width = (uint32_t)(1 + seed % 5000),
			.height = (uint32_t)(1 + (seed >> 13) % 5000),
			.max_area = seed >> 20 & 0xFFFFF};
		struct iiif_request request;
		bool shaped = round % 2 == 0;
		unsigned value[6];
		for (unsigned i = 0; i < 12; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			if (!shaped)
				buf_text(&path, pieces[(seed >> 33) % (sizeof(pieces) / sizeof(pieces[0]))]);
			else if (i < 6)
				value[i] = (unsigned)(seed >> 33) % 6000;
		}
		if (shaped) {
			if (seed % 3 == 0)
				buf_text(&path, seed % 2 ? "full" : "square");
			else
				buf_printf(&path, "%s%u,%u,%u,%u", seed % 5 == 0 ? "pct:" : "", value[0] / (seed % 5 ? 1 : 60),
					value[1] / (seed % 5 ? 1 : 60), value[2], value[3]);
			if (seed % 4 == 0)
				buf_text(&path, "/max");
			else if (seed % 4 == 1)
				buf_printf(&path, "/%u,", value[4] / 4);
			else
				buf_printf(&path, "/%s%u,%u", seed % 4 == 2 ? "!" : "^!", value[4], value[5]);
			buf_text(&path, "/0/default.jpg");
		}
		if (iiif_parse(&image, buf_view(&path), &request) == IIIF_FINE) {
			fine++;
			assert_true(request.width > 0 && request.height > 0 && request.x < image.width && request.y < image.height);
			assert_true(request.width <= image.width - request.x && request.height <= image.height - request.y);
			assert_true(request.out_width > 0 && request.out_height > 0);
			assert_true(request.out_width <= request.width && request.out_height <= request.height);
			assert_true(image.max_area == 0 || (uint64_t)request.out_width * request.out_height <= image.max_area ||
				    request.out_width * request.out_height == 1);
		}
		buf_release(&path);
	}
	print_message("%zu requests of 200000 were fine\n", fine);
	assert_true(fine > 20000);
}

static void information(void **state)
{
	(void)state;
	static const struct iiif_image images[] = {{.width = 6000, .height = 4000, .max_area = IIIF_AREA_MAX},
		{.width = 300, .height = 200}, {.width = 1, .height = 1},
		{.width = IIIF_PIXELS_MAX, .height = 20, .max_area = IIIF_AREA_MAX},
		{.width = 900, .height = 900, .max_width = 500, .max_height = 400}};
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct buf text = BUF_INIT;
		json_error_t wrong;
		size_t at;
		json_t *one;
		iiif_info(&images[i], STR("https://example.org/iiif/caf\xC3\xA9\"1"), &text);
		json_t *info = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &wrong);
		assert_non_null(info);
		assert_string_equal(
			json_string_value(json_object_get(info, "@context")), "http://iiif.io/api/image/3/context.json");
		assert_true(str_starts(buf_view(&text), STR("{\"@context\"")));
		assert_string_equal(json_string_value(json_object_get(info, "id")), "https://example.org/iiif/caf\xC3\xA9\"1");
		assert_string_equal(json_string_value(json_object_get(info, "type")), "ImageService3");
		assert_string_equal(json_string_value(json_object_get(info, "protocol")), "http://iiif.io/api/image");
		assert_string_equal(json_string_value(json_object_get(info, "profile")), "level2");
		assert_int_equal(json_integer_value(json_object_get(info, "width")), images[i].width);
		/* Every size that is offered can be had, as it stands there (5.3). */
		json_array_foreach(json_object_get(info, "sizes"), at, one)
		{
			char path[80];
			struct iiif_request request;
			int width = (int)json_integer_value(json_object_get(one, "width")),
			    height = (int)json_integer_value(json_object_get(one, "height"));
			(void)snprintf(path, sizeof(path), "full/%d,%d/0/default.jpg", width, height);
			assert_int_equal(iiif_parse(&images[i], str_from(path), &request), IIIF_FINE);
			assert_int_equal(request.out_width, width);
		}
		/* And every tile, at its corner, its last one too (the Implementation Notes' way to compute them). */
		json_t *tiles = json_array_get(json_object_get(info, "tiles"), 0);
		uint32_t tile = (uint32_t)json_integer_value(json_object_get(tiles, "width")), factor = 0;
		json_array_foreach(json_object_get(tiles, "scaleFactors"), at, one)
		{
			char path[120];
			struct iiif_request request;
			factor = (uint32_t)json_integer_value(one);
			assert_int_equal(factor, 1u << at);
			uint64_t step = (uint64_t)tile * factor, x = (images[i].width - 1) / step * step,
				 y = (images[i].height - 1) / step * step;
			uint64_t width = images[i].width - x, height = images[i].height - y;
			(void)snprintf(path, sizeof(path), "%llu,%llu,%llu,%llu/%llu,%llu/0/default.jpg", (unsigned long long)x,
				(unsigned long long)y, (unsigned long long)width, (unsigned long long)height,
				(unsigned long long)((width + factor - 1) / factor),
				(unsigned long long)((height + factor - 1) / factor));
			assert_int_equal(iiif_parse(&images[i], str_from(path), &request), IIIF_FINE);
		}
		/* The last one has all of it in one tile. */
		assert_true((uint64_t)tile * factor >= images[i].width && (uint64_t)tile * factor >= images[i].height);
		json_decref(info);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(regions), cmocka_unit_test(sizes), cmocka_unit_test(limits),
		cmocka_unit_test(rest), cmocka_unit_test(noise), cmocka_unit_test(information)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
