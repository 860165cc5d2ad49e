/* Recognition: one eye after the other looks at the blocks that nobody knows yet. */
#include "recognise.h"

#include <stdlib.h>

struct str sight_text(const struct sight *sight, size_t i)
{
	const struct row *row = sight_row(sight, i);
	struct str text = row_text(sight->text, row);
	return (struct str){text.p, clean_end(text.p, text.n)};
}

bool sight_open(const struct sight *sight, size_t i)
{
	return sight_row(sight, i)->kind == TEXT_PARAGRAPH && !sight->hints[i].fixed;
}

void sight_take_label(struct sight *sight, size_t i, const struct label *label)
{
	struct row *row = sight_row(sight, i);
	struct str text = sight_text(sight, i);
	row->label = keep_string(sight->text, (struct str){text.p + label->at, label->n});
	row->at += (uint32_t)label->prefix;
	row->n -= (uint32_t)label->prefix;
	sight->shift[i] += (uint32_t)label->prefix;
}

/* Marks and words stand where they stood, seen from a block's new beginning; what stood before it goes to it. */
static void shift_places(struct sight *sight)
{
	struct text *text = sight->text;
	for (size_t m = 0; m < text->placed_count; m++) {
		struct placed *placed = &text->placed[m];
		if (placed->block < sight->first || placed->block >= sight->first + sight->count)
			continue;
		uint32_t shift = sight->shift[placed->block - sight->first],
			 before = placed->mark.at < shift ? shift - placed->mark.at : 0;
		placed->mark.at -= shift - before;
		placed->mark.length -= before < placed->mark.length ? before : placed->mark.length;
	}
	for (size_t w = 0; w < text->word_count; w++) {
		struct text_word *word = &text->words[w];
		if (word->block < sight->first || word->block >= sight->first + sight->count)
			continue;
		uint32_t shift = sight->shift[word->block - sight->first], before = word->at < shift ? shift - word->at : 0;
		word->at -= shift - before;
		word->length -= before < word->length ? before : word->length;
	}
}

void recognise(struct text *text, size_t first, struct hint *hints)
{
	struct sight sight = {.text = text, .first = first, .count = text->row_count - first, .hints = hints};
	while (text->open_count || text->open_over)
		text_unmark(text);
	sight.shift = mem_array(sight.count + 1, sizeof(uint32_t));
	see_notes(&sight);
	see_letters(&sight);
	see_headings(&sight);
	see_run_in_headings(&sight);
	shift_places(&sight);
	sight_apply_cuts(&sight);
	see_references(&sight);
	free(sight.shift);
	free(sight.cuts);
	free(sight.own_hints);
	/* Nothing more is to be added to a block that may have moved. */
	text->skipping = text->row_count > 0;
}

void text_recognise(struct text *text)
{
	struct hint *hints = mem_array(text->row_count + 1, sizeof(struct hint));
	for (size_t i = 0; i < text->row_count; i++)
		hints[i].gap = 1;
	recognise(text, 0, hints);
	free(hints);
}
