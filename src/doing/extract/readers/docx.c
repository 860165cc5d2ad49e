/* DOCX (ECMA-376): paragraphs with what their styles mean, notes, tables, lists, what was deleted and inserted. */
#include "docx.h"

#include "flow.h"
#include "formats.h"
#include "package.h"

#include <stdlib.h>
#include <string.h>

struct note {
	struct str id, label, key;
	bool endnote;
};
struct docx {
	struct text *text;
	struct flow flow;
	struct docx_styles styles;
	struct arena arena;
	xmlHashTable *footnotes, *endnotes, *links; /* by id */
	struct note *notes;
	size_t note_count, note_cap;
	unsigned footnote_number, endnote_number;
	unsigned column;
	bool one_language; /* the paragraph says its language, so its runs need not */
	struct str mark;   /* of a note that has a label of its own: shown by the text */
};

static bool language_differs(struct str a, struct str b)
{
	size_t n = 0;
	if (a.n == 0 || b.n == 0)
		return false;
	while (n < a.n && n < b.n && a.p[n] == b.p[n] && a.p[n] != '-')
		n++;
	return (n < a.n && a.p[n] != '-') || (n < b.n && b.p[n] != '-');
}

/* On unless it is said to be off. */
static bool is_on(const xmlNode *node)
{
	struct str value = xml_attribute(node, "val");
	return node && !str_equal(value, STR("0")) && !str_equal(value, STR("false")) && !str_equal(value, STR("none"));
}

/* The language in which all runs of a paragraph are set, if it is one. */
static struct str paragraph_language(const xmlNode *paragraph, struct str otherwise)
{
	struct str language = {"", 0};
	bool any = false;
	for (const xmlNode *run = xml_child(paragraph, "r"); run; run = xml_next(run, "r")) {
		struct str own = xml_attribute(xml_child(xml_child(run, "rPr"), "lang"), "val");
		if (!xml_child(run, "t"))
			continue;
		if (own.n == 0)
			own = otherwise;
		if (any && language_differs(own, language))
			return (struct str){"", 0};
		language = own;
		any = true;
	}
	return any ? language : otherwise;
}

static void paragraph(struct docx *docx, const xmlNode *node)
{
	const xmlNode *properties = xml_child(node, "pPr"), *list = xml_child(properties, "numPr");
	struct docx_style style;
	struct str number, language;
	unsigned depth;
	struct flow *flow = &docx->flow;
	docx_style(&docx->styles, xml_attribute(xml_child(properties, "pStyle"), "val"), &style);
	if (xml_number(xml_child(properties, "outlineLvl"), "val", 9) < 6)
		style.heading = xml_number(xml_child(properties, "outlineLvl"), "val", 0) + 1;
	number = list ? xml_attribute(xml_child(list, "numId"), "val") : style.number;
	depth = xml_number(xml_child(list, "ilvl"), "val", 0);
	if (str_equal(number, STR("0")))
		number = STR("");
	if (style.heading)
		flow_block(flow, TEXT_HEADING, style.heading);
	else if (number.n > 0 && flow->now.kind != TEXT_NOTE)
		flow_block(flow, TEXT_ITEM, depth + 1);
	else if (style.caption)
		flow_block(flow, TEXT_CAPTION, 0);
	else if (style.quote && flow->now.kind != TEXT_NOTE)
		flow_block(flow, TEXT_QUOTE, 0);
	else
		flow_block(flow, flow->now.kind == TEXT_NOTE ? TEXT_NOTE : TEXT_PARAGRAPH, 0);
	if (number.n > 0 && !flow->has_key) {
		struct buf label = BUF_INIT;
		docx_label(&docx->styles, number, depth, &label);
		flow_label(flow, arena_str(&docx->arena, buf_view(&label)));
		buf_release(&label);
	}
	language = paragraph_language(node, style.language.n > 0 ? style.language : docx->styles.language);
	docx->one_language = language.n > 0;
	if (language_differs(language, flow->base))
		flow_language(flow, language);
}

static void run(struct docx *docx, const xmlNode *node)
{
	const xmlNode *properties = xml_child(node, "rPr");
	struct str language = xml_attribute(xml_child(properties, "lang"), "val");
	if (!properties)
		return;
	if (!docx->one_language && language_differs(language, docx->flow.base))
		flow_mark(&docx->flow, TEXT_FOREIGN, language);
	if (docx->flow.now.kind == TEXT_HEADING)
		return; /* which is bold as a whole */
	if (is_on(xml_child(properties, "b")))
		flow_mark(&docx->flow, TEXT_STRONG, STR(""));
	if (is_on(xml_child(properties, "i")) || is_on(xml_child(properties, "u")))
		flow_mark(&docx->flow, TEXT_EMPHASIS, STR(""));
	if (is_on(xml_child(properties, "strike")) || is_on(xml_child(properties, "dstrike")))
		flow_mark(&docx->flow, TEXT_DELETED, STR(""));
}

