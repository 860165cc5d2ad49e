/* Manifests of the IIIF Presentation API 3.0, pages of annotations, answers of the Content Search API 2.0. */
#include "iiif.h"

#define PRESENTATION "http://iiif.io/api/presentation/3/context.json"
#define SEARCH "http://iiif.io/api/search/2/context.json"

/* A language map: every text that people read stands in one (Presentation API, section 4.1). */
static void language_map(struct buf *out, struct str language, struct str text)
{
	buf_char(out, '{');
	buf_json(out, language.n > 0 ? language : STR("none"));
	buf_text(out, ":[");
	buf_json(out, text);
	buf_text(out, "]}");
}

static void address(struct buf *out, struct str id, const char *kind, size_t number, const char *after)
{
	struct buf whole = BUF_INIT;
	buf_str(&whole, id);
	buf_printf(&whole, "/%s/%zu%s", kind, number, after);
	buf_json(out, buf_view(&whole));
	buf_release(&whole);
}

static void canvas(const struct iiif_document *document, const struct iiif_page *page, size_t number, struct buf *out)
{
	struct buf label = BUF_INIT, body = BUF_INIT;
	uint32_t width, height;
	buf_u64(&label, number);
	buf_str(&body, page->image);
	iiif_fit(page->width, page->height, 1200, 1200, &width, &height);
	if (width == page->width && height == page->height)
		buf_text(&body, "/full/max/0/default.jpg");
	else
		buf_printf(&body, "/full/%u,%u/0/default.jpg", width, height);

	buf_text(out, "{\"id\":");
	address(out, document->id, "canvas", number, "");
	buf_text(out, ",\"type\":\"Canvas\",\"label\":");
	language_map(out, (struct str){NULL, 0}, page->label.n > 0 ? page->label : buf_view(&label));
	buf_printf(out, ",\"width\":%u,\"height\":%u,\"items\":[{\"id\":", page->width, page->height);
	address(out, document->id, "canvas", number, "/page");
	buf_text(out, ",\"type\":\"AnnotationPage\",\"items\":[{\"id\":");
	address(out, document->id, "canvas", number, "/image");
	buf_text(out, ",\"type\":\"Annotation\",\"motivation\":\"painting\",\"body\":{\"id\":");
	buf_json(out, buf_view(&body));
	buf_printf(out, ",\"type\":\"Image\",\"format\":\"image/jpeg\",\"width\":%u,\"height\":%u,\"service\":[{\"id\":", width,
		height);
	buf_json(out, page->image);
	buf_text(out, ",\"type\":\"ImageService3\",\"profile\":\"level2\"}]},\"target\":");
	address(out, document->id, "canvas", number, "");
	buf_text(out, "}]}]");
	if (page->text.n > 0) {
		buf_text(out, ",\"annotations\":[{\"id\":");
		buf_json(out, page->text);
		buf_text(out, ",\"type\":\"AnnotationPage\"}]");
	}
	buf_char(out, '}');
	buf_release(&label);
	buf_release(&body);
}

void iiif_manifest(const struct iiif_document *document, struct buf *out)
{
	buf_text(out, "{\"@context\":\"" PRESENTATION "\",\"id\":");
	buf_json(out, document->id);
	buf_text(out, ",\"type\":\"Manifest\",\"label\":");
	language_map(out, document->language, document->title);
	if (document->summary.n > 0) {
		buf_text(out, ",\"summary\":");
		language_map(out, document->language, document->summary);
	}
	if (document->metadata_count > 0) {
		buf_text(out, ",\"metadata\":[");
		for (size_t i = 0; i < document->metadata_count; i++) {
			buf_text(out, i == 0 ? "{\"label\":" : ",{\"label\":");
			language_map(out, (struct str){NULL, 0}, document->metadata[2 * i]);
			buf_text(out, ",\"value\":");
			language_map(out, (struct str){NULL, 0}, document->metadata[2 * i + 1]);
			buf_char(out, '}');
		}
		buf_char(out, ']');
	}
	if (document->page.n > 0) {
		buf_text(out, ",\"homepage\":[{\"id\":");
		buf_json(out, document->page);
		buf_text(out, ",\"type\":\"Text\",\"format\":\"text/html\",\"label\":");
		language_map(out, document->language, document->title);
		buf_text(out, "}]");
	}
	if (document->search.n > 0) {
		buf_text(out, ",\"service\":[{\"id\":");
		buf_json(out, document->search);
		buf_text(out, ",\"type\":\"SearchService2\"}]");
	}
	if (document->direction.n > 0) {
		buf_text(out, ",\"viewingDirection\":");
		buf_json(out, document->direction);
	}
	if (document->page_count > 1)
		buf_text(out, ",\"behavior\":[\"paged\"]");
	/* At least one canvas, says section 5.2: who has no pages makes no manifest. */
	buf_text(out, ",\"items\":[");
	for (size_t i = 0; i < document->page_count; i++) {
		if (i > 0)
			buf_char(out, ',');
		canvas(document, &document->pages[i], document->pages[i].number > 0 ? document->pages[i].number : i + 1, out);
	}
	buf_text(out, "]}");
}

