/* A long text in pieces: where each begins. */
#include "blocks.h"

#define BLOCK_COST 64u
#define MARK_COST 32u

static size_t cost_of(const struct text_block *block)
{
	return block->text.n + BLOCK_COST + block->mark_count * MARK_COST;
}

uint64_t blocks_size(const struct text *text)
{
	uint64_t size = 0;

	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;

		text_block(text, i, &block);
		size += cost_of(&block);
	}
	return size;
}

size_t blocks_piece(const struct text *text, uint64_t piece, size_t *begin, size_t *end)
{
	size_t count = text_block_count(text), pieces = 0, cost = 0;

	*begin = *end = count;
	for (size_t i = 0; i < count; i++) {
		struct text_block block;

		text_block(text, i, &block);
		if (pieces == 0 || cost + cost_of(&block) > BLOCKS_PIECE) {
			pieces++;
			cost = 0;
			if (pieces == piece)
				*begin = i;
			else if (pieces == piece + 1)
				*end = i;
		}
		cost += cost_of(&block);
	}
	return pieces > 0 ? pieces : 1;
}

static bool refers_to(const struct text_block *block, struct str id)
{
	for (size_t k = 0; k < block->mark_count; k++)
		if (block->marks[k].kind == TEXT_REFERENCE && str_equal(block->marks[k].target, id))
			return true;
	return false;
}

uint64_t blocks_piece_of(const struct text *text, struct str id)
{
	size_t at, begin, end, pieces;
	struct text_block block;
	uint64_t piece = 1;

	if (!text_find(text, id, &at))
		return 1;
	text_block(text, at, &block);
	if (block.kind == TEXT_NOTE) /* it stands where it is first referred to */
		for (size_t i = 0; i < text_block_count(text); i++) {
			text_block(text, i, &block);
			if (block.kind != TEXT_NOTE && refers_to(&block, id)) {
				at = i;
				break;
			}
		}
	pieces = blocks_piece(text, piece, &begin, &end);
	while (at >= end && piece < pieces)
		(void)blocks_piece(text, ++piece, &begin, &end);
	return piece;
}
