/* Letters: found by their salutations, and believed if something else of a letter is there, too. */
#include "recognise.h"

#include <string.h>

#define ABOVE_MAX 8 /* rows above a salutation that may belong to it */
#define SIGNATURES_MAX 3
#define NEAR_END 8     /* rows: what closes a letter further from its end must be followed by a name */
#define RUN_IN_TRIES 5 /* each looks at all that follows */
#define LONG_BOOK 40   /* rows, from which on a salutation and a name are not enough */

struct letter {
	size_t begin, salutation, end; /* rows begin to end-1 */
	unsigned evidence;             /* pieces besides the salutation */
};

static bool is_short(const struct sight *sight, size_t i, size_t words)
{
	struct str text = sight_text(sight, i);
	return sight_open(sight, i) && text.n > 0 && text.n <= LETTER_LINE && word_count(text) <= words;
}

static bool is_salutation(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	if (!is_short(sight, i, 12))
		return false;
	struct str text = sight_text(sight, i), start = fold(text, folded);
	bool called = ends_in(text, ",:!") || str_ends(text, STR("—")) || str_ends(text, STR("–"));
	if (begins_with(start, WORDS_SALUTATION_ALONE))
		return called && word_count(text) <= 5;
	if (!begins_with(start, WORDS_SALUTATION) || str_starts(start, STR("dear me")) || str_starts(start, STR("my dear!")))
		return false;
	if (str_starts(start, STR("hi")) || str_starts(start, STR("hello")))
		return ends_in(text, ",");
	return called || (word_count(text) <= 5 && word_count(text) > 1 && !ends_in(text, ".?;"));
}

