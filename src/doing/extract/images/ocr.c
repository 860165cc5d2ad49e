/* Recognition by tesseract. */
#include "images.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>
#include <unistd.h>

#define PAGE_MILLISECONDS 120000

struct ocr {
	TessBaseAPI *engine;
};

/* Where distributions keep tesseract's data. */
static const char *const folders[] = {
	"/usr/share/tesseract-ocr/5/tessdata",
	"/usr/share/tesseract-ocr/4.00/tessdata",
	"/usr/share/tessdata",
	"/usr/local/share/tessdata",
};

static bool have(void *context, const char *name)
{
	struct buf path = BUF_INIT;
	bool there;
	buf_printf(&path, "%s/%s.traineddata", (const char *)context, name);
	there = access(path.p, R_OK) == 0;
	buf_release(&path);
	return there;
}

int ocr_open(struct ocr **out, struct str languages, struct err *err)
{
	struct ocr *ocr = NULL;
	struct buf names = BUF_INIT;
	const char *folder = NULL;
	int result = -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !folder; i++) {
		char place[80];
		memcpy(place, folders[i], strlen(folders[i]) + 1);
		if (ocr_languages(languages, have, place, &names))
			folder = folders[i];
	}
	if (!folder) {
		err_set(err, ERR_NOT_FOUND, "no data of tesseract's for these languages; install tesseract-ocr-eng or others");
		goto out;
	}
	ocr = mem_alloc(sizeof(*ocr));
	ocr->engine = TessBaseAPICreate();
	if (TessBaseAPIInit2(ocr->engine, folder, names.p, OEM_DEFAULT) != 0) {
		err_set(err, ERR_SYSTEM, "tesseract cannot use its data for %s in %s", names.p, folder);
		goto out;
	}
	/* As its own program has it. */
	TessBaseAPISetPageSegMode(ocr->engine, PSM_AUTO);
	TessBaseAPISetVariable(ocr->engine, "debug_file", "/dev/null");
	*out = ocr;
	ocr = NULL;
	result = 0;
out:
	ocr_close(ocr);
	buf_release(&names);
	return result;
}

void ocr_close(struct ocr *ocr)
{
	if (!ocr)
		return;
	TessBaseAPIEnd(ocr->engine);
	TessBaseAPIDelete(ocr->engine);
	free(ocr);
}

static uint32_t scaled(int pixels, unsigned scale)
{
	return pixels <= 0 ? 0 : (uint32_t)((uint64_t)pixels * scale / 1000);
}

static void take(TessResultIterator *words, unsigned scale, struct layout *layout)
{
	const TessPageIterator *place = TessResultIteratorGetPageIteratorConst(words);
	do {
		int left, top, right, bottom;
		char *word;
		if (TessPageIteratorIsAtBeginningOf(place, RIL_PARA))
			layout_block(layout, TEXT_PARAGRAPH, 0);
		else if (TessPageIteratorIsAtBeginningOf(place, RIL_TEXTLINE))
			layout_line(layout);
		word = TessResultIteratorGetUTF8Text(words, RIL_WORD);
		if (word && TessPageIteratorBoundingBox(place, RIL_WORD, &left, &top, &right, &bottom))
			layout_word(layout, str_from(word), scaled(left, scale), scaled(top, scale), scaled(right - left, scale),
				scaled(bottom - top, scale));
		TessDeleteText(word);
	} while (TessResultIteratorNext(words, RIL_WORD));
}

int ocr_read(struct ocr *ocr, PIX *picture, unsigned dpi, unsigned scale, struct layout *layout, struct err *err)
{
	TessResultIterator *words;
	ETEXT_DESC *monitor = TessMonitorCreate();
	int failed;
	TessMonitorSetDeadlineMSecs(monitor, PAGE_MILLISECONDS);
	TessBaseAPISetImage2(ocr->engine, picture);
	if (dpi != 0)
		TessBaseAPISetSourceResolution(ocr->engine, (int)dpi);
	failed = TessBaseAPIRecognize(ocr->engine, monitor);
	TessMonitorDelete(monitor);
	words = failed ? NULL : TessBaseAPIGetIterator(ocr->engine);
	if (words) {
		take(words, scale, layout);
		TessResultIteratorDelete(words);
	}
	TessBaseAPIClear(ocr->engine);
	return failed ? err_set(err, ERR_SYNTAX, "the page was not recognised in %d seconds", PAGE_MILLISECONDS / 1000) : 0;
}
