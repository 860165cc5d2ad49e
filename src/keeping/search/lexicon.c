/* Words that were met. Most of a text's words were met before: then folding and stemming cost one look into a table. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define LEXEMES_MAX 98304u /* then it is emptied, between two records */
#define SLOTS_FIRST 4096u

uint32_t word_hash(const void *bytes, size_t n, uint32_t seed)
{
	const unsigned char *p = bytes;
	uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u);
	uint64_t piece;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&piece, p, 8);
		h = (h ^ piece) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	piece = 0;
	for (size_t i = 0; i < n; i++)
		piece |= (uint64_t)p[i] << (8 * i);
	h = (h ^ piece) * 0xff51afd7ed558ccdu;
	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h >> 32);
}

void lexicon_init(struct lexicon *lexicon)
{
	memset(lexicon, 0, sizeof(*lexicon));
	lexicon->lexeme_mask = lexicon->term_mask = SLOTS_FIRST - 1;
	lexicon->lexeme_slots = mem_array(SLOTS_FIRST, sizeof(*lexicon->lexeme_slots));
	lexicon->term_slots = mem_array(SLOTS_FIRST, sizeof(*lexicon->term_slots));
}

void lexicon_release(struct lexicon *lexicon)
{
	stemmers_release(&lexicon->stemmers);
	arena_release(&lexicon->arena);
	free(lexicon->lexemes);
	free(lexicon->terms);
	free(lexicon->lexeme_slots);
	free(lexicon->term_slots);
	buf_release(&lexicon->folded);
	buf_release(&lexicon->stemmed);
}

void lexicon_clear(struct lexicon *lexicon)
{
	struct stemmers stemmers = lexicon->stemmers;
	uint32_t record = lexicon->record, query = lexicon->query;

	memset(&lexicon->stemmers, 0, sizeof(lexicon->stemmers));
	lexicon_release(lexicon);
	lexicon_init(lexicon);
	lexicon->stemmers = stemmers;
	lexicon->record = record;
	lexicon->query = query;
}

bool lexicon_full(const struct lexicon *lexicon)
{
	return lexicon->lexeme_count >= LEXEMES_MAX || lexicon->term_count >= LEXEMES_MAX;
}

/* Twice as many slots. */
static void widen(struct slot **slots, uint32_t *mask)
{
	uint32_t count = *mask + 1, wide = count * 2 - 1;
	struct slot *wider = mem_array((size_t)count * 2, sizeof(*wider));

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (*slots)[i].hash & wide;

		if ((*slots)[i].number == 0)
			continue;
		while (wider[at].number != 0)
			at = (at + 1) & wide;
		wider[at] = (*slots)[i];
	}
	free(*slots);
	*slots = wider;
	*mask = wide;
}

uint32_t lexicon_term(struct lexicon *lexicon, struct str text)
{
	uint32_t hash = word_hash(text.p, text.n, 0), slot = hash & lexicon->term_mask, number;

	for (; (number = lexicon->term_slots[slot].number) != 0; slot = (slot + 1) & lexicon->term_mask)
		if (lexicon->term_slots[slot].hash == hash && str_equal(lexicon->terms[number - 1].text, text))
			return number - 1;
	if (lexicon->term_count == lexicon->term_capacity) {
		lexicon->term_capacity = lexicon->term_capacity == 0 ? 1024 : lexicon->term_capacity * 2;
		lexicon->terms = mem_grow(lexicon->terms, lexicon->term_capacity, sizeof(*lexicon->terms));
	}
	number = lexicon->term_count++;
	lexicon->terms[number] = (struct term){.text = arena_str(&lexicon->arena, text)};
	lexicon->term_slots[slot] = (struct slot){hash, number + 1};
	if (lexicon->term_count > lexicon->term_mask / 2)
		widen(&lexicon->term_slots, &lexicon->term_mask);
	return number;
}

static bool is_plain(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if ((unsigned char)raw.p[i] >= 0x80)
			return false;
	return true;
}

