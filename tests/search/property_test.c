/* search: random records and random queries give what a naive reader of all texts gives, through changes and removals, in passages of their own. */
#include "indexing.h"

#define RECORDS 60u
#define BLOCKS 4u
#define BLOCK_WORDS 12u
#define WORDS 9u

/* Every word stands for itself: no language, no stems. */
static const char *const vocabulary[WORDS] = {"anna", "berg", "clara", "dorf", "emil", "fritz", "grete", "hans", "ida"};

struct naive {
	bool there;
	unsigned blocks;
	unsigned words[BLOCKS][BLOCK_WORDS];
};
struct world {
	struct indexing index;
	struct naive records[RECORDS];
	uint64_t state;
};

static unsigned pick(struct world *w, unsigned below)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (unsigned)(w->state >> 20) % below;
}

static void put_random(struct world *w, unsigned number)
{
	struct naive *record = &w->records[number];
	char id[16], block_id[16], text[BLOCK_WORDS * 8];

	snprintf(id, sizeof(id), "r%02u", number);
	put(&w->index, id, "", "");
	record->there = true;
	record->blocks = 1 + pick(w, BLOCKS);
	for (unsigned b = 0; b < record->blocks; b++) {
		text[0] = '\0';
		for (unsigned i = 0; i < BLOCK_WORDS; i++) {
			record->words[b][i] = pick(w, 3) == 0 ? pick(w, WORDS) : pick(w, 4);
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", vocabulary[record->words[b][i]]);
		}
		snprintf(block_id, sizeof(block_id), "p%u", b + 1);
		put_part(&w->index, id, "a.txt", block_id, TEXT_PARAGRAPH, TEXT_BODY, text);
	}
}

static bool has_phrase(const struct naive *record, const unsigned *words, unsigned count)
{
	for (unsigned b = 0; b < record->blocks; b++)
		for (unsigned i = 0; i + count <= BLOCK_WORDS; i++) {
			unsigned k = 0;

			while (k < count && record->words[b][i + k] == words[k])
				k++;
			if (k == count)
				return true;
		}
	return false;
}

/* A random query as text, and which records it means. */
static void make_query(struct world *w, unsigned depth, struct buf *text, bool matches[RECORDS])
{
	unsigned kind = pick(w, depth == 0 ? 3 : 6);

	if (kind < 3) {
		unsigned words[3], count = kind == 0 ? 1 : kind == 1 ? 2 : 3;

		buf_text(text, count > 1 ? "\"" : "");
		for (unsigned i = 0; i < count; i++) {
			words[i] = pick(w, WORDS);
			buf_printf(text, "%s%s", i > 0 ? " " : "", vocabulary[words[i]]);
		}
		buf_text(text, count > 1 ? "\"" : "");
		for (unsigned r = 0; r < RECORDS; r++)
			matches[r] = w->records[r].there && has_phrase(&w->records[r], words, count);
		return;
	}
	bool right[RECORDS];

	buf_text(text, "(");
	make_query(w, depth - 1, text, matches);
	buf_text(text, kind == 3 ? " " : kind == 4 ? " OR " : " NOT ");
	make_query(w, depth - 1, text, right);
	buf_text(text, ")");
	for (unsigned r = 0; r < RECORDS; r++)
		matches[r] = kind == 3 ? matches[r] && right[r] : kind == 4 ? matches[r] || right[r] : matches[r] && !right[r];
}

static void check_query(struct world *w)
{
	struct buf text = BUF_INIT, wanted = BUF_INIT;
	bool matches[RECORDS];

	(void)buf_reserve(&wanted, 1);
	make_query(w, 3, &text, matches);
	for (unsigned r = 0; r < RECORDS; r++)
		if (matches[r])
			buf_printf(&wanted, "%sr%02u", wanted.n > 0 ? " " : "", r);
	finds(&w->index, text.p, wanted.p);
	buf_release(&text);
	buf_release(&wanted);
}

static void test_property(void **state)
{
	const char *seed = getenv("PHOTOSTAT_TEST_SEED"), *full = getenv("PHOTOSTAT_TEST_FULL");
	struct world *w = mem_alloc(sizeof(*w));
	struct err err = ERR_INIT;

	(void)state;
	w->state = seed != NULL ? strtoull(seed, NULL, 10) : 1927;
	print_message("seed %llu\n", (unsigned long long)w->state);
	w->state = w->state * 0x9e3779b97f4a7c15u + 1;
	index_make(&w->index);
	for (unsigned round = 0; round < (full != NULL ? 60u : 6u); round++) {
		begin(&w->index);
		for (unsigned i = 0; i < 40; i++) {
			unsigned number = pick(w, RECORDS);
			char id[16];

			snprintf(id, sizeof(id), "r%02u", number);
			if (pick(w, 4) == 0) {
				must(search_remove(w->index.search, S(id), &err), &err);
				w->records[number].there = false;
			} else {
				put_random(w, number);
			}
		}
		commit(&w->index, round);
		for (unsigned i = 0; i < 300; i++)
			check_query(w);
		if (round % 3 == 2)
			must(search_scrub(w->index.search, &err), &err);
	}
	index_remove(&w->index);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_property)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
