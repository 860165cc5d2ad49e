/* Becoming a holder: whose log it is, and a folder for it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"
#include "internal.h"

static int get(struct http_client *client, struct str url, const char *path, uint64_t max, struct buf *out, struct err *err)
{
	struct http_fetch fetch = {.max = max, .seconds = 60};
	struct buf at = BUF_INIT;
	int result;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	buf_str(&at, url);
	buf_text(&at, path);
	fetch.url = at.p;
	result = http_fetch(client, &fetch, err);
	if (result == 0 && fetch.status != 200)
		result = err_set(err, ERR_NOT_FOUND, "%s: there is no log (status %u)", at.p, fetch.status);
	if (result == 0)
		buf_str(out, buf_view(&fetch.answer));
	buf_release(&fetch.answer);
	buf_release(&at);
	return result;
}

static bool has_key(const struct vkey *key, const struct note *note, struct str origin)
{
	return str_equal(str_from(key->name), origin) && note_verify(note, key, NULL, NULL) == 1;
}

/* ---- where the key was changed ---------------------------------------------------------------------------------------------------------- */

/* The keys that the log's entries name one after the other, and which of them is trusted to begin with. */
struct following {
	struct log_chain chain;
	const struct policy *policy; /* its keys are trusted; NULL: the one that entry 0 names */
	const struct note *note;
	struct str origin;
	struct vkey *trusted; /* once it was met */
	bool met, found;      /* and a later one, or itself, has signed the checkpoint */
};

static bool is_trusted(const struct following *following, const struct vkey *key)
{
	if (following->policy == NULL)
		return following->chain.count == 1;
	for (size_t i = 0; i < policy_log_count(following->policy); i++) {
		const struct vkey *one = policy_log(following->policy, i);

		if (str_equal(str_from(one->name), following->origin) && one->type == key->type &&
			memcmp(one->public_key, key->public_key, sizeof(key->public_key)) == 0)
			return true;
	}
	return false;
}

static int follow_entry(struct following *following, uint64_t index, struct str text, struct err *err)
{
	size_t before = following->chain.count;
	const struct vkey *tip;

	if (log_chain_entry(&following->chain, index, text, err) != 0)
		return -1;
	tip = log_chain_tip(&following->chain);
	if (following->chain.count == before || tip == NULL)
		return 0;
	if (!following->met && is_trusted(following, tip)) {
		if (vkey_make(following->trusted, str_from(tip->name), tip->type, tip->public_key, err) != 0)
			return -1;
		following->met = true;
	}
	following->found = following->met && has_key(tip, following->note, following->origin);
	return 0;
}

/* The entries are read for that alone, until one brings the key in that has signed the checkpoint. Each change is signed by the key before it, its own, and the recovery
 * key of entry 0; that they are this tree's, the first sync proves (T6 in archive/take.c), which begins with the same key. So nobody is trusted but who was to begin with. */
static int follow_keys(struct http_client *client, struct str url, const struct checkpoint *checkpoint, struct following *following,
	struct err *err)
{
	struct buf bundle = BUF_INIT;
	int result = 0;

	for (uint64_t at = 0; at < checkpoint->size && !following->found && result == 0; at += TILE_WIDTH) {
		struct tile tile = {
			.level = TILE_ENTRIES, .index = at / TILE_WIDTH, .width = tile_width(0, at / TILE_WIDTH, checkpoint->size)};
		char path[TILE_PATH_MAX + 1] = "/";
		struct str rest, text;

		(void)tile_path(path + 1, &tile);
		buf_clear(&bundle);
		if (os_check_interrupted(err) != 0 ||
			get(client, url, path, (uint64_t)TILE_WIDTH * (ENTRY_MAX + 2), &bundle, err) != 0) {
			result = -1;
			break;
		}
		rest = buf_view(&bundle);
		for (uint64_t i = 0; i < tile.width && !following->found && result == 0; i++)
			result = bundle_next(&rest, &text, err) != 1 ? -1 : follow_entry(following, at + i, text, err);
	}
	buf_release(&bundle);
	return result;
}

