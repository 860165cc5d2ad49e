/* Citing a record: what every style shares, the styles of prose, and permalinks. */
#include "citation.h"

#include <inttypes.h>
#include <string.h>

#include "citation_parts.h"
#include "http/http.h"

const struct citation_form citation_forms[CITATION_STYLES] = {
	[CITATION_CHICAGO] = {"Chicago", "citation.chicago.txt", "text/plain; charset=utf-8"},
	[CITATION_MLA] = {"MLA", "citation.mla.txt", "text/plain; charset=utf-8"},
	[CITATION_BIBTEX] = {"BibTeX", "citation.bib", "application/x-bibtex; charset=utf-8"},
	[CITATION_RIS] = {"RIS", "citation.ris", "application/x-research-info-systems; charset=utf-8"},
	[CITATION_CSL] = {"CSL-JSON", "citation.json", "application/vnd.citationstyles.csl+json"},
};

/* ---- parts ------------------------------------------------------------------------------------------------------------------ */

/* Bytes of one control or white space character at the beginning, or 0. C1 controls are 0xc2 0x80 to 0x9f; U+2028 and U+2029 end lines too. */
static size_t blank(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;

	if (p[0] <= ' ' || p[0] == 0x7f)
		return 1;
	if (text.n >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return 2;
	return text.n >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9) ? 3 : 0;
}

void citation_line(struct buf *out, struct str text)
{
	bool gap = false, begun = false;

	while (text.n > 0) {
		size_t n = blank(text);

		if (n == 0) {
			if (gap && begun)
				buf_char(out, ' ');
			gap = false;
			begun = true;
			buf_char(out, text.p[0]);
			n = 1;
		} else {
			gap = true;
		}
		text.p += n;
		text.n -= n;
	}
}

static struct str trimmed(struct str text)
{
	while (text.n > 0 && text.p[0] == ' ') {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && text.p[text.n - 1] == ' ')
		text.n--;
	return text;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1883-1927", "b. 1883", "ca. 1820-1870", "1883–": what cataloguers put behind a name. */
static bool is_lifetime(struct str text)
{
	bool digit = false;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		digit = digit || is_digit(text.p[i]);
		if (!is_digit(text.p[i]) && strchr("-–?~. bcadfl", c) == NULL)
			return false;
	}
	return digit;
}

void citation_name(struct str creator, struct citation_name *out)
{
	struct str rest = creator, piece, pieces[3];
	size_t count = 0;

	*out = (struct citation_name){.literal = creator};
	while (count < 3 && str_take_until(&rest, ',', &piece))
		pieces[count++] = trimmed(piece);
	if (rest.p != NULL || count < 2)
		return;
	if (is_lifetime(pieces[count - 1])) {
		out->literal = trimmed((struct str){creator.p, (size_t)(pieces[count - 2].p + pieces[count - 2].n - creator.p)});
		count--;
	}
	if (count == 2 && pieces[0].n > 0 && pieces[1].n > 0) {
		out->family = pieces[0];
		out->given = pieces[1];
	}
}

void citation_date(const struct record *record, struct str *edtf, struct str *written)
{
	static const enum dc_term terms[] = {DC_CREATED, DC_DATE, DC_ISSUED};

	*edtf = *written = STR("");
	for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++)
		for (size_t i = 0; i < record_value_count(record); i++) {
			struct record_value value;

			record_value(record, i, &value);
			if (value.term != terms[t])
				continue;
			*edtf = value.value;
			*written = value.written;
			return;
		}
}

size_t citation_creator(const struct record *record, size_t number, struct citation_name *out)
{
	size_t count = 0;

	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;

		record_value(record, i, &value);
		if (value.term == DC_CREATOR && count++ == number && out != NULL)
			citation_name(value.value, out);
		if (count == CITATION_CREATORS_MAX)
			break;
	}
	return count;
}

