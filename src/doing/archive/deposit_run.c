/* A run of deposits: one record of the paths given, one an entry of each folder, one a file at any depth, one a row of a table. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deposit.h"

/* A name for a path such as "." or "a/..": what the folder is really called. */
static void own_name(const char *path, struct buf *out)
{
	struct str rest = str_from(path), token, last = STR("");
	struct buf real = BUF_INIT;

	while (str_take_until(&rest, '/', &token))
		if (token.n > 0)
			last = token;
	if (last.n == 0 || str_equal(last, STR(".")) || str_equal(last, STR(".."))) {
		(void)os_resolve(path, &real, NULL);
		rest = buf_view(&real);
		while (str_take_until(&rest, '/', &token))
			if (token.n > 0)
				last = token;
	}
	buf_str(out, last);
	buf_release(&real);
}

static int one_record(struct deposit_run *run, struct err *err)
{
	struct sources sources = {.archive = run->archive};
	struct deposit_request request = {.sources = &sources, .drop_extension = true};
	struct buf name = BUF_INIT, original = BUF_INIT, own = BUF_INIT;
	struct err why = ERR_INIT;
	int result = 0;

	if (run->options->original.n > 0)
		table_path(run->options->original, &original);
	for (size_t i = 0; i < run->options->path_count && run->options->original.n == 0; i++) {
		buf_clear(&own);
		own_name(run->options->paths[i], &own);
		if (i > 0)
			buf_char(&original, '|');
		table_path(buf_view(&own), &original);
	}
	/* More paths than the field takes: the first one will have to do. */
	if (original.n > RECORD_PATH_MAX)
		buf_clear(&original);
	if (run->options->relative.n > 0)
		buf_str(&name, run->options->relative);
	else if (run->options->path_count > 0)
		own_name(run->options->paths[0], &name);
	request.described = run->options->described;
	request.relative = buf_view(&name);
	request.original = buf_view(&original);
	request.source = run->options->path_count > 0 ? str_from(run->options->paths[0]) : run->options->id;
	for (size_t i = 0; i < run->options->path_count && result == 0; i++)
		result = sources_add(&sources, AT_FDCWD, run->options->paths[i], str_from(run->options->paths[i]), &why);
	/* A level above items has a description and no documents: it is named, and described by photostat.json or --meta. */
	request.without_documents =
		run->options->path_count == 0 ||
		(sources.has_metadata && (run->options->id.n > 0 || run->options->restore || sources.root_count == 0));
	if (result != 0)
		deposit_refuse(run, STR(""), request.source, &why);
	else
		result = deposit_record(run, &request, err);
	if (why.code != ERR_NONE)
		result = 0;
	sources_release(&sources);
	buf_release(&name);
	buf_release(&original);
	buf_release(&own);
	return result;
}

/* ---- folders: --each and --each-file ---------------------------------------------------------------------------------------- */

struct folder_walk {
	struct deposit_run *run;
	struct str shown;    /* the folder as given */
	struct buf relative; /* below it */
	unsigned depth;
	struct record *described; /* from the photostat.json of the present folder, or NULL */
};

static int read_description(struct folder_walk *walk, int folder, struct record **out, struct err *err)
{
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;
	int result = 0;

	*out = NULL;
	if (os_read_file(folder, RECORD_NAME, RECORD_BYTES_MAX, &text, &why) != 0) {
		if (why.code != ERR_NOT_FOUND)
			result = err_set(err, why.code, "%s", why.text);
	} else {
		result = record_parse(out, buf_view(&text), RECORD_GIVEN, err);
		if (result == 0)
			record_remove_files(*out);
		if (result == 0 && record_field(*out, RECORD_ID).n > 0)
			result = err_set(err, ERR_SYNTAX,
				"it gives an id, which one record alone can have, and describes all of its folder; take the id "
				"out");
	}
	if (result != 0)
		err_note(err, "%.*s%s%.*s/" RECORD_NAME, STR_ARG(walk->shown), walk->relative.n > 0 ? "/" : "",
			STR_ARG(buf_view(&walk->relative)));
	buf_release(&text);
	return result;
}

/* Refuses what the walk stands at, under the path that the depositor would write. */
static void refuse_here(struct folder_walk *walk, const struct err *why)
{
	struct buf shown = BUF_INIT;

	buf_str(&shown, walk->shown);
	if (shown.n > 0 && shown.p[shown.n - 1] != '/')
		buf_char(&shown, '/');
	buf_str(&shown, buf_view(&walk->relative));
	deposit_refuse(walk->run, STR(""), buf_view(&shown), why);
	buf_release(&shown);
}

