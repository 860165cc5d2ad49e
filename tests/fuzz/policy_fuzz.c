/* fuzz-links: tlog crypto base */
/* Policies; behind a NUL, a note to check under it. Key names between dollar signs stand for vkeys, so that mutations need no checksums:
 * "$L$" a log's, "$0$" to "$9$" witnesses'. */
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void make_key(char which, struct vkey *key)
{
	unsigned char public_key[ED25519_PUBLIC] = {(unsigned char)which};
	const char name[] = {'k', which, '\0'};

	need(vkey_make(key, str_from(name), which == 'L' ? NOTE_ED25519 : NOTE_COSIGNATURE_V1, public_key, NULL) == 0);
}

static void expand(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool mark = text.n - i > 2 && text.p[i] == '$' && text.p[i + 2] == '$' &&
			    (text.p[i + 1] == 'L' || (text.p[i + 1] >= '0' && text.p[i + 1] <= '9'));
		if (!mark) {
			buf_char(out, text.p[i]);
			continue;
		}
		struct vkey key;
		make_key(text.p[i + 1], &key);
		vkey_format(out, &key);
		vkey_release(&key);
		i += 2;
	}
}

static void check_policy(const struct policy *policy, struct str note)
{
	struct policy_verdict verdict;
	struct err err = ERR_INIT;

	need(policy_log_count(policy) <= POLICY_ITEMS_MAX && policy_witness_count(policy) <= POLICY_ITEMS_MAX);
	for (size_t i = 0; i < policy_log_count(policy); i++)
		need(policy_log(policy, i)->type == NOTE_ED25519);
	for (size_t i = 0; i < policy_witness_count(policy); i++)
		need(policy_witness(policy, i).key->type == NOTE_COSIGNATURE_V1 && policy_witness(policy, i).name.n > 0);
	if (policy_check(policy, note, &verdict, &err) != 0)
		need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT || err.code == ERR_MISMATCH);
	else
		need(verdict.witnesses <= verdict.witnesses_known && verdict.log != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size}, text = bytes, note = {"", 0};
	const char *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	struct buf expanded = BUF_INIT;
	struct policy *policy;
	struct err err = ERR_INIT;

	if (nul != NULL) {
		text.n = (size_t)(nul - text.p);
		note = (struct str){nul + 1, size - text.n - 1};
	}
	expand(&expanded, text);
	if (policy_parse(&policy, buf_view(&expanded), &err) == 0)
		check_policy(policy, note);
	else
		need(policy == NULL && (err.code == ERR_LIMIT || (err.code == ERR_SYNTAX && strstr(err.text, "line ") != NULL)));
	policy_free(policy);
	buf_release(&expanded);
	return 0;
}
