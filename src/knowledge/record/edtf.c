/* Dates as archives write them: EDTF, ISO 8601-2 levels 0 and 1, as the Library of Congress describes them
 * (https://www.loc.gov/standards/datetime/). */
#include "internal.h"

#include <string.h>

#define YEAR_LIMIT 2000000000

enum { SPRING = 21, SUMMER, AUTUMN, WINTER };

/* A cursor over one date. */
struct date {
	struct str whole; /* all that was given, for messages */
	const char *p, *end;
	bool in_interval;
	struct edtf *out;
	struct err *err;
};

static int wrong(const struct date *date, const char *why)
{
	return err_set(date->err, ERR_SYNTAX, "“%.*s” is no date (EDTF): %s", STR_ARG(date->whole), why);
}

static size_t left(const struct date *date)
{
	return (size_t)(date->end - date->p);
}

static bool take(struct date *date, char c)
{
	if (date->p == date->end || *date->p != c)
		return false;
	date->p++;
	return true;
}

/* `n` characters of digits, with X for the last `unknown` of them. -1: they are not. */
static int64_t take_digits(struct date *date, size_t n, int *unknown)
{
	int64_t value = 0;
	*unknown = 0;
	if (left(date) < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char c = date->p[i];
		if (c == 'X')
			(*unknown)++;
		else if (!ascii_digit(c) || *unknown)
			return -1;
		value = value * 10 + (c == 'X' ? 0 : c - '0');
	}
	date->p += n;
	return value;
}

static int64_t power_of_ten(int n)
{
	int64_t p = 1;
	while (n-- > 0)
		p *= 10;
	return p;
}

/* Y17000, Y-17000 */
static int long_year(struct date *date, struct edtf_range *days)
{
	bool negative = take(date, '-');
	size_t digits = 0;
	int64_t year = 0;
	const char *first = date->p;
	for (; date->p < date->end && ascii_digit(*date->p); date->p++, digits++)
		if (year < YEAR_LIMIT)
			year = year * 10 + (*date->p - '0');
	if (digits == 0)
		return wrong(date, "behind Y stands a year of five or more digits, as in Y17000 or Y-17000");
	if (digits < 5 || *first == '0')
		return wrong(date, "Y is for years of five or more digits, as in Y17000; write four digits without it, as in 1927");
	if (left(date) && (*date->p == 'E' || *date->p == 'S'))
		return wrong(
			date, "exponents and significant digits (E, S) are EDTF level 2; write the year out, as in Y170000002");
	if (left(date) && *date->p == '-')
		return wrong(date, "behind a year with Y no month may stand; write it as in Y17000");
	if (year > YEAR_LIMIT)
		year = YEAR_LIMIT;
	if (negative)
		year = -year;
	days->first = day_number(year, 1, 1);
	days->last = day_number(year, 12, 31);
	return 0;
}

static void season_days(int64_t year, int season, struct edtf_range *days)
{
	int month = 3 * (season - SPRING) + 3;
	int64_t last_year = season == WINTER ? year + 1 : year;
	int last_month = season == WINTER ? 2 : month + 2;
	days->first = day_number(year, month, 1);
	days->last = day_number(last_year, last_month, days_in_month(last_year, last_month));
}

/* Thh:mm:ss and a zone. */
static int time_of_day(struct date *date)
{
	static const char example[] = "a time is written as in 1985-04-12T23:20:30Z or 1985-04-12T23:20:30+04:00";
	int unknown;
	int64_t hour = take_digits(date, 2, &unknown);
	if (hour < 0 || unknown || !take(date, ':'))
		return wrong(date, example);
	int64_t minute = take_digits(date, 2, &unknown);
	if (minute < 0 || unknown || !take(date, ':'))
		return wrong(date, example);
	int64_t second = take_digits(date, 2, &unknown);
	if (second < 0 || unknown)
		return wrong(date, example);
	/* 60 is a leap second. */
	if (hour > 23 || minute > 59 || second > 60 || (second == 60 && minute != 59))
		return wrong(date, "there is no such time of day; the last is 23:59:59");
	if (!left(date))
		return 0;
	if (take(date, 'Z'))
		return left(date) ? wrong(date, example) : 0;
	if (*date->p != '+' && *date->p != '-')
		return wrong(
			date, left(date) && strchr("?~%", *date->p) ? "a date with a time of day takes no ?, ~ or %" : example);
	date->p++;
	int64_t zone = take_digits(date, 2, &unknown), zone_minute = 0;
	if (zone < 0 || unknown)
		return wrong(date, example);
	if (take(date, ':') && ((zone_minute = take_digits(date, 2, &unknown)) < 0 || unknown))
		return wrong(date, example);
	if (zone > 23 || zone_minute > 59)
		return wrong(date, "there is no such time zone; they are written as in +04:00");
	return left(date) ? wrong(date, example) : 0;
}

