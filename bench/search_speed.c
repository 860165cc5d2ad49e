/* What search costs against plain FTS5 with the same texts.
 *
 *   search_speed index FOLDER [TEXTS [BYTES [ROUNDS]]]     indexing, against a bare bulk insert with the best settings there are
 *   search_speed ours|bare FOLDER [TEXTS [BYTES]]          one side alone, in this process: for a profiler
 *   search_speed queries FOLDER [RECORDS [BYTES [ROUNDS]]] the ten best records with snippets, against ORDER BY rank, of rare and of common words
 *
 * FOLDER must be absent; of queries it may be that of an earlier run, whose indexes are asked again. The texts are of 60,000 made-up words as frequent as words are; every fifth record has one word more, every
 * twenty-thousandth a rare one. Indexing runs alternately in processes of their own; nothing is deleted between. */
#include "search/search.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS 60000u
#define ROUNDS_MAX 99u
#define QUERIES_MAX 4000u
#define COMMIT_EVERY 10000u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "search_speed: %s: %s\n", what, why);
	exit(3);
}

/* ---- texts ------------------------------------------------------------------------------------------------------------------- */

struct texts {
	char words[WORDS][16];
	double *sums; /* of frequencies */
	uint64_t state;
};

static uint64_t next(struct texts *texts)
{
	texts->state ^= texts->state << 13;
	texts->state ^= texts->state >> 7;
	texts->state ^= texts->state << 17;
	return texts->state;
}

static struct texts *texts_new(void)
{
	static const char *const syllables[] = {"ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "wan", "der", "gel", "hin",
		"lon", "pur", "sat", "ten", "str", "ing", "ed", "es", "ly", "or", "an"};
	struct texts *texts = mem_alloc(sizeof(*texts));
	double sum = 0;

	texts->state = 1927;
	texts->sums = mem_array(WORDS, sizeof(*texts->sums));
	for (unsigned i = 0; i < WORDS; i++) {
		unsigned parts = i < 100 ? 1 : i < 2000 ? 2 : 3 + (unsigned)(next(texts) % 2);

		texts->words[i][0] = (char)('a' + next(texts) % 26);
		texts->words[i][1] = '\0';
		for (unsigned k = 0; k < parts; k++)
			strncat(texts->words[i], syllables[next(texts) % 24], 15 - strlen(texts->words[i]));
		sum += 1.0 / pow((double)i + 2.7, 1.05);
		texts->sums[i] = sum;
	}
	return texts;
}