/* Digits, at least `least` of them, as a number. */
static bool take_digits(struct str *rest, size_t least, size_t most, long *out)
{
	size_t n = 0;
	long value = 0;

	while (n < rest->n && n < most && is_digit(rest->p[n]))
		value = value * 10 + (rest->p[n++] - '0');
	if (n < least)
		return false;
	rest->p += n;
	rest->n -= n;
	*out = value;
	return true;
}

bool citation_day(struct str text, struct citation_day *out)
{
	bool before_christ = str_starts(text, STR("-")), long_year = str_starts(text, STR("Y"));

	memset(out, 0, sizeof(*out));
	while (text.n > 0 && strchr("?~%", text.p[text.n - 1]) != NULL) {
		out->approximate = out->approximate || text.p[text.n - 1] != '?';
		out->uncertain = out->uncertain || text.p[text.n - 1] != '~';
		text.n--;
	}
	if (long_year || before_christ || text.n < 4)
		return false; /* written as it stands: rare, and every style has its own way */
	if (text.p[2] == 'X' || text.p[3] == 'X') {
		if (text.n != 4 || !is_digit(text.p[0]) || !is_digit(text.p[1]) || text.p[3] != 'X')
			return false;
		out->decade = text.p[2] != 'X';
		out->century = !out->decade;
		if (out->decade && !is_digit(text.p[2]))
			return false;
		out->year = (text.p[0] - '0') * 1000L + (text.p[1] - '0') * 100L + (out->decade ? (text.p[2] - '0') * 10L : 0);
		return true;
	}
	if (!take_digits(&text, 4, 4, &out->year))
		return false;
	if (text.n == 0)
		return true;
	if (text.p[0] != '-')
		return false;
	text.p++;
	text.n--;
	if (str_starts(text, STR("XX")))
		return str_equal(text, STR("XX")) || str_equal(text, STR("XX-XX"));
	if (!take_digits(&text, 2, 2, &out->month) || out->month < 1 || (out->month > 12 && (out->month < 21 || out->month > 24)))
		return false;
	if (text.n == 0 || str_equal(text, STR("-XX")))
		return true;
	if (text.p[0] != '-' || out->month > 12)
		return false;
	text.p++;
	text.n--;
	if (!take_digits(&text, 2, 2, &out->day) || out->day < 1 || out->day > 31)
		return false;
	return text.n == 0 || text.p[0] == 'T';
}

/* ---- dates in prose ----------------------------------------------------------------------------------------------------------- */

