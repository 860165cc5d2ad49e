/* fuzz-links: ocfl crypto base */
/* Objects in memory whose two inventories are any bytes: the validator comes to an end, uses codes that exist, and never passes what it
 * reported. The first byte chooses the version that is declared; a 0 byte divides the root's inventory from version 1's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ocfl/ocfl.h"

struct object {
	struct str root, v1;
	bool old;
	uint64_t errors, warnings, unchecked;
};

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	const struct object *object = context;
	static const struct {
		const char *folder, *name;
		enum ocfl_type type;
	} names[] = {
		{"", "inventory.json", OCFL_FILE},
		{"", "inventory.json.sha256", OCFL_FILE},
		{"", "inventory.json.sha512", OCFL_FILE},
		{"", "v1", OCFL_FOLDER},
		{"", "v2", OCFL_FOLDER},
		{"v1", "inventory.json", OCFL_FILE},
		{"v1", "inventory.json.sha512", OCFL_FILE},
		{"v1", "content", OCFL_FOLDER},
		{"v1", "stuff", OCFL_FOLDER},
		{"v1/content", "a", OCFL_FILE},
		{"v1/content", "b", OCFL_FOLDER},
		{"v1/content/b", "c", OCFL_FILE},
		{"v1/stuff", "a", OCFL_FILE},
		{"v2", "content", OCFL_FOLDER},
	};
	struct ocfl_name name = {
		.type = OCFL_FILE, .links = 1, .name = str_from(object->old ? "0=ocfl_object_1.0" : "0=ocfl_object_1.1")};
	if (!*path && each(each_context, &name, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i].folder, path) != 0)
			continue;
		name = (struct ocfl_name){.type = names[i].type, .links = 1, .name = str_from(names[i].name)};
		if (each(each_context, &name, err) < 0)
			return -1;
	}
	return 0;
}

static int read_text(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	const struct object *object = context;
	struct str text = STR("content of a file");
	if (strcmp(path, "inventory.json") == 0)
		text = object->root;
	else if (strcmp(path, "v1/inventory.json") == 0)
		text = object->v1;
	else if (!strchr(path, '/') && strchr(path, '='))
		text = object->old ? STR("ocfl_object_1.0\n") : STR("ocfl_object_1.1\n");
	return text.n ? sink(sink_context, text.p, text.n, err) : 0;
}

static void found(void *context, const struct ocfl_finding *finding)
{
	struct object *object = context;
	must(finding->text.n > 0 && finding->path.p);
	object->errors += finding->level == OCFL_ERROR;
	object->warnings += finding->level == OCFL_WARNING;
	object->unchecked += finding->level == OCFL_UNCHECKED;
	if (finding->level == OCFL_UNCHECKED)
		must(!finding->code[0]);
	else
		must(ocfl_code_rule(finding->spec, finding->code) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct object object = {.old = size && data[0] & 1};
	struct ocfl_tree tree = {&object, list, read_text};
	struct ocfl_validate_options options = {.context = &object, .found = found, .max_memory = 4 << 20};
	struct ocfl_result result = {0};
	struct err err = ERR_INIT;
	struct str rest = {(const char *)data + (size > 0), size - (size > 0)};
	if (!str_take_until(&rest, '\0', &object.root))
		return 0;
	/* Without a second part both are the same. */
	object.v1 = rest.p && rest.n ? rest : object.root;
	must(ocfl_validate_object(&tree, "", &options, &result, &err) == 0);
	must(result.complete && result.objects == 1);
	must(result.errors == object.errors && result.warnings == object.warnings && result.unchecked == object.unchecked);
	must(ocfl_passed(&result) == (!object.errors && !object.unchecked));
	/* v2's content directory is empty, the sidecars are none. */
	must(!ocfl_passed(&result));
	return 0;
}
