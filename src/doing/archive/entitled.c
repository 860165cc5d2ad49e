/* Who may have what is closed. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int add(struct archive_entitled *entitled, struct str text, struct err *err)
{
	if (vkey_parse(&entitled->keys[entitled->count], text, err) != 0)
		return -1;
	entitled->count++;
	return 0;
}

int archive_entitled(struct archive *archive, struct archive_entitled *out, struct err *err)
{
	struct buf text = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	struct conf conf;
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (conf_read(&conf, archive->dir, err) != 0)
		return -1;
	out->keys = mem_array(conf.entitled_count + 1, sizeof(*out->keys));
	for (size_t i = 0; i < conf.entitled_count; i++)
		if (add(out, str_from(conf.entitled[i]), err) != 0)
			goto out;
	if (log_size(archive->log) > 0) {
		if (log_entry(archive->log, 0, &text, err) != 0 || entry_parse(&entry, buf_view(&text), &arena, err) != 0 ||
			add(out, entry.recovery, err) != 0)
			goto out;
	}
	result = 0;
out:
	if (result != 0)
		archive_entitled_release(out);
	conf_release(&conf);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

void archive_entitled_release(struct archive_entitled *entitled)
{
	for (size_t i = 0; i < entitled->count; i++)
		vkey_release(&entitled->keys[i]);
	free(entitled->keys);
	memset(entitled, 0, sizeof(*entitled));
}

static bool has(const struct conf *conf, struct str vkey)
{
	for (size_t i = 0; i < conf->entitled_count; i++)
		if (str_equal(str_from(conf->entitled[i]), vkey))
			return true;
	return false;
}

int archive_entitle(struct archive *archive, struct str vkey, struct err *err)
{
	struct vkey key = {.name = NULL};
	struct buf text = BUF_INIT;
	struct conf conf = {.title = NULL}, then = {.title = NULL};
	int result = -1;

	if (vkey_parse(&key, vkey, err) != 0)
		goto out;
	if (key.type != NOTE_ED25519) {
		err_set(err, ERR_SYNTAX, "%s+%08x is no key that requests are signed with: those are of type 0x01", key.name,
			key.id);
		goto out;
	}
	if (os_read_file(archive->dir, CONF_NAME, CONF_MAX, &text, err) != 0 || conf_parse(&conf, &text, err) != 0)
		goto out;
	if (has(&conf, vkey)) {
		err_set(err, ERR_EXISTS, "%s+%08x is entitled already", key.name, key.id);
		goto out;
	}
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_char(&text, '\n');
	buf_text(&text, "entitled += {\"");
	buf_str(&text, vkey);
	buf_text(&text, "\"}\n");
	if (buf_check(&text, CONF_NAME, err) != 0 || conf_parse(&then, &text, err) != 0)
		goto out;
	if (then.entitled_count != conf.entitled_count + 1 || !has(&then, vkey)) {
		err_set(err, ERR_CONFLICT,
			CONF_NAME ": a line at its end would not count; write the key there yourself: entitled = {…}");
		goto out;
	}
	result = os_replace(archive->dir, CONF_NAME, buf_view(&text), 0644, err);
out:
	vkey_release(&key);
	buf_release(&text);
	conf_release(&conf);
	conf_release(&then);
	return result;
}

int archive_keys_fd(const struct archive *archive)
{
	return archive->keys;
}
