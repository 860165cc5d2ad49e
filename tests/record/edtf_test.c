/* EDTF levels 0 and 1: what is taken, as which days, and what is refused with which words. */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { Q = 1, A = 2, X = 4, S = 8, T = 16, I = 32 }; /* uncertain, approximate, unspecified, season, time, interval */

static int64_t day(const char *text)
{
	int64_t seconds;
	if (strcmp(text, "-") == 0)
		return EDTF_OPEN_FIRST;
	if (strcmp(text, "+") == 0)
		return EDTF_OPEN_LAST;
	assert_true(date_parse(str_from(text), &seconds));
	return seconds / 86400 - (seconds % 86400 < 0);
}

static void check(const char *text, const char *first, const char *last, int flags)
{
	struct edtf date;
	struct err err = ERR_INIT;
	if (edtf_parse(str_from(text), &date, &err) < 0)
		fail_msg("%s refused: %s", text, err.text);
	if (date.days.first != day(first) || date.days.last != day(last))
		fail_msg("%s is %lld to %lld, not %s to %s", text, (long long)date.days.first, (long long)date.days.last, first,
			last);
	int got = (date.uncertain ? Q : 0) | (date.approximate ? A : 0) | (date.unspecified ? X : 0) | (date.season ? S : 0) |
		  (date.time ? T : 0) | (date.interval ? I : 0);
	if (got != flags)
		fail_msg("%s has flags %d, not %d", text, got, flags);
}

