/* A text as TEI P5. A text is derived and may be anything: whatever it says, what comes out is well-formed, and its elements stand where TEI allows them. */
#include <string.h>

#include "machines.h"

#define OPEN_MAX 32u /* marks inside one another; those deeper are passed over */

/* In a division headings, datelines and salutations stand on top, closings and signatures at the bottom; what comes in another order begins a new one. */
enum tei_stage { STAGE_NONE, STAGE_TOP, STAGE_MIDDLE, STAGE_BOTTOM };

struct tei {
	struct buf *out;
	const struct text *text;
	enum tei_stage stage;
	enum text_part part;
	const char *group; /* "list", "table" that is open, or NULL */
	unsigned column;
};

/* ---- inside a block ------------------------------------------------------------------------------------------------------------------- */

static bool is_uri(struct str text)
{
	if (!str_starts(text, STR("http://")) && !str_starts(text, STR("https://")) && !str_starts(text, STR("mailto:")))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || strchr("<>\"{}|\\^`", text.p[i]) != NULL)
			return false;
	return true;
}

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!(id.p[i] >= 'a' && id.p[i] <= 'z') && !(i > 0 && id.p[i] >= '0' && id.p[i] <= '9'))
			return false;
	return id.n > 0;
}

/* YYYY, YYYY-MM, YYYY-MM-DD: what @when takes. */
static bool is_day(struct str text)
{
	static const char form[] = "0000-00-00";

	if (text.n != 4 && text.n != 7 && text.n != 10)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (form[i] == '-' ? text.p[i] != '-' : text.p[i] < '0' || text.p[i] > '9')
			return false;
	return true;
}

/* The element's name; its begin tag is written. NULL: nothing to close. */
static const char *begin_mark(struct buf *out, const struct text_mark *mark)
{
	switch (mark->kind) {
	case TEXT_REFERENCE:
		buf_text(out, "<ref type=\"note\"");
		if (is_id(mark->target)) {
			buf_text(out, " target=\"#");
			buf_str(out, mark->target);
			buf_char(out, '"');
		}
		buf_char(out, '>');
		return "ref";
	case TEXT_EMPHASIS:
		buf_text(out, "<hi rend=\"italic\">");
		return "hi";
	case TEXT_STRONG:
		buf_text(out, "<hi rend=\"bold\">");
		return "hi";
	case TEXT_PERSON:
	case TEXT_PLACE: {
		const char *name = mark->kind == TEXT_PERSON ? "persName" : "placeName";

		buf_printf(out, "<%s", name);
		if (mark->target.n > 0)
			xml_attribute(out, is_uri(mark->target) ? "ref" : "key", mark->target);
		buf_char(out, '>');
		return name;
	}
	case TEXT_DATE:
		buf_text(out, "<date");
		if (is_day(mark->target))
			xml_attribute(out, "when", mark->target);
		buf_char(out, '>');
		return "date";
	case TEXT_LINK:
		buf_text(out, "<ref");
		if (is_uri(mark->target))
			xml_attribute(out, "target", mark->target);
		buf_char(out, '>');
		return "ref";
	case TEXT_LINE:
		buf_text(out, "<lb/>");
		return NULL;
	case TEXT_PAGE:
		buf_text(out, "<pb");
		if (mark->target.n > 0)
			xml_attribute(out, "n", mark->target);
		buf_text(out, "/>");
		return NULL;
	case TEXT_DELETED:
		buf_text(out, "<del>");
		return "del";
	case TEXT_ADDED:
		buf_text(out, "<add>");
		return "add";
	case TEXT_UNCLEAR:
		buf_text(out, "<unclear>");
		return "unclear";
	case TEXT_FOREIGN:
		buf_text(out, "<foreign");
		if (mark->target.n > 0)
			xml_attribute(out, "xml:lang", mark->target);
		buf_char(out, '>');
		return "foreign";
	case TEXT_MARK_KINDS:
		break;
	}
	return NULL;
}

struct open_mark {
	const char *name;
	size_t end;
};

