/* Contradictions between checkpoints of one log (P3). */
#include <inttypes.h>
#include <string.h>

#include "evidence.h"
#include "input.h"
#include "output.h"

#define RECEIPT_MAGIC STR("c2sp.org/tlog-proof@v1\n")

struct judged {
	const struct evidence *evidence;
	enum evidence_word word;
	bool trusted;     /* under a policy, or by this archive's own key */
	const char *path; /* where it was written, or NULL */
};

static void put_side(struct json *json, const char *key, const struct evidence_side *side)
{
	struct buf value = BUF_INIT, name = BUF_INIT;

	vkey_format(&name, &side->key);
	buf_text(&value, "{\"origin\":");
	buf_json(&value, side->checkpoint.origin);
	buf_printf(&value, ",\"size\":%" PRIu64 ",\"root\":\"", side->checkpoint.size);
	buf_base64(&value, side->checkpoint.root.b, SHA256_SIZE);
	buf_text(&value, "\",\"key\":");
	buf_json(&value, buf_view(&name));
	buf_char(&value, '}');
	json_raw(json, key, buf_view(&value));
	buf_release(&value);
	buf_release(&name);
}

static void tell_json(const struct judged *judged)
{
	static const char *const words[] = {"contradiction", "suspicion", "consistent", "other-logs"};
	struct json json;

	json_begin(&json, "evidence");
	json_text(&json, "word", words[judged->word]);
	put_side(&json, "smaller", &judged->evidence->smaller);
	put_side(&json, "larger", &judged->evidence->larger);
	json_bool(&json, "trusted", judged->trusted);
	if (judged->path != NULL)
		json_text(&json, "path", judged->path);
	json_end(&json, stdout);
}

static void tell_proven(const struct judged *judged)
{
	const struct evidence_side *smaller = &judged->evidence->smaller, *larger = &judged->evidence->larger;
	struct buf roots[2] = {BUF_INIT, BUF_INIT};

	buf_base64(&roots[0], smaller->checkpoint.root.b, SHA256_SIZE);
	buf_base64(&roots[1], larger->checkpoint.root.b, SHA256_SIZE);
	cli_line("contradiction: %.*s signed two histories of its log.", STR_ARG(smaller->checkpoint.origin));
	cli_line("One has %" PRIu64 " entries and the root %s, signed by %s+%08x.", smaller->checkpoint.size, roots[0].p,
		smaller->key.name, smaller->key.id);
	if (smaller->checkpoint.size == larger->checkpoint.size)
		cli_line("The other has as many entries and the root %s, signed by %s+%08x.", roots[1].p, larger->key.name,
			larger->key.id);
	else
		cli_line("The other has %" PRIu64 " entries and the root %s, signed by %s+%08x; its first %" PRIu64
			 " have another root than the one.",
			larger->checkpoint.size, roots[1].p, larger->key.name, larger->key.id, smaller->checkpoint.size);
	if (!judged->trusted)
		cli_line("Judged by the key in the file: whether that is the key of %.*s you must know, or give --policy.",
			STR_ARG(smaller->checkpoint.origin));
	cli_line("Not shown: which history is the true one, and who held the key.");
	buf_release(&roots[0]);
	buf_release(&roots[1]);
}

static void tell(const struct invocation *invocation, const struct judged *judged)
{
	const struct checkpoint *smaller = &judged->evidence->smaller.checkpoint, *larger = &judged->evidence->larger.checkpoint;

	if (invocation->json) {
		tell_json(judged);
		return;
	}
	switch (judged->word) {
	case EVIDENCE_PROVEN:
		tell_proven(judged);
		break;
	case EVIDENCE_SUSPECTED:
		if (smaller->size != larger->size && judged->evidence->hash_count == 0)
			cli_line("suspicion, not proof: %.*s signed %" PRIu64 " and %" PRIu64
				 " entries, and the hashes lack that would show whether the one is the beginning of the other.",
				STR_ARG(smaller->origin), smaller->size, larger->size);
		else
			cli_line("suspicion, not proof: two keys of the name %.*s signed two histories; give a --policy that names "
				 "both keys.",
				STR_ARG(smaller->origin));
		break;
	case EVIDENCE_CONSISTENT:
		cli_line("no contradiction: the %" PRIu64 " entries of %.*s begin with the %" PRIu64 ".", larger->size,
			STR_ARG(smaller->origin), smaller->size);
		break;
	case EVIDENCE_OTHER_LOGS:
		cli_line("no contradiction: the checkpoints are of two logs, %.*s and %.*s.", STR_ARG(smaller->origin),
			STR_ARG(larger->origin));
		break;
	}
}

