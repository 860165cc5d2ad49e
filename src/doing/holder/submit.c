/* Asking the witnesses and mirrors of a log for their cosignatures (tlog-witness, add-checkpoint; tlog-mirror; the log's side). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "submit.h"

#define SECONDS 10u
#define GRACE 1u
#define PARALLEL 32u
#define ANSWER_MAX (64u << 10)
#define REQUEST_TYPE "text/plain; charset=utf-8"
/* Bytes of the requests to all mirrors together, and of one at most; a request has one entry package at least. */
#define PUSH_MAX ((size_t)8 << 20)
#define PUSH_ONE_MAX ((size_t)2 << 20)
#define PACKED_LEAST 1024u /* shorter ones are not worth compressing */

struct asked {
	struct submit_witness *witness;
	const struct vkey *key;
	struct http_fetch fetch;
	struct buf url, body;
	struct buf packed;       /* the body, compressed */
	struct mirror_push push; /* of a mirror */
	uint64_t old_size;
	bool settled;
	bool again; /* it was told another size once: a second time is one too many */
};

struct asking {
	struct archive *archive;
	const struct submit_options *options;
	const struct policy *policy;
	struct submission *submission;
	struct str text;  /* of the checkpoint */
	struct buf note;  /* the checkpoint, with what has come */
	struct buf lines; /* what has come */
	struct asked *asked;
	size_t count;
	size_t mirrors; /* of them */
	/* moments in seconds; 0: not yet */
	int64_t deadline, quorum_since;
};

static bool key_was_changed(const struct asking *asking)
{
	size_t count;

	(void)archive_log_keys(asking->archive, &count);
	return count > 1;
}

static unsigned grace_of(const struct asking *asking)
{
	return asking->options->grace == 0 ? GRACE : asking->options->grace;
}

/* Asked a few times a second. */
static bool is_over(void *context)
{
	const struct asking *asking = context;
	int64_t now = os_now();

	return now >= asking->deadline || (asking->quorum_since != 0 && now - asking->quorum_since > (int64_t)grace_of(asking)) ||
	       (asking->options->stop != NULL && asking->options->stop(asking->options->stop_context));
}

/* ---- answers --------------------------------------------------------------------------------------------------------------------------- */

static void settle(struct asked *asked, enum submit_outcome outcome)
{
	asked->settled = true;
	asked->witness->outcome = outcome;
}

/* ---- requests ------------------------------------------------------------------------------------------------------------------------- */

static const char *const packed_headers[] = {"Content-Encoding: gzip", NULL};

static int format_checkpoint(struct asking *asking, struct asked *asked, struct err *err)
{
	struct log *log = archive_log(asking->archive);
	struct merkle_proof proof;

	if (log_consistency(log, asked->old_size, &proof, err) != 0)
		return -1;
	witness_request_format(&asked->body, asked->old_size, &proof, log_checkpoint(log));
	return buf_check(&asked->body, "the request", err);
}

static int prepare(struct asking *asking, struct asked *asked, struct err *err)
{
	const char *url = asked->witness->url;
	size_t most = PUSH_MAX / (asking->mirrors + 1) < PUSH_ONE_MAX ? PUSH_MAX / (asking->mirrors + 1) : PUSH_ONE_MAX;
	int64_t left = asking->deadline - os_now();
	bool packed = false;

	buf_clear(&asked->url);
	buf_printf(&asked->url, "%s%s%s", url, str_ends(str_from(url), STR("/")) ? "" : "/",
		asked->push.entries ? "add-entries" : "add-checkpoint");
	buf_clear(&asked->body);
	if ((asked->push.entries ? push_format(asking->archive, &asked->push, asking->submission->size, most, &asked->body, err)
				 : format_checkpoint(asking, asked, err)) != 0)
		return -1;
	if (asked->push.entries && asked->body.n >= PACKED_LEAST) {
		buf_clear(&asked->packed);
		packed = http_gzip(&asked->packed, buf_view(&asked->body), NULL) == 0;
	}
	buf_release(&asked->fetch.answer);
	asked->fetch = (struct http_fetch){.url = asked->url.p,
		.post = true,
		.body = buf_view(packed ? &asked->packed : &asked->body),
		.body_type = asked->push.entries ? MIRROR_ENTRIES_TYPE : REQUEST_TYPE,
		.headers = packed ? packed_headers : NULL,
		.max = ANSWER_MAX,
		.seconds = left > 0 ? (unsigned)left : 1,
		.context = asked,
		.answer = BUF_INIT};
	return 0;
}

