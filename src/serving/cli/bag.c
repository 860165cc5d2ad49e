/* photostat bag import, photostat bag export; the bag part of validate. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"
#include "cli.h"
#include "folder.h"
#include "os/os.h"
#include "withdrawal.h"

/* ---- validating ------------------------------------------------------------------------------------------------------------ */

struct bag_check {
	struct invocation *invocation;
	const char *path;
	struct buf info; /* elements as "Label: value" lines, continued ones begin with a tab */
	struct arena arena;
	struct str *identifiers; /* each External-Identifier */
	size_t identifier_count;
	struct buf source; /* Source-Organization */
	struct buf files;  /* Photostat-File-Access, one a line */
	char access[24];   /* Photostat-Access; empty: open */
	uint64_t versions; /* Photostat-Versions, 0: none */
	bool elsewhere;    /* a payload file lies in none of the versions' folders */
	char first_error[300];
};

static void found(void *context, const struct bag_finding *finding)
{
	static const char *const levels[] = {"error", "warning", "not checked"};
	struct bag_check *check = context;

	if (finding->level != BAG_WARNING && check->first_error[0] == '\0')
		(void)snprintf(check->first_error, sizeof(check->first_error), "%s: %.*s%s%.*s", finding->code,
			STR_ARG(finding->path), finding->path.n > 0 ? ": " : "", STR_ARG(finding->text));
	progress_pause(check->invocation->progress);
	if (check->invocation->json) {
		struct json json;

		json_begin(&json, "problem");
		json_text(&json, "level", levels[finding->level]);
		json_text(&json, "code", finding->code);
		json_text(&json, "section", finding->section);
		json_text(&json, "in", check->path);
		if (finding->path.n > 0)
			json_string(&json, "path", finding->path);
		if (finding->line > 0)
			json_number(&json, "line", finding->line);
		json_string(&json, "text", finding->text);
		json_end(&json, stdout);
		return;
	}
	(void)printf("%s %s (RFC 8493, %s): ", levels[finding->level], finding->code, finding->section);
	cli_put(stdout, str_from(check->path));
	if (finding->path.n > 0) {
		(void)fputc('/', stdout);
		cli_put(stdout, finding->path);
	}
	if (finding->line > 0)
		(void)printf(", line %" PRIu64, finding->line);
	(void)fputs(": ", stdout);
	cli_put(stdout, finding->text);
	(void)fputc('\n', stdout);
}

static int take_info(void *context, struct str label, struct str value, struct err *err)
{
	struct bag_check *check = context;
	struct str rest = value, line;

	(void)err;
	if (str_equal(label, STR("External-Identifier")) && value.n > 0) {
		check->identifiers = mem_grow(check->identifiers, check->identifier_count + 1, sizeof(*check->identifiers));
		check->identifiers[check->identifier_count++] = arena_str(&check->arena, value);
	}
	if (str_equal(label, STR("Source-Organization")) && check->source.n == 0)
		buf_str(&check->source, value);
	if (str_equal(label, STR("Photostat-Versions")) && !decimal_parse(value, 100000, &check->versions))
		check->versions = 0;
	if (str_equal(label, STR("Photostat-Access")) && value.n < sizeof(check->access))
		(void)snprintf(check->access, sizeof(check->access), "%.*s", STR_ARG(value));
	if (str_equal(label, STR("Photostat-File-Access")) && memchr(value.p, '\n', value.n) == NULL) {
		buf_str(&check->files, value);
		buf_char(&check->files, '\n');
		return 0; /* in an event it would tell everybody the names of closed files */
	}
	buf_str(&check->info, label);
	buf_text(&check->info, ": ");
	while (str_take_line(&rest, &line)) {
		buf_str(&check->info, line);
		buf_text(&check->info, "\n\t");
	}
	buf_str(&check->info, rest);
	buf_char(&check->info, '\n');
	return 0;
}

/* Versions are what the whole payload says, or nothing is. */
static int take_file(void *context, const struct bag_file *file, struct err *err)
{
	struct bag_check *check = context;
	struct str rest = file->path, folder;
	uint64_t version = 0;

	(void)err;
	if (!str_take_until(&rest, '/', &folder) || !str_take_until(&rest, '/', &folder) || rest.p == NULL || folder.n < 2 ||
		folder.p[0] != 'v' || !decimal_parse((struct str){folder.p + 1, folder.n - 1}, check->versions, &version) ||
		version == 0)
		check->elsewhere = true;
	return 0;
}

static int tell_progress(void *context, const struct bag_result *result, struct err *err)
{
	const struct bag_check *check = context;

	progress_set(check->invocation->progress, result->files, 0, result->read);
	return os_check_interrupted(err);
}

