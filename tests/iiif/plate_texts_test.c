/* What it costs to learn which text belongs to which page: each text is read once for all pages, and one is open at a time. The texts are made up here: how often they are opened is
 * counted where they are. */
#include "room/plates.h"
#include "room/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILES_MAX 500u

struct text {
	size_t file;
};
static struct {
	struct shown_file files[FILES_MAX];
	char paths[FILES_MAX][40];
	bool picture[FILES_MAX], has[FILES_MAX];
	const char *names[FILES_MAX]; /* the picture that its first page says it is of */
	size_t count;
	uint64_t bytes; /* of each text */
	/* counted */
	unsigned opened[FILES_MAX], all, open, most;
} made;

static size_t index_of(const struct shown_file *file)
{
	return (size_t)(file - made.files);
}

bool plate_is_of(const struct shown_file *file)
{
	return made.picture[index_of(file)];
}

bool plate_has_pages(const struct shown_file *file)
{
	return str_ends(file->described.path, STR(".pdf"));
}

bool texts_have(struct desk *desk, const struct shown_file *file)
{
	(void)desk;
	return made.has[index_of(file)];
}

uint64_t texts_bytes(struct desk *desk, const struct shown_file *file)
{
	return texts_have(desk, file) ? made.bytes : 0;
}

struct text *texts_open(struct desk *desk, const struct shown_file *file)
{
	struct text *text;

	made.all++;
	made.opened[index_of(file)]++;
	if (!texts_have(desk, file))
		return NULL;
	text = mem_alloc(sizeof(*text));
	text->file = index_of(file);
	made.open++;
	made.most = made.open > made.most ? made.open : made.most;
	return text;
}

void text_free(struct text *text)
{
	made.open -= text != NULL;
	free(text);
}

size_t text_block_count(const struct text *text)
{
	(void)text;
	return 1;
}

size_t text_page_count(const struct text *text)
{
	return str_ends(made.files[text->file].described.path, STR(".pdf")) ? 3 : 1;
}

void text_page(const struct text *text, size_t number, struct text_page *page)
{
	*page = (struct text_page){.image = str_from(made.names[text->file] != NULL && number == 1 ? made.names[text->file] : "")};
}

/* ---- records ------------------------------------------------------------------------------------------------------------------------ */

__attribute__((format(printf, 4, 5))) static void add(bool picture, bool has, const char *names, const char *format, ...)
{
	size_t i = made.count++;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(made.paths[i], sizeof(made.paths[i]), format, arguments);
	va_end(arguments);
	made.files[i].described.path = str_from(made.paths[i]);
	made.picture[i] = picture;
	made.has[i] = has;
	made.names[i] = names;
}

static void begin(uint64_t bytes)
{
	memset(&made, 0, sizeof(made));
	made.bytes = bytes;
}

/* Which text each picture has: the file's path, or "". */
static void expect(struct plate_texts *texts, size_t picture, uint32_t page, const char *path, uint64_t wanted)
{
	const struct plate plate = {&made.files[picture], page};
	uint64_t number;
	struct text *text = plate_texts_open(texts, &plate, &number);
	const char *found = text != NULL ? made.paths[text->file] : "";

	if (strcmp(found, path) != 0 || (text != NULL && number != wanted))
		fail_msg("%s: \"%s\", page %u, and not \"%s\"", made.paths[picture], found, (unsigned)number, path);
}

static struct plate_texts *learn_of(struct shown *shown, struct page *page)
{
	*shown = (struct shown){.files = made.files, .file_count = made.count};
	return plate_texts_new(page, shown);
}

static void none_is_read_for_each_page(void **state)
{
	struct shown shown;
	struct page page = {.room = NULL};
	struct plate_texts *texts;
	(void)state;

	begin(1000);
	for (unsigned i = 0; i < 200; i++)
		add(true, false, NULL, "p%03u.png", i);
	for (unsigned i = 0; i < 40; i++)
		add(false, true, i == 7 ? "p011.png" : NULL, "t%02u.txt", i);
	texts = learn_of(&shown, &page);
	for (size_t i = 0; i < 200; i++)
		expect(texts, i, 1, i == 11 ? "t07.txt" : "", 1);
	plate_texts_free(texts);
	for (size_t i = 200; i < made.count; i++)
		if (made.opened[i] > (i == 207 ? 2 : 1))
			fail_msg("%s was read %u times for 200 pages", made.paths[i], made.opened[i]);
	assert_true(made.most == 1 && made.open == 0);
}

