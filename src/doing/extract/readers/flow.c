#include "flow.h"

#include <stdlib.h>
#include <string.h>

void flow_init(struct flow *flow, struct text *text)
{
	*flow = (struct flow){.text = text};
}

void flow_finish(struct flow *flow)
{
	flow_break(flow);
	for (size_t i = 0; i < flow->page_count; i++)
		text_begin_page(flow->text, flow->pages[i].number, flow->pages[i].label);
	free(flow->saved);
	free(flow->marks);
	free(flow->pages);
	*flow = (struct flow){.text = NULL};
}

static void *grown(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return mem_grow(array, *cap, size);
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

void flow_enter(struct flow *flow)
{
	flow->saved = grown(flow->saved, flow->saved_count, &flow->saved_cap, sizeof(*flow->saved));
	flow->saved[flow->saved_count++] = flow->now;
	flow->now.marks = flow->mark_count;
	flow->now.began = flow->now.own_box = false;
}

static void share(struct flow *flow, size_t words, const struct flow_box *box)
{
	text_share_words(
		flow->text, words, &(struct text_word){.x = box->x, .y = box->y, .width = box->width, .height = box->height});
}

static void end_line_box(struct flow *flow)
{
	if (flow->lined)
		share(flow, flow->line_words, &flow->line);
	flow->lined = false;
}

static void flush(struct flow *flow)
{
	if (flow->hyphen)
		text_add(flow->text, (struct str){flow->held, flow->held_n});
	flow->hyphen = false;
}

void flow_leave(struct flow *flow)
{
	struct flow_state before;
	bool began;
	if (flow->saved_count == 0)
		return;
	before = flow->saved[--flow->saved_count];
	if (flow->now.own_box)
		share(flow, flow->now.words, &flow->now.box);
	if (flow->mark_count > flow->now.marks)
		flush(flow);
	for (; flow->mark_count > flow->now.marks; flow->mark_count--)
		if (flow->open)
			text_unmark(flow->text);
	began = flow->now.began;
	flow->now = before;
	if (began)
		flow_break(flow);
}

void flow_context(struct flow *flow, enum text_kind kind, unsigned level)
{
	flow_break(flow);
	flow->now.began = true;
	if (flow->now.joined)
		return;
	flow->now.kind = kind;
	flow->now.level = level;
	flow->now.is_block = false;
	flow->begun = false;
}

void flow_block(struct flow *flow, enum text_kind kind, unsigned level)
{
	flow_break(flow);
	flow->now.began = true;
	if (flow->now.joined)
		return;
	flow->now.kind = kind;
	flow->now.level = level;
	flow->now.is_block = true;
	flow->begun = false;
}

void flow_break(struct flow *flow)
{
	if (flow->now.joined) {
		flow_space(flow);
		return;
	}
	if (flow->open) {
		flush(flow);
		end_line_box(flow);
	}
	flow->open = false;
	flow->wants_space = false;
}

void flow_part(struct flow *flow, enum text_part part)
{
	if (flow->now.part != part)
		flow_break(flow), flow->now.began = true;
	flow->now.part = part;
}

void flow_language(struct flow *flow, struct str language)
{
	if (flow->open || (flow->now.is_block && !flow->now.began))
		flow_mark(flow, TEXT_FOREIGN, language);
	else
		flow->now.language = language;
}

void flow_label(struct flow *flow, struct str label)
{
	flow->label = label;
}

void flow_key(struct flow *flow, struct str key)
{
	flow->key = key;
	flow->has_key = true;
}

/* ---- what stands there --------------------------------------------------------------------------------------------- */

static void open_block(struct flow *flow)
{
	enum text_kind kind = flow->now.kind;
	if (flow->open)
		return;
	/* A note's first block, whatever it is, is the one that references lead to; its further paragraphs are none. */
	if (flow->has_key)
		kind = TEXT_NOTE;
	else if (kind == TEXT_NOTE)
		kind = TEXT_PARAGRAPH;
	text_begin(flow->text, kind, flow->now.part, kind == flow->now.kind ? flow->now.level : 0);
	flow->open = flow->begun = true;
	if (flow->label.n > 0)
		text_set_label(flow->text, flow->label);
	if (flow->has_key) {
		text_set_key(flow->text, flow->key);
		flow->has_key = false;
	}
	if (flow->now.language.n > 0 && !str_equal(flow->now.language, flow->base))
		text_set_block_language(flow->text, flow->now.language);
	flow->label = (struct str){"", 0};
	for (size_t i = 0; i < flow->page_count; i++)
		text_begin_page(flow->text, flow->pages[i].number, flow->pages[i].label);
	flow->page_count = 0;
	for (size_t i = 0; i < flow->mark_count; i++)
		text_mark(flow->text, flow->marks[i].kind, flow->marks[i].target);
}

void flow_mark(struct flow *flow, enum text_mark_kind kind, struct str target)
{
	flow->marks = grown(flow->marks, flow->mark_count, &flow->mark_cap, sizeof(*flow->marks));
	flow->marks[flow->mark_count++] = (struct flow_mark){kind, target};
	if (!flow->open)
		return;
	flush(flow);
	if (flow->wants_space)
		text_add(flow->text, STR(" "));
	flow->wants_space = false;
	text_mark(flow->text, kind, target);
}

/* The hyphen at the end, in its forms: -, ¬, ‐, soft hyphen, ⸗. 0: there is none. */
static size_t ending_hyphen(struct str piece)
{
	static const char *const forms[] = {"-", "\xc2\xac", "\xe2\x80\x90", "\xc2\xad", "\xe2\xb8\x97"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_ends(piece, str_from(forms[i])))
			return strlen(forms[i]);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

void flow_box(struct flow *flow, const struct flow_box *box)
{
	flow->now.box = *box;
	flow->now.boxed = flow->now.own_box = true;
	flow->now.words = text_words_here(flow->text);
}

void flow_line_box(struct flow *flow, const struct flow_box *box)
{
	end_line_box(flow);
	flow->line = *box;
	flow->lined = true;
	flow->line_words = text_words_here(flow->text);
}

/* Nothing but words and what parts them. Their places in the box are known when it is left. */
static void add_words(struct flow *flow, struct str piece)
{
	const struct flow_box *box = flow->now.boxed ? &flow->now.box : &flow->line;
	if (!flow->now.boxed && !flow->lined) {
		text_add(flow->text, piece);
		return;
	}
	while (piece.n > 0) {
		size_t n = 0;
		uint32_t at = text_here(flow->text);
		while (n < piece.n && is_space(piece.p[n]) == is_space(piece.p[0]))
			n++;
		text_add(flow->text, (struct str){piece.p, n});
		if (!is_space(piece.p[0]))
			text_add_word(flow->text, at, &(struct text_word){.page = box->page});
		piece.p += n;
		piece.n -= n;
	}
}

void flow_text(struct flow *flow, struct str piece)
{
	struct str visible = piece;
	while (visible.n > 0 && is_space(visible.p[0]))
		visible.p++, visible.n--;
	if (visible.n == 0 && !flow->open)
		return;
	if (flow->now.exact) {
		open_block(flow);
		text_add(flow->text, piece);
		return;
	}
	if (visible.n == 0) {
		/* White space before a line break does not part the word from its hyphen. */
		flow->wants_space = flow->wants_space || piece.n > 0;
		return;
	}
	if (visible.p != piece.p)
		flow->wants_space = true;
	if (flow->hyphen)
		flush(flow);
	if (flow->open && flow->wants_space)
		text_add(flow->text, STR(" "));
	open_block(flow);
	flow->wants_space = false;
	while (is_space(visible.p[visible.n - 1])) {
		visible.n--;
		flow->wants_space = true;
	}
	flow->held_n = ending_hyphen(visible);
	visible.n -= flow->held_n;
	if (flow->held_n > 0)
		memcpy(flow->held, visible.p + visible.n, flow->held_n);
	flow->hyphen = flow->held_n > 0;
	add_words(flow, visible);
}

void flow_space(struct flow *flow)
{
	if (!flow->open)
		return;
	flow->wants_space = true;
}

static void between(struct flow *flow, bool joins)
{
	if (joins) {
		flow->hyphen = false;
		flow->wants_space = false;
	} else {
		flush(flow);
		text_add(flow->text, STR(" "));
		flow->wants_space = false;
	}
}

void flow_line(struct flow *flow, bool joins)
{
	end_line_box(flow);
	if (!flow->open)
		return;
	if (flow->now.exact || flow->now.kind == TEXT_VERSE) {
		flush(flow);
		text_add(flow->text, STR("\n"));
		return;
	}
	between(flow, joins);
	text_mark(flow->text, TEXT_LINE, (struct str){"", 0});
}

void flow_page(struct flow *flow, uint32_t number, struct str label, bool joins)
{
	end_line_box(flow);
	if (flow->open) {
		if (joins)
			between(flow, true);
		else
			flush(flow);
		if (flow->wants_space)
			text_add(flow->text, STR(" "));
		flow->wants_space = false;
		text_begin_page(flow->text, number, label);
		return;
	}
	flow->pages = grown(flow->pages, flow->page_count, &flow->page_cap, sizeof(*flow->pages));
	flow->pages[flow->page_count++] = (struct flow_page){number, label};
}

bool flow_inside(const struct flow *flow)
{
	return flow->open || flow->now.is_block;
}

bool flow_reference(struct flow *flow, struct str target)
{
	if (!flow_inside(flow))
		return false;
	/* Behind a signature that ended a paragraph's block it belongs to the signature: no text may follow that a block of its own could stand for. */
	if (!flow->begun)
		open_block(flow);
	if (flow->open)
		flush(flow);
	text_mark(flow->text, TEXT_REFERENCE, target);
	text_unmark(flow->text);
	return true;
}
