/* Trust policies: what a checkpoint is worth under one (tlog-policy; tlog-proof, Verifying). */
#include "internal.h"

#include <stdlib.h>

#define NEVER UINT64_MAX /* above COSIGNATURE_TIME_MAX */

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* When each item had witnessed: a witness when it cosigned, a group when as many of its members had as its threshold says.
 * Members stand before their groups, so one pass does it. */
static uint64_t quorum_time(const struct policy *policy, const uint64_t *cosigned)
{
	uint64_t *times = mem_array(policy->item_count, sizeof(*times));
	uint64_t *sorted = mem_array(policy->item_count, sizeof(*sorted));

	for (size_t i = 0; i <= policy->quorum; i++) {
		const struct policy_item *item = &policy->items[i];
		if (!item->is_group) {
			times[i] = cosigned[item->witness];
			continue;
		}
		for (size_t m = 0; m < item->member_count; m++)
			sorted[m] = times[item->members[m]];
		qsort(sorted, item->member_count, sizeof(*sorted), compare_times);
		times[i] = sorted[item->threshold - 1];
	}
	uint64_t time = times[policy->quorum];
	free(times);
	free(sorted);
	return time;
}

/* Lines of every log key are verified, also of those whose name is not the checkpoint's origin: a known key's bad line spoils the note. */
static int find_log(const struct policy *policy, const struct note *note, struct policy_verdict *out, struct err *err)
{
	const struct vkey *other = NULL;
	struct str origin = out->checkpoint.origin;

	out->log = NULL;
	for (size_t i = 0; i < policy->log_count; i++) {
		const struct vkey *key = &policy->logs[i];
		int signed_by = note_verify(note, key, NULL, err);
		if (signed_by < 0)
			return -1;
		if (signed_by == 0)
			continue;
		if (!str_equal(str_from(key->name), origin))
			other = key;
		else if (out->log == NULL)
			out->log = key;
	}
	if (out->log != NULL)
		return 0;
	if (other != NULL)
		return err_set(
			err, ERR_MISMATCH, "the checkpoint is of \"%.*s\" but signed by the log %s", STR_ARG(origin), other->name);
	return err_set(err, ERR_MISMATCH, "no log of the policy signed the checkpoint of \"%.*s\"", STR_ARG(origin));
}

int policy_check(const struct policy *policy, struct str note_bytes, struct policy_verdict *out, struct err *err)
{
	uint64_t *cosigned = NULL;
	struct note note;
	int result = -1;

	*out = (struct policy_verdict){.log = NULL};
	if (note_parse(&note, note_bytes, err) != 0 || checkpoint_parse(&out->checkpoint, note.text, err) != 0)
		return err_note(err, "checkpoint");
	if (find_log(policy, &note, out, err) != 0)
		return -1;
	cosigned = mem_array(policy->witness_count + 1, sizeof(*cosigned));
	for (size_t i = 0; i < policy->witness_count; i++) {
		int signed_by = note_verify(&note, &policy->witness_keys[i], &cosigned[i], err);
		if (signed_by < 0)
			goto out;
		if (signed_by == 0)
			cosigned[i] = NEVER;
		else
			out->witnesses++;
	}
	out->witnesses_known = (unsigned)policy->witness_count;
	if (policy->needs_none) {
		out->quorum = true;
	} else {
		uint64_t time = quorum_time(policy, cosigned);
		out->quorum = time != NEVER;
		out->quorum_time = out->quorum ? time : 0;
	}
	result = 0;
out:
	free(cosigned);
	return result;
}
