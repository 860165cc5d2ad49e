/* photostat get */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "os/os.h"
#include "output.h"

static const struct cli_option options[] = {
	{"-o", "OUT", "where to: a folder for a record, a file for FILE, - for standard output", false},
	{"--force", NULL, "replace what is there", false},
	{"--public", NULL, "only what a reader without rights may have", false},
	{NULL, NULL, NULL, false},
};

/* How far it is: files and bytes. */
struct gotten {
	uint64_t files, file_count, bytes;
};

struct sending {
	int fd;
	const char *path;
	struct gotten *gotten;
	struct progress *progress;
};

static int send_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct sending *sending = context;

	sending->gotten->bytes += n;
	progress_set(sending->progress, sending->gotten->files, sending->gotten->file_count, sending->gotten->bytes);
	if (os_write(sending->fd, bytes, n, sending->path, err) != 0)
		return -1;
	return os_check_interrupted(err);
}

/* To a file beside the wanted one, which takes its name only when every byte was checked. */
static int get_file(struct invocation *invocation, const struct object_version *object, size_t i, int dir, const char *path,
	bool force, struct gotten *gotten, struct err *err)
{
	struct sending sending = {.path = path, .gotten = gotten, .progress = invocation->progress};
	struct buf partial = BUF_INIT;
	struct stat status;
	struct str slash;
	int result;

	if (strcmp(path, "-") == 0 && dir == AT_FDCWD) {
		(void)fflush(stdout);
		sending.fd = STDOUT_FILENO;
		return object_read_checked(object, i, send_piece, &sending, err);
	}
	if (force && os_stat(dir, path, &status, NULL) == 0 && S_ISDIR(status.st_mode))
		return err_set(err, ERR_EXISTS, "%s is a folder; name the file to write in it", path);
	if (!force && os_exists(dir, path, NULL) == 1)
		return err_set(err, ERR_EXISTS, "%s is there already; --force replaces it", path);
	for (slash = str_from(path); slash.n > 0 && slash.p[slash.n - 1] != '/'; slash.n--)
		;
	buf_str(&partial, slash); /* the same folder; a short name, for the file's own may be as long as names get */
	buf_printf(&partial, ".photostat-part-%ld", (long)getpid());
	sending.fd = os_open(dir, partial.p, O_WRONLY | O_CREAT | O_EXCL, 0666, err);
	if (sending.fd < 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_SYSTEM, "cannot write %s: its folder is not there", path);
		buf_release(&partial);
		return -1;
	}
	result = object_read_checked(object, i, send_piece, &sending, err);
	if (result == 0)
		result = os_close_written(sending.fd, path, err);
	else
		os_close(sending.fd);
	if (result == 0)
		result = force ? os_rename_over(dir, partial.p, dir, path, err) : os_rename(dir, partial.p, dir, path, err);
	gotten->files += result == 0;
	if (result != 0)
		(void)os_unlink(dir, partial.p, NULL);
	buf_release(&partial);
	return result;
}

static bool is_wanted(const struct object_file *file, const struct access_view *view)
{
	return !str_equal(file->path, STR("photostat.seed")) && access_may_read_file(view, file->path);
}

/* What a bar measures itself by: all files that are to be had, or the one. */
static void expect(struct invocation *invocation, const struct object_version *object, const struct access_view *view,
	const char *one, struct gotten *gotten)
{
	uint64_t bytes = 0;

	for (size_t i = 0; invocation->progress != NULL && i < object_count(object); i++) {
		struct object_file file;
		struct stat status;

		object_file(object, i, &file);
		if ((one != NULL ? !str_equal(file.path, str_from(one)) : !is_wanted(&file, view)) ||
			os_stat(object_fd(object), file.content_path.p, &status, NULL) != 0)
			continue;
		bytes += (uint64_t)status.st_size;
		gotten->file_count++;
	}
	progress_expect(invocation->progress, bytes);
}

static int get_all(struct invocation *invocation, const struct object_version *object, const struct access_view *view,
	const char *out, bool force, struct gotten *gotten, struct err *err)
{
	int dir, result = -1;

	if (!force && os_exists(AT_FDCWD, out, NULL) == 1)
		return err_set(err, ERR_EXISTS, "%s is there already; --force puts the files into it all the same", out);
	if (os_mkdirs(AT_FDCWD, out, err) != 0)
		return -1;
	dir = os_open(AT_FDCWD, out, O_RDONLY | O_DIRECTORY, 0, err);
	if (dir < 0)
		return -1;
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;
		struct str folder;

		object_file(object, i, &file);
		if (!is_wanted(&file, view))
			continue;
		folder = file.path;
		while (folder.n > 0 && folder.p[folder.n - 1] != '/')
			folder.n--;
		if (folder.n > 1) {
			char *name = mem_dup((struct str){folder.p, folder.n - 1});
			int made = os_mkdirs(dir, name, err);

			free(name);
			if (made != 0)
				goto out;
		}
		if (get_file(invocation, object, i, dir, file.path.p, force, gotten, err) != 0)
			goto out;
	}
	result = 0;
