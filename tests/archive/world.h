/* A small archive for tests to hurt: made, changed, and checked through archive.h alone. */
#ifndef PHOTOSTAT_TESTS_WORLD_H
#define PHOTOSTAT_TESTS_WORLD_H

#include "archive/archive.h"

/* A folder below the fast temporary place; removed by world_end. */
struct world {
	char root[256];    /* holds everything */
	char archive[300]; /* root/archive */
	char sources[300]; /* root/sources: alpha.txt, pages/1.txt pages/2.txt pages/note.txt, later.txt */
	char pristine[300];
};
/* With records `alpha` (one file), `pages` (two versions, three files) and a closed one; audited clean. */
void world_begin(struct world *);
void world_end(struct world *);
/* The archive as world_begin made it. */
void world_reset(struct world *);
/* Copies a folder with all below it. */
void world_copy(const char *from, const char *to);

/* What is done to it. Each opens, acts, closes; 0 if it was acknowledged. */
enum world_action {
	ACTION_DEPOSIT,     /* later.txt as `later` */
	ACTION_NEW_VERSION, /* alpha.txt's other text as a second version of alpha */
	ACTION_EDIT,        /* alpha gets a title */
	ACTION_ACCESS,      /* pages/note.txt of `pages` is closed, with a note */
	ACTION_EXPUNGE,     /* note.txt of `pages` goes from all versions */
	ACTIONS
};
const char *world_action_name(enum world_action);
int world_act(const struct world *, enum world_action, struct err *);
/* Whether the action's outcome can be seen in the archive: 1 whole, 0 not at all, -1 something between (said on stderr). */
int world_done(const struct world *, const char *archive, enum world_action);
/* Opens for writing and audits: 0 if it opens and nothing is found; says on stderr what is not so. */
int world_sound(const char *archive);
int world_init(const char *archive, struct err *);

#endif
