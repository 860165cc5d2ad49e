/* The program: finds the command, reads its options, runs it. */
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "help.h"
#include "os/os.h"
#include "submission.h"

const struct command *const cli_commands[] = {&command_init, &command_deposit, &command_list, &command_show, &command_get,
	&command_log, &command_receipt, &command_policy, &command_verify, &command_audit, &command_edit, &command_event,
	&command_access, &command_expunge, &command_validate, &command_bag_import, &command_bag_export, &command_witness_init,
	&command_witness_add, &command_witness_list, &command_witness_submit, &command_mirror_init, &command_mirror_add,
	&command_mirror_list, &command_mirror_push, &command_index, &command_search, &command_key_encrypt, &command_key_decrypt,
	&command_key_rotate, &command_key_end, &command_serve, &command_hold_init, &command_hold_sync, &command_hold_entitle,
	&command_hold_watch, &command_hold_status, &command_hold_decide, &command_hold_poll, &command_hold_restore, &command_repair,
	&command_catch_up, &command_help, &command_version, NULL};

const struct cli_option cli_common_options[] = {
	{"-C", "ARCHIVE", "the archive's folder; else $PHOTOSTAT_ARCHIVE, or found upwards from the working directory", false},
	{"--json", NULL, "results as JSON, one object a line", false},
	{"--quiet", NULL, "no progress and no chatter on standard error", false},
	{"--help", NULL, "what this command does, its options and an example (-h as well)", false},
	{NULL, NULL, NULL, false},
};

static const struct cli_option *find_option(const struct cli_option *options, const char *name, size_t length)
{
	for (; options != NULL && options->name != NULL; options++)
		if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
			return options;
	return NULL;
}

/* Two words where the table has two ("bag import"). Returns how many words the name took, 0 if there is none. */
static int find_command(int count, char **words, const struct command **out)
{
	for (const struct command *const *command = cli_commands; *command != NULL; command++) {
		const char *space = strchr((*command)->name, ' ');

		if (space == NULL && count >= 1 && strcmp((*command)->name, words[0]) == 0) {
			*out = *command;
			return 1;
		}
		if (space != NULL && count >= 2 && strncmp((*command)->name, words[0], (size_t)(space - (*command)->name)) == 0 &&
			strlen(words[0]) == (size_t)(space - (*command)->name) && strcmp(space + 1, words[1]) == 0) {
			*out = *command;
			return 2;
		}
	}
	return 0;
}

/* An empty value is a variable that was not set: taken for "not given" it would let an id or an origin be made up, for ever. */
static int take_option(struct invocation *invocation, const struct cli_option *option, const char *value)
{
	if (option->argument != NULL && value[0] == '\0')
		return cli_usage(
			invocation, "the value of %s is empty: give %s, or leave the option out", option->name, option->argument);
	if (strcmp(option->name, "-C") == 0) {
		invocation->archive = value;
	} else if (strcmp(option->name, "--json") == 0) {
		invocation->json = true;
	} else if (strcmp(option->name, "--quiet") == 0) {
		invocation->quiet = true;
	} else {
		if (!option->repeated && cli_given(invocation, option->name))
			return cli_usage(invocation, "%s is given twice", option->name);
		if (invocation->given_count == sizeof(invocation->given) / sizeof(invocation->given[0]))
			return cli_usage(invocation, "too many options");
		invocation->given[invocation->given_count].option = option;
		invocation->given[invocation->given_count++].value = value;
	}
	return 0;
}

