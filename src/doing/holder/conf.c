/* holder.conf, and a holder's own folders. */
#include <confuse.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define CONF_NAME "holder.conf"
#define SOURCES_MAX 64u

static const char *const expunge_words[] = {"ask", "follow", "keep"};

/* libconfuse says it on standard error otherwise; the line alone is told. */
static void hush(cfg_t *cfg, const char *format, va_list arguments)
{
	(void)cfg;
	(void)format;
	(void)arguments;
}

static int take(struct holder_conf *conf, cfg_t *cfg, struct err *err)
{
	const char *expunge = cfg_getstr(cfg, "expunge");
	long rate = cfg_getint(cfg, "rate");

	conf->source_count = cfg_size(cfg, "sources");
	if (conf->source_count == 0 || conf->source_count > SOURCES_MAX) {
		conf->source_count = 0;
		return err_set(err, ERR_SYNTAX, CONF_NAME ": sources must name 1 to %u URLs", SOURCES_MAX);
	}
	conf->sources = mem_array(conf->source_count, sizeof(*conf->sources));
	for (size_t i = 0; i < conf->source_count; i++) {
		conf->sources[i] = arena_str(&conf->arena, str_from(cfg_getnstr(cfg, "sources", (unsigned)i)));
		if (http_url_check(conf->sources[i], err) != 0)
			return err_note(err, CONF_NAME);
	}
	for (conf->expunge = HOLDER_ASK; strcmp(expunge, expunge_words[conf->expunge]) != 0; conf->expunge++)
		if (conf->expunge == HOLDER_KEEP)
			return err_set(err, ERR_SYNTAX, CONF_NAME ": expunge is \"%s\"; it must be ask, follow or keep", expunge);
	if (rate < 0)
		return err_set(err, ERR_SYNTAX, CONF_NAME ": rate must be bytes a second, or 0");
	conf->rate = (uint64_t)rate;
	return 0;
}

int holder_conf_read(struct holder_conf *conf, int folder, struct err *err)
{
	cfg_opt_t options[] = {CFG_STR_LIST("sources", NULL, CFGF_NONE), CFG_STR("expunge", "ask", CFGF_NONE),
		CFG_INT("rate", 0, CFGF_NONE), CFG_END()};
	struct buf text = BUF_INIT;
	cfg_t *cfg = NULL;
	int result = -1;

	memset(conf, 0, sizeof(*conf));
	if (os_read_file(folder, CONF_NAME, 1u << 20, &text, err) != 0)
		goto out;
	cfg = cfg_init(options, CFGF_NONE);
	if (cfg == NULL || memchr(text.p == NULL ? "" : text.p, '\0', text.n) != NULL) {
		err_set(err, ERR_SYNTAX, CONF_NAME " is damaged: it is not text");
		goto out;
	}
	(void)cfg_set_error_function(cfg, hush);
	if (cfg_parse_buf(cfg, text.p == NULL ? "" : text.p) != CFG_SUCCESS) {
		err_set(err, ERR_SYNTAX, CONF_NAME " line %d does not follow the form", cfg->line);
		goto out;
	}
	result = take(conf, cfg, err);
out:
	if (cfg != NULL)
		cfg_free(cfg);
	buf_release(&text);
	if (result != 0)
		holder_conf_release(conf);
	return result;
}

void holder_conf_write(struct buf *out, const struct holder_conf *conf)
{
	buf_text(out, "# A holder of somebody else's archive. This file is for people to read and edit.\n\n"
		      "# Where to ask: the keeper first, then other holders.\nsources = {");
	for (size_t i = 0; i < conf->source_count; i++) {
		buf_text(out, i == 0 ? "\"" : ", \"");
		buf_str(out, conf->sources[i]); /* a URL that was checked: nothing in it needs escaping */
		buf_char(out, '"');
	}
	buf_text(out, "}\n\n# When the keeper expunges something: ask (it stays until you decide), follow (it goes here too), keep "
		      "(it stays).\n"
		      "expunge = \"");
	buf_text(out, expunge_words[conf->expunge]);
	buf_text(out, "\"\n\n# Bytes a second that a sync may take; 0: as fast as it goes.\nrate = ");
	buf_u64(out, conf->rate);
	buf_char(out, '\n');
}

void holder_conf_release(struct holder_conf *conf)
{
	free(conf->sources);
	arena_release(&conf->arena);
	memset(conf, 0, sizeof(*conf));
}

int holder_folder(struct archive *archive, const char *name, struct err *err)
{
	if (os_mkdir(archive_fd(archive), name, err) != 0)
		return -1;
	return os_open(archive_fd(archive), name, O_RDONLY | O_DIRECTORY, 0, err);
}
