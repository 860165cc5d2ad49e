/* Days of the proleptic Gregorian calendar, for any year that an EDTF date may name. */
#include "internal.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

bool leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && leap_year(year) ? 29 : days[month - 1];
}

int64_t day_number(int64_t year, int month, int day)
{
	/* Days before 1 January of the year, counted from 1 January 0000, then those of the months before. */
	int64_t before = year - 1;
	int64_t days = year * 365 + floor_div(before, 4) - floor_div(before, 100) + floor_div(before, 400) + 1;
	for (int m = 1; m < month; m++)
		days += days_in_month(year, m);
	/* 1970-01-01 is day 719,528 of that count. */
	return days + day - 1 - 719528;
}