static const char *const months[] = {
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
static const char *const short_months[] = {
	"Jan.", "Feb.", "Mar.", "Apr.", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."};
static const char *const seasons[] = {"Spring", "Summer", "Autumn", "Winter"};

static void put_day(struct buf *out, const struct citation_day *day, bool mla)
{
	const char *month = day->month >= 21 ? seasons[day->month - 21]
			    : day->month > 0 ? (mla ? short_months : months)[day->month - 1]
					     : "";

	if (day->approximate)
		buf_text(out, "ca. ");
	if (day->decade || day->century)
		buf_printf(out, "%lds", day->year);
	else if (day->day > 0 && mla)
		buf_printf(out, "%ld %s %ld", day->day, month, day->year);
	else if (day->day > 0)
		buf_printf(out, "%s %ld, %ld", month, day->day, day->year);
	else if (day->month > 0)
		buf_printf(out, "%s %ld", month, day->year);
	else
		buf_printf(out, "%ld", day->year);
	if (day->uncertain)
		buf_char(out, '?');
}

/* Days of one month share it: "November 15–16, 1927". */
static void put_span(struct buf *out, const struct citation_day *from, const struct citation_day *to, bool mla)
{
	bool plain = !from->approximate && !from->uncertain && !to->approximate && !to->uncertain;

	if (plain && from->day > 0 && to->day > 0 && from->year == to->year && from->month == to->month) {
		if (mla)
			buf_printf(out, "%ld–%ld %s %ld", from->day, to->day, short_months[to->month - 1], to->year);
		else
			buf_printf(out, "%s %ld–%ld, %ld", months[to->month - 1], from->day, to->day, to->year);
		return;
	}
	put_day(out, from, mla);
	buf_text(out, "–");
	put_day(out, to, mla);
}

/* What cannot be said better stands as it is. */
static void put_date(struct buf *out, struct str edtf, struct str written, bool mla)
{
	struct str rest = edtf, first, last;
	struct citation_day from, to;
	bool interval, good;

	if (edtf.n == 0) {
		citation_line(out, written);
		return;
	}
	(void)str_take_until(&rest, '/', &first);
	interval = rest.p != NULL;
	last = rest;
	good = citation_day(first, &from);
	if (!interval && good) {
		put_day(out, &from, mla);
	} else if (interval && good && citation_day(last, &to)) {
		put_span(out, &from, &to, mla);
	} else if (interval && good && (last.n == 0 || str_equal(last, STR("..")))) {
		buf_text(out, "from ");
		put_day(out, &from, mla);
	} else if (interval && (first.n == 0 || str_equal(first, STR(".."))) && citation_day(last, &to)) {
		buf_text(out, "before ");
		put_day(out, &to, mla);
	} else {
		citation_line(out, written.n > 0 ? written : edtf);
	}
}

/* ---- prose -------------------------------------------------------------------------------------------------------------------- */

static void put_name(struct buf *out, const struct citation_name *name, bool inverted)
{
	if (name->family.n == 0) {
		citation_line(out, name->literal);
		return;
	}
	citation_line(out, inverted ? name->family : name->given);
	buf_text(out, inverted ? ", " : " ");
	citation_line(out, inverted ? name->given : name->family);
}

/* A sentence's end, unless it has one. */
static void full_stop(struct buf *out)
{
	if (out->n > 0 && strchr(".?!", out->p[out->n - 1]) == NULL)
		buf_char(out, '.');
}

/* Chicago names six at most, of more than that three (18th edition, 13.107); MLA names two, of more than that one (9th edition, 5.8). */
static void put_creators(struct buf *out, const struct record *record, bool mla)
{
	size_t count = citation_creator(record, 0, NULL), most = mla ? 2 : 6, named = count <= most ? count : mla ? 1 : 3;

	for (size_t i = 0; i < named; i++) {
		struct citation_name name = {.literal = {"", 0}, .family = {"", 0}, .given = {"", 0}};

		(void)citation_creator(record, i, &name);
		if (i > 0)
			buf_text(out, i + 1 < count ? ", " : ", and ");
		put_name(out, &name, i == 0);
	}
	if (named < count)
		buf_text(out, ", et al.");
	if (named > 0) {
		full_stop(out);
		buf_char(out, ' ');
	}
}

/* Between curly quotes, those inside it single. */
static void put_quoted(struct buf *out, struct str title)
{
	struct buf line = BUF_INIT;
	bool opens = true;

	citation_line(&line, title);
	buf_text(out, "“");
	for (size_t i = 0; i < line.n; i++) {
		struct str rest = {line.p + i, line.n - i};

		if (line.p[i] == '"') {
			buf_text(out, opens ? "‘" : "’");
			continue;
		}
		if (str_starts(rest, STR("“")) || str_starts(rest, STR("”"))) {
			buf_text(out, str_starts(rest, STR("“")) ? "‘" : "’");
			i += 2;
			opens = false;
			continue;
		}
		opens = line.p[i] == ' ' || line.p[i] == '(' || line.p[i] == '[';
		buf_char(out, line.p[i]);
	}
	full_stop(out);
	buf_text(out, "” ");
	buf_release(&line);
}

bool citation_has_title(const struct citation *citation)
{
	return record_first(citation->record, DC_TITLE).n > 0;
}

/* The version stands in the permalink. */
static struct str name_of(const struct citation *citation)
{
	struct str rest = citation->key, name = citation->called;

	if (name.n == 0)
		(void)str_take_until(&rest, '@', &name);
	return name;
}

void citation_title(struct buf *out, const struct citation *citation)
{
	if (citation_has_title(citation)) {
		buf_str(out, record_first(citation->record, DC_TITLE));
		return;
	}
	buf_char(out, '[');
	buf_str(out, name_of(citation));
	buf_char(out, ']');
}

static void put_today(struct buf *out, int64_t today)
{
	char text[TIME_TEXT];
	struct citation_day day;

	time_format(today, text);
	if (today != 0 && citation_day((struct str){text, 10}, &day)) {
		buf_text(out, "Accessed ");
		put_day(out, &day, true);
		full_stop(out);
	}
}

static void write_prose(struct buf *out, const struct citation *citation, bool mla)
{
	struct str code = record_field(citation->record, RECORD_REFERENCE_CODE), edtf, written;

	put_creators(out, citation->record, mla);
	if (citation_has_title(citation)) {
		put_quoted(out, record_first(citation->record, DC_TITLE));
	} else {
		citation_line(out, name_of(citation));
		full_stop(out);
		buf_char(out, ' ');
	}
	citation_date(citation->record, &edtf, &written);
	if (edtf.n > 0 || written.n > 0) {
		put_date(out, edtf, written, mla);
		full_stop(out);
		buf_char(out, ' ');
	}
	if (code.n > 0 && !mla) {
		citation_line(out, code);
		full_stop(out);
		buf_char(out, ' ');
	}
	citation_line(out, citation->archive);
	if (mla) {
		if (code.n > 0) {
			buf_text(out, ", ");
			citation_line(out, code);
		}
		buf_text(out, ", ");
	} else {
		full_stop(out);
		buf_char(out, ' ');
	}
	buf_str(out, citation->permalink);
	buf_char(out, '.');
	if (mla && citation->today != 0) {
		buf_char(out, ' ');
		put_today(out, citation->today);
	}
	buf_char(out, '\n');
}

void citation_write(struct buf *out, enum citation_style style, const struct citation *citation)
{
	switch (style) {
	case CITATION_CHICAGO:
	case CITATION_MLA:
		write_prose(out, citation, style == CITATION_MLA);
		break;
	case CITATION_BIBTEX:
		citation_bibtex(out, citation);
		break;
	case CITATION_RIS:
		citation_ris(out, citation);
		break;
	case CITATION_CSL:
	case CITATION_STYLES:
		citation_csl(out, citation);
		break;
	}
}

/* ---- permalinks --------------------------------------------------------------------------------------------------------------- */

void permalink_write(struct buf *out, const struct permalink *link)
{
	struct buf own = BUF_INIT;

	buf_text(&own, "https://");
	buf_str(&own, link->origin);
	buf_text(&own, "/r/");
	/* An id that is no permalink itself, urn:uuid:…, is found below r/ as it is. */
	if (!str_starts(link->id, buf_view(&own)))
		buf_str(out, buf_view(&own));
	buf_str(out, link->id);
	if (link->version > 0)
		buf_printf(out, "@%" PRIu64, link->version);
	if (link->page > 0) {
		buf_printf(out, "/pages/%" PRIu64, link->page);
		if (link->region) /* Media Fragments URI 1.0, section 4.2.2 */
			buf_printf(out, "#xywh=%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, link->x, link->y, link->width,
				link->height);
	} else if (link->file.n > 0) {
		buf_text(out, "/read/");
		http_url_path(out, link->file);
		/* A browser keeps what follows # to itself: the server is told as well, which knows in which piece of a long text it stands. */
		if (link->block.n > 0) {
			buf_text(out, "?at=");
			http_url_path(out, link->block);
			buf_char(out, '#');
			http_url_path(out, link->block);
		}
	}
	buf_release(&own);
}
