/* photostat receipt */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "os/os.h"
#include "output.h"
#include "submission.h"

static const struct cli_option options[] = {
	{"-o", "FILE", "where to write it; - is standard output (else NAME@N.tlog-proof here)", false},
	{"--force", NULL, "replace FILE if it is there", false},
	{"--wait", "SECONDS", "first have the checkpoint witnessed: wait so long for the quorum of archive.conf", false},
	{"--public", NULL, "only what a reader without rights may have", false},
	{NULL, NULL, NULL, false},
};

/* "letters/anna" version 2, file "a/b.txt" → "anna@2.b.txt.tlog-proof" */
static void default_name(struct buf *out, struct str id, uint64_t version, struct str file)
{
	struct str rest = id, last = id, token;

	while (str_take_until(&rest, '/', &token))
		last = token;
	for (size_t i = 0; i < last.n; i++)
		buf_char(out, last.p[i] == ':' ? '-' : last.p[i]);
	buf_printf(out, "@%llu", (unsigned long long)version);
	if (file.n > 0) {
		rest = file;
		while (str_take_until(&rest, '/', &token))
			last = token;
		buf_char(out, '.');
		buf_str(out, last);
	}
	buf_text(out, ".tlog-proof");
}

/* A file that is closed and one that never was are refused alike (P7). */
static int make(const struct invocation *invocation, struct archive *archive, const struct archive_name *name, struct str file,
	struct archive_version *version, struct buf *receipt, struct err *err)
{
	enum audience audience = cli_given(invocation, "--public") ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER;
	struct access_view *view = NULL;
	bool allowed;
	int result;

	if (access_admit(&view, archive, buf_view(&name->id), name->version, audience, version, err) != 0)
		return -1;
	allowed = file.n == 0 ? access_may_read_inventory(view) : access_may_read_file(view, file);
	access_view_free(view);
	if (!allowed)
		return access_refuse(err);
	result = archive_receipt(archive, buf_view(&name->id), version->version, file, receipt, err);
	if (result != 0 && err->code == ERR_NOT_FOUND && audience == AUDIENCE_PUBLIC)
		return access_refuse(err);
	return result;
}

#define WAIT_MAX 86400u

/* Until a quorum has cosigned the newest checkpoint. ERR_MISMATCH when the time is over. */
static int wait_for_quorum(const struct invocation *invocation, struct archive *archive, uint64_t seconds, struct err *err)
{
	struct submit_options patience = {.stop = submission_stop};
	int64_t end = os_now() + (int64_t)seconds;

	for (;;) {
		const struct timespec moment = {.tv_sec = 1};
		struct submission submission = {.count = 0};
		struct err why = ERR_INIT;
		int64_t left = end - os_now();
		unsigned cosigned;
		size_t count;
		bool wanted, witnessed;

		patience.seconds = left < 2 ? 2 : left > 10 ? 10 : (unsigned)left;
		if (log_refresh(archive_log(archive), err) != 0)
			return -1;
		if (submission_make(archive, &patience, &submission, &why) != 0 && submission.count == 0) {
			*err = why;
			return -1;
		}
		wanted = submission.wanted;
		witnessed = submission.witnessed;
		cosigned = submission.cosigned;
		count = submission.count;
		if (witnessed)
			submission_say(invocation, &submission, true);
		submission_release(&submission);
		if (!wanted)
			return err_set(
				err, ERR_USAGE, "there is nothing to wait for: archive.conf asks for no quorum of witnesses");
		if (witnessed)
			return 0;
		if (os_check_interrupted(err) != 0)
			return -1;
		if (os_now() >= end)
			return err_set(err, ERR_MISMATCH,
				"not witnessed: %u of %zu witnesses cosigned, which is not the quorum%s%s", cosigned, count,
				why.code != ERR_NONE ? "; " : "", why.text);
		(void)nanosleep(&moment, NULL);
	}
}

static int run(struct invocation *invocation)
{
	const char *wait = cli_value(invocation, "--wait");
	uint64_t seconds = 0;
	const char *to = cli_value(invocation, "-o");
	struct archive *archive;
	struct archive_name name = {.id = BUF_INIT};
	struct archive_version version;
	struct buf receipt = BUF_INIT, path = BUF_INIT;
	struct str file = STR("");
	struct err err = ERR_INIT;
	int status;

	if (invocation->count < 1 || invocation->count > 2)
		return cli_usage(invocation, "name a record, and one of its files if the receipt is for that alone");
	if (wait != NULL && !decimal_parse(str_from(wait), WAIT_MAX, &seconds))
		return cli_usage(invocation, "--wait is a number of seconds, at most %u", WAIT_MAX);
	if (invocation->count == 2)
		file = str_from(invocation->arguments[1]);
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 ||
		make(invocation, archive, &name, file, &version, &receipt, &err) != 0)
		goto fail;
	if (wait != NULL) { /* for what can be had */
		buf_clear(&receipt);
		if (wait_for_quorum(invocation, archive, seconds, &err) != 0 ||
			make(invocation, archive, &name, file, &version, &receipt, &err) != 0)
			goto fail;
	}
	if (to == NULL)
		default_name(&path, buf_view(&name.id), version.version, file);
	else
		buf_text(&path, to);
	if ((!invocation->json || strcmp(path.p, "-") != 0) &&
		output_file(path.p, buf_view(&receipt), cli_given(invocation, "--force"), &err) != 0)
		goto fail;
	if (invocation->json) {
		struct json json;

		json_begin(&json, "receipt");
		json_string(&json, "id", buf_view(&name.id));
		json_number(&json, "version", version.version);
		json_number(&json, "index", version.index);
		if (file.n > 0)
			json_string(&json, "file", file);
		if (strcmp(path.p, "-") == 0)
			json_string(&json, "receipt", buf_view(&receipt));
		else
			json_string(&json, "path", buf_view(&path));
		json_end(&json, stdout);
	} else if (strcmp(path.p, "-") != 0) {
		cli_line("%s", path.p);
	}
	cli_say(invocation, "Check it anywhere, without this archive: photostat verify FILE --receipt %s --policy POLICY",
		strcmp(path.p, "-") == 0 ? "RECEIPT" : path.p);
	status = EXIT_WELL;
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	archive_name_release(&name);
	buf_release(&receipt);
	buf_release(&path);
	archive_close(archive);
	return status;
}

const struct command command_receipt = {
	.name = "receipt",
	.summary = "take away proof of a version or of one file",
	.usage = "ID[@N] [FILE] [-o F.tlog-proof] [--force] [--wait SECONDS] [--public]",
	.details =
		"Writes a c2sp.org/tlog-proof@v1 file that proves, offline and for ever, that this archive's log committed to "
		"these bytes.\n"
		"The receipt of a version lists its files; the receipt of one file reveals of the others only how many there are.\n"
		"It says nothing of authorship or truth.\n"
		"What witnesses have cosigned the log's newest checkpoint stands in it. A receipt that was taken before they had "
		"is renewed by "
		"writing\n"
		"it once more with --force: it then proves the same under the newest checkpoint. --wait asks the witnesses and "
		"writes nothing "
		"(exit status\n"
		"1) if no quorum has cosigned by then.\n",
	.options = options,
	.example = "photostat receipt anna-1913 -o anna.tlog-proof",
	.example_says = "writes the receipt of the newest version of anna-1913",
	.run = run,
};