static void check_release(struct bag_check *check)
{
	buf_release(&check->info);
	arena_release(&check->arena);
	free(check->identifiers);
	buf_release(&check->source);
	buf_release(&check->files);
}

static int check_bag(struct bag_check *check, const struct folder *folder, struct bag_result *result, struct err *err)
{
	struct ocfl_tree tree = folder_ocfl_tree(folder);
	struct bag_options options = {
		.context = check, .found = found, .info = take_info, .file = take_file, .progress = tell_progress};

	memset(result, 0, sizeof(*result));
	return bag_validate(&tree, "", &options, result, err);
}

int validate_bag(struct invocation *invocation, const struct folder *folder, const char *path, struct err *err)
{
	struct bag_check check = {.invocation = invocation, .path = path};
	struct bag_result result;
	char amount[HUMAN_TEXT];
	bool valid;

	if (check_bag(&check, folder, &result, err) != 0) {
		check_release(&check);
		return -1;
	}
	check_release(&check);
	valid = bag_passed(&result);
	human_bytes(result.read, amount);
	progress_pause(invocation->progress);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "validation");
		json_text(&json, "path", path);
		json_text(&json, "kind", "BagIt bag");
		json_text(&json, "bagVersion", result.version);
		json_bool(&json, "valid", valid);
		json_number(&json, "errors", result.errors);
		json_number(&json, "warnings", result.warnings);
		json_number(&json, "notChecked", result.unchecked);
		json_number(&json, "files", result.files);
		json_number(&json, "bytes", result.octets);
		json_end(&json, stdout);
	} else {
		(void)fputs(valid ? "valid: " : "not valid: ", stdout);
		cli_put(stdout, str_from(path));
		(void)printf(", BagIt bag %s; %" PRIu64 " payload file%s, %s read", result.version, result.files,
			cli_s(result.files), amount);
		if (result.warnings > 0)
			(void)printf(", %" PRIu64 " warning%s", result.warnings, cli_s(result.warnings));
		(void)fputc('\n', stdout);
	}
	return valid ? 0 : 1;
}

/* ---- import ------------------------------------------------------------------------------------------------------------------ */

struct importing {
	struct invocation *invocation;
	struct archive *archive;
	uint64_t kept, already, refused;
	struct buf id;                /* of the record that the bag became */
	bool silent;                  /* only asking */
	enum deposit_outcome outcome; /* of the last one asked for */
	uint64_t version;
};

static void report(void *context, const struct deposit_event *event)
{
	static const char *const words[] = {"kept", "already kept", "refused", "would keep"};
	struct importing *work = context;

	work->outcome = event->outcome;
	work->version = event->version;
	if (work->silent)
		return;
	work->kept += event->outcome == DEPOSIT_KEPT;
	work->already += event->outcome == DEPOSIT_ALREADY_KEPT;
	work->refused += event->outcome == DEPOSIT_REFUSED;
	buf_clear(&work->id);
	buf_str(&work->id, event->id);
	progress_pause(work->invocation->progress);
	if (event->outcome == DEPOSIT_REFUSED) {
		struct err why = ERR_INIT;

		err_set(&why, ERR_CONFLICT, "refused: %s", event->reason);
		(void)cli_fail(work->invocation, &why);
		return;
	}
	if (work->invocation->json) {
		struct json json;

		json_begin(&json, event->outcome == DEPOSIT_KEPT ? "deposited" : "already-kept");
		json_string(&json, "source", event->source);
		json_string(&json, "id", event->id);
		json_number(&json, "version", event->version);
		json_number(&json, "index", event->index);
		json_end(&json, stdout);
		return;
	}
	cli_line("%s  %.*s@%" PRIu64 "  entry %" PRIu64, words[event->outcome], STR_ARG(event->id), event->version, event->index);
}

/* bag-info.txt is kept word for word in an event. */
static int describe(const struct bag_check *check, struct record *record, struct err *err)
{
	struct record_event event = {.type = BAG_INFO_EVENT, .from = buf_view(&check->source)};
	struct buf note = BUF_INIT;
	char today[TIME_TEXT];
	int result = 0;

	time_format(os_now(), today);
	event.date = (struct str){today, 10};
	event.from = STR("");
	event.agent = buf_view(&check->source);
	buf_str(&note, BAG_INFO_NOTE);
	buf_str(&note, buf_view(&check->info));
	event.note = buf_view(&note);
	if (check->info.n > 0)
		result = record_add_event(record, &event, NULL, err);
	buf_release(&note);
	return result;
}

