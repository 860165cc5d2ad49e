/* ODT (ODF 1.0 to 1.3): paragraphs with what their styles mean, notes, tables, lists, tracked changes. */
#include "docx.h"
#include "flow.h"
#include "formats.h"
#include "package.h"
#include "xml.h"

#include <libxml/hash.h>
#include <stdlib.h>
#include <string.h>

#define BASED_ON_MAX 20
#define LISTS_DEEP 10u /* as ODF has it; deeper ones are not numbered */

struct style {
	bool strong, emphasis, struck, quote, title, caption;
	struct str language; /* in the arena */
};
/* A list at its depth. */
struct list {
	struct str style; /* its own, or of the list around it */
	unsigned next;    /* number of the next item */
};
struct note {
	xmlNode *body;
	struct str label, key;
};
struct odt {
	struct text *text;
	struct flow flow;
	struct arena arena;
	xmlHashTable *styles, *list_styles; /* by name */
	struct list lists[LISTS_DEEP];      /* that are open, and the last ones of their depths */
	struct note *notes;
	size_t note_count, note_cap;
	unsigned list_depth, column, inserted;
	size_t item_count;
};

static bool is_one(struct str value, const char *word)
{
	return str_equal(value, str_from(word));
}

static struct str language_of(struct odt *odt, const xmlNode *properties)
{
	struct str language = xml_attribute(properties, "language"), country = xml_attribute(properties, "country"), kept;
	struct buf tag = BUF_INIT;
	if (language.n == 0 || is_one(language, "none") || is_one(language, "zxx"))
		return (struct str){"", 0};
	buf_str(&tag, language);
	if (country.n > 0 && !is_one(country, "none")) {
		buf_char(&tag, '-');
		buf_str(&tag, country);
	}
	kept = arena_str(&odt->arena, buf_view(&tag));
	buf_release(&tag);
	return kept;
}

/* What a style, through its parents, means: the nearest says. */
static void style_of(struct odt *odt, struct str name, struct style *style)
{
	bool has_weight = false, has_posture = false;
	*style = (struct style){.language = {"", 0}};
	for (unsigned depth = 0; name.n > 0 && depth < BASED_ON_MAX; depth++) {
		const xmlNode *node = xmlHashLookup(odt->styles, (const xmlChar *)name.p),
			      *properties = xml_child(node, "text-properties");
		struct str weight = xml_attribute(properties, "font-weight"), posture = xml_attribute(properties, "font-style");
		struct str struck = xml_attribute(properties, "text-line-through-style"),
			   under = xml_attribute(properties, "text-underline-style");
		if (is_one(name, "Quotations"))
			style->quote = true;
		if (is_one(name, "Caption") || is_one(name, "TableCaption") || is_one(name, "FigureCaption"))
			style->caption = true;
		if (is_one(name, "Title"))
			style->title = true;
		if (weight.n > 0 && !has_weight)
			style->strong = is_one(weight, "bold") || (weight.p[0] >= '6' && weight.p[0] <= '9'), has_weight = true;
		if (posture.n > 0 && !has_posture)
			style->emphasis = !is_one(posture, "normal"), has_posture = true;
		if (under.n > 0 && !is_one(under, "none"))
			style->emphasis = true;
		if (struck.n > 0 && !is_one(struck, "none"))
			style->struck = true;
		if (style->language.n == 0)
			style->language = language_of(odt, properties);
		name = xml_attribute(node, "parent-style-name");
	}
}

static bool differs(struct str a, struct str b)
{
	size_t n = 0;
	if (a.n == 0 || b.n == 0)
		return false;
	while (n < a.n && n < b.n && a.p[n] == b.p[n] && a.p[n] != '-')
		n++;
	return (n < a.n && a.p[n] != '-') || (n < b.n && b.p[n] != '-');
}

/* ---- the walk ------------------------------------------------------------------------------------------------------------ */

