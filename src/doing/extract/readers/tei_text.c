/* TEI, the text itself: each element's place in the text, decided by one table and a few words where the table does not do. */
#include "tei.h"

#include <stdlib.h>
#include <string.h>

enum what {
	PASS,      /* nothing of its own */
	SKIP,      /* nor what is in it */
	BLOCK,     /* a block of its kind */
	CONTAINER, /* its paragraphs are of its kind */
	PARAGRAPH, /* a block of the kind that its container gives */
	LOOSE,     /* a block where it stands between blocks, else nothing of its own */
	MARK,
	SPECIAL, /* see enter_special */
};
struct element {
	const char *name;
	enum what what;
	int kind; /* enum text_kind, or enum text_mark_kind */
};

/* By name. */
static const struct element elements[] = {
	{"ab", PARAGRAPH, 0},
	{"abstract", PASS, 0},
	{"add", MARK, TEXT_ADDED},
	{"addSpan", SKIP, 0},
	{"addrLine", SPECIAL, 0},
	{"address", BLOCK, TEXT_ADDRESS},
	{"app", SPECIAL, 0},
	{"argument", CONTAINER, TEXT_PARAGRAPH},
	{"back", SPECIAL, 0},
	{"bibl", SPECIAL, 0},
	{"body", SPECIAL, 0},
	{"byline", PARAGRAPH, 0},
	{"c", SPECIAL, 0},
	{"caption", BLOCK, TEXT_CAPTION},
	{"castItem", BLOCK, TEXT_ITEM},
	{"cell", SPECIAL, 0},
	{"choice", SPECIAL, 0},
	{"closer", BLOCK, TEXT_CLOSING},
	{"date", SPECIAL, 0},
	{"dateline", BLOCK, TEXT_DATELINE},
	{"del", MARK, TEXT_DELETED},
	{"div", SPECIAL, 0},
	{"div0", SPECIAL, 0},
	{"div1", SPECIAL, 0},
	{"div2", SPECIAL, 0},
	{"div3", SPECIAL, 0},
	{"div4", SPECIAL, 0},
	{"div5", SPECIAL, 0},
	{"div6", SPECIAL, 0},
	{"div7", SPECIAL, 0},
	{"docAuthor", LOOSE, TEXT_PARAGRAPH},
	{"docDate", LOOSE, TEXT_PARAGRAPH},
	{"docImprint", LOOSE, TEXT_PARAGRAPH},
	{"eg", SPECIAL, TEXT_CODE},
	{"emph", MARK, TEXT_EMPHASIS},
	{"epigraph", CONTAINER, TEXT_QUOTE},
	{"figDesc", BLOCK, TEXT_CAPTION},
	{"floatingText", PASS, 0},
	{"foreign", SPECIAL, 0},
	{"front", SPECIAL, 0},
	{"fw", SKIP, 0},
	{"gap", SPECIAL, 0},
	{"geo", SKIP, 0},
	{"head", SPECIAL, 0},
	{"hi", SPECIAL, 0},
	{"idno", SKIP, 0},
	{"imprimatur", PARAGRAPH, 0},
	{"interp", SKIP, 0},
	{"interpGrp", SKIP, 0},
	{"item", SPECIAL, 0},
	{"l", SPECIAL, 0},
	{"label", SPECIAL, 0},
	{"lb", SPECIAL, 0},
	{"lg", SPECIAL, 0},
	{"line", SPECIAL, 0},
	{"list", SPECIAL, 0},
	{"name", SPECIAL, 0},
	{"note", SPECIAL, 0},
	{"opener", BLOCK, TEXT_DATELINE},
	{"p", PARAGRAPH, 0},
	{"pb", SPECIAL, 0},
	{"persName", MARK, TEXT_PERSON},
	{"placeName", MARK, TEXT_PLACE},
	{"postscript", CONTAINER, TEXT_POSTSCRIPT},
	{"ptr", SPECIAL, 0},
	{"q", SPECIAL, 0},
	{"quote", SPECIAL, 0},
	{"ref", SPECIAL, 0},
	{"row", SPECIAL, 0},
	{"rs", SPECIAL, 0},
	{"salute", SPECIAL, 0},
	{"seg", SPECIAL, 0},
	{"settlement", SPECIAL, 0},
	{"signed", BLOCK, TEXT_SIGNATURE},
	{"soCalled", MARK, TEXT_EMPHASIS},
	{"sp", PASS, 0},
	{"space", SPECIAL, 0},
	{"speaker", BLOCK, TEXT_PARAGRAPH},
	{"stage", LOOSE, TEXT_PARAGRAPH},
	{"stamp", PASS, 0},
	{"supplied", MARK, TEXT_UNCLEAR},
	{"surface", PASS, 0},
	{"table", SPECIAL, 0},
	{"teiHeader", SKIP, 0},
	{"time", PASS, 0},
	{"title", SPECIAL, 0},
	{"titlePart", BLOCK, TEXT_HEADING},
	{"trailer", PARAGRAPH, 0},
	{"unclear", MARK, TEXT_UNCLEAR},
	{"w", PASS, 0},
	{"zone", LOOSE, TEXT_PARAGRAPH},
};

