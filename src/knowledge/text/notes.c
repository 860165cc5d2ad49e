/* Notes and lists: rows that begin with a label, told apart by what surrounds them and by whether something before refers to them. */
#include "recognise.h"

#include <stdlib.h>
#include <string.h>

#define HEADING_MAX 60 /* bytes of the heading of notes */
#define CANDIDATES_MAX TEXT_MARKS_MAX

struct seeing {
	struct sight *sight;
	struct label *labels;         /* by row; key LABEL_NONE and prefix 0: none */
	struct candidate *candidates; /* by key, then row */
	size_t candidate_count, candidate_cap;
};

static bool labelled(const struct seeing *see, size_t i)
{
	return see->labels[i].prefix > 0;
}

static int candidate_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void look(struct seeing *see)
{
	for (size_t i = 0; i < see->sight->count; i++) {
		struct str text = sight_text(see->sight, i);
		struct candidate candidate = {.row = (uint32_t)i};
		struct label *label = &see->labels[i];
		if (!sight_open(see->sight, i) || !label_at_start(text, label))
			label->prefix = 0;
		size_t at = label->prefix;
		while (see->candidate_count < CANDIDATES_MAX && candidate_next(text, &at, &candidate)) {
			see->candidates =
				row_room(see->candidates, see->candidate_count, &see->candidate_cap, sizeof(struct candidate));
			see->candidates[see->candidate_count++] = candidate;
		}
	}
	if (see->candidate_count)
		qsort(see->candidates, see->candidate_count, sizeof(struct candidate), candidate_order);
}

/* How surely something in rows from..before-1 refers to the key: 0 not, 1 by digits at a word's end, 2. */
static int referred(const struct seeing *see, label_key key, size_t from, size_t before)
{
	size_t low = 0, high = see->candidate_count;
	int best = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct candidate *candidate = &see->candidates[middle];
		if (candidate->key < key || (candidate->key == key && candidate->row < from))
			low = middle + 1;
		else
			high = middle;
	}
	/* A few are enough to know. */
	for (size_t i = low; i < see->candidate_count && i < low + 16 && best < 2; i++) {
		const struct candidate *candidate = &see->candidates[i];
		if (candidate->key != key || candidate->row >= before)
			break;
		best = candidate->form == REFERENCE_TRAILING ? 1 : 2;
	}
	return best;
}

static void make_note(struct seeing *see, size_t i)
{
	struct row *row = sight_row(see->sight, i);
	if (labelled(see, i))
		sight_take_label(see->sight, i, &see->labels[i]);
	row->kind = TEXT_NOTE;
	row->part = TEXT_NOTES;
	see->sight->hints[i].fixed = true;
}

/* ---- under a heading ---- */

static bool is_notes_heading(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	struct str text = sight_text(sight, i);
	bool may = sight_open(sight, i) || sight_row(sight, i)->kind == TEXT_HEADING;
	return may && text.n > 0 && text.n <= HEADING_MAX && is_one_of(fold(text, folded), WORDS_NOTES);
}

/* What no note is, nor goes on with one. */
static bool ends_notes(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	struct str text = sight_text(sight, i);
	if (!sight_open(sight, i))
		return sight_row(sight, i)->kind != TEXT_NOTE;
	if (sight->hints[i].gap >= 3 && sight->hints[i].gap < 9)
		return true;
	return text.n <= HEADING_MAX && (all_capitals(text) || begins_with(fold(text, folded), WORDS_CHAPTER) > 0);
}

/* The row behind the notes. */
static size_t take_region(struct seeing *see, size_t heading)
{
	struct sight *sight = see->sight;
	size_t i = heading + 1, first = i;
	while (first < sight->count && first <= heading + 2 && !labelled(see, first))
		first++;
	if (first >= sight->count || !labelled(see, first) || see->labels[first].form == FORM_DASH)
		return heading + 1;
	struct row *row = sight_row(sight, heading);
	row->kind = TEXT_HEADING;
	row->level = row->level ? row->level : 2;
	row->part = TEXT_NOTES;
	sight->hints[heading].fixed = true;
	for (i = first; i < sight->count; i++) {
		if (!labelled(see, i) && (ends_notes(sight, i) || is_notes_heading(sight, i)))
			break;
		make_note(see, i);
	}
	return i;
}

