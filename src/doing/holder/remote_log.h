/* Inside holder: the log that somebody shows, read beyond what is here. Nothing of it is believed that its signed checkpoint does not prove. */
#ifndef PHOTOSTAT_HOLDER_REMOTE_LOG_H
#define PHOTOSTAT_HOLDER_REMOTE_LOG_H

#include "contradiction.h"

struct remote_log;
struct remote_log *remote_log_new(struct archive *, struct http_client *, struct str url); /* all three outlive it */
/* A checkpoint that it showed, or the one that it shows when it is asked: whether the log's key signed it, or one that the entries behind those here bring in, and its
 * tree is larger than the one here and goes on from that. */
bool remote_log_take(struct remote_log *, struct str checkpoint_note);
bool remote_log_ask(struct remote_log *);
/* An entry, proven to be in that tree; false before one of the two above was true. *text lives until the next call. Costs O(log n) small requests, fewer where
 * neighbours are asked for. */
bool remote_log_entry(struct remote_log *, uint64_t index, struct str *text);
void remote_log_free(struct remote_log *); /* NULL is fine */

#endif
