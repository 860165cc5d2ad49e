/* Inside room: pictures that workers make, and the requests that wait for them. No thread of the server waits: a page asks for what it lacks, is given up, and is made
 * again, from the record as it is then (P6), when that is there. Requests for the same picture wait for one worker. */
#ifndef PHOTOSTAT_ROOM_DRAWING_H
#define PHOTOSTAT_ROOM_DRAWING_H

#include "extract/extract.h"
#include "plates.h"

#define DRAWING_JOBS_MAX 256u    /* pictures that are waited for; who asks for another is told to come again */
#define DRAWING_WAITING_MAX 512u /* requests that wait */
#define DRAWING_OF_PAGE_MAX 32u  /* pictures that one page asks for at once */
#define DRAWING_SECONDS 60       /* a request waits no longer than about so, whatever the workers do */

struct drawing;
struct drawing *drawing_new(struct room *);
/* After the last request is over; waits for the workers that are at work. NULL is fine. */
void drawing_free(struct drawing *);

struct drawn {
	int result;
	struct err err;
	uint32_t width, height;
	struct buf bytes; /* of a picture that could not be kept below derived/ */
};
struct drawing_job;
struct drawing_page {
	struct drawing_job *wanted[DRAWING_OF_PAGE_MAX];
	unsigned wanted_count; /* more than 0: the page waits, and what else is made of it is not answered */
	bool full;             /* it asks for no more at once */
};
/* Around the making of a page. */
void drawing_begin(struct page *);
void drawing_end(struct page *);
/* What became of this picture, or of its measuring (`size`), if the request has waited for it; lives as long as the page is made. NULL, ERR_CONFLICT: the page waits
 * for it now; other errors: the document cannot be read. */
const struct drawn *drawing_ask(
	struct page *, const struct shown *, const struct plate *, const struct extract_picture *wish, bool size, struct err *);
/* Of a page that wants some: its request waits for them. False: too many are waited for, or this one has waited too long. */
bool drawing_wait(struct page *);
void drawing_over(struct http_request *);

#endif
