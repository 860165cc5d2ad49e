/* HTML and XHTML: what a page says, without what a site puts around it. */
#include "html.h"

#include "formats.h"

#include <libxml/hash.h>
#include <stdlib.h>
#include <string.h>

enum what { PASS, SKIP, BLOCK, CONTAINER, HEADING, MARK, SPECIAL };
struct element {
	const char *name;
	enum what what;
	int kind;
};

/* By name. */
static const struct element elements[] = {
	{"a", SPECIAL, 0},
	{"address", BLOCK, TEXT_ADDRESS},
	{"article", CONTAINER, TEXT_PARAGRAPH},
	{"aside", CONTAINER, TEXT_PARAGRAPH},
	{"audio", SKIP, 0},
	{"b", MARK, TEXT_STRONG},
	{"blockquote", CONTAINER, TEXT_QUOTE},
	{"br", SPECIAL, 0},
	{"button", SKIP, 0},
	{"canvas", SKIP, 0},
	{"caption", BLOCK, TEXT_CAPTION},
	{"center", CONTAINER, TEXT_PARAGRAPH},
	{"cite", MARK, TEXT_EMPHASIS},
	{"dd", SPECIAL, 0},
	{"del", MARK, TEXT_DELETED},
	{"div", SPECIAL, 0},
	{"dl", SPECIAL, 0},
	{"dt", SPECIAL, 0},
	{"em", MARK, TEXT_EMPHASIS},
	{"embed", SKIP, 0},
	{"figcaption", BLOCK, TEXT_CAPTION},
	{"figure", CONTAINER, TEXT_PARAGRAPH},
	{"footer", CONTAINER, TEXT_PARAGRAPH},
	{"form", PASS, 0},
	{"h1", HEADING, 1},
	{"h2", HEADING, 2},
	{"h3", HEADING, 3},
	{"h4", HEADING, 4},
	{"h5", HEADING, 5},
	{"h6", HEADING, 6},
	{"head", SKIP, 0},
	{"header", CONTAINER, TEXT_PARAGRAPH},
	{"hr", SPECIAL, 0},
	{"i", MARK, TEXT_EMPHASIS},
	{"iframe", SKIP, 0},
	{"input", SKIP, 0},
	{"ins", MARK, TEXT_ADDED},
	{"li", SPECIAL, 0},
	{"main", CONTAINER, TEXT_PARAGRAPH},
	{"math", SKIP, 0},
	{"nav", SKIP, 0},
	{"noscript", SKIP, 0},
	{"object", SKIP, 0},
	{"ol", SPECIAL, 0},
	{"p", SPECIAL, 0},
	{"pre", SPECIAL, 0},
	{"rp", SKIP, 0},
	{"rt", SKIP, 0},
	{"s", MARK, TEXT_DELETED},
	{"script", SKIP, 0},
	{"section", SPECIAL, 0},
	{"select", SKIP, 0},
	{"span", SPECIAL, 0},
	{"strike", MARK, TEXT_DELETED},
	{"strong", MARK, TEXT_STRONG},
	{"style", SKIP, 0},
	{"svg", SKIP, 0},
	{"table", CONTAINER, TEXT_PARAGRAPH},
	{"td", SPECIAL, 0},
	{"template", SKIP, 0},
	{"textarea", SKIP, 0},
	{"th", SPECIAL, 0},
	{"time", SPECIAL, 0},
	{"title", SKIP, 0},
	{"tr", SPECIAL, 0},
	{"u", MARK, TEXT_EMPHASIS},
	{"ul", SPECIAL, 0},
	{"var", MARK, TEXT_EMPHASIS},
	{"video", SKIP, 0},
};

