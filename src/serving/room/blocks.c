/* Blocks of a text as HTML. Marks come from documents: they may overlap, be too many, too deep. What does not nest is cut to nest, what is too deep is left out; the text
 * itself is always all there. */
#include "blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"

#define DEPTH_MAX 12u

struct writing {
	struct page *page;
	const struct text *text;
	const struct blocks_options *options;
	struct buf ranges; /* pairs (at, length) of words that the query hit, of the block under way */
	const struct blocks_plan *plan;
	size_t begin, end; /* the blocks that are shown */
	bool *referred;    /* of each note: its first reference was written */
	bool *beside;      /* it stands beside its block already */
	bool in_table, in_row;
	unsigned column;
	uint64_t lines;      /* counted so far */
	uint64_t page_now;   /* that the last page mark began */
	unsigned references; /* so far, for ids to come back to */
};

/* ---- inside a block ------------------------------------------------------------------------------------------------------------------------------- */

/* A run of text without marks; words that the query hit are marked in it. */
static void write_run(struct writing *writing, const struct text_block *block, size_t from, size_t to)
{
	const size_t *ranges = (const size_t *)(const void *)writing->ranges.p;
	size_t count = writing->ranges.n / (2 * sizeof(size_t));
	struct html *html = &writing->page->html;

	for (size_t i = 0; i < count && from < to; i++) {
		size_t start = ranges[2 * i], end = start + ranges[2 * i + 1];

		if (end <= from)
			continue;
		if (start >= to)
			break;
		start = start < from ? from : start;
		end = end > to ? to : end;
		html_text(html, (struct str){block->text.p + from, start - from});
		html_element(html, "mark", NULL, (struct str){block->text.p + start, end - start});
		from = end;
	}
	if (from < to)
		html_text(html, (struct str){block->text.p + from, to - from});
}

/* Of one page's text all stands where it is. */
static size_t home_of(const struct writing *writing, size_t note)
{
	return writing->plan != NULL ? blocks_plan_home(writing->plan, note) : BLOCKS_NO_HOME;
}

/* Whether a note stands in another piece of the text. */
static bool is_elsewhere(const struct writing *writing, size_t note)
{
	size_t home = home_of(writing, note), at = home == BLOCKS_NO_HOME ? note : home;

	return writing->options->plan != NULL && (at < writing->begin || at >= writing->end);
}

static void write_reference(struct writing *writing, const struct text_mark *mark)
{
	struct html *html = &writing->page->html;
	struct buf href = BUF_INIT;
	struct text_block block;
	size_t note;

	if (mark->target.n > 0 && text_find(writing->text, mark->target, &note)) {
		if (is_elsewhere(writing, note)) {
			buf_text(&href, "?at=");
			buf_str(&href, mark->target);
		}
		buf_char(&href, '#');
		buf_str(&href, mark->target);
		html_begin(html, "a");
		html_set(html, "class", "reference");
		html_set(html, "role", "doc-noteref");
		html_attribute(html, "href", buf_view(&href));
		buf_clear(&href);
		if (!writing->referred[note]) {
			/* where the note's way back leads: its first reference */
			buf_text(&href, "from-");
			buf_str(&href, mark->target);
			html_attribute(html, "id", buf_view(&href));
			writing->referred[note] = true;
		}
		/* Where the source has no sign for it in the text, the note's own label is one. */
		if (mark->length == 0) {
			text_block(writing->text, note, &block);
			html_text(html, block.label.n > 0 ? block.label : STR("*"));
		}
	} else {
		html_begin(html, "span");
		html_set(html, "class", "reference");
	}
	buf_release(&href);
}

