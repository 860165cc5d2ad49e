/* Lists against a model of all records in memory: every order, piece by piece in both directions, with counts, while records come, change and go (P6: what is taken
 * out is in no list and no count). And at 50,000 records (with PHOTOSTAT_TEST_FULL=1 1,000,000) no piece takes long, wherever it begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lists/internal.h"

#define STEPS_MAX 5000

static uint64_t seed;

static uint64_t next(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below == 0 ? 0 : seed % below;
}

static struct lists *new_lists(void)
{
	const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct err err = ERR_INIT;
	struct lists *lists;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/photostat-lists-%ld", folder, (long)getpid());
	if (lists_open(&lists, path, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(access(path, F_OK), -1); /* nothing stays of it */
	return lists;
}

/* ---- the model ------------------------------------------------------------------------------------------------------------------------------- */

#define IDS 300

struct made {
	char id[24], code[24], parent[24], person[2][24], place[24], language[4];
	struct str people[2], places[1], languages[1];
	struct holding holding;
	bool here;
	uint64_t came;
};
static struct made model[IDS];
static uint64_t clock_of_entries;

static struct str text(const char *p)
{
	return (struct str){p, strlen(p)};
}

/* Numbers by value, as a person would. */
static int compare_codes(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			char *after_a, *after_b;
			unsigned long one = strtoul(a, &after_a, 10), other = strtoul(b, &after_b, 10);

			if (one != other)
				return one < other ? -1 : 1;
			a = after_a;
			b = after_b;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}

static void make(struct made *made, unsigned number)
{
	struct holding *holding = &made->holding;
	bool here = made->here;
	uint64_t came = made->came;

	memset(made, 0, sizeof(*made));
	made->here = true;
	made->came = here ? came : ++clock_of_entries;
	(void)snprintf(made->id, sizeof(made->id), "r/%u", number);
	if (next(4) > 0)
		(void)snprintf(
			made->code, sizeof(made->code), "%c %u%s", (int)('A' + next(3)), (unsigned)next(120), next(2) ? "/7" : "");
	if (next(2) == 0)
		(void)snprintf(made->parent, sizeof(made->parent), "r/%u", (unsigned)next(number / 4 + 1));
	(void)snprintf(made->person[0], sizeof(made->person[0]), "Person %u", (unsigned)next(20));
	(void)snprintf(made->person[1], sizeof(made->person[1]), "Person %u", (unsigned)(20 + next(20)));
	(void)snprintf(made->place, sizeof(made->place), "Place %u", (unsigned)next(5));
	(void)snprintf(made->language, sizeof(made->language), "%s", next(2) ? "de" : "en");
	made->people[0] = text(made->person[0]);
	made->people[1] = text(made->person[1]);
	made->places[0] = text(made->place);
	made->languages[0] = text(made->language);
	holding->id = text(made->id);
	holding->reference_code = text(made->code);
	holding->part_of = text(made->parent);
	holding->title = text(made->id);
	holding->creators = made->people;
	holding->creator_count = (unsigned)next(3);
	holding->places = made->places;
	holding->place_count = 1;
	holding->languages = made->languages;
	holding->language_count = 1;
	holding->version_index = ++clock_of_entries;
	holding->first_day = INT64_MAX;
	holding->last_day = INT64_MIN;
	if (next(5) > 0) {
		holding->first_day = (int64_t)next(80000) - 60000;
		holding->last_day = holding->first_day + (int64_t)next(next(4) == 0 ? 40000 : 400);
	}
}

static const struct made *made_of(struct str id)
{
	for (unsigned i = 0; i < IDS; i++)
		if (model[i].here && str_equal(id, text(model[i].id)))
			return &model[i];
	return NULL;
}

static bool belongs(const struct made *made, const struct lists_piece *asked)
{
	const struct holding *holding = &made->holding;

	switch (asked->order) {
	case LISTS_TOPS:
		return holding->part_of.n == 0 || made_of(holding->part_of) == NULL;
	case LISTS_PARTS:
		return str_equal(holding->part_of, asked->of);
	case LISTS_HAVING:
		for (unsigned i = 0; asked->kind == LISTS_PEOPLE && i < holding->creator_count; i++)
			if (str_equal(holding->creators[i], asked->of))
				return true;
		return (asked->kind == LISTS_PLACES && str_equal(holding->places[0], asked->of)) ||
		       (asked->kind == LISTS_LANGUAGES && str_equal(holding->languages[0], asked->of));
	case LISTS_DATED:
		return holding->first_day <= holding->last_day && lists_year_of(holding->last_day) >= asked->from_year &&
		       lists_year_of(holding->first_day) <= asked->to_year;
	case LISTS_RECENT:
	default:
		return true;
	}
}

static enum lists_order sorting;