static void paragraph(struct odt *odt, const xmlNode *node, bool heading)
{
	struct flow *flow = &odt->flow;
	struct style style;
	unsigned level = xml_number(node, "outline-level", 1);
	style_of(odt, xml_attribute(node, "style-name"), &style);
	if (heading || style.title)
		flow_block(flow, TEXT_HEADING, style.title || level < 1 ? 1 : level > 6 ? 6 : level);
	else if (style.quote && flow->now.kind == TEXT_PARAGRAPH)
		flow_block(flow, TEXT_QUOTE, 0);
	else if (style.caption && flow->now.kind == TEXT_PARAGRAPH)
		flow_block(flow, TEXT_CAPTION, 0);
	else
		flow_block(flow, flow->now.kind, flow->now.level);
	if (differs(style.language, flow->base))
		flow_language(flow, style.language);
	if (heading || style.title)
		return;
	if (style.strong)
		flow_mark(flow, TEXT_STRONG, STR(""));
	if (style.emphasis)
		flow_mark(flow, TEXT_EMPHASIS, STR(""));
}

static void span(struct odt *odt, const xmlNode *node)
{
	struct style style;
	style_of(odt, xml_attribute(node, "style-name"), &style);
	if (differs(style.language, odt->flow.base))
		flow_mark(&odt->flow, TEXT_FOREIGN, style.language);
	if (style.strong && odt->flow.now.kind != TEXT_HEADING)
		flow_mark(&odt->flow, TEXT_STRONG, STR(""));
	if (style.emphasis)
		flow_mark(&odt->flow, TEXT_EMPHASIS, STR(""));
	if (style.struck)
		flow_mark(&odt->flow, TEXT_DELETED, STR(""));
}

static void note(struct odt *odt, const xmlNode *node)
{
	struct buf words = BUF_INIT;
	struct note note = {.body = xml_child(node, "note-body")};
	xml_words(xml_child(node, "note-citation"), 20, &words);
	note.label = arena_str(&odt->arena, buf_view(&words));
	buf_clear(&words);
	buf_printf(&words, "#note %zu", odt->note_count + 1);
	note.key = arena_str(&odt->arena, buf_view(&words));
	buf_release(&words);
	if (!note.body)
		return;
	(void)flow_reference(&odt->flow, note.key);
	note.key.p++;
	note.key.n--;
	if (odt->note_count == odt->note_cap) {
		odt->note_cap = odt->note_cap ? odt->note_cap * 2 : 16;
		odt->notes = mem_grow(odt->notes, odt->note_cap, sizeof(*odt->notes));
	}
	odt->notes[odt->note_count++] = note;
}

/* ---- lists ---------------------------------------------------------------------------------------------------------------- */

/* How the style numbers items of that depth; NULL: it does not. */
static const xmlNode *numbering(const struct odt *odt, unsigned depth)
{
	struct str name = odt->lists[depth].style;
	const xmlNode *style = name.n > 0 ? xmlHashLookup(odt->list_styles, (const xmlChar *)name.p) : NULL;
	for (const xmlNode *level = xml_child(style, "list-level-style-number"); level;
		level = xml_next(level, "list-level-style-number"))
		if (xml_number(level, "level", 1) == depth + 1)
			return xml_attribute(level, "num-format").n > 0 ? level : NULL;
	return NULL;
}

static void list_begins(struct odt *odt, const xmlNode *node)
{
	unsigned depth = odt->list_depth++;
	struct str style = xml_attribute(node, "style-name");
	if (depth >= LISTS_DEEP)
		return;
	struct list *list = &odt->lists[depth];
	bool goes_on = is_one(xml_attribute(node, "continue-numbering"), "true");
	if (style.n == 0 && depth > 0)
		style = odt->lists[depth - 1].style;
	if (!goes_on || !str_equal(style, list->style)) {
		list->style = style;
		list->next = xml_number(numbering(odt, depth), "start-value", 1);
	}
}

static struct str odf_form(struct str form)
{
	return is_one(form, "i")   ? STR("lowerRoman")
	       : is_one(form, "I") ? STR("upperRoman")
	       : is_one(form, "a") ? STR("lowerLetter")
	       : is_one(form, "A") ? STR("upperLetter")
				   : STR("decimal");
}

