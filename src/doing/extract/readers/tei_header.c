/* What teiHeader says of the document, as blocks before the text: labels are TEI's own words ("sent", "received"). */
#include "tei.h"

#include <string.h>

#define WORDS_MAX 2000

/* The title of this document: of an article, not of the series that it stands in; a main one, with its subtitle. */
static struct str title_of(struct tei *tei, const xmlNode *header)
{
	const xmlNode *statement = xml_child(xml_child(header, "fileDesc"), "titleStmt"), *best = NULL, *sub = NULL;
	struct str title;
	for (const xmlNode *node = xml_child(statement, "title"); node; node = xml_next(node, "title")) {
		struct str level = xml_attribute(node, "level"), type = xml_attribute(node, "type");
		if (str_equal(type, STR("sub"))) {
			sub = sub ? sub : node;
			continue;
		}
		if (str_equal(level, STR("a"))) {
			best = node;
			break;
		}
		if (!best || (str_equal(type, STR("main")) && !str_equal(xml_attribute(best, "type"), STR("main"))) ||
			str_equal(xml_attribute(best, "level"), STR("s")))
			best = str_equal(type, STR("iso-date")) ? best : node;
	}
	title = tei_words(tei, best ? best : xml_child(statement, "h.title"), 1000);
	if (sub && title.n > 0 && !str_equal(xml_attribute(best, "level"), STR("a"))) {
		title = tei_join(tei, title, STR(". "));
		title = tei_join(tei, title, tei_words(tei, sub, 1000));
	}
	return title;
}

static void begin(struct tei *tei, struct str label)
{
	flow_enter(&tei->flow);
	flow_part(&tei->flow, TEXT_FRONT);
	flow_block(&tei->flow, TEXT_PARAGRAPH, 0);
	flow_label(&tei->flow, label);
}

static void end(struct tei *tei)
{
	flow_leave(&tei->flow);
	flow_label(&tei->flow, (struct str){"", 0});
}

/* A piece of a list: person, place or date, marked as that if the letter is theirs (its editors and owners are not what it is about). Those that say what they are by an attribute alone show it. */
static void piece(struct tei *tei, const xmlNode *node, bool marked, bool *any)
{
	struct str words = tei_words(tei, node, WORDS_MAX), name = xml_name(node), date = {"", 0};
	bool is_date = str_equal(name, STR("date"));
	bool is_place = str_equal(name, STR("placeName")) || str_equal(name, STR("settlement")) || str_equal(name, STR("country"));
	bool is_person = str_equal(name, STR("persName")) || str_equal(name, STR("author")) || str_equal(name, STR("editor")) ||
			 str_equal(name, STR("name")) || str_equal(name, STR("rs")) || str_equal(name, STR("orgName"));
	if (is_date) {
		date = tei_date(tei, node);
		words = words.n > 0 ? words : date;
	}
	if (words.n == 0)
		return;
	if (*any)
		/* Names have commas of their own. */
		flow_text(&tei->flow, is_person ? STR("; ") : STR(", "));
	*any = true;
	flow_enter(&tei->flow);
	if (!marked)
		;
	else if (is_date)
		flow_mark(&tei->flow, TEXT_DATE, date);
	else if (is_place)
		flow_mark(&tei->flow, TEXT_PLACE, tei_who(tei, node));
	else if (is_person && !str_equal(name, STR("orgName")))
		flow_mark(&tei->flow, TEXT_PERSON, tei_who(tei, node));
	flow_text(&tei->flow, words);
	flow_leave(&tei->flow);
}

static void pieces(struct tei *tei, const xmlNode *parent, struct str label, bool marked)
{
	bool any = false;
	if (!parent)
		return;
	begin(tei, label);
	for (const xmlNode *node = xml_child(parent, NULL); node; node = xml_next(node, NULL))
		piece(tei, node, marked, &any);
	/* One that says it in a sentence. */
	if (!any)
		flow_text(&tei->flow, tei_words(tei, parent, WORDS_MAX));
	end(tei);
}

static void responsible(struct tei *tei, const xmlNode *statement, const char *name, bool marked)
{
	bool any = false;
	if (!xml_child(statement, name))
		return;
	begin(tei, str_from(name));
	for (const xmlNode *node = xml_child(statement, name); node; node = xml_next(node, name)) {
		if (xml_child(node, NULL))
			for (const xmlNode *child = xml_child(node, NULL); child; child = xml_next(child, NULL))
				piece(tei, child, marked, &any);
		else
			piece(tei, node, marked, &any);
	}
	end(tei);
}

static void licence(struct tei *tei, const xmlNode *publication)
{
	const xmlNode *node = xml_child(xml_child(publication, "availability"), "licence");
	struct str target = xml_attribute(node, "target");
	if (target.n == 0)
		return;
	begin(tei, STR("licence"));
	flow_mark(&tei->flow, TEXT_LINK, target);
	flow_text(&tei->flow, target);
	end(tei);
}

/* Where the manuscript is, and what the post and its owners left on it: stamps are evidence of where it has been. */
static void manuscript(struct tei *tei, xmlNode *node)
{
	const xmlNode *additions;
	pieces(tei, xml_child(node, "msIdentifier"), STR("manuscript"), false);
	additions = xml_child(xml_child(node, "physDesc"), "additions");
	for (const xmlNode *incident = xml_child(additions, "incident"); incident; incident = xml_next(incident, "incident"))
		for (xmlNode *desc = xml_child(incident, "desc"); desc; desc = xml_next(desc, "desc")) {
			struct str type = xml_attribute(incident, "type");
			begin(tei, type.n > 0 ? type : STR("addition"));
			tei_inline(tei, desc);
			end(tei);
		}
}

/* msDesc wherever a sourceDesc has it. */
static bool source_enter(void *context, xmlNode *node)
{
	if (!xml_is(node, "msDesc"))
		return true;
	manuscript(context, node);
	return false;
}

static void source_leave(void *context, xmlNode *node)
{
	(void)context;
	(void)node;
}

static void source_text(void *context, struct str text)
{
	(void)context;
	(void)text;
}

void tei_header(struct tei *tei, xmlNode *header, bool first)
{
	static const struct xml_visitor visitor = {source_enter, source_leave, source_text};
	xmlNode *file = xml_child(header, "fileDesc"), *profile = xml_child(header, "profileDesc"), *source;
	if (first)
		text_set_title(tei->text, title_of(tei, header));
	responsible(tei, xml_child(file, "titleStmt"), "author", true);
	responsible(tei, xml_child(file, "titleStmt"), "editor", false);
	for (const xmlNode *action = xml_child(xml_child(profile, "correspDesc"), "correspAction"); action;
		action = xml_next(action, "correspAction"))
		pieces(tei, action, xml_attribute(action, "type"), true);
	if (!xml_child(profile, "correspDesc"))
		pieces(tei, xml_child(profile, "creation"), STR("creation"), true);
	source = xml_child(file, "sourceDesc");
	if (source)
		xml_walk(source, &visitor, tei);
	licence(tei, xml_child(file, "publicationStmt"));
	if (xml_child(profile, "abstract")) {
		flow_enter(&tei->flow);
		flow_part(&tei->flow, TEXT_INTRODUCTION);
		tei_inline(tei, xml_child(profile, "abstract"));
		flow_leave(&tei->flow);
	}
	for (xmlNode *description = xml_child(profile, NULL); description; description = xml_next(description, NULL))
		for (xmlNode *list = xml_child(description, NULL); list; list = xml_next(list, NULL))
			if (tei_is_list(list))
				tei_list(tei, list);
}
