/* When the records are from: a picture of columns, each a link to the records of its years. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdings.h"

#define COLUMNS_MAX 40
#define HEIGHT 96
#define WIDTH 640

/* Years a column, so that there are not too many. */
static int64_t step_for(int64_t first, int64_t last)
{
	static const int64_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
	size_t i = 0;

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && last / steps[i] - first / steps[i] + 1 > COLUMNS_MAX)
		i++;
	return steps[i];
}

struct columns_of_years {
	int64_t first, step;
	size_t count;
	uint64_t records[COLUMNS_MAX + 1], most;
};

/* What lies far outside recorded time would leave no room for the rest: it is not among these years. */
static bool gather(struct columns_of_years *columns, const struct holdings *holdings)
{
	struct lists_years years = lists_years(holdings_lists(holdings));
	int64_t first = -1, last = -1;
	uint64_t begun = 0, ended = 0;

	memset(columns, 0, sizeof(*columns));
	for (int64_t year = 0; year < LISTS_YEARS; year++) {
		if (first < 0 && years.begin[year] > 0)
			first = year;
		if (years.end[year] > 0)
			last = year;
	}
	if (first < 0 || last < first)
		return false;
	columns->step = step_for(first, last);
	columns->first = first / columns->step * columns->step;
	columns->count = (size_t)((last - columns->first) / columns->step + 1);
	if (columns->count > COLUMNS_MAX)
		columns->count = COLUMNS_MAX;
	/* In a column: what has begun by its end, without what had ended before its beginning. */
	for (size_t at = 0; at < columns->count; at++) {
		int64_t from = columns->first + (int64_t)at * columns->step;

		for (int64_t year = from; year < from + columns->step && year < LISTS_YEARS; year++)
			begun += years.begin[year];
		columns->records[at] = begun - ended;
		if (columns->records[at] > columns->most)
			columns->most = columns->records[at];
		for (int64_t year = from; year < from + columns->step && year < LISTS_YEARS; year++)
			ended += years.end[year];
	}
	return true;
}

static void rect(struct html *html, const char *class_name, double x, double y, double width, double height)
{
	char text[32];

	html_begin(html, "rect");
	html_set(html, "class", class_name);
	(void)snprintf(text, sizeof(text), "%.2f", x);
	html_set(html, "x", text);
	(void)snprintf(text, sizeof(text), "%.2f", y);
	html_set(html, "y", text);
	(void)snprintf(text, sizeof(text), "%.2f", width);
	html_set(html, "width", text);
	(void)snprintf(text, sizeof(text), "%.2f", height);
	html_set(html, "height", text);
	html_end(html);
}

static void write_column(struct page *page, const struct columns_of_years *columns, size_t i, double width)
{
	int64_t from = columns->first + (int64_t)i * columns->step, to = from + columns->step - 1;
	double height = (double)HEIGHT * (double)columns->records[i] / (double)columns->most;
	struct html *html = &page->html;
	struct buf query = BUF_INIT, label = BUF_INIT, count = BUF_INIT;
	char first[24], last[24];

	if (columns->records[i] == 0)
		return;
	(void)snprintf(first, sizeof(first), "%" PRId64, from);
	(void)snprintf(last, sizeof(last), "%" PRId64, to);
	query_add(&query, "from", str_from(first));
	query_add(&query, "to", str_from(last));
	word_number(&count, page->language, WORD_COUNT_RECORDS, columns->records[i]);
	if (from == to)
		buf_printf(&label, "%s: ", first);
	else
		buf_printf(&label, "%s–%s: ", first, last);
	buf_str(&label, buf_view(&count));
	html_begin(html, "a");
	page_href(page, "href", STR("browse/dates"), buf_view(&query), NULL);
	html_attribute(html, "aria-label", buf_view(&label));
	html_element(html, "title", NULL, buf_view(&label));
	rect(html, "touch", (double)i * width, 0, width, HEIGHT);
	rect(html, "bar", (double)i * width + width * 0.1, HEIGHT - (height < 3 ? 3 : height), width * 0.8,
		height < 3 ? 3 : height);
	html_end(html);
	buf_release(&query);
	buf_release(&label);
	buf_release(&count);
}

static void write_year(struct html *html, int64_t year, double x, const char *anchor)
{
	char text[32];

	html_begin(html, "text");
	(void)snprintf(text, sizeof(text), "%.2f", x);
	html_set(html, "x", text);
	html_number(html, "y", HEIGHT + 22);
	html_set(html, "text-anchor", anchor);
	(void)snprintf(text, sizeof(text), "%" PRId64, year);
	html_words(html, text);
	html_end(html);
}

void timeline_write(struct page *page, const struct holdings *holdings)
{
	struct columns_of_years columns;
	struct html *html = &page->html;
	double width;
	size_t middle;

	if (!gather(&columns, holdings))
		return;
	middle = columns.count / 2;
	/* Of few years each is not as broad as a house. */
	width = (double)WIDTH / (double)(columns.count < 12 ? 12 : columns.count);
	html_begin(html, "figure");
	html_set(html, "class", "years");
	html_begin(html, "svg");
	html_set(html, "viewBox", "0 0 640 126");
	html_set(html, "role", "group");
	html_set(html, "aria-label", word_texts[page->language][WORD_TIMELINE_LABEL]);
	html_begin(html, "line");
	html_set(html, "x1", "0");
	html_set(html, "x2", "640");
	html_number(html, "y1", HEIGHT);
	html_number(html, "y2", HEIGHT);
	html_end(html);
	for (size_t i = 0; i < columns.count; i++)
		write_column(page, &columns, i, width);
	write_year(html, columns.first, 0, "start");
	if (columns.count > 5)
		write_year(html, columns.first + (int64_t)middle * columns.step, ((double)middle + 0.5) * width, "middle");
	if (columns.count > 1)
		write_year(html, columns.first + ((int64_t)columns.count - (columns.step == 1)) * columns.step,
			(double)columns.count * width, columns.count < 12 ? "middle" : "end");
	html_end(html);
	html_begin(html, "figcaption");
	page_say(page, WORD_TIMELINE_LABEL);
	html_end(html);
	html_end(html);
}