static int deposit_here(struct folder_walk *walk, int folder, const char *name, struct err *err)
{
	struct sources sources = {.archive = walk->run->archive};
	struct deposit_request request = {.sources = &sources, .relative = buf_view(&walk->relative), .described = walk->described};
	struct buf shown = BUF_INIT;
	struct err why = ERR_INIT;
	int result = 0;

	buf_str(&shown, walk->shown);
	if (shown.n > 0 && shown.p[shown.n - 1] != '/')
		buf_char(&shown, '/');
	buf_str(&shown, buf_view(&walk->relative));
	request.source = buf_view(&shown);
	if (sources_add(&sources, folder, name, buf_view(&shown), &why) != 0)
		deposit_refuse(walk->run, STR(""), buf_view(&shown), &why);
	else
		result = deposit_record(walk->run, &request, err);
	sources_release(&sources);
	buf_release(&shown);
	return result;
}

static int visit(void *context, int folder, const struct os_name *name, struct err *err)
{
	struct folder_walk *walk = context;
	size_t length = walk->relative.n;
	bool deeper = name->type == DT_DIR && walk->run->options->shape == DEPOSIT_EACH_FILE;
	struct record *outer = walk->described;
	struct err why = ERR_INIT;
	int result = 0;

	if (strcmp(name->name, RECORD_NAME) == 0)
		return 0; /* describes the others */
	if (length > 0)
		buf_char(&walk->relative, '/');
	buf_text(&walk->relative, name->name);
	if (name->type == DT_DIR && archive_is_own(walk->run->archive, folder, name)) {
		refuse_own(walk->shown, buf_view(&walk->relative), &why);
		refuse_here(walk, &why);
	} else if (!deeper) {
		result = deposit_here(walk, folder, name->name, err);
	} else if (++walk->depth > SOURCE_DEPTH_MAX) {
		err_set(&why, ERR_LIMIT, "folders deeper than %d", SOURCE_DEPTH_MAX);
		refuse_here(walk, &why);
	} else {
		int fd = os_open(folder, name->name, O_RDONLY | O_DIRECTORY, 0, &why);

		if (fd < 0 || read_description(walk, fd, &walk->described, &why) != 0)
			refuse_here(walk, &why);
		else
			result = sorted_names(folder, name->name, buf_view(&walk->relative), visit, walk, err);
		os_close(fd);
		record_free(walk->described);
		walk->described = outer;
		walk->depth--;
	}
	walk->relative.n = length;
	walk->relative.p[length] = '\0';
	return result;
}

/* How many records a folder will make: names alone are read, so it costs little beside what follows. */
static uint64_t count_records(int dir, const char *path, bool deeper, unsigned depth)
{
	struct os_dir *names = NULL;
	struct os_name name;
	uint64_t count = 0;

	if (depth > SOURCE_DEPTH_MAX || os_dir_open(&names, dir, path, NULL) != 0)
		return 0;
	while (os_dir_next(names, &name, NULL) == 1) {
		if (deeper && name.type == DT_DIR)
			count += count_records(os_dir_fd(names), name.name, true, depth + 1);
		else if (strcmp(name.name, RECORD_NAME) != 0)
			count++;
	}
	os_dir_close(names);
	return count;
}

static int each_of(struct deposit_run *run, const char *path, struct err *err)
{
	struct folder_walk walk = {.run = run, .shown = str_from(path)};
	struct err why = ERR_INIT;
	struct stat status;
	int fd = -1, result = 0;

	if (os_stat(AT_FDCWD, path, &status, &why) != 0 || !S_ISDIR(status.st_mode)) {
		if (why.code == ERR_NONE)
			err_set(&why, ERR_USAGE, "%s is not a folder; --each and --each-file want folders", path);
		deposit_refuse(run, STR(""), str_from(path), &why);
		return 0;
	}
	if (archive_contains(run->archive, path)) {
		refuse_own(str_from(path), STR(""), &why);
		deposit_refuse(run, STR(""), str_from(path), &why);
		return 0;
	}
	fd = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &why);
	if (fd < 0 || read_description(&walk, fd, &walk.described, &why) != 0)
		deposit_refuse(run, STR(""), str_from(path), &why);
	else
		result = sorted_names(fd, ".", str_from(path), visit, &walk, err);
	os_close(fd);
	record_free(walk.described);
	buf_release(&walk.relative);
	return result;
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------- */

struct table {
	struct deposit_run *run;
	struct columns *columns;
	struct record *record;
	struct buf paths, folder; /* paths are relative to the table's own folder */
	struct buf original;      /* the path cell again */
	uint64_t rows;
};