static int status_of(enum evidence_word word)
{
	return word == EVIDENCE_PROVEN || word == EVIDENCE_SUSPECTED ? EXIT_NO : EXIT_WELL;
}

/* 1 would be read as an answer, and there is none. */
static int fail(const struct invocation *invocation, const struct err *err)
{
	(void)cli_fail(invocation, err);
	return EXIT_FAILED;
}

int evidence_judge(struct invocation *invocation, const char *path, const char *policy_path)
{
	struct buf bytes = BUF_INIT, policy_bytes = BUF_INIT;
	struct policy *policy = NULL;
	struct evidence evidence;
	struct judged judged = {.evidence = &evidence, .trusted = policy_path != NULL};
	struct err err = ERR_INIT;
	int status;

	memset(&evidence, 0, sizeof(evidence));
	if (policy_path != NULL) {
		if (input_file(policy_path, POLICY_MAX, &policy_bytes, &err) != 0)
			goto fail;
		if (policy_parse(&policy, buf_view(&policy_bytes), &err) != 0) {
			err_note(&err, "%s", policy_path);
			goto fail;
		}
	}
	if (input_file(path, EVIDENCE_MAX, &bytes, &err) != 0)
		goto fail;
	if (evidence_parse(&evidence, buf_view(&bytes), &err) != 0 || evidence_check(&evidence, policy, &judged.word, &err) != 0) {
		err_note(&err, "%s shows nothing", path);
		goto fail;
	}
	tell(invocation, &judged);
	status = status_of(judged.word);
	goto out;
fail:
	status = fail(invocation, &err);
out:
	evidence_release(&evidence);
	policy_free(policy);
	buf_release(&bytes);
	buf_release(&policy_bytes);
	return status;
}

/* The checkpoint as it is, or the one that a receipt ends with. */
static int take_checkpoint_note(struct str bytes, struct str *note, struct err *err)
{
	struct tlog_proof proof;

	*note = bytes;
	if (!str_starts(bytes, RECEIPT_MAGIC))
		return 0;
	if (tlog_proof_parse(&proof, bytes, err) != 0)
		return -1;
	*note = proof.checkpoint;
	return 0;
}

static uint64_t size_of(struct str note_bytes)
{
	struct note note;
	struct checkpoint checkpoint;

	if (note_parse(&note, note_bytes, NULL) != 0 || checkpoint_parse(&checkpoint, note.text, NULL) != 0)
		return 0;
	return checkpoint.size;
}

/* With this log's tiles where its checkpoint is the larger one. Where they cannot be read there is still the suspicion to keep. */
static int make(const struct invocation *invocation, struct archive *archive, struct str note, struct buf *out,
	enum evidence_word *word, struct err *err)
{
	struct log *log = archive_log(archive);
	size_t count;
	const struct vkey *keys = archive_log_keys(archive, &count);
	struct err why = ERR_INIT;

	if (size_of(note) < log_size(log)) {
		if (evidence_make(out, note, log_checkpoint(log), keys, count, log_tiles(log), word, &why) == 0)
			return 0;
		buf_clear(out);
	}
	if (evidence_make(out, note, log_checkpoint(log), keys, count, NULL, word, err) != 0)
		return -1;
	if (why.code != ERR_NONE)
		cli_say(invocation, "photostat: this log could not be read, see photostat audit: %s", why.text);
	return 0;
}