static int by_name(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

/* A list that is open; a stack in the reader. */
struct list {
	bool ordered;
	unsigned next;
};
struct html {
	struct flow flow;
	struct text *text;
	struct arena arena;
	const struct html_file *file; /* that is being read */
	xmlHashTable *named;          /* elements by "FILE#ID" */
	size_t node_count;            /* elements are numbered in their order, in their _private */
	struct str *notes;            /* by number: the key of what is a note, else empty */
	struct list *lists;
	size_t list_count, list_cap;
	unsigned column;
	struct str label; /* of the note that begins: not to be shown again */
};

static struct str joined(struct html *html, struct str a, struct str b)
{
	struct buf both = BUF_INIT;
	struct str kept;
	buf_str(&both, a);
	buf_str(&both, b);
	kept = arena_str(&html->arena, buf_view(&both));
	buf_release(&both);
	return kept;
}

static size_t number_of(const xmlNode *node)
{
	const size_t *number = node && node->type == XML_ELEMENT_NODE ? node->_private : NULL;
	return number ? *number : 0;
}

/* ---- notes ----------------------------------------------------------------------------------------------------------- */

static bool has_word(struct str value, const char *wanted)
{
	struct str rest = value, word;
	while (str_take_until(&rest, ' ', &word))
		if (str_equal(word, str_from(wanted)))
			return true;
	return false;
}

/* What says of itself that it is a note: EPUB's and ARIA's words. */
static bool says_note(const xmlNode *node)
{
	struct str type = xml_attribute(node, "epub:type"), role = xml_attribute(node, "role");
	return has_word(type, "footnote") || has_word(type, "endnote") || has_word(type, "rearnote") || has_word(type, "note") ||
	       has_word(role, "doc-footnote") || has_word(role, "doc-endnote");
}

static bool says_reference(const xmlNode *node)
{
	return has_word(xml_attribute(node, "epub:type"), "noteref") || has_word(xml_attribute(node, "role"), "doc-noteref") ||
	       has_word(xml_attribute(node, "class"), "footnote-ref") || has_word(xml_attribute(node, "class"), "sdfootnoteanc");
}

static bool is_back_link(const xmlNode *node)
{
	struct str words = {"", 0};
	if (has_word(xml_attribute(node, "role"), "doc-backlink") || has_word(xml_attribute(node, "class"), "footnote-back") ||
		has_word(xml_attribute(node, "class"), "footnote-backref"))
		return true;
	if (node->children && !node->children->next && node->children->type == XML_TEXT_NODE)
		words = str_from((const char *)node->children->content);
	return str_equal(words, STR("↩")) || str_equal(words, STR("↩︎")) || str_equal(words, STR("^")) ||
	       str_equal(words, STR("↑"));
}

/* Links that look like a reference: only a number or a sign stands in them, raised or in brackets. */
static bool looks_reference(const xmlNode *node)
{
	struct buf words = BUF_INIT;
	bool digits = false, other = false, bracket = false, raised;
	xml_words(node, 16, &words);
	for (size_t i = 0; i < words.n; i++) {
		if (words.p[i] >= '0' && words.p[i] <= '9')
			digits = true;
		else if (strchr("[]()*", words.p[i]))
			bracket = true;
		else
			other = true;
	}
	raised = xml_is(node->parent, "sup") || xml_is(xml_child(node, NULL), "sup");
	other = other || words.n > 8 || words.n == 0;
	buf_release(&words);
	return !other && (bracket || (digits && raised));
}

/* The block that a named place belongs to: notes are paragraphs, items, divisions. */
static xmlNode *block_of(xmlNode *node)
{
	while (node && node->type == XML_ELEMENT_NODE) {
		if (xml_is(node, "p") || xml_is(node, "li") || xml_is(node, "div") || xml_is(node, "aside") || xml_is(node, "dd") ||
			xml_is(node, "td"))
			return node;
		node = node->parent;
	}
	return NULL;
}

/* FILE#ID as a link in this file means it: of a path only the file's name counts. Empty: it names no place. */
static struct str place_of(struct html *html, struct str href)
{
	const char *hash = href.n > 0 ? memchr(href.p, '#', href.n) : NULL;
	struct str path;
	if (!hash || href.n > 1000 || str_starts(href, STR("http:")) || str_starts(href, STR("https:")))
		return (struct str){"", 0};
	path = (struct str){href.p, (size_t)(hash - href.p)};
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/') {
			path = (struct str){path.p + i, path.n - i};
			break;
		}
	if (path.n == 0)
		return joined(html, html->file->name, href);
	return joined(html, path, (struct str){hash, href.n - (size_t)(hash - href.p)});
}

static xmlNode *find(const struct html *html, struct str place)
{
	return place.n > 0 ? xmlHashLookup(html->named, (const xmlChar *)place.p) : NULL;
}

static bool name_enter(void *context, xmlNode *node)
{
	struct html *html = context;
	struct str id = xml_attribute(node, "id");
	size_t *number = arena_alloc(&html->arena, sizeof(*number), _Alignof(size_t));
	*number = ++html->node_count;
	node->_private = number;
	if (id.n == 0 && xml_is(node, "a"))
		id = xml_attribute(node, "name");
	if (id.n > 0 && id.n < 1000)
		(void)xmlHashAddEntry(html->named, (const xmlChar *)place_of(html, joined(html, STR("#"), id)).p, node);
	return true;
}

