/* Texts of files as extraction left them. */
#ifndef PHOTOSTAT_ROOM_TEXTS_H
#define PHOTOSTAT_ROOM_TEXTS_H

#include "internal.h"
#include "text/text.h"

/* Whether there is something to read of it. */
bool texts_have(struct desk *, const struct shown_file *);
/* The finished text, the caller's to free; NULL: none yet, or none at all. Only ever of a file that may be read: a shown_file is one. */
struct text *texts_open(struct desk *, const struct shown_file *);
/* What opening it reads; 0: nothing. */
uint64_t texts_bytes(struct desk *, const struct shown_file *);
/* The file that reading begins with: one in the page's language if there is one, else the first with a text. NULL: none has a text. */
const struct shown_file *texts_first(struct desk *, const struct shown *, unsigned language);

#endif
