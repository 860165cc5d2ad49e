/* Blocks of a text as HTML. Marks come from documents: they may overlap, be too many, too deep. What does not nest is cut to nest, what is too deep is left out; the text
 * itself is always all there. */
#include "blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"

#define DEPTH_MAX 12u
#define NO_BLOCK SIZE_MAX
#define WRITTEN (NO_BLOCK - 1)

struct writing {
	struct page *page;
	const struct text *text;
	const struct blocks_options *options;
	struct buf ranges; /* pairs (at, length) of words that the query hit, of the block under way */
	/* Of each note block, the block that first refers to it. */
	size_t *home;
	bool *written;
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

/* Whether a note stands in another piece of the text. */
static bool is_elsewhere(const struct writing *writing, size_t note)
{
	size_t at = writing->home != NULL ? writing->home[note] : WRITTEN;

	if (writing->options->end == 0 || at == WRITTEN)
		return false;
	at = at == NO_BLOCK ? note : at;
	return at < writing->options->begin || at >= writing->options->end;
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
		if (writing->written != NULL && !writing->written[note]) {
			/* where the note's way back leads: its first reference */
			buf_text(&href, "from-");
			buf_str(&href, mark->target);
			html_attribute(html, "id", buf_view(&href));
			writing->written[note] = true;
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
	char number[16];

	writing->page_now = mark->number;
	(void)snprintf(number, sizeof(number), "%" PRIu32, mark->number);
	word_fill(&label, page->language, WORD_READ_PAGE, mark->target.n > 0 ? mark->target : str_from(number), STR(""), STR(""));
	if (mark->number > 0 && writing->options->pages.n > 0) {
		buf_str(&path, writing->options->pages);
		buf_u64(&path, writing->options->pages_before + mark->number);
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

static void write_note_label(struct writing *writing, const struct text_block *block)
{
	struct html *html = &writing->page->html;
	struct buf href = BUF_INIT;
	bool referred = writing->home != NULL;

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
		struct writing alone = *writing;

		if (writing->home[i] == NO_BLOCK)
			alone.home = NULL;
		write_note_label(&alone, block);
	} else if (block->label.n > 0) {
		html_element(html, "span", "label", block->label);
		html_words(html, " ");
	}
	write_inside(writing, block);
	html_end(html);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------------------------- */

/* What is left of a block that is longer than a piece. */
static bool cut_block(struct text_block *block)
{
	if (block->text.n <= BLOCKS_PIECE)
		return false;
	block->text.n = BLOCKS_PIECE;
	while (block->text.n > 0 && ((unsigned char)block->text.p[block->text.n] & 0xc0) == 0x80)
		block->text.n--;
	while (block->mark_count > 0 && block->marks[block->mark_count - 1].at >= block->text.n)
		block->mark_count--;
	return true;
}

/* Lines before the piece, so that its own are counted on. */
static void count_lines_before(struct writing *writing)
{
	for (size_t i = 0; i < writing->options->begin; i++) {
		struct text_block block;

		text_block(writing->text, i, &block);
		for (size_t k = 0; k < block.mark_count; k++)
			writing->lines += block.marks[k].kind == TEXT_LINE;
	}
}

/* ---- the text ------------------------------------------------------------------------------------------------------------------------ */

/* Which notes stand beside which block: where they are first referred to from. */
static void find_homes(struct writing *writing)
{
	size_t count = text_block_count(writing->text);

	writing->home = mem_array(count + 1, sizeof(*writing->home));
	writing->written = mem_array(count + 1, sizeof(*writing->written));
	for (size_t i = 0; i < count; i++)
		writing->home[i] = NO_BLOCK;
	for (size_t i = 0; i < count; i++) {
		struct text_block block;

		text_block(writing->text, i, &block);
		if (block.kind == TEXT_NOTE)
			continue; /* notes on notes stay where they are */
		for (size_t k = 0; k < block.mark_count; k++) {
			size_t note;

			if (block.marks[k].kind == TEXT_REFERENCE && block.marks[k].target.n > 0 &&
				text_find(writing->text, block.marks[k].target, &note) && writing->home[note] == NO_BLOCK)
				writing->home[note] = i;
		}
	}
}

static bool has_notes(const struct writing *writing, size_t i, const struct text_block *block)
{
	size_t note;

	for (size_t k = 0; k < block->mark_count; k++)
		if (block->marks[k].kind == TEXT_REFERENCE && text_find(writing->text, block->marks[k].target, &note) &&
			writing->home[note] == i)
			return true;
	return false;
}

/* The notes whose first reference is in this block, in the order of their references. */
static void write_notes_of(struct writing *writing, size_t i, const struct text_block *block)
{
	for (size_t k = 0; k < block->mark_count; k++) {
		struct text_block note;
		size_t at;

		if (block->marks[k].kind != TEXT_REFERENCE || !text_find(writing->text, block->marks[k].target, &at) ||
			writing->home[at] != i)
			continue;
		text_block(writing->text, at, &note);
		if (note.kind != TEXT_NOTE)
			continue;
		write_block(writing, at, &note);
		writing->home[at] = WRITTEN;
	}
}

/* Whether any of the block is on the page that is wanted; follows page breaks. */
static bool is_wanted(struct writing *writing, const struct text_block *block)
{
	bool wanted = writing->options->page == 0 || writing->page_now == writing->options->page;

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

bool blocks_write(struct page *page, const struct text *text, const struct blocks_options *options)
{
	struct writing writing = {.page = page, .text = text, .options = options};
	size_t count = text_block_count(text);
	enum text_part part = TEXT_PARTS;
	struct html *html = &page->html;
	bool cut = false;

	const struct str language = text_language(text).n > 0 ? text_language(text) : options->language;

	find_homes(&writing);
	html_begin(html, "div");
	html_set(html, "class", options->lines ? "text lines" : "text");
	if (language.n > 0) {
		html_attribute(html, "lang", language);
		html_set(html, "dir", language_is_right_to_left(language) ? "rtl" : "ltr");
	}
	if (options->lines)
		count_lines_before(&writing);
	for (size_t i = options->begin; i < (options->end > 0 && options->end < count ? options->end : count) && !page->body.failed;
		i++) {
		struct text_block block;

		text_block(text, i, &block);
		if (options->end > 0)
			cut = cut_block(&block) || cut;
		if ((i == 0 && options->titled) || !is_wanted(&writing, &block) ||
			(block.kind == TEXT_NOTE && writing.home[i] != NO_BLOCK && options->page == 0))
			continue;
		if (block.part != part) {
			if (part != TEXT_PARTS)
				html_end(html);
			part = block.part;
			begin_part(&writing, part);
		}
		if (block.kind != TEXT_NOTE && options->page == 0 && has_notes(&writing, i, &block)) {
			/* Where there is room they stand in the margin beside it, else below it. */
			html_begin(html, "div");
			html_set(html, "class", "noted");
			write_block(&writing, i, &block);
			html_begin(html, "div");
			html_set(html, "class", "margin");
			write_notes_of(&writing, i, &block);
			html_end(html);
			html_end(html);
		} else {
			write_block(&writing, i, &block);
		}
	}
	if (part != TEXT_PARTS)
		html_end(html);
	html_end(html);
	buf_release(&writing.ranges);
	free(writing.home);
	free(writing.written);
	return !cut;
}
