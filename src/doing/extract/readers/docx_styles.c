/* Styles and numbered lists of a DOCX. */
#include "docx.h"

#include <stdlib.h>
#include <string.h>

#define BASED_ON_MAX 20 /* styles on styles; Word allows 11 */

void docx_styles_open(struct docx_styles *styles, xmlDoc *doc, xmlDoc *numbering)
{
	*styles = (struct docx_styles){.styles = doc, .numbering = numbering, .language = {"", 0}};
	xmlNode *root = xmlDocGetRootElement(doc);
	styles->by_id = xmlHashCreate(64);
	for (xmlNode *style = xml_child(root, "style"); style && styles->by_id; style = xml_next(style, "style"))
		if (xml_attribute(style, "styleId").n > 0)
			(void)xmlHashAddEntry(styles->by_id, (const xmlChar *)xml_attribute(style, "styleId").p, style);
	styles->language = xml_attribute(xml_path(root, "docDefaults/rPrDefault/rPr/lang"), "val");
}

void docx_styles_close(struct docx_styles *styles)
{
	if (styles->by_id)
		xmlHashFree(styles->by_id, NULL);
	xmlFreeDoc(styles->styles);
	xmlFreeDoc(styles->numbering);
	free(styles->lists);
	*styles = (struct docx_styles){.styles = NULL};
}

static bool begins_with(struct str name, const char *word)
{
	size_t n = strlen(word);
	return name.n >= n && strncasecmp(name.p, word, n) == 0;
}

/* Word's own names of styles are English in every language's files ("heading 1"), the ids are not ("berschrift1"). */
static void by_name(struct str name, struct docx_style *style)
{
	if (begins_with(name, "heading ") && name.n == 9 && name.p[8] >= '1' && name.p[8] <= '9')
		style->heading = name.p[8] > '6' ? 6 : (unsigned)(name.p[8] - '0');
	else if (begins_with(name, "title"))
		style->heading = 1, style->is_title = true;
	else if (begins_with(name, "subtitle"))
		style->heading = 2;
	else if (begins_with(name, "quote") || begins_with(name, "quotation") || begins_with(name, "intense quote") ||
		 begins_with(name, "block text"))
		style->quote = true;
	else if (begins_with(name, "caption"))
		style->caption = true;
}

void docx_style(const struct docx_styles *styles, struct str id, struct docx_style *style)
{
	*style = (struct docx_style){.number = {"", 0}, .level = {"", 0}, .language = {"", 0}};
	for (unsigned depth = 0; id.n > 0 && depth < BASED_ON_MAX && styles->by_id; depth++) {
		const xmlNode *node = xmlHashLookup(styles->by_id, (const xmlChar *)id.p), *properties = xml_child(node, "pPr");
		const xmlNode *outline = xml_child(properties, "outlineLvl"), *list = xml_child(properties, "numPr");
		if (!node)
			break;
		if (!style->heading && !style->quote && !style->caption)
			by_name(xml_attribute(xml_child(node, "name"), "val"), style);
		if (!style->heading && outline && xml_number(outline, "val", 9) < 6)
			style->heading = xml_number(outline, "val", 0) + 1;
		if (style->number.n == 0) {
			style->number = xml_attribute(xml_child(list, "numId"), "val");
			style->level = xml_attribute(xml_child(list, "ilvl"), "val");
		}
		if (style->language.n == 0)
			style->language = xml_attribute(xml_child(xml_child(node, "rPr"), "lang"), "val");
		id = xml_attribute(xml_child(node, "basedOn"), "val");
	}
}

/* ---- numbered lists ---------------------------------------------------------------------------------------------------- */

static const xmlNode *with(const xmlNode *parent, const char *name, const char *attribute, struct str value)
{
	for (const xmlNode *node = xml_child(parent, name); node; node = xml_next(node, name))
		if (str_equal(xml_attribute(node, attribute), value))
			return node;
	return NULL;
}

