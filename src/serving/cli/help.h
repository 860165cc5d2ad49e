/* Help, manual and completion, made from the table of commands. */
#ifndef PHOTOSTAT_CLI_HELP_H
#define PHOTOSTAT_CLI_HELP_H

#include "cli.h"

void help_overview(FILE *);
void help_command(FILE *, const struct command *);
void help_unknown(FILE *, const char *word);

#endif
