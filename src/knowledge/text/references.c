/* References to notes: where a text seems to have one, and which note each leads to. */
#include "recognise.h"

#include <stdlib.h>
#include <string.h>

#define KEY_TEXT 16

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t number(struct str text, size_t at, size_t most, label_key *key)
{
	size_t n = 0;
	*key = 0;
	while (at + n < text.n && digit(text.p[at + n]) && n <= most)
		*key = *key * 10 + (label_key)(text.p[at + n++] - '0');
	return n <= most && n > 0 && text.p[at] != '0' ? n : 0;
}

static bool found(struct candidate *candidate, enum reference_form form, size_t at, size_t n)
{
	candidate->form = form;
	candidate->at = (uint32_t)at;
	candidate->n = (uint32_t)n;
	return true;
}

static bool enclosed(struct str text, size_t at, struct candidate *candidate)
{
	bool square = text.p[at] == '[';
	size_t n = number(text, at + 1, square ? 4 : 3, &candidate->key);
	if (n == 0)
		n = symbol((struct str){text.p + at + 1, text.n - at - 1}, &candidate->key);
	if (n == 0 || at + 1 + n >= text.n || text.p[at + 1 + n] != (square ? ']' : ')'))
		return false;
	return found(candidate, square ? REFERENCE_SQUARE : REFERENCE_ROUND, at, n + 2);
}

/* Digits hang on a word, on a stop or on a quotation mark: "word1", "word.1", "word”1"; and nothing hangs on them. */
static bool trailing(struct str text, size_t at, struct candidate *candidate)
{
	static const char *const between[] = {".", ",", ";", ":", "!", "?", "\"", "”", "’", "»", "“", ")"};
	size_t n = number(text, at, 3, &candidate->key), stem = at;
	if (n == 0)
		return false;
	for (size_t round = 0; round < 2; round++) /* a stop and a quotation mark */
		for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++)
			if (str_ends((struct str){text.p, stem}, str_from(between[i]))) {
				stem -= strlen(between[i]);
				break;
			}
	if (!letter_before(text, stem))
		return false;
	unsigned char next = at + n < text.n ? (unsigned char)text.p[at + n] : ' ';
	bool more = digit((char)next) || (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') ||
		    ((next == '.' || next == ',' || next == '-') && at + n + 1 < text.n && digit(text.p[at + n + 1]));
	return !more && found(candidate, REFERENCE_TRAILING, at, n);
}

static bool at_place(struct str text, size_t at, struct candidate *candidate)
{
	unsigned char c = (unsigned char)text.p[at];
	bool hangs = at > 0 && text.p[at - 1] != ' ' && text.p[at - 1] != '\n';
	struct str rest = {text.p + at, text.n - at};
	size_t n;
	if (c == '[' || c == '(')
		return enclosed(text, at, candidate);
	if (c == '^')
		return (n = number(text, at + 1, 4, &candidate->key)) > 0 && found(candidate, REFERENCE_RAISED, at, n + 1);
	if (digit((char)c))
		return hangs && !digit(text.p[at - 1]) && trailing(text, at, candidate);
	if (!hangs || (c != '*' && c < 0xc2))
		return false;
	if ((n = superscript(rest, &candidate->key)) > 0)
		return found(candidate, REFERENCE_RAISED, at, n);
	return (n = symbol(rest, &candidate->key)) > 0 && found(candidate, REFERENCE_SYMBOL, at, n);
}

bool candidate_next(struct str text, size_t *at, struct candidate *candidate)
{
	/* Bytes that a reference can begin with: nearly all others are passed over here. */
	static const char begins[256] = {['['] = 1,
		['('] = 1,
		['^'] = 1,
		['*'] = 1,
		['0'] = 1,
		['1'] = 1,
		['2'] = 1,
		['3'] = 1,
		['4'] = 1,
		['5'] = 1,
		['6'] = 1,
		['7'] = 1,
		['8'] = 1,
		['9'] = 1,
		[0xc2] = 1,
		[0xe2] = 1,
		[0xef] = 1};
	for (size_t i = *at; i < text.n; i++) {
		if (begins[(unsigned char)text.p[i]] && at_place(text, i, candidate)) {
			*at = candidate->at + candidate->n;
			return true;
		}
	}
	*at = text.n;
	return false;
}

/* ---- leading them to their notes ---- */

struct noted {
	label_key key;
	uint32_t row;
	bool linked;
};