/* ---- elsewhere ---- */

static bool follows(const struct label *before, const struct label *label)
{
	if (before->form != label->form)
		return false;
	if (label->form == FORM_DASH)
		return true;
	return label->form == FORM_SYMBOL ? true : label->key == before->key + 1;
}

/* Where the run of labels that begins here ends. Of asterisks each may be the same: on every page, or before every item. */
static size_t run_end(const struct seeing *see, size_t i)
{
	size_t end = i + 1;
	while (end < see->sight->count && labelled(see, end) && follows(&see->labels[end - 1], &see->labels[end]))
		end++;
	return end;
}

static bool same_symbols(const struct seeing *see, size_t from, size_t to)
{
	for (size_t i = from + 1; i < to; i++)
		if (see->labels[i].key != see->labels[from].key)
			return false;
	return true;
}

static bool are_notes(const struct seeing *see, size_t from, size_t to, size_t since)
{
	size_t sure = 0, weak = 0, count = to - from;
	enum label_form form = see->labels[from].form;
	if (form == FORM_DASH || form == FORM_BARE)
		return false;
	if (form == FORM_WORD && count >= 1)
		return true;
	if (form == FORM_SYMBOL && count > 2 && same_symbols(see, from, to))
		return false; /* a list */
	for (size_t i = from; i < to; i++) {
		int how = referred(see, see->labels[i].key, since, from);
		sure += how == 2;
		weak += how == 1;
	}
	/* "x²" above a list of two is none: a short run is referred to from its first on. */
	bool first = referred(see, see->labels[from].key, since, from) > 0;
	if (2 * sure >= count && sure > 0 && (first || count > 3 || form != FORM_POINT))
		return true;
	/* Digits at words' ends alone are believed of notes that stand apart. */
	bool apart = to == see->sight->count || see->sight->hints[from].gap >= 2 || see->sight->hints[to].gap >= 9;
	return apart && count >= 2 && 3 * (sure + weak) >= 2 * count;
}

static bool are_items(const struct seeing *see, size_t from, size_t to)
{
	const struct label *label = &see->labels[from];
	if (label->form == FORM_DASH || label->form == FORM_SYMBOL)
		return to - from >= 2;
	bool begins = label->key == 1 || label->key == UINT64_C(1) << 32;
	return to - from >= 2 && begins && (label->form == FORM_POINT || label->form == FORM_BRACKET || label->form == FORM_ROUND);
}

static void make_item(struct seeing *see, size_t i)
{
	struct row *row = sight_row(see->sight, i);
	sight_take_label(see->sight, i, &see->labels[i]);
	row->kind = TEXT_ITEM;
	row->level = 1;
	see->sight->hints[i].fixed = true;
}

void see_notes(struct sight *sight)
{
	struct seeing see = {.sight = sight};
	size_t i = 0, since[2] = {0, 0}; /* of numbers, of signs */
	see.labels = mem_array(sight->count + 1, sizeof(struct label));
	look(&see);
	while (i < sight->count) {
		if (is_notes_heading(sight, i)) {
			i = take_region(&see, i);
			continue;
		}
		if (!labelled(&see, i)) {
			i++;
			continue;
		}
		size_t end = run_end(&see, i);
		size_t *from = &since[see.labels[i].form == FORM_SYMBOL];
		bool notes = are_notes(&see, i, end, *from), items = !notes && are_items(&see, i, end);
		for (size_t r = i; r < end; r++) {
			if (notes)
				make_note(&see, r);
			else if (items)
				make_item(&see, r);
		}
		/* Numbers that begin again are referred to by what came since. */
		if (notes)
			*from = i;
		i = end;
	}
	free(see.labels);
	free(see.candidates);
}