static bool note_enter(void *context, xmlNode *node)
{
	struct html *html = context;
	struct str place, id = xml_attribute(node, "id");
	xmlNode *block;
	if (id.n > 0 && says_note(node))
		html->notes[number_of(node)] = place_of(html, joined(html, STR("#"), id));
	if (!xml_is(node, "a") || !(says_reference(node) || looks_reference(node)) || is_back_link(node))
		return true;
	place = place_of(html, xml_attribute(node, "href"));
	block = block_of(find(html, place));
	/* A note stands behind what refers to it; its own link back is no reference. */
	if (block && number_of(block) > number_of(node) && block != block_of(node) && html->notes[number_of(block)].n == 0)
		html->notes[number_of(block)] = place;
	return true;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------------- */

static void list_begin(struct html *html, const xmlNode *node)
{
	flow_context(&html->flow, html->flow.now.kind, html->flow.now.level);
	if (html->list_count == html->list_cap) {
		html->list_cap = html->list_cap ? html->list_cap * 2 : 8;
		html->lists = mem_grow(html->lists, html->list_cap, sizeof(*html->lists));
	}
	html->lists[html->list_count++] = (struct list){xml_is(node, "ol"), xml_number(node, "start", 1)};
}

static void item(struct html *html, const xmlNode *node)
{
	struct list *list = html->list_count > 0 ? &html->lists[html->list_count - 1] : NULL;
	struct buf label = BUF_INIT;
	flow_block(&html->flow, TEXT_ITEM, html->list_count > 0 ? (unsigned)html->list_count : 1);
	if (list && list->ordered) {
		list->next = xml_number(node, "value", list->next);
		buf_u64(&label, list->next++);
		buf_char(&label, '.');
		flow_label(&html->flow, arena_str(&html->arena, buf_view(&label)));
	}
	buf_release(&label);
}

static bool link(struct html *html, const xmlNode *node)
{
	struct str href = xml_attribute(node, "href");
	xmlNode *target = find(html, place_of(html, href)), *block = block_of(target);
	if (is_back_link(node))
		return false;
	if (target && html->notes[number_of(target)].n > 0)
		block = target;
	if (block && html->notes[number_of(block)].n > 0 && block != block_of(node->parent))
		flow_mark(&html->flow, TEXT_REFERENCE, joined(html, STR("#"), html->notes[number_of(block)]));
	else if (str_starts(href, STR("http://")) || str_starts(href, STR("https://")) || str_starts(href, STR("mailto:")))
		flow_mark(&html->flow, TEXT_LINK, href);
	return true;
}

/* The label that a note begins with: its own link back, or its number. */
static struct str note_label(struct html *html, const xmlNode *node)
{
	struct buf words = BUF_INIT;
	struct str label = {"", 0};
	size_t n = 0, from = 0;
	xml_words(node, 40, &words);
	while (from < words.n && strchr("[(", words.p[from]))
		from++;
	for (n = from; n < words.n && n < from + 6 && ((words.p[n] >= '0' && words.p[n] <= '9') || words.p[n] == '*'); n++)
		;
	if (n > from)
		label = arena_str(&html->arena, (struct str){words.p + from, n - from});
	else if (xml_is(node, "li") && html->list_count > 0) {
		buf_clear(&words);
		buf_u64(&words, html->lists[html->list_count - 1].next);
		label = arena_str(&html->arena, buf_view(&words));
	}
	buf_release(&words);
	return label;
}

static void begin_note(struct html *html, const xmlNode *node, struct str key)
{
	html->label = note_label(html, node);
	if (xml_is(node, "li") && html->list_count > 0)
		html->lists[html->list_count - 1].next++;
	flow_part(&html->flow, TEXT_NOTES);
	flow_block(&html->flow, TEXT_NOTE, 0);
	flow_key(&html->flow, key);
	flow_label(&html->flow, html->label);
}

/* "[12]", "12.", "12": the label, and how much of the beginning it takes with what surrounds it. 0: something else. */
static size_t label_length(struct str label, struct str words)
{
	size_t n = 0;
	while (n < words.n && strchr("[( \n\t", words.p[n]))
		n++;
	if (label.n == 0 || !str_starts((struct str){words.p + n, words.n - n}, label))
		return 0;
	n += label.n;
	if (n < words.n && words.p[n] >= '0' && words.p[n] <= '9')
		return 0;
	while (n < words.n && strchr("]).:", words.p[n]))
		n++;
	return n;
}

/* The link or raised number that a note begins with. */
static bool is_label(const struct html *html, const xmlNode *node)
{
	struct buf words = BUF_INIT;
	size_t n;
	bool whole;
	if (!html->flow.has_key || html->label.n == 0 || !(xml_is(node, "a") || xml_is(node, "sup") || xml_is(node, "span")))
		return false;
	xml_words(node, 40, &words);
	n = label_length(html->label, buf_view(&words));
	whole = n > 0 && n == words.n;
	buf_release(&words);
	return whole;
}

static void begin_part(struct html *html, const xmlNode *node)
{
	static const struct {
		const char *type;
		enum text_part part;
	} parts[] = {{"introduction", TEXT_INTRODUCTION}, {"preface", TEXT_INTRODUCTION}, {"foreword", TEXT_INTRODUCTION},
		{"titlepage", TEXT_FRONT}, {"copyright-page", TEXT_FRONT}, {"frontmatter", TEXT_FRONT}, {"bodymatter", TEXT_BODY},
		{"footnotes", TEXT_NOTES}, {"endnotes", TEXT_NOTES}, {"rearnotes", TEXT_NOTES}, {"backmatter", TEXT_BACK},
		{"bibliography", TEXT_BACK}, {"index", TEXT_BACK}, {"colophon", TEXT_BACK}};
	struct str type = xml_attribute(node, "epub:type");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && type.n > 0; i++)
		if (has_word(type, parts[i].type)) {
			flow_part(&html->flow, parts[i].part);
			return;
		}
}

