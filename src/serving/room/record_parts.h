/* Parts of a record's page. */
#ifndef PHOTOSTAT_ROOM_RECORD_PARTS_H
#define PHOTOSTAT_ROOM_RECORD_PARTS_H

#include "holdings.h"
#include "internal.h"

void record_head(void *shown, struct page *); /* for page_begin_as */
/* A date as written, with its meaning in <time> where EDTF gives one day, month or year. */
void record_write_date(struct page *, const struct record_value *);
/* The picture itself, plain <img>. */
void record_write_picture(struct page *, const struct shown *, const struct shown_file *, bool small);
/* Terms, and relations in both directions. `holdings` may be NULL. */
void record_write_description(struct page *, struct shown *, const struct holdings *);
/* Its address, as it is to be cited, leading to the record here: also at a holder, and where nobody serves the archive under its origin. version 0: none is named. */
void record_write_permalink(struct page *, const struct shown *, uint64_t version, struct str address);
void record_write_parts(struct page *, struct shown *, const struct holdings *);
void record_write_files(struct page *, struct shown *);
/* Versions, and what was withdrawn, opened or expunged when, by whom. */
void record_write_history(struct page *, struct shown *);

/* What a file's text is likely in: what the file says, else the record's one language if it is no translation. Empty: nobody knows. */
struct str record_language_of(const struct shown *, const struct shown_file *);

#endif
