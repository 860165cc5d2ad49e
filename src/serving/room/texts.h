/* Texts of files as extraction left them. */
#ifndef PHOTOSTAT_ROOM_TEXTS_H
#define PHOTOSTAT_ROOM_TEXTS_H

#include "internal.h"
#include "text/text.h"

/* Whether there is something to read of it. */
bool texts_have(struct desk *, const struct shown_file *);
/* The finished text, the caller's to free; NULL: none yet, or none at all. Only ever of a file that may be read: a shown_file is one. */
struct text *texts_open(struct desk *, const struct shown_file *);
/* Title, language and source of it alone, and how many pages it has: O(1). NULL as above. */
struct text *texts_head(struct desk *, const struct shown_file *, uint64_t *pages);
/* What opening it reads; 0: nothing. */
uint64_t texts_bytes(struct desk *, const struct shown_file *);
/* Whether there will be something to read of it, but is not yet: a program is to read it still. */
bool texts_wait(struct desk *, const struct shown_file *);
/* The texts that a reader goes through, in the order of the files: the first TEXTS_LISTED that have one, of the first thousands. What was recognised on a picture is none of them where a file beside it
 * that is named as the picture is has a text: its transcription. *count may be 0. The caller's to free. O(files × log files). */
#define TEXTS_LISTED 500u
const struct shown_file **texts_list(struct desk *, const struct shown *, size_t *count);
/* The file that reading begins with: one in the page's language if there is one, else the first with a text. NULL: none has a text. */
const struct shown_file *texts_first(struct desk *, const struct shown *, unsigned language);

#endif
