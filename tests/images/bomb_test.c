/* Documents made to hurt: each ends soon, in a picture or text or one sentence, and hurts nothing else (P9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

/* Of processor time: a picture's size and picture have 20 each, its text what it is given below, and poppler's programs as much each. */
#define SECONDS 120.0
#define SECONDS_BY_THE_CLOCK 400.0 /* of a machine that does other things too */

static void nothing(uint32_t x, uint32_t y, unsigned char rgb[3])
{
	(void)x;
	(void)y;
	memset(rgb, 255, 3);
}

/* Both programs; true: the picture was shown. */
static bool survive(const char *what, struct str bytes, const char *media_type, struct err *picture_said, struct err *text_said)
{
	struct extract_picture wish = {.fd = file_of(bytes), .page = 1, .least = EXTRACT_LIMITS};
	struct extract_job job = {
		.fd = wish.fd, .media_type = str_from(media_type), .name = STR("bomb"), .languages = STR("en"), .seconds = 20};
	struct extract_outcome outcome;
	struct text *text = NULL;
	struct buf out = BUF_INIT;
	uint32_t width = 0, height = 0;
	double begun = seconds_now(), used = seconds_of_children(), picture, all;
	err_clear(picture_said);
	err_clear(text_said);
	bool is_shown = extract_picture_size(&wish, &width, &height, picture_said) == 0;
	if (is_shown) {
		wish.width = width;
		wish.height = height;
		wish.out_width = width > 64 ? 64 : width;
		wish.out_height = height > 64 ? 64 : height;
		is_shown = extract_picture(&wish, &out, picture_said) == 0;
	}
	picture = seconds_now() - begun;
	lseek(job.fd, 0, SEEK_SET);
	bool has_text = extract_document(&job, EXTRACT_LIMITS, &text, &outcome, text_said) == 0;
	all = seconds_now() - begun;
	print_message("%-24s picture %s (%.1f s) text %s (%.1f s)\n", what, is_shown ? "shown" : picture_said->text, picture,
		has_text ? "read" : text_said->text, all - picture);
	/* ERR_BUSY: it was late, and other work on this machine may be why. */
	if (!is_shown && picture_said->code != ERR_SYNTAX && picture_said->code != ERR_LIMIT &&
		picture_said->code != ERR_NOT_FOUND && picture_said->code != ERR_BUSY)
		fail_msg("%s: the picture gave %d: %s", what, (int)picture_said->code, picture_said->text);
	if (!has_text && text_said->code != ERR_SYNTAX && text_said->code != ERR_LIMIT && text_said->code != ERR_BUSY)
		fail_msg("%s: the text gave %d: %s", what, (int)text_said->code, text_said->text);
	assert_true(all < SECONDS_BY_THE_CLOCK);
	assert_true(seconds_of_children() - used < SECONDS);
	text_free(text);
	buf_release(&out);
	close(wish.fd);
	return is_shown;
}

static struct err picture_said, text_said;

static void images(void **state)
{
	(void)state;
	struct buf png = png_of(60000, 60000, 3, nothing), other;
	assert_false(survive("png of 60000 by 60000", buf_view(&png), "image/png", &picture_said, &text_said));
	assert_int_equal(picture_said.code, ERR_LIMIT);
	assert_int_equal(text_said.code, ERR_LIMIT);
	buf_release(&png);
	/* Inside the bounds of pixels, mostly missing. */
	png = png_of(14000, 14000, 100, nothing);
	survive("png that breaks off", buf_view(&png), "image/png", &picture_said, &text_said);
	buf_release(&png);
	png = png_of(9000, 9000, 9000, nothing);
	assert_true(survive("white png of 81 Mpx", buf_view(&png), "image/png", &picture_said, &text_said));
	assert_true(survive("a png called tiff", buf_view(&png), "image/tiff", &picture_said, &text_said));
	buf_release(&png);
	png = png_of(300, 200, 200, told);
	for (size_t n = 0; n < png.n; n += png.n / 7)
		survive("png, cut", (struct str){png.p, n}, "image/png", &picture_said, &text_said);
	buf_release(&png);
	/* A TIFF whose one directory names itself as the next. */
	static const unsigned char loop[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 8, 0, 0, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1, 1, 3, 0, 1,
		0, 0, 0, 8, 0, 0, 0, 2, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 3, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 0, 0,
		1, 0, 0, 0, 17, 1, 4, 0, 1, 0, 0, 0, 110, 0, 0, 0, 22, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 23, 1, 4, 0, 1, 0, 0, 0, 64,
		0, 0, 0, 8, 0, 0, 0};
	buf_add(&png, loop, sizeof(loop));
	for (unsigned i = 0; i < 64; i++)
		buf_char(&png, (char)i);
	survive("tiff without end", buf_view(&png), "image/tiff", &picture_said, &text_said);
	buf_clear(&png);
	/* Ten thousand directories. */
	for (unsigned i = 0; i < 10000; i++) {
		unsigned char directory[sizeof(loop) - 8];
		uint32_t at = 8 + i * (uint32_t)sizeof(directory), next = i == 9999 ? 0 : at + (uint32_t)sizeof(directory);
		memcpy(directory, loop + 8, sizeof(directory));
		memcpy(directory + sizeof(directory) - 4, &next, 4);
		if (i == 0)
			buf_add(&png, loop, 8);
		buf_add(&png, directory, sizeof(directory));
	}
	survive("tiff of 10000 pages", buf_view(&png), "image/tiff", &picture_said, &text_said);
	buf_clear(&png);
	buf_add(&png,
		"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14"
		"ftypjp2 \0\0\0\0jp2 ",
		32);
	buf_add(&png, "\0\0\0\x2Djp2h\0\0\0\x16ihdr\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\x03\x07\x07\0\0", 30);
	survive("jpeg 2000 rubbish", buf_view(&png), "image/jp2", &picture_said, &text_said);
	buf_clear(&png);
	other = bytes_of("/proc/self/exe");
	survive("a program", buf_view(&other), "image/jpeg", &picture_said, &text_said);
	buf_release(&other);
	assert_false(survive("nothing", (struct str){"", 0}, "image/jpeg", &picture_said, &text_said));
	assert_int_equal(text_said.code, ERR_SYNTAX);
	buf_release(&png);
}

