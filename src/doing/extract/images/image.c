/* Images are recognised. */
#include "images.h"

#include <allheaders.h>
#include <stdlib.h>

int read_image(struct text *text, const struct reader_job *job, struct err *err)
{
	struct image_file file = {.p = NULL};
	struct layout layout = {.text = NULL};
	struct ocr *ocr = NULL;
	struct err wrong = ERR_INIT;
	PIX *picture = NULL;
	int result = -1, got = 0;
	text_set_source(text, STR("ocr"));
	if (image_open(&file, job->fd, err) < 0)
		goto out;
	while ((file.page == 0 || ocr_time_is_left()) && (got = image_next(&file, &picture, &wrong)) == 1) {
		struct text_page page = {.label = {"", 0},
			.image = job->name,
			.width = (uint32_t)pixGetWidth(picture),
			.height = (uint32_t)pixGetHeight(picture)};
		if (file.tiff && (file.offset != 0 || file.page > 1))
			page.image = (struct str){"", 0}; /* a page of the document */
		if (!ocr && ocr_open(&ocr, job->languages, err) < 0)
			goto out;
		layout_page(&layout, text, &page);
		if (ocr_read(ocr, picture, 0, 1000, &layout, &wrong) < 0 && file.page == 1 && file.offset == 0) {
			*err = wrong;
			goto out;
		}
		pixDestroy(&picture);
	}
	if (got < 0 && file.page <= 1) { /* later ones: what came before them stays */
		*err = wrong;
		goto out;
	}
	layout_end(&layout);
	text_recognise(text);
	result = 0;
out:
	pixDestroy(&picture);
	ocr_close(ocr);
	image_close(&file);
	return result;
}
