/* RTF 1.9: groups, characters in whatever codepage, paragraphs, notes. The words are in rtf_words.c. */
#include "rtf.h"

#include "charset.h"
#include "docx.h"
#include "formats.h"

#include <stdlib.h>
#include <string.h>

/* ---- characters -------------------------------------------------------------------------------------------------------- */

static unsigned codepage_of(const struct rtf *rtf)
{
	unsigned own = rtf->now.font < RTF_FONTS_MAX ? rtf->fonts[rtf->now.font] : 0;
	return own ? own : rtf->codepage;
}

static void decode(struct rtf *rtf)
{
	char name[32] = "windows-";
	struct buf number = BUF_INIT;
	if (rtf->pending.n == 0)
		return;
	buf_u64(&number, rtf->pending_codepage);
	if (rtf->pending_codepage == 10000)
		memcpy(name, "macintosh", 10);
	else if (rtf->pending_codepage == 65001)
		memcpy(name, "utf-8", 6);
	else if (rtf->pending_codepage == 437 || rtf->pending_codepage == 850 || rtf->pending_codepage == 852 ||
		 rtf->pending_codepage == 866)
		memcpy(name, "ibm-", 4), memcpy(name + 4, number.p, number.n + 1);
	else if (number.n < 10)
		memcpy(name + 8, number.p, number.n + 1);
	buf_release(&number);
	(void)charset_decode(buf_view(&rtf->pending), str_from(name), &rtf->words, NULL);
	buf_clear(&rtf->pending);
}

static void paragraph_begins(struct rtf *rtf)
{
	struct flow *flow = &rtf->flow;
	if (flow->open)
		return;
	flow->now.is_block = true;
	flow->now.joined = false;
	flow->now.level = 0;
	if (rtf->in_note) {
		flow->now.kind = TEXT_NOTE;
	} else if (rtf->in_table) {
		flow->now.kind = TEXT_CELL;
		flow->now.level = rtf->column + 1;
	} else if (rtf->heading > 0) {
		flow->now.kind = TEXT_HEADING;
		flow->now.level = rtf->heading;
	} else if (rtf->quote) {
		flow->now.kind = TEXT_QUOTE;
	} else if (rtf->is_item || rtf->label.n > 0) {
		flow->now.kind = TEXT_ITEM;
		flow->now.level = rtf->list_level + 1;
		/* A bullet is no label. */
		if (rtf->label.n > 0 && (unsigned char)rtf->label.p[0] >= 0x80)
			buf_clear(&rtf->label);
		flow_label(flow, arena_str(&rtf->arena, buf_view(&rtf->label)));
		buf_clear(&rtf->label);
	} else {
		flow->now.kind = TEXT_PARAGRAPH;
	}
	flow->now.language = rtf->now.language && rtf->now.language != rtf->base_language ? rtf_language(rtf->now.language)
											  : (struct str){"", 0};
}

static void show(struct rtf *rtf, struct str words)
{
	struct flow *flow = &rtf->flow;
	struct str language = rtf->now.language ? rtf_language(rtf->now.language) : (struct str){"", 0};
	struct str here;
	bool blank = true;
	for (size_t i = 0; i < words.n && blank; i++)
		blank = strchr(" \t\n", words.p[i]) != NULL;
	if (blank && !flow->open)
		return;
	if (!blank)
		paragraph_begins(rtf);
	here = flow->now.language.n > 0 ? flow->now.language : flow->base;
	flow_enter(flow);
	if (!blank) {
		if (rtf->now.link.n > 0)
			flow_mark(flow, TEXT_LINK, rtf->now.link);
		if (language.n > 0 && !str_equal(language, here))
			flow_mark(flow, TEXT_FOREIGN, language);
		if (rtf->now.struck)
			flow_mark(flow, TEXT_DELETED, STR(""));
		if (rtf->now.added)
			flow_mark(flow, TEXT_ADDED, STR(""));
		if (rtf->now.strong && flow->now.kind != TEXT_HEADING)
			flow_mark(flow, TEXT_STRONG, STR(""));
		if (rtf->now.emphasis || (rtf->now.underline && rtf->now.link.n == 0))
			flow_mark(flow, TEXT_EMPHASIS, STR(""));
	}
	flow_text(flow, words);
	flow_leave(flow);
}

