/* Time as text: proleptic Gregorian calendar, UTC, no leap seconds. */
#include "internal.h"

#define DAY 86400
#define SECONDS_LEAST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define SECONDS_MOST INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */
#define DAYS_TO_1970 719528                 /* from 0000-01-01 */
#define DAYS_IN_400_YEARS 146097

static bool leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && leap(year) ? 1u : 0u);
}

/* Days from 0000-01-01 (itself a leap year) to the first day of the year. */
static int64_t days_before_year(unsigned year)
{
	if (year == 0)
		return 0;
	return (int64_t)year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
}

static void put(char *out, unsigned value, unsigned digits)
{
	while (digits-- > 0) {
		out[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

void time_format(int64_t seconds, char out[TIME_TEXT])
{
	if (seconds < SECONDS_LEAST)
		seconds = SECONDS_LEAST;
	if (seconds > SECONDS_MOST)
		seconds = SECONDS_MOST;
	int64_t since_zero = seconds - SECONDS_LEAST, days = since_zero / DAY;
	unsigned in_day = (unsigned)(since_zero % DAY);
	unsigned year = (unsigned)(days * 400 / DAYS_IN_400_YEARS), month = 1;

	/* The quotient is at most one year off, either way. */
	while (days_before_year(year) > days)
		year--;
	while (days_before_year(year + 1) <= days)
		year++;
	unsigned day = (unsigned)(days - days_before_year(year));
	while (day >= days_in_month(year, month))
		day -= days_in_month(year, month++);

	put(out, year, 4);
	out[4] = '-';
	put(out + 5, month, 2);
	out[7] = '-';
	put(out + 8, day + 1, 2);
	out[10] = 'T';
	put(out + 11, in_day / 3600, 2);
	out[13] = ':';
	put(out + 14, in_day / 60 % 60, 2);
	out[16] = ':';
	put(out + 17, in_day % 60, 2);
	out[19] = 'Z';
	out[20] = '\0';
}

/* `digits` ASCII digits between low and high. */
static bool take(const char *p, unsigned digits, unsigned low, unsigned high, unsigned *out)
{
	unsigned value = 0;

	for (unsigned i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	*out = value;
	return value >= low && value <= high;
}

bool date_parse(struct str text, int64_t *seconds)
{
	unsigned year, month, day;

	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-')
		return false;
	if (!take(text.p, 4, 0, 9999, &year) || !take(text.p + 5, 2, 1, 12, &month) ||
		!take(text.p + 8, 2, 1, days_in_month(year, month), &day))
		return false;
	int64_t days = days_before_year(year) + (day - 1);
	while (--month > 0)
		days += days_in_month(year, month);
	*seconds = (days - DAYS_TO_1970) * DAY;
	return true;
}

bool time_parse(struct str text, int64_t *seconds)
{
	unsigned hour, minute, second;
	int64_t midnight;

	if (text.n != TIME_TEXT - 1 || text.p[10] != 'T' || text.p[13] != ':' || text.p[16] != ':' || text.p[19] != 'Z')
		return false;
	if (!date_parse((struct str){text.p, 10}, &midnight) || !take(text.p + 11, 2, 0, 23, &hour) ||
		!take(text.p + 14, 2, 0, 59, &minute) || !take(text.p + 17, 2, 0, 59, &second))
		return false;
	*seconds = midnight + (int64_t)(hour * 3600 + minute * 60 + second);
	return true;
}
