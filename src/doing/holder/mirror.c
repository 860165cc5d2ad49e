/* Judging uploads (tlog-mirror, add-entries), in the order of the specification. M1 to M6 in mirror.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mirror.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define SAME_SECONDS 60u /* who asks again so soon gets the same cosignature: it costs no sync */

struct mirror_upload_state {
	struct mirror *mirror;
	struct mirror_log *log; /* NULL: the head has not come, or names none */
	struct mirror_reader *reader;
	size_t pooled; /* bytes of the pool */
	/* what the head asks for */
	uint64_t start, end;
	struct hash root;  /* of the checkpoint of size `end` */
	struct buf note;   /* that checkpoint: its text and the log's lines */
	struct buf ticket; /* for it; or for the pending one, where `end` is none of ours */
	/* the leaves of the first package's subtree that come before its entries */
	struct hash before[TILE_WIDTH];
	unsigned before_count;
	uint64_t saved; /* packages */
	/* the answer, when it is known */
	unsigned status;
	struct buf body;
	const char *type;
};

/* ---- answers ------------------------------------------------------------------------------------------------------------------------- */

static int say(struct mirror_upload_state *upload, unsigned status, const char *sentence)
{
	if (upload->status != 0)
		return -1;
	upload->status = status;
	upload->type = TEXT_TYPE;
	buf_text(&upload->body, sentence);
	buf_char(&upload->body, '\n');
	return -1;
}

/* 202 and 409: where to go on. */
static int say_where(struct mirror_upload_state *upload, unsigned status, uint64_t size, uint64_t next)
{
	const struct mirror_info info = {.size = size, .next = next};

	if (upload->status != 0)
		return -1;
	upload->status = status;
	upload->type = MIRROR_INFO_TYPE;
	mirror_info_format(&upload->body, &info, buf_view(&upload->ticket));
	return -1;
}

static int say_failed(struct mirror_upload_state *upload)
{
	return say(upload, 500, "this mirror could not keep what was uploaded; nothing was cosigned");
}

/* ---- which checkpoint is meant --------------------------------------------------------------------------------------------------------- */

void mirror_compose(const struct witness_log *log, const struct note *note, struct str ours, struct buf *out)
{
	buf_str(out, note->text);
	buf_char(out, '\n');
	for (size_t i = 0; i < note->count; i++)
		if (witness_is_of_log(log, &note->signatures[i]))
			note_line(out, &note->signatures[i]);
	buf_str(out, ours);
}

/* The note is a checkpoint of this log and size that the log signed. */
static bool is_signed_checkpoint(
	const struct witness_log *log, struct str bytes, struct note *note, struct checkpoint *checkpoint, uint64_t size)
{
	return note_parse(note, bytes, NULL) == 0 && checkpoint_parse(checkpoint, note->text, NULL) == 0 &&
	       str_equal(checkpoint->origin, log->state.origin) && checkpoint->size == size &&
	       witness_signed_by_log(log, note, NULL) == 1;
}

/* A ticket is the place of the checkpoint's line in HASH.state, eight bytes, and the checkpoint as the log signed it (M6). One that is too large is
 * not given: then only the newest pending checkpoint can be meant. */
static void make_ticket(struct mirror_upload_state *upload, uint64_t offset, struct str note)
{
	buf_clear(&upload->ticket);
	if (note.n > MIRROR_TICKET_MAX - 8)
		return;
	buf_be64(&upload->ticket, offset);
	buf_str(&upload->ticket, note);
}

static bool take_ticket(struct mirror_upload_state *upload, const struct witness_log *log, struct str ticket)
{
	struct checkpoint checkpoint;
	struct note note;

	if (ticket.n <= 8 ||
		!is_signed_checkpoint(log, (struct str){ticket.p + 8, ticket.n - 8}, &note, &checkpoint, upload->end) ||
		!state_has(&log->state, be64_get(ticket.p), checkpoint.size, &checkpoint.root))
		return false;
	upload->root = checkpoint.root;
	mirror_compose(log, &note, STR(""), &upload->note);
	make_ticket(upload, be64_get(ticket.p), buf_view(&upload->note));
	return true;
}

