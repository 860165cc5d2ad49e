/* cli: the commands. One file a command, each exporting one row of the table: help, manual, completion and parser are made from it. */
#ifndef PHOTOSTAT_CLI_H
#define PHOTOSTAT_CLI_H

#include <stdio.h>

#include "archive/archive.h"
#include "base/base.h"

/* Exit statuses (DESIGN, Command line). */
enum { EXIT_WELL = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

/* One option: "--id", or "-o" (one letter). `argument` NULL: a switch. */
struct cli_option {
	const char *name;
	const char *argument;
	const char *summary;
	bool repeated; /* may be given several times */
};

#define CLI_OPTIONS_MAX 24
#define CLI_SUBCOMMANDS_MAX 8
struct invocation;
struct command {
	const char *name;                 /* "deposit"; "bag import" for one of two words */
	const char *summary;              /* one line, no full stop */
	const char *usage;                /* what follows the name: "PATH… [--id ID]" */
	const char *details;              /* a few sentences for --help and the manual; paragraphs end in \n */
	const struct cli_option *options; /* ends with a NULL name */
	const char *example;              /* one command line that works */
	const char *example_says;         /* what it does */
	int (*run)(struct invocation *);  /* the exit status */
	bool hidden;
};
extern const struct command *const cli_commands[];   /* ends with NULL; in the order of the help */
extern const struct cli_option cli_common_options[]; /* -C, --json, --quiet, --help */

/* What was typed. */
struct invocation {
	const struct command *command;
	const char **arguments; /* not options; "--" ends options */
	size_t count;
	struct {
		const struct cli_option *option;
		const char *value;
	} given[512];
	size_t given_count;
	const char *archive; /* -C, or NULL */
	bool json, quiet;
	struct progress *progress;
	/* What cli_open opened to write (NULL: nothing), and the log's size then: see submission_after. */
	char *written;
	uint64_t written_from;
};

/* The value of an option, NULL if not given (a switch gives ""). The last one counts. */
const char *cli_value(const struct invocation *, const char *option);
bool cli_given(const struct invocation *, const char *option);
/* All values of a repeated option: up to max, how many there are. */
size_t cli_values(const struct invocation *, const char *option, struct str *out, size_t max);

/* Ends a command badly: prints "photostat: …" to stderr (with --json also an error line to stdout) and gives the exit status. */
int cli_fail(const struct invocation *, const struct err *);
int cli_usage(const struct invocation *, const char *format, ...) __attribute__((format(printf, 2, 3)));
int cli_exit_status(const struct err *);
/* Chatter on stderr, unless --quiet. */
void cli_say(const struct invocation *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The archive of -C, the environment, or the working directory. On failure prints and returns NULL; *status is the exit status. */
struct archive *cli_open(struct invocation *, enum archive_mode, int *status);

/* ERR_USAGE if a version was named: for what is done to the newest one, or to all. */
int cli_newest(const struct archive_name *, struct err *);

/* JSON output: objects one a line, each beginning {"v":1,"type":…}. Strings that are not UTF-8 come as {"bytes":"base64"}. */
struct json {
	struct buf text;
	bool any;
};
void json_begin(struct json *, const char *type);
void json_string(struct json *, const char *key, struct str);
void json_text(struct json *, const char *key, const char *);
void json_number(struct json *, const char *key, uint64_t);
void json_signed(struct json *, const char *key, int64_t);
void json_real(struct json *, const char *key, double);
void json_bool(struct json *, const char *key, bool);
void json_raw(struct json *, const char *key, struct str); /* a value in JSON already */
/* Writes the line, `value` (JSON already) as its last key, and releases: the text is not copied. */
void json_end_with(struct json *, const char *key, struct str value, FILE *);
void json_end(struct json *, FILE *); /* writes the line and releases */

/* Standard output in whole lines; what a terminal may be shown: control characters escaped. */
const char *cli_s(uint64_t number); /* the plural's: "" for 1, else "s" */
void cli_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_put(FILE *, struct str); /* escaped, no newline */
/* Flushes stdout; ERR_SYSTEM if what was printed did not arrive (a full disk behind a redirection). */
int cli_flush(struct err *);

/* Progress on stderr: a live bar with rate and ETA on a terminal, plain lines now and then elsewhere, nothing with --quiet. */
struct progress;
struct progress *progress_begin(const struct invocation *, const char *what, const char *unit);
/* How many bytes it will be: the bar and the time left go by them then. 0: not known. */
void progress_expect(struct progress *, uint64_t bytes);
void progress_set(struct progress *, uint64_t done, uint64_t total /* 0: not known */, uint64_t bytes);
void progress_end(struct progress *);
/* Makes room for a line of results while a bar is live. */
void progress_pause(struct progress *);

/* "1.2 MB", "17 B". */
#define HUMAN_TEXT 16
void human_bytes(uint64_t, char out[HUMAN_TEXT]);

/* Rows. */
extern const struct command command_init, command_deposit, command_list, command_show, command_log, command_get, command_receipt,
	command_policy, command_verify, command_audit, command_edit, command_event, command_access, command_expunge,
	command_validate, command_bag_import, command_bag_export, command_witness_init, command_witness_add, command_witness_list,
	command_witness_submit, command_mirror_init, command_mirror_add, command_mirror_list, command_mirror_push, command_index,
	command_search, command_key_encrypt, command_key_decrypt, command_key_rotate, command_key_end, command_serve,
	command_hold_init, command_hold_sync, command_hold_entitle, command_hold_watch, command_hold_status, command_hold_decide,
	command_hold_poll, command_hold_restore, command_repair, command_catch_up, command_help, command_version;

#endif