static bool has_digit(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

bool is_dateline(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	struct str text = sight_text(sight, i);
	if (!is_short(sight, i, 12) || text.n > 100)
		return false;
	return has_numeric_date(text) || (has_month(fold(text, folded)) && has_digit(text));
}

bool is_heading_like(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	struct str text = sight_text(sight, i);
	if (!sight_open(sight, i))
		return sight_row(sight, i)->kind == TEXT_HEADING;
	return text.n <= LETTER_LINE && (all_capitals(text) || (begins_with(fold(text, folded), WORDS_CHAPTER) > 0 &&
								       word_count(text) <= 8 && !ends_in(text, ",;")));
}

/* ---- what stands above the salutation ---- */

static bool is_address(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	if (!is_short(sight, i, 10) || is_heading_like(sight, i))
		return false;
	struct str text = sight_text(sight, i);
	return begins_with(fold(text, folded), WORDS_TO) > 0 || ends_in(text, ",") || sight->hints[i].line ||
	       sight->hints[i].indent >= 8;
}

static size_t letter_begin(struct sight *sight, size_t salutation, size_t after, unsigned *evidence)
{
	size_t i = salutation;
	while (i > after && salutation - i < ABOVE_MAX && sight->hints[i].gap < 3) {
		if (is_dateline(sight, i - 1)) {
			sight_row(sight, i - 1)->kind = TEXT_DATELINE;
			(*evidence)++;
		} else if (is_address(sight, i - 1)) {
			sight_row(sight, i - 1)->kind = TEXT_ADDRESS;
		} else {
			break;
		}
		i--;
	}
	return i;
}

/* ---- what stands below ---- */

static bool is_postscript(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	if (!sight_open(sight, i))
		return false;
	struct str text = sight_text(sight, i), start = fold(text, folded);
	size_t n = begins_with(start, WORDS_POSTSCRIPT);
	if (n == 0)
		return false;
	/* "ps" may be a word's beginning, and "Nachtrag" a sentence's: a stop, or the end, is wanted. */
	return n == start.n || start.p[n - 1] == '.' || strchr(".:-,", start.p[n]) ||
	       str_starts((struct str){start.p + n, start.n - n}, STR(" –")) ||
	       str_starts((struct str){start.p + n, start.n - n}, STR(" —"));
}

static bool is_closing(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	if (!sight_open(sight, i))
		return false;
	struct str text = sight_text(sight, i), start = fold(text, folded);
	size_t words = text.n <= (size_t)2 * LETTER_LINE ? word_count(text) : SIZE_MAX;
	if (words > 30 || begins_with(start, WORDS_POSTSCRIPT))
		return false;
	if (begins_with(start, WORDS_CLOSING))
		return words <= 8 || (words <= 16 && !ends_in(text, ".?")) || str_starts(start, STR("veuillez")) ||
		       str_starts(start, STR("recevez")) || str_starts(start, STR("agréez")) ||
		       str_starts(start, STR("je vous prie"));
	return begins_with(start, WORDS_CLOSING_SHORT) && words <= 5 && !ends_in(text, "?");
}

static bool is_signature(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	if (!is_short(sight, i, 8))
		return false;
	struct str text = sight_text(sight, i);
	if (begins_with(fold(text, folded), WORDS_SIGNED))
		return true;
	return text.n <= 80 && starts_upper(text) && !ends_in(text, sight->hints[i].line ? ";:?!" : ",;:?!") &&
	       !(ends_in(text, ".") && word_count(text) > 4);
}

/* Where the letter ends at the latest. */
static size_t letter_limit(const struct sight *sight, size_t salutation)
{
	size_t i = salutation + 1;
	while (i < sight->count && !is_salutation(sight, i) && !is_heading_like(sight, i) && sight_row(sight, i)->kind != TEXT_NOTE)
		i++;
	return i;
}

/* Signatures, and dates, behind a closing: the row behind them. */
static size_t take_signatures(struct sight *sight, size_t i, size_t limit, unsigned *evidence)
{
	size_t count = 0;
	while (i < limit && count < SIGNATURES_MAX && sight->hints[i].gap < 4 && !is_postscript(sight, i)) {
		if (is_dateline(sight, i))
			sight_row(sight, i)->kind = TEXT_DATELINE;
		else if (is_signature(sight, i))
			sight_row(sight, i)->kind = TEXT_SIGNATURE;
		else
			break;
		(*evidence)++;
		count++;
		i++;
	}
	return i;
}

/* From first to the postscript or the limit: closing and signatures, if there are. The row behind the last of them; `to`, if there are none. */
static size_t take_close(struct sight *sight, size_t first, size_t to, unsigned *evidence)
{
	size_t closing = to;
	for (size_t i = first; i < to; i++)
		if (is_closing(sight, i) && (to - i <= NEAR_END || (i + 1 < to && is_signature(sight, i + 1) &&
									   word_count(sight_text(sight, i + 1)) <= 4)))
			closing = i;
	/* Of several the first that only a few short rows part from the last: "I remain, / Yours truly". */
	while (closing < to && closing > first && is_closing(sight, closing - 1))
		closing--;
	if (closing < to) {
		size_t i = closing;
		for (; i < to && is_closing(sight, i); i++) {
			sight_row(sight, i)->kind = TEXT_CLOSING;
			(*evidence)++;
		}
		return take_signatures(sight, i, to, evidence);
	}
	/* A name alone. */
	if (to > first + 1 && is_signature(sight, to - 1) && word_count(sight_text(sight, to - 1)) <= 4) {
		sight_row(sight, to - 1)->kind = TEXT_SIGNATURE;
		(*evidence)++;
	}
	return to;
}

size_t letter_end(struct sight *sight, size_t salutation, unsigned *evidence)
{
	size_t limit = letter_limit(sight, salutation), first = salutation + 1, postscript = first;
	while (postscript < limit && !is_postscript(sight, postscript))
		postscript++;
	size_t end = take_close(sight, first, postscript, evidence);
	if (postscript == limit) {
		/* What comes behind the signature is not the letter any more, unless it goes on at length: then the closing was none. */
		return end;
	}
	*evidence += 2;
	while (postscript < limit) {
		size_t next = postscript + 1;
		while (next < limit && !is_postscript(sight, next) && sight->hints[next].gap < 3)
			next++;
		bool breaks_off = next < limit && !is_postscript(sight, next);
		sight_row(sight, postscript)->kind = TEXT_POSTSCRIPT;
		size_t close = next;
		for (size_t i = postscript + 1; i < next && close == next; i++)
			if (is_closing(sight, i) ||
				(i + 1 == next && is_signature(sight, i) && word_count(sight_text(sight, i)) <= 3))
				close = i;
		for (size_t i = postscript + 1; i < close; i++)
			if (sight_open(sight, i))
				sight_row(sight, i)->kind = TEXT_POSTSCRIPT;
		if (close < next) {
			size_t behind = close;
			if (is_closing(sight, close))
				sight_row(sight, behind++)->kind = TEXT_CLOSING;
			take_signatures(sight, behind, next, evidence);
		}
		postscript = next;
		if (breaks_off)
			break;
	}
	return postscript;
}

/* ---- the whole ---- */

void letter_undo(struct sight *sight, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct row *row = sight_row(sight, i);
		if (!sight->hints[i].fixed && row->kind >= TEXT_DATELINE && row->kind <= TEXT_ADDRESS)
			row->kind = TEXT_PARAGRAPH;
	}
}

