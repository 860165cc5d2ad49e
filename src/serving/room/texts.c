/* Texts of files as extraction left them: derived/text/XX/<digest>.json (extract.h). Input like any other: text_read is strict and capped. */
#include "texts.h"

#include <stdio.h>

#include "os/os.h"

#define TEXT_FILE_MAX ((size_t)64 << 20)

static void place(const struct digest *digest, struct buf *out)
{
	struct buf tag = BUF_INIT;
	struct str hex;

	digest_tag(&tag, digest);
	hex = buf_view(&tag);
	(void)str_take_until(&hex, ':', &(struct str){NULL, 0});
	buf_text(out, "derived/text/");
	buf_add(out, hex.p, 2);
	buf_char(out, '/');
	buf_str(out, hex);
	buf_text(out, ".json");
	buf_release(&tag);
}

bool texts_have(struct desk *desk, const struct shown_file *file)
{
	struct buf path = BUF_INIT;
	bool there;

	place(&file->digest, &path);
	there = os_exists(archive_folder(desk->archive), path.p, NULL) == 1;
	buf_release(&path);
	return there;
}

struct text *texts_open(struct desk *desk, const struct shown_file *file)
{
	struct buf path = BUF_INIT, bytes = BUF_INIT;
	struct text *text = NULL;

	place(&file->digest, &path);
	if (os_read_file(archive_folder(desk->archive), path.p, TEXT_FILE_MAX, &bytes, NULL) != 0 ||
		text_read(&text, buf_view(&bytes), NULL) != 0)
		text = NULL;
	buf_release(&path);
	buf_release(&bytes);
	return text;
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