static int compare_made(const void *a, const void *b)
{
	const struct made *one = *(const struct made *const *)a, *other = *(const struct made *const *)b;
	int order = 0;

	if (sorting == LISTS_RECENT)
		return one->holding.version_index < other->holding.version_index ? 1 : -1;
	if (sorting == LISTS_DATED) {
		if (one->holding.first_day != other->holding.first_day)
			return one->holding.first_day < other->holding.first_day ? -1 : 1;
	} else if ((one->code[0] == '\0') != (other->code[0] == '\0')) {
		return one->code[0] == '\0' ? 1 : -1;
	} else {
		order = compare_codes(one->code, other->code);
	}
	return order != 0 ? order : one->came < other->came ? -1 : one->came > other->came;
}

/* Through the whole list to its end, and back. */
static void walk(struct lists *lists, struct lists_piece asked, uint64_t counted)
{
	const struct made *wanted[IDS];
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	size_t count = 0, at = 0;

	for (unsigned i = 0; i < IDS; i++)
		if (model[i].here && belongs(&model[i], &asked))
			wanted[count++] = &model[i];
	sorting = asked.order;
	if (count > 1)
		qsort(wanted, count, sizeof(wanted[0]), compare_made);
	if (counted != UINT64_MAX)
		assert_int_equal(counted, count);
	asked.limit = 1 + (unsigned)next(40);
	for (;;) {
		assert_int_equal(lists_take(lists, &asked, &arena, &err), 0);
		assert_true(at + asked.count <= count);
		assert_int_equal(asked.before, at > 0);
		assert_int_equal(asked.after, at + asked.count < count);
		for (size_t i = 0; i < asked.count; i++) {
			assert_true(str_equal(asked.rows[i]->id, wanted[at + i]->holding.id));
			assert_true(str_equal(asked.rows[i]->reference_code, wanted[at + i]->holding.reference_code));
		}
		at += asked.count;
		if (!asked.after)
			break;
		asked.from = asked.rows[asked.count - 1]->id;
	}
	assert_int_equal(at, count);
	while (asked.before) {
		at -= asked.count;
		asked.from = asked.rows[0]->id;
		asked.backwards = true;
		assert_int_equal(lists_take(lists, &asked, &arena, &err), 0);
		assert_true(asked.count > 0 && asked.count <= at && asked.after);
		for (size_t i = 0; i < asked.count; i++)
			assert_true(str_equal(asked.rows[i]->id, wanted[at - asked.count + i]->holding.id));
	}
	assert_int_equal(at, asked.count);
	arena_release(&arena);
}

static void check_names(struct lists *lists, enum lists_kind kind)
{
	struct arena arena = ARENA_INIT;
	struct lists_names names = {.kind = kind, .limit = 7};
	uint64_t total = 0, wanted = 0;

	do {
		assert_int_equal(lists_take_names(lists, &names, &arena, NULL), 0);
		for (size_t i = 0; i < names.count; i++) {
			assert_true(names.names[i].records > 0);
			assert_true(i == 0 || str_compare(names.names[i - 1].value, names.names[i].value) < 0);
			total += names.names[i].records;
			walk(lists, (struct lists_piece){.order = LISTS_HAVING, .kind = kind, .of = names.names[i].value},
				names.names[i].records);
			assert_int_equal(lists_count_having(lists, kind, names.names[i].value), names.names[i].records);
		}
		if (names.count > 0)
			names.from = names.names[names.count - 1].value;
	} while (names.after);
	for (unsigned i = 0; i < IDS; i++)
		if (model[i].here)
			wanted += kind == LISTS_PEOPLE ? model[i].holding.creator_count : 1;
	assert_int_equal(total, wanted);
	arena_release(&arena);
}

static void check(struct lists *lists)
{
	struct lists_years years = lists_years(lists);
	uint64_t count = 0, dated = 0;

	for (unsigned i = 0; i < IDS; i++)
		count += model[i].here;
	assert_int_equal(lists_count(lists), count);
	walk(lists, (struct lists_piece){.order = LISTS_TOPS}, UINT64_MAX);
	walk(lists, (struct lists_piece){.order = LISTS_RECENT}, lists_count(lists));
	for (unsigned i = 0; i < 8; i++) {
		struct lists_piece asked = {.order = LISTS_PARTS, .of = text(model[i].here ? model[i].id : "r/none")};

		walk(lists, asked, lists_count_parts(lists, asked.of));
	}
	for (unsigned i = 0; i < 8; i++) {
		int64_t from = (int64_t)(1800 + next(240)), to = from + (int64_t)next(30);

		walk(lists, (struct lists_piece){.order = LISTS_DATED, .from_year = from, .to_year = to},
			lists_count_dated(lists, from, to));
	}
	walk(lists, (struct lists_piece){.order = LISTS_DATED, .from_year = 0, .to_year = 9999}, lists_count_dated(lists, 0, 9999));
	for (int kind = LISTS_PEOPLE; kind <= LISTS_LANGUAGES; kind++)
		check_names(lists, (enum lists_kind)kind);
	for (unsigned i = 0; i < LISTS_YEARS; i++)
		dated += years.begin[i];
	assert_int_equal(dated, lists_count_dated(lists, 0, 9999));
}