/* *key: the one that is trusted to begin with; *now: the one that has signed the checkpoint, if that is another. */
static int find_key(struct http_client *client, struct str url, const struct note *note, const struct checkpoint *checkpoint,
	const struct policy *policy, struct vkey *key, struct buf *now, struct err *err)
{
	struct following following = {.policy = policy, .note = note, .origin = checkpoint->origin, .trusted = key};
	int result = -1;

	for (size_t i = 0; policy != NULL && i < policy_log_count(policy); i++) {
		const struct vkey *one = policy_log(policy, i);

		if (has_key(one, note, checkpoint->origin))
			return vkey_make(key, str_from(one->name), one->type, one->public_key, err);
	}
	if (checkpoint->size == 0) {
		err_set(err, ERR_SYNTAX, "the log is empty");
		goto out;
	}
	if (follow_keys(client, url, checkpoint, &following, err) != 0)
		goto out;
	if (following.found) {
		if (following.chain.count > 1 && !has_key(key, note, checkpoint->origin))
			vkey_format(now, log_chain_tip(&following.chain));
		result = 0;
	} else if (policy != NULL) {
		err_set(err, ERR_MISMATCH,
			"the log there is signed by a key of \"%.*s\" that the policy does not name, nor do the log's entries lead "
			"from one that it names to that: it is another log",
			STR_ARG(checkpoint->origin));
	} else {
		err_set(err, ERR_MISMATCH,
			"the checkpoint is not signed by the key that entry 0 of the log names, nor by one that its entries lead "
			"to: "
			"ask the keeper for the policy that photostat policy prints there, and give it: --policy FILE");
	}
out:
	log_chain_release(&following.chain);
	if (result != 0)
		vkey_release(key);
	return result;
}

/* ---- beginning -------------------------------------------------------------------------------------------------------------------------- */

static int learn(struct str url, struct str policy_text, struct vkey *key, struct buf *now, struct err *err)
{
	struct policy *policy = NULL;
	struct http_client *client = NULL;
	struct buf note = BUF_INIT;
	struct checkpoint checkpoint;
	struct note parsed;
	int result = -1;

	memset(key, 0, sizeof(*key));
	if (http_url_check(url, err) != 0 || http_client_open(&client, NULL, err) != 0 ||
		get(client, url, "/checkpoint", NOTE_MAX, &note, err) != 0)
		goto out;
	if (note_parse(&parsed, buf_view(&note), err) != 0 || checkpoint_parse(&checkpoint, parsed.text, err) != 0)
		goto out;
	if (policy_text.n > 0 && policy_parse(&policy, policy_text, err) != 0) {
		err_note(err, "the policy");
		goto out;
	}
	result = find_key(client, url, &parsed, &checkpoint, policy, key, now, err);
out:
	if (result != 0)
		err_note(err, "%.*s", STR_ARG(url));
	http_client_close(client);
	policy_free(policy);
	buf_release(&note);
	return result;
}

int holder_init(const char *path, struct str url, struct str policy, struct vkey *out, struct buf *now, struct buf *request_key,
	struct err *err)
{
	struct archive_hold_init init = {.path = path, .digest = DIGEST_SHA256};
	struct holder_conf conf = {.sources = &url, .source_count = 1};
	struct buf text = BUF_INIT;
	struct vkey key;
	int folder = -1, keys = -1, result = -1;

	if (learn(url, policy, &key, now, err) != 0)
		return -1;
	init.verifier = &key;
	init.title = str_from(key.name);
	if (archive_hold_init(&init, err) != 0)
		goto out;
	holder_conf_write(&text, &conf);
	folder = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (folder < 0 || os_replace(folder, "holder.conf", buf_view(&text), 0644, err) != 0)
		goto out;
	if (policy.n > 0 && os_replace(folder, HOLDER_POLICY, policy, 0644, err) != 0)
		goto out;
	keys = os_open(folder, "keys", O_RDONLY | O_DIRECTORY, 0, err);
	if (keys < 0 || request_key_make(keys, request_key, err) != 0)
		goto out;
	result = 0;
out:
	os_close(keys);
	os_close(folder);
	buf_release(&text);
	if (result == 0 && out != NULL)
		*out = key;
	else
		vkey_release(&key);
	return result;
}
