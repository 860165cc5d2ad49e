/* Citing for programs: BibTeX, RIS, CSL-JSON. */
#include <string.h>

#include "citation_parts.h"

/* Letters, digits and hyphens: what every reader of keys takes. */
static void put_key(struct buf *out, struct str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		buf_char(out, (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '-');
	}
}

static void today(char out[TIME_TEXT], const struct citation *citation)
{
	time_format(citation->today, out);
	out[10] = '\0';
}

/* ---- BibTeX ------------------------------------------------------------------------------------------------------------------- */

/* BibTeX counts braces whether or not a backslash stands before them, so that those of the text are named. */
static void put_latex(struct buf *out, struct str text)
{
	static const struct {
		char c;
		const char *with;
	} special[] = {
		{'\\', "\\textbackslash{}"},
		{'{', "\\textbraceleft{}"},
		{'}', "\\textbraceright{}"},
		{'$', "\\$"},
		{'&', "\\&"},
		{'#', "\\#"},
		{'_', "\\_"},
		{'%', "\\%"},
		{'~', "\\textasciitilde{}"},
		{'^', "\\textasciicircum{}"},
		{'"', "\\textquotedbl{}"},
	};
	struct buf line = BUF_INIT;

	citation_line(&line, text);
	for (size_t i = 0; i < line.n; i++) {
		size_t k = 0;

		while (k < sizeof(special) / sizeof(special[0]) && special[k].c != line.p[i])
			k++;
		if (k < sizeof(special) / sizeof(special[0]))
			buf_text(out, special[k].with);
		else
			buf_char(out, line.p[i]);
	}
	buf_release(&line);
}

static void put_field(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(out, ",\n  %s = {", name);
	put_latex(out, value);
	buf_char(out, '}');
}

/* A name that is not taken apart, or has an "and" of its own, is held together by braces. */
static void put_latex_name(struct buf *out, const struct citation_name *name)
{
	struct buf whole = BUF_INIT;

	citation_line(&whole, name->literal);
	bool loose = name->family.n > 0 && memmem(whole.p, whole.n, " and ", 5) == NULL;
	if (loose) {
		put_latex(out, name->family);
		buf_text(out, ", ");
		put_latex(out, name->given);
	} else {
		buf_char(out, '{');
		put_latex(out, buf_view(&whole));
		buf_char(out, '}');
	}
	buf_release(&whole);
}

void citation_bibtex(struct buf *out, const struct citation *citation)
{
	const struct record *record = citation->record;
	struct citation_name name;
	struct citation_day day;
	struct str edtf, written;
	struct buf title = BUF_INIT;
	char date[TIME_TEXT];

	buf_text(out, "@misc{");
	put_key(out, citation->key);
	for (size_t i = 0; i < citation_creator(record, i, &name); i++) {
		buf_text(out, i == 0 ? ",\n  author = {" : " and ");
		put_latex_name(out, &name);
	}
	if (citation_creator(record, 0, NULL) > 0)
		buf_char(out, '}');
	/* The second pair keeps the capitals. */
	buf_text(out, ",\n  title = {{");
	citation_title(&title, citation);
	put_latex(out, buf_view(&title));
	buf_release(&title);
	buf_text(out, "}}");
	citation_date(record, &edtf, &written);
	put_field(out, "date", edtf); /* BibLaTeX reads EDTF */
	if (edtf.n > 0 && memchr(edtf.p, '/', edtf.n) == NULL && citation_day(edtf, &day) && !day.decade && !day.century)
		buf_printf(out, ",\n  year = {%ld}", day.year);
	else if (edtf.n == 0)
		put_field(out, "year", written);
	put_field(out, "howpublished", citation->archive);
	put_field(out, "number", record_field(record, RECORD_REFERENCE_CODE));
	put_field(out, "langid", record_first(record, DC_LANGUAGE));
	put_field(out, "type", record_first(record, DC_TYPE));
	buf_text(out, ",\n  url = {");
	buf_str(out, citation->permalink);
	buf_char(out, '}');
	if (citation->today != 0) {
		today(date, citation);
		put_field(out, "urldate", str_from(date));
	}
	buf_text(out, "\n}\n");
}

/* ---- RIS ---------------------------------------------------------------------------------------------------------------------- */

static void put_tag(struct buf *out, const char *tag, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(out, "%s  - ", tag);
	citation_line(out, value);
	buf_text(out, "\r\n");
}