static void begin_mark(struct writing *writing, const struct text_mark *mark)
{
	static const char *const elements[TEXT_MARK_KINDS] = {[TEXT_EMPHASIS] = "em",
		[TEXT_STRONG] = "strong",
		[TEXT_DELETED] = "del",
		[TEXT_ADDED] = "ins",
		[TEXT_UNCLEAR] = "span",
		[TEXT_PERSON] = "span",
		[TEXT_PLACE] = "span",
		[TEXT_DATE] = "span"};
	struct html *html = &writing->page->html;
	struct edtf edtf;

	if (mark->kind == TEXT_REFERENCE) {
		write_reference(writing, mark);
	} else if (mark->kind == TEXT_LINK && html_outside_link(html, mark->target)) {
		return;
	} else if (mark->kind == TEXT_DATE && mark->target.n > 0 && mark->target.n <= 10 &&
		   edtf_parse(mark->target, &edtf, NULL) == 0 && !edtf.interval && !edtf.season && !edtf.uncertain &&
		   !edtf.approximate && !edtf.unspecified) {
		html_begin(html, "time");
		html_attribute(html, "datetime", mark->target);
	} else {
		html_begin(html, mark->kind < TEXT_MARK_KINDS && elements[mark->kind] != NULL ? elements[mark->kind] : "span");
		if (mark->kind == TEXT_PERSON || mark->kind == TEXT_PLACE || mark->kind == TEXT_DATE || mark->kind == TEXT_UNCLEAR)
			html_set(html, "class", text_mark_name(mark->kind));
		if (mark->kind == TEXT_FOREIGN && mark->target.n > 0)
			html_attribute(html, "lang", mark->target);
		if (mark->kind == TEXT_UNCLEAR)
			html_set(html, "title", word_texts[writing->page->language][WORD_READ_UNCLEAR]);
	}
}

static void write_page_break(struct writing *writing, const struct text_mark *mark)
{
	struct page *page = writing->page;
	struct html *html = &page->html;
	struct buf label = BUF_INIT, path = BUF_INIT;
	bool known = writing->options->shown_on != NULL && mark->number > 0 && mark->number <= text_page_count(writing->text);
	uint64_t on = known ? writing->options->shown_on[mark->number] : 0;
	char number[16], said[24];

	writing->page_now = mark->number;
	(void)snprintf(number, sizeof(number), "%" PRIu32, mark->number);
	/* One leaf of several, each with a text of its own. */
	(void)snprintf(said, sizeof(said), "%" PRIu64, on > 0 && text_page_count(writing->text) == 1 ? on : mark->number);
	word_fill(&label, page->language, WORD_READ_PAGE, mark->target.n > 0 ? mark->target : str_from(said), STR(""), STR(""));
	if (on > 0 && writing->options->pages.n > 0) {
		buf_str(&path, writing->options->pages);
		buf_u64(&path, on);
		html_begin(html, "a");
		html_set(html, "class", "page");
		page_href(page, "href", buf_view(&path), STR(""), NULL);
	} else {
		html_begin(html, "span");
		html_set(html, "class", "page");
	}
	if (mark->number > 0) {
		buf_clear(&path);
		buf_printf(&path, "page-%s", number);
		html_attribute(html, "id", buf_view(&path));
	}
	html_set(html, "role", "doc-pagebreak");
	html_text(html, buf_view(&label));
	html_end(html);
	buf_release(&label);
	buf_release(&path);
}

static void write_line_break(struct writing *writing, bool first)
{
	struct html *html = &writing->page->html;

	if (!writing->options->lines)
		return;
	if (!first)
		html_begin(html, "br");
	writing->lines++;
	html_begin(html, "span");
	html_set(html, "class", writing->lines % 5 == 0 ? "line five" : "line");
	html_number(html, "data-line", (int64_t)writing->lines);
	html_set(html, "aria-hidden", "true");
	html_end(html);
}

