/* photostat key encrypt, key decrypt: how the log's private key lies in the keys folder. */
#include "cli.h"
#include "passphrase.h"

static void tell(const struct invocation *invocation, struct archive *archive, bool encrypted)
{
	struct json json;

	if (!invocation->json) {
		cli_line("%s  the key of %.*s", encrypted ? "encrypted" : "decrypted", STR_ARG(archive_origin(archive)));
		return;
	}
	json_begin(&json, "key");
	json_string(&json, "origin", archive_origin(archive));
	json_bool(&json, "encrypted", encrypted);
	json_end(&json, stdout);
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
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	if (archive_key_encrypted(archive, &before, &err) != 0 || (encrypt && passphrase_new(&passphrase, &err) != 0) ||
		((encrypt || before) && archive_key_encrypt(archive, buf_view(&passphrase), &err) != 0)) {
		status = cli_fail(invocation, &err);
	} else {
		tell(invocation, archive, encrypt);
		if (encrypt && !before)
			cli_say(invocation, "The disk and its backups may still hold the key as it was before.");
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

static const struct cli_option options[] = {{NULL, NULL, NULL, false}};

const struct command command_key_encrypt = {
	.name = "key encrypt",
	.summary = "encrypt the log's private key by a passphrase, or change the passphrase",
	.usage = "",
	.details = "From then on every command that writes asks for the passphrase once. It is read from the terminal, or from the first "
		   "line of the file that the environment variable PHOTOSTAT_PASSPHRASE_FILE names (/dev/fd/3 for an open descriptor); "
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
	.usage = "",
	.details = "The key then lies in the keys folder in the open, readable by its owner alone, and no command asks.\n",
	.options = options,
	.example = "photostat key decrypt -C letters",
	.example_says = "asks for the passphrase a last time",
	.run = run_decrypt,
};
