/* What all commands share: values of options, failing, output. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "holder/holder.h"
#include "os/os.h"
#include "passphrase.h"

const char *cli_value(const struct invocation *invocation, const char *option)
{
	for (size_t i = invocation->given_count; i-- > 0;)
		if (strcmp(invocation->given[i].option->name, option) == 0)
			return invocation->given[i].value;
	return NULL;
}

bool cli_given(const struct invocation *invocation, const char *option)
{
	return cli_value(invocation, option) != NULL;
}

size_t cli_values(const struct invocation *invocation, const char *option, struct str *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < invocation->given_count; i++)
		if (strcmp(invocation->given[i].option->name, option) == 0 && count < max)
			out[count++] = str_from(invocation->given[i].value);
	return count;
}

int cli_exit_status(const struct err *err)
{
	switch (err->code) {
	case ERR_NONE:
		return EXIT_WELL;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_NOT_FOUND:
	case ERR_MISMATCH:
	case ERR_EXISTS:
		return EXIT_NO;
	case ERR_SYNTAX:
	case ERR_LIMIT:
	case ERR_CONFLICT:
	case ERR_SYSTEM:
	case ERR_MEMORY:
	case ERR_INTERRUPTED:
	case ERR_INTERNAL:
	case ERR_BUSY:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

static void fail_line(const struct invocation *invocation, struct str text, const char *code)
{
	progress_pause(invocation->progress);
	(void)fflush(stdout);
	(void)fputs("photostat: ", stderr);
	cli_put(stderr, text);
	(void)fputc('\n', stderr);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "error");
		json_text(&json, "code", code);
		json_string(&json, "text", text);
		json_end(&json, stdout);
	}
}

static const char *code_name(enum err_code code)
{
	static const char *const names[] = {"none", "usage", "syntax", "limit", "not-found", "exists", "mismatch", "conflict",
		"system", "memory", "interrupted", "internal"};

	return (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "internal";
}

int cli_fail(const struct invocation *invocation, const struct err *err)
{
	fail_line(invocation, str_from(err->text), code_name(err->code));
	return cli_exit_status(err);
}

int cli_usage(const struct invocation *invocation, const char *format, ...)
{
	struct buf text = BUF_INIT;
	char sentence[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	if (invocation->command != NULL)
		buf_printf(&text, "%s: ", invocation->command->name);
	buf_text(&text, sentence);
	if (invocation->command != NULL)
		buf_printf(&text, str_ends(buf_view(&text), STR("?")) ? " See photostat %s --help" : "; see: photostat %s --help",
			invocation->command->name);
	fail_line(invocation, buf_view(&text), "usage");
	buf_release(&text);
	return EXIT_USAGE;
}

void cli_say(const struct invocation *invocation, const char *format, ...)
{
	char sentence[2048];
	va_list arguments;

	if (invocation->quiet)
		return;
	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	progress_pause(invocation->progress);
	(void)fflush(stdout); /* what was said first is read first */
	cli_put(stderr, str_from(sentence));
	(void)fputc('\n', stderr);
}

static void notice(void *context, const char *text)
{
	cli_say(context, "photostat: %s", text);
}

static bool stop_looking(void *context)
{
	(void)context;
	return os_interrupted();
}

static int ask_passphrase(void *context, struct buf *out, struct err *err)
{
	const struct invocation *invocation = context;

	progress_pause(invocation->progress);
	return passphrase_ask("the archive", out, err);
}

/* Before anything is written: has somebody seen more of this log? Where it cannot be opened, the opening that follows says so. */
static int look_around(struct invocation *invocation, const char *path, struct err *err)
{
	const struct holder_look look = {.stop = stop_looking, .notice = notice, .context = invocation};
	struct archive *archive = NULL;
	int result;

	if (archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, NULL) != 0)
		return 0;
	result = holder_look(archive, &look, err);
	archive_close(archive);
	return result;
}

struct archive *cli_open(struct invocation *invocation, enum archive_mode mode, int *status)
{
	const struct archive_asks asks = {.notice = notice, .passphrase = ask_passphrase, .context = invocation};
	struct archive *archive = NULL;
	struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	int result = 0;

