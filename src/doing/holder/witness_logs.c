/* Which logs a witness knows, and whom it asks: files that people write. */
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#define PEERS_BYTES_MAX (64u << 10)

static int take_url(struct str value, char **out, struct err *err)
{
	struct buf url = BUF_INIT;

	if (http_url_check(value, err) != 0)
		return -1;
	buf_str(&url, value);
	if (!str_ends(value, STR("/")))
		buf_char(&url, '/');
	*out = mem_dup(buf_view(&url));
	buf_release(&url);
	return 0;
}

static int take_key(struct known_log *log, struct str value, struct err *err)
{
	if (log->key_count == WITNESS_KEYS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d keys of one log", WITNESS_KEYS_MAX);
	if (vkey_parse(&log->keys[log->key_count], value, err) != 0)
		return -1;
	log->key_count++;
	return 0;
}

static int take_word(struct known_log *log, struct str word, struct str value, struct err *err)
{
	if (value.n == 0)
		return err_set(err, ERR_SYNTAX, "\"%.*s\" has no value", STR_ARG(word));
	if (str_equal(word, STR("key")))
		return take_key(log, value, err);
	if (str_equal(word, STR("origin"))) {
		if (log->origin != NULL)
			return err_set(err, ERR_SYNTAX, "a second origin: one log a file");
		log->origin = mem_dup(value);
		return 0;
	}
	if (str_equal(word, STR("url"))) {
		if (log->url != NULL)
			return err_set(err, ERR_SYNTAX, "a second url");
		return take_url(value, &log->url, err);
	}
	return err_set(err, ERR_SYNTAX, "\"%.*s\" is not one of origin, key, url", STR_ARG(word));
}

int known_log_parse(struct known_log *out, struct str text, struct err *err)
{
	struct str rest = text, line, word;
	unsigned number = 0;

	memset(out, 0, sizeof(*out));
	if (memchr(text.n > 0 ? text.p : "", '\0', text.n) != NULL || !utf8_valid(text))
		return err_set(err, ERR_SYNTAX, "it is not text in UTF-8");
	while (rest.n > 0 && str_take_until(&rest, '\n', &line)) { /* people leave the last newline out */
		number++;
		while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\r'))
			line.n--;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		(void)str_take_until(&line, ' ', &word);
		if (take_word(out, word, line.p == NULL ? STR("") : line, err) != 0) {
			err_note(err, "line %u", number);
			goto refused;
		}
	}
	if (out->origin == NULL || out->key_count == 0) {
		err_set(err, ERR_SYNTAX, "it wants a line \"origin ORIGIN\" and at least one \"key VKEY\"");
		goto refused;
	}
	return 0;
refused:
	known_log_release(out);
	return -1;
}

void known_log_release(struct known_log *log)
{
	free(log->origin);
	free(log->url);
	for (size_t i = 0; i < log->key_count; i++)
		vkey_release(&log->keys[i]);
	memset(log, 0, sizeof(*log));
}

int peers_read(int dir, char ***urls, size_t *count, struct err *err)
{
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;
	struct str rest, line;
	int result = -1;

	*count = 0;
	*urls = mem_array(WITNESS_PEERS_MAX, sizeof(**urls));
	if (os_read_file(dir, "peers", PEERS_BYTES_MAX, &text, &why) != 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		if (err != NULL)
			*err = why;
		goto out;
	}
	for (rest = buf_view(&text); rest.p != NULL && rest.n > 0 && str_take_until(&rest, '\n', &line);) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (*count == WITNESS_PEERS_MAX) {
			err_set(err, ERR_LIMIT, "peers: more than %d", WITNESS_PEERS_MAX);
			goto out;
		}
		if (take_url(line, &(*urls)[*count], err) != 0) {
			err_note(err, "peers");
			goto out;
		}
		*count += 1;
	}
	result = 0;
out:
	buf_release(&text);
	if (result != 0) {
		for (size_t i = 0; i < *count; i++)
			free((*urls)[i]);
		free(*urls);
		*urls = NULL;
		*count = 0;
	}
	return result;
}