static void agrees_with_a_model(void **state)
{
	struct lists *lists = new_lists();
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		assert_int_equal(lists_begin(lists, &err), 0);
		for (unsigned i = 0; i < 60; i++) {
			unsigned number = (unsigned)next(IDS);

			if (next(3) == 0) {
				assert_int_equal(
					lists_remove(lists, text(model[number].here ? model[number].id : "r/none"), &err), 0);
				model[number].here = false;
			} else {
				make(&model[number], number);
				if (lists_put(lists, &model[number].holding, &err) != 0)
					fail_msg("%s", err.text);
			}
		}
		assert_int_equal(lists_commit(lists, &err), 0);
		check(lists);
	}
	lists_free(lists);
}

/* ---- relations and hostile values --------------------------------------------------------------------------------------------------------------- */

struct relating {
	unsigned count;
	char last[32];
};

static int note(void *context, int term, const struct holding *holding, struct err *err)
{
	struct relating *relating = context;

	(void)err;
	assert_int_equal(term, 5);
	relating->count++;
	(void)snprintf(relating->last, sizeof(relating->last), "%.*s", (int)holding->id.n, holding->id.p);
	return 0;
}

static void forgets_what_is_taken_out(void **state)
{
	struct str people[] = {STR("A"),
		{"B\x1f"
		 "C",
			3},
		STR("A")};
	struct holding_relation relations[] = {{5, STR("r/target")}};
	struct holding holding = {.id = STR("r/one"),
		.creators = people,
		.creator_count = 3,
		.relations = relations,
		.relation_count = 1,
		.first_day = INT64_MIN,
		.last_day = INT64_MAX};
	struct lists_names names = {.kind = LISTS_PEOPLE, .limit = 10};
	struct lists *lists = new_lists();
	struct arena arena = ARENA_INIT;
	struct relating relating = {0};

	(void)state;
	assert_int_equal(lists_put(lists, &holding, NULL), 0);
	assert_int_equal(lists_put(lists, &holding, NULL), 0);
	assert_int_equal(lists_count(lists), 1);
	assert_int_equal(lists_count_having(lists, LISTS_PEOPLE, STR("A")), 1);
	assert_int_equal(lists_count_dated(lists, 0, 9999), 1);
	assert_int_equal(lists_each_relating(lists, STR("r/target"), 10, &arena, note, &relating, NULL), 0);
	assert_int_equal(relating.count, 1);
	assert_string_equal(relating.last, "r/one");
	assert_int_equal(lists_remove(lists, STR("r/one"), NULL), 0);
	assert_int_equal(lists_take_names(lists, &names, &arena, NULL), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(lists_count_having(lists, LISTS_PEOPLE, STR("A")), 0);
	assert_int_equal(lists_each_relating(lists, STR("r/target"), 10, &arena, note, &relating, NULL), 0);
	assert_int_equal(relating.count, 1);
	assert_null(lists_find(lists, STR("r/one"), &arena));
	assert_int_equal(lists_count_dated(lists, 0, 9999), 0);
	arena_release(&arena);
	lists_free(lists);
}

/* ---- many ---------------------------------------------------------------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void put_many(struct lists *lists, unsigned many, bool coded)
{
	assert_int_equal(lists_begin(lists, NULL), 0);
	for (unsigned i = 0; i < many; i++) {
		char id[64], code[32], parent[64], person[32], place[32];
		struct str people[1], places[1], languages[] = {STR("de")};
		struct holding holding = {.version_index = i + 1,
			.creators = people,
			.creator_count = 1,
			.places = places,
			.place_count = 1,
			.languages = languages,
			.language_count = 1,
			.title = STR("Letter of some length to somebody"),
			.date = STR("1927-11-15"),
			.date_edtf = STR("1927-11-15")};

		(void)snprintf(id, sizeof(id), "https://archive.example.org/r/letters/%u", i);
		(void)snprintf(code, sizeof(code), "L %u", (i * 7919U) % many);
		(void)snprintf(parent, sizeof(parent), "https://archive.example.org/r/letters/%u", i / 100 * 100);
		(void)snprintf(person, sizeof(person), "Person %u", i % 10000);
		(void)snprintf(place, sizeof(place), "Place %u", i % 1000);
		people[0] = text(person);
		places[0] = text(place);
		holding.id = text(id);
		if (coded)
			holding.reference_code = text(code);
		if (coded && i % 100 != 0)
			holding.part_of = text(parent);
		holding.first_day = -(int64_t)next(60000);
		holding.last_day = holding.first_day + (i % 50 == 0 ? 3650 : 0);
		assert_int_equal(lists_put(lists, &holding, NULL), 0);
		if (i % 10000 == 9999)
			assert_true(lists_commit(lists, NULL) == 0 && lists_begin(lists, NULL) == 0);
	}
	assert_int_equal(lists_commit(lists, NULL), 0);
}

/* What SQLite has done since this was asked last: instructions of its machine. */
static unsigned long steps(struct lists *lists)
{
	unsigned long sum = 0;

	for (sqlite3_stmt *one = NULL; (one = sqlite3_next_stmt(lists->database.db, one)) != NULL;)
		sum += (unsigned long)sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1);
	return sum;
}