static int noted_order(const void *left, const void *right)
{
	const struct noted *a = left, *b = right;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

/* The first note of that key behind the row, as footnotes stand; else the last one before. */
static struct noted *lead(struct noted *notes, size_t count, label_key key, uint32_t row)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (notes[middle].key < key || (notes[middle].key == key && notes[middle].row <= row))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < count && notes[low].key == key)
		return &notes[low];
	return low > 0 && notes[low - 1].key == key ? &notes[low - 1] : NULL;
}

static void key_text(uint32_t row, char out[KEY_TEXT])
{
	struct buf text = BUF_INIT;
	buf_text(&text, "#~"); /* a source's own keys do not begin so */
	buf_u64(&text, row);
	memcpy(out, text.p, text.n + 1);
	buf_release(&text);
}

static void link_reference(struct sight *sight, const struct candidate *candidate, struct noted *note)
{
	char key[KEY_TEXT];
	struct text *text = sight->text;
	struct row *row = &text->rows[note->row];
	struct text_mark mark = {.kind = TEXT_REFERENCE, .at = candidate->at, .length = candidate->n};
	key_text(note->row, key);
	if (row->key.n == 0)
		row->key = keep_string(text, str_from(key + 1));
	mark.target = keep_string(text, str_from(key));
	place_mark(text, (uint32_t)sight->first + candidate->row, &mark);
	note->linked = true;
}

/* Notes that were seen here: a source's own have their references. */
static struct noted *gather(const struct sight *sight, size_t *count)
{
	struct noted *notes = mem_array(sight->count + 1, sizeof(*notes));
	*count = 0;
	for (size_t i = 0; i < sight->count; i++) {
		const struct row *row = sight_row(sight, i);
		label_key key;
		struct label label;
		if (row->kind != TEXT_NOTE || row->key.n || row->label.n == 0 || !sight->hints[i].fixed)
			continue;
		struct buf with_text = BUF_INIT;
		buf_str(&with_text, row->label);
		buf_text(&with_text, ") x");
		bool good = symbol(row->label, &key) == row->label.n || superscript(row->label, &key) == row->label.n;
		if (!good && label_at_start(buf_view(&with_text), &label)) {
			key = label.key;
			good = true;
		}
		buf_release(&with_text);
		if (good)
			notes[(*count)++] = (struct noted){.key = key, .row = (uint32_t)(sight->first + i)};
	}
	if (*count)
		qsort(notes, *count, sizeof(*notes), noted_order);
	return notes;
}

static bool strong(struct candidate *candidate, const struct noted *note, struct str text)
{
	if (candidate->form == REFERENCE_ROUND || candidate->form == REFERENCE_SYMBOL)
		return !note->linked;
	/* "[1]" and raised ones are nothing else, and may come again; but at a row's beginning they are a label. */
	return candidate->form != REFERENCE_TRAILING && (candidate->at > 0 || text.n == candidate->n);
}

/* Digits at the end of a word are references where notes wait for one, and only in their order. */
static void link_trailing(struct sight *sight, struct noted *notes, size_t count)
{
	size_t waiting = 0;
	for (size_t i = 0; i < count; i++)
		waiting += !notes[i].linked;
	if (2 * waiting < count || waiting == 0)
		return;
	label_key expected = 0;
	uint32_t last_note = 0;
	for (size_t i = 0; i < sight->count; i++) {
		struct candidate candidate = {.row = (uint32_t)i};
		struct str text = sight_text(sight, i);
		size_t at = 0;
		if (sight_row(sight, i)->kind == TEXT_NOTE)
			continue;
		while (candidate_next(text, &at, &candidate)) {
			struct noted *note = candidate.form == REFERENCE_TRAILING
						     ? lead(notes, count, candidate.key, (uint32_t)(sight->first + i))
						     : NULL;
			if (!note || note->linked)
				continue;
			if (note->row < last_note || (candidate.key != 1 && candidate.key != expected))
				continue;
			link_reference(sight, &candidate, note);
			last_note = note->row;
			expected = candidate.key + 1;
		}
	}
}

void see_references(struct sight *sight)
{
	size_t count;
	struct noted *notes = gather(sight, &count);
	for (size_t i = 0; i < sight->count && count; i++) {
		struct candidate candidate = {.row = (uint32_t)i};
		struct str text = sight_text(sight, i);
		size_t at = 0;
		if (sight_row(sight, i)->kind == TEXT_NOTE)
			continue;
		while (candidate_next(text, &at, &candidate)) {
			struct noted *note = lead(notes, count, candidate.key, (uint32_t)(sight->first + i));
			if (note && strong(&candidate, note, text))
				link_reference(sight, &candidate, note);
		}
	}
	if (count)
		link_trailing(sight, notes, count);
	free(notes);
}
