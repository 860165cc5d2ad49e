/* PDF: the words of its text layer in their boxes; pages without words are recognised. */
#include "images.h"

#include <allheaders.h>
#include <stdlib.h>
#include <string.h>

#define LAYER_MAX (192u << 20) /* bytes that pdftotext writes: about two million words */
#define LAYER_SECONDS 120u
#define PICTURE_SECONDS 60u
#define HEIGHTS 1000u

/* What is being read. */
struct reading {
	struct text *text;
	struct layout layout;
	struct pdf_page page;
	bool shown;         /* the page is of a size */
	double body_height; /* of lines, over the document */
	uint32_t words;     /* of this page */
	const struct reader_job *job;
	struct ocr *ocr; /* once a page wanted it */
	bool no_ocr;     /* there is none, or no time left */
	struct buf drawn;
	struct layout_box before; /* the word before in the line */
	bool in_line;             /* there is one */
	struct buf held;          /* digits that begin a line: a note's, if what follows is larger */
	struct layout_box held_box;
	/* Begun with their first word: what a number stood alone in is none of its own. */
	struct layout_box column, line;
	unsigned level;
	bool new_column, new_line;
};

static double attribute(struct str line, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i + n + 2 < line.n; i++)
		if (line.p[i] == ' ' && memcmp(line.p + i + 1, name, n) == 0 && line.p[i + 1 + n] == '=' &&
			line.p[i + 2 + n] == '"')
			return strtod(line.p + i + 3 + n, NULL); /* a quote ends it: the output ends in NUL anyway */
	return 0;
}

static struct layout_box box_of(struct str line)
{
	return (struct layout_box){
		attribute(line, "xMin"), attribute(line, "yMin"), attribute(line, "xMax"), attribute(line, "yMax")};
}

static struct str trimmed(struct str line)
{
	while (line.n > 0 && line.p[0] == ' ')
		line = (struct str){line.p + 1, line.n - 1};
	return line;
}

/* XML's five entities; appended. */
static void unescape(struct buf *out, struct str s)
{
	static const struct {
		struct str name;
		char is;
	} entities[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''},
		{{"&#39;", 5}, '\''}};
	while (s.n > 0) {
		size_t step = 1;
		char c = s.p[0];
		for (size_t i = 0; c == '&' && i < sizeof(entities) / sizeof(entities[0]); i++)
			if (str_starts(s, entities[i].name)) {
				step = entities[i].name.n;
				c = entities[i].is;
				break;
			}
		buf_char(out, c);
		s = (struct str){s.p + step, s.n - step};
	}
}

static uint32_t pixels(double points, double scale, uint32_t most)
{
	double value = points * scale + 0.5;
	return !(value > 0) ? 0 : value > most ? most : (uint32_t)value;
}

/* How high most lines are: of all of the document, in half points. */
static double usual_height(struct str layer)
{
	static const struct str tag = {"<line ", 6};
	uint32_t *heights = mem_array(HEIGHTS, sizeof(*heights)), best = 0;
	double usual = 0;
	struct str line;
	while (str_take_line(&layer, &line)) {
		struct str inner = trimmed(line);
		if (!str_starts(inner, tag))
			continue;
		struct layout_box box = box_of(inner);
		double height = (box.bottom - box.top) * 2;
		if (height >= 1 && height < HEIGHTS)
			heights[(size_t)height] += (uint32_t)(box.right - box.left > 1 ? box.right - box.left : 1);
	}
	for (size_t i = 0; i < HEIGHTS; i++)
		if (heights[i] > best) {
			best = heights[i];
			usual = ((double)i + 0.5) / 2;
		}
	free(heights);
	return usual;
}

/* ---- pages without words ------------------------------------------------------------------------------------------------------------------ */

