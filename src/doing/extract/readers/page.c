/* PAGE XML (2010 to 2019): regions in their reading order, lines, words where they stand. */
#include "layout.h"

#include "boxes.h"

#include <stdlib.h>
#include <string.h>

struct region {
	xmlNode *node;
	size_t order, place;
};
struct page {
	struct text *text;
	struct boxes boxes;
	struct region *regions;
	size_t count, cap;
};

/* The box around points, "x,y x,y …", or around Point elements. */
static struct box box_of(const xmlNode *node)
{
	const xmlNode *coords = xml_child(node, "Coords");
	struct str points = xml_attribute(coords, "points");
	uint32_t left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0, value[2] = {0, 0};
	size_t number = 0, count = 0;
	const xmlNode *point = xml_child(coords, "Point");
	for (size_t i = 0; points.n > 0 && i <= points.n; i++) {
		char c = i < points.n ? points.p[i] : ' ';
		if (c >= '0' && c <= '9') {
			if (value[number] < 100000000)
				value[number] = value[number] * 10 + (uint32_t)(c - '0');
			count++;
			continue;
		}
		if (c == ',')
			number = 1;
		if (c == ' ' && number == 1 && count > 0) {
			left = value[0] < left ? value[0] : left;
			right = value[0] > right ? value[0] : right;
			top = value[1] < top ? value[1] : top;
			bottom = value[1] > bottom ? value[1] : bottom;
		}
		if (c == ' ')
			number = 0, value[0] = value[1] = 0, count = 0;
		else if (c == ',')
			value[1] = 0;
	}
	for (; point; point = xml_next(point, "Point")) {
		uint32_t x = xml_number(point, "x", 0), y = xml_number(point, "y", 0);
		left = x < left ? x : left;
		right = x > right ? x : right;
		top = y < top ? y : top;
		bottom = y > bottom ? y : bottom;
	}
	if (left > right || top > bottom)
		return (struct box){0, 0, 0, 0};
	return (struct box){left, top, right - left, bottom - top};
}

/* The text of the best reading: of several the one with the smallest index. */
static struct str reading(const xmlNode *node, struct buf *words)
{
	const xmlNode *best = NULL;
	for (const xmlNode *equiv = xml_child(node, "TextEquiv"); equiv; equiv = xml_next(equiv, "TextEquiv"))
		if (!best || xml_number(equiv, "index", 0) < xml_number(best, "index", 0))
			best = equiv;
	buf_clear(words);
	xml_words(xml_child(best, "Unicode"), 1u << 20, words);
	return buf_view(words);
}

static void line(struct page *page, const xmlNode *node, struct buf *words)
{
	struct box box = box_of(node);
	struct str whole;
	boxes_line(&page->boxes);
	if (xml_child(node, "Word")) {
		for (const xmlNode *word = xml_child(node, "Word"); word; word = xml_next(word, "Word")) {
			box = box_of(word);
			whole = reading(word, words);
			boxes_words(&page->boxes, whole, &box);
		}
		return;
	}
	whole = reading(node, words);
	boxes_words(&page->boxes, whole, &box);
}

static enum text_kind kind_of(struct str type)
{
	if (str_equal(type, STR("heading")))
		return TEXT_HEADING;
	if (str_equal(type, STR("caption")))
		return TEXT_CAPTION;
	if (str_equal(type, STR("footnote")) || str_equal(type, STR("endnote")))
		return TEXT_NOTE;
	return TEXT_PARAGRAPH;
}

