/* photostat help, and --help of every command. The manual is in manual.c, completion in completion.c. */
#include <string.h>

#include "help.h"

#define COLUMNS 80
#define NAME_COLUMN 17
#define SUMMARY_COLUMN 24

/* ---- filling lines ----------------------------------------------------------------------------------------------- */

/* Columns that a text takes: code points, for we write nothing wider. */
static size_t width(struct str text)
{
	size_t columns = 0;

	for (size_t i = 0; i < text.n; i++)
		columns += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return columns;
}

static void put(FILE *stream, struct str text)
{
	(void)fwrite(text.p, 1, text.n, stream);
}

static void spaces(FILE *stream, size_t n)
{
	(void)fprintf(stream, "%*s", (int)n, "");
}

/* The next piece of a text that is not to be broken: a word, or all of a bracket ("[--id ID]"). */
static struct str piece(struct str *rest, bool brackets)
{
	struct str out;
	size_t depth = 0, n = 0;

	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\n')) {
		rest->p++;
		rest->n--;
	}
	for (; n < rest->n && ((rest->p[n] != ' ' && rest->p[n] != '\n') || (brackets && depth > 0)); n++) {
		depth += rest->p[n] == '[';
		depth -= rest->p[n] == ']' && depth > 0;
	}
	out = (struct str){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return out;
}

/* Fills lines up to COLUMNS; `column` is where the pen stands, further lines begin at `indent`. */
static void fill(FILE *stream, struct str text, size_t column, size_t indent, bool brackets)
{
	bool first = true;

	for (;;) {
		struct str word = piece(&text, brackets);

		if (word.n == 0)
			break;
		if (!first && column + 1 + width(word) > COLUMNS) {
			(void)fputc('\n', stream);
			spaces(stream, indent);
			column = indent;
		} else if (!first) {
			(void)fputc(' ', stream);
			column++;
		}
		put(stream, word);
		column += width(word);
		first = false;
	}
	(void)fputc('\n', stream);
}

bool help_paragraph(struct str *details, struct str *out, bool *literal)
{
	size_t n = 0;

	while (details->n > 0 && details->p[0] == '\n') {
		details->p++;
		details->n--;
	}
	if (details->n == 0)
		return false;
	*literal = details->p[0] == ' ';
	while (n < details->n) {
		bool newline = details->p[n] == '\n';

		n++;
		if (newline && (n == details->n || details->p[n] == '\n' || (details->p[n] == ' ') != *literal))
			break;
	}
	*out = (struct str){details->p, n};
	details->p += n;
	details->n -= n;
	return true;
}

enum argument_kind help_argument_kind(const char *argument)
{
	if (strstr(argument, "DIR") != NULL || strcmp(argument, "ARCHIVE") == 0)
		return ARGUMENT_FOLDER;
	if (strstr(argument, "FILE") != NULL || strstr(argument, "PATH") != NULL || strcmp(argument, "F") == 0 ||
		strcmp(argument, "OUT") == 0 || strcmp(argument, "POLICY") == 0 || strcmp(argument, "RECEIPT") == 0)
		return ARGUMENT_PATH;
	if (strchr(argument, '|') != NULL && argument[0] >= 'a' && argument[0] <= 'z')
		return ARGUMENT_CHOICE;
	return ARGUMENT_FREE;
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static void options_of(FILE *stream, const struct cli_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		const char *argument = options->argument == NULL ? "" : options->argument;
		size_t column = 2 + strlen(options->name) + (*argument != '\0') + width(str_from(argument));

		(void)fprintf(stream, "  %s%s%s", options->name, *argument != '\0' ? " " : "", argument);
		if (column + 2 > SUMMARY_COLUMN) {
			(void)fputc('\n', stream);
			column = 0;
		}
		spaces(stream, SUMMARY_COLUMN - column);
		fill(stream, str_from(options->summary), SUMMARY_COLUMN, SUMMARY_COLUMN, false);
	}
}

/* One line of the overview. */
static void summary_of(FILE *stream, const struct command *command)
{
	(void)fprintf(stream, "  %-*s", NAME_COLUMN - 2, command->name);
	fill(stream, str_from(command->summary), NAME_COLUMN, NAME_COLUMN, false);
}