	if (invocation->archive != NULL)
		buf_text(&path, invocation->archive);
	else
		result = archive_find(&path, &err);
	if (result == 0 && (mode == ARCHIVE_WRITE || mode == ARCHIVE_REKEY))
		result = look_around(invocation, path.p == NULL ? "" : path.p, &err);
	if (result == 0)
		result = archive_open_asking(&archive, path.p == NULL ? "" : path.p, mode, &asks, &err);
	*status = EXIT_WELL;
	if (result != 0) {
		*status = cli_fail(invocation, &err);
		if (err.code == ERR_NOT_FOUND || err.code == ERR_MISMATCH)
			*status = EXIT_FAILED; /* no archive to ask: not an answer */
	}
	if (archive != NULL && (mode == ARCHIVE_WRITE || mode == ARCHIVE_REKEY)) {
		free(invocation->written);
		invocation->written = mem_dup(buf_view(&path));
		invocation->written_from = log_size(archive_log(archive));
	}
	buf_release(&path);
	return archive;
}

int cli_newest(const struct archive_name *name, struct err *err)
{
	if (name->version == 0)
		return 0;
	return err_set(err, ERR_USAGE, "a version that is kept is never changed: leave @%llu out, this makes a new one",
		(unsigned long long)name->version);
}

/* ---- output ----------------------------------------------------------------------------------------------------------- */

void cli_put(FILE *stream, struct str text)
{
	struct buf shown = BUF_INIT;

	buf_printable(&shown, text);
	if (shown.n > 0)
		(void)fwrite(shown.p, 1, shown.n, stream);
	buf_release(&shown);
}

const char *cli_s(uint64_t number)
{
	return number == 1 ? "" : "s";
}

void cli_line(const char *format, ...)
{
	char text[8192];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cli_put(stdout, str_from(text));
	(void)fputc('\n', stdout);
}

int cli_flush(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return 0;
	if (errno == EPIPE) /* a reader that has seen enough, such as head */
		return 0;
	return err_sys(err, "the results could not be written to standard output");
}

void human_bytes(uint64_t bytes, char out[HUMAN_TEXT])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(out, HUMAN_TEXT, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------------- */

void json_begin(struct json *json, const char *type)
{
	memset(json, 0, sizeof(*json));
	buf_text(&json->text, "{\"v\":1,\"type\":\"");
	buf_text(&json->text, type);
	buf_char(&json->text, '"');
}

static void key(struct json *json, const char *name)
{
	buf_char(&json->text, ',');
	buf_json(&json->text, str_from(name));
	buf_char(&json->text, ':');
}

void json_string(struct json *json, const char *name, struct str value)
{
	key(json, name);
	if (utf8_valid(value)) {
		buf_json(&json->text, value);
		return;
	}
	buf_text(&json->text, "{\"bytes\":\"");
	buf_base64(&json->text, value.p, value.n);
	buf_text(&json->text, "\"}");
}

void json_text(struct json *json, const char *name, const char *value)
{
	json_string(json, name, str_from(value));
}

void json_number(struct json *json, const char *name, uint64_t value)
{
	key(json, name);
	buf_u64(&json->text, value);
}

void json_signed(struct json *json, const char *name, int64_t value)
{
	key(json, name);
	buf_printf(&json->text, "%lld", (long long)value);
}

void json_real(struct json *json, const char *name, double value)
{
	key(json, name);
	buf_printf(&json->text, "%.9g", value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	key(json, name);
	buf_text(&json->text, value ? "true" : "false");
}

void json_raw(struct json *json, const char *name, struct str value)
{
	key(json, name);
	buf_str(&json->text, value);
}

void json_end_with(struct json *json, const char *name, struct str value, FILE *stream)
{
	key(json, name);
	(void)fwrite(json->text.p, 1, json->text.n, stream);
	(void)fwrite(value.p, 1, value.n, stream);
	(void)fputs("}\n", stream);
	buf_release(&json->text);
}

void json_end(struct json *json, FILE *stream)
{
	buf_text(&json->text, "}\n");
	(void)fwrite(json->text.p, 1, json->text.n, stream);
	buf_release(&json->text);
}