static void noise(void **state)
{
	(void)state;
	static const struct {
		struct str begins;
		const char *media_type;
	} kinds[] = {{{"\xFF\xD8\xFF\xE0", 4}, "image/jpeg"}, {{"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0", 24}, "image/png"},
		{{"II*\0\x08\0\0\0", 8}, "image/tiff"}, {{"\xFF\x4F\xFF\x51", 4}, "image/jp2"},
		{{"%PDF-1.7\n", 9}, "application/pdf"}, {{"", 0}, "application/pdf"}};
	const char *given = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 1927;
	const char *full = getenv("PHOTOSTAT_TEST_FULL");
	unsigned rounds = full != NULL && strcmp(full, "1") == 0 ? 60 : 6;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < rounds; i++) {
		struct buf bytes = BUF_INIT;
		buf_str(&bytes, kinds[i % 6].begins);
		for (unsigned k = 0; k < 40000; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			buf_char(&bytes, (char)(seed >> 33));
		}
		survive("noise", buf_view(&bytes), kinds[i % 6].media_type, &picture_said, &text_said);
		buf_release(&bytes);
	}
}

/* One page object, that so many stand for. */
static struct buf pdf_of(unsigned pages, unsigned fonts, const char *content)
{
	struct buf out = BUF_INIT;
	buf_text(&out, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/MediaBox[0 0 300 200]/Kids[");
	for (unsigned i = 0; i < pages; i++)
		buf_printf(&out, "%u 0 R ", 5 + i);
	buf_printf(&out, "]/Count %u>>endobj\n3 0 obj<</Length %zu>>stream\n%s\nendstream endobj\n4 0 obj<<", pages,
		strlen(content), content);
	for (unsigned i = 0; i < fonts; i++)
		buf_printf(&out, "/F%u<</Type/Font/Subtype/Type1/BaseFont/F%u>>", i, i);
	buf_text(&out, ">>endobj\n");
	for (unsigned i = 0; i < pages; i++)
		buf_printf(&out, "%u 0 obj<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<</Font 4 0 R>>>>endobj\n", 5 + i);
	buf_text(&out, "trailer<</Root 1 0 R>>\n");
	return out;
}

static void documents(void **state)
{
	(void)state;
	struct buf pdf = pdf_of(1, 1, "BT /F0 20 Tf 20 100 Td (bird) Tj ET"), content = BUF_INIT;
	assert_true(survive("a small pdf", buf_view(&pdf), "application/pdf", &picture_said, &text_said));
	assert_int_equal(text_said.code, ERR_NONE);
	buf_release(&pdf);
	pdf = pdf_of(100000, 1, "BT /F0 20 Tf 20 100 Td (bird) Tj ET");
	survive("pdf of 100000 pages", buf_view(&pdf), "application/pdf", &picture_said, &text_said);
	buf_release(&pdf);
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&content, "BT /F%u 9 Tf 20 100 Td (a) Tj ET\n", i);
	pdf = pdf_of(1, 20000, content.p);
	survive("pdf of 20000 fonts", buf_view(&pdf), "application/pdf", &picture_said, &text_said);
	buf_release(&pdf);
	buf_clear(&content);
	for (unsigned i = 0; i < 200000; i++)
		buf_text(&content, "q ");
	pdf = pdf_of(1, 1, content.p);
	survive("pdf, nested", buf_view(&pdf), "application/pdf", &picture_said, &text_said);
	buf_release(&pdf);
	pdf = pdf_of(3, 1, "");
	survive("pdf without words", buf_view(&pdf), "application/pdf", &picture_said, &text_said);
	survive("pdf, cut", (struct str){pdf.p, pdf.n / 2}, "application/pdf", &picture_said, &text_said);
	buf_release(&pdf);
	buf_release(&content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(images), cmocka_unit_test(noise), cmocka_unit_test(documents)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
