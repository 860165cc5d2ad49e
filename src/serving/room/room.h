/* room: the reading room: pages of an archive for readers' browsers, made on the server, complete without JavaScript. docs/room.md.
 * It only reads, and shows only what access_… lets the public have (P6); what is absent and what is closed look alike (P7). Everything that comes from documents or
 * descriptions is escaped by the writer of pages (html.h), and no page may load or run anything that is not this program's own. */
#ifndef PHOTOSTAT_ROOM_H
#define PHOTOSTAT_ROOM_H

#include "base/base.h"
#include "http/http.h"

struct room;
struct room_options {
	size_t cache; /* bytes of pages that are kept ready; 0: 16 MiB */
	/* A page of this record was asked for, some of whose texts are not read yet. Any thread; NULL: nobody wants to know. */
	void (*wanted)(void *context, struct str id);
	void *wanted_context;
};
/* Errors are archive_open's. NULL options: the defaults. */
int room_open(struct room **, const char *archive_path, const struct room_options *, struct err *);
void room_close(struct room *); /* after the last call of another function; NULL is fine */

/* All from any number of threads. */
/* In begin: takes the body of a request that wants one. */
void room_begin(struct room *, struct http_request *);
/* Answers what the room has a page for. Below r/ only where the request prefers HTML, or a suffix is the room's. False: nothing of ours, and nothing was
 * answered. What waits for a worker is not answered yet (http_wait): called again, it goes on. */
bool room_answer(struct room *, struct http_request *);
/* The request is over: what the room kept with it goes. */
void room_over(struct room *, struct http_request *);
/* For what nobody had an answer to: a page that says so, 404. False: the request does not want HTML. */
bool room_refuse(struct room *, struct http_request *);

#endif
