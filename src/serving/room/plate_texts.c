/* Which text belongs to which page that can be seen. A text is read whole to be asked anything, so none is asked twice for the same. */
#include <stdlib.h>
#include <string.h>

#include "plates.h"
#include "texts.h"

#define FILES_LOOKED 500u /* of a record, for texts of others */
#define NONE SIZE_MAX

struct named {
	struct str name;
	size_t file;
};
struct about_file {
	size_t named_by; /* the first file whose text says that it is of this picture; NONE */
	uint64_t page;   /* of that text */
	bool asked;      /* its own text, of which is known: */
	bool speaks;     /* it has words */
	uint64_t pages;
};
struct plate_texts {
	struct page *page;
	const struct shown *shown;
	struct about_file *files;
	bool learned;
	struct named *stems; /* of files with texts, sorted */
	size_t stem_count;
	size_t only; /* the file of the only text that is no picture's; NONE */
	uint64_t read;
	size_t open; /* the file of `text`; NONE */
	struct text *text;
};

static int compare_named(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int order = str_compare(a->name, b->name);

	return order != 0 ? order : a->file < b->file ? -1 : a->file > b->file;
}

/* Where those of that name begin, or would. */
static size_t lower_bound(const struct named *all, size_t count, struct str name)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_compare(all[middle].name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct str path_of(const struct plate_texts *texts, size_t file)
{
	return texts->shown->files[file].described.path;
}

/* ---- what the texts say ------------------------------------------------------------------------------------------------------------- */

/* Of pictures that are named as the text itself is, nothing: they are its own anyway. */
static void look_through(struct plate_texts *texts, size_t file, const struct named *pictures, size_t count)
{
	struct text *text = texts_open(texts->page->desk, &texts->shown->files[file]);
	struct str own = str_stem(path_of(texts, file));

	for (size_t k = 1; text != NULL && k <= text_page_count(text); k++) {
		struct text_page one;
		size_t at;

		text_page(text, k, &one);
		if (one.image.n == 0)
			continue;
		at = lower_bound(pictures, count, one.image);
		if (at == count || !str_equal(pictures[at].name, one.image) || str_equal(str_stem(one.image), own))
			continue;
		struct about_file *about = &texts->files[pictures[at].file];
		if (about->named_by == NONE) {
			about->named_by = file;
			about->page = k;
		}
	}
	text_free(text);
}

static void learn(struct plate_texts *texts)
{
	const struct shown *shown = texts->shown;
	struct named *pictures = mem_array(shown->file_count + 1, sizeof(*pictures));
	size_t count = 0, others = 0;
	uint64_t bytes = 0;

	texts->learned = true;
	texts->stems = mem_array(FILES_LOOKED, sizeof(*texts->stems));
	for (size_t i = 0; i < shown->file_count; i++)
		if (plate_is_of(&shown->files[i]))
			pictures[count++] = (struct named){path_of(texts, i), i};
	qsort(pictures, count, sizeof(*pictures), compare_named);
	for (size_t i = 0; i < shown->file_count && i < FILES_LOOKED; i++) {
		const struct shown_file *file = &shown->files[i];

		if (!texts_have(texts->page->desk, file))
			continue;
		texts->stems[texts->stem_count++] = (struct named){str_stem(file->described.path), i};
		if (plate_is_of(file))
			continue;
		texts->only = others++ == 0 ? i : NONE;
		if (others <= PLATE_TEXTS_LOOKED && bytes <= PLATE_TEXTS_LOOKED_BYTES &&
			(bytes += texts_bytes(texts->page->desk, file)) <= PLATE_TEXTS_LOOKED_BYTES)
			look_through(texts, i, pictures, count);
	}
	qsort(texts->stems, texts->stem_count, sizeof(*texts->stems), compare_named);
	/* A picture is named as the only one is: then it is that picture's. */
	for (size_t i = 0; i < count && texts->only != NONE; i++)
		if (str_equal(str_stem(pictures[i].name), str_stem(path_of(texts, texts->only))))
			texts->only = NONE;
	free(pictures);
}

/* The first that is named as the picture is. */
static size_t alike(const struct plate_texts *texts, size_t picture)
{
	struct str name = str_stem(path_of(texts, picture));
	size_t at = lower_bound(texts->stems, texts->stem_count, name);

	if (at < texts->stem_count && texts->stems[at].file == picture)
		at++;
	return at < texts->stem_count && str_equal(texts->stems[at].name, name) ? texts->stems[at].file : NONE;
}

/* ---- opening them ------------------------------------------------------------------------------------------------------------------- */

static struct text *open_one(struct plate_texts *texts, size_t file)
{
	const struct shown_file *one = &texts->shown->files[file];
	uint64_t bytes;

	if (texts->open == file)
		return texts->text;
	text_free(texts->text);
	texts->open = file;
	texts->text = texts_open(texts->page->desk, one);
	bytes = texts->text != NULL ? texts_bytes(texts->page->desk, one) : 0;
	texts->read += bytes > PLATE_TEXTS_LEAST ? bytes : PLATE_TEXTS_LEAST;
	return texts->text;
}

/* Whether the file's own text has words; opens it once, and again for who wants it. */
static const struct about_file *ask_own(struct plate_texts *texts, size_t file)
{
	struct about_file *about = &texts->files[file];

	if (!about->asked) {
		struct text *text = open_one(texts, file);

		about->asked = true;
		about->speaks = text != NULL && text_block_count(text) > 0;
		about->pages = text != NULL ? text_page_count(text) : 0;
	}
	return about;
}

struct plate_texts *plate_texts_new(struct page *page, const struct shown *shown)
{
	struct plate_texts *texts = mem_alloc(sizeof(*texts));

	texts->page = page;
	texts->shown = shown;
	texts->files = mem_array(shown->file_count + 1, sizeof(*texts->files));
	for (size_t i = 0; i < shown->file_count; i++)
		texts->files[i].named_by = NONE;
	texts->only = NONE;
	texts->open = NONE;
	return texts;
}

void plate_texts_free(struct plate_texts *texts)
{
	if (texts == NULL)
		return;
	text_free(texts->text);
	free(texts->stems);
	free(texts->files);
	free(texts);
}

uint64_t plate_texts_read(const struct plate_texts *texts)
{
	return texts->read;
}

/* A page of its file's own; one that says so; one named alike; the picture's own (recognised); the only other one there is. */
struct text *plate_texts_open(struct plate_texts *texts, const struct plate *plate, uint64_t *number)
{
	size_t picture = (size_t)(plate->file - texts->shown->files), other;

	*number = 0;
	if (plate_has_pages(plate->file) && ask_own(texts, picture)->speaks && plate->page <= texts->files[picture].pages) {
		*number = plate->page;
		return open_one(texts, picture);
	}
	if (!texts->learned)
		learn(texts);
	if (texts->files[picture].named_by != NONE) {
		*number = texts->files[picture].page;
		return open_one(texts, texts->files[picture].named_by);
	}
	other = alike(texts, picture);
	if (other != NONE)
		return open_one(texts, other);
	if (ask_own(texts, picture)->speaks)
		return open_one(texts, picture);
	return texts->only != NONE ? open_one(texts, texts->only) : NULL;
}

struct text *plate_text(struct page *page, const struct shown *shown, const struct plate *plate, uint64_t *number)
{
	struct plate_texts *texts = plate_texts_new(page, shown);
	struct text *text = plate_texts_open(texts, plate, number);

	if (text != NULL)
		texts->text = NULL;
	plate_texts_free(texts);
	return text;
}

struct text *plate_own_text(struct desk *desk, const struct plate *plate)
{
	return plate_has_pages(plate->file) ? texts_open(desk, plate->file) : NULL;
}
