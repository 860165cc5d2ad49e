/* TEI: where on a page's picture something stands (P5, chapter 11). */
#include "tei.h"

#include <stdlib.h>
#include <string.h>

#define POINTS_MAX 4096 /* bytes: a line's outline has some hundreds. Each reference reads them again */

struct extent {
	double left, top, right, bottom;
};

static bool numbers(const xmlNode *node, struct extent *extent)
{
	static const char *const names[] = {"ulx", "uly", "lrx", "lry"};
	double *const values[] = {&extent->left, &extent->top, &extent->right, &extent->bottom};
	for (size_t i = 0; i < 4; i++) {
		struct str value = xml_attribute(node, names[i]);
		char *end;
		if (value.n == 0 || value.n > 32)
			return false;
		*values[i] = strtod(value.p, &end);
		if (end == value.p)
			return false;
	}
	return true;
}

/* "10,20 30,20 30,40": the box around them. */
static bool points(const xmlNode *node, struct extent *extent)
{
	struct str value = xml_attribute(node, "points");
	const char *at = value.p;
	bool any = false;
	if (value.n == 0 || value.n > POINTS_MAX)
		return false;
	for (;;) {
		char *end;
		double x = strtod(at, &end), y;
		if (end == at || *end != ',')
			return any;
		at = end + 1;
		y = strtod(at, &end);
		if (end == at)
			return any;
		at = end;
		if (!any)
			*extent = (struct extent){x, y, x, y};
		any = true;
		extent->left = x < extent->left ? x : extent->left;
		extent->right = x > extent->right ? x : extent->right;
		extent->top = y < extent->top ? y : extent->top;
		extent->bottom = y > extent->bottom ? y : extent->bottom;
	}
}

static const xmlNode *surface_of(const xmlNode *zone)
{
	while (xml_is(zone, "zone") || xml_is(zone, "line"))
		zone = zone->parent;
	return xml_is(zone, "surface") ? zone : NULL;
}

static const xmlNode *zone_of(struct tei *tei, const xmlNode *node)
{
	struct str facs = xml_attribute(node, "facs");
	const char *space = facs.n > 0 ? memchr(facs.p, ' ', facs.n) : NULL;
	const xmlNode *zone = node;
	if (facs.n > 0) /* of several the first: a word parted by a line's end */
		zone = tei_find(tei, space ? arena_str(&tei->arena, (struct str){facs.p, (size_t)(space - facs.p)}) : facs);
	return zone && (xml_is(zone, "zone") || xml_is(zone, "line")) ? zone : NULL;
}

static bool is_zone(const xmlNode *node)
{
	return xml_is(node, "zone") || xml_is(node, "line");
}

static bool place_of(struct tei *tei, const xmlNode *zone, struct flow_box *box)
{
	const xmlNode *surface = zone ? surface_of(zone) : NULL;
	const xmlNode *graphic = surface ? xml_child(surface, "graphic") : NULL;
	struct extent extent;
	double left, top;
	if (!graphic || xml_attribute(graphic, "url").n == 0 || !(numbers(zone, &extent) || points(zone, &extent)))
		return false;
	left = xml_number(surface, "ulx", 0);
	top = xml_number(surface, "uly", 0);
	extent.left = extent.left > left ? extent.left - left : 0;
	extent.top = extent.top > top ? extent.top - top : 0;
	extent.right -= left;
	extent.bottom -= top;
	if (!(extent.right - extent.left >= 1 && extent.bottom - extent.top >= 1 && extent.right < 1e6 && extent.bottom < 1e6))
		return false;
	*box = (struct flow_box){.page = tei_page(tei, xml_attribute(graphic, "url"), STR("")),
		.x = (uint32_t)extent.left,
		.y = (uint32_t)extent.top,
		.width = (uint32_t)(extent.right - extent.left + 0.5),
		.height = (uint32_t)(extent.bottom - extent.top + 0.5)};
	return box->page > 0;
}

bool tei_zone(struct tei *tei, const xmlNode *node, struct flow_box *box)
{
	return place_of(tei, zone_of(tei, node), box);
}

/* ---- elements of several lines -------------------------------------------------------------------------------------------------- */

#define LINES_MAX 2000 /* of one element */

static void add_line(struct tei *tei, const xmlNode *zone)
{
	struct flow_box box;
	if (tei->line_count < LINES_MAX && place_of(tei, zone, &box))
		tei->lines[tei->line_count++] = box;
}

/* Those that facs names; of one that it names alone, those in it. */
static void find_lines(struct tei *tei, const xmlNode *node)
{
	struct str rest = xml_attribute(node, "facs"), pointer;
	const xmlNode *zone = NULL;
	size_t named = 0;
	tei->line_count = 0;
	while (named <= LINES_MAX && str_take_until(&rest, ' ', &pointer)) {
		if (pointer.n == 0)
			continue;
		zone = tei_find(tei, arena_str(&tei->arena, pointer));
		named++;
		if (zone && is_zone(zone))
			add_line(tei, zone);
	}
	if (named != 1 || !zone || !xml_is(zone, "zone"))
		return;
	tei->line_count = 0;
	for (const xmlNode *child = zone->children; child; child = child->next)
		if (is_zone(child))
			add_line(tei, child);
}

static const xmlNode *after(const xmlNode *node, const xmlNode *top, bool below)
{
	if (below && node->children)
		return node->children;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

static bool is_blank(const xmlNode *node)
{
	return node->type != XML_TEXT_NODE || !node->content ||
	       strspn((const char *)node->content, " \t\r\n") == strlen((const char *)node->content);
}

/* How many lb there are, and whether something stands before the first. Notes have lines of their own. */
static size_t count_lines(const xmlNode *top, bool *before)
{
	size_t count = 0;
	bool below = true;
	*before = false;
	for (const xmlNode *node = after(top, top, true); node && count <= LINES_MAX; node = after(node, top, below)) {
		below = node->type == XML_ELEMENT_NODE && !xml_is(node, "note");
		if (xml_is(node, "lb"))
			count++;
		else if (count == 0 && !is_blank(node))
			*before = true;
	}
	return count;
}

bool tei_lines(struct tei *tei, const xmlNode *node, bool *first)
{
	size_t lines;
	if (tei->lined || xml_attribute(node, "facs").n == 0 || !xml_child(node, "lb"))
		return false;
	if (!tei->lines)
		tei->lines = arena_alloc(&tei->arena, LINES_MAX * sizeof(*tei->lines), sizeof(double));
	find_lines(tei, node);
	lines = count_lines(node, first) + *first;
	if (tei->line_count < 2 || lines != tei->line_count)
		return false;
	tei->lined = node;
	tei->line_next = 0;
	return true;
}
