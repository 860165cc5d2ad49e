/* Inside holder: who asks, as far as it matters (P6): a holder who is entitled to what is closed, or anybody. */
#ifndef PHOTOSTAT_HOLDER_ENTITLED_H
#define PHOTOSTAT_HOLDER_ENTITLED_H

#include "signature.h"

/* ---- asking ------------------------------------------------------------------------------------------------------------------------------ */

#define REQUEST_KEY "request.key" /* in the keys folder */

/* Opens a client that signs its requests: with the key in `file` if that is not NULL, else with the archive's keys/request.key (archive NULL, or no such
 * file: it signs nothing). *signer goes with the client and is freed after it. ERR_NOT_FOUND, ERR_CONFLICT, ERR_SYNTAX: the key in `file`. */
struct signer;
int signer_open(struct signer **, struct archive *, const char *file, struct err *);
bool signer_signs(const struct signer *);
void signer_free(struct signer *); /* NULL is fine */
int signer_client(struct http_client **, struct signer *, const struct http_client_options *, struct err *);
/* Makes keys/request.key below an archive's folder; *verifier gets the line for its keeper. */
int request_key_make(int keys, struct buf *verifier, struct err *);

/* ---- being asked ------------------------------------------------------------------------------------------------------------------------- */

/* What one server remembers: the nonces of the last minutes, and by which names it is asked for. Any number of threads. */
struct entitled;
struct entitled *entitled_new(const struct str *names, size_t count);
void entitled_free(struct entitled *);
/* AUDIENCE_PUBLIC for a request that nobody signed, or somebody whom the archive does not know; AUDIENCE_KEEPER for one that a key signed that is entitled
 * there. -1, ERR_MISMATCH: it bears such a key's name, but is not to be answered; the sentence says why. */
int entitled_judge(struct entitled *, struct archive *, struct http_request *, enum audience *, struct err *);

#endif
