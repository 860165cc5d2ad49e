/* The control words of RTF that say something of the text; all others are passed over. */
#include "rtf.h"

#include <stdlib.h>
#include <string.h>

unsigned rtf_charset_codepage(long charset)
{
	static const struct {
		long charset;
		unsigned codepage;
	} known[] = {{77, 10000}, {128, 932}, {129, 949}, {134, 936}, {136, 950}, {161, 1253}, {162, 1254}, {163, 1258},
		{177, 1255}, {178, 1256}, {186, 1257}, {204, 1251}, {222, 874}, {238, 1250}, {254, 437}, {255, 850}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].charset == charset)
			return known[i].codepage;
	return 0;
}

struct str rtf_language(unsigned lcid)
{
	/* By the primary language, the low ten bits. */
	static const char *const languages[] = {"", "ar", "bg", "ca", "zh", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he",
		"hu", "is", "it", "ja", "ko", "nl", "no", "pl", "pt", "rm", "ro", "ru", "hr", "sk", "sq", "sv", "th", "tr", "ur",
		"id", "uk", "be", "sl", "et", "lv", "lt", "tg", "fa", "vi", "hy", "az", "eu", "hsb", "mk", "", "", "", "", "", "",
		"af", "ka", "fo", "hi", "mt", "", "ga", "yi", "ms", "kk", "ky", "sw", "tk", "uz", "tt", "bn", "pa", "gu", "or",
		"ta", "te", "kn", "ml", "as", "mr", "sa", "mn", "bo", "cy", "km", "lo", "my", "gl", "kok", "", "sd", "syr", "si"};
	unsigned primary = lcid & 0x3FF;
	return str_from(primary < sizeof(languages) / sizeof(languages[0]) ? languages[primary] : "");
}

/* ---- the words ------------------------------------------------------------------------------------------------------------- */

enum word {
	W_ANSICPG,
	W_AFTNNRLC,
	W_B,
	W_BIN,
	W_BULLET,
	W_CELL,
	W_CPG,
	W_DEFF,
	W_DEFLANG,
	W_DELETED,
	W_EMDASH,
	W_EMSPACE,
	W_ENDASH,
	W_F,
	W_FCHARSET,
	W_FLDINST,
	W_FLDRSLT,
	W_FONTTBL,
	W_FOOTNOTE,
	W_I,
	W_ILVL,
	W_INTBL,
	W_LABEL,
	W_LANG,
	W_LDBLQUOTE,
	W_LINE,
	W_LQUOTE,
	W_LS,
	W_MAC,
	W_OUTLINELEVEL,
	W_PAGE,
	W_PAR,
	W_PARD,
	W_PC,
	W_PCA,
	W_PLAIN,
	W_RDBLQUOTE,
	W_REVISED,
	W_ROW,
	W_RQUOTE,
	W_S,
	W_SKIP,
	W_STRIKE,
	W_STYLESHEET,
	W_TAB,
	W_TITLE,
	W_TROWD,
	W_U,
	W_UC,
	W_UD,
	W_UL,
	W_ULNONE,
	W_UPR,
	W_V,
	W_PASS
};

