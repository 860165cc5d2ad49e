/* Which witnesses a log has, and what they cosigned last. */
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "submit.h"

#define SEEN_NAME "derived/witnesses"
#define SEEN_HEADER "photostat.witnesses/v1"
#define SEEN_MAX (256u << 10)

int submit_policy(struct archive *archive, struct policy **policy, struct err *err)
{
	struct buf text = BUF_INIT;
	int result;

	archive_policy(archive, &text);
	result = policy_parse(policy, buf_view(&text), err);
	buf_release(&text);
	return result;
}

/* Lines "SIZE TIME VKEY"; whatever is not so is passed over: it is only a memory. */
static void recall(struct archive *archive, struct submission *out)
{
	struct buf text = BUF_INIT;
	struct str rest, line, size_text, time_text;
	uint64_t size, time;

	if (os_read_file(archive_folder(archive), SEEN_NAME, SEEN_MAX, &text, NULL) != 0)
		goto out;
	rest = buf_view(&text);
	if (!str_take_line(&rest, &line) || !str_equal(line, STR(SEEN_HEADER)))
		goto out;
	while (str_take_line(&rest, &line)) {
		if (!str_take_until(&line, ' ', &size_text) || !str_take_until(&line, ' ', &time_text) || line.p == NULL ||
			!decimal_parse(size_text, UINT64_MAX, &size) || !decimal_parse(time_text, INT64_MAX, &time))
			continue;
		for (size_t i = 0; i < out->count; i++)
			if (str_equal(str_from(out->witnesses[i].key), line)) {
				out->witnesses[i].any = true;
				out->witnesses[i].size = size;
				out->witnesses[i].time = time;
			}
	}
out:
	buf_release(&text);
}

void submit_remember(struct archive *archive, const struct submission *submission)
{
	struct buf text = BUF_INIT;

	buf_text(&text, SEEN_HEADER "\n");
	for (size_t i = 0; i < submission->count; i++) {
		const struct submit_witness *witness = &submission->witnesses[i];

		if (!witness->any)
			continue;
		buf_u64(&text, witness->size);
		buf_char(&text, ' ');
		buf_u64(&text, witness->time);
		buf_printf(&text, " %s\n", witness->key);
	}
	(void)os_replace(archive_folder(archive), SEEN_NAME, buf_view(&text), 0644, NULL);
	buf_release(&text);
}

int submit_judge(const struct policy *policy, struct str checkpoint_note, struct submission *out, struct err *err)
{
	struct policy_verdict verdict;
	struct note note;

	if (policy_check(policy, checkpoint_note, &verdict, err) != 0 || note_parse(&note, checkpoint_note, err) != 0)
		return -1;
	out->size = verdict.checkpoint.size;
	out->cosigned = verdict.witnesses;
	out->wanted = !policy_needs_no_witness(policy);
	out->witnessed = out->wanted && verdict.quorum;
	out->quorum_time = out->witnessed ? verdict.quorum_time : 0;
	for (size_t i = 0; i < out->count; i++) {
		struct submit_witness *witness = &out->witnesses[i];
		uint64_t time;

		if (note_verify(&note, policy_witness(policy, i).key, &time, NULL) != 1)
			continue;
		witness->outcome = SUBMIT_COSIGNED;
		err_clear(&witness->why);
		witness->any = true;
		witness->size = out->size;
		witness->time = time;
	}
	return 0;
}

/* The checkpoint without lines that spoil it: of known witnesses, and do not verify. */
static int without_spoilt(const struct policy *policy, struct str checkpoint_note, struct buf *out, struct err *err)
{
	struct note note;

	if (note_parse(&note, checkpoint_note, err) != 0)
		return -1;
	buf_str(out, note.text);
	buf_char(out, '\n');
	for (size_t i = 0; i < note.count; i++) {
		bool spoils = false;

		for (size_t k = 0; k < policy_witness_count(policy) && !spoils; k++)
			spoils = note_line_is_of(&note.signatures[i], policy_witness(policy, k).key) &&
				 note_verify(&note, policy_witness(policy, k).key, NULL, NULL) != 1;
		if (!spoils)
			note_line(out, &note.signatures[i]);
	}
	return buf_check(out, "the checkpoint", err);
}

int submission_look(struct archive *archive, struct submission *out, struct err *err)
{
	struct policy *policy = NULL;
	struct buf note = BUF_INIT;
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (submit_policy(archive, &policy, err) != 0)
		return -1;
	out->count = policy_witness_count(policy);
	out->witnesses = mem_array(out->count + 1, sizeof(*out->witnesses));
	for (size_t i = 0; i < out->count; i++) {
		struct policy_witness witness = policy_witness(policy, i);

		out->witnesses[i] = (struct submit_witness){.name = mem_dup(witness.name),
			.url = mem_dup(witness.url),
			.key = vkey_text(witness.key),
			.mirror = archive_witness_is_mirror(archive, i),
			.why = ERR_INIT};
	}
	recall(archive, out);
	if (without_spoilt(policy, log_checkpoint(archive_log(archive)), &note, err) == 0)
		result = submit_judge(policy, buf_view(&note), out, err);
	policy_free(policy);
	buf_release(&note);
	if (result != 0)
		submission_release(out);
	return result;
}

void submission_release(struct submission *submission)
{
	for (size_t i = 0; i < submission->count; i++) {
		free(submission->witnesses[i].name);
		free(submission->witnesses[i].url);
		free(submission->witnesses[i].key);
	}
	free(submission->witnesses);
	memset(submission, 0, sizeof(*submission));
}