/* "heading 2" of a style's name; the names are English in every language's files. */
static void style_ends(struct rtf *rtf)
{
	struct str name = buf_view(&rtf->name);
	unsigned heading = 0;
	bool quote;
	while (name.n > 0 && name.p[0] == ' ')
		name.p++, name.n--;
	if (name.n >= 9 && strncasecmp(name.p, "heading ", 8) == 0 && name.p[8] >= '1' && name.p[8] <= '9')
		heading = name.p[8] > '6' ? 6 : (unsigned)(name.p[8] - '0');
	else if (name.n >= 5 && strncasecmp(name.p, "title", 5) == 0)
		heading = 1;
	quote = (name.n >= 5 && strncasecmp(name.p, "quote", 5) == 0) || (name.n >= 9 && strncasecmp(name.p, "quotation", 9) == 0);
	buf_clear(&rtf->name);
	if ((heading == 0 && !quote) || rtf->style_count >= 10000)
		return;
	if (rtf->style_count == rtf->style_cap) {
		rtf->style_cap = rtf->style_cap ? rtf->style_cap * 2 : 16;
		rtf->styles = mem_grow(rtf->styles, rtf->style_cap, sizeof(*rtf->styles));
	}
	rtf->styles[rtf->style_count++] = (struct rtf_style){rtf->style_number, heading, quote};
}

void rtf_flush(struct rtf *rtf)
{
	struct str words;
	decode(rtf);
	words = buf_view(&rtf->words);
	if (words.n == 0)
		return;
	switch (rtf->now.destination) {
	case RTF_TEXT:
		if (!rtf->now.hidden && !rtf->now.deleted && !rtf->now.alternative)
			show(rtf, words);
		break;
	case RTF_TITLE:
		if (rtf->title.n < 1000)
			buf_str(&rtf->title, words);
		break;
	case RTF_LABEL:
		if (rtf->label.n < 40)
			buf_str(&rtf->label, words);
		break;
	case RTF_INSTRUCTION:
		if (rtf->instruction.n < 2000)
			buf_str(&rtf->instruction, words);
		break;
	case RTF_STYLES:
		for (size_t i = 0; i < words.n; i++) {
			if (words.p[i] == ';')
				style_ends(rtf);
			else if (rtf->name.n < 100)
				buf_char(&rtf->name, words.p[i]);
		}
		break;
	case RTF_SKIP:
	case RTF_FONTS:
	default:
		break;
	}
	buf_clear(&rtf->words);
}

