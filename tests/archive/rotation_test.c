/* P2, P3: whoever has the archive and its key, but not all that a change of the key takes, can log one all the same; audit says so. */
#include "archive/internal.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf findings;

static void require(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "%s\n%s\n", what, findings.p == NULL ? "" : findings.p);
	exit(1);
}

static void take_finding(void *context, const struct finding *finding)
{
	(void)context;
	buf_printf(&findings, "%s %.*s: %s\n", finding_name(finding->word), STR_ARG(finding->path), finding->what);
}

enum forgery { NO_RECOVERY, ANOTHER_INDEX, ANOTHER_ROOT, NOT_OLD, FORGERIES };

static struct archive *open_world(const struct world *world, enum archive_mode mode)
{
	struct archive *archive = NULL;
	struct err err = ERR_INIT;

	require(archive_open(&archive, world->archive, mode, NULL, NULL, &err) == 0, err.text);
	return archive;
}

static void log_text(struct archive *archive, struct str text)
{
	const struct batch_item item = {.kind = ITEM_NONE};
	struct batch *batch = NULL;
	struct err err = ERR_INIT;

	require(batch_open(&batch, archive, &err) == 0 && batch_add(batch, &item, text, &err) == 0 &&
			batch_commit(batch, NULL, NULL, &err) == 0,
		err.text);
	batch_free(batch);
}

static void forge(struct archive *archive, struct str recovery_line, enum forgery forgery)
{
	struct entry entry = {.kind = ENTRY_KEY,
		.origin = archive_origin(archive),
		.time = 1764000000,
		.key_index = log_size(archive->log) - (forgery == ANOTHER_INDEX),
		.key_root = *log_root(archive->log),
		.signature_count = 3};
	unsigned char secrets[3][ED25519_SECRET], public_key[ED25519_PUBLIC];
	static const char *const roles[3] = {"old", "new", "recovery"};
	struct buf verifier = BUF_INIT, message = BUF_INIT, text = BUF_INIT;
	struct vkey old, fresh, recovery;
	struct err err = ERR_INIT;

	recovery_line.n--; /* its newline */
	require(archive_secret(archive, &old, secrets[0], &err) == 0 && ed25519_generate(secrets[1], public_key, &err) == 0 &&
			vkey_make(&fresh, archive_origin(archive), NOTE_ED25519, public_key, &err) == 0 &&
			keys_secret_parse(recovery_line, NOTE_ED25519, &recovery, secrets[2], &err) == 0,
		err.text);
	if (forgery == NO_RECOVERY)
		memcpy(secrets[2], secrets[1], sizeof(secrets[2]));
	if (forgery == NOT_OLD)
		memcpy(secrets[0], secrets[1], sizeof(secrets[0]));
	entry.key_root.b[0] ^= forgery == ANOTHER_ROOT;
	vkey_format(&verifier, &fresh);
	entry.key = buf_view(&verifier);
	entry_key_message(&message, &entry);
	for (size_t i = 0; i < 3; i++) {
		entry.signatures[i].role = str_from(roles[i]);
		require(ed25519_sign(secrets[i], buf_view(&message), entry.signatures[i].bytes, &err) == 0, err.text);
	}
	require(entry_format(&text, &entry, &err) == 0, err.text);
	log_text(archive, buf_view(&text));
	vkey_release(&old);
	vkey_release(&fresh);
	vkey_release(&recovery);
	buf_release(&verifier);
	buf_release(&message);
	buf_release(&text);
}

static void audit(const struct world *world)
{
	struct archive *archive = open_world(world, ARCHIVE_AUDIT);
	const struct audit_options options = {.report = take_finding, .threads = 1};
	struct audit_summary summary;
	struct err err = ERR_INIT;

	buf_clear(&findings);
	require(archive_audit(archive, &options, &summary, &err) == 0, err.text);
	archive_close(archive);
}

int main(void)
{
	static const char *const words[FORGERIES] = {"is not signed by the recovery key", "was signed for another place of the log",
		"was signed for another place of the log", "is not signed by the old key"};
	struct world world;
	struct archive *archive;
	struct err err = ERR_INIT;
	uint64_t index;

	world_begin(&world, NULL);
	for (int forgery = 0; forgery < FORGERIES; forgery++) {
		world_reset(&world);
		archive = open_world(&world, ARCHIVE_WRITE);
		forge(archive, str_from(world.recovery), (enum forgery)forgery);
		archive_close(archive);
		audit(&world);
		require(strstr(findings.p, "altered log entry ") != NULL && strstr(findings.p, words[forgery]) != NULL,
			words[forgery]);
	}

	/* an entry behind the end */
	world_reset(&world);
	archive = open_world(&world, ARCHIVE_WRITE);
	require(archive_key_end(archive, STR("example.org/other"), STR("moved"), &index, &err) == 0, err.text);
	require(archive_begin_writing(archive, &err) != 0, "the handle that ended the log writes on");
	archive->writable = true; /* by force */
	require(archive_key_end(archive, STR("example.org/other"), STR("moved"), &index, &err) == 0, err.text);
	archive_close(archive);
	audit(&world);
	require(strstr(findings.p, "the log ended with entry ") != NULL, "an entry behind the end is not found");

	/* an honest change has no finding, and a second one neither */
	world_reset(&world);
	for (int i = 0; i < 2; i++) {
		archive = open_world(&world, ARCHIVE_WRITE);
		require(archive_key_rotate(archive, str_from(world.recovery), &err) == 0, err.text);
		require(archive_key_rotate(archive, str_from(world.recovery), &err) == 0, err.text);
		archive_close(archive);
		audit(&world);
		require(findings.n == 0, "an honest change of the key has findings");
	}
	world_end(&world);
	buf_release(&findings);
	return 0;
}