static void what_is_looked_through_is_bounded(void **state)
{
	struct shown shown;
	struct page page = {.room = NULL};
	struct plate_texts *texts;
	unsigned looked = 0;
	(void)state;

	begin(PLATE_TEXTS_LOOKED_BYTES / 4);
	add(true, false, NULL, "p.png");
	for (unsigned i = 0; i < 10; i++)
		add(false, true, NULL, "t%u.xml", i);
	texts = learn_of(&shown, &page);
	expect(texts, 0, 1, "", 0);
	plate_texts_free(texts);
	for (size_t i = 1; i < made.count; i++)
		looked += made.opened[i];
	assert_int_equal(looked, 4);
}

static void one_named_alike_is_open_at_a_time(void **state)
{
	struct shown shown;
	struct page page = {.room = NULL};
	struct plate_texts *texts;
	char path[40];
	(void)state;

	begin(3000000);
	for (unsigned i = 0; i < 60; i++)
		add(true, i % 2 == 0, NULL, "scans/p%03u.png", i);
	for (unsigned i = 0; i < 60; i++)
		add(false, true, NULL, "text/p%03u.txt", i);
	texts = learn_of(&shown, &page);
	for (unsigned i = 0; i < 60; i++) {
		(void)snprintf(path, sizeof(path), "text/p%03u.txt", i);
		expect(texts, i, 1, path, 0);
		assert_true(plate_texts_read(texts) == (uint64_t)(i + 1) * 3000000);
	}
	plate_texts_free(texts);
	assert_true(made.most == 1 && made.open == 0);
	assert_true(made.all <= 60 + PLATE_TEXTS_LOOKED);
}

static void each_has_the_one_it_always_had(void **state)
{
	struct shown shown;
	struct page page = {.room = NULL};
	struct plate_texts *texts;
	uint64_t number;
	struct text *text;
	(void)state;

	/* Its own pages, whatever else there is; beyond them what belongs to the file. */
	begin(10);
	add(true, true, NULL, "book.pdf");
	add(false, true, "scan.png", "book.txt");
	add(true, true, NULL, "scan.png");
	add(true, true, NULL, "other.png");
	texts = learn_of(&shown, &page);
	for (uint32_t i = 1; i <= 3; i++)
		expect(texts, 0, i, "book.pdf", i);
	assert_int_equal(made.all, 1);
	expect(texts, 0, 4, "book.txt", 0);
	expect(texts, 2, 1, "book.txt", 1);  /* that says so */
	expect(texts, 3, 1, "other.png", 0); /* recognised */
	plate_texts_free(texts);
	/* The only one there is, unless it is named as another. */
	begin(10);
	add(true, false, NULL, "a.png");
	add(true, false, NULL, "b.png");
	add(false, true, NULL, "letter.txt");
	texts = learn_of(&shown, &page);
	expect(texts, 0, 1, "letter.txt", 0);
	plate_texts_free(texts);
	(void)snprintf(made.paths[2], sizeof(made.paths[2]), "b.txt");
	made.files[2].described.path = str_from(made.paths[2]);
	texts = learn_of(&shown, &page);
	expect(texts, 0, 1, "", 0);
	expect(texts, 1, 1, "b.txt", 0);
	plate_texts_free(texts);
	/* The caller's own. */
	text = plate_text(&page, &shown, &(struct plate){&made.files[1], 1}, &number);
	assert_true(text != NULL && made.open == 1);
	text_free(text);
	assert_int_equal(made.open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(none_is_read_for_each_page),
		cmocka_unit_test(what_is_looked_through_is_bounded), cmocka_unit_test(one_named_alike_is_open_at_a_time),
		cmocka_unit_test(each_has_the_one_it_always_had)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