static PIX *draw_page(struct reading *reading, uint32_t number, unsigned dpi)
{
	struct buf digits = BUF_INIT, dots = BUF_INIT;
	PIX *picture = NULL;
	struct err wrong = ERR_INIT;
	buf_u64(&digits, number);
	buf_u64(&dots, dpi);
	const char *arguments[] = {"-f", digits.p, "-l", digits.p, "-cropbox", "-gray", "-r", dots.p, "-", NULL};
	buf_clear(&reading->drawn);
	if (poppler_run(reading->job->fd, POPPLER_PICTURE, arguments, OCR_PIXELS_MAX + 64, PICTURE_SECONDS, &reading->drawn,
		    &wrong) == 1)
		picture = pixReadMem((const unsigned char *)reading->drawn.p, reading->drawn.n);
	buf_release(&digits);
	buf_release(&dots);
	return picture;
}

static void recognise_page(struct reading *reading)
{
	struct err wrong = ERR_INIT;
	PIX *picture;
	const double inches = reading->page.points_wide / 72 * reading->page.points_high / 72;
	unsigned dpi = PDF_OCR_DPI;
	while (dpi > 36 && inches * dpi * dpi > OCR_PIXELS_MAX / 2.0)
		dpi /= 2;
	if (!ocr_time_is_left() || (!reading->ocr && ocr_open(&reading->ocr, reading->job->languages, &wrong) < 0)) {
		reading->no_ocr = true;
		return;
	}
	picture = draw_page(reading, reading->layout.page, dpi);
	if (picture && pixGetWidth(picture) > 0)
		ocr_read(reading->ocr, picture, dpi, (unsigned)(1000.0 * reading->page.width / pixGetWidth(picture)),
			&reading->layout, &wrong);
	pixDestroy(&picture);
}

/* ---- the text layer ------------------------------------------------------------------------------------------------------------------------ */

static void put_held(struct reading *reading);

static void end_page(struct reading *reading)
{
	put_held(reading);
	reading->in_line = reading->new_column = reading->new_line = false;
	if (reading->layout.page != 0 && reading->shown && reading->words == 0 && !reading->no_ocr)
		recognise_page(reading);
	layout_end(&reading->layout);
}

static void begin_page(struct reading *reading, struct str line)
{
	struct text_page page = {.label = {"", 0}, .image = {"", 0}};
	end_page(reading);
	reading->shown = pdf_picture(attribute(line, "width"), attribute(line, "height"), &reading->page);
	if (reading->shown) {
		page.width = reading->page.width;
		page.height = reading->page.height;
	}
	layout_page(&reading->layout, reading->text, &page);
	reading->words = 0;
}

/* ---- words, and the numbers of notes: small, and raised ---- */

static double height_of(struct layout_box box)
{
	return box.bottom - box.top;
}

static bool is_number(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
	return word.n > 0 && word.n <= 3;
}

/* As it is printed: text_recognise knows such numbers for what they are. */
static void raise_digits(struct buf *word)
{
	static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	char digits[4];
	size_t n = word->n;
	memcpy(digits, word->p, n);
	buf_clear(word);
	for (size_t i = 0; i < n; i++)
		buf_text(word, raised[digits[i] - '0']);
}

static void put_word(struct reading *reading, struct str word, struct layout_box box)
{
	const struct pdf_page *page = &reading->page;
	uint32_t left = pixels(box.left, page->scale, page->width), top = pixels(box.top, page->scale, page->height);
	uint32_t right = pixels(box.right, page->scale, page->width), bottom = pixels(box.bottom, page->scale, page->height);
	if (reading->new_column)
		layout_column(&reading->layout, reading->column);
	if (reading->new_line)
		layout_line(&reading->layout, reading->line, reading->level);
	reading->new_column = reading->new_line = false;
	/* Where the type changes a word is parted in two. */
	reading->layout.joins = reading->in_line && box.left - reading->before.right < 0.06 * height_of(reading->before) &&
				box.left >= reading->before.right - 0.5;
	layout_word(&reading->layout, word, left, top, right > left ? right - left : 0, bottom > top ? bottom - top : 0);
	reading->before = box;
	reading->in_line = true;
	reading->words++;
}

static void put_held(struct reading *reading)
{
	if (reading->held.n > 0)
		put_word(reading, buf_view(&reading->held), reading->held_box);
	buf_clear(&reading->held);
}