void rtf_character(struct rtf *rtf, uint32_t c)
{
	char utf8[4];
	size_t n;
	decode(rtf);
	if (c < 0x80) {
		utf8[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		utf8[0] = (char)(0xC0 | c >> 6);
		utf8[1] = (char)(0x80 | (c & 0x3F));
		n = 2;
	} else if (c < 0x10000) {
		utf8[0] = (char)(0xE0 | c >> 12);
		utf8[1] = (char)(0x80 | (c >> 6 & 0x3F));
		utf8[2] = (char)(0x80 | (c & 0x3F));
		n = 3;
	} else {
		utf8[0] = (char)(0xF0 | c >> 18);
		utf8[1] = (char)(0x80 | (c >> 12 & 0x3F));
		utf8[2] = (char)(0x80 | (c >> 6 & 0x3F));
		utf8[3] = (char)(0x80 | (c & 0x3F));
		n = 4;
	}
	buf_add(&rtf->words, utf8, n);
}

/* A byte of the codepage. */
static void byte(struct rtf *rtf, char c)
{
	if (rtf->skip > 0) {
		rtf->skip--;
		return;
	}
	if (rtf->now.destination == RTF_SKIP || rtf->now.destination == RTF_FONTS)
		return;
	if (rtf->pending.n > 0 && rtf->pending_codepage != codepage_of(rtf))
		decode(rtf);
	rtf->pending_codepage = codepage_of(rtf);
	buf_char(&rtf->pending, c);
	if (rtf->pending.n > 65536)
		rtf_flush(rtf);
}

/* ---- groups and words ---------------------------------------------------------------------------------------------------- */

static void group_begins(struct rtf *rtf)
{
	rtf_flush(rtf);
	rtf->skip = 0;
	if (rtf->depth >= RTF_DEPTH_MAX) {
		rtf->too_deep++;
		text_set_cut(rtf->text);
		return;
	}
	if (rtf->depth == rtf->cap) {
		rtf->cap = rtf->cap ? rtf->cap * 2 : 64;
		rtf->groups = mem_grow(rtf->groups, rtf->cap, sizeof(*rtf->groups));
	}
	rtf->groups[rtf->depth++] = rtf->now;
	rtf->now.starred = false;
}

/* False: it was the document's own. */
static bool group_ends(struct rtf *rtf)
{
	rtf_flush(rtf);
	rtf->skip = 0;
	if (rtf->too_deep > 0) {
		rtf->too_deep--;
		return true;
	}
	if (rtf->depth == 0)
		return false;
	rtf->now = rtf->groups[--rtf->depth];
	return rtf->depth > 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* After a backslash. */
static void control(struct rtf *rtf)
{
	struct str word = {rtf->bytes.p + rtf->at, 0};
	size_t end = rtf->bytes.n;
	bool negative = false, has_number = false;
	long number = 0;
	if (rtf->at >= end)
		return;
	if (!is_letter(*word.p)) {
		rtf->at++;
		if (*word.p == '\'') {
			int high = rtf->at < end ? hex(rtf->bytes.p[rtf->at]) : -1,
			    low = rtf->at + 1 < end ? hex(rtf->bytes.p[rtf->at + 1]) : -1;
			if (high >= 0 && low >= 0) {
				byte(rtf, (char)(high * 16 + low));
				rtf->at += 2;
			}
			return;
		}
		if (*word.p == '\\' || *word.p == '{' || *word.p == '}') {
			byte(rtf, *word.p);
			return;
		}
		word.n = 1;
		if (rtf->skip > 0) {
			rtf->skip--;
			return;
		}
		rtf_word(rtf, word, false, 0);
		return;
	}
	while (rtf->at < end && is_letter(rtf->bytes.p[rtf->at]) && word.n < 40)
		rtf->at++, word.n++;
	if (rtf->at < end && rtf->bytes.p[rtf->at] == '-')
		negative = true, rtf->at++;
	for (; rtf->at < end && rtf->bytes.p[rtf->at] >= '0' && rtf->bytes.p[rtf->at] <= '9'; rtf->at++) {
		has_number = true;
		if (number < 100000000)
			number = number * 10 + (rtf->bytes.p[rtf->at] - '0');
	}
	if (rtf->at < end && rtf->bytes.p[rtf->at] == ' ')
		rtf->at++;
	rtf_word(rtf, word, has_number, negative ? -number : number);
}

/* Reads to the end of the group that is open, or of the bytes. */
static void read_groups(struct rtf *rtf, size_t end)
{
	while (rtf->at < end) {
		char c = rtf->bytes.p[rtf->at++];
		if (c == '{') {
			group_begins(rtf);
		} else if (c == '}') {
			if (!group_ends(rtf))
				return;
		} else if (c == '\\') {
			control(rtf);
		} else if (c != '\r' && c != '\n' && c != '\0') {
			byte(rtf, c);
		}
	}
	rtf_flush(rtf);
	/* A note's own brace stands behind its end. */
	if (rtf->depth > 0 && !rtf->in_note)
		text_set_cut(rtf->text);
}

/* ---- notes --------------------------------------------------------------------------------------------------------------- */

void rtf_footnote(struct rtf *rtf)
{
	struct rtf_note note = {.from = rtf->at, .group = rtf->now, .label = {"", 0}};
	size_t depth = 0, at = rtf->at;
	bool endnote = at + 8 <= rtf->bytes.n && memcmp(rtf->bytes.p + at, "\\ftnalt", 7) == 0;
	struct buf words = BUF_INIT;
	for (; at < rtf->bytes.n; at++) {
		char c = rtf->bytes.p[at];
		if (c == '\\')
			at++;
		else if (c == '{')
			depth++;
		else if (c == '}' && depth-- == 0)
			break;
	}
	note.to = at < rtf->bytes.n ? at : rtf->bytes.n;
	rtf->at = note.to;
	docx_number(&words, endnote && rtf->endnotes_roman ? STR("lowerRoman") : STR("decimal"),
		endnote ? ++rtf->endnote_number : ++rtf->footnote_number);
	note.label = arena_str(&rtf->arena, buf_view(&words));
	buf_clear(&words);
	buf_printf(&words, "#note %zu", rtf->note_count + 1);
	note.key = arena_str(&rtf->arena, buf_view(&words));
	buf_release(&words);
	if (rtf->flow.open)
		(void)flow_reference(&rtf->flow, note.key);
	note.key.p++;
	note.key.n--;
	if (rtf->note_count == rtf->note_cap) {
		rtf->note_cap = rtf->note_cap ? rtf->note_cap * 2 : 16;
		rtf->notes = mem_grow(rtf->notes, rtf->note_cap, sizeof(*rtf->notes));
	}
	rtf->notes[rtf->note_count++] = note;
}

static void read_notes(struct rtf *rtf)
{
	rtf->in_note = true;
	rtf->in_table = rtf->is_item = false;
	rtf->heading = 0;
	for (size_t i = 0; i < rtf->note_count; i++) {
		struct rtf_note note = rtf->notes[i];
		flow_enter(&rtf->flow);
		flow_part(&rtf->flow, TEXT_NOTES);
		flow_break(&rtf->flow);
		flow_key(&rtf->flow, note.key);
		flow_label(&rtf->flow, note.label);
		rtf->now = note.group;
		rtf->now.destination = RTF_TEXT;
		rtf->depth = 1;
		rtf->too_deep = rtf->skip = 0;
		rtf->at = note.from;
		buf_clear(&rtf->label);
		read_groups(rtf, note.to);
		flow_break(&rtf->flow);
		flow_leave(&rtf->flow);
		rtf->flow.has_key = false;
		flow_label(&rtf->flow, STR(""));
	}
}

int read_rtf(struct text *text, struct str bytes, struct err *err)
{
	struct rtf rtf = {.bytes = bytes, .text = text, .arena = ARENA_INIT, .codepage = 1252};
	text_set_source(text, STR("rtf"));
	if (!str_starts(bytes, STR("{\\rtf")))
		return err_set(err, ERR_SYNTAX, "the document does not begin as RTF does, with {\\rtf");
	flow_init(&rtf.flow, text);
	rtf.fonts = mem_array(RTF_FONTS_MAX, sizeof(*rtf.fonts));
	rtf.groups = mem_array(64, sizeof(*rtf.groups));
	rtf.cap = 64;
	rtf.now.fallback = 1;
	rtf.now.link = (struct str){"", 0};
	rtf.flow.base = (struct str){"", 0};
	read_groups(&rtf, bytes.n);
	read_notes(&rtf);
	text_set_title(text, buf_view(&rtf.title));
	if (rtf.base_language)
		text_set_language(text, rtf_language(rtf.base_language));
	flow_finish(&rtf.flow);
	text_recognise(text);
	free(rtf.fonts);
	free(rtf.groups);
	free(rtf.styles);
	free(rtf.notes);
	buf_release(&rtf.pending);
	buf_release(&rtf.words);
	buf_release(&rtf.name);
	buf_release(&rtf.label);
	buf_release(&rtf.title);
	buf_release(&rtf.instruction);
	arena_release(&rtf.arena);
	return 0;
}