/* ---- notes ------------------------------------------------------------------------------------------------------------- */

static void reference(struct docx *docx, const xmlNode *node, bool endnote)
{
	struct str id = xml_attribute(node, "id"), custom = xml_attribute(node, "customMarkFollows");
	xmlHashTable *table = endnote ? docx->endnotes : docx->footnotes;
	struct buf label = BUF_INIT;
	struct note note = {.id = id, .endnote = endnote};
	xmlNode *body = id.n > 0 ? xmlHashLookup(table, (const xmlChar *)id.p) : NULL;
	if (!body)
		return;
	if (body->_private) {
		/* Referred to again, or by itself: it is written once. */
		(void)flow_reference(&docx->flow, str_from(body->_private));
		return;
	}
	if (custom.n > 0 && !str_equal(custom, STR("0")) && !str_equal(custom, STR("false")))
		xml_words(xml_next(node, "t"), 20, &label);
	else
		docx_number(&label, endnote ? STR("lowerRoman") : STR("decimal"),
			endnote ? ++docx->endnote_number : ++docx->footnote_number);
	note.label = arena_str(&docx->arena, buf_view(&label));
	buf_clear(&label);
	buf_printf(&label, "#%s %.*s", endnote ? "endnote" : "footnote", STR_ARG(id));
	note.key = arena_str(&docx->arena, buf_view(&label));
	buf_release(&label);
	memcpy(&body->_private, &note.key.p, sizeof(body->_private));
	(void)flow_reference(&docx->flow, note.key);
	note.key.p++;
	note.key.n--;
	if (docx->note_count == docx->note_cap) {
		docx->note_cap = docx->note_cap ? docx->note_cap * 2 : 16;
		docx->notes = mem_grow(docx->notes, docx->note_cap, sizeof(*docx->notes));
	}
	docx->notes[docx->note_count++] = note;
}

/* ---- the walk ------------------------------------------------------------------------------------------------------------ */

static void symbol(struct docx *docx, const xmlNode *node)
{
	/* A character of a font of signs; which one, only the font knows. */
	(void)node;
	flow_text(&docx->flow, STR("\xef\xbf\xbd"));
}

static void cell(struct docx *docx, const xmlNode *node)
{
	unsigned span = xml_number(xml_child(xml_child(node, "tcPr"), "gridSpan"), "val", 1);
	flow_block(&docx->flow, TEXT_CELL, ++docx->column);
	docx->flow.now.joined = true;
	docx->column += span > 1 && span < 100 ? span - 1 : 0;
}

static void hyperlink(struct docx *docx, const xmlNode *node)
{
	struct str id = xml_attribute(node, "id");
	const xmlNode *relation = id.n > 0 ? xmlHashLookup(docx->links, (const xmlChar *)id.p) : NULL;
	struct str target = xml_attribute(relation, "Target");
	if (str_starts(target, STR("http://")) || str_starts(target, STR("https://")) || str_starts(target, STR("mailto:")))
		flow_mark(&docx->flow, TEXT_LINK, target);
}

