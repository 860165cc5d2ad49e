/* A text on pages: beside which block each note stands, and where the pieces of a long text begin. */
#include <stdlib.h>

#include "blocks.h"

#define BLOCK_COST 64u
#define MARK_COST 32u
#define NOTES_MAX (BLOCKS_PIECE / 2) /* of one block, beside it */

struct blocks_plan {
	const struct text *text;
	size_t count;
	size_t *home;  /* of each block */
	size_t *begin; /* of each piece */
	size_t pieces;
};

/* What a block takes on a page; of one that is longer than a piece the rest is not shown. */
static size_t cost_of(const struct text_block *block)
{
	size_t cost = block->text.n + BLOCK_COST + block->mark_count * MARK_COST;

	return cost < BLOCKS_PIECE ? cost : BLOCKS_PIECE;
}

uint64_t blocks_size(const struct text *text)
{
	uint64_t size = 0;

	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;

		text_block(text, i, &block);
		size += block.text.n + BLOCK_COST + block.mark_count * MARK_COST;
	}
	return size;
}

/* Notes on notes stay where they are. `beside` gets what those of each block cost. */
static void find_homes(struct blocks_plan *plan, size_t *beside)
{
	for (size_t i = 0; i < plan->count; i++)
		plan->home[i] = BLOCKS_NO_HOME;
	for (size_t i = 0; i < plan->count; i++) {
		struct text_block block, note;

		text_block(plan->text, i, &block);
		for (size_t k = 0; k < block.mark_count && block.kind != TEXT_NOTE; k++) {
			size_t at;

			if (block.marks[k].kind != TEXT_REFERENCE || block.marks[k].target.n == 0 ||
				!text_find(plan->text, block.marks[k].target, &at) || plan->home[at] != BLOCKS_NO_HOME)
				continue;
			text_block(plan->text, at, &note);
			if (note.kind != TEXT_NOTE || beside[i] + cost_of(&note) > NOTES_MAX)
				continue;
			plan->home[at] = i;
			beside[i] += cost_of(&note);
		}
	}
}

struct blocks_plan *blocks_plan_new(const struct text *text)
{
	struct blocks_plan *plan = mem_alloc(sizeof(*plan));
	size_t cost = 0, *beside;

	plan->text = text;
	plan->count = text_block_count(text);
	plan->home = mem_array(plan->count + 1, sizeof(*plan->home));
	plan->begin = mem_array(plan->count + 1, sizeof(*plan->begin));
	beside = mem_array(plan->count + 1, sizeof(*beside));
	find_homes(plan, beside);
	for (size_t i = 0; i < plan->count; i++) {
		struct text_block block;
		size_t own;

		text_block(text, i, &block);
		own = plan->home[i] != BLOCKS_NO_HOME ? 0 : cost_of(&block) + beside[i];
		if (plan->pieces == 0 || cost + own > BLOCKS_PIECE) {
			plan->begin[plan->pieces++] = i;
			cost = 0;
		}
		cost += own;
	}
	if (plan->pieces == 0)
		plan->begin[plan->pieces++] = 0;
	free(beside);
	return plan;
}

void blocks_plan_free(struct blocks_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->home);
	free(plan->begin);
	free(plan);
}

size_t blocks_plan_pieces(const struct blocks_plan *plan)
{
	return plan->pieces;
}

void blocks_plan_piece(const struct blocks_plan *plan, uint64_t piece, size_t *begin, size_t *end)
{
	*begin = piece >= 1 && piece <= plan->pieces ? plan->begin[piece - 1] : plan->count;
	*end = piece >= 1 && piece < plan->pieces ? plan->begin[piece] : plan->count;
}

uint64_t blocks_plan_piece_of(const struct blocks_plan *plan, struct str id)
{
	size_t at, low = 0, high = plan->pieces;

	if (!text_find(plan->text, id, &at))
		return 1;
	if (plan->home[at] != BLOCKS_NO_HOME)
		at = plan->home[at];
	/* The last that does not begin after it. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (plan->begin[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

size_t blocks_plan_home(const struct blocks_plan *plan, size_t note)
{
	return plan->home[note];
}
