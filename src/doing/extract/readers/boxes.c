#include "boxes.h"

#include <string.h>

void boxes_init(struct boxes *boxes, struct text *text, uint32_t page)
{
	*boxes = (struct boxes){.text = text, .page = page};
}

/* The hyphen that was held, if no word goes on behind it. */
static void flush(struct boxes *boxes)
{
	if (boxes->held) {
		text_add(boxes->text, boxes->hyphen);
		text_add_word(boxes->text, boxes->held_at,
			&(struct text_word){.page = boxes->page,
				.x = boxes->held_box.x,
				.y = boxes->held_box.y,
				.width = boxes->held_box.width,
				.height = boxes->held_box.height});
	}
	boxes->held = false;
}

void boxes_block(struct boxes *boxes)
{
	boxes->begun = boxes->joins = boxes->held = false;
}

void boxes_end(struct boxes *boxes)
{
	flush(boxes);
	boxes->joins = false;
}

void boxes_line(struct boxes *boxes)
{
	/* Whether a held hyphen stays, the next line's first word decides. */
	if (boxes->begun && !boxes->joins && !boxes->held)
		text_add(boxes->text, STR(" "));
	if (!boxes->held)
		text_mark(boxes->text, TEXT_LINE, (struct str){"", 0});
}

void boxes_hyphen(struct boxes *boxes)
{
	boxes->joins = true;
}

void boxes_join(struct boxes *boxes)
{
	boxes->joins = true;
}

/* The hyphen at a word's end, in its forms; 0: none, or nothing but that. */
static size_t ending_hyphen(struct str word)
{
	static const char *const forms[] = {"-", "\xc2\xac", "\xe2\x80\x90", "\xc2\xad", "\xe2\xb8\x97", "="};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_ends(word, str_from(forms[i])) && word.n > strlen(forms[i]))
			return strlen(forms[i]);
	return 0;
}

/* Small letters: ASCII's and, of two bytes, those of Latin and Cyrillic that are odd or from а on; enough to tell "Sonn-tag" from "Müller-Lüdenscheid". */
static bool begins_small(struct str word)
{
	unsigned char a = word.n > 0 ? (unsigned char)word.p[0] : 0, b = word.n > 1 ? (unsigned char)word.p[1] : 0;
	if (a >= 'a' && a <= 'z')
		return true;
	if (a == 0xC3)
		return b >= 0x9F;
	if (a == 0xD0)
		return b >= 0xB0;
	if (a == 0xD1)
		return b < 0xA0;
	return a == 0xC4 || a == 0xC5 ? b % 2 == 1 : false;
}

static void one_word(struct boxes *boxes, struct str word, const struct box *box, bool last)
{
	size_t hyphen = last ? ending_hyphen(word) : 0;
	uint32_t at;
	if (boxes->held) {
		if (begins_small(word)) {
			text_add_word(boxes->text, boxes->held_at,
				&(struct text_word){.page = boxes->page,
					.x = boxes->held_box.x,
					.y = boxes->held_box.y,
					.width = boxes->held_box.width,
					.height = boxes->held_box.height});
			boxes->held = false;
		} else {
			flush(boxes);
			text_add(boxes->text, STR(" "));
		}
		text_mark(boxes->text, TEXT_LINE, (struct str){"", 0});
	} else if (boxes->begun && !boxes->joins) {
		text_add(boxes->text, STR(" "));
	}
	boxes->joins = false;
	boxes->begun = true;
	at = text_here(boxes->text);
	text_add(boxes->text, (struct str){word.p, word.n - hyphen});
	if (hyphen > 0) {
		boxes->held = true;
		boxes->hyphen = (struct str){word.p + word.n - hyphen, hyphen};
		boxes->held_at = at;
		boxes->held_box = *box;
		return;
	}
	text_add_word(boxes->text, at,
		&(struct text_word){.page = boxes->page, .x = box->x, .y = box->y, .width = box->width, .height = box->height});
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t characters(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

void boxes_words(struct boxes *boxes, struct str words, const struct box *box)
{
	size_t all, before = 0;
	while (words.n > 0 && is_space(words.p[0]))
		words.p++, words.n--;
	while (words.n > 0 && is_space(words.p[words.n - 1]))
		words.n--;
	all = characters(words);
	for (size_t i = 0; i < words.n;) {
		size_t end = i, n;
		struct box share = *box;
		while (end < words.n && !is_space(words.p[end]))
			end++;
		n = characters((struct str){words.p + i, end - i});
		/* Only a box with room for all is shared out. */
		if (n < all) {
			share.x = box->x + (uint32_t)((uint64_t)box->width * before / all);
			share.width = (uint32_t)((uint64_t)box->width * n / all);
		}
		one_word(boxes, (struct str){words.p + i, end - i}, &share, end == words.n);
		for (before += n; end < words.n && is_space(words.p[end]); end++)
			before++;
		i = end;
	}
}