void help_overview(FILE *stream)
{
	(void)fputs("photostat keeps documents so that nobody can quietly lose, alter or suppress\n"
		    "them, its keeper included.\n\n"
		    "usage: photostat COMMAND [-C ARCHIVE] …\n\n",
		stream);
	for (const struct command *const *command = cli_commands; *command != NULL; command++) {
		if (!(*command)->hidden)
			summary_of(stream, *command);
	}
	(void)fputs("\nWith every command:\n", stream);
	options_of(stream, cli_common_options);
	(void)fputs("\nExit status: 0 all well, 1 the answer is no, 2 wrong usage, 3 could not do it.\n"
		    "Start with: photostat init DIR\n",
		stream);
}

void help_command(FILE *stream, const struct command *command)
{
	struct str details = str_from(command->details), text;
	bool literal;

	(void)fprintf(stream, "usage: photostat %s ", command->name);
	fill(stream, str_from(command->usage), strlen("usage: photostat  ") + strlen(command->name), 4, true);
	(void)fputc('\n', stream);
	fill(stream, str_from(command->summary), 0, 0, false);
	while (help_paragraph(&details, &text, &literal)) {
		(void)fputc('\n', stream);
		if (literal)
			put(stream, text);
		else
			fill(stream, text, 0, 0, false);
	}
	if (command->options != NULL && command->options->name != NULL) {
		(void)fputs("\nOptions:\n", stream);
		options_of(stream, command->options);
	}
	(void)fputs("\nWith every command:\n", stream);
	options_of(stream, cli_common_options);
	(void)fprintf(stream, "\nExample:\n  %s\n", command->example);
	spaces(stream, 6);
	fill(stream, str_from(command->example_says), 6, 6, false);
	(void)fputs("\nExit status: 0 all well, 1 the answer is no, 2 wrong usage, 3 could not do it.\n", stream);
}

bool help_family(FILE *stream, const char *word)
{
	size_t length = strlen(word);
	bool some = false;

	for (const struct command *const *command = cli_commands; *command != NULL; command++)
		if (!(*command)->hidden && length > 0 && strncmp((*command)->name, word, length) == 0 &&
			(*command)->name[length] == ' ') {
			summary_of(stream, *command);
			some = true;
		}
	if (some)
		(void)fprintf(stream, "\nEach explains itself: photostat %s … --help\n", word);
	return some;
}

/* ---- words that are no command ----------------------------------------------------------------------------------- */

/* How many letters to insert, remove or change to make one word the other, in whatever case; words longer than 31 letters are far from
 * all. */
static size_t distance(struct str one, const char *other)
{
	size_t row[32], n = strlen(other);

	if (n >= 32 || one.n >= 32)
		return 32;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; i < one.n; i++) {
		size_t diagonal = row[0];
		char letter = one.p[i] >= 'A' && one.p[i] <= 'Z' ? (char)(one.p[i] - 'A' + 'a') : one.p[i];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t change = diagonal + (letter != other[j]), least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;

			diagonal = row[j + 1];
			row[j + 1] = change < least ? change : least;
		}
	}
	return row[n];
}

/* Two slips at most, and one letter in two must be right: "key" is not "get". */
static bool nearer(struct str typed, const char *word, size_t *least)
{
	size_t far = distance(typed, word);

	if (far >= *least || far > 2 || far * 3 > strlen(word) + 1)
		return false;
	*least = far;
	return true;
}

const char *help_near_option(const struct command *command, struct str typed)
{
	const struct cli_option *const lists[] = {command->options, cli_common_options};
	const char *nearest = NULL;
	size_t least = 3;

	while (typed.n > 0 && typed.p[0] == '-')
		typed = (struct str){typed.p + 1, typed.n - 1};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct cli_option *option = lists[i]; option != NULL && option->name != NULL; option++)
			if (option->name[1] == '-' && nearer(typed, option->name + 2, &least))
				nearest = option->name;
	return nearest;
}