static void annotation(struct str id, const char *motivation, const struct iiif_place *place, size_t number, struct buf *out)
{
	struct buf target = BUF_INIT;
	buf_str(&target, place->canvas);
	buf_printf(&target, "#xywh=%u,%u,%u,%u", place->x, place->y, place->width, place->height);
	buf_text(out, "{\"id\":");
	address(out, id, "annotation", number, "");
	buf_printf(out,
		",\"type\":\"Annotation\",\"motivation\":\"%s\",\"body\":{\"type\":\"TextualBody\",\"format\":\"text/"
		"plain\",\"value\":",
		motivation);
	buf_json(out, place->text);
	buf_text(out, "},\"target\":");
	buf_json(out, buf_view(&target));
	buf_char(out, '}');
	buf_release(&target);
}

static void annotations(struct str id, const char *motivation, const struct iiif_place *places, size_t count, struct buf *out)
{
	buf_text(out, ",\"type\":\"AnnotationPage\",\"items\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_char(out, ',');
		annotation(id, motivation, &places[i], i + 1, out);
	}
	buf_char(out, ']');
}

void iiif_text(struct str id, const struct iiif_place *places, size_t count, struct buf *out)
{
	buf_text(out, "{\"@context\":\"" PRESENTATION "\",\"id\":");
	buf_json(out, id);
	annotations(id, "supplementing", places, count, out);
	buf_char(out, '}');
}

/* Content Search 2.0, section 4: the items are the hits; what surrounds them stands in a page of annotations about them (4.3.1, extended responses). */
void iiif_found(struct str id, struct str first, struct str next, const struct iiif_place *places, size_t count, struct buf *out)
{
	bool any = false;
	buf_text(out, "{\"@context\":\"" SEARCH "\",\"id\":");
	buf_json(out, id);
	/* Section 4.3: pages of one collection. How many there are in all nobody has counted. */
	if (next.n > 0 || !str_equal(id, first)) {
		struct buf all = BUF_INIT;
		buf_str(&all, first);
		buf_text(&all, "#all");
		buf_text(out, ",\"partOf\":{\"id\":");
		buf_json(out, buf_view(&all));
		buf_release(&all);
		buf_text(out, ",\"type\":\"AnnotationCollection\",\"first\":{\"id\":");
		buf_json(out, first);
		buf_text(out, ",\"type\":\"AnnotationPage\"}}");
	}
	if (next.n > 0) {
		buf_text(out, ",\"next\":{\"id\":");
		buf_json(out, next);
		buf_text(out, ",\"type\":\"AnnotationPage\"}");
	}
	annotations(id, "supplementing", places, count, out);
	for (size_t i = 0; i < count; i++) {
		if (places[i].before.n == 0 && places[i].after.n == 0)
			continue;
		buf_text(out, any ? "," : ",\"annotations\":[{\"type\":\"AnnotationPage\",\"items\":[");
		any = true;
		buf_text(out, "{\"id\":");
		address(out, id, "context", i + 1, "");
		buf_text(out, ",\"type\":\"Annotation\",\"motivation\":\"contextualizing\",\"target\":{\"type\":"
			      "\"SpecificResource\",\"source\":");
		address(out, id, "annotation", i + 1, "");
		buf_text(out, ",\"selector\":[{\"type\":\"TextQuoteSelector\",\"prefix\":");
		buf_json(out, places[i].before);
		buf_text(out, ",\"exact\":");
		buf_json(out, places[i].text);
		buf_text(out, ",\"suffix\":");
		buf_json(out, places[i].after);
		buf_text(out, "}]}}");
	}
	buf_text(out, any ? "]}]}" : "}");
}
