/* archive.conf: read by libconfuse, written once by init, edited by people. */
#include <confuse.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define CONF_WITNESSES_MAX 32
#define CONF_ENTITLED_MAX 256
#define CONF_FORMER_MAX 64
#define CONF_HOLDERS_MAX 32
#define FORMER_SAYS "# Keys that it had before; the policy names them only where witnesses are wanted.\n"

/* libconfuse hands its error callback no context: the first sentence waits here, between cfg_parse_buf and the look at it. */
static _Thread_local char first_error[256];

static void keep_first_error(cfg_t *cfg, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

static void keep_first_error(cfg_t *cfg, const char *format, va_list arguments)
{
	(void)cfg;
	if (first_error[0] == '\0')
		(void)vsnprintf(first_error, sizeof(first_error), format, arguments);
}

static char *copy_string(cfg_t *section, const char *name)
{
	const char *value = cfg_getstr(section, name);

	return value == NULL ? NULL : mem_dup(str_from(value));
}

static int copy_list(cfg_t *cfg, const char *name, size_t max, char ***out, size_t *count, struct err *err)
{
	*count = 0;
	if (cfg_size(cfg, name) > max)
		return err_set(err, ERR_LIMIT, CONF_NAME ": %s has more than %zu values", name, max);
	*out = mem_array(cfg_size(cfg, name) + 1, sizeof(**out));
	for (unsigned i = 0; i < cfg_size(cfg, name); i++)
		(*out)[(*count)++] = mem_dup(str_from(cfg_getnstr(cfg, name, i)));
	return 0;
}

static void free_list(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

static int check(const struct conf *conf, struct err *err)
{
	if (conf->origin == NULL || !origin_valid(str_from(conf->origin)))
		return err_set(err, ERR_SYNTAX, CONF_NAME ": origin is missing or not an origin such as \"example.org/archive\"");
	if (conf->verifier == NULL)
		return err_set(
			err, ERR_SYNTAX, CONF_NAME ": verifier is missing; it is printed by init and stands in entry 0 of the log");
	if (conf->keys == NULL || conf->keys[0] == '\0')
		return err_set(err, ERR_SYNTAX, CONF_NAME ": keys must name the folder of the private keys");
	if (strcmp(conf->digest, "sha256") != 0 && strcmp(conf->digest, "sha512") != 0)
		return err_set(err, ERR_SYNTAX, CONF_NAME ": digest is \"%s\"; it must be \"sha256\" or \"sha512\"", conf->digest);
	return 0;
}

/* The file is UTF-8, but an escape (\256) can put any byte into a value; as it is written it must be readable again. */
static int check_escapes(const struct conf *conf, struct err *err)
{
	struct buf written = BUF_INIT;
	int result = 0;

	conf_write(&written, conf);
	if (!utf8_valid(buf_view(&written)))
		result = err_set(
			err, ERR_SYNTAX, CONF_NAME ": a value is not UTF-8 text: one of its escapes names a byte that is none");
	buf_release(&written);
	return result;
}

static int take_entitled(struct conf *conf, cfg_t *cfg, struct err *err)
{
	size_t count = cfg_size(cfg, "entitled");

	if (count > CONF_ENTITLED_MAX)
		return err_set(err, ERR_LIMIT, CONF_NAME ": more than %d entitled holders", CONF_ENTITLED_MAX);
	conf->entitled = mem_array(count + 1, sizeof(*conf->entitled));
	for (size_t i = 0; i < count; i++) {
		struct str text = str_from(cfg_getnstr(cfg, "entitled", (unsigned)i));
		struct vkey key = {.name = NULL};

		if (vkey_parse(&key, text, err) != 0)
			return err_note(err, CONF_NAME ": entitled");
		vkey_release(&key);
		conf->entitled[conf->entitled_count++] = mem_dup(text);
	}
	return 0;
}

/* libconfuse's lexer is one for the whole process, and a server's threads read configurations at once. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int parse_locked(struct conf *conf, const struct buf *text, struct err *err);

int conf_parse(struct conf *conf, const struct buf *text, struct err *err)
{
	int result;

	(void)pthread_mutex_lock(&one_at_a_time);
	result = parse_locked(conf, text, err);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return result;
}

static int parse_locked(struct conf *conf, const struct buf *text, struct err *err)
{
	cfg_opt_t witness_options[] = {CFG_STR("key", NULL, CFGF_NONE), CFG_STR("url", "", CFGF_NONE),
		CFG_BOOL("mirror", cfg_false, CFGF_NONE), CFG_END()};
	cfg_opt_t options[] = {CFG_STR("title", "", CFGF_NONE), CFG_STR("origin", NULL, CFGF_NONE),
		CFG_STR("digest", "sha256", CFGF_NONE), CFG_STR("keys", "keys", CFGF_NONE), CFG_STR("verifier", NULL, CFGF_NONE),
		CFG_STR("quorum", "none", CFGF_NONE), CFG_STR_LIST("former", NULL, CFGF_NONE),
		CFG_STR_LIST("entitled", NULL, CFGF_NONE), CFG_STR_LIST("holders", NULL, CFGF_NONE),
		CFG_SEC("witness", witness_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END()};
	cfg_t *cfg = NULL;
	int result = -1;

	memset(conf, 0, sizeof(*conf));
	if (memchr(text->p == NULL ? "" : text->p, '\0', text->n) != NULL || !utf8_valid(buf_view(text))) {
		err_set(err, ERR_SYNTAX,
			CONF_NAME
			" is damaged: it is not UTF-8 text; restore it from a copy, or write it anew (see the manual of init)");
		goto out;
	}
	first_error[0] = '\0';
	cfg = cfg_init(options, CFGF_NONE);
	if (cfg == NULL) {
		err_set(err, ERR_MEMORY, "no memory for " CONF_NAME);
		goto out;
	}
	cfg_set_error_function(cfg, keep_first_error);
	if (cfg_parse_buf(cfg, text->p == NULL ? "" : text->p) != CFG_SUCCESS) {
		err_set(err, ERR_SYNTAX, CONF_NAME " line %d: %s; mend or take out that line, or restore the file from a copy",
			cfg->line, first_error[0] == '\0' ? "does not follow the form" : first_error);
		goto out;
	}
	conf->title = copy_string(cfg, "title");
	conf->origin = copy_string(cfg, "origin");
	conf->digest = copy_string(cfg, "digest");
	conf->keys = copy_string(cfg, "keys");
	conf->verifier = copy_string(cfg, "verifier");
	conf->quorum = copy_string(cfg, "quorum");
	if (copy_list(cfg, "former", CONF_FORMER_MAX, &conf->former, &conf->former_count, err) != 0 ||
		copy_list(cfg, "holders", CONF_HOLDERS_MAX, &conf->holders, &conf->holder_count, err) != 0)
		goto out;
	if (take_entitled(conf, cfg, err) != 0)
		goto out;
	conf->witness_count = cfg_size(cfg, "witness");
	if (conf->witness_count > CONF_WITNESSES_MAX) {
		conf->witness_count = 0;
		err_set(err, ERR_LIMIT, CONF_NAME ": more than %d witnesses", CONF_WITNESSES_MAX);
		goto out;
	}
	conf->witnesses = mem_array(conf->witness_count + 1, sizeof(*conf->witnesses));
	for (size_t i = 0; i < conf->witness_count; i++) {
		cfg_t *section = cfg_getnsec(cfg, "witness", (unsigned)i);

		conf->witnesses[i].name = mem_dup(str_from(cfg_title(section)));
		conf->witnesses[i].key = copy_string(section, "key");
		conf->witnesses[i].url = copy_string(section, "url");
		conf->witnesses[i].mirror = cfg_getbool(section, "mirror") == cfg_true;
		if (conf->witnesses[i].key == NULL) {
			err_set(err, ERR_SYNTAX, CONF_NAME ": witness \"%s\" has no key", conf->witnesses[i].name);
			goto out;
		}
	}
	result = check(conf, err) != 0 || check_escapes(conf, err) != 0 ? -1 : 0;
out:
	if (cfg != NULL)
		cfg_free(cfg);
	if (result != 0)
		conf_release(conf);
	return result;
}

int conf_read(struct conf *conf, int dir, struct err *err)
{
	struct buf text = BUF_INIT;
	int result;

	memset(conf, 0, sizeof(*conf));
	result = os_read_file(dir, CONF_NAME, CONF_MAX, &text, err);
	if (result == 0)
		result = conf_parse(conf, &text, err);
	buf_release(&text);
	return result;
}

static void quoted_word(struct buf *out, const char *value)
{
	buf_char(out, '"');
	for (const char *p = value == NULL ? "" : value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\' || *p == '$')
			buf_char(out, '\\');
		if (*p == '\n')
			buf_text(out, "\\n");
		else
			buf_char(out, *p);
	}
	buf_char(out, '"');
}

static void quoted(struct buf *out, const char *value)
{
	quoted_word(out, value);
	buf_char(out, '\n');
}

/* On one line. */
static void put_list(struct buf *out, const char *name, char *const *list, size_t count)
{
	buf_printf(out, "%s = {", name);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_text(out, ", ");
		quoted_word(out, list[i]);
	}
	buf_text(out, "}\n");
}

void conf_write_witness(struct buf *out, const struct conf_witness *witness)
{
	buf_text(out, "witness ");
	quoted(out, witness->name);
	buf_text(out, "{\n\tkey = ");
	quoted(out, witness->key);
	buf_text(out, "\turl = ");
	quoted(out, witness->url);
	if (witness->mirror)
		buf_text(out, "\tmirror = true\n");
	buf_text(out, "}\n");
}

void conf_write(struct buf *out, const struct conf *conf)
{
	buf_text(out, "# A photostat archive. This file is for people to read and edit; every value is checked at each opening.\n\n"
		      "# What people call it.\ntitle = ");
	quoted(out, conf->title);
	buf_text(out, "\n# Its name in every entry, receipt and permalink (https://ORIGIN/r/NAME). Permanent: the log was begun "
		      "under it.\norigin = ");
	quoted(out, conf->origin);
	buf_text(out,
		"\n# The public key that verifies the log; entry 0 of the log, or its last key entry, says the same.\nverifier = ");
	quoted(out, conf->verifier);
	if (conf->former_count > 0) {
		buf_text(out, FORMER_SAYS);
		put_list(out, "former", conf->former, conf->former_count);
	}
	buf_text(out, "\n# Digest of new records: sha256 or sha512.\ndigest = ");
	quoted(out, conf->digest);
	buf_text(out, "\n# Folder of the private keys; may lie elsewhere, on a stick for example. Never publish it.\nkeys = ");
	quoted(out, conf->keys);
	buf_text(out,
		"\n# Witnesses that cosign the log, and how many of them make a quorum (a number, all, any, or none):\n"
		"#   witness \"name\" { key = \"example.org/w1+1a2b3c4d+BA…\" url = \"https://example.org/w1/\" }\nquorum = ");
	quoted(out, conf->quorum);
	buf_text(out, "\n# Holders who may have what is closed, by the keys that their requests are signed with:\n"
		      "#   entitled = {\"holder-5e1f+1a2b3c4d+AX…\"}\n");
	if (conf->entitled_count > 0)
		put_list(out, "entitled", conf->entitled, conf->entitled_count);
	for (size_t i = 0; i < conf->witness_count; i++)
		conf_write_witness(out, &conf->witnesses[i]);
	buf_text(out, "\n# Who holds copies of this archive: URLs. They are asked now and then how far they have seen the log.\n");
	put_list(out, "holders", conf->holders, conf->holder_count);
}

/* The name that a line gives a value to; empty for all other lines. */
static struct str line_name(struct str line)
{
	struct str name;

	while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
		line.p++;
		line.n--;
	}
	name = (struct str){line.p, 0};
	while (name.n < line.n && line.p[name.n] >= 'a' && line.p[name.n] <= 'z')
		name.n++;
	return name;
}