static int by_name(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

/* ---- notes --------------------------------------------------------------------------------------------------------- */

/* A note's key: its own name, or one that nothing can be called. Keys are gone when the text is finished. */
static struct str note_key(struct tei *tei, const xmlNode *note)
{
	struct str id = xml_attribute(note, "xml:id");
	struct buf key = BUF_INIT;
	if (id.n == 0)
		id = xml_attribute(note, "id");
	if (id.n > 0)
		return id;
	buf_printf(&key, "note %p", (const void *)note);
	id = arena_str(&tei->arena, buf_view(&key));
	buf_release(&key);
	return id;
}

static struct tei_note *put_off(struct tei *tei, xmlNode *note)
{
	struct tei_note *kept;
	struct str label = xml_attribute(note, "n");
	tei->note_number++;
	if (label.n == 0 || label.n > 20) {
		struct buf number = BUF_INIT;
		buf_u64(&number, tei->note_number);
		label = arena_str(&tei->arena, buf_view(&number));
		buf_release(&number);
	}
	if (tei->note_count == tei->note_cap) {
		tei->note_cap = tei->note_cap ? tei->note_cap * 2 : 16;
		tei->notes = mem_grow(tei->notes, tei->note_cap, sizeof(*tei->notes));
	}
	kept = &tei->notes[tei->note_count++];
	*kept = (struct tei_note){note, label, note_key(tei, note)};
	return kept;
}

static void refer(struct tei *tei, struct str key)
{
	(void)flow_reference(&tei->flow, tei_join(tei, STR("#"), key));
}

/* A note that stands in the text is referred to from where it stands; one that stands elsewhere from what points at it, or from where its own target stands. */
static void meet_note(struct tei *tei, xmlNode *node)
{
	const struct tei_note *note = put_off(tei, node);
	if (!tei_find(tei, xml_attribute(node, "target")))
		refer(tei, note->key);
}

/* ---- what the table does not say ------------------------------------------------------------------------------------- */

static bool one_of(struct str value, const char *const *choices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(value, str_from(choices[i])))
			return true;
	return false;
}
#define ONE_OF(value, ...)                                                                                                         \
	one_of(value, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool mentions(struct str value, const char *word)
{
	return memmem(value.p, value.n, word, strlen(word)) != NULL;
}

static void division(struct tei *tei, const xmlNode *node)
{
	struct str type = xml_attribute(node, "type");
	tei->div_depth++;
	flow_context(&tei->flow, TEXT_PARAGRAPH, 0);
	if (ONE_OF(type, "introduction", "preface", "foreword", "intro"))
		flow_part(&tei->flow, TEXT_INTRODUCTION);
	else if (ONE_OF(type, "notes", "commentary", "footnotes", "endnotes"))
		flow_part(&tei->flow, TEXT_NOTES);
	else if (tei->flow.now.part == TEXT_BODY &&
		 (ONE_OF(type, "letter", "writingSession") || xml_child(node, "opener") || xml_child(node, "closer")))
		flow_part(&tei->flow, TEXT_LETTER);
}

static void highlighted(struct tei *tei, const xmlNode *node)
{
	struct str how = xml_attribute(node, "rend");
	if (how.n == 0)
		how = xml_attribute(node, "rendition");
	if (how.n == 0)
		how = xml_attribute(node, "style");
	if (mentions(how, "bold"))
		flow_mark(&tei->flow, TEXT_STRONG, STR(""));
	else if (how.n == 0 || mentions(how, "ital") || mentions(how, "underline") || mentions(how, "spaced") ||
		 mentions(how, "gesperrt") || str_equal(how, STR("i")) || str_equal(how, STR("u")))
		flow_mark(&tei->flow, TEXT_EMPHASIS, STR(""));
}

/* Only pointers to notes and addresses of the web lead somewhere; an empty one shows where it would. */
static bool pointer(struct tei *tei, xmlNode *node)
{
	struct str target = xml_attribute(node, "target");
	const xmlNode *found = target.n > 0 && target.p[0] == '#' ? tei_find(tei, target) : NULL;
	bool empty = node->children == NULL;
	if (xml_is(found, "note")) {
		if (empty)
			refer(tei, note_key(tei, found));
		else
			flow_mark(&tei->flow, TEXT_REFERENCE, target);
		return true;
	}
	if (str_starts(target, STR("http://")) || str_starts(target, STR("https://")) || str_starts(target, STR("mailto:")))
		flow_mark(&tei->flow, TEXT_LINK, target);
	if (empty)
		flow_text(&tei->flow, target);
	return true;
}

/* Signs for which there is no character, or which a project names only. */
static bool sign(struct tei *tei, xmlNode *node)
{
	struct str name = xml_attribute(node, "rendition");
	if (node->children)
		return true;
	if (str_equal(name, STR("#dots"))) {
		unsigned dots = xml_number(node, "n", 3);
		for (unsigned i = 0; i < dots && i < 100; i++)
			flow_text(&tei->flow, STR("."));
	} else if (str_equal(name, STR("#kaufmannsund"))) {
		flow_text(&tei->flow, STR("&"));
	} else if (str_equal(name, STR("#prozent"))) {
		flow_text(&tei->flow, STR("%"));
	}
	return false;
}

static void verse(struct tei *tei, const xmlNode *node)
{
	bool first = !xml_is(node->parent, "lg");
	if (first) {
		/* A line without a group: the lines beside it are one verse. */
		const xmlNode *before = node->prev;
		while (before && before->type != XML_ELEMENT_NODE)
			before = before->prev;
		first = !xml_is(before, "l");
	}
	if (tei->flow.now.kind != TEXT_VERSE || (first && !xml_is(node->parent, "lg")))
		flow_block(&tei->flow, TEXT_VERSE, 0);
	else
		flow_line(&tei->flow, false);
}

static void heading(struct tei *tei, const xmlNode *node)
{
	const xmlNode *parent = node->parent;
	if (xml_is(parent, "figure") || xml_is(parent, "table") || xml_is(parent, "list") || xml_is(parent, "lg"))
		flow_block(&tei->flow, TEXT_CAPTION, 0);
	else
		flow_block(&tei->flow, TEXT_HEADING, tei->div_depth < 1 ? 1 : tei->div_depth > 6 ? 6 : tei->div_depth);
}

static void item(struct tei *tei, const xmlNode *node)
{
	const xmlNode *label = node->prev;
	struct str printed = xml_attribute(node, "n");
	while (label && label->type != XML_ELEMENT_NODE)
		label = label->prev;
	if (xml_is(label, "label"))
		printed = tei_words(tei, label, 60);
	flow_block(&tei->flow, TEXT_ITEM, tei->list_depth);
	flow_label(&tei->flow, printed);
}

static bool in_list(const xmlNode *node)
{
	return xml_is(node->parent, "list");
}

static void segment(struct tei *tei, const xmlNode *node)
{
	struct str type = xml_attribute(node, "type"), id = xml_attribute(node, "id");
	if (xml_is(node->parent, "opener") || str_equal(type, STR("letterhead")) ||
		(tei->flow.now.kind == TEXT_ADDRESS && xml_is(node->parent, "seg"))) {
		flow_block(&tei->flow, TEXT_ADDRESS, 0);
	} else if (xml_is(node->parent, "div")) {
		flow_block(&tei->flow, tei->flow.now.kind, 0);
		if (str_equal(type, STR("verse"))) {
			/* CES: b.MAT.1.12 is verse 12. */
			const char *dot = id.n > 0 ? strrchr(id.p, '.') : NULL;
			flow_label(&tei->flow, dot ? str_from(dot + 1) : xml_attribute(node, "n"));
		}
	}
}

static bool has_block(const xmlNode *node)
{
	return xml_child(node, "p") || xml_child(node, "lg") || xml_child(node, "l") || xml_child(node, "list") ||
	       xml_child(node, "table");
}

static void quotation(struct tei *tei, const xmlNode *node)
{
	if (!flow_inside(&tei->flow))
		flow_block(&tei->flow, TEXT_QUOTE, 0);
	else if (has_block(node) && tei->flow.now.kind != TEXT_NOTE)
		flow_context(&tei->flow, TEXT_QUOTE, 0);
}

/* Of alternatives one is shown: as the page has it, but what it abbreviates written out. */
static xmlNode *chosen(const xmlNode *choice)
{
	static const char *const order[] = {"expan", "orig", "sic", "lem", "seg", "unclear", "rdg"};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (xml_child(choice, order[i]))
			return xml_child(choice, order[i]);
	return xml_child(choice, NULL);
}

static const xmlNode *shown_of(struct tei *tei, const xmlNode *choice)
{
	if (tei->alternatives != choice) {
		tei->alternatives = choice;
		tei->shown = chosen(choice);
	}
	return tei->shown;
}

static void page_break(struct tei *tei, const xmlNode *node, bool joins)
{
	struct str label = xml_attribute(node, "n"), facs = xml_attribute(node, "facs");
	flow_page(&tei->flow, tei_page(tei, facs, label), label, joins);
}

static void begin_part(struct tei *tei, const xmlNode *node)
{
	tei->div_depth = 0;
	flow_context(&tei->flow, TEXT_PARAGRAPH, 0);
	if (xml_is(node, "front"))
		flow_part(&tei->flow, TEXT_FRONT);
	else if (xml_is(node, "back"))
		flow_part(&tei->flow, TEXT_BACK);
	else
		flow_part(&tei->flow, tei->letter ? TEXT_LETTER : TEXT_BODY);
}

static void referring_string(struct tei *tei, const xmlNode *node)
{
	struct str type = xml_attribute(node, "type");
	if (ONE_OF(type, "person", "pers", "persName"))
		flow_mark(&tei->flow, TEXT_PERSON, tei_who(tei, node));
	else if (ONE_OF(type, "place", "placeName", "geo", "city", "country"))
		flow_mark(&tei->flow, TEXT_PLACE, tei_who(tei, node));
}

static bool enter_special(struct tei *tei, xmlNode *node)
{
	struct flow *flow = &tei->flow;
	struct str name = xml_name(node);
	bool joins = str_equal(xml_attribute(node, "break"), STR("no"));
	if (str_starts(name, STR("div")))
		division(tei, node);
	else if (ONE_OF(name, "front", "body", "back"))
		begin_part(tei, node);
	else if (xml_is(node, "note"))
		return meet_note(tei, node), false;
	else if (xml_is(node, "lb"))
		flow_line(flow, joins);
	else if (xml_is(node, "addrLine") || xml_is(node, "line"))
		flow_line(flow, false);
	else if (xml_is(node, "pb"))
		page_break(tei, node, joins);
	else if (xml_is(node, "hi"))
		highlighted(tei, node);
	else if (xml_is(node, "rs") || xml_is(node, "name"))
		referring_string(tei, node);
	else if (xml_is(node, "settlement") && !xml_is(node->parent, "placeName"))
		flow_mark(flow, TEXT_PLACE, tei_who(tei, node));
	else if (xml_is(node, "date"))
		flow_mark(flow, TEXT_DATE, tei_date(tei, node));
	else if (xml_is(node, "foreign")) {
		if (xml_attribute(node, "xml:lang").n == 0)
			flow_mark(flow, TEXT_FOREIGN, STR(""));
	} else if (xml_is(node, "title")) {
		if (flow_inside(flow))
			flow_mark(flow, TEXT_EMPHASIS, STR(""));
	} else if (xml_is(node, "c"))
		return sign(tei, node);
	else if (xml_is(node, "gap")) {
		flow_enter(flow);
		flow_mark(flow, TEXT_UNCLEAR, STR(""));
		flow_text(flow, STR("[…]"));
		flow_leave(flow);
		return false;
	} else if (xml_is(node, "space"))
		flow_space(flow);
	else if (xml_is(node, "ref") || xml_is(node, "ptr"))
		return pointer(tei, node);
	else if (xml_is(node, "head"))
		heading(tei, node);
	else if (xml_is(node, "lg")) {
		if (!xml_is(node->parent, "lg") || tei->flow.now.kind != TEXT_VERSE)
			flow_context(flow, TEXT_VERSE, 0);
		flow_block(flow, TEXT_VERSE, 0);
	} else if (xml_is(node, "l"))
		verse(tei, node);
	else if (xml_is(node, "list"))
		flow_context(flow, flow->now.kind, flow->now.level), tei->list_depth++;
	else if (xml_is(node, "item"))
		item(tei, node);
	else if (xml_is(node, "label"))
		return !in_list(node);
	else if (xml_is(node, "table"))
		flow_context(flow, TEXT_PARAGRAPH, 0);
	else if (xml_is(node, "row"))
		tei->column = 0;
	else if (xml_is(node, "cell")) {
		flow_block(flow, TEXT_CELL, ++tei->column);
		flow->now.joined = true;
		tei->column += xml_number(node, "cols", 1) > 1 ? xml_number(node, "cols", 1) - 1 : 0;
	} else if (xml_is(node, "salute"))
		flow_block(flow, xml_is(node->parent, "closer") ? TEXT_CLOSING : TEXT_SALUTATION, 0);
	else if (xml_is(node, "q") || xml_is(node, "quote"))
		quotation(tei, node);
	else if (xml_is(node, "seg"))
		segment(tei, node);
	else if (xml_is(node, "bibl")) {
		if (!flow_inside(flow))
			flow_block(flow, xml_is(node->parent, "listBibl") ? TEXT_ITEM : TEXT_PARAGRAPH,
				xml_is(node->parent, "listBibl"));
	} else if (xml_is(node, "eg")) {
		flow_block(flow, TEXT_CODE, 0);
		flow->now.exact = true;
	} else if (xml_is(node, "choice") || xml_is(node, "app")) {
		/* The others are passed over when they are met. */
		return true;
	}
	return true;
}

/* ---- places on pictures ---------------------------------------------------------------------------------------------- */

/* What stands in one line, or is less. Of what may have several (p, ab, head with lb) no word's place is known. */
static bool is_in_line(const xmlNode *node)
{
	static const char *const names[] = {"abbr", "addrLine", "c", "cell", "dateline", "date", "foreign", "fw", "head", "hi", "l",
		"label", "line", "name", "num", "pc", "persName", "placeName", "rs", "salute", "seg", "signed", "speaker", "title",
		"w"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (xml_is(node, names[i]))
			return !xml_child(node, "lb") && !xml_child(node, "p");
	/* A zone that is written in itself (sourceDoc). */
	return xml_is(node, "zone") && !xml_child(node, "zone") && !xml_child(node, "line");
}

static void stand_in_zone(struct tei *tei, const xmlNode *node)
{
	struct flow_box box;
	bool first;
	if (xml_is(node, "lb")) {
		const struct flow_box *next = tei->lined && tei->line_next < tei->line_count ? &tei->lines[tei->line_next++] : NULL;
		if (tei_zone(tei, node, &box))
			next = &box;
		if (next)
			flow_line_box(&tei->flow, next);
	} else if (!is_in_line(node) && !xml_is(node, "pb") && tei_lines(tei, node, &first)) {
		if (first) {
			flow_line(&tei->flow, false);
			flow_line_box(&tei->flow, &tei->lines[tei->line_next++]);
		}
	} else if (is_in_line(node) && tei_zone(tei, node, &box)) {
		flow_box(&tei->flow, &box);
	}
}

/* ---- the walk -------------------------------------------------------------------------------------------------------- */

static bool enter(void *context, xmlNode *node)
{
	struct tei *tei = context;
	struct flow *flow = &tei->flow;
	const struct element *element =
		bsearch(node->name, elements, sizeof(elements) / sizeof(elements[0]), sizeof(elements[0]), by_name);
	struct str language = xml_attribute(node, "xml:lang");
	bool down = true;
	flow_enter(flow);
	if (xml_is(node->parent, "stamp"))
		flow_space(flow);
	if ((xml_is(node->parent, "choice") || xml_is(node->parent, "app")) && shown_of(tei, node->parent) != node)
		return false;
	if (tei_is_list(node)) {
		tei_list(tei, node);
		return false;
	}
	switch (element ? element->what : PASS) {
	case PASS:
		break;
	case SKIP:
		down = false;
		break;
	case BLOCK:
		flow_block(flow, (enum text_kind)element->kind, element->kind == TEXT_HEADING || element->kind == TEXT_ITEM);
		break;
	case CONTAINER:
		flow_context(flow, (enum text_kind)element->kind, 0);
		break;
	case PARAGRAPH:
		flow_block(flow, flow->now.kind, flow->now.level);
		break;
	case LOOSE:
		if (!flow_inside(flow))
			flow_block(flow, (enum text_kind)element->kind, 0);
		break;
	case MARK:
		flow_mark(flow, (enum text_mark_kind)element->kind,
			element->kind == TEXT_PERSON || element->kind == TEXT_PLACE ? tei_who(tei, node) : STR(""));
		break;
	case SPECIAL:
		down = enter_special(tei, node);
		break;
	default:
		break;
	}
	if (language.n > 0)
		flow_language(flow, language);
	stand_in_zone(tei, node);
	return down;
}

static void text(void *context, struct str piece)
{
	struct tei *tei = context;
	flow_text(&tei->flow, piece);
}

static void leave(void *context, xmlNode *node);
static const struct xml_visitor visitor = {enter, leave, text};

/* The note's children: it is itself no element to be met again. */
static void write_note(struct tei *tei, const struct tei_note *note)
{
	struct flow *flow = &tei->flow;
	flow_enter(flow);
	flow_part(flow, TEXT_NOTES);
	flow_block(flow, TEXT_NOTE, 0);
	flow_label(flow, note->label);
	flow_key(flow, note->key);
	if (xml_attribute(note->node, "xml:lang").n > 0)
		flow->now.language = xml_attribute(note->node, "xml:lang");
	for (xmlNode *child = note->node->children; child; child = child->next) {
		if (child->type == XML_ELEMENT_NODE)
			xml_walk(child, &visitor, tei);
		else if (child->type == XML_TEXT_NODE && child->content)
			flow_text(flow, str_from((const char *)child->content));
	}
	flow_leave(flow);
	flow->has_key = false;
	flow->label = STR("");
}

/* All that wait; notes to notes come last. */
static void write_notes(struct tei *tei)
{
	/* A note may hold anything, a body too. */
	if (tei->writing_notes)
		return;
	tei->writing_notes = true;
	while (tei->note_done < tei->note_count) {
		struct tei_note note = tei->notes[tei->note_done++];
		write_note(tei, &note);
	}
	tei->writing_notes = false;
}

static void leave(void *context, xmlNode *node)
{
	struct tei *tei = context;
	struct str id;
	const xmlNode *note;
	if (tei->lined == node)
		tei->lined = NULL;
	if (str_starts(xml_name(node), STR("div")) && tei->div_depth > 0)
		tei->div_depth--;
	if (xml_is(node, "list") && tei->list_depth > 0)
		tei->list_depth--;
	/* The place that a note elsewhere names as its own. */
	id = xml_attribute(node, "xml:id");
	note = id.n > 0 ? xmlHashLookup(tei->standoff, (const xmlChar *)id.p) : NULL;
	if (note)
		refer(tei, note_key(tei, note));
	flow_leave(&tei->flow);
	/* Before what stands behind the text. */
	if (xml_is(node, "body"))
		write_notes(tei);
}

void tei_text(struct tei *tei, xmlNode *node)
{
	tei->div_depth = tei->list_depth = 0;
	xml_walk(node, &visitor, tei);
	write_notes(tei);
}

void tei_inline(struct tei *tei, xmlNode *node)
{
	tei->div_depth = tei->list_depth = 0;
	xml_walk(node, &visitor, tei);
}
