/* The witnesses of the archive's log: who they are, and their cosignatures on its checkpoint. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define BUSY_TURNS 40 /* of 50 ms */

/* ---- cosignatures ----------------------------------------------------------------------------------------------------------------- */

/* Whether this key cosigned the note, and said nothing wrong. */
static bool cosigned(const struct note *note, const struct vkey *key)
{
	return note_verify(note, key, NULL, NULL) == 1;
}

/* A line of a witness that does not verify would spoil the whole checkpoint for whoever knows its key (signed-note): it is left out. */
static bool spoils(const struct policy *policy, const struct note *note, const struct note_signature *signature)
{
	for (size_t i = 0; i < policy_witness_count(policy); i++)
		if (note_line_is_of(signature, policy_witness(policy, i).key))
			return !cosigned(note, policy_witness(policy, i).key);
	return false;
}

/* The present note with what is new. *added counts that, *changed says whether there is anything to write. */
static int merge(const struct policy *policy, struct str present, struct str lines, struct buf *out, unsigned *added, bool *changed,
	struct err *err)
{
	struct note note;
	size_t count = 0;

	if (note_parse(&note, present, err) != 0)
		return -1;
	buf_str(out, note.text);
	buf_char(out, '\n');
	for (size_t i = 0; i < note.count; i++) {
		if (spoils(policy, &note, &note.signatures[i])) {
			*changed = true;
			continue;
		}
		note_line(out, &note.signatures[i]);
		count++;
	}
	for (size_t i = 0; i < policy_witness_count(policy); i++) {
		const struct vkey *key = policy_witness(policy, i).key;
		uint64_t time;

		if (cosigned(&note, key) || witness_answer_take(out, note.text, lines, key, &time, NULL) != 1)
			continue;
		if (++count > NOTE_SIGNATURES_MAX)
			return err_set(err, ERR_LIMIT, "log/checkpoint has %d signatures already", NOTE_SIGNATURES_MAX);
		*added += 1;
		*changed = true;
	}
	return buf_check(out, "the checkpoint", err);
}

/* The lock, for who opened to read: 1 taken here, 0 held already, -1. */
static int lock_for_now(struct archive *archive, struct err *err)
{
	const struct timespec moment = {.tv_nsec = 50000000};

	if (archive->lock >= 0)
		return 0;
	for (unsigned turn = 0; archive_lock(archive, false, NULL, NULL, NULL) != 1; turn++) {
		if (turn == BUSY_TURNS || archive->staging < 0 || os_interrupted())
			return err_set(err, ERR_CONFLICT,
				"another photostat is writing to this archive; its own checkpoint is to be cosigned");
		(void)nanosleep(&moment, NULL);
	}
	return 1;
}

int archive_recosign(struct archive *archive, uint64_t size, struct str lines, unsigned *added, struct err *err)
{
	struct buf text = BUF_INIT, note = BUF_INIT;
	struct policy *policy = NULL;
	unsigned count = 0;
	bool changed = false;
	int locked, result = -1;

	if (added != NULL)
		*added = 0;
	locked = lock_for_now(archive, err);
	if (locked < 0)
		return -1;
	if ((locked == 1 && archive_follow_conf(archive, false, err) < 0) || log_refresh(archive->log, err) != 0 ||
		(locked == 1 && archive_settle(archive, false, err) != 0))
		goto out;
	archive_policy(archive, &text);
	if (policy_parse(&policy, buf_view(&text), err) != 0)
		goto out;
	if (log_size(archive->log) != size) {
		err_set(err, ERR_CONFLICT,
			"the log has grown to %" PRIu64 " entries meanwhile; what was cosigned is its checkpoint of %" PRIu64,
			log_size(archive->log), size);
		goto out;
	}
	if (merge(policy, log_checkpoint(archive->log), lines, &note, &count, &changed, err) != 0)
		goto out;
	if (changed && log_recosign(archive->log, buf_view(&note), err) != 0)
		goto out;
	if (added != NULL)
		*added = count;
	result = 0;
out:
	if (locked == 1) {
		os_close(archive->lock);
		archive->lock = -1;
	}
	policy_free(policy);
	buf_release(&text);
	buf_release(&note);
	return result;
}

bool archive_witness_is_mirror(const struct archive *archive, size_t i)
{
	return i < archive->conf.witness_count && archive->conf.witnesses[i].mirror;
}

/* ---- archive.conf ---------------------------------------------------------------------------------------------------------------------- */

static int check_new(const struct conf *conf, struct str name, const struct vkey *key, struct err *err)
{
	for (size_t i = 0; i < conf->witness_count; i++) {
		struct vkey other;
		bool same;

		if (str_equal(str_from(conf->witnesses[i].name), name))
			return err_set(err, ERR_EXISTS, "there is a witness \"%.*s\" in archive.conf already", STR_ARG(name));
		if (vkey_parse(&other, str_from(conf->witnesses[i].key), err) != 0)
			return -1;
		same = memcmp(other.public_key, key->public_key, ED25519_PUBLIC) == 0;
		vkey_release(&other);
		if (same)
			return err_set(err, ERR_EXISTS, "the witness \"%s\" in archive.conf has this key already",
				conf->witnesses[i].name);
	}
	return 0;
}

/* What would be written must be read again as a configuration, and make a policy that has the witness. */
static int check_written(const struct archive *archive, const struct buf *text, struct err *err)
{
	struct buf policy_text = BUF_INIT;
	struct policy *policy = NULL;
	struct conf conf;
	int result = -1;

	if (conf_parse(&conf, text, err) != 0)
		return -1;
	conf_policy(&conf, &archive->verifier, &policy_text);
	if (policy_parse(&policy, buf_view(&policy_text), err) != 0)
		err_note(err, "with this witness archive.conf makes no policy");
	else if (policy_witness_count(policy) != archive->conf.witness_count + 1)
		err_set(err, ERR_CONFLICT, "archive.conf does not end where a witness can be appended; write it in by hand");
	else
		result = 0;
	policy_free(policy);
	buf_release(&policy_text);
	conf_release(&conf);
	return result;
}

int archive_add_witness(struct archive *archive, struct str name, struct str vkey, struct str url, bool mirror, struct err *err)
{
	const struct conf_witness witness = {.name = mem_dup(name), .key = mem_dup(vkey), .url = mem_dup(url), .mirror = mirror};
	struct vkey key = {.name = NULL};
	struct buf text = BUF_INIT;
	int result = -1;

	if (archive_begin_writing(archive, err) != 0 || vkey_parse(&key, vkey, err) != 0)
		goto out;
	if (key.type != NOTE_COSIGNATURE_V1) {
		err_set(err, ERR_SYNTAX, "%s+%08x is no key of a witness: those are of type 0x04", key.name, key.id);
		goto out;
	}
	if (check_new(&archive->conf, name, &key, err) != 0 || os_read_file(archive->dir, CONF_NAME, CONF_MAX, &text, err) != 0)
		goto out;
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_char(&text, '\n');
	conf_write_witness(&text, &witness);
	if (buf_check(&text, CONF_NAME, err) != 0 || check_written(archive, &text, err) != 0)
		goto out;
	result = os_replace(archive->dir, CONF_NAME, buf_view(&text), 0644, err);
out:
	vkey_release(&key);
	buf_release(&text);
	free(witness.name);
	free(witness.key);
	free(witness.url);
	return result;
}