static void region(struct page *page, const xmlNode *node)
{
	struct str type = xml_attribute(node, "type"), language = xml_attribute(node, "primaryLanguage");
	struct buf words = BUF_INIT;
	enum text_kind kind = kind_of(type);
	/* What a printer adds to each sheet is not the text. */
	if (str_equal(type, STR("page-number")) || str_equal(type, STR("header")) || str_equal(type, STR("catch-word")) ||
		str_equal(type, STR("signature-mark")))
		return;
	text_begin(page->text, kind, kind == TEXT_NOTE ? TEXT_NOTES : TEXT_BODY, kind == TEXT_HEADING ? 2 : 0);
	if (language.n > 0 && language.n < 12)
		text_set_block_language(page->text, language);
	boxes_block(&page->boxes);
	if (xml_child(node, "TextLine")) {
		for (const xmlNode *child = xml_child(node, "TextLine"); child; child = xml_next(child, "TextLine"))
			line(page, child, &words);
	} else {
		struct box box = box_of(node);
		struct str whole = reading(node, &words);
		boxes_words(&page->boxes, whole, &box);
	}
	boxes_end(&page->boxes);
	buf_release(&words);
}

/* ---- the order of regions ---------------------------------------------------------------------------------------------- */

static bool region_enter(void *context, xmlNode *node)
{
	struct page *page = context;
	if (xml_is(node, "TextLine"))
		return false;
	if (xml_is(node, "TextRegion") || xml_is(node, "TableCell")) {
		if (page->count == page->cap) {
			page->cap = page->cap ? page->cap * 2 : 16;
			page->regions = mem_grow(page->regions, page->cap, sizeof(*page->regions));
		}
		page->regions[page->count] = (struct region){node, SIZE_MAX, page->count};
		page->count++;
	}
	return true;
}

static int by_id(const void *a, const void *b)
{
	return str_compare(
		xml_attribute(((const struct region *)a)->node, "id"), xml_attribute(((const struct region *)b)->node, "id"));
}

static int by_order(const void *a, const void *b)
{
	const struct region *left = a, *right = b;
	if (left->order != right->order)
		return left->order < right->order ? -1 : 1;
	return left->place < right->place ? -1 : left->place > right->place;
}

struct order {
	struct page *page;
	size_t next;
};

/* References in the order of the document: the schema wants groups in the order of their index. */
static bool order_enter(void *context, xmlNode *node)
{
	struct order *order = context;
	struct str wanted = xml_attribute(node, "regionRef");
	size_t low = 0, high = order->page->count;
	while (wanted.n > 0 && low < high) {
		size_t middle = low + (high - low) / 2;
		int compared = str_compare(xml_attribute(order->page->regions[middle].node, "id"), wanted);
		if (compared == 0) {
			struct region *found = &order->page->regions[middle];
			if (found->order == SIZE_MAX)
				found->order = order->next++;
			break;
		}
		if (compared < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return true;
}

static void settle_order(struct page *page, xmlNode *reading_order)
{
	static const struct xml_visitor visitor = {order_enter, NULL, NULL};
	struct order order = {page, 0};
	if (!reading_order || page->count == 0)
		return;
	if (page->count > 1)
		qsort(page->regions, page->count, sizeof(*page->regions), by_id);
	xml_walk(reading_order, &visitor, &order);
	/* Those that no order names (a region within another) stand where the document has them, behind. */
	if (page->count > 1)
		qsort(page->regions, page->count, sizeof(*page->regions), by_order);
}

void page_read(struct text *text, xmlNode *root)
{
	static const struct xml_visitor visitor = {region_enter, NULL, NULL};
	for (xmlNode *node = xml_child(root, "Page"); node; node = xml_next(node, "Page")) {
		struct page page = {.text = text};
		struct text_page about = {.image = xml_attribute(node, "imageFilename"), .label = {"", 0}};
		uint32_t number;
		about.width = xml_number(node, "imageWidth", 0);
		about.height = xml_number(node, "imageHeight", 0);
		number = text_add_page(text, &about);
		text_begin_page(text, number, about.label);
		boxes_init(&page.boxes, text, number);
		xml_walk(node, &visitor, &page);
		settle_order(&page, xml_child(node, "ReadingOrder"));
		for (size_t i = 0; i < page.count; i++)
			region(&page, page.regions[i].node);
		free(page.regions);
	}
	text_recognise(text);
}