/* A version of the bag, 0: the payload as a whole. */
static int deposit_payload(struct importing *work, const struct bag_check *check, uint64_t version, struct str id, bool new_version,
	struct record *described, struct err *err)
{
	struct buf payload = BUF_INIT, original = BUF_INIT;
	const char *paths[1];
	struct deposit_options options = {.shape = DEPOSIT_ONE,
		.paths = paths,
		.path_count = 1,
		.id = id,
		.new_version = new_version,
		.dry_run = work->silent,
		.restore = true,
		.described = described,
		.also_identifiers = check->identifiers,
		.also_count = check->identifier_count,
		.relative = str_from(check->path),
		.report = report,
		.context = work};
	struct deposit_summary summary;
	struct str rest = options.relative, token;
	int result;

	buf_printf(&payload, "%s/data", check->path);
	if (version > 0)
		buf_printf(&payload, "/v%" PRIu64, version);
	paths[0] = payload.p;
	while (str_take_until(&rest, '/', &token))
		if (token.n > 0 && !str_equal(token, STR(".")) && !str_equal(token, STR("..")))
			options.relative = token;
	buf_str(&original, options.relative);
	buf_text(&original, payload.p + strlen(check->path));
	options.original = buf_view(&original);
	options.has_access = check->access[0] != '\0' && access_parse(check->access, &options.access.state, options.access.until);
	result = archive_deposit(work->archive, &options, &summary, err);
	buf_release(&payload);
	buf_release(&original);
	return result;
}

/* How many of the bag's versions the archive has: all of them when it was taken in before, some when that was cut off. */
static int versions_kept(struct importing *work, const struct bag_check *check, struct str id, struct record *described,
	uint64_t *kept, struct err *err)
{
	int result = 0;

	work->silent = true;
	for (*kept = check->versions; *kept > 0; --*kept) {
		result = deposit_payload(work, check, *kept, id, false, described, err);
		if (result != 0 || (work->outcome == DEPOSIT_ALREADY_KEPT && work->version >= *kept))
			break;
		/* There is no such record. */
		if (work->outcome == DEPOSIT_WOULD_KEEP) {
			*kept = 0;
			break;
		}
	}
	work->silent = false;
	return result;
}

static int deposit_versions(
	struct importing *work, const struct bag_check *check, struct str id, struct record *described, struct err *err)
{
	struct buf same = BUF_INIT;
	uint64_t kept = 0;
	int result = versions_kept(work, check, id, described, &kept, err);

	if (result == 0)
		result = deposit_payload(work, check, kept > 0 ? kept : 1, id, false, described, err);
	if (kept == 0)
		kept = 1;
	while (result == 0 && work->outcome <= DEPOSIT_ALREADY_KEPT && kept < check->versions) {
		buf_clear(&same);
		buf_str(&same, buf_view(&work->id));
		result = deposit_payload(work, check, ++kept, buf_view(&same), true, NULL, err);
	}
	buf_release(&same);
	return result;
}

/* Closes the files that were closed where the bag comes from. */
static int restrict_files(struct importing *work, const struct bag_check *check, struct err *err)
{
	struct str rest = buf_view(&check->files), line;
	struct buf path = BUF_INIT;
	int result = 0;

	while (result == 0 && str_take_line(&rest, &line)) {
		struct withdrawal withdrawal = {
			.id = buf_view(&work->id), .file_count = 1, .authority = STR("keeper"), .reason = STR("as-deposited")};
		struct archive_done done;
		struct str word, file = line;
		char text[24];

		if (!str_take_until(&file, ' ', &word) || file.p == NULL || word.n >= sizeof(text))
			continue;
		(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(word));
		if (!access_parse(text, &withdrawal.access, withdrawal.until))
			continue;
		buf_clear(&path);
		bag_percent_decode(&path, file);
		file = buf_view(&path);
		withdrawal.files = &file;
		result = archive_access(work->archive, &withdrawal, &done, err);
		if (result == 0)
			archive_done_release(&done);
	}
	buf_release(&path);
	return result;
}

static int import_bag(struct importing *work, const char *path, struct err *err)
{
	struct bag_check check = {.invocation = work->invocation, .path = path};
	struct record *described = record_new();
	struct bag_result result;
	struct folder folder;
	struct str id = STR("");
	int status = -1;

	if (folder_open(&folder, path, err) != 0)
		goto out;
	status = check_bag(&check, &folder, &result, err);
	folder_close(&folder);
	if (status != 0)
		goto out;
	status = -1;
	if (!bag_passed(&result)) {
		err_set(err, ERR_SYNTAX, "%s is no valid bag, so nothing of it was taken in: %s", path, check.first_error);
		goto out;
	}
	if (describe(&check, described, err) != 0)
		goto out;
	/* The last that is one of this archive: bags from elsewhere come with the identifiers that they had before. */
	for (size_t i = 0; i < check.identifier_count; i++)
		if (record_id_valid(archive_origin(work->archive), check.identifiers[i]))
			id = check.identifiers[i];
	status = check.versions > 0 && !check.elsewhere ? deposit_versions(work, &check, id, described, err)
							: deposit_payload(work, &check, 0, id, false, described, err);
	if (status == 0 && work->kept > 0)
		status = restrict_files(work, &check, err);
out:
	record_free(described);
	check_release(&check);
	return status;
}