static struct docx_list *list_of(struct docx_styles *styles, struct str number)
{
	const xmlNode *root = xmlDocGetRootElement(styles->numbering), *instance, *definition;
	struct docx_list *list;
	for (size_t i = 0; i < styles->list_count; i++)
		if (str_equal(styles->lists[i].number, number))
			return &styles->lists[i];
	instance = with(root, "num", "numId", number);
	if (!instance || styles->list_count >= 2000)
		return NULL;
	if (styles->list_count == styles->list_cap) {
		styles->list_cap = styles->list_cap ? styles->list_cap * 2 : 8;
		styles->lists = mem_grow(styles->lists, styles->list_cap, sizeof(*styles->lists));
	}
	list = &styles->lists[styles->list_count++];
	*list = (struct docx_list){.number = number};
	definition = with(root, "abstractNum", "abstractNumId", xml_attribute(xml_child(instance, "abstractNumId"), "val"));
	for (const xmlNode *level = xml_child(definition, "lvl"); level; level = xml_next(level, "lvl")) {
		unsigned depth = xml_number(level, "ilvl", DOCX_LEVELS);
		if (depth < DOCX_LEVELS) {
			list->levels[depth] = level;
			list->next[depth] = list->start[depth] = xml_number(xml_child(level, "start"), "val", 1);
		}
	}
	for (const xmlNode *other = xml_child(instance, "lvlOverride"); other; other = xml_next(other, "lvlOverride")) {
		unsigned depth = xml_number(other, "ilvl", DOCX_LEVELS);
		if (depth < DOCX_LEVELS && xml_child(other, "startOverride"))
			list->next[depth] = list->start[depth] = xml_number(xml_child(other, "startOverride"), "val", 1);
		if (depth < DOCX_LEVELS && xml_child(other, "lvl"))
			list->levels[depth] = xml_child(other, "lvl");
	}
	return list;
}

static void roman(struct buf *out, unsigned number, bool upper)
{
	static const struct {
		unsigned value;
		const char *digits;
	} signs[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"},
		{9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}};
	if (number == 0 || number > 4000) {
		buf_u64(out, number);
		return;
	}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		for (; number >= signs[i].value; number -= signs[i].value)
			for (const char *p = signs[i].digits; *p; p++)
				buf_char(out, upper ? (char)(*p - 'a' + 'A') : *p);
}

void docx_number(struct buf *out, struct str form, unsigned number)
{
	bool upper = str_equal(form, STR("upperRoman")) || str_equal(form, STR("upperLetter"));
	if (str_equal(form, STR("lowerRoman")) || str_equal(form, STR("upperRoman"))) {
		roman(out, number, upper);
	} else if (str_equal(form, STR("lowerLetter")) || str_equal(form, STR("upperLetter"))) {
		/* a to z, then aa, bb, as Word counts. */
		unsigned times = number == 0 ? 1 : (number - 1) / 26 + 1;
		for (unsigned i = 0; i < times && i < 10; i++)
			buf_char(out, (char)((upper ? 'A' : 'a') + (number == 0 ? 0 : (number - 1) % 26)));
	} else {
		buf_u64(out, number);
	}
}

void docx_label(struct docx_styles *styles, struct str number, unsigned depth, struct buf *label)
{
	struct docx_list *list = number.n > 0 ? list_of(styles, number) : NULL;
	struct str form, pattern;
	if (!list || depth >= DOCX_LEVELS || !list->levels[depth])
		return;
	form = xml_attribute(xml_child(list->levels[depth], "numFmt"), "val");
	pattern = xml_attribute(xml_child(list->levels[depth], "lvlText"), "val");
	list->next[depth]++;
	for (unsigned deeper = depth + 1; deeper < DOCX_LEVELS; deeper++)
		list->next[deeper] = list->start[deeper];
	if (str_equal(form, STR("bullet")) || str_equal(form, STR("none")))
		return;
	for (size_t i = 0; i < pattern.n && label->n < 60; i++) {
		unsigned level = pattern.p[i] == '%' && i + 1 < pattern.n ? (unsigned)(pattern.p[i + 1] - '1') : DOCX_LEVELS;
		if (level >= DOCX_LEVELS) {
			buf_char(label, pattern.p[i]);
			continue;
		}
		i++;
		docx_number(label, level == depth ? form : xml_attribute(xml_child(list->levels[level], "numFmt"), "val"),
			list->next[level] > list->start[level] ? list->next[level] - 1 : list->start[level]);
	}
}