void help_unknown(const struct invocation *invocation, const char *word)
{
	struct buf halves = BUF_INIT;
	const struct command *nearest = NULL;
	size_t least = 3, length = strlen(word);

	for (const struct command *const *command = cli_commands; *command != NULL; command++) {
		if ((*command)->hidden)
			continue;
		if (length > 0 && strncmp((*command)->name, word, length) == 0 && (*command)->name[length] == ' ')
			buf_printf(&halves, "%s%s", halves.n > 0 ? ", or " : "", (*command)->name);
		if (nearer(str_from(word), (*command)->name, &least))
			nearest = *command;
	}
	if (halves.n > 0)
		(void)cli_usage(invocation, "say which: %.*s", STR_ARG(buf_view(&halves)));
	else if (nearest != NULL)
		(void)cli_usage(invocation, "there is no command %s; did you mean %s?", word, nearest->name);
	else if (word[0] == '-')
		(void)cli_usage(invocation, "there is no option %s before a command; photostat --help lists them", word);
	else
		(void)cli_usage(invocation, "there is no command %s; photostat --help lists them", word);
	buf_release(&halves);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static const struct cli_option options[] = {
	{"--table", NULL, "the table of commands, one JSON object a line", false},
	{"--man", NULL, "the manual page, for installing", false},
	{"--completion", "bash|zsh", "completion for a shell", false},
	{NULL, NULL, NULL, false},
};

static void options_json(struct buf *out, const struct cli_option *list)
{
	for (; list != NULL && list->name != NULL; list++) {
		buf_text(out, out->n > 1 ? ",{\"name\":" : "{\"name\":");
		buf_json(out, str_from(list->name));
		buf_text(out, ",\"argument\":");
		if (list->argument == NULL)
			buf_text(out, "null");
		else
			buf_json(out, str_from(list->argument));
		buf_text(out, ",\"summary\":");
		buf_json(out, str_from(list->summary));
		buf_text(out, list->repeated ? ",\"repeated\":true}" : ",\"repeated\":false}");
	}
}

static void table_row(const struct command *command)
{
	struct buf list = BUF_INIT;
	struct json json;

	buf_char(&list, '[');
	options_json(&list, command->options);
	options_json(&list, cli_common_options);
	buf_char(&list, ']');
	json_begin(&json, "command");
	json_text(&json, "name", command->name);
	json_text(&json, "summary", command->summary);
	json_text(&json, "usage", command->usage);
	json_text(&json, "details", command->details);
	json_raw(&json, "options", buf_view(&list));
	json_text(&json, "example", command->example);
	json_text(&json, "exampleSays", command->example_says);
	json_bool(&json, "hidden", command->hidden);
	json_end(&json, stdout);
	buf_release(&list);
}

/* The command of one or two words, NULL if there is none. */
static const struct command *named(const struct invocation *invocation)
{
	struct buf name = BUF_INIT;
	const struct command *found = NULL;

	for (size_t i = 0; i < invocation->count; i++) {
		buf_text(&name, i > 0 ? " " : "");
		buf_text(&name, invocation->arguments[i]);
	}
	for (const struct command *const *command = cli_commands; *command != NULL; command++)
		if (str_equal(str_from((*command)->name), buf_view(&name)))
			found = *command;
	buf_release(&name);
	return found;
}

static int run(struct invocation *invocation)
{
	const char *shell = cli_value(invocation, "--completion");
	const struct command *one = NULL;

	if (shell != NULL) {
		if (invocation->count > 0 || (strcmp(shell, "bash") != 0 && strcmp(shell, "zsh") != 0))
			return cli_usage(invocation, "--completion is for bash or zsh, with no command");
		if (strcmp(shell, "bash") == 0)
			completion_bash(stdout);
		else
			completion_zsh(stdout);
		return EXIT_WELL;
	}
	if (invocation->count > 0) {
		one = named(invocation);
		if (one == NULL && invocation->count == 1 && help_family(stdout, invocation->arguments[0]))
			return EXIT_WELL;
		if (one == NULL) {
			help_unknown(&(struct invocation){.json = invocation->json}, invocation->arguments[0]);
			return EXIT_USAGE;
		}
	}
	if (cli_given(invocation, "--man")) {
		if (one != NULL)
			manual_command(stdout, one);
		else
			manual_overview(stdout);
	} else if (cli_given(invocation, "--table") || invocation->json) {
		for (const struct command *const *command = cli_commands; *command != NULL; command++)
			if (one == NULL || *command == one)
				table_row(*command);
	} else if (one != NULL) {
		help_command(stdout, one);
	} else {
		help_overview(stdout);
	}
	return EXIT_WELL;
}

const struct command command_help = {
	.name = "help",
	.summary = "list the commands, or explain one",
	.usage = "[COMMAND] [--table] [--man] [--completion bash|zsh]",
	.details = "",
	.options = options,
	.example = "photostat help deposit",
	.example_says = "explains the command deposit",
	.run = run,
};
