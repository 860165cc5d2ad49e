/* Judging what logs submit (tlog-witness, add-checkpoint), in the order of the specification. W1..W4 in witness.h. */
#include <inttypes.h>
#include <string.h>

#include "witness.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define SAME_SECONDS 60u /* who asks again so soon gets the same cosignature: it costs no sync */

struct answer {
	unsigned *status;
	struct buf *body;
	const char **type;
};

static void say(const struct answer *answer, unsigned status, const char *sentence)
{
	*answer->status = status;
	*answer->type = TEXT_TYPE;
	buf_text(answer->body, sentence);
	buf_char(answer->body, '\n');
}

/* "this witness " and the sentence. */
static void say_of_itself(const struct witness *witness, const struct answer *answer, unsigned status, const char *sentence)
{
	buf_printf(answer->body, "this %s ", witness->kind->word);
	say(answer, status, sentence);
}

int witness_signed_by_log(const struct witness_log *log, const struct note *note, struct err *err)
{
	int found = 0;

	for (size_t i = 0; i < log->known.key_count; i++) {
		int got = note_verify(note, &log->known.keys[i], NULL, err);

		if (got < 0)
			return -1;
		found |= got;
	}
	return found;
}

/* ---- the checkpoint that is kept and served ------------------------------------------------------------------------------------------ */

bool witness_is_of_log(const struct witness_log *log, const struct note_signature *signature)
{
	for (size_t i = 0; i < log->known.key_count; i++)
		if (note_line_is_of(signature, &log->known.keys[i]))
			return true;
	return false;
}

/* The note's text, the lines of the log, ours (of *ours, or as it stands in the note), and, if wanted, all others that fit. */
static void compose(const struct witness *witness, const struct witness_log *log, const struct note *note, struct str ours,
	bool others, struct buf *out)
{
	size_t count = 0;

	buf_str(out, note->text);
	buf_char(out, '\n');
	for (size_t i = 0; i < note->count; i++)
		if (witness_is_of_log(log, &note->signatures[i])) {
			note_line(out, &note->signatures[i]);
			count++;
		}
	buf_str(out, ours);
	count++;
	for (size_t i = 0; i < note->count && count < NOTE_SIGNATURES_MAX; i++) {
		bool is_ours = note_line_is_of(&note->signatures[i], &witness->key);

		if (is_ours ? ours.n == 0 : others && !witness_is_of_log(log, &note->signatures[i])) {
			note_line(out, &note->signatures[i]);
			count++;
		}
	}
}

int witness_checkpoint(struct witness *witness, struct str origin_hash, struct buf *out, struct err *err)
{
	struct witness_log *log = witness_find_hash(witness, origin_hash);
	struct buf kept = BUF_INIT;
	struct note note;
	int result = -1;

	if (log == NULL)
		return err_set(err, ERR_NOT_FOUND, "no log with this origin hash is witnessed here");
	/* one of the two is always whole, and none is there before it may be seen: no lock is needed */
	if (state_read_checkpoint(&log->state, &kept, err) != 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "no checkpoint of this log was cosigned here yet");
		goto out;
	}
	if (note_parse(&note, buf_view(&kept), err) != 0)
		goto out;
	if (witness_signed_by_log(log, &note, err) != 1 || note_verify(&note, &witness->key, NULL, err) != 1) {
		err_set(err, ERR_MISMATCH, "state/%s.checkpoint.0 or .1 was damaged; the next submission replaces it",
			log->state.hash);
		goto out;
	}
	compose(witness, log, &note, STR(""), false, out);
	result = buf_check(out, "the checkpoint", err);
out:
	buf_release(&kept);
	return result;
}

/* ---- being behind ------------------------------------------------------------------------------------------------------------------------ */

static void break_log(struct witness_log *log)
{
	err_set(&log->broken, ERR_MISMATCH,
		"two different checkpoints of size %" PRIu64
		" bear its cosignature (both lie in aside/): its key was used elsewhere, or "
		"its state was altered; make a new one with a new key",
		log->ahead ? log->ahead_size : log->state.size);
}

/* Two texts of one size: both signed by the log. */
static void keep_split(struct witness_log *log, const struct checkpoint *checkpoint, struct str text, struct str note_bytes)
{
	struct buf kept = BUF_INIT;
	struct checkpoint ours;
	struct note note;

	(void)state_keep_aside(&log->state, ASIDE_SPLIT, checkpoint, text, note_bytes, NULL);
	if (log->ahead)
		buf_str(&kept, buf_view(&log->ahead_note));
	else if (state_read_checkpoint(&log->state, &kept, NULL) != 0)
		goto out;
	if (note_parse(&note, buf_view(&kept), NULL) == 0 && checkpoint_parse(&ours, note.text, NULL) == 0 &&
		ours.size == checkpoint->size && !hash_equal(&ours.root, &checkpoint->root))
		(void)state_keep_aside(&log->state, ASIDE_SPLIT, &ours, note.text, buf_view(&kept), NULL);
out:
	buf_release(&kept);
}

