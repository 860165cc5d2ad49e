/* Words in boxes become blocks of text. */
#include "images.h"

#include <string.h>

/* The hyphen that the last word left: it belongs to it unless a line ended there and the word went on. */
static void settle_hyphen(struct layout *layout)
{
	if (layout->hyphen)
		text_add(layout->text, str_from(layout->hyphen));
	layout->hyphen = NULL;
}

void layout_end(struct layout *layout)
{
	if (layout->text)
		settle_hyphen(layout);
	layout->block = layout->line = layout->words = false;
}

void layout_page(struct layout *layout, struct text *text, const struct text_page *page)
{
	layout_end(layout);
	*layout = (struct layout){.text = text, .page = text_add_page(text, page)};
	text_begin_page(text, layout->page, page->label);
}

void layout_column(struct layout *layout, struct layout_box column)
{
	layout_end(layout);
	layout->column = column;
	layout->pitch = 0;
}

/* Whether this line begins a block; there is one before it in the column. */
static bool begins(const struct layout *layout, struct layout_box line)
{
	const struct layout_box last = layout->last;
	double height = line.bottom - line.top, distance = line.top - last.top, indent = line.left - layout->column.left;
	double width = layout->column.right - layout->column.left;
	if (layout->hyphen)
		return false;
	if (indent > height * 0.9 && indent < width / 3 && last.left - layout->column.left < height * 0.5)
		return true;
	if (layout->pitch > 0 ? distance > layout->pitch * 1.5 : distance > height * 3.5)
		return true;
	if (last.left - line.left > width * 0.25) /* that one was centred, or on the right */
		return true;
	return layout->column.right - last.right > width * 0.3;
}

void layout_line(struct layout *layout, struct layout_box line, unsigned level)
{
	double distance = line.top - layout->last.top;
	if (!layout->block || level != layout->level || begins(layout, line)) {
		layout_end(layout);
		text_begin(layout->text, level > 0 ? TEXT_HEADING : TEXT_PARAGRAPH, TEXT_BODY, level);
		layout->block = true;
		layout->level = level;
	}
	if (layout->block && distance > 0 && (layout->pitch <= 0 || distance < layout->pitch) && layout->line)
		layout->pitch = distance;
	layout->line = false;
	layout->last = line;
}

static bool is_letter_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* What begins like the rest of a word: a small letter, or a letter that is not ASCII (whose case nobody asks). */
static bool goes_on(struct str word)
{
	unsigned char c = word.n > 0 ? (unsigned char)word.p[0] : 0;
	return (c >= 'a' && c <= 'z') || (c >= 0xC3 && !(c == 0xC3 && word.n > 1 && (unsigned char)word.p[1] < 0xA0) && c != 0xE2);
}

/* The hyphen that ends the word, if a letter is before it; else NULL. */
static const char *ending_hyphen(struct str word)
{
	static const char *const hyphens[] = {"-", "\xC2\xAD", "\xE2\x80\x90", "\xC2\xAC", "\xE2\xB8\x97"};
	for (size_t i = 0; i < sizeof(hyphens) / sizeof(hyphens[0]); i++) {
		struct str hyphen = str_from(hyphens[i]);
		if (word.n > hyphen.n + 1 && str_ends(word, hyphen) && is_letter_byte((unsigned char)word.p[word.n - hyphen.n - 1]))
			return hyphens[i];
	}
	return NULL;
}

void layout_word(struct layout *layout, struct str word, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct text_word box = {.page = layout->page, .x = x, .y = y, .width = width, .height = height};
	const char *hyphen;
	uint32_t at;
	while (word.n > 0 && (word.p[word.n - 1] == ' ' || word.p[word.n - 1] == '\n'))
		word.n--;
	if (word.n == 0)
		return;
	if (!layout->block)
		layout_line(layout,
			(struct layout_box){.left = x, .top = y, .right = (double)x + width, .bottom = (double)y + height}, 0);
	hyphen = ending_hyphen(word);
	if (hyphen)
		word.n -= strlen(hyphen);
	if (layout->hyphen && !layout->line && goes_on(word)) {
		layout->hyphen = NULL;
	} else if (layout->words) {
		settle_hyphen(layout);
		if (!layout->joins || !layout->line)
			text_add(layout->text, STR(" "));
	}
	layout->joins = false;
	if (!layout->line)
		text_mark(layout->text, TEXT_LINE, STR(""));
	layout->line = layout->words = true;
	at = text_here(layout->text);
	text_add(layout->text, word);
	text_add_word(layout->text, at, &box);
	layout->hyphen = hyphen;
}