static const struct cli_option import_options[] = {{NULL, NULL, NULL, false}};

static int run_import(struct invocation *invocation)
{
	struct importing work = {.invocation = invocation};
	struct catalogue *catalogue;
	int status;

	if (invocation->count == 0)
		return cli_usage(invocation, "name the bags");
	work.archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (work.archive == NULL)
		return status;
	/* Caught up now, while nothing else is in memory. If it cannot be, the import is none the worse. */
	(void)archive_catalogue(work.archive, &catalogue, false, NULL, NULL, NULL);
	invocation->progress = progress_begin(invocation, "bag import", "files");
	for (size_t i = 0; i < invocation->count; i++) {
		struct err err = ERR_INIT;

		work.kept = 0;
		if (import_bag(&work, invocation->arguments[i], &err) != 0) {
			(void)cli_fail(invocation, &err);
			status = EXIT_FAILED;
			if (err.code == ERR_INTERRUPTED)
				break;
		}
	}
	if (work.refused > 0)
		status = EXIT_FAILED;
	progress_end(invocation->progress);
	invocation->progress = NULL;
	buf_release(&work.id);
	archive_close(work.archive);
	return status;
}

const struct command command_bag_import = {
	.name = "bag import",
	.summary = "take in BagIt bags, each as a record",
	.usage = "BAG…",
	.details = "A bag is checked as a whole first (0.93 to 1.0); one that is not valid, or has holes that fetch.txt would "
		   "fill, is refused. The payload\n"
		   "becomes the record's files; bag-info.txt is kept word for word in an event, External-Identifier as an "
		   "identifier. What photostat\n"
		   "exported comes back with its description, versions and restrictions; a second time nothing is added.\n",
	.options = import_options,
	.example = "photostat bag import transfer-2026-07",
	.example_says = "checks the bag and keeps its payload as a record",
	.run = run_import,
};

/* ---- export ------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option export_options[] = {
	{"-o", "DIR", "the bag's folder; must not be there", false},
	{"--all-versions", NULL, "all versions, as data/v1/, data/v2/, …", false},
	{"--public", NULL, "only if a reader without rights may have all of it", false},
	{NULL, NULL, NULL, false},
};

static int run_export(struct invocation *invocation)
{
	const char *to = cli_value(invocation, "-o");
	struct archive_name name = {.id = BUF_INIT};
	struct access_view *view = NULL;
	struct archive_version version;
	struct archive *archive;
	struct err err = ERR_INIT;
	uint64_t files = 0;
	int status;

	if (invocation->count != 1 || to == NULL)
		return cli_usage(invocation, "name a record, and the bag's folder with -o");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 ||
		access_admit(&view, archive, buf_view(&name.id), name.version,
			cli_given(invocation, "--public") ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER, &version, &err) != 0)
		goto fail;
	if (!access_may_read_inventory(view)) {
		(void)access_refuse(&err);
		goto fail;
	}
	if (name.version != 0 && cli_given(invocation, "--all-versions")) {
		status = cli_usage(invocation, "--all-versions exports all of them: leave @%" PRIu64 " out", name.version);
		goto out;
	}
	if (archive_bag_export(
		    archive, buf_view(&name.id), name.version, cli_given(invocation, "--all-versions"), to, &files, &err) != 0)
		goto fail;
	if (invocation->json) {
		struct json json;

		json_begin(&json, "bag");
		json_string(&json, "id", buf_view(&name.id));
		json_number(&json, "files", files);
		json_text(&json, "path", to);
		json_end(&json, stdout);
	} else {
		cli_line("%s  %" PRIu64 " file%s", to, files, cli_s(files));
	}
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	access_view_free(view);
	archive_name_release(&name);
	archive_close(archive);
	return status;
}

const struct command command_bag_export = {
	.name = "bag export",
	.summary = "write a record as a BagIt bag",
	.usage = "ID[@N] [--all-versions] -o DIR",
	.details = "BagIt 1.0 with SHA-256 and SHA-512 manifests, Payload-Oxum and External-Identifier. Holds the documents and "
		   "photostat.json. What the bag\n"
		   "that a record came from said in bag-info.txt is said again.\n",
	.options = export_options,
	.example = "photostat bag export anna-1913 -o anna-bag",
	.example_says = "writes the newest version of anna-1913 as a bag",
	.run = run_export,
};
