/* photostat edit */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "os/os.h"

static const struct cli_option options[] = {
	{"--file", "FILE", "take the description from a file: JSON, or the text that an editor is given", false},
	{"--message", "TEXT", "why, kept in the version", false},
	{NULL, NULL, NULL, false},
};

static bool is_json(struct str text)
{
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = (struct str){text.p + 3, text.n - 3};
	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t' || text.p[0] == '\r' || text.p[0] == '\n'))
		text = (struct str){text.p + 1, text.n - 1};
	return text.n == 0 || text.p[0] == '{' || text.p[0] == '[' || text.p[0] == '"';
}

static int from_file(const char *path, struct record *record, struct err *err)
{
	struct record *given = NULL;
	struct buf text = BUF_INIT;
	int result = -1;

	if (os_read_file(AT_FDCWD, path, (size_t)48 << 20, &text, err) != 0) {
		if (err->code == ERR_NOT_FOUND) /* of the record that is an answer, of this file a failure */
			err->code = ERR_SYSTEM;
		goto out;
	}
	if (!is_json(buf_view(&text))) {
		result = record_text_read(record, buf_view(&text), err);
		if (result != 0)
			err_note(err, "%s", path);
		goto out;
	}
	if (record_parse(&given, buf_view(&text), RECORD_GIVEN, err) != 0) {
		err_note(err, "%s", path);
		goto out;
	}
	result = record_overlay(record, given, err);
out:
	record_free(given);
	buf_release(&text);
	return result;
}

/* $VISUAL or $EDITOR may hold words ("code --wait"): the shell reads them, the file's name goes in as its argument. */
static int run_editor(const char *path, struct err *err)
{
	const char *editor = getenv("VISUAL");
	struct buf script = BUF_INIT;
	int status = 0;
	pid_t child;

	if (editor == NULL || editor[0] == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || editor[0] == '\0')
		return err_set(err, ERR_USAGE, "say what to change (title=…), or set EDITOR to the editor to use");
	buf_printf(&script, "exec %s \"$1\"", editor);
	child = fork();
	if (child == 0) {
		(void)execl("/bin/sh", "sh", "-c", script.p, "sh", path, (char *)NULL);
		_exit(127);
	}
	buf_release(&script);
	if (child < 0)
		return err_sys(err, "cannot start the editor");
	while (waitpid(child, &status, 0) < 0)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_CONFLICT, "the editor %s did not end well: nothing was changed", editor);
	return 0;
}

/* *written: path of the file with what was written, to be deleted once it is kept; empty where there is none. */
static int from_editor(struct record *record, struct buf *written, struct err *err)
{
	const char *folder = getenv("TMPDIR");
	struct buf text = BUF_INIT, path = BUF_INIT;
	int fd, result = -1;

	buf_printf(&path, "%s/photostat-edit-XXXXXX", folder == NULL || folder[0] == '\0' ? "/tmp" : folder);
	record_text_write(record, &text);
	if (buf_check(&text, "description", err) != 0)
		goto out;
	fd = mkstemp(path.p);
	if (fd < 0) {
		err_sys(err, "cannot make a file for the editor in %s", path.p);
		goto out;
	}
	result = os_write(fd, text.p, text.n, path.p, err);
	os_close(fd);
	buf_clear(&text);
	if (result == 0)
		result = run_editor(path.p, err);
	if (result == 0)
		result = os_read_file(AT_FDCWD, path.p, (size_t)48 << 20, &text, err);
	if (result == 0)
		result = record_text_read(record, buf_view(&text), err);
	if (result == 0)
		buf_str(written, buf_view(&path));
	else if (err->code != ERR_SYNTAX)
		(void)os_unlink(AT_FDCWD, path.p, NULL);
	else
		err_note(err, "nothing was changed; what you wrote is in %s: mend it and give it with --file", path.p);
out:
	buf_release(&text);
	buf_release(&path);
	return result;
}

static int change(const struct invocation *invocation, struct record *record, struct err *err)
{
	const char *file = cli_value(invocation, "--file");

	if (file != NULL && from_file(file, record, err) != 0)
		return -1;
	for (size_t i = 1; i < invocation->count; i++)
		if (record_put(record, str_from(invocation->arguments[i]), RECORD_EDIT, err) != 0) {
			if (err->code == ERR_SYNTAX)
				err->code = ERR_USAGE;
			return -1;
		}
	return 0;
}