/* What it was told makes for another request, at once. */
static void go_on(struct asking *asking, struct asked *asked)
{
	struct err why = ERR_INIT;

	if (prepare(asking, asked, &why) == 0) {
		asked->fetch.again = true;
		return;
	}
	asked->witness->why = why;
	settle(asked, SUBMIT_NOT_ASKED);
}

static void take_cosignature(struct asking *asking, struct asked *asked)
{
	struct err why = ERR_INIT;
	uint64_t time;
	size_t before = asking->lines.n;
	int got = witness_answer_take(&asking->lines, asking->text, buf_view(&asked->fetch.answer), asked->key, &time, &why);

	if (got != 1) {
		if (got == 0)
			err_set(&why, ERR_MISMATCH, "its answer has no cosignature by its key");
		asked->witness->why = why;
		settle(asked, SUBMIT_WRONG);
		return;
	}
	buf_str(&asking->note, (struct str){asking->lines.p + before, asking->lines.n - before});
	settle(asked, SUBMIT_COSIGNED);
	if (submit_judge(asking->policy, buf_view(&asking->note), asking->submission, NULL) == 0 && asking->submission->witnessed &&
		asking->quorum_since == 0)
		asking->quorum_since = os_now();
}

/* 409: the size that it cosigned last. */
static void take_size(struct asking *asking, struct asked *asked)
{
	struct str body = buf_view(&asked->fetch.answer), line;
	uint64_t size;

	if (strncmp(asked->fetch.type, WITNESS_SIZE_TYPE, strlen(WITNESS_SIZE_TYPE)) != 0 || !str_take_line(&body, &line) ||
		body.n != 0 || !decimal_parse(line, UINT64_MAX, &size)) {
		err_set(&asked->witness->why, ERR_SYNTAX, "it says 409, but not which size it has cosigned");
		settle(asked, SUBMIT_WRONG);
	} else if (size > asking->submission->size) {
		err_set(&asked->witness->why, ERR_CONFLICT,
			"it has cosigned this log at %" PRIu64 " entries, and here are %" PRIu64
			": either an older copy of the archive was put back, or its key is used elsewhere",
			size, asking->submission->size);
		asked->witness->ahead = size;
		settle(asked, SUBMIT_AHEAD);
	} else if (asked->again) {
		err_set(&asked->witness->why, ERR_CONFLICT, "it changes its mind about which size it has cosigned");
		settle(asked, SUBMIT_REFUSED);
	} else {
		asked->again = true;
		asked->old_size = size;
		go_on(asking, asked);
	}
}

/* An answer of a mirror that is none of the last: true. */
static bool take_step(struct asking *asking, struct asked *asked)
{
	struct mirror_push *push = &asked->push;
	uint64_t size = asking->submission->size;
	struct err why = ERR_INIT;

	if (!push->entries) {
		if (asked->fetch.status != 200)
			return false;
		push_begin_entries(push, size);
	} else if (asked->fetch.status == 422 && !push->again) {
		/* A crash may have cost it the checkpoint that it had taken. */
		push->again = true;
		push->entries = false;
		asked->old_size = size;
	} else if (asked->fetch.status == 202 || asked->fetch.status == 409) {
		if (push_take_info(push, size, asked->fetch.type, buf_view(&asked->fetch.answer), &why) != 0) {
			asked->witness->why = why;
			settle(asked, why.code == ERR_SYNTAX || why.code == ERR_LIMIT ? SUBMIT_WRONG : SUBMIT_REFUSED);
			return true;
		}
	} else {
		return false;
	}
	go_on(asking, asked);
	return true;
}