/* The newest pending checkpoint, if it is of that size. A state that is ahead of the checkpoint beside it (W3) waits for that to be sent again. */
static bool take_pending(struct mirror_upload_state *upload, const struct witness_log *log)
{
	struct buf kept = BUF_INIT;
	struct checkpoint checkpoint;
	struct note note;
	bool good = state_read_checkpoint(&log->state, &kept, NULL) == 0 &&
		    is_signed_checkpoint(log, buf_view(&kept), &note, &checkpoint, log->state.size) &&
		    hash_equal(&checkpoint.root, &log->state.root);

	if (good) {
		buf_clear(&upload->note);
		mirror_compose(log, &note, STR(""), &upload->note);
		upload->root = checkpoint.root;
		make_ticket(upload, log->state.last, buf_view(&upload->note));
	}
	buf_release(&kept);
	return good;
}

/* The mirror checkpoint. */
static bool take_mirrored(struct mirror_upload_state *upload, const struct mirror_log *mirrored)
{
	struct checkpoint checkpoint;
	struct note note;

	if (log_size(mirrored->log) != upload->end ||
		!is_signed_checkpoint(mirrored->judged, log_checkpoint(mirrored->log), &note, &checkpoint, upload->end))
		return false;
	upload->root = checkpoint.root;
	buf_clear(&upload->note);
	mirror_compose(mirrored->judged, &note, STR(""), &upload->note);
	return true;
}

/* With the judge's lock. 0, or an answer was given. */
static int may_go_on(struct mirror_upload_state *upload, const struct witness_log *log)
{
	if (log->broken.code != ERR_NONE)
		return say(upload, 503, "this mirror takes nothing of this log: its state was damaged");
	if (!log->certain)
		return say(upload, 503,
			"this mirror does not know yet whether it has cosigned more of this log than it remembers; try again "
			"later");
	if (log->ahead)
		return say(
			upload, 503, "this mirror has cosigned more of this log than it holds, and wants a newer checkpoint first");
	if (!log->state.any)
		return say(upload, 422, "this mirror has no checkpoint of this log yet");
	return 0;
}

/* With the log's lock and the judge's. */
static int find_checkpoint(struct mirror_upload_state *upload, struct str ticket)
{
	struct mirror_log *mirrored = upload->log;
	struct witness_log *log = mirrored->judged;
	uint64_t next = mirror_store_next(mirrored), least = log_size(mirrored->log), excess;
	bool pending;

	if (may_go_on(upload, log) != 0)
		return -1;
	if (least < log->cosigned_size)
		least = log->cosigned_size;
	pending = take_pending(upload, log);
	if (!pending && upload->end == log->state.size)
		return say(upload, 422, "this mirror has lost that checkpoint: add-checkpoint once more");
	if (upload->end != log->state.size) {
		struct buf of_pending = upload->ticket;
		bool known;

		upload->ticket = (struct buf)BUF_INIT;
		buf_clear(&upload->note);
		known = take_ticket(upload, log, ticket) || take_mirrored(upload, mirrored);
		if (!known || upload->end < least) {
			buf_release(&upload->ticket);
			upload->ticket = of_pending;
			return say_where(upload, 409, log->state.size, next);
		}
		buf_release(&of_pending);
	}
	excess = upload->end < next ? upload->end : next;
	if (upload->end < least || upload->start > next || (excess > upload->start && excess - upload->start > MIRROR_EXCESS_MAX))
		return say_where(upload, 409, upload->end < least ? log->state.size : upload->end, next);
	return 0;
}

/* ---- the body ----------------------------------------------------------------------------------------------------------------------------- */

static int take_head(void *context, const struct mirror_upload *head, struct err *err)
{
	struct mirror_upload_state *upload = context;
	struct mirror *mirror = upload->mirror;
	struct witness_log *judged = witness_find(mirror->judge, head->origin);
	int result = -1;

	if (judged == NULL)
		return say(upload, 404, "this log is not mirrored here");
	upload->log = &mirror->logs[judged - mirror->judge->logs];
	upload->start = head->start;
	upload->end = head->end;
	pthread_mutex_lock(&upload->log->lock);
	upload->log->users++;
	if (mirror_store_open(mirror, upload->log, err) != 0) {
		(void)say(upload, 500, "this mirror cannot read what it holds of this log");
	} else {
		pthread_mutex_lock(&judged->lock);
		result = find_checkpoint(upload, head->ticket);
		pthread_mutex_unlock(&judged->lock);
	}
	upload->before_count = (unsigned)(head->start % TILE_WIDTH);
	if (result == 0 && head->start < head->end && upload->before_count != 0 &&
		log_writer_leaves(upload->log->writer, head->start / TILE_WIDTH, upload->before_count, upload->before, err) != 0) {
		mirror_store_close(upload->log);
		result = say_failed(upload);
	}
	pthread_mutex_unlock(&upload->log->lock);
	return result;
}