/* The bytes [from, to) of a block with its marks. Marks that do not lie inside one another are cut at the end of the outer one. */
static void put_range(struct buf *out, const struct text_block *block, size_t from, size_t to)
{
	struct open_mark open[OPEN_MAX];
	size_t depth = 0, at = from;

	for (size_t m = 0; m <= block->mark_count; m++) {
		const struct text_mark *mark = m < block->mark_count ? &block->marks[m] : NULL;
		size_t next = mark != NULL ? mark->at : to;

		if (mark != NULL && (next < from || next > to || next < at))
			continue;
		if (mark != NULL && next == to && to < block->text.n)
			continue; /* it belongs to what follows */
		while (depth > 0 && open[depth - 1].end <= next) {
			struct open_mark *last = &open[--depth];

			xml_text(out, (struct str){block->text.p + at, last->end - at});
			at = last->end;
			buf_printf(out, "</%s>", last->name);
		}
		xml_text(out, (struct str){block->text.p + at, next - at});
		at = next;
		if (mark == NULL || depth == OPEN_MAX)
			continue;
		const char *name = begin_mark(out, mark);
		size_t end = (size_t)mark->at + mark->length, most = depth > 0 ? open[depth - 1].end : to;

		if (name != NULL)
			open[depth++] = (struct open_mark){name, end < most ? end : most};
	}
	while (depth > 0)
		buf_printf(out, "</%s>", open[--depth].name);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------------------------------- */

static void close_group(struct tei *tei)
{
	if (tei->group == NULL)
		return;
	buf_printf(tei->out, strcmp(tei->group, "table") == 0 ? "</row></%s>\n" : "</%s>\n", tei->group);
	tei->group = NULL;
}

static void close_division(struct tei *tei)
{
	close_group(tei);
	if (tei->stage != STAGE_NONE)
		buf_text(tei->out, "</div>\n");
	tei->stage = STAGE_NONE;
}

static enum tei_stage stage_of(const struct tei *tei, const struct text_block *block)
{
	switch (block->kind) {
	case TEXT_HEADING:
	case TEXT_SALUTATION:
		return STAGE_TOP;
	case TEXT_DATELINE: /* on top, or at the end */
		return tei->stage == STAGE_NONE || tei->stage == STAGE_TOP ? STAGE_TOP : STAGE_BOTTOM;
	case TEXT_CLOSING:
	case TEXT_SIGNATURE:
	case TEXT_POSTSCRIPT:
		return STAGE_BOTTOM;
	case TEXT_NOTE:
		return tei->stage == STAGE_NONE ? STAGE_MIDDLE : tei->stage;
	case TEXT_PARAGRAPH:
	case TEXT_ADDRESS:
	case TEXT_QUOTE:
	case TEXT_ITEM:
	case TEXT_VERSE:
	case TEXT_CODE:
	case TEXT_CELL:
	case TEXT_CAPTION:
	case TEXT_KINDS:
		break;
	}
	return STAGE_MIDDLE;
}

static void enter(struct tei *tei, const struct text_block *block)
{
	enum tei_stage stage;

	if (tei->stage != STAGE_NONE && tei->part != block->part)
		close_division(tei);
	stage = stage_of(tei, block);
	if (stage < tei->stage || (block->kind == TEXT_HEADING && tei->stage > STAGE_NONE)) {
		close_division(tei);
		stage = stage_of(tei, block);
	}
	if (tei->stage == STAGE_NONE) {
		buf_text(tei->out, "<div");
		xml_attribute(tei->out, "type", str_from(text_part_name(block->part)));
		buf_text(tei->out, ">\n");
		tei->part = block->part;
	}
	tei->stage = stage;
}

/* "<p", its id, language and label, ">". */
static void begin_block(struct tei *tei, const char *name, const struct text_block *block)
{
	buf_printf(tei->out, "<%s", name);
	if (is_id(block->id))
		xml_attribute(tei->out, "xml:id", block->id);
	if (block->language.n > 0)
		xml_attribute(tei->out, "xml:lang", block->language);
	if (block->label.n > 0)
		xml_attribute(tei->out, "n", block->label);
	buf_char(tei->out, '>');
}

static void put_block(struct tei *tei, const struct text_block *block, const char *before, const char *name, const char *after)
{
	buf_text(tei->out, before);
	begin_block(tei, name, block);
	put_range(tei->out, block, 0, block->text.n);
	buf_printf(tei->out, "</%s>%s\n", name, after);
}

static void put_verse(struct tei *tei, const struct text_block *block)
{
	begin_block(tei, "lg", block);
	for (size_t at = 0; at <= block->text.n;) {
		const char *end = at < block->text.n ? memchr(block->text.p + at, '\n', block->text.n - at) : NULL;
		size_t to = end != NULL ? (size_t)(end - block->text.p) : block->text.n;

		buf_text(tei->out, "<l>");
		put_range(tei->out, block, at, to);
		buf_text(tei->out, "</l>");
		at = to + 1;
	}
	buf_text(tei->out, "</lg>\n");
}

static void put_grouped(struct tei *tei, const struct text_block *block, const char *group, const char *name)
{
	bool table = strcmp(group, "table") == 0;

	if (tei->group != NULL && strcmp(tei->group, group) != 0)
		close_group(tei);
	if (tei->group == NULL)
		buf_printf(tei->out, table ? "<%s><row>\n" : "<%s>\n", group);
	else if (table && block->level <= tei->column)
		buf_text(tei->out, "</row><row>\n");
	tei->group = group;
	tei->column = block->level;
	put_block(tei, block, "", name, "");
}

static void put(struct tei *tei, const struct text_block *block)
{
	enter(tei, block);
	if (block->kind != TEXT_ITEM && block->kind != TEXT_CELL)
		close_group(tei);
	switch (block->kind) {
	case TEXT_HEADING:
		put_block(tei, block, "", "head", "");
		break;
	case TEXT_DATELINE:
		if (tei->stage == STAGE_TOP)
			put_block(tei, block, "<opener>", "dateline", "</opener>");
		else
			put_block(tei, block, "<closer>", "dateline", "</closer>");
		break;
	case TEXT_SALUTATION:
		put_block(tei, block, "<opener>", "salute", "</opener>");
		break;
	case TEXT_CLOSING:
		put_block(tei, block, "<closer>", "salute", "</closer>");
		break;
	case TEXT_SIGNATURE:
		put_block(tei, block, "<closer>", "signed", "</closer>");
		break;
	case TEXT_POSTSCRIPT:
		put_block(tei, block, "<postscript>", "p", "</postscript>");
		break;
	case TEXT_NOTE:
		put_block(tei, block, "", "note", "");
		break;
	case TEXT_QUOTE:
		put_block(tei, block, "<quote>", "p", "</quote>");
		break;
	case TEXT_ITEM:
		put_grouped(tei, block, "list", "item");
		break;
	case TEXT_CELL:
		put_grouped(tei, block, "table", "cell");
		break;
	case TEXT_VERSE:
		put_verse(tei, block);
		break;
	case TEXT_CODE:
		put_block(tei, block, "", "ab", "");
		break;
	case TEXT_PARAGRAPH:
	case TEXT_ADDRESS:
	case TEXT_CAPTION:
	case TEXT_KINDS:
		put_block(tei, block, "", "p", "");
		break;
	}
}

/* ---- the document ----------------------------------------------------------------------------------------------------------------------- */

static void put_header(struct buf *out, const struct text *text, const struct tei_about *about)
{
	struct str licence = record_first(about->record, DC_LICENSE);

	buf_text(out, "<teiHeader>\n<fileDesc><titleStmt>");
	xml_element(out, "title", about->title);
	for (size_t i = 0; i < record_value_count(about->record); i++) {
		struct record_value value;

		record_value(about->record, i, &value);
		if (value.term == DC_CREATOR)
			xml_element(out, "author", value.value);
	}
	buf_text(out, "</titleStmt>\n<publicationStmt>");
	xml_element(out, "publisher", about->archive);
	xml_element(out, "idno type=\"URI\"", about->permalink);
	if (licence.n > 0) {
		buf_text(out, "<availability><licence");
		if (is_uri(licence))
			xml_attribute(out, "target", licence);
		buf_char(out, '>');
		xml_text(out, licence);
		buf_text(out, "</licence></availability>");
	}
	buf_text(out, "</publicationStmt>\n<sourceDesc>");
	xml_element(out, "p", about->path);
	buf_text(out, "</sourceDesc></fileDesc>\n<encodingDesc><p>Made by photostat from the text of this file, as it was read by "
		      "machine (");
	xml_text(out, text_source(text));
	buf_text(out, text_cut(text) ? "); it is too long, and its end lacks" : ")");
	buf_text(out, ". Only the file itself is kept and proven; this is derived from it.</p></encodingDesc>\n");
	if (text_language(text).n > 0) {
		buf_text(out, "<profileDesc><langUsage><language");
		xml_attribute(out, "ident", text_language(text));
		buf_text(out, "/></langUsage></profileDesc>\n");
	}
	buf_text(out, "</teiHeader>\n");
}

void tei_write(struct buf *out, const struct text *text, const struct tei_about *about)
{
	struct tei tei = {.out = out, .text = text, .stage = STAGE_NONE};
	size_t count = text_block_count(text);

	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TEI xmlns=\"http://www.tei-c.org/ns/1.0\"");
	if (text_language(text).n > 0)
		xml_attribute(out, "xml:lang", text_language(text));
	buf_text(out, ">\n");
	put_header(out, text, about);
	buf_text(out, "<text><body>\n");
	for (size_t i = 0; i < count; i++) {
		struct text_block block;

		text_block(text, i, &block);
		put(&tei, &block);
	}
	close_division(&tei);
	if (count == 0)
		buf_text(out, "<p/>\n");
	buf_text(out, "</body></text>\n</TEI>\n");
}
