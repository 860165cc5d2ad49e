/* Inside holder: evidence of two histories, made and kept where it is met. */
#ifndef PHOTOSTAT_HOLDER_CONTRADICTION_H
#define PHOTOSTAT_HOLDER_CONTRADICTION_H

#include "internal.h"

/* A tile_reader's context: tiles of the log at `url`, which has no slash at its end. They are believed by nobody: their root is compared. */
struct remote_tiles {
	struct http_client *client;
	struct str url;
};
int remote_tile_read(void *context, const struct tile *, struct hash hashes[TILE_WIDTH], struct err *);

/* What two checkpoints, each signed by a key of this log, say of one another; where they contradict, or may, the evidence is durable in the
 * archive's folder when this returns. `larger` reads the tree of the larger one (NULL, or where it fails: it is a suspicion). Errors are those
 * of evidence_make, and of the file. */
int contradiction_keep(struct archive *, struct str one, struct str other, const struct tile_reader *larger,
	struct holder_contradiction *out, struct err *);
/* The sentence for one that was found, of a checkpoint of `size` that `who` showed: ERR_MISMATCH if it is proven, ERR_SYNTAX if not. -1. */
int contradiction_tell(struct archive *, const struct holder_contradiction *, struct str who, uint64_t size, struct err *);

#endif