/* Line by line as it was, but for the two that speak of keys. */
static void rewrite(struct buf *out, struct str text, const struct conf *conf)
{
	struct str rest = text, line;

	while (rest.n > 0) {
		if (!str_take_line(&rest, &line)) {
			line = rest;
			rest.n = 0;
		}
		if (str_equal(line_name(line), STR("former")))
			continue;
		if (!str_equal(line_name(line), STR("verifier"))) {
			buf_str(out, line);
			buf_char(out, '\n');
			continue;
		}
		buf_text(out, "verifier = ");
		quoted(out, conf->verifier);
		if (memmem(text.p, text.n, FORMER_SAYS, strlen(FORMER_SAYS)) == NULL)
			buf_text(out, FORMER_SAYS);
		put_list(out, "former", conf->former, conf->former_count);
	}
}

static bool same_text(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static bool same_conf(const struct conf *one, const struct conf *other)
{
	bool same = same_text(one->title, other->title) && same_text(one->origin, other->origin) &&
		    same_text(one->digest, other->digest) && same_text(one->keys, other->keys) &&
		    same_text(one->verifier, other->verifier) && same_text(one->quorum, other->quorum) &&
		    one->former_count == other->former_count && one->witness_count == other->witness_count &&
		    one->entitled_count == other->entitled_count;

	same = same && one->holder_count == other->holder_count;
	for (size_t i = 0; same && i < one->former_count; i++)
		same = same_text(one->former[i], other->former[i]);
	for (size_t i = 0; same && i < one->entitled_count; i++)
		same = same_text(one->entitled[i], other->entitled[i]);
	for (size_t i = 0; same && i < one->holder_count; i++)
		same = same_text(one->holders[i], other->holders[i]);
	for (size_t i = 0; same && i < one->witness_count; i++)
		same = same_text(one->witnesses[i].name, other->witnesses[i].name) &&
		       same_text(one->witnesses[i].key, other->witnesses[i].key) &&
		       same_text(one->witnesses[i].url, other->witnesses[i].url);
	return same;
}

static int write_keys(const struct conf *conf, int dir, struct err *err)
{
	struct buf before = BUF_INIT, text = BUF_INIT;
	struct conf again;
	int result = -1;

	if (os_read_file(dir, CONF_NAME, CONF_MAX, &before, err) != 0)
		goto out;
	rewrite(&text, buf_view(&before), conf);
	/* People may have written it in a form that this does not see through: then it is written anew, without their comments. */
	if (conf_parse(&again, &text, NULL) != 0 || !same_conf(&again, conf)) {
		buf_clear(&text);
		conf_write(&text, conf);
	}
	conf_release(&again);
	if (buf_check(&text, CONF_NAME, err) == 0)
		result = os_replace(dir, CONF_NAME, buf_view(&text), 0644, err);
out:
	buf_release(&before);
	buf_release(&text);
	return result;
}

int conf_set_keys(struct conf *conf, int dir, char *const *keys, size_t count, struct err *err)
{
	bool same = strcmp(conf->verifier, keys[0]) == 0 && conf->former_count + 1 == count;

	for (size_t i = 1; same && i < count; i++)
		same = strcmp(conf->former[i - 1], keys[i]) == 0;
	if (same)
		return 0;
	if (count - 1 > CONF_FORMER_MAX)
		return err_set(err, ERR_LIMIT, CONF_NAME ": former has more than %d values", CONF_FORMER_MAX);
	free_list(conf->former, conf->former_count);
	free(conf->verifier);
	conf->verifier = mem_dup(str_from(keys[0]));
	conf->former_count = count - 1;
	conf->former = mem_array(count, sizeof(*conf->former));
	for (size_t i = 1; i < count; i++)
		conf->former[i - 1] = mem_dup(str_from(keys[i]));
	return write_keys(conf, dir, err);
}

int conf_change_key(struct conf *conf, int dir, struct str verifier, struct err *err)
{
	if (str_equal(str_from(conf->verifier), verifier))
		return 0;
	conf->former = mem_grow(conf->former, conf->former_count + 1, sizeof(*conf->former));
	memmove(conf->former + 1, conf->former, conf->former_count * sizeof(*conf->former));
	conf->former[0] = conf->verifier;
	conf->former_count++;
	conf->verifier = mem_dup(verifier);
	return write_keys(conf, dir, err);
}

int conf_settle(int dir, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = os_read_file(dir, CONF_NAME, CONF_MAX, &text, err);

	if (result == 0)
		result = os_replace(dir, CONF_NAME, buf_view(&text), 0644, err);
	buf_release(&text);
	return result;
}

void conf_release(struct conf *conf)
{
	free_list(conf->former, conf->former_count);
	free_list(conf->holders, conf->holder_count);
	free(conf->title);
	free(conf->origin);
	free(conf->digest);
	free(conf->keys);
	free(conf->verifier);
	free(conf->quorum);
	for (size_t i = 0; i < conf->witness_count; i++) {
		free(conf->witnesses[i].name);
		free(conf->witnesses[i].key);
		free(conf->witnesses[i].url);
	}
	for (size_t i = 0; i < conf->entitled_count; i++)
		free(conf->entitled[i]);
	free(conf->entitled);
	free(conf->witnesses);
	memset(conf, 0, sizeof(*conf));
}
