/* Help, manual, completion and the table itself, all made from the table of commands: they cannot disagree. */
#ifndef PHOTOSTAT_CLI_HELP_H
#define PHOTOSTAT_CLI_HELP_H

#include "cli.h"

/* Text of `details`: lines are joined and filled anew; an empty line ends a paragraph; lines that begin with a space stay as they are. */
void help_overview(FILE *);
void help_command(FILE *, const struct command *);
/* The commands of two words that begin with this one; false, and nothing written: there are none. */
bool help_family(FILE *, const char *word);
/* For a word that is no command: what may have been meant. */
void help_unknown(const struct invocation *, const char *word);
/* The option of this command (or of all) that a mistyped one is near to, or NULL. */
const char *help_near_option(const struct command *, struct str typed);

/* man(7) pages: photostat(1), and photostat-COMMAND(1). */
void manual_overview(FILE *);
void manual_command(FILE *, const struct command *);

void completion_bash(FILE *);
void completion_zsh(FILE *);

/* ---- shared by the renderings ------------------------------------------------------------------------------------ */

/* What an option's argument is, for completion. */
enum argument_kind {
	ARGUMENT_FREE,   /* anything */
	ARGUMENT_PATH,   /* a file or folder */
	ARGUMENT_FOLDER, /* a folder */
	ARGUMENT_CHOICE, /* one of words parted by '|'; what is in capitals is to be filled in */
};
enum argument_kind help_argument_kind(const char *argument);
/* Cuts the next paragraph off *details; false at the end. `literal`: to be shown as it is. */
bool help_paragraph(struct str *details, struct str *out, bool *literal);

#endif
