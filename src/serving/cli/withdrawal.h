/* What access, expunge and deposit share. */
#ifndef PHOTOSTAT_CLI_WITHDRAWAL_H
#define PHOTOSTAT_CLI_WITHDRAWAL_H

#include "cli.h"

/* "open", "closed", "embargo=YYYY-MM-DD". */
bool access_parse(const char *word, enum access_state *, char until[12]);
/* What is wrong with a word that access_parse does not take; `way` says what there is. 2. */
int access_refuse_word(const struct invocation *, const char *word, const char *way);
/* An embargo whose date has passed opens at once: said, since a year is soon mistyped. */
void access_say_if_over(const struct invocation *, enum access_state, const char until[12]);
/* Prints what was logged. */
void withdrawal_done(const struct invocation *, const char *kind, const struct archive_done *);

#endif