/* Day of a month, or XX; the month known or XX. */
static int day_of_month(struct date *date, int64_t year, int month, bool month_unknown, struct edtf_range *days)
{
	int unknown;
	int64_t day = take_digits(date, 2, &unknown);
	if (day < 0 || unknown == 1)
		return wrong(date, "a day has two digits, as in 1927-11-05, or is XX where it is not known, as in 1927-11-XX");
	if (month_unknown && !unknown)
		return wrong(date, "a day in a month that is not known is EDTF level 2; write 1927-XX-XX or 1927");
	if (unknown) {
		date->out->unspecified = true;
		return 0;
	}
	if (day < 1 || day > days_in_month(year, month))
		return wrong(date, "that month has no such day");
	days->first = days->last = day_number(year, month, (int)day);
	if (!take(date, 'T'))
		return 0;
	if (date->in_interval)
		return wrong(date, "an interval is made of days without times, as in 1927-11-15/1927-11-16");
	date->out->time = true;
	return time_of_day(date);
}

static int month_of_year(struct date *date, int64_t year, int year_unknown, struct edtf_range *days)
{
	int unknown;
	int64_t month = take_digits(date, 2, &unknown);
	if (month < 0 || unknown == 1)
		return wrong(date, "a month has two digits, as in 1927-03, or is XX where it is not known, as in 1927-XX");
	if (year_unknown)
		return wrong(date, "a month in a year that is not known in full is EDTF level 2; write the year alone, as in 192X");
	if (!unknown && month >= 25 && month <= 41)
		return wrong(date, "of the seasons only 21 (spring) to 24 (winter) are EDTF level 1");
	if (!unknown && (month < 1 || month > 24 || (month > 12 && month < SPRING)))
		return wrong(date, "months are 01 to 12; 21 to 24 are spring, summer, autumn and winter, as in 1927-21");
	if (unknown) {
		date->out->unspecified = true;
	} else if (month >= SPRING) {
		date->out->season = true;
		season_days(year, (int)month, days);
		return left(date) && *date->p == '-' ? wrong(date, "behind a season no day may stand; write it as in 1927-21") : 0;
	} else {
		days->first = day_number(year, (int)month, 1);
		days->last = day_number(year, (int)month, days_in_month(year, (int)month));
	}
	return take(date, '-') ? day_of_month(date, year, (int)month, unknown != 0, days) : 0;
}

static int year_and_on(struct date *date, struct edtf_range *days)
{
	int unknown;
	bool negative = take(date, '-');
	int64_t year = take_digits(date, 4, &unknown);
	if (year < 0)
		return wrong(date, "it begins with a year of four digits, as in 1927, 1927-11, 1927-11-15, 192X or 1927~");
	if (unknown > 2)
		return wrong(date, "at most two digits of a year may be X, as in 19XX; more is EDTF level 2; write an interval");
	if (negative && year == 0 && !unknown)
		return wrong(date, "there is no year -0000; the year before 0001 is 0000");
	if (date->p < date->end && (ascii_digit(*date->p) || *date->p == 'X'))
		return wrong(date, "a year has four digits, and hyphens stand between year, month and day, as in 1927-11-15; "
				   "years of five and more are written as in Y17000");
	if (unknown)
		date->out->unspecified = true;
	int64_t span = power_of_ten(unknown) - 1;
	int64_t first = negative ? -(year + span) : year, last = negative ? -year : year + span;
	days->first = day_number(first, 1, 1);
	days->last = day_number(last, 12, 31);
	return take(date, '-') ? month_of_year(date, first, unknown, days) : 0;
}

/* One date, to its end. */
static int one_date(struct date *date, struct edtf_range *days)
{
	bool was_unspecified = date->out->unspecified;
	if (left(date) && strchr("?~%", *date->p))
		return wrong(date, "?, ~ and % stand at the end of a date, as in 1927~ (elsewhere they are EDTF level 2)");
	if (take(date, 'Y') ? long_year(date, days) : year_and_on(date, days))
		return -1;
	if (date->in_interval && date->out->unspecified && !was_unspecified)
		return wrong(date, "X inside an interval is EDTF level 2; write the interval out, as in 1920/1935 for 192X/1935");
	if (!left(date) || date->out->time)
		return 0;
	char c = *date->p;
	if (c == '?' || c == '~' || c == '%') {
		date->out->uncertain = date->out->uncertain || c != '~';
		date->out->approximate = date->out->approximate || c != '?';
		date->p++;
		if (!left(date))
			return 0;
		return wrong(
			date, strchr("?~%", *date->p)
				      ? "only one of ?, ~ and % may stand at the end; % means both"
				      : "?, ~ and % stand at the end of a date, as in 1927-11~ (elsewhere they are EDTF level 2)");
	}
	if (c == 'T')
		return wrong(date, "a time of day stands behind a full date, as in 1985-04-12T23:20:30Z");
	if (c == ' ')
		return wrong(date, "no blanks may stand in it; write it as in 1927-11-15, 1985-04-12T23:20:30Z or 1927/1928");
	return wrong(
		date, "something stands behind its end; dates are written as in 1927, 1927-11, 1927-11-15, 192X, 1927~, 1927/1928");
}