static const struct {
	const char *word;
	enum word what;
} words[] = {
	{"aftnnrlc", W_AFTNNRLC},
	{"annotation", W_SKIP},
	{"ansicpg", W_ANSICPG},
	{"atnauthor", W_SKIP},
	{"atnid", W_SKIP},
	{"author", W_SKIP},
	{"b", W_B},
	{"bin", W_BIN},
	{"bullet", W_BULLET},
	{"cell", W_CELL},
	{"colortbl", W_SKIP},
	{"comment", W_SKIP},
	{"company", W_SKIP},
	{"cpg", W_CPG},
	{"creatim", W_SKIP},
	{"datafield", W_SKIP},
	{"deff", W_DEFF},
	{"deflang", W_DEFLANG},
	{"deleted", W_DELETED},
	{"doccomm", W_SKIP},
	{"emdash", W_EMDASH},
	{"emspace", W_EMSPACE},
	{"endash", W_ENDASH},
	{"enspace", W_EMSPACE},
	{"f", W_F},
	{"falt", W_SKIP},
	{"fcharset", W_FCHARSET},
	{"field", W_PASS},
	{"fldinst", W_FLDINST},
	{"fldrslt", W_FLDRSLT},
	{"fonttbl", W_FONTTBL},
	{"footer", W_SKIP},
	{"footerf", W_SKIP},
	{"footerl", W_SKIP},
	{"footerr", W_SKIP},
	{"footnote", W_FOOTNOTE},
	{"ftncn", W_SKIP},
	{"ftnsep", W_SKIP},
	{"ftnsepc", W_SKIP},
	{"generator", W_SKIP},
	{"header", W_SKIP},
	{"headerf", W_SKIP},
	{"headerl", W_SKIP},
	{"headerr", W_SKIP},
	{"i", W_I},
	{"ilvl", W_ILVL},
	{"info", W_SKIP},
	{"intbl", W_INTBL},
	{"keywords", W_SKIP},
	{"lang", W_LANG},
	{"ldblquote", W_LDBLQUOTE},
	{"line", W_LINE},
	{"listoverridetable", W_SKIP},
	{"listtable", W_SKIP},
	{"listtext", W_LABEL},
	{"lquote", W_LQUOTE},
	{"ls", W_LS},
	{"mac", W_MAC},
	{"nestcell", W_CELL},
	{"nonesttables", W_SKIP},
	{"nonshppict", W_SKIP},
	{"objdata", W_SKIP},
	{"operator", W_SKIP},
	{"outlinelevel", W_OUTLINELEVEL},
	{"page", W_PAGE},
	{"par", W_PAR},
	{"pard", W_PARD},
	{"pc", W_PC},
	{"pca", W_PCA},
	{"pict", W_SKIP},
	{"plain", W_PLAIN},
	{"pntext", W_LABEL},
	{"rdblquote", W_RDBLQUOTE},
	{"revised", W_REVISED},
	{"revtbl", W_SKIP},
	{"row", W_ROW},
	{"rquote", W_RQUOTE},
	{"rsidtbl", W_SKIP},
	{"rtf", W_PASS},
	{"s", W_S},
	{"sect", W_PAR},
	{"strike", W_STRIKE},
	{"stylesheet", W_STYLESHEET},
	{"subject", W_SKIP},
	{"tab", W_TAB},
	{"tc", W_SKIP},
	{"title", W_TITLE},
	{"trowd", W_TROWD},
	{"txe", W_SKIP},
	{"u", W_U},
	{"uc", W_UC},
	{"ud", W_UD},
	{"ul", W_UL},
	{"ulnone", W_ULNONE},
	{"upr", W_UPR},
	{"v", W_V},
	{"xe", W_SKIP},
};