static int add_row_paths(struct table *table, struct sources *sources, struct str *relative, struct err *err)
{
	struct str rest = buf_view(&table->paths);
	size_t count = 0;

	buf_clear(&table->original);
	while (rest.n > 0) {
		struct buf full = BUF_INIT;
		const char *path = rest.p;
		size_t n = strlen(path);
		int result;

		if (count++ == 0)
			*relative = (struct str){path, n};
		else
			buf_char(&table->original, '|');
		table_path((struct str){path, n}, &table->original);
		if (path[0] != '/')
			buf_str(&full, buf_view(&table->folder));
		buf_text(&full, path);
		result = sources_add(sources, AT_FDCWD, full.p, buf_view(&full), err);
		buf_release(&full);
		if (result != 0)
			return -1;
		rest = (struct str){rest.p + n + 1, rest.n - n - 1};
	}
	return 0;
}

static int take_row(void *context, const struct csv_row *row, struct err *err)
{
	struct table *table = context;
	struct sources sources = {.archive = table->run->archive};
	struct deposit_request request = {.sources = &sources, .described = table->record, .drop_extension = true};
	struct err why = ERR_INIT;
	char source[64];
	int result = 0;

	if (table->columns == NULL) {
		if (columns_parse(&table->columns, row, err) != 0)
			return -1;
		if (!columns_have(table->columns, STR("path")) && !columns_have(table->columns, STR("id")))
			return err_set(err, ERR_SYNTAX, "the table has neither a column path nor a column id");
		return 0;
	}
	table->rows++;
	(void)snprintf(source, sizeof(source), "line %" PRIu64, row->line);
	buf_clear(&table->paths);
	if (columns_read(table->columns, row, table->record, &table->paths, &why) != 0 ||
		add_row_paths(table, &sources, &request.relative, &why) != 0) {
		if (why.code != ERR_SYNTAX)
			err_note(&why, "%s", source);
		deposit_refuse(table->run, record_field(table->record, RECORD_ID), str_from(source), &why);
	} else {
		request.source = request.relative.n > 0 ? request.relative : str_from(source);
		request.original = buf_view(&table->original);
		request.row = source;
		request.without_documents = request.relative.n == 0 && record_field(table->record, RECORD_ID).n > 0;
		result = deposit_record(table->run, &request, err);
	}
	sources_release(&sources);
	return result;
}

int deposit_table(struct deposit_run *run, struct err *err)
{
	struct table table = {.run = run, .record = record_new()};
	const char *path = run->options->csv, *slash = strrchr(path, '/');
	struct csv_reader *reader = csv_reader_new(take_row, &table);
	char *piece = mem_alloc((size_t)64 << 10);
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : os_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, err), result = -1;
	struct stat status;
	ssize_t n = 0;

	if (run->options->path_count > 0) { /* where the table's paths begin */
		buf_text(&table.folder, run->options->paths[0]);
		buf_char(&table.folder, '/');
	} else if (slash != NULL) {
		buf_add(&table.folder, path, (size_t)(slash - path) + 1);
	}
	if (fd < 0)
		goto out;
	if (!standard_input && (os_stat_fd(fd, path, &status, err) != 0 || !S_ISREG(status.st_mode))) {
		err_set(err, ERR_SYSTEM, "%s is no regular file; --csv - reads the table from standard input", path);
		goto out;
	}
	while ((n = os_read(fd, piece, (size_t)64 << 10, path, err)) > 0)
		if (csv_reader_feed(reader, piece, (size_t)n, err) != 0)
			goto out;
	if (n < 0 || csv_reader_finish(reader, err) != 0)
		goto out;
	if (table.columns == NULL) {
		err_set(err, ERR_SYNTAX, "the table is empty; its first row names the columns: path,title,creator,date");
		goto out;
	}
	result = 0;
out:
	if (result != 0 && err != NULL && err->code == ERR_SYNTAX)
		err_note(err, "%s", path);
	if (!standard_input)
		os_close(fd);
	csv_reader_free(reader);
	columns_free(table.columns);
	record_free(table.record);
	buf_release(&table.paths);
	buf_release(&table.original);
	buf_release(&table.folder);
	free(piece);
	return result;
}

/* ---- a run ------------------------------------------------------------------------------------------------------------------------ */

/* --meta: KEY=VALUE, or a file of JSON. */
static int take_meta(struct deposit_run *run, struct str meta, struct err *err)
{
	struct record *given = NULL;
	struct buf text = BUF_INIT;
	char *path;
	int result = -1;

	if (memchr(meta.p, '=', meta.n) != NULL)
		return record_put(run->common, meta, RECORD_DESCRIBE, err);
	path = mem_dup(meta);
	if (os_read_file(AT_FDCWD, path, RECORD_BYTES_MAX, &text, err) != 0)
		err_note(err, "--meta wants KEY=VALUE or a JSON file");
	else if (record_parse(&given, buf_view(&text), RECORD_GIVEN, err) != 0)
		err_note(err, "%s", path);
	else
		result = record_overlay(run->common, given, err);
	record_free(given);
	buf_release(&text);
	free(path);
	return result;
}