static const char *word_of(struct texts *texts)
{
	double at = (double)(next(texts) >> 11) / (double)(1ull << 53) * texts->sums[WORDS - 1];
	unsigned low = 0, high = WORDS - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (texts->sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return texts->words[low];
}

/* The n-th text: always the same. Paragraphs are parted by two newlines. */
static void text_of(struct texts *texts, uint64_t n, size_t bytes, struct buf *out)
{
	size_t paragraph = 0;

	texts->state = (n + 1) * 0x9e3779b97f4a7c15u;
	buf_clear(out);
	while (out->n < bytes) {
		buf_text(out, word_of(texts));
		paragraph++;
		if (paragraph > 60 && next(texts) % 40 == 0) {
			buf_text(out, ".\n\n");
			paragraph = 0;
		} else {
			buf_text(out, next(texts) % 12 == 0 ? ", " : " ");
		}
		if (out->n > bytes / 2 && out->n < bytes / 2 + 12) {
			if (n % 5 == 0)
				buf_text(out, n % 35 == 0 ? "fifthword and fifthword or " : "fifthword ");
			if (n % 7 == 0)
				buf_text(out, "seventhword ");
			if (n % 20000 < 20)
				buf_printf(out, "rareword%" PRIu64 " ", n % 20000);
		}
	}
}

/* ---- both indexes ----------------------------------------------------------------------------------------------------------------- */

struct plan {
	const char *folder;
	uint64_t count;
	size_t bytes;
	unsigned rounds;
};

static void index_ours(const struct plan *plan, const char *path)
{
	struct texts *texts = texts_new();
	struct str languages[1] = {STR("en")};
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct search *search;

	if (search_open(&search, path, true, &err) != 0)
		die(path, err.text);
	for (uint64_t i = 0; i < plan->count;) {
		if (search_begin(search, &err) != 0)
			die("begin", err.text);
		for (uint64_t k = 0; k < COMMIT_EVERY && i < plan->count; k++, i++) {
			char id[64], block_id[16];
			struct search_record record = {.title = STR(""),
				.languages = languages,
				.language_count = 1,
				.first_day = INT64_MAX,
				.last_day = INT64_MIN};
			struct str rest, line;

			(void)snprintf(id, sizeof(id), "letter-%07" PRIu64, i);
			record.id = str_from(id);
			if (search_put_record(search, &record, &err) != 0)
				die("record", err.text);
			text_of(texts, i, plan->bytes, &text);
			rest = buf_view(&text);
			for (unsigned block = 1; rest.n > 0; block++) {
				const char *end = memmem(rest.p, rest.n, "\n\n", 2);
				size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;

				(void)snprintf(block_id, sizeof(block_id), "p%u", block);
				line = (struct str){rest.p, n};
				rest = (struct str){rest.p + n, rest.n - n};
				if (rest.n >= 2)
					rest = (struct str){rest.p + 2, rest.n - 2};
				const struct text_block piece = {.id = str_from(block_id), .text = line};
				if (search_put_block(search, record.id, STR("letter.txt"), STR("en"), &piece, &err) != 0)
					die("text", err.text);
			}
		}
		if (search_commit(search, i, &err) != 0)
			die("commit", err.text);
	}
	search_free(search);
}

static void sql(sqlite3 *db, const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		die(text, why);
}

static void index_bare(const struct plan *plan, const char *path)
{
	struct texts *texts = texts_new();
	struct buf text = BUF_INIT;
	sqlite3_stmt *insert;
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(path, sqlite3_errmsg(db));
	sql(db, "PRAGMA page_size=8192");
	sql(db, "PRAGMA journal_mode=OFF");
	sql(db, "PRAGMA synchronous=OFF");
	sql(db, "PRAGMA cache_size=-65536");
	sql(db, "CREATE VIRTUAL TABLE texts USING fts5(body, tokenize='unicode61 remove_diacritics 2')");
	sql(db, "INSERT INTO texts(texts, rank) VALUES('hashsize', 4194304)");
	sql(db, "BEGIN");
	if (sqlite3_prepare_v2(db, "INSERT INTO texts(rowid, body) VALUES(?1, ?2)", -1, &insert, NULL) != SQLITE_OK)
		die("insert", sqlite3_errmsg(db));
	for (uint64_t i = 0; i < plan->count; i++) {
		text_of(texts, i, plan->bytes, &text);
		sqlite3_bind_int64(insert, 1, (sqlite3_int64)i + 1);
		sqlite3_bind_text64(insert, 2, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die("insert", sqlite3_errmsg(db));
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	sql(db, "COMMIT");
	sqlite3_close(db);
}

/* Making the texts alone, which both do. */
static void make_texts(const struct plan *plan)
{
	struct texts *texts = texts_new();
	struct buf text = BUF_INIT;

	for (uint64_t i = 0; i < plan->count; i++)
		text_of(texts, i, plan->bytes, &text);
}

struct cost {
	double wall, processor;
	long resident;
};

static double span(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct cost run(const struct plan *plan, unsigned kind, unsigned round)
{
	static const char *const names[] = {"texts", "ours", "bare"};
	double began;
	struct rusage usage;
	char path[4096];
	int status;
	pid_t child;

	(void)snprintf(path, sizeof(path), "%s/%s-%u.sqlite", plan->folder, names[kind], round);
	sync();
	began = seconds();
	child = fork();
	if (child == 0) {
		if (kind == 0)
			make_texts(plan);
		else if (kind == 1)
			index_ours(plan, path);
		else
			index_bare(plan, path);
		_exit(0);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
		die(path, "the child failed");
	return (struct cost){seconds() - began, span(usage.ru_utime) + span(usage.ru_stime), usage.ru_maxrss};
}

static double size_of(const struct plan *plan, const char *name)
{
	struct stat file;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s.sqlite", plan->folder, name);
	return stat(path, &file) == 0 ? (double)file.st_size / (1 << 20) : 0;
}

static int by_size(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

static void measure_index(const struct plan *plan)
{
	double ratios[ROUNDS_MAX], busy[ROUNDS_MAX];
	long most = 0;

	for (unsigned round = 0; round < plan->rounds; round++) {
		struct cost made = run(plan, 0, round), ours, bare;

		if (round % 2 == 0)
			ours = run(plan, 1, round);
		bare = run(plan, 2, round);
		if (round % 2 != 0)
			ours = run(plan, 1, round);
		ratios[round] = (ours.wall - made.wall) / (bare.wall - made.wall);
		busy[round] = (ours.processor - made.processor) / (bare.processor - made.processor);
		most = ours.resident > most ? ours.resident : most;
		printf("round %u: search %.2f s (%.2f s of processor), bare FTS5 %.2f s (%.2f s): %.2f (%.2f)\n", round + 1,
			ours.wall - made.wall, ours.processor - made.processor, bare.wall - made.wall,
			bare.processor - made.processor, ratios[round], busy[round]);
		(void)fflush(stdout);
	}
	qsort(ratios, plan->rounds, sizeof(*ratios), by_size);
	qsort(busy, plan->rounds, sizeof(*busy), by_size);
	printf("files: search %.0f MiB, bare %.0f MiB, texts %.0f MiB\n", size_of(plan, "ours-0"), size_of(plan, "bare-0"),
		(double)plan->count * (double)plan->bytes / (1 << 20));
	printf("median ratio %.2f, of processor time %.2f, peak %ld KiB\n", ratios[plan->rounds / 2], busy[plan->rounds / 2], most);
}

/* ---- queries ----------------------------------------------------------------------------------------------------------------------- */

static int take_hit(void *context, const struct search_hit *hit, struct err *err)
{
	(void)err;
	*(size_t *)context += hit->snippet.n;
	return 0;
}

static double ask_ours(struct search *search, const char *query)
{
	size_t bytes = 0;
	struct err err = ERR_INIT;
	struct search_request request = {.query = str_from(query), .language = STR("en"), .hit = take_hit, .context = &bytes};
	double began = seconds();

	if (search_find(search, &request, &err) != 0)
		die(query, err.text);
	buf_release(&request.suggestion);
	buf_release(&request.said);
	return seconds() - began;
}

static double ask_bare(sqlite3_stmt *statement, const char *query)
{
	double began = seconds();
	int got;

	sqlite3_bind_text(statement, 1, query, -1, SQLITE_STATIC);
	while ((got = sqlite3_step(statement)) == SQLITE_ROW)
		(void)sqlite3_column_bytes(statement, 1); /* fetches what a listing would show */
	if (got != SQLITE_DONE)
		die(query, "plain FTS5 failed");
	sqlite3_reset(statement);
	return seconds() - began;
}

struct kind {
	const char *name;
	unsigned from, to; /* ranks of words; 0: the fixed query */
	const char *fixed;
	unsigned words;
	const char *before, *between, *after;
};

static void query_of(struct texts *texts, const struct kind *kind, struct buf *out)
{
	buf_clear(out);
	if (kind->fixed != NULL) {
		buf_text(out, kind->fixed);
		return;
	}
	buf_text(out, kind->before);
	for (unsigned i = 0; i < kind->words; i++)
		buf_printf(
			out, "%s%s", i > 0 ? kind->between : "", texts->words[kind->from + next(texts) % (kind->to - kind->from)]);
	buf_text(out, kind->after);
}

static void measure_queries(const struct plan *plan)
{
	static const struct kind kinds[] = {
		{"rare words", 20000, 59000, NULL, 1, "", "", ""},
		{"a word of every fifth record", 0, 0, "fifthword", 0, "", "", ""},
		{"two such words", 0, 0, "fifthword seventhword", 0, "", "", ""},
		{"a common and a rare word", 0, 0, "fifthword rareword7", 0, "", "", ""},
		{"frequent words", 30, 1000, NULL, 1, "", "", ""},
		{"two frequent words", 30, 1000, NULL, 2, "", " ", ""},
		{"phrases of frequent words", 30, 300, NULL, 2, "\"", " ", "\""},
		{"prefixes", 2000, 20000, NULL, 1, "", "", "*"},
	};
	struct texts *texts = texts_new();
	struct buf query = BUF_INIT;
	struct err err = ERR_INIT;
	struct search *search;
	sqlite3_stmt *statement;
	sqlite3 *db;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/bare-0.sqlite", plan->folder);
	if (access(path, F_OK) != 0) {
		run(plan, 1, 0);
		run(plan, 2, 0);
	}
	(void)snprintf(path, sizeof(path), "%s/ours-0.sqlite", plan->folder);
	if (search_open(&search, path, false, &err) != 0)
		die(path, err.text);
	(void)snprintf(path, sizeof(path), "%s/bare-0.sqlite", plan->folder);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
		sqlite3_prepare_v2(db,
			"SELECT rowid, snippet(texts, 0, '[', ']', '…', 40) FROM texts WHERE texts MATCH ?1 ORDER BY rank LIMIT 10",
			-1, &statement, NULL) != SQLITE_OK)
		die(path, sqlite3_errmsg(db));
	sql(db, "PRAGMA cache_size=-8192");
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		double ours[QUERIES_MAX], bare[QUERIES_MAX];
		unsigned count = plan->rounds < QUERIES_MAX ? plan->rounds : QUERIES_MAX;

		texts->state = 20;
		for (unsigned i = 0; i < count; i++) {
			query_of(texts, &kinds[k], &query);
			if (i % 2 == 0)
				ours[i] = ask_ours(search, query.p);
			bare[i] = ask_bare(statement, query.p);
			if (i % 2 != 0)
				ours[i] = ask_ours(search, query.p);
		}
		qsort(ours, count, sizeof(*ours), by_size);
		qsort(bare, count, sizeof(*bare), by_size);
		printf("%-30s search %8.3f ms (99 %% %8.3f), plain FTS5 %8.3f ms (99 %% %8.3f): ratio %.3f\n", kinds[k].name,
			ours[count / 2] * 1e3, ours[count * 99 / 100] * 1e3, bare[count / 2] * 1e3, bare[count * 99 / 100] * 1e3,
			ours[count / 2] / bare[count / 2]);
		(void)fflush(stdout);
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	search_free(search);
}

int main(int count, char **words)
{
	struct plan plan = {.count = 50000, .bytes = 8192, .rounds = 3};
	bool queries = count > 1 && strcmp(words[1], "queries") == 0;

	if (count < 3 ||
		(!queries && strcmp(words[1], "index") != 0 && strcmp(words[1], "ours") != 0 && strcmp(words[1], "bare") != 0))
		die("usage", "search_speed index|queries FOLDER [COUNT [BYTES [ROUNDS]]]");
	plan.folder = words[2];
	if (count > 3)
		plan.count = strtoull(words[3], NULL, 10);
	if (count > 4)
		plan.bytes = strtoull(words[4], NULL, 10);
	if (count > 5)
		plan.rounds = (unsigned)strtoul(words[5], NULL, 10);
	if (plan.rounds == 0 || (!queries && plan.rounds > ROUNDS_MAX))
		die("usage", "too many rounds");
	if (mkdir(plan.folder, 0755) != 0 && !(queries && errno == EEXIST))
		die(plan.folder, "it is there already, or cannot be made");
	if (strcmp(words[1], "ours") == 0 || strcmp(words[1], "bare") == 0) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s-0.sqlite", plan.folder, words[1]);
		if (words[1][0] == 'o')
			index_ours(&plan, path);
		else
			index_bare(&plan, path);
		return 0;
	}
	if (queries)
		measure_queries(&plan);
	else
		measure_index(&plan);
	return 0;
}
