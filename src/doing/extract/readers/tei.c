/* TEI P5 (and P4, and CES): the document as a whole, and what its parts share. */
#include "tei.h"

#include "record/record.h"

#include <stdlib.h>
#include <string.h>

struct str tei_join(struct tei *tei, struct str a, struct str b)
{
	struct buf joined = BUF_INIT;
	struct str kept;
	buf_str(&joined, a);
	buf_str(&joined, b);
	kept = arena_str(&tei->arena, buf_view(&joined));
	buf_release(&joined);
	return kept;
}

struct str tei_words(struct tei *tei, const xmlNode *node, size_t most)
{
	struct buf words = BUF_INIT;
	struct str kept;
	xml_words(node, most, &words);
	kept = arena_str(&tei->arena, buf_view(&words));
	buf_release(&words);
	return kept;
}

/* ---- dates --------------------------------------------------------------------------------------------------------- */

static struct str date_attribute(const xmlNode *node, const char *name)
{
	static const char *const suffixes[] = {"", "-iso", "-custom"};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char full[32];
		struct buf joined = BUF_INIT;
		struct str value = {"", 0};
		buf_text(&joined, name);
		buf_text(&joined, suffixes[i]);
		if (joined.n < sizeof(full)) {
			memcpy(full, joined.p, joined.n + 1);
			value = xml_attribute(node, full);
		}
		buf_release(&joined);
		if (value.n > 0)
			return value;
	}
	return (struct str){"", 0};
}

struct str tei_date(struct tei *tei, const xmlNode *node)
{
	struct str when = date_attribute(node, "when"), from = date_attribute(node, "from"), to = date_attribute(node, "to");
	struct str cert = xml_attribute(node, "cert"), evidence = xml_attribute(node, "evidence"),
		   precision = xml_attribute(node, "precision");
	struct str doubt = {"", 0}, kept = {"", 0};
	struct buf date = BUF_INIT;
	struct edtf parsed;
	if (when.n == 0 && from.n == 0 && to.n == 0) {
		from = date_attribute(node, "notBefore");
		to = date_attribute(node, "notAfter");
	}
	if (str_equal(cert, STR("low")) || str_equal(cert, STR("unknown")) || str_equal(evidence, STR("conjecture")))
		doubt = STR("?");
	else if (str_equal(precision, STR("low")))
		doubt = STR("~");
	if (when.n > 0) {
		buf_str(&date, when);
		buf_str(&date, doubt);
	} else if (from.n > 0 || to.n > 0) {
		buf_str(&date, from.n > 0 ? from : STR(".."));
		buf_str(&date, from.n > 0 ? doubt : STR(""));
		buf_char(&date, '/');
		buf_str(&date, to.n > 0 ? to : STR(".."));
		buf_str(&date, to.n > 0 ? doubt : STR(""));
	}
	if (date.n > 0 && edtf_parse(buf_view(&date), &parsed, NULL) == 0)
		kept = arena_str(&tei->arena, buf_view(&date));
	buf_release(&date);
	return kept;
}

/* ---- what is pointed at ---------------------------------------------------------------------------------------------- */

/* Views of attributes end in NUL. */
static const xmlChar *key_of(struct str name)
{
	return (const xmlChar *)name.p;
}

static struct str pointed(struct str pointer)
{
	if (pointer.n > 0 && pointer.p[0] == '#')
		return (struct str){pointer.p + 1, pointer.n - 1};
	return pointer;
}

xmlNode *tei_find(const struct tei *tei, struct str pointer)
{
	pointer = pointed(pointer);
	return pointer.n > 0 ? xmlHashLookup(tei->named, key_of(pointer)) : NULL;
}

struct str tei_who(struct tei *tei, const xmlNode *node)
{
	static const char *const names[] = {"ref", "key", "sameAs", "corresp"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str who = xml_attribute(node, names[i]);
		if (who.n > 0)
			return who.p[0] != '#' && tei_find(tei, who) ? tei_join(tei, STR("#"), who) : who;
	}
	return (struct str){"", 0};
}

static bool name_enter(void *context, xmlNode *node)
{
	struct tei *tei = context;
	struct str id = xml_attribute(node, "xml:id");
	if (id.n == 0)
		id = xml_attribute(node, "id");
	/* The first of a name stands. */
	if (id.n > 0)
		(void)xmlHashAddEntry(tei->named, key_of(id), node);
	if (xml_is(node, "note")) {
		struct str target = pointed(xml_attribute(node, "target"));
		if (target.n > 0)
			(void)xmlHashAddEntry(tei->standoff, key_of(target), node);
	}
	return true;
}

static void pass(void *context, xmlNode *node)
{
	(void)context;
	(void)node;
}

static void pass_text(void *context, struct str piece)
{
	(void)context;
	(void)piece;
}

/* ---- pages ----------------------------------------------------------------------------------------------------------- */

static uint32_t keep_page(struct tei *tei, const struct text_page *page)
{
	const uint32_t *known = page->image.n > 0 ? xmlHashLookup(tei->images, key_of(page->image)) : NULL;
	uint32_t number;
	if (known)
		return *known;
	number = text_add_page(tei->text, page);
	if (page->image.n > 0 && number > 0) {
		uint32_t *kept = arena_alloc(&tei->arena, sizeof(*kept), _Alignof(uint32_t));
		*kept = number;
		(void)xmlHashAddEntry(tei->images, key_of(page->image), kept);
	}
	return number;
}