/* What is written is read back and judged, as whoever is given it and knows this log's keys will. */
static int judge_own(
	struct judged *judged, struct archive *archive, struct evidence *evidence, const struct buf *file, struct err *err)
{
	struct buf text = BUF_INIT;
	struct policy *policy = NULL;
	size_t count;
	const struct vkey *keys = archive_log_keys(archive, &count);
	int result = -1;

	for (size_t i = 0; i < count; i++) {
		buf_text(&text, "log ");
		vkey_format(&text, &keys[i]);
		buf_char(&text, '\n');
	}
	buf_text(&text, "quorum none\n");
	if (policy_parse(&policy, buf_view(&text), err) != 0 || evidence_parse(evidence, buf_view(file), err) != 0 ||
		evidence_check(evidence, policy, &judged->word, err) != 0)
		err_note(err, "the evidence that was made");
	else
		result = 0;
	policy_free(policy);
	buf_release(&text);
	return result;
}

static void tell_none(const struct invocation *invocation, struct archive *archive, struct str note)
{
	struct json json;

	if (!invocation->json) {
		cli_line("no contradiction: the %" PRIu64 " entries of %.*s begin with the %" PRIu64 ".",
			log_size(archive_log(archive)), STR_ARG(archive_origin(archive)), size_of(note));
		return;
	}
	json_begin(&json, "evidence");
	json_text(&json, "word", "consistent");
	json_bool(&json, "trusted", true);
	json_end(&json, stdout);
}

int evidence_against(struct invocation *invocation, struct archive *archive, const char *path, const char *out)
{
	struct buf bytes = BUF_INIT, file = BUF_INIT;
	struct evidence evidence;
	struct judged judged = {.evidence = &evidence, .trusted = true, .path = out};
	struct err err = ERR_INIT;
	struct str note;
	int status;

	memset(&evidence, 0, sizeof(evidence));
	if (input_file(path, PROOF_MAX, &bytes, &err) != 0 || take_checkpoint_note(buf_view(&bytes), &note, &err) != 0 ||
		make(invocation, archive, note, &file, &judged.word, &err) != 0) {
		if (err.code == ERR_SYNTAX || err.code == ERR_MISMATCH)
			err_note(&err, "%s", path);
		goto fail;
	}
	status = status_of(judged.word);
	if (status == EXIT_WELL) {
		tell_none(invocation, archive, note);
		goto out;
	}
	if (judge_own(&judged, archive, &evidence, &file, &err) != 0)
		goto fail;
	tell(invocation, &judged);
	if (out != NULL && output_file(out, buf_view(&file), cli_given(invocation, "--force"), &err) != 0)
		goto fail;
	if (out == NULL)
		cli_say(invocation, "Keep it for others with -o FILE.");
	else
		cli_say(invocation, "%s is for whoever trusted this log: photostat verify --evidence %s", out, out);
	goto out;
fail:
	status = fail(invocation, &err);
out:
	evidence_release(&evidence);
	buf_release(&bytes);
	buf_release(&file);
	return status;
}

void evidence_kept(const struct invocation *invocation, const char *folder, const char *path)
{
	struct buf name = BUF_INIT, bytes = BUF_INIT;
	struct evidence evidence;
	struct judged judged = {.evidence = &evidence, .trusted = true};

	if (!invocation->json || path[0] == '\0')
		return;
	buf_printf(&name, "%s/%s", folder, path);
	judged.path = name.p;
	if (input_file(name.p, EVIDENCE_MAX, &bytes, NULL) == 0 && evidence_parse(&evidence, buf_view(&bytes), NULL) == 0) {
		if (evidence_check(&evidence, NULL, &judged.word, NULL) == 0)
			tell_json(&judged);
		evidence_release(&evidence);
	}
	buf_release(&name);
	buf_release(&bytes);
}