/* Whether this begins right of the number that is held, at its height. */
static bool follows_held(const struct reading *reading, struct layout_box box)
{
	double height = height_of(reading->held_box), apart = box.top - reading->held_box.top;
	return reading->held.n > 0 && apart < height && apart > -height && box.left >= reading->held_box.right - 1 &&
	       box.left - reading->held_box.right < 3 * height;
}

static void begin_column(struct reading *reading, struct str line)
{
	struct layout_box box = box_of(line);
	if (!follows_held(reading, box))
		put_held(reading);
	reading->column = box;
	reading->new_column = true;
	reading->new_line = false;
}

static void begin_line(struct reading *reading, struct str line)
{
	struct layout_box box = box_of(line);
	double ratio = reading->body_height > 0 ? (box.bottom - box.top) / reading->body_height : 1;
	if (!follows_held(reading, box))
		put_held(reading);
	reading->line = box;
	reading->level = ratio > 1.75 ? 1 : ratio > 1.3 ? 2 : 0;
	reading->new_line = true;
	reading->in_line = false;
}

static void add_word(struct reading *reading, struct str line, struct buf *word)
{
	const char *start = memchr(line.p, '>', line.n);
	const struct layout_box box = box_of(line), before = reading->before;
	struct str inner;
	if (!start)
		return;
	inner = (struct str){start + 1, line.n - (size_t)(start + 1 - line.p)};
	if (str_ends(inner, STR("</word>")))
		inner.n -= strlen("</word>");
	buf_clear(word);
	unescape(word, inner);
	if (!reading->shown || word->n == 0)
		return;
	if (reading->held.n > 0) {
		if (height_of(reading->held_box) < 0.8 * height_of(box))
			raise_digits(&reading->held);
		put_held(reading);
	} else if (!reading->in_line && is_number(buf_view(word))) {
		buf_str(&reading->held, buf_view(word));
		reading->held_box = box;
		return;
	} else if (reading->in_line && is_number(buf_view(word)) && height_of(box) < 0.8 * height_of(before) &&
		   before.bottom - box.bottom > 0.15 * height_of(before) && box.left - before.right < 0.15 * height_of(before)) {
		raise_digits(word);
	}
	put_word(reading, buf_view(word), box);
}

/* One element a line, as pdftotext -bbox-layout writes. */
static void read_layer(struct reading *reading, struct str layer)
{
	struct buf word = BUF_INIT;
	struct str line;
	reading->body_height = usual_height(layer);
	while (str_take_line(&layer, &line)) {
		struct str inner = trimmed(line);
		if (str_starts(inner, STR("<word "))) {
			add_word(reading, inner, &word);
		} else if (str_starts(inner, STR("<line "))) {
			begin_line(reading, inner);
		} else if (str_starts(inner, STR("<block "))) {
			begin_column(reading, inner);
		} else if (str_starts(inner, STR("<page "))) {
			begin_page(reading, inner);
		}
	}
	end_page(reading);
	buf_release(&word);
}

int read_pdf(struct text *text, const struct reader_job *job, struct err *err)
{
	struct reading reading = {.text = text, .layout = {.text = NULL}, .job = job, .drawn = BUF_INIT};
	struct buf layer = BUF_INIT;
	const char *arguments[] = {"-bbox-layout", "-cropbox", "-enc", "UTF-8", "-", "-", NULL};
	int result = -1;
	text_set_source(text, STR("pdf"));
	if (poppler_run(job->fd, POPPLER_TEXT, arguments, LAYER_MAX, LAYER_SECONDS, &layer, err) < 0)
		goto out;
	read_layer(&reading, buf_view(&layer));
	if (text_page_count(text) == 0) {
		err_set(err, ERR_SYNTAX, "the PDF has no pages that can be read");
		goto out;
	}
	text_recognise(text);
	result = 0;
out:
	ocr_close(reading.ocr);
	buf_release(&reading.drawn);
	buf_release(&reading.held);
	buf_release(&layer);
	return result;
}
