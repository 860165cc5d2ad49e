/* Texts of files as extraction left them. */
#include "texts.h"

#include <stdlib.h>

#include "extract/extract.h"
#include "plates.h"

bool texts_have(struct desk *desk, const struct shown_file *file)
{
	enum extract_state state;

	if (extract_look(desk->archive, &file->digest, file->described.media_type, file->described.path, &state, NULL) != 0) {
		desk->waiting = true;
		return false;
	}
	desk->wants = desk->wants || state == EXTRACT_WAITING;
	desk->waiting = desk->waiting || state == EXTRACT_WAITING || state == EXTRACT_FAILED;
	return state == EXTRACT_DONE;
}

struct text *texts_open(struct desk *desk, const struct shown_file *file)
{
	struct text *text = NULL;
	struct err err = ERR_INIT;

	if (extract_text(desk->archive, &file->digest, &text, &err) == 0)
		return text;
	desk->cannot = desk->cannot || err.code == ERR_SYSTEM || err.code == ERR_MEMORY;
	return NULL;
}

struct text *texts_head(struct desk *desk, const struct shown_file *file, uint64_t *pages)
{
	struct text *text = NULL;
	struct err err = ERR_INIT;

	if (extract_text_head(desk->archive, &file->digest, &text, pages, &err) == 0)
		return text;
	desk->cannot = desk->cannot || err.code == ERR_SYSTEM || err.code == ERR_MEMORY;
	return NULL;
}

uint64_t texts_bytes(struct desk *desk, const struct shown_file *file)
{
	return extract_text_bytes(desk->archive, &file->digest);
}

bool texts_wait(struct desk *desk, const struct shown_file *file)
{
	enum extract_state state;

	return extract_look(desk->archive, &file->digest, file->described.media_type, file->described.path, &state, NULL) == 0 &&
	       state == EXTRACT_WAITING;
}

#define TEXTS_LOOKED 5000u /* files, for texts */

static int compare_stems(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

const struct shown_file **texts_list(struct desk *desk, const struct shown *shown, size_t *count)
{
	const struct shown_file **all = mem_array(TEXTS_LISTED, sizeof(*all));
	struct str *stems = mem_array(TEXTS_LISTED, sizeof(*stems));
	size_t found = 0, stem_count = 0;

	for (size_t i = 0; i < shown->file_count && i < TEXTS_LOOKED && found < TEXTS_LISTED; i++) {
		if (!texts_have(desk, &shown->files[i]))
			continue;
		all[found++] = &shown->files[i];
		if (!plate_is_of(&shown->files[i]))
			stems[stem_count++] = str_stem(shown->files[i].described.path);
	}
	qsort(stems, stem_count, sizeof(*stems), compare_stems);
	*count = 0;
	for (size_t i = 0; i < found; i++) {
		struct str stem = str_stem(all[i]->described.path);

		if (!plate_is_of(all[i]) || plate_has_pages(all[i]) ||
			bsearch(&stem, stems, stem_count, sizeof(*stems), compare_stems) == NULL)
			all[(*count)++] = all[i];
	}
	free(stems);
	return all;
}

const struct shown_file *texts_first(struct desk *desk, const struct shown *shown, unsigned language)
{
	struct str tag = str_from(language_tag(language));
	const struct shown_file *first;
	size_t count;
	const struct shown_file **all = texts_list(desk, shown, &count);

	first = count > 0 ? all[0] : NULL;
	/* A translation into the reader's language is what most came for; the rest is one step away. */
	for (size_t i = 0; i < count; i++)
		if (str_starts(all[i]->described.language, tag)) {
			first = all[i];
			break;
		}
	free(all);
	return first;
}
