/* Persons, places, organisations, works and events that a document lists: an item each, of the part TEXT_BACK; the mark's target is what the text's own
 * marks point at. */
#include "tei.h"

#include <string.h>

#define NAME_MAX_BYTES 1000

bool tei_is_list(const xmlNode *node)
{
	static const char *const names[] = {"listPerson", "listPlace", "listOrg", "listEvent"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (xml_is(node, names[i]))
			return true;
	/* A bibliography in the text is text; one whose entries are data has titles and no words between them. */
	return xml_is(node, "listBibl") && xml_is(node->parent, "back") && xml_attribute(xml_child(node, "bibl"), "xml:id").n > 0;
}

/* "Beer-Hofmann, Richard", if the parts are told apart, else as it is written. */
static struct str name_of(struct tei *tei, const xmlNode *name)
{
	const xmlNode *surname = xml_child(name, "surname"), *forename = xml_child(name, "forename");
	struct str words;
	if (!surname || !forename)
		return tei_words(tei, name, NAME_MAX_BYTES);
	words = tei_join(tei, tei_words(tei, surname, NAME_MAX_BYTES), STR(", "));
	return tei_join(tei, words, tei_words(tei, forename, NAME_MAX_BYTES));
}

static void part(struct tei *tei, enum text_mark_kind kind, struct str target, struct str words)
{
	flow_enter(&tei->flow);
	flow_mark(&tei->flow, kind, target);
	flow_text(&tei->flow, words);
	flow_leave(&tei->flow);
}

/* Birth or death: its date and place. */
static bool life(struct tei *tei, const xmlNode *node, const char *before)
{
	const xmlNode *date = xml_child(node, "date"), *place = xml_child(node, "settlement");
	const xmlNode *name;
	struct str words;
	place = place ? place : xml_child(node, "placeName");
	name = xml_child(place, "placeName") ? xml_child(place, "placeName") : place;
	words = date ? tei_words(tei, date, 100) : xml_attribute(node, "when");
	if (!node || (words.n == 0 && !name))
		return false;
	flow_text(&tei->flow, str_from(before));
	if (words.n > 0)
		part(tei, TEXT_DATE, tei_date(tei, date ? date : node), words);
	if (name && words.n > 0)
		flow_space(&tei->flow);
	if (name)
		part(tei, TEXT_PLACE, tei_who(tei, place), tei_words(tei, name, 200));
	return true;
}

static void addresses(struct tei *tei, const xmlNode *node)
{
	for (const xmlNode *id = xml_child(node, "idno"); id; id = xml_next(id, "idno")) {
		struct str url = tei_words(tei, id, 500);
		if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
			continue;
		flow_text(&tei->flow, STR(" "));
		part(tei, TEXT_LINK, url, url);
	}
}

/* The first child of one of these names. */
static const xmlNode *first_of(const xmlNode *node, const char *const *names, size_t count)
{
	const xmlNode *found = NULL;
	for (size_t i = 0; i < count && !found; i++)
		found = xml_child(node, names[i]);
	return found;
}

static void entry(struct tei *tei, const xmlNode *node)
{
	static const char *const names[] = {"persName", "placeName", "orgName", "title", "eventName", "head", "label", "name",
		"geogName", "country", "settlement", "region", "desc", "p"};
	const xmlNode *name = first_of(node, names, sizeof(names) / sizeof(names[0]));
	struct str id = xml_attribute(node, "xml:id"), words = name_of(tei, name ? name : node), target;
	struct flow *flow = &tei->flow;
	const xmlNode *date = xml_child(node, "date"), *author = xml_child(node, "author");
	bool lived;
	target = id.n > 0 ? tei_join(tei, STR("#"), id) : tei_who(tei, name);
	flow_enter(flow);
	flow_part(flow, TEXT_BACK);
	flow_block(flow, TEXT_ITEM, 1);
	if (author && xml_is(name, "title")) {
		part(tei, TEXT_PERSON, tei_who(tei, author), tei_words(tei, author, NAME_MAX_BYTES));
		flow_text(flow, STR(": "));
	}
	if (xml_is(node, "person") || xml_is(node, "personGrp"))
		part(tei, TEXT_PERSON, target, words);
	else if (xml_is(node, "place"))
		part(tei, TEXT_PLACE, target, words);
	else if (xml_is(name, "title"))
		part(tei, TEXT_EMPHASIS, STR(""), words);
	else
		flow_text(flow, words);
	lived = life(tei, xml_child(node, "birth"), " (");
	lived = life(tei, xml_child(node, "death"), lived ? " – " : " († ") || lived;
	if (lived)
		flow_text(flow, STR(")"));
	if (date || xml_attribute(node, "when").n > 0) {
		flow_text(flow, STR(", "));
		part(tei, TEXT_DATE, tei_date(tei, date ? date : node),
			date ? tei_words(tei, date, 200) : xml_attribute(node, "when"));
	}
	for (const xmlNode *work = xml_child(node, "occupation"); work; work = xml_next(work, "occupation")) {
		flow_text(flow, STR(", "));
		flow_text(flow, tei_words(tei, work, 200));
	}
	addresses(tei, node);
	flow_leave(flow);
}

/* Lists in lists (relations, groups) to any depth. */
static bool enter(void *context, xmlNode *node)
{
	static const char *const entries[] = {"person", "personGrp", "place", "org", "bibl", "biblStruct", "event"};
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (xml_is(node, entries[i])) {
			entry(context, node);
			return false;
		}
	return true;
}

static void leave(void *context, xmlNode *node)
{
	(void)context;
	(void)node;
}

static void text(void *context, struct str words)
{
	(void)context;
	(void)words;
}

void tei_list(struct tei *tei, xmlNode *list)
{
	static const struct xml_visitor visitor = {enter, leave, text};
	xml_walk(list, &visitor, tei);
}