static void make_lexeme(struct lexicon *lexicon, struct lexeme *lexeme, unsigned language, struct str raw)
{
	buf_clear(&lexicon->folded);
	buf_clear(&lexicon->stemmed);
	fold_word(raw, &lexicon->folded);
	if (lexicon->folded.n == 0) /* marks alone, tatweel */
		buf_char(&lexicon->folded, '_');
	stem_word(&lexicon->stemmers, language, raw, &lexicon->stemmed);
	if (lexicon->stemmed.n == 0)
		buf_str(&lexicon->stemmed, buf_view(&lexicon->folded));
	lexeme->form = lexicon_term(lexicon, buf_view(&lexicon->folded));
	lexeme->stem = lexeme->also = lexicon_term(lexicon, buf_view(&lexicon->stemmed));
	if (language == 0 || is_plain(raw))
		return;
	buf_clear(&lexicon->stemmed);
	stem_word(&lexicon->stemmers, language, buf_view(&lexicon->folded), &lexicon->stemmed);
	if (lexicon->stemmed.n > 0)
		lexeme->also = lexicon_term(lexicon, buf_view(&lexicon->stemmed));
}

static bool is_word(const struct lexeme *lexeme, unsigned language, struct str raw)
{
	if (lexeme->language != language || lexeme->length != raw.n)
		return false;
	if (raw.n > LEXEME_HEAD)
		return memcmp(lexeme->raw, raw.p, raw.n) == 0;
	for (size_t i = 0; i < raw.n; i++)
		if (lexeme->head[i] != raw.p[i])
			return false;
	return true;
}

uint32_t lexicon_sum(unsigned language, struct str raw)
{
	return word_hash(raw.p, raw.n, language);
}

void lexicon_fetch_slot(const struct lexicon *lexicon, uint32_t sum)
{
	__builtin_prefetch(&lexicon->lexeme_slots[sum & lexicon->lexeme_mask]);
}

void lexicon_fetch_word(const struct lexicon *lexicon, uint32_t sum)
{
	const struct slot *slot = &lexicon->lexeme_slots[sum & lexicon->lexeme_mask];

	if (slot->number != 0)
		__builtin_prefetch(&lexicon->lexemes[slot->number - 1]);
}

void lexicon_fetch_term(const struct lexicon *lexicon, uint32_t number)
{
	__builtin_prefetch(&lexicon->terms[number], 1);
	__builtin_prefetch(&lexicon->terms[number].forms.first_key, 1);
}

struct lexeme *lexicon_word(struct lexicon *lexicon, unsigned language, struct str raw)
{
	return lexicon_word_of(lexicon, lexicon_sum(language, raw), language, raw);
}

struct lexeme *lexicon_word_of(struct lexicon *lexicon, uint32_t hash, unsigned language, struct str raw)
{
	uint32_t slot = hash & lexicon->lexeme_mask, number;
	struct lexeme *lexeme;

	for (; (number = lexicon->lexeme_slots[slot].number) != 0; slot = (slot + 1) & lexicon->lexeme_mask)
		if (lexicon->lexeme_slots[slot].hash == hash && is_word(&lexicon->lexemes[number - 1], language, raw))
			return &lexicon->lexemes[number - 1];
	if (lexicon->lexeme_count == lexicon->lexeme_capacity) {
		lexicon->lexeme_capacity = lexicon->lexeme_capacity == 0 ? 1024 : lexicon->lexeme_capacity * 2;
		lexicon->lexemes = mem_grow(lexicon->lexemes, lexicon->lexeme_capacity, sizeof(*lexicon->lexemes));
	}
	lexeme = &lexicon->lexemes[lexicon->lexeme_count++];
	*lexeme = (struct lexeme){.language = (uint8_t)language, .length = (uint8_t)raw.n};
	if (raw.n > 0)
		memcpy(lexeme->head, raw.p, raw.n < LEXEME_HEAD ? raw.n : LEXEME_HEAD);
	if (raw.n > LEXEME_HEAD)
		lexeme->raw = arena_str(&lexicon->arena, raw).p;
	make_lexeme(lexicon, lexeme, language, raw);
	lexicon->lexeme_slots[slot] = (struct slot){hash, lexicon->lexeme_count};
	if (lexicon->lexeme_count > lexicon->lexeme_mask / 2)
		widen(&lexicon->lexeme_slots, &lexicon->lexeme_mask);
	return &lexicon->lexemes[lexicon->lexeme_count - 1];
}
