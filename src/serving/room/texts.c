/* Texts of files as extraction left them. */
#include "texts.h"

#include "extract/extract.h"

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

uint64_t texts_bytes(struct desk *desk, const struct shown_file *file)
{
	return extract_text_bytes(desk->archive, &file->digest);
}

const struct shown_file *texts_first(struct desk *desk, const struct shown *shown, unsigned language)
{
	struct str tag = str_from(language_tag(language));
	const struct shown_file *first = NULL;

	for (size_t i = 0; i < shown->file_count && i < 200; i++) {
		const struct shown_file *file = &shown->files[i];

		if (!texts_have(desk, file))
			continue;
		if (first == NULL)
			first = file;
		/* A translation into the reader's language is what most came for; the rest is one step away. */
		if (str_starts(file->described.language, tag))
			return file;
	}
	return first;
}