static bool hidden(const xmlNode *node)
{
	struct str style = xml_attribute(node, "style");
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (strcmp((const char *)a->name, "hidden") == 0)
			return true;
	return memmem(style.p, style.n, "display:none", 12) || memmem(style.p, style.n, "display: none", 13);
}

static void page_mark(struct html *html, const xmlNode *node)
{
	struct str label = xml_attribute(node, "title");
	if (!has_word(xml_attribute(node, "epub:type"), "pagebreak") && !has_word(xml_attribute(node, "role"), "doc-pagebreak"))
		return;
	if (label.n == 0)
		label = xml_attribute(node, "aria-label");
	flow_page(&html->flow, text_add_page(html->text, &(struct text_page){.label = label}), label, false);
}

static bool enter_special(struct html *html, xmlNode *node)
{
	struct flow *flow = &html->flow;
	struct str name = xml_name(node);
	if (str_equal(name, STR("a")))
		return link(html, node);
	if (str_equal(name, STR("br"))) {
		if (flow->now.exact)
			flow_text(flow, STR("\n"));
		else
			flow_line(flow, false);
	} else if (str_equal(name, STR("hr"))) {
		flow_break(flow);
	} else if (str_equal(name, STR("p"))) {
		flow_block(flow, flow->now.kind, flow->now.level);
	} else if (str_equal(name, STR("div")) || str_equal(name, STR("section"))) {
		flow_context(flow, flow->now.kind, flow->now.level);
	} else if (str_equal(name, STR("ul")) || str_equal(name, STR("ol")) || str_equal(name, STR("dl"))) {
		list_begin(html, node);
	} else if (str_equal(name, STR("li")) || str_equal(name, STR("dt")) || str_equal(name, STR("dd"))) {
		item(html, node);
	} else if (str_equal(name, STR("pre"))) {
		flow_block(flow, TEXT_CODE, 0);
		flow->now.exact = true;
	} else if (str_equal(name, STR("tr"))) {
		html->column = 0;
	} else if (str_equal(name, STR("td")) || str_equal(name, STR("th"))) {
		flow_block(flow, TEXT_CELL, ++html->column);
		flow->now.joined = true;
		html->column += xml_number(node, "colspan", 1) > 1 ? xml_number(node, "colspan", 1) - 1 : 0;
	} else if (str_equal(name, STR("time"))) {
		flow_mark(flow, TEXT_DATE, xml_attribute(node, "datetime"));
	}
	return true;
}

