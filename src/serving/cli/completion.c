/* Completion for bash and zsh, from the table of commands. */
#include <string.h>

#include "help.h"

static const struct command *const *next_shown(const struct command *const *command)
{
	while (*command != NULL && (*command)->hidden)
		command++;
	return command;
}

/* All rows that are shown. */
#define EACH(row) for (const struct command *const *row = next_shown(cli_commands); *(row) != NULL; (row) = next_shown((row) + 1))

static size_t first_word(const struct command *command)
{
	return strcspn(command->name, " ");
}

/* Whether an earlier row begins with the same word: each is offered once. */
static bool word_seen(const struct command *const *row)
{
	EACH(earlier)
	{
		if (earlier == row)
			return false;
		if (first_word(*earlier) == first_word(*row) && strncmp((*earlier)->name, (*row)->name, first_word(*row)) == 0)
			return true;
	}
	return false;
}

/* The second words of all rows that begin with the word of this one. */
static void second_words(FILE *stream, const struct command *of)
{
	size_t n = first_word(of);

	EACH(command)
	{
		if (strncmp((*command)->name, of->name, n) == 0 && (*command)->name[n] == ' ')
			(void)fprintf(stream, " %s", (*command)->name + n + 1);
	}
}

/* "open|closed|embargo=DATE" offers open, closed and embargo=. Ends with the word. */
static void choices(FILE *stream, const char *argument)
{
	for (bool value = false; *argument != '\0' && *argument != ' '; argument++) {
		if (*argument == '|' || !value)
			(void)fputc(*argument == '|' ? ' ' : *argument, stream);
		value = (value || *argument == '=') && *argument != '|';
	}
}

/* The word of a command's usage that is one of a few fixed ones, "follow|keep", and no option's; NULL: there is none. It is never the first. */
static const char *fixed_argument(const struct command *command)
{
	int depth = 0;

	for (const char *at = command->usage; *at != '\0'; at++) {
		depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
		if (at == command->usage || at[-1] != ' ' || depth > 0)
			continue;
		if (*at == '-')
			return NULL; /* options come last */
		if (*at >= 'a' && *at <= 'z' && strcspn(at, "|") < strcspn(at, " "))
			return at;
	}
	return NULL;
}

/* ---- bash -------------------------------------------------------------------------------------------------------- */

/* The case of an option whose argument is one of a few words; what is a path is left to the shell. */
static void bash_choices(FILE *stream, const char *command, const struct cli_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (options->argument == NULL)
			continue;
		(void)fprintf(stream, "\t'%s %s')\n", command, options->name);
		if (help_argument_kind(options->argument) == ARGUMENT_CHOICE) {
			(void)fputs("\t\tCOMPREPLY=($(compgen -W '", stream);
			choices(stream, options->argument);
			(void)fputs("' -- \"$current\"))\n", stream);
		}
		(void)fputs("\t\treturn\n\t\t;;\n", stream);
	}
}

void completion_bash(FILE *stream)
{
	(void)fputs("# bash completion for photostat, made by photostat help --completion bash\n"
		    "_photostat() {\n"
		    "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= words= i\n"
		    "\tCOMPREPLY=()\n"
		    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		    "\t\tcase ${COMP_WORDS[i]} in\n"
		    "\t\t-C) ((i++)) ;;\n"
		    "\t\t-*) ;;\n"
		    "\t\t*)\n"
		    "\t\t\tcommand=${COMP_WORDS[i]}\n"
		    "\t\t\tbreak\n"
		    "\t\t\t;;\n"
		    "\t\tesac\n"
		    "\tdone\n"
		    "\tcase $command in\n",
		stream);
	EACH(command)
	{
		if ((*command)->name[first_word(*command)] == ' ' && !word_seen(command))
			(void)fprintf(stream, "\t%.*s) ((i + 1 < COMP_CWORD)) && command+=\" ${COMP_WORDS[i + 1]}\" ;;\n",
				(int)first_word(*command), (*command)->name);
	}
	(void)fputs("\tesac\n\t[[ $previous == -C ]] && return\n\tcase \"$command $previous\" in\n", stream);
	EACH(command)
	{
		bash_choices(stream, (*command)->name, (*command)->options);
	}
	(void)fputs("\tesac\n\tcase $command in\n\t'')\n\t\twords='", stream);
	EACH(command)
	{
		if (!word_seen(command))
			(void)fprintf(stream, "%.*s ", (int)first_word(*command), (*command)->name);
	}
	(void)fputs("-C --help --version'\n\t\t;;\n", stream);
	EACH(command)
	{
		if ((*command)->name[first_word(*command)] == ' ' && !word_seen(command)) {
			(void)fprintf(stream, "\t%.*s)\n\t\twords='", (int)first_word(*command), (*command)->name);
			second_words(stream, *command);
			(void)fputs("'\n\t\t;;\n", stream);
		}
		(void)fprintf(stream, "\t'%s')\n\t\t[[ $current == -* ]] && words='", (*command)->name);
		for (const struct cli_option *option = (*command)->options; option != NULL && option->name != NULL; option++)
			(void)fprintf(stream, "%s ", option->name);
		for (const struct cli_option *option = cli_common_options; option->name != NULL; option++)
			(void)fprintf(stream, "%s ", option->name);
		(void)fputs("'\n", stream);
		if (fixed_argument(*command) != NULL) {
			const char *last = strrchr((*command)->name, ' ');

			(void)fprintf(stream, "\t\t[[ $current == -* || $previous == %s ]] || words='",
				last != NULL ? last + 1 : (*command)->name);
			choices(stream, fixed_argument(*command));
			(void)fputs("'\n", stream);
		}
		if (strcmp((*command)->name, "help") == 0) {
			(void)fputs("\t\t[[ $current == -* ]] || words='", stream);
			EACH(other)
			{
				if (!word_seen(other))
					(void)fprintf(stream, "%.*s ", (int)first_word(*other), (*other)->name);
			}
			(void)fputs("'\n", stream);
		}
		(void)fputs("\t\t;;\n", stream);
	}
	(void)fputs("\tesac\n"
		    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
		    "}\n"
		    "complete -o bashdefault -o default -F _photostat photostat\n",
		stream);
}