static bool enter(void *context, xmlNode *node)
{
	struct docx *docx = context;
	struct flow *flow = &docx->flow;
	struct str name = xml_name(node);
	flow_enter(flow);
	if (str_equal(name, STR("p"))) {
		paragraph(docx, node);
	} else if (str_equal(name, STR("r"))) {
		if (is_on(xml_child(xml_child(node, "rPr"), "vanish")))
			return false;
		run(docx, node);
	} else if (str_equal(name, STR("t"))) {
		return true;
	} else if (str_equal(name, STR("tab"))) {
		if (xml_is(node->parent, "r"))
			flow_space(flow);
	} else if (str_equal(name, STR("br")) || str_equal(name, STR("cr"))) {
		flow_line(flow, false);
	} else if (str_equal(name, STR("noBreakHyphen"))) {
		flow_text(flow, STR("-"));
	} else if (str_equal(name, STR("sym"))) {
		symbol(docx, node);
	} else if (str_equal(name, STR("ins")) || str_equal(name, STR("moveTo"))) {
		flow_mark(flow, TEXT_ADDED, STR(""));
	} else if (str_equal(name, STR("hyperlink"))) {
		hyperlink(docx, node);
	} else if (str_equal(name, STR("footnoteReference"))) {
		reference(docx, node, false);
	} else if (str_equal(name, STR("endnoteReference"))) {
		reference(docx, node, true);
	} else if (str_equal(name, STR("tbl"))) {
		flow_context(flow, TEXT_PARAGRAPH, 0);
	} else if (str_equal(name, STR("tr"))) {
		docx->column = xml_number(xml_child(xml_child(node, "trPr"), "gridBefore"), "val", 0);
	} else if (str_equal(name, STR("tc"))) {
		cell(docx, node);
	} else if (str_equal(name, STR("pPr")) || str_equal(name, STR("rPr")) || str_equal(name, STR("tcPr")) ||
		   str_equal(name, STR("tblPr")) || str_equal(name, STR("sectPr")) || str_equal(name, STR("instrText")) ||
		   str_equal(name, STR("delInstrText")) || str_equal(name, STR("Fallback")) || str_equal(name, STR("sdtPr")) ||
		   str_equal(name, STR("posOffset")) || str_equal(name, STR("del")) || str_equal(name, STR("moveFrom"))) {
		return false; /* properties, what a newer reader would take instead, and by a tracked change what the document says no more */
	}
	return true;
}

static void leave(void *context, xmlNode *node)
{
	struct docx *docx = context;
	(void)node;
	flow_leave(&docx->flow);
}

static void text(void *context, struct str piece)
{
	flow_text(&((struct docx *)context)->flow, piece);
}

static const struct xml_visitor visitor = {enter, leave, text};

static void write_notes(struct docx *docx)
{
	/* References in notes come behind; endnotes stand where their numbers say. */
	for (size_t i = 0; i < docx->note_count; i++) {
		struct note note = docx->notes[i];
		xmlNode *node = xmlHashLookup(note.endnote ? docx->endnotes : docx->footnotes, (const xmlChar *)note.id.p);
		flow_enter(&docx->flow);
		flow_part(&docx->flow, TEXT_NOTES);
		flow_context(&docx->flow, TEXT_NOTE, 0);
		flow_key(&docx->flow, note.key);
		flow_label(&docx->flow, note.label);
		for (xmlNode *child = xml_child(node, NULL); child; child = xml_next(child, NULL))
			xml_walk(child, &visitor, docx);
		flow_leave(&docx->flow);
		docx->flow.has_key = false;
		flow_label(&docx->flow, STR(""));
	}
}

/* Children of a root by an attribute. */
static xmlHashTable *table_of(xmlDoc *doc, const char *name, const char *id)
{
	xmlHashTable *table = xmlHashCreate(32);
	for (xmlNode *node = xml_child(xmlDocGetRootElement(doc), name); node && table; node = xml_next(node, name))
		if (xml_attribute(node, id).n > 0)
			(void)xmlHashAddEntry(table, (const xmlChar *)xml_attribute(node, id).p, node);
	return table;
}

/* The main part's name, from the package's relationships: nearly always word/document.xml. */
static void main_part(const struct package *package, struct buf *path)
{
	xmlDoc *relations = package_xml(package, STR("_rels/.rels"), NULL);
	for (const xmlNode *node = xml_child(xmlDocGetRootElement(relations), "Relationship"); node;
		node = xml_next(node, "Relationship"))
		if (str_ends(xml_attribute(node, "Type"), STR("/officeDocument"))) {
			package_path((struct str){"", 0}, xml_attribute(node, "Target"), path);
			break;
		}
	xmlFreeDoc(relations);
	if (!path->p || path->n == 0 || package_find(package, buf_view(path)).n == 0) {
		buf_clear(path);
		buf_text(path, "word/document.xml");
	}
}

static struct str beside(struct buf *out, struct str path, const char *name)
{
	buf_clear(out);
	buf_str(out, path);
	while (out->n > 0 && out->p[out->n - 1] != '/')
		out->n--;
	buf_text(out, name);
	return buf_view(out);
}

/* ---- the text's language: the one that most of it is set in ----------------------------------------------------------------- */

#define LANGUAGES_MAX 16

struct languages {
	const struct docx_styles *styles;
	struct str otherwise; /* of the paragraph's style */
	struct str names[LANGUAGES_MAX];
	size_t bytes[LANGUAGES_MAX], count;
};