uint32_t tei_page(struct tei *tei, struct str facs, struct str label)
{
	const xmlNode *node = facs.n > 0 && facs.p[0] == '#' ? tei_find(tei, facs) : NULL;
	struct text_page page = {.label = label, .image = facs};
	/* A zone belongs to its surface, a surface shows its first graphic; what is no pointer is the image's own name. */
	while (node && xml_is(node, "zone"))
		node = node->parent;
	if (xml_is(node, "surface"))
		node = xml_child(node, "graphic");
	if (xml_attribute(node, "url").n > 0)
		page.image = xml_attribute(node, "url");
	return keep_page(tei, &page);
}

/* A surface's own coordinates need not begin at 0. */
static unsigned span(const xmlNode *surface, const char *from, const char *to, unsigned otherwise)
{
	unsigned first = xml_number(surface, from, 0), last = xml_number(surface, to, 0);
	return last > first ? last - first : otherwise;
}

static bool facsimile_enter(void *context, xmlNode *node)
{
	const xmlNode *surface = xml_is(node->parent, "surface") ? node->parent : NULL;
	struct text_page page = {.label = xml_attribute(surface, "n"), .image = xml_attribute(node, "url")};
	/* Further pictures of one surface (details, other sizes) are not pages of their own. */
	if (xml_is(node, "graphic") && page.image.n > 0 && (!surface || xml_child(surface, "graphic") == node)) {
		page.width = span(surface, "ulx", "lrx", xml_number(node, "width", 0));
		page.height = span(surface, "uly", "lry", xml_number(node, "height", 0));
		(void)keep_page(context, &page);
	}
	return !xml_is(node, "zone") && !xml_is(node, "line");
}

/* ---- the document ------------------------------------------------------------------------------------------------------ */

static struct str language_of(const xmlNode *root, const xmlNode *header, const xmlNode *text)
{
	const xmlNode *usage = xml_child(xml_child(header, "profileDesc"), "langUsage"), *language = xml_child(usage, "language");
	struct str choices[] = {xml_attribute(text, "xml:lang"), xml_attribute(xml_child(text, "body"), "xml:lang"),
		xml_attribute(root, "xml:lang"), xml_attribute(text, "lang"), xml_attribute(language, "ident"),
		xml_attribute(language, "iso639")};
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (choices[i].n > 0)
			return choices[i];
	return (struct str){"", 0};
}

/* One TEI, or one of a teiCorpus'. */
static void read_one(struct tei *tei, xmlNode *root, bool first)
{
	static const struct xml_visitor pages = {facsimile_enter, pass, pass_text};
	xmlNode *header = xml_child(root, "teiHeader"), *text = xml_child(root, "text");
	if (!header)
		header = xml_child(root, "cesHeader");
	if (first) {
		tei->flow.base = language_of(root, header, text);
		text_set_language(tei->text, tei->flow.base);
	}
	tei->letter = xml_path(header, "profileDesc/correspDesc") != NULL;
	for (xmlNode *node = xml_child(root, NULL); node; node = xml_next(node, NULL))
		if (xml_is(node, "facsimile") || xml_is(node, "sourceDoc"))
			xml_walk(node, &pages, tei);
	if (header)
		tei_header(tei, header, first);
	for (xmlNode *node = xml_child(root, NULL); node; node = xml_next(node, NULL))
		if (xml_is(node, "text") || xml_is(node, "standOff") || (xml_is(node, "sourceDoc") && !text))
			tei_text(tei, node);
}

void tei_read(struct text *text, xmlNode *root)
{
	static const struct xml_visitor names = {name_enter, pass, pass_text};
	struct tei tei = {.text = text, .arena = ARENA_INIT};
	bool first = true;
	flow_init(&tei.flow, text);
	tei.named = xmlHashCreate(64);
	tei.standoff = xmlHashCreate(16);
	tei.images = xmlHashCreate(16);
	if (tei.named && tei.standoff && tei.images) {
		xml_walk(root, &names, &tei);
		/* A corpus' own header and texts, and those of what it holds, to any depth: a TEI holds no TEI. */
		for (xmlNode *node = root; node;) {
			xmlNode *next;
			if (!xml_is(node, "teiCorpus")) {
				if (str_starts(xml_name(node), STR("TEI")) || xml_is(node, "cesDoc"))
					read_one(&tei, node, first), first = false;
				next = NULL;
			} else {
				if (xml_child(node, "teiHeader"))
					tei_header(&tei, xml_child(node, "teiHeader"), first), first = false;
				next = xml_child(node, NULL);
			}
			while (!next && node != root) {
				next = xml_next(node, NULL);
				node = node->parent;
			}
			node = next;
		}
	}
	flow_finish(&tei.flow);
	xmlHashFree(tei.named, NULL);
	xmlHashFree(tei.standoff, NULL);
	xmlHashFree(tei.images, NULL);
	free(tei.notes);
	arena_release(&tei.arena);
}