/* M1 */
static int prove(struct mirror_upload_state *upload, const struct mirror_package *package, struct err *err)
{
	struct hash leaves[TILE_WIDTH], subtree;
	size_t before = upload->saved == 0 ? upload->before_count : 0, count = (size_t)(package->end - package->start);

	memcpy(leaves, upload->before, before * sizeof(leaves[0]));
	memcpy(leaves + before, package->leaves, count * sizeof(leaves[0]));
	merkle_root(leaves, before + count, &subtree);
	return merkle_verify_subtree(
		package->start - before, package->end, &subtree, upload->end, &upload->root, package->proof, err);
}

/* With the log's lock. */
static int append(struct mirror_upload_state *upload, const struct mirror_package *package, struct err *err)
{
	struct mirror_log *mirrored = upload->log;

	/* Another upload may have met an error, and what was not held yet is gone. */
	if (mirror_store_open(upload->mirror, mirrored, err) != 0)
		return say_failed(upload);
	if (package->start > mirror_store_next(mirrored))
		return say_where(upload, 409, upload->end, mirror_store_next(mirrored));
	if (mirror_store_append(mirrored, package->start, package->entries, err) != 0 ||
		((upload->saved + 1) % MIRROR_HOLD_PACKAGES == 0 && mirror_store_hold(upload->mirror, mirrored, err) != 0))
		return say_failed(upload);
	upload->saved++;
	return 0;
}

static int take_package(void *context, const struct mirror_package *package, struct err *err)
{
	struct mirror_upload_state *upload = context;
	struct err why = ERR_INIT;
	int result;

	if (prove(upload, package, &why) != 0)
		return say(upload, 422, why.text);
	pthread_mutex_lock(&upload->log->lock);
	result = append(upload, package, err);
	pthread_mutex_unlock(&upload->log->lock);
	return result;
}

/* Counts what the reader holds by now; false: all uploads together hold too much. */
static bool pool(struct mirror_upload_state *upload, size_t held)
{
	struct mirror *mirror = upload->mirror;
	bool fits;

	pthread_mutex_lock(&mirror->pool_lock);
	mirror->pool = mirror->pool - upload->pooled + held;
	upload->pooled = held;
	fits = mirror->pool <= MIRROR_POOL_MAX;
	pthread_mutex_unlock(&mirror->pool_lock);
	return fits;
}

struct mirror_upload_state *mirror_upload_begin(struct mirror *mirror)
{
	struct mirror_upload_state *upload = mem_alloc(sizeof(*upload));
	const struct mirror_reader_calls calls = {upload, take_head, take_package};

	upload->mirror = mirror;
	upload->reader = mirror_reader_new(&calls);
	(void)pool(upload, mirror_reader_held(upload->reader));
	return upload;
}

bool mirror_upload_take(struct mirror_upload_state *upload, struct str piece)
{
	struct err why = ERR_INIT;

	if (upload->status != 0)
		return false;
	if (mirror_read(upload->reader, piece, &why) != 0) {
		/* What is cut or malformed after good packages is as if it had not come. */
		if (upload->status == 0 && upload->saved > 0 && why.code == ERR_SYNTAX)
			return false;
		(void)say(upload, why.code == ERR_MEMORY ? 503 : 400, why.text);
		return false;
	}
	if (!pool(upload, mirror_reader_held(upload->reader))) {
		(void)say(upload, 503, "too much is being uploaded here at once; try again later");
		return false;
	}
	return true;
}

/* ---- the end --------------------------------------------------------------------------------------------------------------------------------- */

/* The cosignature of the mirror checkpoint, if that has this text and it is young. */
static bool same_as_before(const struct mirror_upload_state *upload, struct str text, uint64_t now, struct buf *line)
{
	const struct vkey *key = &upload->mirror->judge->key;
	uint64_t time;
	struct note note;

	if (!upload->log->settled || note_parse(&note, log_checkpoint(upload->log->log), NULL) != 0 ||
		!str_equal(note.text, text) || note_verify(&note, key, &time, NULL) != 1 || time > now ||
		now - time >= SAME_SECONDS)
		return false;
	for (size_t i = 0; i < note.count; i++)
		if (note_line_is_of(&note.signatures[i], key))
			note_line(line, &note.signatures[i]);
	return true;
}

