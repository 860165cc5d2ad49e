/* Contradictions between checkpoints of one log: judged (verify --evidence) and looked for (log --against). */
#ifndef PHOTOSTAT_CLI_EVIDENCE_H
#define PHOTOSTAT_CLI_EVIDENCE_H

#include "cli.h"

/* Both print what follows and give the exit status: 1 a contradiction or the suspicion of one, 0 none, 3 nothing can be said. policy_path may
 * be NULL. */
int evidence_judge(struct invocation *, const char *path, const char *policy_path);
/* The archive's checkpoint against the one in the file `path`: a signed note, or a receipt. What convicts is written to `out` (NULL: nowhere). */
int evidence_against(struct invocation *, struct archive *, const char *path, const char *out);
/* JSON: the line of evidence that was kept at `path` while something else was done; people have read of it in a sentence. */
void evidence_kept(const struct invocation *, const char *folder, const char *path);

#endif