static int take(void *context, struct http_fetch *fetch)
{
	struct asking *asking = context;
	struct asked *asked = fetch->context;
	struct str body, line;

	if (fetch->result != 0) {
		/* broken off by us, it is asked again if there is time */
		asked->witness->outcome = SUBMIT_UNREACHABLE;
		asked->settled = fetch->err.code != ERR_INTERRUPTED;
		if (asked->settled)
			asked->witness->why = fetch->err;
		else
			err_set(&asked->witness->why, ERR_SYSTEM, "%s: no answer in time", fetch->url);
		return 0;
	}
	if (asked->witness->mirror && take_step(asking, asked))
		return 0;
	if (fetch->status == 200) {
		take_cosignature(asking, asked);
	} else if (fetch->status == 409) {
		take_size(asking, asked);
	} else {
		body = buf_view(&fetch->answer);
		if (!str_take_line(&body, &line))
			line = body;
		err_set(&asked->witness->why, ERR_CONFLICT, "it refuses (%u): %.*s%s", fetch->status, STR_ARG(line),
			fetch->status == 403 && key_was_changed(asking) ? "; this log's key was changed: its operator adds the new "
									  "one to those that it knows (docs/keys.md)"
									: "");
		settle(asked, SUBMIT_REFUSED);
	}
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------------------- */

static int ask_all(struct asking *asking, struct http_client *client, struct err *err)
{
	struct http_fetch **fetches = mem_array(asking->count + 1, sizeof(struct http_fetch *));
	int result = -1;

	for (size_t i = 0; i < asking->count; i++) {
		if (prepare(asking, &asking->asked[i], err) != 0)
			goto out;
		fetches[i] = &asking->asked[i].fetch;
	}
	result = http_fetch_all(client, fetches, asking->count, PARALLEL, take, asking, err);
out:
	free(fetches);
	return result;
}

/* Whom there is to ask: who has a URL, and has not cosigned this checkpoint. */
static void gather(struct asking *asking)
{
	struct submission *submission = asking->submission;

	asking->asked = mem_array(submission->count + 1, sizeof(*asking->asked));
	for (size_t i = 0; i < submission->count; i++) {
		struct submit_witness *witness = &submission->witnesses[i];
		struct asked *asked = &asking->asked[asking->count];

		if (witness->outcome == SUBMIT_COSIGNED || (asking->options->mirrors_only && !witness->mirror))
			continue;
		if (witness->url[0] == '\0') {
			err_set(&witness->why, ERR_USAGE, "archive.conf gives no URL for it");
			continue;
		}
		if (http_url_check(str_from(witness->url), &witness->why) != 0)
			continue;
		*asked = (struct asked){.witness = witness,
			.key = policy_witness(asking->policy, i).key,
			.old_size = witness->any && witness->size <= submission->size ? witness->size : 0};
		asking->mirrors += witness->mirror;
		asking->count++;
	}
}

/* Of the checkpoint only what verifies is counted on; of what came, all does. */
static int begin(struct asking *asking, struct note *note, struct err *err)
{
	struct str checkpoint = log_checkpoint(archive_log(asking->archive));

	if (note_parse(note, checkpoint, err) != 0)
		return -1;
	asking->text = note->text;
	buf_str(&asking->note, note->text);
	buf_char(&asking->note, '\n');
	for (size_t i = 0; i < note->count; i++) {
		bool known = note_line_is_of(&note->signatures[i], archive_key(asking->archive));

		for (size_t k = 0; k < policy_witness_count(asking->policy) && !known; k++)
			known = asking->submission->witnesses[k].outcome == SUBMIT_COSIGNED &&
				note_line_is_of(&note->signatures[i], policy_witness(asking->policy, k).key);
		if (known)
			note_line(&asking->note, &note->signatures[i]);
	}
	return buf_check(&asking->note, "the checkpoint", err);
}

int submission_make(struct archive *archive, const struct submit_options *options, struct submission *out, struct err *err)
{
	struct asking asking = {.archive = archive, .options = options, .submission = out, .note = BUF_INIT, .lines = BUF_INIT};
	const struct http_client_options patience = {.stop = is_over, .stop_context = &asking};
	struct policy *policy = NULL;
	struct http_client *client = NULL;
	struct note note;
	unsigned added = 0;
	int result = -1;

	if (submission_look(archive, out, err) != 0)
		return -1;
	if (submit_policy(archive, &policy, err) != 0)
		goto out;
	asking.policy = policy;
	asking.deadline = os_now() + (options->seconds == 0 ? SECONDS : options->seconds);
	if (begin(&asking, &note, err) != 0)
		goto out;
	gather(&asking);
	if (asking.count == 0) {
		result = 0;
		goto out;
	}
	if (http_client_open(&client, &patience, err) != 0 || ask_all(&asking, client, err) != 0)
		goto out;
	result = asking.lines.n == 0 ? 0 : archive_recosign(archive, out->size, buf_view(&asking.lines), &added, err);
	if (result != 0) /* cosigned it was, but this archive cannot show it */
		out->witnessed = false;
	submit_remember(archive, out);
	/* Only a word so far: whether it is signed is asked before anything else is written. */
	for (size_t i = 0; i < out->count; i++)
		if (out->witnesses[i].outcome == SUBMIT_AHEAD)
			look_again(archive);
out:
	for (size_t i = 0; i < asking.count; i++) {
		buf_release(&asking.asked[i].fetch.answer);
		buf_release(&asking.asked[i].url);
		buf_release(&asking.asked[i].body);
		buf_release(&asking.asked[i].packed);
		push_release(&asking.asked[i].push);
	}
	free(asking.asked);
	buf_release(&asking.note);
	buf_release(&asking.lines);
	http_client_close(client);
	policy_free(policy);
	return result;
}
