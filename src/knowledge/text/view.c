/* Reading a finished text. */
#include "internal.h"

struct str text_title(const struct text *text)
{
	return text->title.p ? text->title : STR("");
}

struct str text_language(const struct text *text)
{
	return text->language.p ? text->language : STR("");
}

struct str text_source(const struct text *text)
{
	return text->source.p ? text->source : STR("");
}

bool text_cut(const struct text *text)
{
	return text->cut;
}

size_t text_block_count(const struct text *text)
{
	return text->row_count;
}

void text_block(const struct text *text, size_t i, struct text_block *block)
{
	const struct row *row = &text->rows[i];
	*block = (struct text_block){.kind = (enum text_kind)row->kind,
		.part = (enum text_part)row->part,
		.level = row->level,
		.id = str_from(row->id),
		.label = row->label,
		.language = row->language,
		.text = row_text(text, row),
		.marks = row->mark_n ? text->marks + row->mark_at : NULL,
		.mark_count = row->mark_n};
}

bool text_find(const struct text *text, struct str id, size_t *i)
{
	uint64_t number;
	if (id.n < 2 || (id.p[0] != 'p' && id.p[0] != 'n') ||
		!decimal_parse((struct str){id.p + 1, id.n - 1}, TEXT_BLOCKS_MAX, &number))
		return false;
	bool note = id.p[0] == 'n';
	if (number == 0 || number > (note ? text->note_count : text->body_count))
		return false;
	*i = (note ? text->notes : text->body)[number - 1];
	return true;
}

size_t text_page_count(const struct text *text)
{
	return text->page_count;
}

void text_page(const struct text *text, size_t number, struct text_page *page)
{
	*page = text->pages[number - 1];
}

size_t text_words(const struct text *text, size_t page, const struct text_word **words)
{
	*words = NULL;
	if (page == 0 || page > text->page_count || text->page_words[page] == text->page_words[page + 1])
		return 0;
	*words = text->words + text->page_words[page];
	return text->page_words[page + 1] - text->page_words[page];
}
