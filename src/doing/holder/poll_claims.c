/* Whoever was polled may have another version than the asker because its keeper expunged something of it since the asker's last sync. It names the entry; that is believed
 * only where the log has it: under a checkpoint that the log's key signed, which goes on from the log here. Else it would be the excuse of who lost something. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "remote_log.h"

static bool rewrites(struct str text, uint64_t index)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;
	bool found = false;

	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_EXPUNGE)
		for (size_t i = 0; i < entry.rewritten_count; i++)
			found = found || entry.rewritten[i].index == index;
	arena_release(&arena);
	return found;
}

static bool holds_here(struct archive *archive, const struct poll_claim *claim)
{
	struct buf text = BUF_INIT;
	bool found = log_entry(archive_log(archive), claim->by, &text, NULL) == 0 && rewrites(buf_view(&text), claim->index);

	buf_release(&text);
	return found;
}

static int by_entry(const void *a, const void *b)
{
	const struct poll_claim *one = a, *other = b;

	return (one->by > other->by) - (one->by < other->by);
}

size_t poll_claims_proven(
	struct archive *archive, struct http_client *client, struct str url, struct poll_claim *claims, size_t count)
{
	struct remote_log *theirs = remote_log_new(archive, client, url);
	uint64_t here = log_size(archive_log(archive));
	bool asked = false, known = false;
	size_t proven = 0;
	struct str text;

	if (count > 1)
		qsort(claims, count, sizeof(*claims), by_entry);
	for (size_t i = 0; i < count; i++) {
		if (claims[i].by < here) {
			proven += holds_here(archive, &claims[i]);
			continue;
		}
		known = asked ? known : remote_log_ask(theirs);
		asked = true;
		proven += known && remote_log_entry(theirs, claims[i].by, &text) && rewrites(text, claims[i].index);
	}
	remote_log_free(theirs);
	return proven;
}