static void dates_are_taken(void **state)
{
	(void)state;
	static const struct {
		const char *text, *first, *last;
		int flags;
	} good[] = {
		/* level 0: dates */
		{"1985-04-12", "1985-04-12", "1985-04-12", 0},
		{"1985-04", "1985-04-01", "1985-04-30", 0},
		{"1985", "1985-01-01", "1985-12-31", 0},
		{"0000", "0000-01-01", "0000-12-31", 0},
		{"0001-01-01", "0001-01-01", "0001-01-01", 0},
		{"9999-12-31", "9999-12-31", "9999-12-31", 0},
		{"1970-01-01", "1970-01-01", "1970-01-01", 0},
		{"1969-12-31", "1969-12-31", "1969-12-31", 0},
		{"2000-02-29", "2000-02-29", "2000-02-29", 0},
		{"1904-02", "1904-02-01", "1904-02-29", 0},
		{"1900-02", "1900-02-01", "1900-02-28", 0},
		{"0000-02-29", "0000-02-29", "0000-02-29", 0},
		{"1927-11-15", "1927-11-15", "1927-11-15", 0},
		{"1927-01", "1927-01-01", "1927-01-31", 0},
		{"1927-12", "1927-12-01", "1927-12-31", 0},
		/* level 0: times */
		{"1985-04-12T23:20:30", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:20:30Z", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:20:30-04", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:20:30+04:30", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:20:30+00:00", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:20:30-00", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T00:00:00Z", "1985-04-12", "1985-04-12", T},
		{"1985-04-12T23:59:59Z", "1985-04-12", "1985-04-12", T},
		{"1990-12-31T23:59:60Z", "1990-12-31", "1990-12-31", T},
		/* level 0: intervals */
		{"1964/2008", "1964-01-01", "2008-12-31", I},
		{"2004-06/2006-08", "2004-06-01", "2006-08-31", I},
		{"2004-02-01/2005-02-08", "2004-02-01", "2005-02-08", I},
		{"2004-02-01/2005-02", "2004-02-01", "2005-02-28", I},
		{"2004-02-01/2005", "2004-02-01", "2005-12-31", I},
		{"2005/2006-02", "2005-01-01", "2006-02-28", I},
		{"1927-11-15/1927-11-16", "1927-11-15", "1927-11-16", I},
		{"1927-11-15/1927-11-15", "1927-11-15", "1927-11-15", I},
		{"2004-06/2004-06-11", "2004-06-01", "2004-06-11", I},
		{"1927-06/1927", "1927-06-01", "1927-12-31", I},
		/* level 1: qualified */
		{"1984?", "1984-01-01", "1984-12-31", Q},
		{"2004-06~", "2004-06-01", "2004-06-30", A},
		{"2004-06-11%", "2004-06-11", "2004-06-11", Q | A},
		{"1927~", "1927-01-01", "1927-12-31", A},
		/* level 1: unspecified digits */
		{"201X", "2010-01-01", "2019-12-31", X},
		{"20XX", "2000-01-01", "2099-12-31", X},
		{"2004-XX", "2004-01-01", "2004-12-31", X},
		{"1985-04-XX", "1985-04-01", "1985-04-30", X},
		{"1985-XX-XX", "1985-01-01", "1985-12-31", X},
		{"192X", "1920-01-01", "1929-12-31", X},
		{"000X", "0000-01-01", "0009-12-31", X},
		{"00XX", "0000-01-01", "0099-12-31", X},
		{"192X~", "1920-01-01", "1929-12-31", X | A},
		{"1904-02-XX?", "1904-02-01", "1904-02-29", X | Q},
		/* level 1: seasons */
		{"2001-21", "2001-03-01", "2001-05-31", S},
		{"2001-22", "2001-06-01", "2001-08-31", S},
		{"2001-23", "2001-09-01", "2001-11-30", S},
		{"2001-24", "2001-12-01", "2002-02-28", S},
		{"1903-24", "1903-12-01", "1904-02-29", S},
		{"1913-21~", "1913-03-01", "1913-05-31", S | A},
		/* level 1: extended intervals */
		{"1985-04-12/..", "1985-04-12", "+", I},
		{"1985-04/..", "1985-04-01", "+", I},
		{"1985/..", "1985-01-01", "+", I},
		{"../1985-04-12", "-", "1985-04-12", I},
		{"../1985", "-", "1985-12-31", I},
		{"1985-04-12/", "1985-04-12", "+", I},
		{"1985/", "1985-01-01", "+", I},
		{"/1985-04-12", "-", "1985-04-12", I},
		{"/1985", "-", "1985-12-31", I},
		{"1984~/2004-06", "1984-01-01", "2004-06-30", I | A},
		{"1984/2004-06~", "1984-01-01", "2004-06-30", I | A},
		{"1984~/2004~", "1984-01-01", "2004-12-31", I | A},
		{"1984?/2004%", "1984-01-01", "2004-12-31", I | A | Q},
		{"2004-06-11?/2004-07", "2004-06-11", "2004-07-31", I | Q},
		{"1984-06-02?/2004-08-08~", "1984-06-02", "2004-08-08", I | A | Q},
		{"1913-21/1913-22", "1913-03-01", "1913-08-31", I | S},
		{"1927~/..", "1927-01-01", "+", I | A},
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check(good[i].text, good[i].first, good[i].last, good[i].flags);
}

/* Years that date_parse has no words for: distances to ones that it has. */
static void far_years(void **state)
{
	struct edtf date, other;
	(void)state;
	/* 400 years are 146,097 days. */
	assert_int_equal(edtf_parse(STR("Y10400-06-01"), &date, NULL), -1);
	assert_int_equal(edtf_parse(STR("Y10000"), &date, NULL), 0);
	assert_int_equal(date.days.first, day("9999-12-31") + 1);
	assert_int_equal(date.days.last - date.days.first, 365);
	assert_int_equal(edtf_parse(STR("Y170000002"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("Y170000402"), &other, NULL), 0);
	assert_int_equal(other.days.first - date.days.first, 146097);
	assert_int_equal(edtf_parse(STR("Y-17000"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("Y-16600"), &other, NULL), 0);
	assert_int_equal(other.days.first - date.days.first, 146097);
	assert_int_equal(edtf_parse(STR("-0001"), &date, NULL), 0);
	assert_int_equal(date.days.last + 1, day("0000-01-01"));
	assert_int_equal(edtf_parse(STR("-0333-06-10"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("0067-06-10"), &other, NULL), 0);
	assert_int_equal(other.days.first - date.days.first, 146097);
	assert_int_equal(edtf_parse(STR("-0004-02-29"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("-0001-02-29"), &date, NULL), -1);
	assert_int_equal(edtf_parse(STR("-012X"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("-0129-01-01"), &other, NULL), 0);
	assert_int_equal(date.days.first, other.days.first);
	assert_int_equal(edtf_parse(STR("-0120-12-31"), &other, NULL), 0);
	assert_int_equal(date.days.last, other.days.last);
	assert_int_equal(edtf_parse(STR("Y-17000/1927"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("Y17000~"), &date, NULL), 0);
	assert_true(date.approximate);
	/* Beyond what we count, but a date. */
	assert_int_equal(edtf_parse(STR("Y99999999999999999999999999999999999999"), &date, NULL), 0);
	assert_int_equal(edtf_parse(STR("Y2000000000"), &other, NULL), 0);
	assert_int_equal(date.days.last, other.days.last);
	assert_int_equal(edtf_parse(STR("Y-99999999999999999999999999/Y99999999999999999999"), &date, NULL), 0);
}

/* Each day of some centuries: consecutive, and as many as date_parse counts. */
static void calendar(void **state)
{
	int64_t expected = day("1590-01-01");
	(void)state;
	for (int year = 1590; year < 2110; year++)
		for (int month = 1; month <= 12; month++)
			for (int number = 1; number <= 31; number++) {
				char text[40];
				int64_t seconds;
				struct edtf date;
				snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, number);
				bool real = date_parse(str_from(text), &seconds);
				assert_int_equal(edtf_parse(str_from(text), &date, NULL), real ? 0 : -1);
				if (real)
					assert_int_equal(date.days.first, expected++);
			}
}

static void others_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "empty"},
		{" 1927", "begins with a year"},
		{"1927 ", "no blanks"},
		{"1927-11-15 ", "no blanks"},
		{"27", "year of four digits"},
		{"192", "year of four digits"},
		{"19275", "five and more are written as in Y17000"},
		{"19271115", "hyphens stand between"},
		{"1927-1", "two digits"},
		{"1927-00", "months are 01 to 12"},
		{"1927-13", "months are 01 to 12"},
		{"1927-20", "months are 01 to 12"},
		{"1927-25", "seasons only 21"},
		{"1927-41", "seasons only 21"},
		{"1927-42", "months are 01 to 12"},
		{"1927-21-01", "behind a season"},
		{"1927-11-00", "no such day"},
		{"1927-11-31", "no such day"},
		{"1927-02-29", "no such day"},
		{"1900-02-29", "no such day"},
		{"1927-11-5", "two digits"},
		{"1927-11-", "two digits"},
		{"1927-", "two digits"},
		{"1927-1X", "two digits"},
		{"1927-X1", "two digits"},
		{"1927-11-1X", "two digits"},
		{"1927-XX-11", "level 2"},
		{"192X-11", "level 2"},
		{"192X-XX", "level 2"},
		{"1XXX", "level 2"},
		{"XXXX", "at most two digits"},
		{"1X27", "year of four digits"},
		{"192x", "capital"},
		{"19xx", "capital"},
		{"-0000", "no year -0000"},
		{"-1", "year of four digits"},
		{"+1927", "begins with a year"},
		{"Y1927", "five or more"},
		{"Y01927", "five or more"},
		{"Y", "five or more"},
		{"Y-", "five or more"},
		{"y17000", "capital"},
		{"Y17000-01", "no month"},
		{"Y17E7", "five or more"},
		{"Y17000E7", "level 2"},
		{"Y171010000S3", "level 2"},
		{"1950S2", "behind its end"},
		{"?1927", "at the end"},
		{"~1927", "at the end"},
		{"1927?-11", "level 2"},
		{"1927-~11", "two digits"},
		{"1927?~", "only one"},
		{"1927~~", "only one"},
		{"1927-11?-15", "level 2"},
		{"[1927,1928]", "level 2"},
		{"{1927..1929}", "level 2"},
		{"1927..1928", "a day is written year first"},
		{"/", "one side"},
		{"../..", "one side"},
		{"../", "one side"},
		{"/..", "one side"},
		{"1928/1927", "ends before it begins"},
		{"2004-06/2004-05-31", "ends before it begins"},
		{"1927/11/15", "more than one slash"},
		{"1927//1928", "more than one slash"},
		{"192X/1935", "level 2"},
		{"1927/193X", "level 2"},
		{"1927-XX/1928", "level 2"},
		{"1927/Spring", "year of four digits"},
		{"1985-04-12T23:20:30/1986", "days without times"},
		{"1985-04-12/1986-01-01T00:00:00", "days without times"},
		{"1985-04T23:20:30", "behind a full date"},
		{"1985T23:20:30", "behind a full date"},
		{"1985-04-12T", "a time is written"},
		{"1985-04-12T23", "a time is written"},
		{"1985-04-12T23:20", "a time is written"},
		{"1985-04-12T23:20:3", "a time is written"},
		{"1985-04-12T24:00:00", "no such time"},
		{"1985-04-12T23:60:00", "no such time"},
		{"1985-04-12T23:20:60", "no such time"},
		{"1985-04-12T23:59:61", "no such time"},
		{"1985-04-12T23:20:30.5", "a time is written"},
		{"1985-04-12T23:20:30z", "a time is written"},
		{"1985-04-12T23:20:30+4", "a time is written"},
		{"1985-04-12T23:20:30+24", "no such time zone"},
		{"1985-04-12T23:20:30+04:60", "no such time zone"},
		{"1985-04-12T23:20:30+04:", "a time is written"},
		{"1985-04-12T23:20:30Z~", "a time is written"},
		{"1985-04-12T23:20:30~", "takes no"},
		{"1985-04-12t23:20:30Z", "behind its end"},
		{"1985-04-12 23:20:30", "no blanks"},
		{"15.11.1927", "year first"},
		{"1927.11.15", "year first"},
		{"11/15/1927", "more than one slash"},
		{"1920s", "192X"},
		{"1927-1928", "slash"},
		{"1927–1928", "behind its end"},
		{"c. 1927", "1927~"},
		{"ca. 1927", "1927~"},
		{"circa 1927", "as written"},
		{"November 1927", "as written"},
		{"undated", "as written"},
		{"15 November 1927", "year of four digits"},
		{"1927-11-15junk", "behind its end"},
		{"1927-XX-X", "two digits"},
		{"１９２７", "year of four digits"},
		{"..", "year of four digits"},
		{"1927/1928/", "more than one slash"},
		{"1927-11-15-", "behind its end"},
		{"--11-15", "year of four digits"},
	};
	int wrong = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct edtf date;
		struct err err = ERR_INIT;
		if (edtf_parse(str_from(bad[i].text), &date, &err) < 0 && err.code == ERR_SYNTAX && strstr(err.text, bad[i].says))
			continue;
		print_error("“%s” gives “%s”, which does not say “%s”\n", bad[i].text, err.text, bad[i].says);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	/* Every refusal gives an example that is right, or says what the day is not. */
	struct edtf date;
	struct err err = ERR_INIT;
	assert_int_equal(edtf_parse((struct str){"19\0007", 4}, &date, &err), -1);
	assert_int_equal(edtf_parse((struct str){"\0001927", 5}, &date, &err), -1);
	assert_int_equal(edtf_parse((struct str){"1927\0", 5}, &date, &err), -1);
	assert_int_equal(edtf_parse((struct str){"1985-04-12T23:20:30\0", 20}, &date, &err), -1);
	assert_int_equal(edtf_parse((struct str){NULL, 0}, &date, &err), -1);
	char far[EDTF_MAX + 2];
	memset(far, '1', sizeof(far));
	far[0] = 'Y';
	assert_int_equal(edtf_parse((struct str){far, EDTF_MAX + 1}, &date, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(edtf_parse((struct str){far, EDTF_MAX}, &date, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_taken),
		cmocka_unit_test(far_years),
		cmocka_unit_test(calendar),
		cmocka_unit_test(others_are_refused),
	};
	return cmocka_run_group_tests_name("edtf", tests, NULL, NULL);
}