/* An id that is wrong is the command's mistake and no document's: said at once. */
static int check_id(struct deposit_run *run, struct err *err)
{
	struct str typed = run->options->id.n > 0 ? run->options->id : record_field(run->common, RECORD_ID);
	struct archive_name name;
	int result = 0;

	if (typed.n == 0)
		return 0;
	if (run->options->shape != DEPOSIT_ONE)
		return err_set(err, ERR_USAGE, "an id names one record; --each, --each-file and --csv make many");
	if (archive_name_parse(run->archive, typed, &name, err) != 0)
		return -1;
	if (name.version != 0)
		result = err_set(err, ERR_USAGE, "%.*s: an id for a deposit has no @N", STR_ARG(typed));
	archive_name_release(&name);
	return result;
}

/* A description alone. As a new version it would take the documents away: that is what edit is for. */
static bool is_level(const struct deposit_options *options)
{
	return options->shape == DEPOSIT_ONE && options->id.n > 0 && options->meta_count > 0 && !options->new_version;
}

static int check_options(const struct deposit_options *options, struct err *err)
{
	if (options->shape != DEPOSIT_CSV && options->path_count == 0 && !is_level(options))
		return err_set(err, ERR_USAGE,
			"name the files or folders to deposit; a level above documents, such as a fonds, has none, but --id and "
			"--meta "
			"level=fonds");
	if (options->shape != DEPOSIT_ONE && options->id.n > 0)
		return err_set(err, ERR_USAGE, "--id names one record; --each, --each-file and --csv make many");
	if (options->new_version && options->id.n == 0)
		return err_set(err, ERR_USAGE, "--new-version wants --id: which record is it a version of?");
	if (options->new_version && options->has_access)
		return err_set(err, ERR_USAGE, "access governs all versions of a record: change it with photostat access");
	if (options->add && !options->new_version)
		return err_set(err, ERR_USAGE, "--add goes with --new-version");
	return 0;
}

int archive_deposit(
	struct archive *archive, const struct deposit_options *options, struct deposit_summary *summary, struct err *err)
{
	struct deposit_run run = {.archive = archive, .options = options, .summary = summary, .receipts = -1};
	int result = -1;

	memset(summary, 0, sizeof(*summary));
	if (check_options(options, err) != 0 || archive_begin_writing(archive, err) != 0)
		return -1;
	run.jobs = deposit_jobs_new(archive);
	run.namer = namer_new();
	run.record = record_new();
	run.common = record_new();
	for (size_t i = 0; i < options->meta_count; i++)
		if (take_meta(&run, options->meta[i], err) != 0) {
			if (err != NULL && err->code == ERR_SYNTAX)
				err->code = ERR_USAGE;
			goto out;
		}
	if (check_id(&run, err) != 0)
		goto out;
	if (options->receipts != NULL && !options->dry_run) {
		if (os_mkdirs(AT_FDCWD, options->receipts, err) != 0)
			goto out;
		run.receipts = os_open(AT_FDCWD, options->receipts, O_RDONLY | O_DIRECTORY, 0, err);
		if (run.receipts < 0)
			goto out;
	}
	result = 0;
	if (options->progress != NULL)
		store_watch(archive->store, deposit_moved, &run);
	if (options->shape == DEPOSIT_ONE)
		result = one_record(&run, err);
	else if (options->shape == DEPOSIT_CSV)
		result = deposit_table(&run, err);
	for (size_t i = 0; options->progress != NULL && options->shape != DEPOSIT_ONE && options->shape != DEPOSIT_CSV &&
			   i < options->path_count;
		i++)
		run.total += count_records(AT_FDCWD, options->paths[i], options->shape == DEPOSIT_EACH_FILE, 0);
	if (options->shape == DEPOSIT_EACH || options->shape == DEPOSIT_EACH_FILE)
		for (size_t i = 0; i < options->path_count && result == 0; i++)
			result = each_of(&run, options->paths[i], err);
	/* Interrupted, or out of space while staging: what stands whole is kept all the same. */
	if (result == 0 || (err != NULL && err->code != ERR_SYSTEM && run.batch != NULL)) {
		struct err why = ERR_INIT;

		if (result != 0)
			deposit_jobs_stop(&run);
		if (deposit_commit(&run, &why) != 0 && result == 0) {
			if (err != NULL)
				*err = why;
			result = -1;
		}
	}
out:
	deposit_jobs_stop(&run);
	deposit_jobs_free(run.jobs);
	store_watch(archive->store, NULL, NULL);
	batch_free(run.batch);
	namer_free(run.namer);
	record_free(run.record);
	record_free(run.common);
	os_close(run.receipts);
	buf_release(&run.id);
	arena_release(&run.reported);
	free(run.sources_of);
	return result;
}