static int interval(struct date *date, struct str from, struct str to)
{
	static const char example[] =
		"an interval has a date on one side at least, as in 1927/1928, 1927/.. (still open) or 1927/ (end unknown)";
	struct edtf_range first = {EDTF_OPEN_FIRST, EDTF_OPEN_FIRST}, last = {EDTF_OPEN_LAST, EDTF_OPEN_LAST};
	bool no_first = from.n == 0 || str_equal(from, STR("..")), no_last = to.n == 0 || str_equal(to, STR(".."));
	if (no_first && no_last)
		return wrong(date, example);
	if (to.n && memchr(to.p, '/', to.n))
		return wrong(date, "it has more than one slash; days are written with hyphens, as in 1927-11-15, and a slash "
				   "stands between two dates");
	date->in_interval = date->out->interval = true;
	if (!no_first) {
		date->p = from.p;
		date->end = from.p + from.n;
		if (one_date(date, &first) < 0)
			return -1;
	}
	if (!no_last) {
		date->p = to.p;
		date->end = to.p + to.n;
		if (one_date(date, &last) < 0)
			return -1;
	}
	if (first.first > last.last)
		return wrong(date, "the interval ends before it begins");
	date->out->days.first = first.first;
	/* Of dates that overlap (2004-06/2004-06-11) the wider end counts. */
	date->out->days.last = last.last;
	return 0;
}

/* What people write who do not know EDTF, answered with what they mean. */
static const char *guess(struct str text)
{
	if (text.n == 0)
		return "it is empty; write it as in 1927, 1927-11-15, 192X or 1927~";
	if (text.p[0] == '[' || text.p[0] == '{')
		return "sets in brackets are EDTF level 2; write an interval, as in 1927/1928, or a qualified date, as in 1927?";
	if (text.p[0] == 'y' && text.n > 1 && (ascii_digit(text.p[1]) || text.p[1] == '-'))
		return "Y is a capital letter, as in Y17000";
	if (memchr(text.p, 'x', text.n) && ascii_digit(text.p[0]))
		return "X is a capital letter, as in 192X";
	if (text.n == 5 && text.p[4] == 's' && ascii_digit(text.p[0]) && text.p[3] == '0')
		return "a decade is written as in 192X";
	if (text.n == 9 && text.p[4] == '-' && ascii_digit(text.p[0]) && ascii_digit(text.p[7]) && ascii_digit(text.p[8]))
		return "between two years stands a slash, as in 1927/1928";
	if (str_starts(text, STR("c.")) || str_starts(text, STR("ca")) || str_starts(text, STR("um ")) ||
		str_starts(text, STR("about")))
		return "an approximate date is written as in 1927~";
	if (text.n >= 3 && ascii_digit(text.p[0]) && memchr(text.p, '.', text.n) && !memchr(text.p, '/', text.n) &&
		!memchr(text.p, 'T', text.n))
		return "a day is written year first, as in 1927-11-15";
	if (ascii_alpha(text.p[0]) && text.p[0] != 'Y' && text.p[0] != 'X')
		return "words do not belong into it (the date as written has a field of its own); write it as in 1927-11, 1927-21 "
		       "for spring 1927, 1927~";
	return NULL;
}

int edtf_parse(struct str text, struct edtf *out, struct err *err)
{
	const char *p = text.n > 0 ? text.p : "";
	struct date date = {.whole = text, .p = p, .end = p + text.n, .out = out, .err = err};
	*out = (struct edtf){.interval = false};
	if (text.n > EDTF_MAX)
		return err_set(err, ERR_LIMIT, "a date (EDTF) has at most %d characters, this one has %zu: “%.40s…”", EDTF_MAX,
			text.n, text.p);
	const char *why = guess(text);
	if (why)
		return wrong(&date, why);
	struct str rest = text, from;
	const char *slash = memchr(text.p, '/', text.n);
	if (!slash)
		return one_date(&date, &out->days);
	str_take_until(&rest, '/', &from);
	return interval(&date, from, rest);
}