/* "2.1.": the numbers of as many depths as the style shows. */
static void item_label(struct odt *odt, const xmlNode *node)
{
	unsigned depth = odt->list_depth - 1;
	const xmlNode *level = odt->list_depth > 0 && depth < LISTS_DEEP ? numbering(odt, depth) : NULL;
	struct buf label = BUF_INIT;
	if (!level || xml_is(node, "list-header"))
		return;
	struct list *list = &odt->lists[depth];
	unsigned shown = xml_number(level, "display-levels", 1);
	list->next = xml_number(node, "start-value", list->next);
	buf_str(&label, xml_attribute(level, "num-prefix"));
	for (unsigned up = shown > depth ? depth : shown - 1; shown > 0 && up > 0; up--) {
		docx_number(
			&label, odf_form(xml_attribute(numbering(odt, depth - up), "num-format")), odt->lists[depth - up].next - 1);
		buf_char(&label, '.');
	}
	docx_number(&label, odf_form(xml_attribute(level, "num-format")), list->next++);
	buf_str(&label, xml_attribute(level, "num-suffix"));
	if (label.n < 60)
		flow_label(&odt->flow, arena_str(&odt->arena, buf_view(&label)));
	buf_release(&label);
}

static void link(struct odt *odt, const xmlNode *node)
{
	struct str target = xml_attribute(node, "href");
	if (str_starts(target, STR("http://")) || str_starts(target, STR("https://")) || str_starts(target, STR("mailto:")))
		flow_mark(&odt->flow, TEXT_LINK, target);
}

static bool enter(void *context, xmlNode *node)
{
	struct odt *odt = context;
	struct flow *flow = &odt->flow;
	struct str name = xml_name(node);
	flow_enter(flow);
	if (is_one(name, "p") || is_one(name, "h")) {
		paragraph(odt, node, is_one(name, "h"));
	} else if (is_one(name, "span")) {
		span(odt, node);
	} else if (is_one(name, "s") || is_one(name, "tab")) {
		flow_space(flow);
	} else if (is_one(name, "line-break")) {
		flow_line(flow, false);
	} else if (is_one(name, "a")) {
		link(odt, node);
	} else if (is_one(name, "note")) {
		note(odt, node);
		return false;
	} else if (is_one(name, "list")) {
		flow_context(flow, flow->now.kind, flow->now.level);
		list_begins(odt, node);
	} else if (is_one(name, "list-item") || is_one(name, "list-header")) {
		flow_context(flow, flow->now.kind == TEXT_NOTE ? TEXT_NOTE : TEXT_ITEM, odt->list_depth);
		if (!flow->has_key)
			item_label(odt, node);
	} else if (is_one(name, "table")) {
		flow_context(flow, TEXT_PARAGRAPH, 0);
	} else if (is_one(name, "table-row")) {
		odt->column = 0;
	} else if (is_one(name, "table-cell") || is_one(name, "covered-table-cell")) {
		unsigned repeated = xml_number(node, "number-columns-repeated", 1);
		flow_block(flow, TEXT_CELL, ++odt->column);
		flow->now.joined = true;
		odt->column += repeated > 1 && repeated < 1000 ? repeated - 1 : 0;
	} else if (is_one(name, "change-start")) {
		odt->inserted++;
	} else if (is_one(name, "change-end")) {
		odt->inserted -= odt->inserted > 0;
	} else if (is_one(name, "tracked-changes") || is_one(name, "annotation") || is_one(name, "sequence-decls") ||
		   is_one(name, "forms") || is_one(name, "object") || is_one(name, "desc") || is_one(name, "event-listeners") ||
		   is_one(name, "index-title-template") || is_one(name, "table-of-content-source") || is_one(name, "binary-data")) {
		return false;
	}
	return true;
}

static void leave(void *context, xmlNode *node)
{
	struct odt *odt = context;
	if (xml_is(node, "list") && odt->list_depth > 0)
		odt->list_depth--;
	flow_leave(&odt->flow);
}

static void text(void *context, struct str piece)
{
	struct odt *odt = context;
	if (odt->inserted > 0 && flow_inside(&odt->flow)) {
		flow_enter(&odt->flow);
		flow_mark(&odt->flow, TEXT_ADDED, STR(""));
		flow_text(&odt->flow, piece);
		flow_leave(&odt->flow);
	} else {
		flow_text(&odt->flow, piece);
	}
}

static const struct xml_visitor visitor = {enter, leave, text};

static void write_notes(struct odt *odt)
{
	odt->inserted = 0;
	for (size_t i = 0; i < odt->note_count; i++) {
		struct note one = odt->notes[i];
		flow_enter(&odt->flow);
		flow_part(&odt->flow, TEXT_NOTES);
		flow_context(&odt->flow, TEXT_NOTE, 0);
		flow_key(&odt->flow, one.key);
		flow_label(&odt->flow, one.label);
		xml_walk(one.body, &visitor, odt);
		flow_leave(&odt->flow);
		odt->flow.has_key = false;
		flow_label(&odt->flow, STR(""));
	}
}

