/* photostat validate */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"
#include "cli.h"
#include "folder.h"
#include "os/os.h"

/* Warnings that differ in their paths alone: an archive with sha256 has the same one of every object. */
#define FOLDS_MAX 64u
struct fold {
	char code[16];
	struct buf where, text; /* where the first was */
	uint64_t count;
};

struct validating {
	struct invocation *invocation;
	const char *path;
	uint64_t errors, warnings, unchecked;
	struct fold folds[FOLDS_MAX];
	size_t fold_count;
};

static const struct cli_option options[] = {{NULL, NULL, NULL, false}};

static void tell(struct validating *work, const char *level, const char *code, struct str where, struct str text)
{
	progress_pause(work->invocation->progress);
	if (work->invocation->json) {
		struct json json;

		json_begin(&json, "problem");
		json_text(&json, "level", level);
		if (code[0] != '\0')
			json_text(&json, "code", code);
		json_text(&json, "in", work->path);
		if (where.n > 0)
			json_string(&json, "path", where);
		json_string(&json, "text", text);
		json_end(&json, stdout);
		return;
	}
	(void)printf("%s%s%s: ", level, code[0] == '\0' ? "" : " ", code);
	cli_put(stdout, str_from(work->path));
	if (where.n > 0) {
		if (!str_ends(str_from(work->path), STR("/")))
			(void)fputc('/', stdout);
		cli_put(stdout, where);
	}
	(void)fputs(": ", stdout);
	cli_put(stdout, text);
	(void)fputc('\n', stdout);
}

/* Whether it is told later, with the others of its kind. Lines of JSON are for programs: all of them come. */
static bool folded(struct validating *work, const struct ocfl_finding *finding)
{
	struct fold *fold;

	if (finding->level != OCFL_WARNING || work->invocation->json || strlen(finding->code) >= sizeof(fold->code))
		return false;
	for (size_t i = 0; i < work->fold_count; i++) {
		fold = &work->folds[i];
		if (strcmp(fold->code, finding->code) == 0 && str_equal(buf_view(&fold->text), finding->text)) {
			fold->count++;
			return true;
		}
	}
	if (work->fold_count == FOLDS_MAX)
		return false;
	fold = &work->folds[work->fold_count++];
	*fold = (struct fold){.count = 1};
	memcpy(fold->code, finding->code, strlen(finding->code) + 1);
	buf_str(&fold->where, finding->path);
	buf_str(&fold->text, finding->text);
	return true;
}

static void tell_folds(struct validating *work)
{
	for (size_t i = 0; i < work->fold_count; i++) {
		struct fold *fold = &work->folds[i];

		if (fold->count > 1)
			buf_printf(&fold->text, " (%" PRIu64 " times; here is the first; --json names all)", fold->count);
		tell(work, "warning", fold->code, buf_view(&fold->where), buf_view(&fold->text));
		buf_release(&fold->where);
		buf_release(&fold->text);
	}
	work->fold_count = 0;
}

static void ocfl_found(void *context, const struct ocfl_finding *finding)
{
	struct validating *work = context;
	const char *level = finding->level == OCFL_ERROR ? "error" : finding->level == OCFL_WARNING ? "warning" : "not checked";

	work->errors += finding->level == OCFL_ERROR;
	work->warnings += finding->level == OCFL_WARNING;
	work->unchecked += finding->level == OCFL_UNCHECKED;
	if (!folded(work, finding))
		tell(work, level, finding->code, finding->path, finding->text);
}

static int ocfl_progress(void *context, const struct ocfl_result *result, struct err *err)
{
	struct validating *work = context;

	progress_set(work->invocation->progress, result->objects, 0, result->bytes);
	return os_check_interrupted(err);
}

static void verdict(struct validating *work, const char *kind, bool valid, uint64_t objects, uint64_t files, uint64_t bytes)
{
	char amount[HUMAN_TEXT];

	human_bytes(bytes, amount);
	progress_pause(work->invocation->progress);
	if (work->invocation->json) {
		struct json json;

		json_begin(&json, "validation");
		json_text(&json, "path", work->path);
		json_text(&json, "kind", kind);
		json_bool(&json, "valid", valid);
		json_number(&json, "errors", work->errors);
		json_number(&json, "warnings", work->warnings);
		json_number(&json, "notChecked", work->unchecked);
		json_number(&json, "objects", objects);
		json_number(&json, "files", files);
		json_number(&json, "bytes", bytes);
		json_end(&json, stdout);
		return;
	}
	(void)fputs(valid ? "valid: " : "not valid: ", stdout);
	cli_put(stdout, str_from(work->path));
	(void)printf(", %s; %" PRIu64 " file%s, %s read", kind, files, cli_s(files), amount);
	if (objects > 0)
		(void)printf(", %" PRIu64 " object%s", objects, cli_s(objects));
	if (work->warnings > 0)
		(void)printf(", %" PRIu64 " warning%s", work->warnings, cli_s(work->warnings));
	(void)fputc('\n', stdout);
}

