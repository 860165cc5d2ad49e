/* Policies, receipts and the verdict of libphotostat-verify. P4. */
#include "verify/internal.h"

#include <stdlib.h>
#include <string.h>

const char *photostat_verify_version(void)
{
	return PHOTOSTAT_VERSION;
}

int say(char sentence[PHOTOSTAT_VERIFY_SENTENCE], int answer, const struct buf *text)
{
	if (!sentence)
		return answer;
	size_t n = text->n < PHOTOSTAT_VERIFY_SENTENCE ? text->n : PHOTOSTAT_VERIFY_SENTENCE - 1;
	/* Not in the middle of a character. */
	while (n > 0 && n < text->n && ((unsigned char)text->p[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		memcpy(sentence, text->p, n);
	sentence[n] = '\0';
	return answer;
}

int say_err(char sentence[PHOTOSTAT_VERIFY_SENTENCE], const struct err *err)
{
	struct buf text = BUF_INIT;
	int answer = PHOTOSTAT_VERIFY_FAILED;
	if (err->code == ERR_MISMATCH)
		answer = PHOTOSTAT_VERIFY_NO;
	else if (err->code == ERR_SYNTAX || err->code == ERR_LIMIT || err->code == ERR_USAGE)
		answer = PHOTOSTAT_VERIFY_INVALID;
	buf_text(&text, err->text);
	say(sentence, answer, &text);
	buf_release(&text);
	return answer;
}

/* ---- policy -------------------------------------------------------------------------------------------------------------- */

int photostat_verify_policy_open(
	struct photostat_verify_policy **out, const void *bytes, size_t size, char sentence[PHOTOSTAT_VERIFY_SENTENCE])
{
	struct photostat_verify_policy *policy = mem_alloc(sizeof *policy);
	struct err err = ERR_INIT;
	*out = NULL;
	if (policy_parse(&policy->policy, (struct str){bytes, size}, &err) < 0) {
		free(policy);
		return say_err(sentence, &err);
	}
	*out = policy;
	return say(sentence, PHOTOSTAT_VERIFY_YES, &(struct buf)BUF_INIT);
}

void photostat_verify_policy_close(struct photostat_verify_policy *policy)
{
	if (!policy)
		return;
	policy_free(policy->policy);
	free(policy);
}

/* ---- receipt ------------------------------------------------------------------------------------------------------------- */

static int list_files(struct photostat_verify_receipt *r, struct err *err)
{
	size_t count = disclosure_count(r->disclosure);
	r->files = calloc(count + 1, sizeof *r->files);
	r->proven = calloc(count + 1, 1);
	if (!r->files || !r->proven)
		return err_set(err, ERR_MEMORY, "no memory for a receipt of %zu files", count);
	for (size_t i = 0; i < count; i++) {
		struct leaf leaf;
		disclosure_leaf(r->disclosure, i, &leaf, NULL);
		if (str_equal(leaf.kind, LEAF_FILE))
			r->files[r->count++] = (uint32_t)i;
	}
	return 0;
}

int photostat_verify_receipt_open(struct photostat_verify_receipt **out, const struct photostat_verify_policy *policy,
	const void *bytes, size_t size, char sentence[PHOTOSTAT_VERIFY_SENTENCE])
{
	struct photostat_verify_receipt *r = mem_alloc(sizeof *r);
	struct err err = ERR_INIT;
	*out = NULL;
	if (receipt_open(&r->receipt, (struct str){bytes, size}, policy->policy, &err) < 0)
		goto fail;
	r->disclosure = receipt_disclosure(r->receipt);
	r->origin = mem_dup(receipt_entry(r->receipt)->origin);
	r->record = mem_dup(receipt_entry(r->receipt)->record);
	if (list_files(r, &err) < 0)
		goto fail;
	*out = r;
	return say(sentence, PHOTOSTAT_VERIFY_YES, &(struct buf)BUF_INIT);
fail:
	photostat_verify_receipt_close(r);
	return say_err(sentence, &err);
}

void photostat_verify_receipt_close(struct photostat_verify_receipt *r)
{
	if (!r)
		return;
	receipt_free(r->receipt);
	free(r->origin);
	free(r->record);
	free(r->files);
	free(r->by_digest);
	free(r->proven);
	free(r);
}

/* Copies as much as the caller's struct holds; what a newer caller has beyond ours becomes zero. */
static void hand_out(void *to, const void *from, size_t ours)
{
	size_t theirs;
	memcpy(&theirs, to, sizeof theirs);
	if (theirs < sizeof theirs)
		return;
	size_t n = theirs < ours ? theirs : ours;
	memset(to, 0, theirs);
	memcpy(to, from, n);
	memcpy(to, &theirs, sizeof theirs);
}

void photostat_verify_receipt_info(const struct photostat_verify_receipt *r, struct photostat_verify_info *info)
{
	const struct entry *entry = receipt_entry(r->receipt);
	const struct policy_verdict *verdict = receipt_verdict(r->receipt);
	const struct photostat_verify_info full = {
		.origin = r->origin,
		.record = r->record,
		.version = entry->version,
		.claimed_time = entry->time,
		.index = receipt_index(r->receipt),
		.log_size = verdict->checkpoint.size,
		.files_total = disclosure_total(r->disclosure),
		.files_opened = r->count,
		.witnesses = verdict->witnesses,
		.witnesses_known = verdict->witnesses_known,
		.quorum = verdict->quorum,
		.quorum_time = verdict->quorum_time,
	};
	hand_out(info, &full, sizeof full);
}

int photostat_verify_receipt_file(const struct photostat_verify_receipt *r, uint64_t i, struct photostat_verify_file *file)
{
	struct leaf leaf;
	if (i >= r->count)
		return PHOTOSTAT_VERIFY_INVALID;
	disclosure_leaf(r->disclosure, r->files[i], &leaf, NULL);
	struct photostat_verify_file full = {
		.path = leaf.path.p,
		.path_size = leaf.path.n,
		.size = leaf.size,
		.algorithm = digest_name(leaf.digest.alg),
		.digest_size = digest_size(leaf.digest.alg),
		.proven = r->proven[i],
	};
	memcpy(full.digest, leaf.digest.bytes, full.digest_size);
	hand_out(file, &full, sizeof full);
	return PHOTOSTAT_VERIFY_YES;
}

/* ---- verdict ------------------------------------------------------------------------------------------------------------- */

static void put_file(struct buf *text, const struct photostat_verify_receipt *r, size_t i)
{
	struct leaf leaf;
	disclosure_leaf(r->disclosure, r->files[i], &leaf, NULL);
	buf_char(text, '"');
	buf_printable(text, leaf.path);
	buf_char(text, '"');
}

static int say_lacking(const struct photostat_verify_receipt *r, size_t lacking, size_t first, char *sentence)
{
	struct buf text = BUF_INIT;
	if (r->count == 0) {
		buf_text(&text, "the receipt opens no file: it proves that the version was logged, but nothing about any file");
	} else {
		put_file(&text, r, first);
		if (lacking > 1)
			buf_printf(&text, " and %zu other files of the receipt were not shown", lacking - 1);
		else
			buf_text(&text, " was not shown");
		buf_text(&text, ": without them the receipt is not checked in full");
	}
	int answer = say(sentence, PHOTOSTAT_VERIFY_NO, &text);
	buf_release(&text);
	return answer;
}

static void put_time(struct buf *text, uint64_t seconds)
{
	char time[TIME_TEXT];
	time_format(seconds > INT64_MAX ? INT64_MAX : (int64_t)seconds, time);
	buf_text(text, time);
}

static void put_claim(struct buf *text, const struct photostat_verify_receipt *r)
{
	const struct entry *entry = receipt_entry(r->receipt);
	uint64_t other = disclosure_total(r->disclosure) - r->count;
	buf_text(text, r->origin);
	buf_text(text, r->count == 1 ? " had these bytes as " : " had the bytes of these files in ");
	if (r->count == 1) {
		put_file(text, r, 0);
		buf_text(text, " in ");
	}
	buf_text(text, r->record);
	buf_printf(text, " version %llu, entry %llu of its log", (unsigned long long)entry->version,
		(unsigned long long)receipt_index(r->receipt));
	if (other > 0)
		buf_printf(text, " (%llu more in that version are not opened by this receipt)", (unsigned long long)other);
}

int photostat_verify_verdict(const struct photostat_verify_receipt *r, char sentence[PHOTOSTAT_VERIFY_SENTENCE])
{
	const struct policy_verdict *verdict = receipt_verdict(r->receipt);
	struct buf text = BUF_INIT;
	size_t lacking = 0, first = 0;
	int answer = PHOTOSTAT_VERIFY_YES;
	for (size_t i = r->count; i-- > 0;) {
		if (r->proven[i])
			continue;
		lacking++;
		first = i;
	}
	if (lacking > 0 || r->count == 0)
		return say_lacking(r, lacking, first, sentence);
	put_claim(&text, r);
	if (!verdict->quorum) {
		buf_printf(&text,
			"; but only %u of the policy's %u witnesses cosigned, and that is not the quorum that it asks for",
			verdict->witnesses, verdict->witnesses_known);
		answer = PHOTOSTAT_VERIFY_NO;
	} else if (verdict->quorum_time != 0) {
		buf_text(&text, ", by ");
		put_time(&text, verdict->quorum_time);
		buf_printf(&text, ", when a quorum had cosigned it (%u of %u witnesses)", verdict->witnesses,
			verdict->witnesses_known);
	} else {
		buf_text(&text,
			"; the policy asks for no witness, so this rests on the archive's own key, and the time is not proven");
	}
	say(sentence, answer, &text);
	buf_release(&text);
	return answer;
}
