/* Views, UTF-8, buffers, arenas, checked sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static void views(void **state)
{
	(void)state;
	assert_true(str_equal(str_from(NULL), STR("")));
	assert_true(str_equal((struct str){NULL, 0}, STR("")));
	assert_true(str_equal(STR("a\0b"), STR("a\0b")));
	assert_false(str_equal(STR("a\0b"), STR("a\0c")));
	assert_false(str_equal(STR("a"), STR("ab")));
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("b"), STR("ab")) > 0);
	assert_true(str_compare(STR("\x7f"), STR("\x80")) < 0);
	assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
	assert_true(str_compare((struct str){NULL, 0}, STR("a")) < 0);
	assert_true(str_starts(STR("tile/0"), STR("tile/")));
	assert_true(str_starts(STR("x"), STR("")));
	assert_false(str_starts(STR("til"), STR("tile/")));
	assert_true(str_ends(STR("a.json"), STR(".json")));
	assert_true(str_ends(STR("x"), (struct str){NULL, 0}));
	assert_false(str_ends(STR("json"), STR(".json")));
}

static void takes_lines(void **state)
{
	struct str rest = STR("one\n\nthree"), line = STR("untouched");

	(void)state;
	assert_true(str_take_line(&rest, &line));
	assert_true(str_equal(line, STR("one")));
	assert_true(str_take_line(&rest, &line));
	assert_int_equal(line.n, 0);
	assert_false(str_take_line(&rest, &line));
	assert_int_equal(line.n, 0);
	assert_true(str_equal(rest, STR("three")));
	rest = (struct str){NULL, 0};
	assert_false(str_take_line(&rest, &line));
	rest = STR("");
	assert_false(str_take_line(&rest, &line));
}

static void takes_tokens(void **state)
{
	struct str rest = STR("a||b|"), token;

	(void)state;
	assert_true(str_take_until(&rest, '|', &token));
	assert_true(str_equal(token, STR("a")));
	assert_true(str_take_until(&rest, '|', &token));
	assert_int_equal(token.n, 0);
	assert_true(str_take_until(&rest, '|', &token));
	assert_true(str_equal(token, STR("b")));
	assert_true(str_take_until(&rest, '|', &token)); /* what follows the last separator: nothing, but there */
	assert_int_equal(token.n, 0);
	assert_null(rest.p);
	assert_false(str_take_until(&rest, '|', &token));
	rest = STR("");
	assert_true(str_take_until(&rest, '|', &token));
	assert_false(str_take_until(&rest, '|', &token));
}

