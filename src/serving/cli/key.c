/* photostat key: how the log's private key lies in the keys folder, changing it, ending the log. */
#include <inttypes.h>

#include "cli.h"
#include "holder/holder.h"
#include "input.h"
#include "passphrase.h"

/* A key that lay open may go on doing so elsewhere: `then` says what to do about that. */
static void tell(const struct invocation *invocation, struct str name, bool encrypted, bool before, const char *then)
{
	struct json json;

	if (invocation->json) {
		json_begin(&json, "key");
		json_string(&json, "origin", name);
		json_bool(&json, "encrypted", encrypted);
		json_end(&json, stdout);
	} else {
		cli_line("%s  the key of %.*s", encrypted ? "encrypted" : "decrypted", STR_ARG(name));
	}
	if (encrypted && !before)
		cli_say(invocation, "The disk and its backups may still hold the key as it was. If others can get at them, %s",
			then);
}

static int ask(void *context, struct buf *out, struct err *err)
{
	(void)context;
	return passphrase_ask("the folder", out, err);
}

static int ask_new(struct buf *out, struct err *err)
{
	return passphrase_new("the folder", out, err);
}

/* The key of a witness, or of a mirror. */
static int run_folder(struct invocation *invocation, const char *folder, bool encrypt)
{
	const struct archive_asks asks = {.passphrase = ask};
	struct err err = ERR_INIT;
	struct vkey key;
	bool before = false;
	int status = EXIT_WELL;

	if (holder_key_encrypt(folder, &asks, encrypt ? ask_new : NULL, &key, &before, &err) != 0)
		status = cli_fail(invocation, &err);
	else
		tell(invocation, str_from(key.name), encrypt, before, "make a new one with another name");
	if (err.code == ERR_MISMATCH)
		status = EXIT_FAILED;
	vkey_release(&key);
	return status;
}

/* Opening asks for the passphrase that the key has, if it has one. */
static int run(struct invocation *invocation, bool encrypt)
{
	struct buf passphrase = BUF_INIT;
	struct archive *archive;
	struct err err = ERR_INIT;
	bool before = false;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	if (cli_value(invocation, "--folder") != NULL)
		return run_folder(invocation, cli_value(invocation, "--folder"), encrypt);
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	if (archive_key_encrypted(archive, &before, &err) != 0 ||
		(encrypt && passphrase_new("the archive", &passphrase, &err) != 0) ||
		((encrypt || before) && archive_key_encrypt(archive, buf_view(&passphrase), &err) != 0)) {
		status = cli_fail(invocation, &err);
	} else {
		tell(invocation, archive_origin(archive), encrypt, before, "change it: photostat key rotate");
	}
	passphrase_release(&passphrase);
	archive_close(archive);
	return status;
}

static int run_encrypt(struct invocation *invocation)
{
	return run(invocation, true);
}

static int run_decrypt(struct invocation *invocation)
{
	return run(invocation, false);
}

/* ---- key rotate --------------------------------------------------------------------------------------------------------- */

#define RECOVERY_MAX 4096

/* From a file, or typed where nobody sees it; never an argument. */
static int read_recovery(const char *path, struct buf *out, struct err *err)
{
	if (path == NULL)
		return passphrase_line("Recovery key, as init printed it (PRIVATE+KEY+…)", RECOVERY_MAX, out, err);
	return input_file(path, (size_t)1 << 20, out, err);
}

static void tell_rotated(const struct invocation *invocation, struct archive *archive)
{
	struct buf verifier = BUF_INIT, former = BUF_INIT;
	struct submission witnesses = {.count = 0};
	uint64_t index = log_size(archive_log(archive)) - 1;
	size_t count;
	const struct vkey *keys = archive_log_keys(archive, &count);

	vkey_format(&verifier, &keys[0]);
	vkey_format(&former, &keys[1]);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "key-rotated");
		json_string(&json, "origin", archive_origin(archive));
		json_number(&json, "index", index);
		json_string(&json, "verifier", buf_view(&verifier));
		json_string(&json, "former", buf_view(&former));
		json_end(&json, stdout);
	} else {
		cli_line("verifier  %.*s", STR_ARG(buf_view(&verifier)));
		cli_line("former    %.*s", STR_ARG(buf_view(&former)));
		cli_line("entry     %" PRIu64, index);
	}
	cli_say(invocation,
		"The old private key is gone from the keys folder. Give out the new policy (photostat policy), and new receipts: "
		"those that were given out verify by the policy of their time alone, and by the new one only if that wants "
		"witnesses.");
	if (submission_look(archive, &witnesses, NULL) == 0 && witnesses.count > 0)
		cli_say(invocation, "Tell the operators of the log's witnesses and mirrors the new verifier before the next "
				    "deposit: until they have "
				    "added it they refuse.");
	submission_release(&witnesses);
	buf_release(&verifier);
	buf_release(&former);
}