/* 0 valid, 1 not valid, -1 could not tell. */
static int validate_ocfl(struct validating *work, const struct folder *folder, enum ocfl_what what, struct err *err)
{
	struct ocfl_tree tree = folder_ocfl_tree(folder);
	struct ocfl_validate_options validate = {.context = work, .found = ocfl_found, .progress = ocfl_progress};
	struct ocfl_result result = {.objects = 0};
	int got = what == OCFL_ROOT ? ocfl_validate_root(&tree, "", &validate, &result, err)
				    : ocfl_validate_object(&tree, "", &validate, &result, err);

	tell_folds(work);
	if (got != 0)
		return -1;
	verdict(work, what == OCFL_ROOT ? "OCFL storage root" : "OCFL object", ocfl_passed(&result), result.objects, result.files,
		result.bytes);
	return ocfl_passed(&result) ? 0 : 1;
}

static int validate_path(struct validating *work, struct err *err)
{
	struct folder folder;
	struct ocfl_tree tree;
	enum ocfl_what what = OCFL_NEITHER;
	bool is_bag = false, is_root = false, empty = false;
	int result = -1;

	if (folder_open(&folder, work->path, err) != 0)
		return -1;
	tree = folder_ocfl_tree(&folder);
	if (ocfl_recognise(&tree, "", &what, err) != 0 || (what == OCFL_NEITHER && bag_recognise(&tree, "", &is_bag, err) != 0))
		goto out;
	if (what != OCFL_NEITHER)
		result = validate_ocfl(work, &folder, what, err);
	else if (is_bag)
		result = validate_bag(work->invocation, &folder, work->path, err);
	else if (folder_has(&folder, "archive.conf") && folder_has(&folder, "records"))
		err_set(err, ERR_USAGE, "%s is an archive; its records are the OCFL root: photostat validate %s/records",
			work->path, work->path);
	else if (ocfl_leads_to_object(&tree, "", &is_root, err) != 0 || folder_empty(&folder, &empty, err) != 0)
		goto out;
	else if (is_root || empty || folder_has(&folder, "v1"))
		result = validate_ocfl(work, &folder, is_root ? OCFL_ROOT : OCFL_OBJECT, err);
	else
		err_set(err, ERR_SYNTAX,
			"%s is neither an OCFL root or object (it has no 0=ocfl_… declaration and no inventory.json) nor a bag (no "
			"bagit.txt)",
			work->path);
out:
	folder_close(&folder);
	return result;
}

static int run(struct invocation *invocation)
{
	int status = EXIT_WELL;

	if (invocation->count == 0)
		return cli_usage(invocation, "name OCFL roots, OCFL objects or BagIt bags");
	invocation->progress = progress_begin(invocation, "validate", "objects");
	for (size_t i = 0; i < invocation->count; i++) {
		struct validating work = {.invocation = invocation, .path = invocation->arguments[i]};
		struct err err = ERR_INIT;
		int result = validate_path(&work, &err);

		if (result < 0) {
			int failed = cli_fail(invocation, &err);

			status = failed == EXIT_NO ? EXIT_FAILED : failed > status ? failed : status;
			if (err.code == ERR_INTERRUPTED)
				break;
		} else if (result > 0 && status == EXIT_WELL) {
			status = EXIT_NO;
		}
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	return status;
}

const struct command command_validate = {
	.name = "validate",
	.summary = "check OCFL roots, OCFL objects and BagIt bags, anybody's",
	.usage = "PATH…",
	.details = "Tells by itself what PATH is. Findings come with the codes of the OCFL specification (1.0 and 1.1), or with "
		   "the section of RFC 8493;\n"
		   "warnings that differ in their paths alone come as one line that says how many they are. "
		   "Errors give exit status 1; warnings do not.\n",
	.options = options,
	.example = "photostat validate letters/records",
	.example_says = "checks the archive's records as any OCFL tool would",
	.run = run,
};
