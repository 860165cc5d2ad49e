/* Handles of the archive, and what was made from them and is kept: inside struct room. */
#ifndef PHOTOSTAT_ROOM_DESK_H
#define PHOTOSTAT_ROOM_DESK_H

#include <pthread.h>

#include "internal.h"

/* The index of what is open to everybody, and of nothing else: the room opens no other. */
#define SEARCH_PUBLIC "derived/search.sqlite"
#define DESKS_MAX 16u /* that are kept; more are opened when needed, and closed again */

struct cache;
struct drawing;
struct holdings;

struct room {
	char *path;
	pthread_mutex_t lock; /* of what follows but for what has its own */
	struct desk idle[DESKS_MAX];
	unsigned idle_count;
	void (*wanted)(void *context, struct str id);
	void *wanted_context;
	int folder; /* the archive's, for stamps */
	struct cache *cache;
	struct holdings *holdings;
	struct drawing *drawing; /* has its own lock too */
};

/* The present state; what cannot be looked at counts as not there. */
void stamp_take(const struct room *, struct stamp *);
bool stamp_equal(const struct stamp *, const struct stamp *);
/* A desk at the newest checkpoint. -1: the archive cannot be read now. */
int desk_borrow(struct room *, struct desk *, struct err *);
void desk_give_back(struct room *, struct desk *);
void desk_close(struct desk *);

/* ---- cache.c: pages that were made, as bytes ------------------------------------------------------------------------------------------------ */

#define ETAG_TEXT 40u
struct cached {
	struct str body; /* views that live until cache_let_go */
	struct str packed;
	unsigned status;
	const char *type;
	char etag[ETAG_TEXT];
	struct str links;
	void *entry;
};
struct cache *cache_new(size_t bytes);
void cache_free(struct cache *);
/* The page for this key, if it was made under this very stamp; under another, all that is kept is dropped. */
bool cache_find(struct cache *, const struct stamp *, struct str key, struct cached *);
/* Keeps a copy for so many seconds; also where it cannot be kept (0 seconds: it may not), *out can be answered with. */
#define CACHE_LONG INT64_C(86400)
void cache_put(struct cache *, const struct stamp *, struct str key, unsigned status, const char *type, struct str body,
	struct str links, int64_t seconds, struct cached *out);
void cache_let_go(struct cache *, struct cached *);

#endif