static int run_rotate(struct invocation *invocation)
{
	struct buf recovery = BUF_INIT;
	struct archive *archive;
	struct err err = ERR_INIT;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	archive = cli_open(invocation, ARCHIVE_REKEY, &status);
	if (archive == NULL)
		return status;
	if (archive_behind(archive, &err) == 1 && !cli_given(invocation, "--yes")) {
		err_note(&err, "changing the key here goes on from this copy, and gives up what others have seen: say --yes only "
			       "if the key was "
			       "stolen");
		status = cli_fail(invocation, &err);
		archive_close(archive);
		return status;
	}
	if (read_recovery(cli_value(invocation, "--recovery"), &recovery, &err) != 0 ||
		archive_key_rotate(archive, buf_view(&recovery), &err) != 0)
		status = cli_fail(invocation, &err);
	else
		tell_rotated(invocation, archive);
	if (err.code == ERR_MISMATCH)
		status = EXIT_FAILED;
	passphrase_release(&recovery);
	archive_close(archive);
	return status;
}

static const struct cli_option rotate_options[] = {
	{"--recovery", "FILE", "the recovery key's line, as init printed it; without it, it is asked for", false},
	{"--yes", NULL, "also where somebody has seen more of the log than there is here: the key was stolen", false},
	{NULL, NULL, NULL, false},
};

const struct command command_key_rotate = {
	.name = "key rotate",
	.summary = "replace the log's key by a new one",
	.usage = "[--recovery FILE] [--yes]",
	.details = "Makes a new key and logs it; the entry is signed by the old key, the new one and the recovery key, so that a "
		   "thief of "
		   "one of them cannot do it. The checkpoint that covers the entry is signed by both keys, every later one by the "
		   "new key "
		   "alone. The old private key is deleted.\n"
		   "Policies that name the old key alone refuse receipts made from now on: give out the new policy, and make "
		   "receipts anew.\n",
	.options = rotate_options,
	.example = "photostat key rotate -C letters",
	.example_says = "asks for the recovery key and prints the new verifier",
	.run = run_rotate,
};

/* ---- key end --------------------------------------------------------------------------------------------------------------- */

static int run_end(struct invocation *invocation)
{
	const char *successor = cli_value(invocation, "--successor"), *reason = cli_value(invocation, "--reason");
	struct archive *archive;
	struct err err = ERR_INIT;
	uint64_t index = 0;
	int status;

	if (invocation->count != 0 || (successor == NULL) == !cli_given(invocation, "--no-successor") || reason == NULL)
		return cli_usage(invocation, "give --successor ORIGIN (or --no-successor) and --reason");
	if (!cli_given(invocation, "--yes"))
		return cli_usage(
			invocation, "the log ends for ever, nothing can be deposited here again: say --yes if that is meant");
	archive = cli_open(invocation, ARCHIVE_REKEY, &status);
	if (archive == NULL)
		return status;
	if (archive_key_end(archive, str_from(successor), str_from(reason), &index, &err) != 0) {
		status = cli_fail(invocation, &err);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, "ended");
		json_string(&json, "origin", archive_origin(archive));
		json_number(&json, "index", index);
		if (successor != NULL)
			json_text(&json, "successor", successor);
		json_end(&json, stdout);
	} else {
		cli_line("ended  %.*s  entry %" PRIu64 "%s%s", STR_ARG(archive_origin(archive)), index,
			successor == NULL ? "" : "  goes on as ", successor == NULL ? "" : successor);
	}
	archive_close(archive);
	return status;
}

static const struct cli_option end_options[] = {
	{"--successor", "ORIGIN", "the archive that goes on", false},
	{"--no-successor", NULL, "none does", false},
	{"--reason", "CODE", "why: key-lost, closed, moved, …", false},
	{"--yes", NULL, "this is meant", false},
	{NULL, NULL, NULL, false},
};

const struct command command_key_end = {
	.name = "key end",
	.summary = "end the log for ever, and name the one that goes on",
	.usage = "--successor ORIGIN|--no-successor --reason CODE --yes",
	.details = "Logs a last entry. From then on the archive can be read, audited and given receipts from, and every command "
		   "that would "
		   "write refuses and names the successor.\n"
		   "The successor is made with photostat init --predecessor: the two name each other.\n",
	.options = end_options,
	.example = "photostat key end -C letters --successor example.org/letters-2 --reason moved --yes",
	.example_says = "the log of letters ends, and says where it goes on",
	.run = run_end,
};

/* ---- rows -------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option options[] = {
	{"--folder", "DIR", "of a witness or a mirror: its key instead of the log's", false},
	{NULL, NULL, NULL, false},
};

const struct command command_key_encrypt = {
	.name = "key encrypt",
	.summary = "encrypt the log's private key by a passphrase, or change the passphrase",
	.usage = "[--folder DIR]",
	.details =
		"From then on every command that writes asks for the passphrase once. It is read from the terminal, or from the "
		"first "
		"line of the file that the environment variable PHOTOSTAT_PASSPHRASE_FILE names (/dev/fd/3 for an open "
		"descriptor); "
		"never from an argument. A passphrase that is forgotten cannot be found again: then only the recovery key helps.\n"
		"To change a passphrase that stands in such a file, `photostat key decrypt` first.\n",
	.options = options,
	.example = "photostat key encrypt -C letters",
	.example_says = "asks for a passphrase twice",
	.run = run_encrypt,
};

const struct command command_key_decrypt = {
	.name = "key decrypt",
	.summary = "take the passphrase off the log's private key",
	.usage = "[--folder DIR]",
	.details = "The key then lies in the keys folder in the open, readable by its owner alone, and no command asks.\n",
	.options = options,
	.example = "photostat key decrypt -C letters",
	.example_says = "asks for the passphrase a last time",
	.run = run_decrypt,
};
