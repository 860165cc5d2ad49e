/* ALTO 2 to 4: pages, blocks, lines, words where they stand. Numbers are taken in the unit that the file uses: pages and words in the same. */
#include "layout.h"

#include "boxes.h"

#include <string.h>

struct alto {
	struct text *text;
	struct boxes boxes;
	struct str image;
	xmlNode *tags;
	size_t pages;
	bool in_block;
};

static struct box box_of(const xmlNode *node)
{
	return (struct box){xml_number(node, "HPOS", 0), xml_number(node, "VPOS", 0), xml_number(node, "WIDTH", 0),
		xml_number(node, "HEIGHT", 0)};
}

/* What a block's tags or its type call it: "MarginTextZone", "heading". */
static bool is_called(const struct alto *alto, const xmlNode *block, const char *word)
{
	struct str tags = xml_attribute(block, "TAGREFS"), type = xml_attribute(block, "TYPE"), one;
	size_t tried = 0;
	if (memmem(type.p, type.n, word, strlen(word)))
		return true;
	while (tags.n > 0 && tried++ < 8 && str_take_until(&tags, ' ', &one)) {
		size_t looked = 0;
		for (const xmlNode *tag = xml_child(alto->tags, NULL); tag && looked++ < 200; tag = xml_next(tag, NULL)) {
			struct str label = xml_attribute(tag, "LABEL");
			if (str_equal(xml_attribute(tag, "ID"), one))
				return memmem(label.p, label.n, word, strlen(word)) != NULL;
		}
	}
	return false;
}

static void page(struct alto *alto, const xmlNode *node)
{
	struct text_page page = {.label = xml_attribute(node, "PRINTED_IMG_NR"), .width = xml_number(node, "WIDTH", 0)};
	const xmlNode *space = xml_child(node, "PrintSpace");
	uint32_t number;
	page.height = xml_number(node, "HEIGHT", 0);
	if (page.width == 0)
		page.width = xml_number(space, "HPOS", 0) + xml_number(space, "WIDTH", 0);
	if (page.height == 0)
		page.height = xml_number(space, "VPOS", 0) + xml_number(space, "HEIGHT", 0);
	page.image = alto->pages++ == 0 ? alto->image : (struct str){"", 0};
	number = text_add_page(alto->text, &page);
	text_begin_page(alto->text, number, page.label);
	boxes_init(&alto->boxes, alto->text, number);
}

static void block(struct alto *alto, const xmlNode *node)
{
	enum text_kind kind = TEXT_PARAGRAPH;
	struct str language = xml_attribute(node, "LANG");
	if (is_called(alto, node, "Title") || is_called(alto, node, "heading") || is_called(alto, node, "Heading"))
		kind = TEXT_HEADING;
	else if (is_called(alto, node, "aption"))
		kind = TEXT_CAPTION;
	text_begin(alto->text, kind, TEXT_BODY, kind == TEXT_HEADING ? 2 : 0);
	if (language.n == 0)
		language = xml_attribute(node, "language");
	if (language.n > 0)
		text_set_block_language(alto->text, language);
	boxes_block(&alto->boxes);
	alto->in_block = true;
}

static void string(struct alto *alto, const xmlNode *node)
{
	struct box box = box_of(node);
	struct str part = xml_attribute(node, "SUBS_TYPE");
	boxes_words(&alto->boxes, xml_attribute(node, "CONTENT"), &box);
	if (str_equal(part, STR("HypPart1")) || str_equal(part, STR("HYP_PART1")))
		boxes_join(&alto->boxes);
}

static bool enter(void *context, xmlNode *node)
{
	struct alto *alto = context;
	if (xml_is(node, "Page")) {
		page(alto, node);
	} else if (xml_is(node, "TextBlock")) {
		block(alto, node);
	} else if (xml_is(node, "TextLine") && alto->in_block) {
		boxes_line(&alto->boxes);
	} else if (xml_is(node, "String") && alto->in_block) {
		string(alto, node);
		return false;
	} else if (xml_is(node, "HYP") && alto->in_block) {
		boxes_hyphen(&alto->boxes);
	}
	return true;
}

static void leave(void *context, xmlNode *node)
{
	struct alto *alto = context;
	if (xml_is(node, "TextBlock")) {
		boxes_end(&alto->boxes);
		alto->in_block = false;
	}
}

void alto_read(struct text *text, xmlNode *root)
{
	static const struct xml_visitor visitor = {enter, leave, NULL};
	struct alto alto = {.text = text, .image = {"", 0}, .tags = xml_child(root, "Tags")};
	const xmlNode *name = xml_path(root, "Description/sourceImageInformation/fileName");
	struct buf image = BUF_INIT;
	xml_words(name, 4000, &image);
	alto.image = buf_view(&image);
	boxes_init(&alto.boxes, text, 0); /* for blocks that stand on no page */
	xml_walk(root, &visitor, &alto);
	buf_release(&image);
	text_recognise(text);
}