/* The editor may stay open for hours: meanwhile others deposit, so the archive is opened for writing only afterwards. *record is what was
 * written, `written` the file that it came from. */
static int edit_by_hand(struct invocation *invocation, struct record **record, struct buf *written, int *status)
{
	struct archive_name name = {.id = BUF_INIT};
	struct archive *archive = cli_open(invocation, ARCHIVE_READ, status);
	struct err err = ERR_INIT;
	int result = -1;

	if (archive == NULL)
		return -1;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) == 0 && cli_newest(&name, &err) == 0)
		result = archive_get_record(archive, buf_view(&name.id), 0, record, &err);
	archive_name_release(&name);
	archive_close(archive);
	if (result == 0)
		result = from_editor(*record, written, &err);
	if (result != 0)
		*status = cli_fail(invocation, &err);
	return result;
}

/* The newest description as it is now, or what was written over it: unless another version came meanwhile. */
static int take_record(struct archive *archive, struct str id, struct record **record, struct err *err)
{
	struct record *present = NULL;

	if (archive_get_record(archive, id, 0, &present, err) != 0)
		return -1;
	if (*record == NULL) {
		*record = present;
		return 0;
	}
	if (record_version(present) != record_version(*record))
		err_set(err, ERR_CONFLICT, "%.*s got version %" PRIu64 " while you were writing: nothing was changed", STR_ARG(id),
			(uint64_t)record_version(present));
	record_free(present);
	return err->code == ERR_NONE ? 0 : -1;
}

static int run(struct invocation *invocation)
{
	const char *message = cli_value(invocation, "--message");
	struct archive_name name = {.id = BUF_INIT};
	struct archive_done done;
	struct archive *archive;
	struct record *record = NULL;
	struct buf written = BUF_INIT;
	struct err err = ERR_INIT;
	int status;

	if (invocation->count < 1)
		return cli_usage(invocation, "name a record");
	if (cli_value(invocation, "--file") == NULL && invocation->count == 1 &&
		edit_by_hand(invocation, &record, &written, &status) != 0) {
		record_free(record);
		return status;
	}
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL) {
		if (written.n > 0)
			cli_say(invocation, "what you wrote is in %s: give it with --file later", written.p);
		goto out;
	}
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 || cli_newest(&name, &err) != 0 ||
		take_record(archive, buf_view(&name.id), &record, &err) != 0 || change(invocation, record, &err) != 0 ||
		archive_put_record(archive, buf_view(&name.id), record, str_from(message == NULL ? "description edited" : message),
			&done, &err) != 0) {
		if (written.n > 0 && err.code != ERR_EXISTS) {
			struct err why = err;

			err_set(&err, why.code, "%.200s; what you wrote is in %s: mend it and give it with --file", why.text,
				written.p);
		} else if (written.n > 0) {
			(void)os_unlink(AT_FDCWD, written.p, NULL);
		}
		status = cli_fail(invocation, &err);
	} else {
		if (written.n > 0)
			(void)os_unlink(AT_FDCWD, written.p, NULL);
		if (invocation->json) {
			struct json json;

			json_begin(&json, "version");
			json_string(&json, "id", buf_view(&done.id));
			json_number(&json, "version", done.version);
			json_number(&json, "index", done.index);
			json_end(&json, stdout);
		} else {
			cli_line("%.*s@%" PRIu64 "  entry %" PRIu64, STR_ARG(buf_view(&done.id)), done.version, done.index);
		}
		archive_done_release(&done);
	}
out:
	record_free(record);
	buf_release(&written);
	archive_name_release(&name);
	archive_close(archive);
	return status;
}

const struct command command_edit = {
	.name = "edit",
	.summary = "change a record's description, as a new version",
	.usage = "ID K=V K+=V K= | --file FILE | (alone: $EDITOR)",
	.details =
		"K=V replaces all values of a term, K+=V adds one, K= takes them away. --file takes JSON or the text that the "
		"editor shows. The versions before stay as they were.\n\n"
		"Keys: Dublin Core terms (title, creator, date, language, …; title@de for one in German, date.written for the date "
		"as the document has it), isPartOf, level, referenceCode, and file:PATH:role, :sequence, :language.\n",
	.options = options,
	.example = "photostat edit anna-1913 title=\"Anna to her brother\" subject+=harbour",
	.example_says = "sets the title and adds a subject",
	.run = run,
};