static bool enter(void *context, xmlNode *node)
{
	struct html *html = context;
	struct flow *flow = &html->flow;
	const struct element *element =
		bsearch(node->name, elements, sizeof(elements) / sizeof(elements[0]), sizeof(elements[0]), by_name);
	struct str language = xml_attribute(node, "xml:lang"), key;
	bool down = true;
	flow_enter(flow);
	if (language.n == 0)
		language = xml_attribute(node, "lang");
	if (hidden(node))
		return false;
	page_mark(html, node);
	if (is_label(html, node))
		return false;
	begin_part(html, node);
	key = html->notes[number_of(node)];
	if (key.n > 0 && !flow->now.joined) {
		begin_note(html, node, key);
	} else if (element) {
		switch (element->what) {
		case SKIP:
			down = false;
			break;
		case BLOCK:
			flow_block(flow, (enum text_kind)element->kind, 0);
			break;
		case HEADING:
			flow_block(flow, TEXT_HEADING, (unsigned)element->kind);
			break;
		case CONTAINER:
			flow_context(flow, (enum text_kind)element->kind, 0);
			break;
		case MARK:
			flow_mark(flow, (enum text_mark_kind)element->kind, STR(""));
			break;
		case SPECIAL:
			down = enter_special(html, node);
			break;
		case PASS:
		default:
			break;
		}
	}
	if (language.n > 0 && down)
		flow_language(flow, language);
	return down;
}

static void leave(void *context, xmlNode *node)
{
	struct html *html = context;
	if ((xml_is(node, "ul") || xml_is(node, "ol") || xml_is(node, "dl")) && html->list_count > 0 && !hidden(node))
		html->list_count--;
	flow_leave(&html->flow);
}

static void text(void *context, struct str piece)
{
	struct html *html = context;
	if (html->flow.has_key && html->label.n > 0) {
		size_t label = label_length(html->label, piece);
		piece.p += label;
		piece.n -= label;
	}
	flow_text(&html->flow, piece);
}

void html_read(struct text *out, const struct html_file *files, size_t count, struct str language)
{
	static const struct xml_visitor names = {name_enter, NULL, NULL}, notes = {note_enter, NULL, NULL},
					visitor = {enter, leave, text};
	struct html html = {.text = out, .arena = ARENA_INIT, .label = {"", 0}};
	flow_init(&html.flow, out);
	html.flow.base = language;
	html.named = xmlHashCreate(64);
	if (!html.named)
		return;
	for (size_t i = 0; i < count; i++) {
		html.file = &files[i];
		xml_walk(files[i].root, &names, &html);
	}
	html.notes = mem_array(html.node_count + 1, sizeof(*html.notes));
	for (size_t i = 0; i < count; i++) {
		html.file = &files[i];
		xml_walk(files[i].root, &notes, &html);
	}
	for (size_t i = 0; i < count; i++) {
		html.file = &files[i];
		html.list_count = 0;
		xml_walk(files[i].root, &visitor, &html);
	}
	flow_finish(&html.flow);
	xmlHashFree(html.named, NULL);
	free(html.notes);
	free(html.lists);
	arena_release(&html.arena);
}

struct str html_language(const xmlNode *root)
{
	struct str language = xml_attribute(root, "lang");
	if (language.n == 0)
		language = xml_attribute(root, "xml:lang");
	if (language.n == 0)
		language = xml_attribute(xml_child(root, "body"), "lang");
	return language;
}

void html_page(struct text *out, xmlNode *root)
{
	struct buf title = BUF_INIT;
	xml_words(xml_child(xml_child(root, "head"), "title"), 1000, &title);
	text_set_title(out, buf_view(&title));
	buf_release(&title);
	text_set_language(out, html_language(root));
	html_read(out, &(struct html_file){root, {"", 0}}, 1, html_language(root));
}

int read_html(struct text *out, struct str bytes, struct err *err)
{
	xmlDoc *doc = NULL;
	bool broken = false;
	text_set_source(out, STR("html"));
	/* XHTML as what it is, unless it is not: its writers seldom looked. */
	if (memmem(bytes.p, bytes.n < 200 ? bytes.n : 200, "<?xml", 5) && xml_parse(bytes, "the page", &doc, &broken, NULL) == 0) {
		if (!broken && xml_is(xmlDocGetRootElement(doc), "html")) {
			html_page(out, xmlDocGetRootElement(doc));
			xmlFreeDoc(doc);
			text_recognise(out);
			return 0;
		}
		xmlFreeDoc(doc);
		doc = NULL;
		broken = false;
	}
	if (html_parse(bytes, STR(""), &doc, &broken, err) < 0)
		return -1;
	if (doc && xmlDocGetRootElement(doc))
		html_page(out, xmlDocGetRootElement(doc));
	if (broken)
		text_set_cut(out);
	xmlFreeDoc(doc);
	text_recognise(out);
	return 0;
}
