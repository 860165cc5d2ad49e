/* Encodings and time are canonical: one spelling for one value, every other one refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"

/* RFC 4648 section 10 */
static void base64_of_the_rfc(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	struct buf text = BUF_INIT, bytes = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_clear(&text);
		buf_clear(&bytes);
		buf_base64(&text, pairs[i][0], strlen(pairs[i][0]));
		assert_true(str_equal(buf_view(&text), str_from(pairs[i][1])));
		assert_true(base64_decode(str_from(pairs[i][1]), &bytes));
		assert_true(str_equal(buf_view(&bytes), str_from(pairs[i][0])));
	}
	buf_release(&text);
	buf_release(&bytes);
}

static void base64_round_trips(void **state)
{
	unsigned char bytes[300], again[300];
	struct buf text = BUF_INIT;

	(void)state;
	srand(1927);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)rand();
		buf_clear(&text);
		buf_base64(&text, bytes, n);
		assert_true(base64_decode_fixed(buf_view(&text), again, n));
		assert_memory_equal(bytes, again, n);
		assert_false(base64_decode_fixed(buf_view(&text), again, n + 1));
	}
	buf_release(&text);
}

/* Whatever is accepted, encoded again, gives the same text (C2SP#348). Every padded group, and every byte in every place. */
static void base64_is_canonical(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf bytes = BUF_INIT, again = BUF_INIT;
	size_t two = 0, one = 0, wrong = 0;
	char group[4];

	(void)state;
	for (size_t a = 0; a < 64; a++)
		for (size_t b = 0; b < 64; b++) {
			memcpy(group, (char[]){letters[a], letters[b], '=', '='}, 4);
			buf_clear(&bytes);
			one += base64_decode((struct str){group, 4}, &bytes);
			for (size_t c = 0; c < 64; c++) {
				group[2] = letters[c];
				buf_clear(&bytes);
				if (!base64_decode((struct str){group, 4}, &bytes))
					continue;
				two++;
				buf_clear(&again);
				buf_base64(&again, bytes.p, bytes.n);
				wrong += memcmp(again.p, group, 4) != 0;
			}
		}
	assert_int_equal(one, 256);
	assert_int_equal(two, 65536);
	assert_int_equal(wrong, 0);
	for (size_t place = 0; place < 8; place++)
		for (int c = 0; c < 256; c++) {
			char text[9] = "Zm9vYmFy";
			text[place] = (char)c;
			buf_clear(&bytes);
			bool good = base64_decode((struct str){text, 8}, &bytes), letter = c != 0 && strchr(letters, c) != NULL;
			/* "Zm9vYmF=" leaves bits behind, "=" elsewhere is no padding */
			assert_int_equal(good, letter);
			assert_int_equal(bytes.n, good ? 6 : 0);
		}
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm9vZg==\n", "Zm9-", "Zm9_"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&bytes);
		buf_text(&bytes, "kept");
		assert_false(base64_decode(str_from(bad[i]), &bytes));
		assert_string_equal(bytes.p, "kept");
	}
	buf_release(&bytes);
	buf_release(&again);
}

static void hex_is_lower_case(void **state)
{
	unsigned char all[256], again[256];
	struct buf text = BUF_INIT;
	size_t good = 0;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	buf_hex(&text, all, 256);
	assert_int_equal(text.n, 512);
	assert_true(hex_decode(buf_view(&text), again, 256));
	assert_memory_equal(all, again, 256);
	assert_false(hex_decode(buf_view(&text), again, 255));
	assert_false(hex_decode((struct str){text.p, 511}, again, 255));
	for (int c = 0; c < 65536; c++) {
		char two[2] = {(char)(c >> 8), (char)c};
		good += hex_decode((struct str){two, 2}, again, 1);
	}
	assert_int_equal(good, 256);
	assert_true(hex_decode(STR(""), again, 0));
	buf_release(&text);
}

static bool url_is(const char *text, bool plus, const char *wanted)
{
	struct buf out = BUF_INIT;
	bool good = url_decode(str_from(text), plus, &out), is = good == (wanted != NULL);

	if (good && wanted != NULL)
		is = str_equal(buf_view(&out), str_from(wanted));
	buf_release(&out);
	return is;
}