static void measure_piece(struct lists *lists, const char *what, struct lists_piece asked, unsigned from)
{
	struct arena arena = ARENA_INIT;
	char id[64];

	(void)snprintf(id, sizeof(id), "https://archive.example.org/r/letters/%u", from);
	for (int i = 0; i < 3; i++) {
		asked.limit = 50;
		asked.from = i == 0 ? STR("") : text(id);
		asked.backwards = i == 2;
		(void)steps(lists);
		assert_int_equal(lists_take(lists, &asked, &arena, NULL), 0);
		unsigned long done = steps(lists);
		print_message("%-24s %s %zu rows, %lu steps\n", what,
			i == 0   ? "first "
			: i == 1 ? "behind"
				 : "before",
			asked.count, done);
		assert_true(asked.count > 0 || i > 0);
		/* A row takes up to fifty; a walk through all would take some for each record there is. */
		assert_true(done < STEPS_MAX);
	}
	arena_release(&arena);
}

static void takes_long_nowhere(void **state)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL");
	unsigned many = full != NULL && strcmp(full, "1") == 0 ? 1000000 : 50000;

	(void)state;
	for (int coded = 1; coded >= 0; coded--) {
		struct lists *lists = new_lists();
		struct rusage usage;
		double start = now();

		/* Without codes all stand at the same place, and only as they came. */
		many = coded ? many : many / 4;
		put_many(lists, many, coded != 0);
		print_message("%u records put in %.1f s\n", many, now() - start);
		measure_piece(lists, "tops", (struct lists_piece){.order = LISTS_TOPS}, many / 200 * 100);
		measure_piece(lists, "recent", (struct lists_piece){.order = LISTS_RECENT}, many / 2);
		measure_piece(lists, "having a language",
			(struct lists_piece){.order = LISTS_HAVING, .kind = LISTS_LANGUAGES, .of = STR("de")}, many / 2);
		measure_piece(lists, "dated", (struct lists_piece){.order = LISTS_DATED, .to_year = 9999}, many / 2);
		measure_piece(lists, "dated in few years",
			(struct lists_piece){.order = LISTS_DATED, .from_year = 1900, .to_year = 1903}, many - 1);
		(void)getrusage(RUSAGE_SELF, &usage);
		print_message("%ld KiB at most\n", usage.ru_maxrss);
		if (!PHOTOSTAT_SANITIZED)
			assert_true(usage.ru_maxrss < 64 * 1024);
		lists_free(lists);
	}
}

/* All at one date, that is the longest way to the end of a list by date. */
static void dates_have_an_end(void **state)
{
	struct lists *lists = new_lists();
	unsigned many = 12500;

	(void)state;
	assert_int_equal(lists_begin(lists, NULL), 0);
	for (unsigned i = 0; i < many; i++) {
		struct holding holding = {.version_index = i + 1, .title = STR("Letter"), .first_day = -25567, .last_day = 10956};
		char id[64];

		(void)snprintf(id, sizeof(id), "https://archive.example.org/r/letters/%u", i);
		holding.id = text(id);
		assert_int_equal(lists_put(lists, &holding, NULL), 0);
	}
	assert_int_equal(lists_commit(lists, NULL), 0);
	measure_piece(lists, "dated, near the begin", (struct lists_piece){.order = LISTS_DATED, .to_year = 9999}, 100);
	measure_piece(lists, "dated, in the middle", (struct lists_piece){.order = LISTS_DATED, .to_year = 9999}, many / 2);
	measure_piece(lists, "dated, near the end", (struct lists_piece){.order = LISTS_DATED, .to_year = 9999}, many - 100);
	lists_free(lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(forgets_what_is_taken_out),
		cmocka_unit_test(takes_long_nowhere),
		cmocka_unit_test(dates_have_an_end),
	};
	const char *given = getenv("PHOTOSTAT_TEST_SEED");

	seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761U;
	seed = seed == 0 ? 1 : seed;
	printf("PHOTOSTAT_TEST_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
