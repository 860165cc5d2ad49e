/* Inside holder: what its files share. */
#ifndef PHOTOSTAT_HOLDER_INTERNAL_H
#define PHOTOSTAT_HOLDER_INTERNAL_H

#include <sys/stat.h>

#include "holder/holder.h"

/* ---- photostat.versions/v1 (stream.c) ------------------------------------------------------------------------------------------------- */

#define STREAM_HEADER STR("photostat.versions/v1")
#define STREAM_TYPE "application/vnd.photostat.versions"
#define STREAM_ENTRIES_MAX 256u                 /* of one request */
#define STREAM_LARGE ((uint64_t)1 << 20)        /* bytes; longer files are asked for by themselves, to go on where they broke off */
#define STREAM_INVENTORY_MAX ((size_t)40 << 20) /* bytes: with all else an asker stays below 64 MiB (P10) */
#define STREAM_PATH_MAX ((size_t)8192)

/* PARTLY: not all of it is open, but some of its files are (share_open.c). */
enum stream_word { STREAM_HELD, STREAM_CLOSED, STREAM_NONE, STREAM_GONE, STREAM_PARTLY };

/* Each returns 0, or -1 with *err to stop. Strings live during the call; an inventory until the next one, so that nobody need hold it twice. */
struct stream_calls {
	int (*entry)(void *context, uint64_t index, enum stream_word, struct err *);
	int (*inventory)(void *context, uint64_t index, struct str json, struct err *);
	int (*file)(void *context, uint64_t index, struct str path, uint64_t size, struct err *);
	int (*bytes)(void *context, struct str piece, struct err *);
	int (*file_end)(void *context, struct err *);
	int (*large)(void *context, uint64_t index, struct str path, uint64_t size, struct err *);
	int (*end)(void *context, uint64_t index, struct err *); /* of an entry that is held */
};
struct stream_reader;
struct stream_reader *stream_reader_new(const struct stream_calls *, void *context, uint64_t first);
/* The next piece, of any length. ERR_SYNTAX; what a call returns. After an error only stream_reader_free may follow. */
int stream_read(struct stream_reader *, struct str bytes, struct err *);
/* After the last: ERR_SYNTAX if it was not all. */
int stream_finish(const struct stream_reader *, uint64_t last, struct err *);
void stream_reader_free(struct stream_reader *);

/* ---- what is shared (share.c) ------------------------------------------------------------------------------------------------------------ */

struct share;
/* `names`: by which it is asked for, beside the archive's own host and its addresses (entitled.h). */
int share_open(struct share **, const char *path, const struct str *names, size_t name_count, struct err *);
bool share_answer(struct share *, struct http_request *); /* false: the path is none of its */
void share_begin(struct share *, struct http_request *);  /* takes the body of what has one */
void share_close(struct share *);

/* Of a version of which not all is open (share_open.c): the opening of its open files; one of them, a descriptor. ERR_NOT_FOUND: nothing of it is, or all
 * (then the whole version is to be had). */
#define DISCLOSURE_HELD_MAX ((size_t)64 << 20) /* bytes */
int share_disclosure(struct archive *, uint64_t index, enum audience, struct buf *out, struct err *);
int share_open_file(struct archive *, uint64_t index, struct str path, enum audience, struct stat *, struct err *);

/* What follows r/ in a path (share_records.c). False: there is nothing under that name, or nothing that is open; nothing was answered. If err_is_for_now
 * then holds of *err, that is not known. */
bool share_record(struct archive *, struct http_request *, struct str rest, struct err *);

/* ---- polls (poll.c) ---------------------------------------------------------------------------------------------------------------------- */

#define POLL_HEADER STR("photostat.poll/v1")
#define POLL_NONCE 32
#define POLL_SAMPLE_MAX 1024u
#define POLL_REQUEST_MAX ((size_t)64 << 10)                              /* bytes */
enum poll_word { POLL_ANSWERED, POLL_CLOSED, POLL_MISSING, POLL_LATER }; /* LATER: the content is not followed so far */
/* *expunged_by: where it is answered, the newest expunge entry that rewrote the version and is followed here; 0: none. */
enum poll_word poll_answer(struct archive *, uint64_t index, const unsigned char nonce[POLL_NONCE], enum audience,
	struct hash *answer, uint64_t *expunged_by);
/* The text of an answer to the text of a request: ERR_SYNTAX. */
int poll_reply(struct archive *, struct str request, enum audience, struct buf *out, struct err *);

/* poll_claims.c: how many of these claims of whoever is at `url` (without a slash at its end) are so: that the log's entry `by`, which nobody here has followed yet,
 * is an expunge that rewrote the version of entry `index`. Orders them. */
struct poll_claim {
	uint64_t index, by;
};
size_t poll_claims_proven(struct archive *, struct http_client *, struct str url, struct poll_claim *claims, size_t count);

/* Forgets that others were asked how far they have seen the log: the next command that writes asks them (look.c). */
void look_again(struct archive *);
/* Writes down what holder_seen tells from then on; lost without harm (look_seen.c). */
void seen_remember(struct archive *, const struct holder_seen *, size_t count);

/* What api/v1/expunctions answers: photostat.expunctions/v1 (decisions.c). */
int decisions_answer(struct archive *, struct buf *out, struct err *);

/* A folder of the holder's own beside the archive's, made if it is not there, opened: a descriptor, or -1. */
int holder_folder(struct archive *, const char *name, struct err *);

#endif
