/* Postings: where a term is, in bytes. docs/design.md "Search" has the reasons. One posting is
 *   stems   number(records since the one before × 2 + 1 if parts follow), weight (a byte), [parts (a byte)]; without parts: in the body alone
 *   forms   number(records since the one before × 2 + 1 if a passage follows), [number(passage)], then positions, then 0:
 *           number(words since the one before + 1), or 1 and a byte: from here on in that part (its number + 1; at first the body)
 * Numbers are of seven bits a byte, the lowest first, the last without the eighth bit: so 0 ends a form's posting and stands nowhere else in it. */
#include "internal.h"

#include <string.h>

#define PIECE_FIRST 24u
#define PIECE_MOST 1024u

struct piece {
	struct piece *next;
	unsigned char bytes[];
};

/* ---- writing, into an arena ----------------------------------------------------------------------------------------------------- */

static void put_byte(struct arena *arena, struct list *list, unsigned char byte)
{
	if (list->used == list->size) {
		unsigned size = list->last == NULL ? PIECE_FIRST : list->size * 2u + 8u;
		struct piece *piece;

		size = size > PIECE_MOST ? PIECE_MOST : size;
		piece = arena_alloc(arena, sizeof(*piece) + size, _Alignof(struct piece));
		if (list->last != NULL)
			list->last->next = piece;
		else
			list->first = piece;
		list->last = piece;
		list->size = (uint16_t)size;
		list->used = 0;
	}
	list->last->bytes[list->used++] = byte;
	list->bytes++;
}

static void put_number(struct arena *arena, struct list *list, uint32_t n)
{
	for (; n >= 0x80; n >>= 7)
		put_byte(arena, list, (unsigned char)(n | 0x80));
	put_byte(arena, list, (unsigned char)n);
}

/* The head of a posting; which record it is of. */
static void put_head(struct arena *arena, struct list *list, uint32_t record, uint32_t passage, bool more)
{
	if (list->count++ == 0) {
		list->first_key = posting_key(record, passage);
		list->last_record = record;
	}
	put_number(arena, list, (record - list->last_record) << 1 | (more ? 1u : 0u));
	list->last_record = record;
	list->last_passage = (uint16_t)passage;
}

void list_stem(struct arena *arena, struct list *list, uint32_t record, unsigned impact, unsigned parts)
{
	bool more = parts != 1u << PART_BODY;

	put_head(arena, list, record, 0, more);
	put_byte(arena, list, (unsigned char)impact);
	if (more)
		put_byte(arena, list, (unsigned char)parts);
}

void list_form(struct arena *arena, struct list *list, uint32_t record, uint32_t passage, enum part part, uint32_t position)
{
	if (list->count == 0 || list->last_record != record || list->last_passage != passage) {
		list_close(arena, list);
		put_head(arena, list, record, passage, passage > 0);
		if (passage > 0)
			put_number(arena, list, passage);
		list->position = 0;
		list->part = PART_BODY;
		list->open = true;
	}
	if (part != list->part) {
		put_byte(arena, list, 1);
		put_byte(arena, list, (unsigned char)(part + 1));
		list->part = (uint8_t)part;
	}
	put_number(arena, list, position - list->position + 1);
	list->position = position;
}

void list_close(struct arena *arena, struct list *list)
{
	if (list->open)
		put_byte(arena, list, 0);
	list->open = false;
}

void list_fetch(const struct list *list)
{
	if (list->last != NULL)
		__builtin_prefetch(&list->last->bytes[list->used], 1);
}

void list_bytes(const struct list *list, struct buf *out)
{
	size_t left = list->bytes;
	unsigned size = PIECE_FIRST;

	for (const struct piece *piece = list->first; piece != NULL && left > 0; piece = piece->next) {
		size_t n = left < size ? left : size;

		buf_add(out, piece->bytes, n);
		left -= n;
		size = size * 2u + 8u > PIECE_MOST ? PIECE_MOST : size * 2u + 8u;
	}
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------- */

static bool take_number(struct str *rest, uint32_t *out)
{
	uint32_t value = 0;

	for (unsigned shift = 0; rest->n > 0 && shift < 35; shift += 7) {
		unsigned char byte = (unsigned char)*rest->p;

		rest->p++;
		rest->n--;
		value |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*out = value;
			return true;
		}
	}
	return false;
}

bool posting_next(enum list_kind kind, struct str *rest, struct posting *posting)
{
	const char *end;
	uint32_t head;

	if (!take_number(rest, &head))
		return false;
	posting->record += head >> 1;
	posting->passage = 0;
	if (kind == LIST_STEMS) {
		if (rest->n < 1u + (head & 1u))
			return false;
		posting->impact = (unsigned char)rest->p[0];
		posting->parts = (head & 1u) != 0 ? (unsigned char)rest->p[1] : 1u << PART_BODY;
		rest->p += 1u + (head & 1u);
		rest->n -= 1u + (head & 1u);
		return true;
	}
	if ((head & 1u) != 0 && !take_number(rest, &posting->passage))
		return false;
	end = rest->n > 0 ? memchr(rest->p, 0, rest->n) : NULL;
	if (end == NULL || posting->passage >= PASSAGES_MAX)
		return false;
	posting->positions = (struct str){rest->p, (size_t)(end - rest->p)};
	rest->n -= posting->positions.n + 1;
	rest->p = end + 1;
	return true;
}

void posting_positions(const struct posting *posting, struct buf *out)
{
	struct str rest = posting->positions;
	uint32_t position = 0, part = PART_BODY, step;

	while (rest.n > 0 && take_number(&rest, &step)) {
		if (step == 1) {
			if (rest.n == 0)
				return;
			part = ((unsigned char)*rest.p - 1u) & 7u;
			rest.p++;
			rest.n--;
			continue;
		}
		position += step - 1;
		uint32_t value = position << 3 | part;
		buf_add(out, &value, sizeof(value));
	}
}

bool posting_has_part(const struct posting *posting, enum part part)
{
	struct str rest = posting->positions;
	uint32_t now = PART_BODY, step;

	while (rest.n > 0 && take_number(&rest, &step)) {
		if (step != 1) {
			if (now == (uint32_t)part)
				return true;
			continue;
		}
		if (rest.n == 0)
			return false;
		now = ((unsigned char)*rest.p - 1u) & 7u;
		rest.p++;
		rest.n--;
	}
	return false;
}

static void buf_number(struct buf *out, uint32_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_char(out, (char)(n | 0x80));
	buf_char(out, (char)n);
}

void posting_put(enum list_kind kind, struct buf *out, uint32_t before, const struct posting *posting)
{
	uint32_t step = (posting->record - before) << 1;

	if (kind == LIST_STEMS) {
		bool more = posting->parts != 1u << PART_BODY;

		buf_number(out, step | (more ? 1u : 0u));
		buf_char(out, (char)posting->impact);
		if (more)
			buf_char(out, (char)posting->parts);
		return;
	}
	buf_number(out, step | (posting->passage > 0 ? 1u : 0u));
	if (posting->passage > 0)
		buf_number(out, posting->passage);
	buf_str(out, posting->positions);
	buf_char(out, '\0');
}