int witness_see(struct witness *witness, struct witness_log *log, struct str note_bytes, struct err *err)
{
	struct checkpoint checkpoint;
	struct note note;
	uint64_t time, size;
	const struct hash *root;
	bool any;

	if (note_parse(&note, note_bytes, err) != 0 || checkpoint_parse(&checkpoint, note.text, err) != 0)
		return -1;
	if (!str_equal(checkpoint.origin, log->state.origin))
		return err_set(err, ERR_MISMATCH, "it is a checkpoint of another log, %.*s", STR_ARG(checkpoint.origin));
	if (witness_signed_by_log(log, &note, err) != 1)
		return err_set(err, ERR_MISMATCH, "the log %s did not sign this checkpoint", log->known.origin);
	if (note_verify(&note, &witness->key, &time, NULL) != 1)
		return 0;
	if (checkpoint.size > log->cosigned_size)
		log->cosigned_size = checkpoint.size;
	if (time > log->cosigned_time)
		log->cosigned_time = time;
	any = log->ahead || log->state.any;
	size = log->ahead ? log->ahead_size : log->state.size;
	root = log->ahead ? &log->ahead_root : &log->state.root;
	if (any && checkpoint.size == size && !hash_equal(&checkpoint.root, root)) {
		keep_split(log, &checkpoint, note.text, note_bytes);
		break_log(log);
		return 1;
	}
	if (any && checkpoint.size <= size)
		return 0;
	log->ahead = true;
	log->ahead_size = checkpoint.size;
	log->ahead_root = checkpoint.root;
	log->ahead_time = time;
	buf_clear(&log->ahead_note);
	buf_str(&log->ahead_note, note_bytes);
	return 1;
}

/* Another process, or a request, may have come as far. */
static void look_whether_caught_up(struct witness_log *log)
{
	if (!log->ahead || !log->state.any || log->state.size < log->ahead_size)
		return;
	if (log->state.size == log->ahead_size && !hash_equal(&log->state.root, &log->ahead_root))
		break_log(log);
	log->ahead = false;
	buf_release(&log->ahead_note);
}

/* ---- judging ----------------------------------------------------------------------------------------------------------------------------- */

/* What the request must continue: the state, or what is known to have been cosigned beyond it. */
struct base {
	uint64_t size, time;
	struct hash root;
	bool any;
};

static void base_of(const struct witness_log *log, struct base *base)
{
	*base = (struct base){.any = log->state.any, .size = log->state.size, .time = log->state.time, .root = log->state.root};
	if (!log->state.any)
		merkle_empty(&base->root);
	if (log->ahead)
		*base = (struct base){.any = true, .size = log->ahead_size, .time = log->ahead_time, .root = log->ahead_root};
}

static bool is_split(const struct base *base, const struct checkpoint *checkpoint)
{
	return base->any && base->size == checkpoint->size && !hash_equal(&base->root, &checkpoint->root);
}

/* 0 consistent; else the status to answer. */
static unsigned judge(
	struct witness_log *log, const struct witness_request *request, const struct base *base, const struct answer *answer)
{
	const struct checkpoint *checkpoint = &request->checkpoint;
	struct err why = ERR_INIT;
	struct hash empty;

	if (is_split(base, checkpoint))
		keep_split(log, checkpoint, request->note.text, request->checkpoint_note);
	if (request->old_size != base->size) {
		*answer->status = 409;
		*answer->type = WITNESS_SIZE_TYPE;
		buf_u64(answer->body, base->size);
		buf_char(answer->body, '\n');
		return 409;
	}
	merkle_empty(&empty);
	if (checkpoint->size == 0 && !hash_equal(&checkpoint->root, &empty))
		err_set(&why, ERR_MISMATCH, "the root of an empty tree is not that of an empty tree");
	else if (request->old_size == 0 && request->proof.count != 0)
		err_set(&why, ERR_MISMATCH, "from size 0 no proof is needed, and none is taken");
	else if ((request->old_size == 0 && checkpoint->size != 0) ||
		 merkle_verify_consistency(base->size, &base->root, checkpoint->size, &checkpoint->root, &request->proof, &why) ==
			 0)
		return 0;
	if (!is_split(base, checkpoint))
		(void)state_keep_aside(&log->state, ASIDE_DOUBT, checkpoint, request->note.text, request->checkpoint_note, NULL);
	say(answer, 422, why.text);
	return 422;
}

/* The checkpoint that is kept has this text. */
static bool kept_is(const struct witness_log *log, const struct note *asked)
{
	struct buf kept = BUF_INIT;
	struct note note;
	bool same = log->checkpoint_kept && state_read_checkpoint(&log->state, &kept, NULL) == 0 &&
		    note_parse(&note, buf_view(&kept), NULL) == 0 && str_equal(note.text, asked->text) &&
		    witness_signed_by_log(log, &note, NULL) == 1;

	buf_release(&kept);
	return same;
}