static enum word look(struct str word, bool *known)
{
	size_t low = 0, high = sizeof(words) / sizeof(words[0]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(str_from(words[middle].word), word);
		if (order == 0) {
			*known = true;
			return words[middle].what;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*known = false;
	return W_PASS;
}

static void unicode(struct rtf *rtf, long number)
{
	uint32_t c = (uint32_t)(number < 0 ? number + 65536 : number);
	rtf->skip = rtf->now.fallback;
	if (rtf->now.destination == RTF_SKIP || rtf->now.destination == RTF_FONTS)
		return;
	if (c >= 0xD800 && c < 0xDC00) {
		rtf->high = c;
		return;
	}
	if (c >= 0xDC00 && c < 0xE000) {
		c = rtf->high ? 0x10000 + ((rtf->high - 0xD800) << 10) + (c - 0xDC00) : 0xFFFD;
	} else if (c == 0xF0B7) {
		c = 0x2022; /* the bullet of the font Symbol */
	} else if (c > 0x10FFFF) {
		c = 0xFFFD;
	}
	rtf->high = 0;
	rtf_character(rtf, c);
}

static void paragraph_ends(struct rtf *rtf)
{
	rtf_flush(rtf);
	if (rtf->in_table && !rtf->in_note)
		flow_space(&rtf->flow); /* a cell's paragraphs are one block */
	else
		flow_break(&rtf->flow);
	buf_clear(&rtf->label);
}

static void style(struct rtf *rtf, unsigned number)
{
	rtf->heading = 0;
	rtf->quote = false;
	for (size_t i = 0; i < rtf->style_count; i++)
		if (rtf->styles[i].number == number) {
			rtf->heading = rtf->styles[i].heading;
			rtf->quote = rtf->styles[i].quote;
			return;
		}
}

/* HYPERLINK "https://…" */
static struct str link_of(struct rtf *rtf)
{
	struct str words_of = buf_view(&rtf->instruction);
	const char *from = memmem(words_of.p, words_of.n, "HYPERLINK \"", 11), *to;
	struct str target = {"", 0};
	if (from) {
		from += 11;
		to = memchr(from, '"', (size_t)(words_of.p + words_of.n - from));
		if (to)
			target = arena_str(&rtf->arena, (struct str){from, (size_t)(to - from)});
	}
	buf_clear(&rtf->instruction);
	if (!str_starts(target, STR("http://")) && !str_starts(target, STR("https://")) && !str_starts(target, STR("mailto:")))
		return (struct str){"", 0};
	return target;
}

/* A byte's worth of a property that its word turns on, and its word with 0 off. */
static void toggle(struct rtf *rtf, bool *property, bool has_number, long number)
{
	rtf_flush(rtf);
	*property = !has_number || number != 0;
}

static void symbol(struct rtf *rtf, char c)
{
	if (c == '~')
		rtf_character(rtf, 0xA0);
	else if (c == '_')
		rtf_character(rtf, 0x2011);
	else if (c == '*')
		rtf->now.starred = true;
	else if (c == '\n' || c == '\r')
		paragraph_ends(rtf);
}

static void destination(struct rtf *rtf, enum rtf_destination where)
{
	rtf_flush(rtf);
	/* What is passed over holds nothing that is not; but the title stands in \info. */
	if (rtf->now.destination != RTF_SKIP || where == RTF_TITLE)
		rtf->now.destination = where;
}

static void font(struct rtf *rtf, long number)
{
	unsigned font = number >= 0 && number < (long)RTF_FONTS_MAX ? (unsigned)number : 0;
	if (rtf->now.destination == RTF_FONTS)
		rtf->font = font;
	else
		rtf->now.font = font;
}

static void character_word(struct rtf *rtf, enum word what)
{
	static const struct {
		enum word what;
		uint32_t c;
	} characters[] = {{W_BULLET, 0x2022}, {W_EMDASH, 0x2014}, {W_ENDASH, 0x2013}, {W_LDBLQUOTE, 0x201C}, {W_RDBLQUOTE, 0x201D},
		{W_LQUOTE, 0x2018}, {W_RQUOTE, 0x2019}, {W_EMSPACE, ' '}, {W_TAB, ' '}};
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++)
		if (characters[i].what == what && rtf->now.destination != RTF_SKIP && rtf->now.destination != RTF_FONTS)
			rtf_character(rtf, characters[i].c);
}

/* The first known one is the document's: of \deflang, else of its plain style. */
static void base_language(struct rtf *rtf, unsigned language)
{
	if (rtf->base_language || rtf_language(language).n == 0)
		return;
	rtf->base_language = language;
	rtf->flow.base = rtf_language(language);
}

/* Of the document and its tables. */
static bool document_word(struct rtf *rtf, enum word what, long number)
{
	unsigned positive = number > 0 && number < 100000 ? (unsigned)number : 0;
	switch ((int)what) {
	case W_ANSICPG:
		rtf->codepage = positive ? positive : 1252;
		return true;
	case W_MAC:
		rtf->codepage = 10000;
		return true;
	case W_PC:
		rtf->codepage = 437;
		return true;
	case W_PCA:
		rtf->codepage = 850;
		return true;
	case W_DEFF:
		rtf->default_font = positive < RTF_FONTS_MAX ? positive : 0;
		rtf->now.font = rtf->default_font;
		return true;
	case W_DEFLANG:
		base_language(rtf, positive);
		return true;
	case W_CPG:
	case W_FCHARSET:
		if (rtf->now.destination == RTF_FONTS && rtf->font < RTF_FONTS_MAX)
			rtf->fonts[rtf->font] = (uint16_t)(what == W_CPG ? positive : rtf_charset_codepage(number));
		return true;
	case W_AFTNNRLC:
		rtf->endnotes_roman = true;
		return true;
	case W_FONTTBL:
		destination(rtf, RTF_FONTS);
		return true;
	case W_STYLESHEET:
		destination(rtf, RTF_STYLES);
		return true;
	case W_TITLE:
		destination(rtf, RTF_TITLE);
		return true;
	case W_LABEL:
		destination(rtf, RTF_LABEL);
		return true;
	case W_SKIP:
		destination(rtf, RTF_SKIP);
		return true;
	case W_FLDINST:
		destination(rtf, RTF_INSTRUCTION);
		return true;
	case W_FLDRSLT:
		rtf_flush(rtf);
		rtf->now.link = link_of(rtf);
		return true;
	default:
		return false;
	}
}

static bool paragraph_word(struct rtf *rtf, enum word what, long number)
{
	switch ((int)what) {
	case W_PAR:
	case W_PAGE:
		if (rtf->now.destination == RTF_TEXT)
			paragraph_ends(rtf);
		return true;
	case W_LINE:
		rtf_flush(rtf);
		if (rtf->now.destination == RTF_TEXT)
			flow_line(&rtf->flow, false);
		return true;
	case W_PARD:
		rtf_flush(rtf);
		rtf->heading = rtf->list_level = 0;
		rtf->in_table = rtf->is_item = rtf->quote = false;
		return true;
	case W_S:
		if (rtf->now.destination == RTF_STYLES)
			rtf->style_number = (unsigned)(number & 0xFFFF);
		else
			style(rtf, (unsigned)(number & 0xFFFF));
		return true;
	case W_OUTLINELEVEL:
		if (rtf->now.destination == RTF_TEXT && number >= 0 && number < 6)
			rtf->heading = (unsigned)number + 1;
		return true;
	case W_LS:
		rtf->is_item = number > 0;
		return true;
	case W_ILVL:
		rtf->list_level = number > 0 && number < 9 ? (unsigned)number : 0;
		return true;
	case W_INTBL:
		rtf->in_table = true;
		return true;
	case W_TROWD:
	case W_ROW:
		rtf_flush(rtf);
		rtf->column = 0;
		return true;
	case W_CELL:
		rtf_flush(rtf);
		flow_break(&rtf->flow);
		rtf->column++;
		return true;
	default:
		return false;
	}
}

static void run_word(struct rtf *rtf, enum word what, bool has_number, long number)
{
	struct rtf_group *now = &rtf->now;
	switch ((int)what) {
	case W_B:
		toggle(rtf, &now->strong, has_number, number);
		break;
	case W_I:
		toggle(rtf, &now->emphasis, has_number, number);
		break;
	case W_UL:
		toggle(rtf, &now->underline, has_number, number);
		break;
	case W_ULNONE:
		toggle(rtf, &now->underline, true, 0);
		break;
	case W_STRIKE:
		toggle(rtf, &now->struck, has_number, number);
		break;
	case W_DELETED:
		toggle(rtf, &now->deleted, has_number, number);
		break;
	case W_REVISED:
		toggle(rtf, &now->added, has_number, number);
		break;
	case W_V:
		toggle(rtf, &now->hidden, has_number, number);
		break;
	case W_PLAIN:
		rtf_flush(rtf);
		now->strong = now->emphasis = now->underline = now->struck = now->hidden = now->deleted = now->added = false;
		now->font = rtf->default_font;
		now->language = 0;
		break;
	case W_F:
		font(rtf, number);
		break;
	case W_LANG:
		rtf_flush(rtf);
		if (now->destination == RTF_STYLES && rtf->style_number == 0)
			base_language(rtf, number > 0 && number < 65536 ? (unsigned)number : 0);
		now->language = number > 0 && number < 65536 && number != 1024 ? (unsigned)number : 0;
		break;
	case W_UC:
		now->fallback = number >= 0 && number < 100 ? (unsigned)number : 1;
		break;
	case W_U:
		unicode(rtf, number);
		break;
	case W_UPR:
		rtf_flush(rtf);
		now->alternative = true;
		break;
	case W_UD:
		rtf_flush(rtf);
		now->alternative = false;
		break;
	default:
		character_word(rtf, what);
		break;
	}
}

void rtf_word(struct rtf *rtf, struct str word, bool has_number, long number)
{
	bool known, starred = rtf->now.starred;
	enum word what;
	if (word.n == 1 && !((word.p[0] >= 'a' && word.p[0] <= 'z') || (word.p[0] >= 'A' && word.p[0] <= 'Z'))) {
		symbol(rtf, word.p[0]);
		return;
	}
	what = look(word, &known);
	rtf->now.starred = false;
	if (!known) {
		if (starred)
			destination(rtf, RTF_SKIP);
		return;
	}
	if (what == W_BIN) {
		size_t left = rtf->bytes.n - rtf->at;
		rtf->at += number > 0 ? ((size_t)number < left ? (size_t)number : left) : 0;
		return;
	}
	if (what != W_U && rtf->skip > 0 && (what == W_TAB || what == W_LINE)) {
		rtf->skip--;
		return;
	}
	if (what == W_FOOTNOTE) {
		rtf_flush(rtf);
		/* In a note it is no note of its own: nobody prints such, and each would be looked through for its end again. */
		if (rtf->now.destination == RTF_TEXT && !rtf->in_note)
			rtf_footnote(rtf);
		return;
	}
	if (!document_word(rtf, what, number) && !paragraph_word(rtf, what, number))
		run_word(rtf, what, has_number, number);
}