/* Reads one word that begins with '-'; *at moves over what it took. */
static int read_option(struct invocation *invocation, int count, char **words, int *at)
{
	const char *word = words[*at];
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(invocation->command->options, word, length);

	if (option == NULL)
		option = find_option(cli_common_options, word, length);
	if (option == NULL && word[1] != '-' && length > 2) { /* -oFILE */
		option = find_option(invocation->command->options, word, 2);
		if (option == NULL)
			option = find_option(cli_common_options, word, 2);
		if (option != NULL && option->argument != NULL)
			return take_option(invocation, option, word + 2);
		option = NULL;
	}
	if (option == NULL && length == 2 && word[1] == 'h')
		option = find_option(cli_common_options, "--help", strlen("--help"));
	if (option == NULL) {
		const char *near = help_near_option(invocation->command, (struct str){word, length});

		return near != NULL ? cli_usage(invocation, "there is no option %.*s; did you mean %s?", (int)length, word, near)
				    : cli_usage(invocation, "there is no option %.*s", (int)length, word);
	}
	if (strcmp(option->name, "--help") == 0) {
		help_command(stdout, invocation->command);
		return -1;
	}
	if (option->argument == NULL)
		return equals != NULL ? cli_usage(invocation, "%s takes no value", option->name)
				      : take_option(invocation, option, "");
	if (equals != NULL)
		return take_option(invocation, option, equals + 1);
	if (*at + 1 >= count)
		return cli_usage(invocation, "%s wants %s", option->name, option->argument);
	*at += 1;
	return take_option(invocation, option, words[*at]);
}

static int run(struct invocation *invocation, int count, char **words)
{
	bool options = true;
	int status;

	invocation->arguments = mem_array((size_t)count + 1, sizeof(*invocation->arguments));
	for (int at = 0; at < count; at++) {
		if (options && strcmp(words[at], "--") == 0) {
			options = false;
			continue;
		}
		if (words[at][0] == '\0')
			return cli_usage(invocation, "one of its arguments is empty");
		if (!options || words[at][0] != '-' || words[at][1] == '\0') {
			invocation->arguments[invocation->count++] = words[at];
			continue;
		}
		status = read_option(invocation, count, words, &at);
		if (status < 0)
			return EXIT_WELL;
		if (status != 0)
			return status;
	}
	return invocation->command->run(invocation);
}

/* Options of every command may stand before it, as in git and make: the archive, and how results are told. Moves *at over them; false
 * when one was told to be wrong. */
static bool leading_options(struct invocation *invocation, int count, char **words, int *at)
{
	for (; *at < count && words[*at][0] == '-'; *at += 1) {
		if (strcmp(words[*at], "--json") == 0) {
			invocation->json = true;
		} else if (strcmp(words[*at], "--quiet") == 0) {
			invocation->quiet = true;
		} else if (strcmp(words[*at], "-C") == 0) {
			if (*at + 1 >= count || words[*at + 1][0] == '\0') {
				(void)cli_usage(
					invocation, "-C wants ARCHIVE, and a command behind it; photostat --help lists them");
				return false;
			}
			*at += 1;
			invocation->archive = words[*at];
		} else {
			break;
		}
	}
	return true;
}

int main(int count, char **words)
{
	static struct invocation invocation;
	struct err err = ERR_INIT;
	int skip = 1, taken, status;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	/* What is large goes back to the system when it is freed (P10); left alone, malloc raises this limit with the first such block. */
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
	(void)signal(SIGPIPE, SIG_IGN);
	os_catch_interrupts();
	if (count < 2) {
		help_overview(stderr);
		return EXIT_USAGE;
	}
	if (!leading_options(&invocation, count, words, &skip))
		return EXIT_USAGE;
	if (skip >= count || strcmp(words[skip], "--help") == 0 || strcmp(words[skip], "-h") == 0) {
		help_overview(skip >= count ? stderr : stdout);
		return skip >= count ? EXIT_USAGE : EXIT_WELL;
	}
	if (strcmp(words[skip], "--version") == 0)
		return command_version.run(&invocation);
	for (int i = skip; i < count && strcmp(words[i], "--") != 0; i++)
		if (strcmp(words[i], "--json") == 0)
			invocation.json = true; /* a mistake in front of it is told as JSON, too */
	taken = find_command(count - skip, words + skip, &invocation.command);
	if (taken == 0 && skip + 1 < count && (strcmp(words[skip + 1], "--help") == 0 || strcmp(words[skip + 1], "-h") == 0) &&
		help_family(stdout, words[skip]))
		return EXIT_WELL;
	if (taken == 0) {
		help_unknown(&invocation, words[skip]);
		return EXIT_USAGE;
	}
	status = run(&invocation, count - skip - taken, words + skip + taken);
	submission_after(&invocation);
	if (cli_flush(&err) != 0 && status == EXIT_WELL)
		status = cli_fail(&invocation, &err);
	free(invocation.written);
	free(invocation.arguments);
	return status;
}