out:
	os_close(dir);
	return result;
}

static int find_file(const struct object_version *object, const struct access_view *view, struct str path,
	const struct archive_version *version, size_t *i, struct err *err)
{
	if (object_find(object, path, i) && access_may_read_file(view, path))
		return 0;
	return err_set(err, ERR_NOT_FOUND, "version %" PRIu64 " has no file \"%.*s\"%s", version->version, STR_ARG(path),
		version->expunged ? ", or it was expunged" : "");
}

/* The last segment of the id, as a folder's name. */
static void default_folder(struct buf *out, struct str id)
{
	struct str rest = id, last = id, token;

	while (str_take_until(&rest, '/', &token))
		last = token;
	for (size_t i = 0; i < last.n; i++)
		buf_char(out, last.p[i] == ':' ? '-' : last.p[i]);
}

static int run(struct invocation *invocation)
{
	const char *to = cli_value(invocation, "-o");
	bool force = cli_given(invocation, "--force"), to_standard_output;
	struct archive *archive;
	struct archive_name name = {.id = BUF_INIT};
	struct archive_version version;
	struct object_version *object = NULL;
	struct access_view *view = NULL;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct gotten gotten = {.files = 0};
	size_t i;
	int status, result;

	if (invocation->count < 1 || invocation->count > 2)
		return cli_usage(invocation, "name a record, and one of its files if it is not to be all");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 ||
		access_admit(&view, archive, buf_view(&name.id), name.version,
			cli_given(invocation, "--public") ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER, &version, &err) != 0 ||
		object_open(&object, archive_store(archive), buf_view(&name.id), version.version, &version.inventory, &err) != 0)
		goto fail;
	if (access_undecided(view, STR("")) && !cli_given(invocation, "--public"))
		cli_say(invocation, "photostat: something of it was expunged by the archive's keeper, which is not decided here "
				    "(photostat hold status): "
				    "until then it is given to no reader; you get it as the keeper of this copy");
	else if (access_restricted(view) && !cli_given(invocation, "--public"))
		cli_say(invocation, "photostat: not open to readers; you get it as the keeper of this archive");
	if (version.expunged)
		cli_say(invocation, "photostat: something of this version was expunged; photostat log says when and by whom");
	if (invocation->json && to != NULL && strcmp(to, "-") == 0) {
		err_set(&err, ERR_USAGE, "bytes and JSON cannot share standard output: leave --json out, or name a file with -o");
		goto fail;
	}
	invocation->progress = progress_begin(invocation, "get", "files");
	expect(invocation, object, view, invocation->count == 2 ? invocation->arguments[1] : NULL, &gotten);
	if (invocation->count == 2) {
		struct str file = str_from(invocation->arguments[1]), rest = file, token, last = file;

		while (str_take_until(&rest, '/', &token))
			last = token;
		if (to == NULL)
			buf_str(&out, last);
		else
			buf_text(&out, to);
		result = find_file(object, view, file, &version, &i, &err);
		if (result != 0 && cli_given(invocation, "--public"))
			(void)access_refuse(&err);
		if (result == 0)
			result = get_file(invocation, object, i, AT_FDCWD, out.p, force, &gotten, &err);
	} else {
		if (to == NULL)
			default_folder(&out, buf_view(&name.id));
		else
			buf_text(&out, to);
		result = str_equal(buf_view(&out), STR("-"))
				 ? err_set(&err, ERR_USAGE,
					   "a whole record goes into a folder; name one of its files for standard output")
				 : get_all(invocation, object, view, out.p, force, &gotten, &err);
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	if (result != 0) {
		(void)archive_explain(archive, buf_view(&name.id), &err);
		goto fail;
	}
	to_standard_output = str_equal(buf_view(&out), STR("-"));
	if (invocation->json && !to_standard_output) {
		struct json json;

		json_begin(&json, "got");
		json_string(&json, "id", buf_view(&name.id));
		json_number(&json, "version", version.version);
		json_number(&json, "index", version.index);
		json_number(&json, "files", gotten.files);
		json_string(&json, "path", buf_view(&out));
		json_end(&json, stdout);
	} else if (!to_standard_output) {
		cli_line("%s", out.p);
	}
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	access_view_free(view);
	object_free(object);
	archive_name_release(&name);
	buf_release(&out);
	archive_close(archive);
	return status;
}

const struct command command_get = {
	.name = "get",
	.summary = "take documents out, every byte checked",
	.usage = "ID[@N] [FILE] [-o OUT] [--force] [--public]",
	.details = "A record comes as a folder, FILE as a file. Never replaces what is there without --force. Bytes that are not "
		   "the ones that the log\n"
		   "commits to are not handed out.\n",
	.options = options,
	.example = "photostat get anna-1913@1 letter.txt -o -",
	.example_says = "prints letter.txt as it was in the first version",
	.run = run,
};
