/* Where the tests of the power-loss simulator play: a folder that is recorded, and what is left of it after a cut. */
#ifndef PHOTOSTAT_FAULT_SCENE_H
#define PHOTOSTAT_FAULT_SCENE_H

#include "fault/fault.h"

/* Seeds tried for each cut. */
#define SEEDS 64

extern char root[64], cut[64]; /* the recorded folder, and what is left of it */
extern int dir;                /* a descriptor of root */

int set_up(void **state);
int tear_down(void **state);
void fresh_root(void);
void materialise(struct power *power, size_t k, uint64_t seed, enum power_model model);
/* What the file holds after the cut; false if it is not there. */
bool after_cut(const char *path, struct buf *content);
bool holds(const char *path, const char *content);
/* A whole tree as text: names, kinds, modes, links, content. */
void describe_tree(const char *path, struct buf *out);
void assert_same_tree(const char *expected_text, const char *path);

#endif