/* The cosignature of the checkpoint that is kept, if it is of this text and young. */
static bool same_as_before(
	const struct witness *witness, const struct witness_log *log, const struct note *asked, uint64_t now, struct buf *line)
{
	struct buf kept = BUF_INIT;
	struct note note;
	uint64_t time;
	bool same = log->checkpoint_kept && state_read_checkpoint(&log->state, &kept, NULL) == 0 &&
		    note_parse(&note, buf_view(&kept), NULL) == 0 && str_equal(note.text, asked->text) &&
		    note_verify(&note, &witness->key, &time, NULL) == 1 && time <= now && now - time < SAME_SECONDS;

	for (size_t i = 0; same && i < note.count; i++)
		if (note_line_is_of(&note.signatures[i], &witness->key))
			note_line(line, &note.signatures[i]);
	buf_release(&kept);
	return same;
}

/* Signs, records, and only then hands the line on (W1, W3). */
static int cosign(struct witness *witness, struct witness_log *log, const struct witness_request *request, const struct base *base,
	struct buf *line, struct err *err)
{
	const struct checkpoint *checkpoint = &request->checkpoint;
	struct buf kept = BUF_INIT;
	int64_t clock = os_now();
	uint64_t now = clock > 0 ? (uint64_t)clock : 1;
	int result = -1;

	/* A larger tree at an earlier time would contradict what was said of the smaller one. */
	if (base->any && now < base->time)
		now = base->time;
	if (!log->ahead && log->state.any && checkpoint->size == log->state.size &&
		(witness->kind->cosigns ? same_as_before(witness, log, &request->note, now, line) : kept_is(log, &request->note)))
		return 0;
	/* A mirror cosigns when it holds what the checkpoint covers, and not before: until then this one is pending. */
	if (witness->kind->cosigns && note_cosign_by(line, request->note.text, &witness->key, witness->signer, now, err) != 0)
		return -1;
	log->checkpoint_kept = false;
	if ((!log->state.any || checkpoint->size > log->state.size) &&
		state_advance(&log->state, checkpoint->size, &checkpoint->root, now, err) != 0)
		goto out;
	look_whether_caught_up(log);
	kept.max = NOTE_MAX;
	compose(witness, log, &request->note, buf_view(line), true, &kept);
	if (buf_check(&kept, "the checkpoint", err) != 0 || state_write_checkpoint(&log->state, buf_view(&kept), err) != 0)
		goto out;
	log->checkpoint_kept = true;
	result = 0;
out:
	buf_release(&kept);
	return result;
}

/* With the locks. */
static void judge_and_cosign(
	struct witness *witness, struct witness_log *log, const struct witness_request *request, const struct answer *answer)
{
	struct buf line = BUF_INIT;
	struct err why = ERR_INIT;
	struct base base;

	if (log->broken.code != ERR_NONE) {
		say_of_itself(witness, answer, 503, "cosigns nothing of this log: its state was damaged");
		return;
	}
	if (state_catch_up(&log->state, &why) != 0) {
		if (why.code != ERR_SYSTEM)
			log->broken = why;
		say_of_itself(witness, answer, why.code == ERR_SYSTEM && !err_is_for_now(&why) ? 500 : 503,
			"cannot read what it cosigned before");
		return;
	}
	look_whether_caught_up(log);
	if (log->broken.code != ERR_NONE || !log->certain) {
		say_of_itself(witness, answer, 503,
			"does not know yet whether it has cosigned more of this log than it remembers; try again later");
		return;
	}
	base_of(log, &base);
	if (judge(log, request, &base, answer) != 0)
		return;
	if (cosign(witness, log, request, &base, &line, &why) != 0) {
		say_of_itself(
			witness, answer, err_is_for_now(&why) ? 503 : 500, "could not record the checkpoint; nothing was cosigned");
	} else {
		*answer->status = 200;
		*answer->type = TEXT_TYPE;
		buf_str(answer->body, buf_view(&line));
	}
	buf_release(&line);
}

void witness_add_checkpoint(struct witness *witness, struct str body, unsigned *status, struct buf *answer_body, const char **type)
{
	const struct answer answer = {status, answer_body, type};
	struct witness_request request;
	struct witness_log *log;
	struct err why = ERR_INIT;
	int fd;

	if (witness_request_parse(&request, body, &why) != 0) {
		say(&answer, 400, why.text);
		return;
	}
	log = witness_find(witness, request.checkpoint.origin);
	if (log == NULL) {
		say(&answer, 404, "this log is not witnessed here");
		return;
	}
	if (witness_signed_by_log(log, &request.note, &why) != 1) {
		say(&answer, 403,
			why.code != ERR_NONE ? why.text : "no key of this log that is trusted here signed the checkpoint");
		return;
	}
	if (request.old_size > request.checkpoint.size) {
		say(&answer, 400, "the old size is larger than the checkpoint's");
		return;
	}
	pthread_mutex_lock(&log->lock);
	fd = state_lock(&log->state, &why);
	if (fd >= 0)
		judge_and_cosign(witness, log, &request, &answer);
	else
		say_of_itself(witness, &answer, 503, "is being stopped, or cannot lock its state");
	os_close(fd);
	pthread_mutex_unlock(&log->lock);
}
