/* IIIF Presentation API 3.0 and Content Search API 2.0: what is required stands there, whatever the titles hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "room/iiif.h"

static json_t *parsed(struct buf *text)
{
	json_error_t wrong;
	json_t *value = json_loadb(text->p, text->n, JSON_REJECT_DUPLICATES, &wrong);
	if (!value)
		fail_msg("%s: %s", wrong.text, text->p);
	buf_release(text);
	return value;
}

static const char *string_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void manifest(void **state)
{
	(void)state;
	static const struct iiif_page pages[] = {
		{.image = {"https://example.org/iiif/a~1", 28},
			.width = 3000,
			.height = 2000,
			.text = {"https://example.org/t/1", 23}},
		{.image = {"https://example.org/iiif/a~2", 28}, .label = {"fol. 1\"v", 8}, .width = 100, .height = 80},
	};
	static const struct str metadata[] = {{"Creator", 7}, {"Adolf\nJoffe", 11}};
	struct iiif_document document = {.id = STR("https://example.org/iiif/a/manifest"),
		.title = STR("Letter \"to\" Trotsky\\"),
		.language = STR("en"),
		.page = STR("https://example.org/r/a"),
		.search = STR("https://example.org/iiif/a/search"),
		.direction = STR("left-to-right"),
		.pages = pages,
		.page_count = 2,
		.metadata = metadata,
		.metadata_count = 1};
	struct buf text = BUF_INIT;
	iiif_manifest(&document, &text);
	json_t *all = parsed(&text), *items = json_object_get(all, "items"), *first = json_array_get(items, 0),
	       *second = json_array_get(items, 1);
	assert_string_equal(string_at(all, "@context"), "http://iiif.io/api/presentation/3/context.json");
	assert_string_equal(string_at(all, "type"), "Manifest");
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(all, "label"), "en"), 0)),
		"Letter \"to\" Trotsky\\");
	assert_string_equal(string_at(json_array_get(json_object_get(all, "service"), 0), "type"), "SearchService2");
	assert_int_equal(json_array_size(items), 2);
	assert_string_equal(string_at(first, "id"), "https://example.org/iiif/a/manifest/canvas/1");
	assert_int_equal(json_integer_value(json_object_get(first, "width")), 3000);
	assert_string_equal(string_at(json_array_get(json_object_get(first, "annotations"), 0), "id"), "https://example.org/t/1");
	assert_null(json_object_get(second, "annotations"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(first, "label"), "none"), 0)), "1");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(json_object_get(second, "label"), "none"), 0)), "fol. 1\"v");
	json_t *painting = json_array_get(json_object_get(json_array_get(json_object_get(first, "items"), 0), "items"), 0);
	json_t *body = json_object_get(painting, "body");
	assert_string_equal(string_at(painting, "motivation"), "painting");
	assert_string_equal(string_at(painting, "target"), "https://example.org/iiif/a/manifest/canvas/1");
	assert_string_equal(string_at(body, "id"), "https://example.org/iiif/a~1/full/1200,800/0/default.jpg");
	assert_string_equal(string_at(json_array_get(json_object_get(body, "service"), 0), "id"), "https://example.org/iiif/a~1");
	painting = json_array_get(json_object_get(json_array_get(json_object_get(second, "items"), 0), "items"), 0);
	assert_string_equal(
		string_at(json_object_get(painting, "body"), "id"), "https://example.org/iiif/a~2/full/max/0/default.jpg");
	/* The URI of the picture that a manifest names is one that is answered. */
	struct iiif_image image = {.width = 3000, .height = 2000, .max_area = IIIF_AREA_MAX};
	struct iiif_request request;
	assert_int_equal(iiif_parse(&image, STR("full/1200,800/0/default.jpg"), &request), IIIF_FINE);
	json_decref(all);
}

static void search(void **state)
{
	(void)state;
	static const struct iiif_place places[] = {
		{.canvas = {"https://example.org/c/1", 23},
			.x = 10,
			.y = 20,
			.width = 30,
			.height = 40,
			.text = {"bird", 4},
			.before = {"a \"", 3}},
		{.canvas = {"https://example.org/c/2", 23}, .x = 1, .y = 2, .width = 3, .height = 4, .text = {"birds", 5}},
	};
	struct buf text = BUF_INIT;
	struct str id = STR("https://example.org/search?q=bird"), next = STR("https://example.org/search?q=bird&from=3");
	iiif_found(id, id, STR(""), places, 2, &text);
	json_t *all = parsed(&text), *items = json_object_get(all, "items"), *context = json_object_get(all, "annotations");
	assert_string_equal(string_at(all, "@context"), "http://iiif.io/api/search/2/context.json");
	assert_string_equal(string_at(all, "type"), "AnnotationPage");
	assert_int_equal(json_array_size(items), 2);
	assert_string_equal(string_at(json_array_get(items, 0), "target"), "https://example.org/c/1#xywh=10,20,30,40");
	assert_string_equal(string_at(json_object_get(json_array_get(items, 1), "body"), "value"), "birds");
	/* One of the two has a context, and it is about that one. */
	json_t *about = json_object_get(json_array_get(context, 0), "items");
	assert_int_equal(json_array_size(about), 1);
	json_t *target = json_object_get(json_array_get(about, 0), "target");
	assert_string_equal(string_at(target, "source"), string_at(json_array_get(items, 0), "id"));
	assert_string_equal(string_at(json_array_get(json_object_get(target, "selector"), 0), "prefix"), "a \"");
	assert_true(json_object_get(all, "next") == NULL && json_object_get(all, "partOf") == NULL);
	json_decref(all);
	/* Cut: pages of one collection. */
	iiif_found(id, id, next, places, 2, &text);
	all = parsed(&text);
	assert_string_equal(string_at(json_object_get(all, "next"), "id"), next.p);
	assert_string_equal(string_at(json_object_get(all, "next"), "type"), "AnnotationPage");
	assert_string_equal(string_at(json_object_get(all, "partOf"), "type"), "AnnotationCollection");
	assert_string_equal(string_at(json_object_get(json_object_get(all, "partOf"), "first"), "id"), id.p);
	json_decref(all);
	iiif_found(next, id, STR(""), places, 1, &text);
	all = parsed(&text);
	assert_true(json_object_get(all, "next") == NULL && json_object_get(all, "partOf") != NULL);
	json_decref(all);
	id = STR("https://example.org/search?q=none");
	iiif_found(id, id, STR(""), NULL, 0, &text);
	all = parsed(&text);
	assert_int_equal(json_array_size(json_object_get(all, "items")), 0);
	assert_null(json_object_get(all, "annotations"));
	json_decref(all);
	iiif_text(STR("https://example.org/t/1"), places, 2, &text);
	all = parsed(&text);
	assert_string_equal(string_at(json_array_get(json_object_get(all, "items"), 0), "motivation"), "supplementing");
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(manifest), cmocka_unit_test(search)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
