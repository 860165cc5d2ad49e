/* Where a document has been: a line through time, drawn; what stands in it is also told as a list. */
#include "custody.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_SHOWN 100u
#define WIDTH 400 /* units of the picture: about a phone's width, so that its letters keep their size there */
#define RAIL 22   /* where the line runs */
#define TEXT_LEFT 46
#define LINE 19 /* of text */
#define ROOM                                                                                                                       \
	350 /* of a line of text; letters are taken to be as wide as they are in wide type faces: what is cut off is lost, what wraps early is not */
#define NOTE_LINES 3u
#define GAP_DAYS (INT64_C(5) * 365) /* of which nothing is known: dashed */

struct step {
	struct record_event event;
	int64_t first, last; /* days; first > last: not known */
	bool deposited;      /* the coming into this archive, which is logged */
};

/* As they were told, but for what is surely earlier than what was told before it: "about November" may well come after the sixteenth. */
static void insert(struct step *steps, size_t *count, const struct step *step)
{
	size_t at = (*count)++;

	for (; at > 0 && step->first <= step->last && step->last < steps[at - 1].first; at--)
		steps[at] = steps[at - 1];
	steps[at] = *step;
}

static size_t gather(const struct shown *shown, struct step *steps)
{
	size_t count = 0, total = record_event_count(shown->record);

	for (size_t i = 0; i < total && count + 1 < EVENTS_SHOWN; i++) {
		struct step step = {.first = INT64_MAX, .last = INT64_MIN};
		struct edtf edtf;

		record_event(shown->record, i, &step.event);
		if (record_event_superseded(shown->record, step.event.number))
			continue; /* the later word stands; the history of versions has the earlier */
		if (edtf_parse(step.event.date, &edtf, NULL) == 0) {
			step.first = edtf.days.first != EDTF_OPEN_FIRST ? edtf.days.first : edtf.days.last;
			step.last = edtf.days.last != EDTF_OPEN_LAST ? edtf.days.last : edtf.days.first;
		} else if (count > 0) {
			/* What has no date stays after what was told before it. */
			step.first = step.last = steps[count - 1].last;
		}
		insert(steps, &count, &step);
	}
	return count;
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------------------------------------- */

static void at(struct html *html, const char *name, int value)
{
	html_number(html, name, value);
}

static void line(struct html *html, const char *class_name, int x1, int y1, int x2, int y2)
{
	html_begin(html, "line");
	html_set(html, "class", class_name);
	at(html, "x1", x1);
	at(html, "y1", y1);
	at(html, "x2", x2);
	at(html, "y2", y2);
	html_end(html);
}

static bool is_type(const struct step *step, const char *type)
{
	return str_equal(step->event.type, str_from(type));
}

/* A ring for what happened to it, a cross for a loss, a square for a hand that took it, a full dot for this archive. */
static void sign(struct html *html, const struct step *step, int y)
{
	if (is_type(step, "loss") || is_type(step, "deletion")) {
		line(html, "cross", RAIL - 7, y - 7, RAIL + 7, y + 7);
		line(html, "cross", RAIL - 7, y + 7, RAIL + 7, y - 7);
	} else if (is_type(step, "custody") || is_type(step, "transfer") || is_type(step, "accession")) {
		html_begin(html, "rect");
		html_set(html, "class", "hand");
		at(html, "x", RAIL - 7);
		at(html, "y", y - 7);
		at(html, "width", 14);
		at(html, "height", 14);
		html_end(html);
	} else {
		html_begin(html, "circle");
		html_set(html, "class", step->deposited ? "here" : "ring");
		at(html, "cx", RAIL);
		at(html, "cy", y);
		at(html, "r", 7);
		html_end(html);
	}
}

static void text_line(struct html *html, const char *class_name, int y, struct str text)
{
	html_begin(html, "text");
	html_set(html, "class", class_name);
	at(html, "x", TEXT_LEFT);
	at(html, "y", y);
	html_text(html, text);
	html_end(html);
}

/* About how wide the character that begins here is, in tenths of a unit, at the size of notes; 0: none begins. */
static unsigned width_of(unsigned char c, bool bold)
{
	unsigned width = c < 0x80   ? (strchr("ijlftI.,:;'!|() ", c) != NULL ? 45
					      : strchr("mwMW@", c) != NULL   ? 125
					      : c >= 'A' && c <= 'Z'         ? 102
									     : 84)
			 : c < 0xc0 ? 0
			 : c < 0xc8 ? 84   /* Latin with accents */
			 : c < 0xe0 ? 98   /* Greek, Cyrillic, Hebrew, Arabic */
				    : 150; /* Han and others; of dashes and quotation marks it is too much */

	return bold ? width * 118 / 100 : width;
}

/* The next line of *rest: whole words, as many as there is room for. */
static struct str take_line(struct str *rest, bool bold)
{
	size_t i = 0, space = 0;
	unsigned width = 0;
	struct str taken;

	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\n'))
		*rest = (struct str){rest->p + 1, rest->n - 1};
	while (i < rest->n && rest->p[i] != '\n') {
		width += width_of((unsigned char)rest->p[i], bold);
		if (((unsigned char)rest->p[i] & 0xc0) != 0x80 && width > ROOM * 10)
			break;
		if (rest->p[i] == ' ')
			space = i;
		i++;
	}
	taken = (struct str){rest->p, i == rest->n || rest->p[i] == '\n' || space == 0 ? i : space};
	*rest = (struct str){rest->p + taken.n, rest->n - taken.n};
	return taken;
}

static int write_wrapped(struct html *html, const char *class_name, int y, struct str text, unsigned lines)
{
	struct str rest = text;

	for (unsigned i = 0; i < lines && rest.n > 0; i++) {
		struct str one = take_line(&rest, strcmp(class_name, "what") == 0);
		struct buf with = BUF_INIT;

		if (one.n == 0)
			break;
		buf_str(&with, one);
		if (i + 1 == lines && rest.n > 0)
			buf_text(&with, " …");
		text_line(html, class_name, y, buf_view(&with));
		buf_release(&with);
		y += LINE;
	}
	return y;
}

static const char *type_word(struct page *page, const struct step *step)
{
	return step->deposited ? word_texts[page->language][WORD_CUSTODY_DEPOSITED]
			       : word_of(page->language, "event.", step->event.type);
}

static void date_text(struct page *page, const struct step *step, struct buf *out)
{
	if (step->event.date.n == 0)
		buf_text(out, word_texts[page->language][WORD_CUSTODY_UNDATED]);
	else
		word_date(out, page->language, step->event.date);
}

static void heading_text(struct page *page, const struct step *step, struct buf *out)
{
	const char *word = type_word(page, step);

	if (word != NULL)
		buf_text(out, word);
	else
		buf_str(out, step->event.type);
	if (step->event.agent.n > 0) {
		buf_text(out, ": ");
		buf_str(out, step->event.agent);
	}
}

/* Where it begins, where the next begins. */
static int write_step(struct page *page, const struct step *step, int y)
{
	struct html *html = &page->html;
	struct buf text = BUF_INIT;
	int below;

	sign(html, step, y);
	date_text(page, step, &text);
	text_line(html, "when", y + 5, buf_view(&text));
	buf_clear(&text);
	heading_text(page, step, &text);
	below = write_wrapped(html, "what", y + 5 + LINE, buf_view(&text), 2);
	below = write_wrapped(html, "more", below, step->event.note, NOTE_LINES);
	buf_release(&text);
	return below + 12;
}

static void write_picture(struct page *page, const struct step *steps, size_t count)
{
	struct html *html = &page->html;
	struct buf lines = BUF_INIT, view = BUF_INIT;
	const struct html outer = *html;
	int y = 18, before = 0;

	/* Its height is known when it is drawn: so it is drawn aside. */
	html->out = &lines;
	html->in_tag = false;
	for (size_t i = 0; i < count; i++) {
		bool gap = i > 0 && steps[i - 1].last != INT64_MIN && steps[i].first != INT64_MAX &&
			   steps[i].first > steps[i - 1].last && steps[i].first - steps[i - 1].last > GAP_DAYS;

		if (gap)
			y += 22;
		if (i > 0)
			line(html, gap ? "unknown" : "known", RAIL, before + 9, RAIL, y - 9);
		before = y;
		y = write_step(page, &steps[i], y);
	}
	*html = outer;
	buf_printf(&view, "0 0 %d %d", WIDTH, y);
	html_begin(html, "svg");
	html_attribute(html, "viewBox", buf_view(&view));
	html_set(html, "role", "img");
	html_set(html, "aria-labelledby", "custody");
	html_set(html, "aria-describedby", "custody-told");
	html_inner(html, &lines);
	html_end(html);
	buf_release(&lines);
	buf_release(&view);
}

/* ---- in words ------------------------------------------------------------------------------------------------------------------------------------------- */

static void write_told(struct page *page, const struct step *steps, size_t count, const struct holdings *holdings)
{
	struct html *html = &page->html;

	html_begin(html, "details");
	html_set(html, "id", "custody-told");
	html_begin(html, "summary");
	page_say(page, WORD_CUSTODY_TOLD);
	html_end(html);
	html_begin(html, "ol");
	for (size_t i = 0; i < count; i++) {
		const struct record_event *event = &steps[i].event;
		const struct holding *evidence =
			holdings != NULL && event->evidence.n > 0 ? holdings_find(holdings, event->evidence) : NULL;
		struct buf text = BUF_INIT;

		html_begin(html, "li");
		date_text(page, &steps[i], &text);
		buf_text(&text, ". ");
		heading_text(page, &steps[i], &text);
		html_element(html, "strong", NULL, buf_view(&text));
		if (event->accession.n > 0) {
			html_words(html, " ");
			page_say_with(page, WORD_CUSTODY_ACCESSION, event->accession, STR(""), STR(""));
		}
		if (event->from.n > 0) {
			html_words(html, " ");
			page_say_with(page, WORD_CUSTODY_FROM, event->from, STR(""), STR(""));
		}
		if (event->agreement.n > 0) {
			html_words(html, " ");
			html_element(html, "span", NULL, event->agreement);
		}
		if (event->note.n > 0) {
			html_words(html, " ");
			html_element(html, "span", "said", event->note);
		}
		if (evidence != NULL) {
			html_words(html, " ");
			page_say(page, WORD_CUSTODY_EVIDENCE);
			html_words(html, " ");
			holding_title(page, evidence);
		}
		html_end(html);
		buf_release(&text);
	}
	html_end(html);
	html_end(html);
}

static int first_time(void *context, const struct catalogue_version_row *row, struct err *err)
{
	(void)err;
	*(int64_t *)context = row->time;
	return 1; /* the first is enough */
}

void custody_write(struct page *page, struct shown *shown, const struct holdings *holdings)
{
	struct step *steps = mem_array(EVENTS_SHOWN + 1, sizeof(*steps));
	size_t count = gather(shown, steps);
	struct step here = {.deposited = true};
	struct html *html = &page->html;
	char day[TIME_TEXT];
	int64_t time = 0;

	if (count > 0) {
		(void)catalogue_each_version(page->desk->catalogue, buf_view(&shown->name.id), first_time, &time, NULL);
		time_format(time, day);
		here.event.date = (struct str){day, 10};
		here.event.agent = archive_title(page->desk->archive);
		here.first = here.last = time / 86400;
		insert(steps, &count, &here);
		html_begin(html, "section");
		html_set(html, "class", "custody");
		page_heading(page, "h2", "custody", WORD_RECORD_CUSTODY);
		html_begin(html, "figure");
		write_picture(page, steps, count);
		html_end(html);
		write_told(page, steps, count, holdings);
		html_end(html);
	}
	free(steps);
}