static bool has_word(struct str text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* By the DCMI type, where it is said; most of what archives keep is a manuscript. */
static const char *ris_type(struct str type)
{
	return has_word(type, "Sound")                                   ? "SOUND"
	       : has_word(type, "MovingImage")                           ? "VIDEO"
	       : has_word(type, "StillImage") || has_word(type, "Image") ? "ART"
	       : has_word(type, "Dataset")                               ? "DATA"
									 : "MANSCPT";
}

void citation_ris(struct buf *out, const struct citation *citation)
{
	const struct record *record = citation->record;
	struct citation_name name;
	struct citation_day day;
	struct str edtf, written;
	struct buf title = BUF_INIT;
	char date[TIME_TEXT];

	buf_printf(out, "TY  - %s\r\n", ris_type(record_first(record, DC_TYPE)));
	for (size_t i = 0; i < citation_creator(record, i, &name); i++)
		put_tag(out, "AU", name.literal);
	citation_title(&title, citation);
	put_tag(out, "TI", buf_view(&title));
	buf_release(&title);
	citation_date(record, &edtf, &written);
	if (citation_day(edtf, &day) && !day.decade && !day.century && memchr(edtf.p, '/', edtf.n) == NULL) {
		buf_printf(out, "PY  - %04ld\r\nDA  - %04ld/", day.year, day.year);
		if (day.month > 0 && day.month <= 12)
			buf_printf(out, "%02ld", day.month);
		buf_char(out, '/');
		if (day.day > 0)
			buf_printf(out, "%02ld", day.day);
		buf_text(out, "/\r\n");
	} else {
		put_tag(out, "DA", edtf.n > 0 ? edtf : written);
	}
	put_tag(out, "AN", record_field(record, RECORD_REFERENCE_CODE));
	put_tag(out, "DB", citation->archive);
	put_tag(out, "LA", record_first(record, DC_LANGUAGE));
	put_tag(out, "UR", citation->permalink);
	if (citation->today != 0) {
		today(date, citation);
		date[4] = date[7] = '/';
		buf_printf(out, "Y2  - %s/\r\n", date);
	}
	buf_text(out, "ER  - \r\n");
}

/* ---- CSL-JSON ------------------------------------------------------------------------------------------------------------------ */

static void put_json(struct buf *out, const char *name, struct str value)
{
	struct buf line = BUF_INIT;

	citation_line(&line, value);
	if (line.n > 0) {
		buf_printf(out, ",\"%s\":", name);
		buf_json(out, buf_view(&line));
	}
	buf_release(&line);
}

static void put_parts(struct buf *out, const struct citation_day *day)
{
	buf_printf(out, "[%ld", day->year);
	if (day->month > 0 && day->month <= 12)
		buf_printf(out, ",%ld", day->month);
	if (day->day > 0)
		buf_printf(out, ",%ld", day->day);
	buf_char(out, ']');
}

static void put_issued(struct buf *out, struct str edtf, struct str written)
{
	struct str rest = edtf, first;
	struct citation_day from, to;
	bool good = str_take_until(&rest, '/', &first) && citation_day(first, &from) && !from.decade && !from.century;
	bool interval = good && rest.p != NULL;

	if (interval)
		good = citation_day(rest, &to) && !to.decade && !to.century;
	if (!good) {
		struct str raw = edtf.n > 0 ? edtf : written;

		if (raw.n > 0) {
			buf_text(out, ",\"issued\":{\"literal\":");
			buf_json(out, raw);
			buf_char(out, '}');
		}
		return;
	}
	buf_text(out, ",\"issued\":{\"date-parts\":[");
	put_parts(out, &from);
	if (interval) {
		buf_char(out, ',');
		put_parts(out, &to);
	}
	buf_char(out, ']');
	if (from.approximate || from.uncertain)
		buf_text(out, ",\"circa\":true");
	if (from.month > 12 && !interval)
		buf_printf(out, ",\"season\":%ld", from.month - 20);
	buf_char(out, '}');
}

void citation_csl(struct buf *out, const struct citation *citation)
{
	const struct record *record = citation->record;
	struct str type = record_first(record, DC_TYPE), edtf, written;
	struct citation_name name;
	char date[TIME_TEXT];
	struct citation_day day;
	struct buf key = BUF_INIT, title = BUF_INIT;

	put_key(&key, citation->key);
	buf_text(out, "[{\"id\":");
	buf_json(out, buf_view(&key));
	buf_printf(out, ",\"type\":\"%s\"",
		has_word(type, "Sound")         ? "song"
		: has_word(type, "MovingImage") ? "motion_picture"
		: has_word(type, "Image")       ? "graphic"
						: "manuscript");
	citation_title(&title, citation);
	put_json(out, "title", buf_view(&title));
	buf_release(&title);
	for (size_t i = 0; i < citation_creator(record, i, &name); i++) {
		bool apart = name.family.n > 0;

		buf_text(out, i == 0 ? ",\"author\":[" : ",");
		buf_text(out, apart ? "{\"family\":" : "{\"literal\":");
		buf_json(out, apart ? name.family : name.literal);
		if (apart) {
			buf_text(out, ",\"given\":");
			buf_json(out, name.given);
		}
		buf_char(out, '}');
	}
	if (citation_creator(record, 0, NULL) > 0)
		buf_char(out, ']');
	citation_date(record, &edtf, &written);
	put_issued(out, edtf, written);
	put_json(out, "archive", citation->archive);
	put_json(out, "archive_location", record_field(record, RECORD_REFERENCE_CODE));
	put_json(out, "language", record_first(record, DC_LANGUAGE));
	put_json(out, "URL", citation->permalink);
	time_format(citation->today, date);
	if (citation->today != 0 && citation_day((struct str){date, 10}, &day)) {
		buf_text(out, ",\"accessed\":{\"date-parts\":[");
		put_parts(out, &day);
		buf_text(out, "]}");
	}
	buf_text(out, "}]\n");
	buf_release(&key);
}