static void urls(void **state)
{
	static const char *const bad[] = {"%", "%4", "a%", "%4g", "%g4", "%%41", "%00", "a%0", "%-1", "% 1"};

	(void)state;
	assert_true(url_is("", false, ""));
	assert_true(url_is("a+b%20c", false, "a+b c"));
	assert_true(url_is("a+b%2Bc", true, "a b+c"));
	assert_true(url_is("%c3%A4%2f%25", false, "\xc3\xa4/%"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(url_is(bad[i], true, NULL));
}

static uint64_t itself(const void *member)
{
	return *(const uint32_t *)member;
}

static void places(void **state)
{
	static const uint32_t numbers[] = {2, 5, 5, 5, 9};

	(void)state;
	for (uint64_t wanted = 0; wanted < 12; wanted++) {
		size_t place = mem_place(numbers, 5, sizeof(numbers[0]), itself, wanted);

		assert_true(place == 5 || numbers[place] >= wanted);
		assert_true(place == 0 || numbers[place - 1] < wanted);
	}
	assert_int_equal(mem_place(NULL, 0, 4, itself, 1), 0);
}

static void decimals(void **state)
{
	static const char *const bad[] = {"", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1a", "0x1", "18446744073709551616",
		"99999999999999999999", "184467440737095516150"};
	struct buf text = BUF_INIT;
	uint64_t value = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(decimal_parse(str_from(bad[i]), UINT64_MAX, &value));
	assert_int_equal(value, 77);
	assert_true(decimal_parse(STR("0"), 0, &value) && value == 0);
	assert_true(decimal_parse(STR("18446744073709551615"), UINT64_MAX, &value) && value == UINT64_MAX);
	assert_true(decimal_parse(STR("65535"), 65535, &value) && value == 65535);
	assert_false(decimal_parse(STR("65536"), 65535, &value));
	for (uint64_t x = 0; x < UINT64_MAX / 3; x = x * 3 + 1) {
		buf_clear(&text);
		buf_u64(&text, x);
		assert_true(decimal_parse(buf_view(&text), UINT64_MAX, &value) && value == x);
		assert_int_equal(strtoull(text.p, NULL, 10), x);
	}
	buf_clear(&text);
	buf_u64(&text, UINT64_MAX);
	assert_string_equal(text.p, "18446744073709551615");
	buf_release(&text);
}

static void big_endian(void **state)
{
	struct buf buf = BUF_INIT;

	(void)state;
	buf_be16(&buf, 0x1234);
	buf_be64(&buf, UINT64_C(0xfedcba9876543210));
	assert_memory_equal(buf.p, "\x12\x34\xfe\xdc\xba\x98\x76\x54\x32\x10", 10);
	assert_int_equal(be16_get(buf.p), 0x1234);
	assert_int_equal(be64_get(buf.p + 2), UINT64_C(0xfedcba9876543210));
	buf_release(&buf);
}

/* Every day of ten thousand years against the C library's calendar. */
static void time_agrees_with_the_library(void **state)
{
	char text[TIME_TEXT], expected[64];
	size_t days = 0, wrong = 0;

	(void)state;
	for (int64_t day = -719528; day < -719528 + 3652425; day++, days++) {
		int64_t seconds = day * 86400 + (day % 86400 + 86400) % 86400, again, midnight;
		time_t t = (time_t)seconds;
		struct tm tm;
		gmtime_r(&t, &tm);
		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			tm.tm_hour, tm.tm_min, tm.tm_sec);
		time_format(seconds, text);
		wrong += strcmp(text, expected) != 0;
		wrong += !time_parse(str_from(text), &again) || again != seconds;
		wrong += !date_parse((struct str){text, 10}, &midnight) || midnight != day * 86400;
	}
	assert_int_equal(days, 3652425);
	assert_int_equal(wrong, 0);
}

static void time_refuses_other_spellings(void **state)
{
	static const char *const bad[] = {"", "2026-11-23", "2026-11-23T20:28:00", "2026-11-23t20:28:00Z", "2026-11-23T20:28:00z",
		"2026-11-23 20:28:00Z", "2026-11-23T20:28:00+00:00", "2026-11-23T20:28:00.0Z", "2026-11-23T24:00:00Z",
		"2026-11-23T23:60:00Z", "2026-12-31T23:59:60Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"+026-01-01T00:00:00Z", "2026-1 -01T00:00:00Z", "02026-1-01T00:00:00Z", "2026-11-23T20:28:00Z\n"};
	int64_t seconds = 5;
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(time_parse(str_from(bad[i]), &seconds));
	assert_int_equal(seconds, 5);
	assert_true(time_parse(STR("1970-01-01T00:00:00Z"), &seconds) && seconds == 0);
	assert_true(time_parse(STR("2000-02-29T12:00:00Z"), &seconds) && seconds == 951825600);
	assert_false(date_parse(STR("1927-11-31"), &seconds));
	assert_false(date_parse(STR("1927-11-1"), &seconds));
	assert_true(date_parse(STR("1927-11-15"), &seconds) && seconds == -1329523200);
	time_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	time_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_of_the_rfc),
		cmocka_unit_test(base64_round_trips),
		cmocka_unit_test(base64_is_canonical),
		cmocka_unit_test(hex_is_lower_case),
		cmocka_unit_test(urls),
		cmocka_unit_test(places),
		cmocka_unit_test(decimals),
		cmocka_unit_test(big_endian),
		cmocka_unit_test(time_agrees_with_the_library),
		cmocka_unit_test(time_refuses_other_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