/* ---- zsh --------------------------------------------------------------------------------------------------------- */

/* Inside single quotes and a specification of _arguments or _describe. */
static void zsh_text(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			(void)fputc('\\', stream);
		if (*text == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fputc(*text, stream);
	}
}

static void zsh_options(FILE *stream, const struct cli_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		(void)fprintf(stream, " \\\n\t\t\t'%s%s[", options->repeated ? "*" : "", options->name);
		zsh_text(stream, options->summary);
		(void)fputc(']', stream);
		if (options->argument != NULL) {
			(void)fputc(':', stream);
			zsh_text(stream, options->argument);
			(void)fputc(':', stream);
			switch (help_argument_kind(options->argument)) {
			case ARGUMENT_PATH:
				(void)fputs("_files", stream);
				break;
			case ARGUMENT_FOLDER:
				(void)fputs("_files -/", stream);
				break;
			case ARGUMENT_CHOICE:
				(void)fputc('(', stream);
				choices(stream, options->argument);
				(void)fputc(')', stream);
				break;
			case ARGUMENT_FREE:
				(void)fputc(' ', stream);
				break;
			}
		}
		(void)fputc('\'', stream);
	}
}

void completion_zsh(FILE *stream)
{
	(void)fputs(
		"#compdef photostat\n"
		"# zsh completion for photostat, made by photostat help --completion zsh\n"
		"_photostat() {\n"
		"\tlocal curcontext=\"$curcontext\" context state line command\n"
		"\tlocal -a commands\n"
		"\ttypeset -A opt_args\n"
		"\t_arguments -C '-C[the archive]:ARCHIVE:_files -/' '--help[list the commands]' '--version[say the version]' \\\n"
		"\t\t'1:command:->command' '*::argument:->rest' && return\n"
		"\tif [[ $state == command ]]; then\n"
		"\t\tcommands=(",
		stream);
	EACH(command)
	{
		if (word_seen(command))
			continue;
		(void)fprintf(stream, "\n\t\t\t'%.*s:", (int)first_word(*command), (*command)->name);
		if ((*command)->name[first_word(*command)] == ' ')
			second_words(stream, *command);
		else
			zsh_text(stream, (*command)->summary);
		(void)fputc('\'', stream);
	}
	(void)fputs("\n\t\t)\n"
		    "\t\t_describe command commands\n"
		    "\t\treturn\n"
		    "\tfi\n"
		    "\tcommand=$words[1]\n"
		    "\tcase $command in\n",
		stream);
	EACH(command)
	{
		int n = (int)first_word(*command);

		if ((*command)->name[n] != ' ' || word_seen(command))
			continue;
		(void)fprintf(stream, "\t%.*s)\n\t\tif ((CURRENT == 2)); then\n\t\t\tcompadd --", n, (*command)->name);
		second_words(stream, *command);
		(void)fputs("\n\t\t\treturn\n\t\tfi\n\t\tcommand+=\" $words[2]\"\n\t\tshift words\n\t\t((CURRENT--))\n\t\t;;\n",
			stream);
	}
	(void)fputs("\tesac\n\tcase $command in\n", stream);
	EACH(command)
	{
		(void)fprintf(stream, "\t'%s')\n\t\t_arguments", (*command)->name);
		zsh_options(stream, (*command)->options);
		zsh_options(stream, cli_common_options);
		if (fixed_argument(*command) != NULL)
			(void)fputs(" \\\n\t\t\t'1:argument:_files'", stream);
		(void)fputs(" \\\n\t\t\t'*:argument:", stream);
		if (strcmp((*command)->name, "help") == 0) {
			(void)fputc('(', stream);
			EACH(other)
			{
				if (!word_seen(other))
					(void)fprintf(stream, "%.*s ", (int)first_word(*other), (*other)->name);
			}
			(void)fputc(')', stream);
		} else if (fixed_argument(*command) != NULL) {
			(void)fputc('(', stream);
			choices(stream, fixed_argument(*command));
			(void)fputc(')', stream);
		} else {
			(void)fputs("_files", stream);
		}
		(void)fputs("'\n\t\t;;\n", stream);
	}
	(void)fputs("\tesac\n}\n_photostat \"$@\"\n", stream);
}