/* ---- the document ---------------------------------------------------------------------------------------------------------- */

static void add_styles(struct odt *odt, const xmlNode *parent)
{
	for (xmlNode *style = xml_child(parent, "style"); style; style = xml_next(style, "style")) {
		struct str name = xml_attribute(style, "name");
		if (name.n > 0)
			(void)xmlHashAddEntry(odt->styles, (const xmlChar *)name.p, style);
	}
}

static void add_list_styles(struct odt *odt, const xmlNode *parent)
{
	for (xmlNode *style = xml_child(parent, "list-style"); style; style = xml_next(style, "list-style")) {
		struct str name = xml_attribute(style, "name");
		if (name.n > 0)
			(void)xmlHashAddEntry(odt->list_styles, (const xmlChar *)name.p, style);
	}
}

static struct str default_language(struct odt *odt, const xmlNode *styles)
{
	for (const xmlNode *style = xml_child(styles, "default-style"); style; style = xml_next(style, "default-style"))
		if (is_one(xml_attribute(style, "family"), "paragraph"))
			return language_of(odt, xml_child(style, "text-properties"));
	return (struct str){"", 0};
}

static bool is_encrypted(const struct package *package)
{
	struct str manifest = package_find(package, STR("META-INF/manifest.xml"));
	return memmem(manifest.p, manifest.n, "encryption-data", 15) != NULL;
}

static int read_package(struct text *out, const struct package *package, struct err *err)
{
	struct odt odt = {.text = out, .arena = ARENA_INIT};
	bool broken = package->broken;
	xmlDoc *content, *styles = NULL, *meta = NULL;
	xmlNode *root, *body;
	const xmlNode *about;
	struct buf words = BUF_INIT;
	int result = -1;
	if (is_encrypted(package))
		return err_set(err, ERR_SYNTAX,
			"the document is encrypted with a password; deposit a copy without one, too, if it is to be read");
	flow_init(&odt.flow, out);
	content = package_xml(package, STR("content.xml"), &broken);
	root = xmlDocGetRootElement(content);
	body = xml_path(root, "body/text");
	odt.styles = xmlHashCreate(64);
	odt.list_styles = xmlHashCreate(16);
	if (!body || !odt.styles || !odt.list_styles) {
		err_set(err, ERR_SYNTAX, "the document has no content.xml with a text in it: is it an ODT?");
		goto out;
	}
	styles = package_xml(package, STR("styles.xml"), &broken);
	meta = package_xml(package, STR("meta.xml"), NULL);
	add_styles(&odt, xml_child(root, "automatic-styles"));
	add_styles(&odt, xml_child(xmlDocGetRootElement(styles), "styles"));
	add_list_styles(&odt, xml_child(root, "automatic-styles"));
	add_list_styles(&odt, xml_child(xmlDocGetRootElement(styles), "styles"));
	about = xml_child(xmlDocGetRootElement(meta), "meta");
	xml_words(xml_child(about, "title"), 1000, &words);
	text_set_title(out, buf_view(&words));
	buf_clear(&words);
	xml_words(xml_child(about, "language"), 100, &words);
	odt.flow.base = words.n > 0 ? arena_str(&odt.arena, buf_view(&words))
				    : default_language(&odt, xml_child(xmlDocGetRootElement(styles), "styles"));
	text_set_language(out, odt.flow.base);
	xml_walk(body, &visitor, &odt);
	write_notes(&odt);
	if (broken)
		text_set_cut(out);
	result = 0;
out:
	flow_finish(&odt.flow);
	if (result == 0)
		text_recognise(out);
	if (odt.styles)
		xmlHashFree(odt.styles, NULL);
	if (odt.list_styles)
		xmlHashFree(odt.list_styles, NULL);
	xmlFreeDoc(content);
	xmlFreeDoc(styles);
	xmlFreeDoc(meta);
	free(odt.notes);
	arena_release(&odt.arena);
	buf_release(&words);
	return result;
}

int read_odt(struct text *text, struct str bytes, struct err *err)
{
	return package_read(text, "odt", bytes, read_package, err);
}
