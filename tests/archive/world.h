/* A small archive for tests to hurt: made, changed, and checked through archive.h alone. */
#ifndef PHOTOSTAT_TESTS_WORLD_H
#define PHOTOSTAT_TESTS_WORLD_H

#include "archive/archive.h"

/* What was acknowledged so far, seen by the parent of a process that acts too: a bit for each thing that the action does (world_done). */
struct world_told {
	unsigned acknowledged;
};

/* A folder below the given place; removed by world_end. */
struct world {
	char root[256];     /* holds everything */
	char archive[300];  /* root/archive */
	char sources[300];  /* root/sources: alpha.txt, pages/1.txt pages/2.txt pages/note.txt, later.txt, … */
	char pristine[300]; /* what world_reset goes back to */
	struct world_told *told;
	char recovery[512]; /* recovery key of the archive that world_begin made */
};
/* With records `alpha` (one file), `pages` (two versions, three files) and a closed one; audited clean. `folder` NULL: the fastest place. */
void world_begin(struct world *, const char *folder);
void world_end(struct world *);
/* The archive as world_begin, or the last world_keep, left it. */
void world_reset(struct world *);
/* What the archive is now is what world_reset goes back to. */
void world_keep(struct world *);
/* Makes `to` a copy of the folder `from` with all below it; what was in it goes. */
void world_copy(const char *from, const char *to);

/* What is done to it. Each opens, acts, closes; 0 if all of it was acknowledged. */
enum world_action {
	ACTION_INIT,        /* another archive, at world->archive */
	ACTION_DEPOSIT,     /* later.txt as `later` */
	ACTION_MANY,        /* three records, with receipts: three bits */
	ACTION_CLOSED,      /* hidden.txt as `hidden`, closed: never open for a moment */
	ACTION_NEW_VERSION, /* alpha.txt's other text as a second version of alpha */
	ACTION_EDIT,        /* alpha gets a title */
	ACTION_ACCESS,      /* pages/note.txt of `pages` is closed, with a note */
	ACTION_EXPUNGE,     /* note.txt of `pages` goes from all versions */
	ACTION_EXPUNGE_ALL, /* all documents of `alpha` */
	ACTION_ROTATE,      /* the log's key is changed */
	ACTION_END,         /* the log ends */
	ACTION_OPEN,        /* only opens to write: finishes what was begun */
	ACTIONS
};
const char *world_action_name(enum world_action);
unsigned world_action_all(enum world_action); /* all bits of the action */
int world_act(const struct world *, enum world_action, struct err *);
/* What of the action can be seen in the archive, a bit each; -1 if something is neither there nor not there (said on stderr). */
int world_done(const char *archive, enum world_action);
/* Opens for writing and audits: 0 if it opens, nothing is found and nothing half-made lies about; says on stderr what is not so. */
int world_sound(const char *archive);
/* Whether an intent waits to be finished, or a change of the key that is logged. */
bool world_has_intent(const char *archive);

#endif