static bool language_enter(void *context, xmlNode *node)
{
	struct languages *languages = context;
	struct str language;
	size_t i = 0;
	if (xml_is(node, "p")) {
		struct docx_style style;
		docx_style(languages->styles, xml_attribute(xml_child(xml_child(node, "pPr"), "pStyle"), "val"), &style);
		languages->otherwise = style.language.n > 0 ? style.language : languages->styles->language;
		return true;
	}
	if (!xml_is(node, "t") || !node->children || !node->children->content)
		return true;
	language = xml_attribute(xml_child(xml_child(node->parent, "rPr"), "lang"), "val");
	if (language.n == 0)
		language = languages->otherwise;
	while (i < languages->count && !str_equal(languages->names[i], language))
		i++;
	if (language.n == 0 || i == LANGUAGES_MAX)
		return false;
	if (i == languages->count)
		languages->names[languages->count++] = language;
	languages->bytes[i] += strlen((const char *)node->children->content);
	return false;
}

static struct str main_language(const struct docx *docx, xmlNode *body)
{
	static const struct xml_visitor languages_visitor = {language_enter, NULL, NULL};
	struct languages languages = {.styles = &docx->styles, .otherwise = docx->styles.language};
	size_t most = 0;
	xml_walk(body, &languages_visitor, &languages);
	for (size_t i = 1; i < languages.count; i++)
		if (languages.bytes[i] > languages.bytes[most])
			most = i;
	return languages.count > 0 ? languages.names[most] : docx->styles.language;
}

static void about(struct docx *docx, const struct package *package, xmlNode *body)
{
	xmlDoc *core = package_xml(package, STR("docProps/core.xml"), NULL);
	struct buf words = BUF_INIT;
	xml_words(xml_child(xmlDocGetRootElement(core), "title"), 1000, &words);
	text_set_title(docx->text, buf_view(&words));
	docx->flow.base = main_language(docx, body);
	text_set_language(docx->text, docx->flow.base);
	buf_release(&words);
	xmlFreeDoc(core);
}

static int read_package(struct text *out, const struct package *package, struct err *err)
{
	struct docx docx = {.text = out, .arena = ARENA_INIT};
	struct buf path = BUF_INIT, other = BUF_INIT, relations_path = BUF_INIT;
	bool broken = package->broken;
	xmlDoc *document, *footnotes, *endnotes, *relations;
	xmlNode *body;
	int result = -1;
	main_part(package, &path);
	document = package_xml(package, buf_view(&path), &broken);
	footnotes = package_xml(package, beside(&other, buf_view(&path), "footnotes.xml"), &broken);
	endnotes = package_xml(package, beside(&other, buf_view(&path), "endnotes.xml"), &broken);
	buf_text(&relations_path, "_rels/");
	buf_text(&relations_path, strrchr(path.p, '/') ? strrchr(path.p, '/') + 1 : path.p);
	buf_text(&relations_path, ".rels");
	relations = package_xml(package, beside(&other, buf_view(&path), relations_path.p), NULL);
	flow_init(&docx.flow, out);
	docx_styles_open(&docx.styles, package_xml(package, beside(&other, buf_view(&path), "styles.xml"), &broken),
		package_xml(package, beside(&other, buf_view(&path), "numbering.xml"), &broken));
	docx.footnotes = table_of(footnotes, "footnote", "id");
	docx.endnotes = table_of(endnotes, "endnote", "id");
	docx.links = table_of(relations, "Relationship", "Id");
	body = document ? xml_child(xmlDocGetRootElement(document), "body") : NULL;
	if (!body || !docx.footnotes || !docx.endnotes || !docx.links) {
		err_set(err, ERR_SYNTAX, "the document has no %s with a body in it: is it a DOCX?", path.p);
		goto out;
	}
	about(&docx, package, body);
	xml_walk(body, &visitor, &docx);
	write_notes(&docx);
	flow_finish(&docx.flow);
	if (broken)
		text_set_cut(out);
	text_recognise(out);
	result = 0;
out:
	if (result < 0)
		flow_finish(&docx.flow);
	if (docx.footnotes)
		xmlHashFree(docx.footnotes, NULL);
	if (docx.endnotes)
		xmlHashFree(docx.endnotes, NULL);
	if (docx.links)
		xmlHashFree(docx.links, NULL);
	docx_styles_close(&docx.styles);
	xmlFreeDoc(document);
	xmlFreeDoc(footnotes);
	xmlFreeDoc(endnotes);
	xmlFreeDoc(relations);
	free(docx.notes);
	arena_release(&docx.arena);
	buf_release(&path);
	buf_release(&other);
	buf_release(&relations_path);
	return result;
}

int read_docx(struct text *text, struct str bytes, struct err *err)
{
	return package_read(text, "docx", bytes, read_package, err);
}