static void set_part(struct sight *sight, size_t from, size_t to, enum text_part part)
{
	for (size_t i = from; i < to; i++)
		if (sight_row(sight, i)->part == TEXT_BODY)
			sight_row(sight, i)->part = (uint8_t)part;
}

/* Before the first letter: its introduction, and above that its title. */
static void see_front(struct sight *sight, size_t begin)
{
	size_t first = 0;
	while (first < begin && first < 3 && sight_open(sight, first) && sight_text(sight, first).n <= LETTER_LINE &&
		!ends_in(sight_text(sight, first), ".,;:"))
		first++;
	set_part(sight, 0, first, TEXT_FRONT);
	set_part(sight, first, begin, TEXT_INTRODUCTION);
}

void letter_take(struct sight *sight, size_t from, size_t to, bool first)
{
	if (first)
		see_front(sight, from);
	set_part(sight, from, to, TEXT_LETTER);
}

/* How many letters; `run_in`: those whose salutations begin a paragraph. */
static size_t take_letters(struct sight *sight, bool run_in)
{
	size_t after = 0, letters = 0, tries = 0;
	for (size_t i = 0; i + 1 < sight->count && (!run_in || tries < RUN_IN_TRIES); i++) {
		unsigned evidence = 0;
		size_t salutation = run_in ? run_in_salutation(sight, i) : is_salutation(sight, i);
		if (salutation == 0)
			continue;
		tries++;
		size_t begin = letter_begin(sight, i, after, &evidence), end = letter_end(sight, i, &evidence);
		/* In prose somebody may be spoken to as letters do. */
		if (evidence == 0 || ((sight->count > LONG_BOOK || run_in) && evidence < 2)) {
			letter_undo(sight, begin, end);
			continue;
		}
		if (run_in)
			sight_cut(sight, i, salutation, TEXT_SALUTATION, 0);
		else
			sight_row(sight, i)->kind = TEXT_SALUTATION;
		if (letters > 0)
			set_part(sight, after, begin, TEXT_AFTER);
		letter_take(sight, begin, end, letters == 0);
		letters++;
		after = end;
		i = end - 1;
	}
	if (letters > 0)
		set_part(sight, after, sight->count, TEXT_AFTER);
	return letters;
}

/* Within a letter somebody may be addressed again: salutations that run in are looked for only where none stands alone. */
void see_letters(struct sight *sight)
{
	if (take_letters(sight, false) == 0 && take_letters(sight, true) == 0)
		(void)see_unaddressed(sight);
}