/* An oracle that shares no logic with the code: decode without any check, write canonically, compare. */
static bool oracle(const unsigned char *p, size_t n)
{
	while (n > 0) {
		uint32_t point = 0;
		size_t length = 0;
		unsigned char again[4];
		for (size_t k = 1; k <= 4 && k <= n && length == 0; k++) {
			point = k == 1 ? p[0] : k == 2 ? p[0] & 0x1fu : k == 3 ? p[0] & 0xfu : p[0] & 7u;
			for (size_t i = 1; i < k; i++)
				point = point << 6 | (p[i] & 0x3fu);
			size_t m = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
			if (m == 1)
				again[0] = (unsigned char)point;
			else
				for (size_t i = 0; i < m; i++)
					again[i] = (unsigned char)((i > 0           ? 0x80u
									   : m == 2 ? 0xc0u
									   : m == 3 ? 0xe0u
										    : 0xf0u) |
								   (point >> (6 * (m - 1 - i)) & 0x3fu));
			if (m == k && memcmp(again, p, k) == 0)
				length = k;
		}
		if (length == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return false;
		p += length;
		n -= length;
	}
	return true;
}

static void utf8_every_short_string(void **state)
{
	static const unsigned char ends[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff};
	unsigned char p[4];
	size_t wrong = 0, valid = 0;

	(void)state;
	for (uint32_t i = 0; i < 0x1000000; i++) {
		p[0] = (unsigned char)(i >> 16);
		p[1] = (unsigned char)(i >> 8);
		p[2] = (unsigned char)i;
		bool good = utf8_valid((struct str){(const char *)p, 3});
		valid += good;
		if (p[0] >= 0x80) /* the rest is the two-byte case, met below */
			wrong += good != oracle(p, 3);
	}
	/* three characters, one and two bytes in either order, one of three bytes */
	assert_int_equal(valid, 128 * 128 * 128 + 2 * 128 * 1920 + (65536 - 2048 - 2048));
	for (uint32_t i = 0; i < 0x10000; i++) {
		p[0] = (unsigned char)(i >> 8);
		p[1] = (unsigned char)i;
		wrong += utf8_valid((struct str){(const char *)p, 2}) != oracle(p, 2);
		for (size_t k = 0; k < sizeof(ends); k++)
			for (size_t m = 0; m < sizeof(ends); m++) {
				p[2] = ends[k];
				p[3] = ends[m];
				wrong += utf8_valid((struct str){(const char *)p, 4}) != oracle(p, 4);
			}
	}
	assert_int_equal(wrong, 0);
	assert_true(utf8_valid((struct str){NULL, 0}));
}

static void buffers_grow(void **state)
{
	struct buf buf = BUF_INIT;
	char *copy = mem_alloc(200001);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(buf_view(&buf).n, 0);
	for (size_t i = 0; i < 200000; i++) {
		copy[i] = (char)('a' + i % 26);
		buf_char(&buf, copy[i]);
		assert_int_equal(buf.p[buf.n], 0);
	}
	assert_string_equal(buf.p, copy);
	buf_clear(&buf);
	assert_string_equal(buf.p, "");
	for (size_t n = 0; n < 700; n++) {
		buf_clear(&buf);
		buf_printf(&buf, "%.*s|%d", (int)n, copy, 42);
		assert_int_equal(buf.n, n + 3);
		assert_memory_equal(buf.p, copy, n);
		assert_string_equal(buf.p + n, "|42");
	}
	assert_int_equal(buf_check(&buf, "text", &err), 0);
	buf_release(&buf);
	buf_add(&buf, NULL, 0);
	assert_null(buf.p);
	free(copy);
}

static void buffers_stop_at_their_maximum(void **state)
{
	struct buf buf = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	buf.max = 100;
	for (int i = 0; i < 10; i++)
		buf_text(&buf, "0123456789");
	assert_false(buf.failed);
	assert_int_equal(buf.n, 100);
	assert_true(buf.cap <= 100);
	buf_char(&buf, 'x');
	assert_true(buf.failed);
	assert_int_equal(buf.n, 100);
	assert_null(buf_reserve(&buf, 0));
	assert_int_equal(buf_check(&buf, "a note", &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.text, "a note: larger than the 100 bytes allowed");
	buf_clear(&buf);
	buf_text(&buf, "again");
	assert_int_equal(buf_check(&buf, "a note", &err), 0);
	buf_clear(&buf);
	buf_printf(&buf, "%101s", "");
	assert_true(buf.failed);
	buf_release(&buf);
	assert_int_equal(buf.max, 100);
	buf_add(&buf, (char[100]){0}, 100); /* exactly as much, at once */
	assert_int_equal(buf_check(&buf, "a note", &err), 0);
	buf_release(&buf);
	buf_add(&buf, (char[101]){0}, 101);
	assert_true(buf.failed && buf.n == 0);
	buf_release(&buf);
	/* sizes that cannot be had: no overflow, no crash; and nothing is appended after it */
	buf.max = 0;
	buf_text(&buf, "a");
	assert_null(buf_reserve(&buf, SIZE_MAX));
	buf_text(&buf, "b");
	assert_string_equal(buf.p, "a");
	assert_int_equal(buf_check(&buf, "x", &err), -1);
	buf_release(&buf);
	assert_null(buf_reserve(&buf, SIZE_MAX - 1));
	assert_int_equal(buf_check(&buf, "x", &err), -1);
	assert_int_equal(err.code, ERR_MEMORY);
	buf_release(&buf);
}

static void json_strings(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_json(&buf, STR("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\xc2\x9b\xc2\xa0\xc3\xa9\0z"));
	assert_string_equal(buf.p, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u009b\xc2\xa0\xc3\xa9\\u0000z\"");
	buf_clear(&buf);
	buf_json(&buf, STR(""));
	assert_string_equal(buf.p, "\"\"");
	buf_release(&buf);
}

static void printable_text(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_printable(&buf, STR("Br\xc3\xbcssel\n\x1b[m\xe2\x80\xae\xff\xe2\x82\xac\xd8\x9c\0"));
	assert_string_equal(buf.p, "Br\xc3\xbcssel\\x0a\\x1b[m\\xe2\\x80\\xae\\xff\xe2\x82\xac\\xd8\\x9c\\x00");
	buf_release(&buf);
}

static void sizes_are_checked(void **state)
{
	size_t n = 5;
	uint64_t u = 5;

	(void)state;
	assert_false(size_add(SIZE_MAX, 1, &n));
	assert_false(size_mul(SIZE_MAX / 2, 3, &n));
	assert_false(u64_add(UINT64_MAX, 1, &u));
	assert_int_equal(n, 5);
	assert_int_equal(u, 5);
	assert_true(size_add(SIZE_MAX - 1, 1, &n) && n == SIZE_MAX);
	assert_true(size_mul(0, SIZE_MAX, &n) && n == 0);
	assert_true(u64_add(1, 2, &u) && u == 3);
}

static void arenas(void **state)
{
	struct arena arena = ARENA_INIT;
	struct str kept[3000];
	char text[16];

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		size_t align = (size_t)1 << (i % 8), n = i % 97;
		unsigned char *p = arena_alloc(&arena, n, align);
		assert_int_equal((uintptr_t)p % align, 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, n);
		struct buf buf = BUF_INIT;
		buf_u64(&buf, i);
		memcpy(text, buf.p, buf.n + 1);
		kept[i] = arena_str(&arena, buf_view(&buf));
		buf_release(&buf);
	}
	memset(arena_alloc(&arena, 3u << 20, 64), 1, 3u << 20); /* larger than any block */
	for (size_t i = 0; i < 3000; i++) {
		uint64_t value;
		assert_true(decimal_parse(kept[i], UINT64_MAX, &value) && value == i);
		assert_int_equal(kept[i].p[kept[i].n], 0);
	}
	arena_release(&arena);
	assert_null(arena.last);
	assert_int_equal(arena.used, 0);
}

static void memory(void **state)
{
	char secret[] = "secret", *copy = mem_dup(STR("a\0b"));
	int *numbers = mem_array(4, sizeof(*numbers));

	(void)state;
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
	assert_int_equal(numbers[0] | numbers[3], 0);
	numbers = mem_grow(numbers, 1000, sizeof(*numbers));
	assert_int_equal(numbers[3], 0);
	free(numbers);
	mem_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0\0\0", sizeof(secret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views),
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(takes_tokens),
		cmocka_unit_test(utf8_every_short_string),
		cmocka_unit_test(buffers_grow),
		cmocka_unit_test(buffers_stop_at_their_maximum),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(printable_text),
		cmocka_unit_test(sizes_are_checked),
		cmocka_unit_test(arenas),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