/* M3: with the log's lock and the judge's. */
static int cosign(struct mirror_upload_state *upload, struct buf *line, struct err *err)
{
	struct witness *judge = upload->mirror->judge;
	struct witness_log *log = upload->log->judged;
	int64_t clock = os_now();
	uint64_t now = clock > 0 ? (uint64_t)clock : 1;
	struct buf published = BUF_INIT;
	struct note note;
	int result = -1;

	if (now < log->cosigned_time)
		now = log->cosigned_time;
	if (note_parse(&note, buf_view(&upload->note), err) != 0)
		return -1;
	if (same_as_before(upload, note.text, now, line))
		return 0;
	if (note_cosign_by(line, note.text, &judge->key, judge->signer, now, err) != 0)
		return -1;
	published.max = NOTE_MAX;
	mirror_compose(log, &note, buf_view(line), &published);
	if (buf_check(&published, "the checkpoint", err) != 0 ||
		mirror_store_publish(upload->mirror, upload->log, upload->end, buf_view(&published), err) != 0)
		goto out;
	log->cosigned_size = upload->end;
	log->cosigned_time = now;
	result = 0;
out:
	buf_release(&published);
	return result;
}

/* All that was to come has come. With the log's lock and the judge's: 0, or an answer was given. */
static int commit(struct mirror_upload_state *upload, struct buf *line)
{
	struct mirror_log *mirrored = upload->log;
	const struct witness_log *log = mirrored->judged;
	struct err why = ERR_INIT;

	if (mirror_store_open(upload->mirror, mirrored, &why) != 0)
		return say_failed(upload);
	if (may_go_on(upload, log) != 0)
		return -1;
	if (mirror_store_next(mirrored) < upload->end)
		return say_where(upload, 409, upload->end, mirror_store_next(mirrored));
	if (upload->end < log_size(mirrored->log) || upload->end < log->cosigned_size) /* M4 */
		return say_where(upload, 409, log->state.size, mirror_store_next(mirrored));
	return cosign(upload, line, &why) == 0 ? 0 : say_failed(upload);
}

static void end_whole(struct mirror_upload_state *upload)
{
	struct mirror_log *mirrored = upload->log;
	struct buf line = BUF_INIT;

	pthread_mutex_lock(&mirrored->lock);
	pthread_mutex_lock(&mirrored->judged->lock);
	if (commit(upload, &line) == 0) {
		upload->status = 200;
		upload->type = TEXT_TYPE;
		buf_str(&upload->body, buf_view(&line));
	}
	pthread_mutex_unlock(&mirrored->judged->lock);
	pthread_mutex_unlock(&mirrored->lock);
	buf_release(&line);
}

/* A part has come. */
static void keep_part(struct mirror_upload_state *upload)
{
	struct mirror_log *mirrored = upload->log;
	struct err why = ERR_INIT;

	pthread_mutex_lock(&mirrored->lock);
	if (mirror_store_open(upload->mirror, mirrored, &why) != 0 || mirror_store_hold(upload->mirror, mirrored, &why) != 0)
		(void)say_failed(upload);
	else
		(void)say_where(upload, 202, upload->end, mirror_store_next(mirrored));
	pthread_mutex_unlock(&mirrored->lock);
}

void mirror_upload_end(struct mirror_upload_state *upload, unsigned *status, struct buf *body, const char **type)
{
	if (upload->status == 0 && mirror_reader_whole(upload->reader))
		end_whole(upload);
	else if (upload->status == 0 && upload->saved > 0)
		keep_part(upload);
	else if (upload->status == 0)
		(void)say(upload, 400, "the request ends before its first entry package does");
	*status = upload->status;
	*type = upload->type;
	buf_str(body, buf_view(&upload->body));
}

void mirror_upload_free(struct mirror_upload_state *upload)
{
	if (upload == NULL)
		return;
	if (upload->log != NULL) {
		struct mirror_log *mirrored = upload->log;

		pthread_mutex_lock(&mirrored->lock);
		if (upload->saved > 0 && mirrored->writer != NULL)
			(void)mirror_store_hold(upload->mirror, mirrored, NULL);
		if (--mirrored->users == 0)
			mirror_store_close(mirrored);
		pthread_mutex_unlock(&mirrored->lock);
	}
	(void)pool(upload, 0);
	mirror_reader_free(upload->reader);
	buf_release(&upload->note);
	buf_release(&upload->ticket);
	buf_release(&upload->body);
	free(upload);
}
