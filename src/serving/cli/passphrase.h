/* Passphrases of private keys: from the file that $PHOTOSTAT_PASSPHRASE_FILE names (/dev/fd/3 is one), or from the terminal, unseen. Never an
 * argument: those can be read by others and stay in the shell's history. */
#ifndef PHOTOSTAT_CLI_PASSPHRASE_H
#define PHOTOSTAT_CLI_PASSPHRASE_H

#include "cli.h"

/* Appends that of the key of `whose` ("the archive"). ERR_CONFLICT: there is neither; ERR_USAGE: it is empty or too long; ERR_INTERRUPTED. */
int passphrase_ask(const char *whose, struct buf *out, struct err *);
/* A new one: from the terminal twice (ERR_MISMATCH where they differ), from the file once. */
int passphrase_new(const char *whose, struct buf *out, struct err *);
void passphrase_release(struct buf *);
/* A line that nobody should see being typed, such as the recovery key; from the terminal alone. */
int passphrase_line(const char *question, size_t max, struct buf *out, struct err *);

#endif