static void write_inside(struct writing *writing, const struct text_block *block)
{
	struct html *html = &writing->page->html;
	size_t at = 0, ends[DEPTH_MAX];
	unsigned depth = 0;

	found_in_block(writing->page, writing->options->query,
		block->language.n > 0 ? block->language : text_language(writing->text), block->text, &writing->ranges);
	for (size_t i = 0; i <= block->mark_count; i++) {
		const struct text_mark *mark = i < block->mark_count ? &block->marks[i] : NULL;
		size_t until = mark != NULL && mark->at <= block->text.n ? mark->at : block->text.n, end;

		while (depth > 0 && ends[depth - 1] <= until) {
			write_run(writing, block, at, ends[depth - 1]);
			at = ends[--depth];
			html_end(html);
		}
		if (until > at) {
			write_run(writing, block, at, until);
			at = until;
		}
		if (mark == NULL)
			break;
		if (mark->kind == TEXT_PAGE) {
			write_page_break(writing, mark);
			continue;
		}
		if (mark->kind == TEXT_LINE) {
			write_line_break(writing, at == 0);
			continue;
		}
		/* Of a note that the text has no sign for. */
		if (mark->kind == TEXT_REFERENCE && mark->length == 0 && mark->at == at) {
			begin_mark(writing, mark);
			html_end(html);
			continue;
		}
		end = mark->length <= block->text.n - at ? at + mark->length : block->text.n;
		if (depth > 0 && end > ends[depth - 1])
			end = ends[depth - 1];
		if (mark->at < at || end <= at || depth == DEPTH_MAX)
			continue;
		begin_mark(writing, mark);
		ends[depth++] = end;
	}
	while (depth-- > 0)
		html_end(html);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------------------------------------ */

static const char *element_of(const struct text_block *block)
{
	static const char *const headings[] = {"h2", "h2", "h3", "h4", "h5", "h6", "h6"};

	switch (block->kind) {
	case TEXT_HEADING:
		return headings[block->level <= 6 ? block->level : 6];
	case TEXT_QUOTE:
		return "blockquote";
	case TEXT_CODE:
		return "pre";
	case TEXT_NOTE:
		return "aside";
	case TEXT_PARAGRAPH:
	case TEXT_DATELINE:
	case TEXT_SALUTATION:
	case TEXT_CLOSING:
	case TEXT_SIGNATURE:
	case TEXT_POSTSCRIPT:
	case TEXT_ADDRESS:
	case TEXT_ITEM:
	case TEXT_VERSE:
	case TEXT_CELL:
	case TEXT_CAPTION:
	case TEXT_KINDS:
	default:
		return "p";
	}
}

/* It leads back to where it was referred to first, if that is on this page. */
static void write_note_label(struct writing *writing, const struct text_block *block, bool referred)
{
	struct html *html = &writing->page->html;
	struct buf href = BUF_INIT;

	buf_text(&href, "#from-");
	buf_str(&href, block->id);
	html_begin(html, referred ? "a" : "span");
	html_set(html, "class", "label");
	if (referred) {
		html_attribute(html, "href", buf_view(&href));
		html_set(html, "role", "doc-backlink");
		html_set(html, "title", word_texts[writing->page->language][WORD_READ_BACK]);
	}
	html_text(html, block->label.n > 0 ? block->label : STR("*"));
	html_end(html);
	html_words(html, " ");
	buf_release(&href);
}

/* The block's permanent address, which the server resolves to the piece in which it stands. */
static void write_anchor(struct writing *writing, const struct text_block *block)
{
	struct html *html = &writing->page->html;
	struct buf query = BUF_INIT;
	char id[24];

	if (block->id.n == 0 || block->id.n >= sizeof(id))
		return;
	memcpy(id, block->id.p, block->id.n);
	id[block->id.n] = '\0';
	query_add(&query, "at", block->id);
	html_words(html, " ");
	html_begin(html, "a");
	html_set(html, "class", "here");
	page_href(writing->page, "href", writing->options->anchors, buf_view(&query), id);
	html_text(html, block->id);
	html_end(html);
	buf_release(&query);
}

static void write_block(struct writing *writing, size_t i, const struct text_block *block)
{
	struct html *html = &writing->page->html;
	char level[16];

	html_begin(html, element_of(block));
	html_set(html, "class", text_kind_name(block->kind));
	html_attribute(html, "id", block->id);
	if (block->kind == TEXT_NOTE)
		html_set(html, "role", "note");
	if (block->language.n > 0) {
		html_attribute(html, "lang", block->language);
		html_set(html, "dir", language_is_right_to_left(block->language) ? "rtl" : "ltr");
	} else if (text_language(writing->text).n == 0) {
		html_set(html, "dir", "auto");
	}
	if (block->kind == TEXT_ITEM || block->kind == TEXT_CELL) {
		(void)snprintf(level, sizeof(level), "%u", block->level > 9 ? 9 : block->level);
		html_set(html, "data-level", level);
	}
	if (block->kind == TEXT_NOTE) {
		write_note_label(writing, block, writing->referred[i]);
	} else if (block->label.n > 0) {
		html_element(html, "span", "label", block->label);
		html_words(html, " ");
	}
	write_inside(writing, block);
	if (writing->options->anchors.n > 0)
		write_anchor(writing, block);
	html_end(html);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------------------------- */

#define MARK_ROOM 32u /* as pieces.c reckons */

/* What is left of a block that is longer than a piece. */
static bool cut_block(struct text_block *block)
{
	size_t n = block->text.n, most = BLOCKS_PIECE / MARK_ROOM;

	if (block->mark_count > most)
		n = block->marks[most].at < n ? block->marks[most].at : n;
	n = n < BLOCKS_PIECE ? n : BLOCKS_PIECE;
	while (n > 0 && n < block->text.n && ((unsigned char)block->text.p[n] & 0xc0) == 0x80)
		n--;
	if (n == block->text.n && block->mark_count <= most)
		return false;
	block->text.n = n;
	while (block->mark_count > 0 && (block->mark_count > most || block->marks[block->mark_count - 1].at >= n))
		block->mark_count--;
	return true;
}

/* Lines before the piece, so that its own are counted on. */
static void count_lines_before(struct writing *writing)
{
	for (size_t i = 0; i < writing->begin; i++) {
		struct text_block block;

		text_block(writing->text, i, &block);
		for (size_t k = 0; k < block.mark_count; k++)
			writing->lines += block.marks[k].kind == TEXT_LINE;
	}
}

/* ---- the text ------------------------------------------------------------------------------------------------------------------------ */

/* Whether notes stand beside this block: those whose first reference is in it. */
static bool has_notes(const struct writing *writing, size_t i, const struct text_block *block)
{
	size_t note;

	for (size_t k = 0; k < block->mark_count && writing->plan != NULL; k++)
		if (block->marks[k].kind == TEXT_REFERENCE && text_find(writing->text, block->marks[k].target, &note) &&
			home_of(writing, note) == i && !writing->beside[note])
			return true;
	return false;
}

/* In the order of their references. */
static void write_notes_of(struct writing *writing, size_t i, const struct text_block *block)
{
	for (size_t k = 0; k < block->mark_count; k++) {
		struct text_block note;
		size_t at;

		if (block->marks[k].kind != TEXT_REFERENCE || !text_find(writing->text, block->marks[k].target, &at) ||
			home_of(writing, at) != i || writing->beside[at])
			continue;
		text_block(writing->text, at, &note);
		writing->beside[at] = true;
		write_block(writing, at, &note);
	}
}

/* Where there is room they stand in the margin beside it, else below it. */
static void write_with_notes(struct writing *writing, size_t i, const struct text_block *block)
{
	struct html *html = &writing->page->html;

	if (block->kind == TEXT_NOTE || !has_notes(writing, i, block)) {
		write_block(writing, i, block);
		return;
	}
	html_begin(html, "div");
	html_set(html, "class", "noted");
	write_block(writing, i, block);
	html_begin(html, "div");
	html_set(html, "class", "margin");
	write_notes_of(writing, i, block);
	html_end(html);
	html_end(html);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

static void end_table(struct writing *writing)
{
	struct html *html = &writing->page->html;

	/* row, table, and what lets it be moved where it is too wide */
	for (unsigned i = 0; i < 3 && writing->in_table; i++)
		html_end(html);
	writing->in_table = false;
}

/* A row goes on as long as columns do. Notes of a cell stand in it: there is no margin beside a table. */
static void write_cell(struct writing *writing, size_t i, const struct text_block *block)
{
	struct html *html = &writing->page->html;

	if (!writing->in_table) {
		html_begin(html, "div");
		html_set(html, "class", "wide");
		html_set(html, "tabindex", "0");
		html_set(html, "role", "region");
		html_set(html, "aria-label", word_texts[writing->page->language][WORD_READ_TABLE]);
		html_begin(html, "table");
		html_begin(html, "tr");
		writing->in_table = true;
	} else if (block->level <= writing->column) {
		html_end(html);
		html_begin(html, "tr");
	}
	writing->column = block->level;
	html_begin(html, "td");
	write_block(writing, i, block);
	if (has_notes(writing, i, block))
		write_notes_of(writing, i, block);
	html_end(html);
}

/* ---- the text ----------------------------------------------------------------------------------------------------------------------- */

/* Whether any of the block is on the page that is wanted; follows page breaks. */
static bool is_wanted(struct writing *writing, const struct text_block *block)
{
	bool breaks_first = block->mark_count > 0 && block->marks[0].kind == TEXT_PAGE && block->marks[0].at == 0;
	bool wanted = writing->options->page == 0 || (!breaks_first && writing->page_now == writing->options->page);

	for (size_t k = 0; k < block->mark_count; k++)
		if (block->marks[k].kind == TEXT_PAGE) {
			writing->page_now = block->marks[k].number;
			wanted = wanted || writing->page_now == writing->options->page;
		}
	return wanted;
}

bool blocks_have_lines(const struct text *text)
{
	size_t count = text_block_count(text);

	for (size_t i = 0; i < count && i < 200; i++) {
		struct text_block block;

		text_block(text, i, &block);
		for (size_t k = 0; k < block.mark_count; k++)
			if (block.marks[k].kind == TEXT_LINE)
				return true;
	}
	return false;
}

static void begin_part(struct writing *writing, enum text_part part)
{
	struct html *html = &writing->page->html;

	html_begin(html, "section");
	html_set(html, "class", text_part_name(part));
	if (part == TEXT_INTRODUCTION || part == TEXT_NOTES)
		html_set(html, "role", part == TEXT_NOTES ? "doc-endnotes" : "doc-introduction");
}

static void write_all(struct writing *writing, bool *whole)
{
	enum text_part part = TEXT_PARTS;
	struct html *html = &writing->page->html;
	const struct blocks_options *options = writing->options;
	size_t spent = 0;

	for (size_t i = writing->begin; i < writing->end && !writing->page->body.failed; i++) {
		struct text_block block;

		text_block(writing->text, i, &block);
		if ((i == 0 && options->titled) || !is_wanted(writing, &block) || home_of(writing, i) != BLOCKS_NO_HOME)
			continue;
		/* Of a piece its plan has seen to it. */
		if (options->plan == NULL && (spent += block.text.n + block.mark_count * MARK_ROOM) > BLOCKS_PIECE &&
			i > writing->begin) {
			*whole = false;
			break;
		}
		if (cut_block(&block))
			*whole = false;
		if (writing->in_table && (block.kind != TEXT_CELL || block.part != part))
			end_table(writing);
		if (block.part != part) {
			if (part != TEXT_PARTS)
				html_end(html);
			part = block.part;
			begin_part(writing, part);
		}
		if (block.kind == TEXT_CELL)
			write_cell(writing, i, &block);
		else
			write_with_notes(writing, i, &block);
	}
	end_table(writing);
	if (part != TEXT_PARTS)
		html_end(html);
}

bool blocks_write(struct page *page, const struct text *text, const struct blocks_options *options)
{
	const struct str language = text_language(text).n > 0 ? text_language(text) : options->language;
	struct writing writing = {
		.page = page, .text = text, .options = options, .plan = options->plan, .end = text_block_count(text)};
	struct blocks_plan *own = NULL;
	struct html *html = &page->html;
	bool whole = true;

	if (options->plan != NULL)
		blocks_plan_piece(options->plan, options->piece, &writing.begin, &writing.end);
	else if (options->page == 0)
		writing.plan = own = blocks_plan_new(text);
	writing.referred = mem_array(text_block_count(text) + 1, sizeof(*writing.referred));
	writing.beside = mem_array(text_block_count(text) + 1, sizeof(*writing.beside));
	html_begin(html, "div");
	html_set(html, "class", options->lines ? "text lines" : "text");
	if (language.n > 0) {
		html_attribute(html, "lang", language);
		html_set(html, "dir", language_is_right_to_left(language) ? "rtl" : "ltr");
	}
	if (options->lines)
		count_lines_before(&writing);
	write_all(&writing, &whole);
	html_end(html);
	buf_release(&writing.ranges);
	blocks_plan_free(own);
	free(writing.referred);
	free(writing.beside);
	return whole;
}
