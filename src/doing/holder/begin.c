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

/* Entry 0 names the key. */
static int genesis_key(struct str bundle, struct vkey *key, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;
	struct str text;
	int result = -1;

	if (bundle_next(&bundle, &text, err) != 1 || entry_parse(&entry, text, &arena, err) != 0)
		goto out;
	if (entry.kind != ENTRY_GENESIS) {
		err_set(err, ERR_SYNTAX, "entry 0 is no genesis: this is no archive of photostat's");
		goto out;
	}
	result = vkey_parse(key, entry.key, err);
out:
	arena_release(&arena);
	return result;
}

static int has_key(const struct vkey *key, const struct note *note, struct str origin)
{
	return str_equal(str_from(key->name), origin) && note_verify(note, key, NULL, NULL) == 1;
}

/* The key of the policy that signed it. */
static int policy_key(struct str text, const struct note *note, struct str origin, struct vkey *key, struct err *err)
{
	struct policy *policy = NULL;
	const struct vkey *found = NULL;
	int result = -1;

	if (policy_parse(&policy, text, err) != 0)
		return err_note(err, "the policy");
	for (size_t i = 0; i < policy_log_count(policy) && found == NULL; i++)
		if (has_key(policy_log(policy, i), note, origin))
			found = policy_log(policy, i);
	if (found == NULL)
		err_set(err, ERR_MISMATCH,
			"the log there is signed by a key of \"%.*s\" that the policy does not name: it is another log",
			STR_ARG(origin));
	else
		result = vkey_make(key, str_from(found->name), found->type, found->public_key, err);
	policy_free(policy);
	return result;
}

/* The key that entry 0 names, if it has signed the checkpoint. */
static int learnt_key(struct http_client *client, struct str url, const struct note *note, const struct checkpoint *checkpoint,
	struct vkey *key, struct err *err)
{
	struct buf bundle = BUF_INIT;
	char path[TILE_PATH_MAX + 1] = "/";
	struct tile tile = {.level = TILE_ENTRIES, .width = tile_width(0, 0, checkpoint->size)};
	int result = -1;

	if (tile.width == 0) {
		err_set(err, ERR_SYNTAX, "the log is empty");
		goto out;
	}
	(void)tile_path(path + 1, &tile);
	if (get(client, url, path, (uint64_t)TILE_WIDTH * (ENTRY_MAX + 2), &bundle, err) != 0 ||
		genesis_key(buf_view(&bundle), key, err) != 0)
		goto out;
	if (has_key(key, note, checkpoint->origin)) {
		result = 0;
	} else {
		err_set(err, ERR_MISMATCH,
			"the checkpoint is not signed by the key that entry 0 of the log names; if that was changed since, give "
			"the "
			"keeper's policy, which names the present one: --policy FILE");
		vkey_release(key);
	}
out:
	buf_release(&bundle);
	return result;
}

int holder_learn(struct str url, struct str policy, struct vkey *key, uint64_t *size, struct err *err)
{
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
	result = policy.n > 0 ? policy_key(policy, &parsed, checkpoint.origin, key, err)
			      : learnt_key(client, url, &parsed, &checkpoint, key, err);
	*size = checkpoint.size;
out:
	if (result != 0)
		err_note(err, "%.*s", STR_ARG(url));
	http_client_close(client);
	buf_release(&note);
	return result;
}

int holder_init(const char *path, struct str url, struct str policy, struct vkey *out, struct buf *request_key, struct err *err)
{
	struct archive_hold_init init = {.path = path, .digest = DIGEST_SHA256};
	struct holder_conf conf = {.sources = &url, .source_count = 1};
	struct buf text = BUF_INIT;
	struct vkey key;
	uint64_t size;
	int folder = -1, keys = -1, result = -1;

	if (holder_learn(url, policy, &key, &size, err) != 0)
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
