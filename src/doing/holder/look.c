/* How far others have seen the log of this archive: its witnesses, and the holders of its copies (P3).
 *
 * An archive that was put back as a whole, keys and all, cannot know it of itself; who has seen more of its log can tell. They are asked before a
 * command writes, once an hour, all at once, for some seconds and without the archive's lock. Who does not answer is named and holds nothing up: to
 * refuse would give whoever can cut a line power over the archive, and what is signed meanwhile is contradicted by that very party as soon as it is
 * asked again, with the next hour's first command, the next submission, or a holder's next sync. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"
#include "os/os.h"
#include "submit.h"
#include "sync.h"

#define SEEN_NAME "derived/seen"
#define SEEN_HEADER STR("photostat.seen/v1")
#define SEEN_SECONDS 3600
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define SECONDS 5u
#define PARALLEL 64u

struct asked {
	struct buf who, url;
	bool witness;
	size_t holder; /* which, unless it is a witness */
	bool shown;    /* it showed this log: */
	uint64_t size;
	struct http_fetch fetch;
};

struct looking {
	struct archive *archive;
	const struct holder_look *options;
	struct asked *asked;
	size_t count;
	int64_t deadline;
};

static void say(const struct looking *looking, const char *who, const char *what, const char *why)
{
	struct buf sentence = BUF_INIT;

	buf_printf(&sentence, "%s %s: %s", who, what, why);
	if (looking->options->notice != NULL)
		looking->options->notice(looking->options->context, sentence.p);
	buf_release(&sentence);
}

static bool is_over(void *context)
{
	const struct looking *looking = context;

	return os_now() >= looking->deadline ||
	       (looking->options->stop != NULL && looking->options->stop(looking->options->context));
}

/* ---- whom ------------------------------------------------------------------------------------------------------------------------------- */

static void add(struct looking *looking, bool witness, size_t holder, struct str name, struct str url, const char *path)
{
	struct asked *asked = &looking->asked[looking->count];
	struct err why = ERR_INIT;

	*asked = (struct asked){.who = BUF_INIT, .url = BUF_INIT, .witness = witness, .holder = holder};
	buf_text(&asked->who, witness ? "witness " : "holder ");
	buf_str(&asked->who, name);
	if (http_url_check(url, &why) != 0) {
		say(looking, asked->who.p, "has no URL in archive.conf that can be asked", why.text);
		buf_release(&asked->who);
		return;
	}
	buf_str(&asked->url, url);
	if (!str_ends(url, STR("/")))
		buf_char(&asked->url, '/');
	buf_text(&asked->url, path);
	looking->count++;
}

/* A witness serves what it cosigned last under the origin's hash (tlog-witness); a holder the log, as the keeper does. */
static int gather(struct looking *looking, struct err *err)
{
	char hash[HOLDER_HASH_TEXT], path[HOLDER_HASH_TEXT + 16];
	struct policy *policy = NULL;
	size_t holder_count;
	const char *const *holders = archive_holders(looking->archive, &holder_count);

	if (submit_policy(looking->archive, &policy, err) != 0)
		return -1;
	holder_origin_hash(archive_origin(looking->archive), hash);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", hash);
	looking->asked = mem_array(policy_witness_count(policy) + holder_count + 1, sizeof(*looking->asked));
	for (size_t i = 0; i < policy_witness_count(policy); i++) {
		struct policy_witness witness = policy_witness(policy, i);

		if (witness.url.n > 0)
			add(looking, true, 0, witness.name, witness.url, path);
	}
	for (size_t i = 0; i < holder_count; i++)
		add(looking, false, i, str_from(holders[i]), str_from(holders[i]), "checkpoint");
	policy_free(policy);
	return 0;
}

/* ---- when ------------------------------------------------------------------------------------------------------------------------------- */

/* What a copy of the archive, or of the whole machine, has otherwise: who was put back must not believe that it has just asked. */
static void put_place(struct buf *all, const struct looking *looking)
{
	struct stat status;

	if (os_stat(archive_fd(looking->archive), "archive.conf", &status, NULL) == 0)
		buf_printf(all, "%llu %llu %lld.%09ld\n", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
			(long long)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	(void)os_read_file(AT_FDCWD, BOOT_ID, 64, all, NULL);
}

static void format_seen(struct buf *out, const struct looking *looking, int64_t time)
{
	struct buf all = BUF_INIT;
	struct hash hash;

	put_place(&all, looking);

	for (size_t i = 0; i < looking->count; i++) {
		buf_str(&all, buf_view(&looking->asked[i].url));
		buf_char(&all, '\n');
	}
	sha256(all.p, all.n, &hash);
	buf_str(out, SEEN_HEADER);
	buf_text(out, "\nby ");
	buf_hex(out, hash.b, sizeof(hash.b));
	buf_text(out, "\nasked ");
	buf_u64(out, (uint64_t)time);
	buf_char(out, '\n');
	buf_release(&all);
}

/* Within the hour, the same ones, by the archive that lies here. A clock that ran back asks again. */
static bool was_asked(const struct looking *looking, int64_t now)
{
	struct buf text = BUF_INIT, expected = BUF_INIT;
	struct str rest, line, word;
	uint64_t time = 0;
	bool fresh = false;

	if (os_read_file(archive_fd(looking->archive), SEEN_NAME, 4096, &text, NULL) == 0) {
		rest = buf_view(&text);
		while (str_take_line(&rest, &line))
			if (str_take_until(&line, ' ', &word) && str_equal(word, STR("asked")) && line.p != NULL)
				(void)decimal_parse(line, INT64_MAX, &time);
		format_seen(&expected, looking, (int64_t)time);
		fresh = str_equal(buf_view(&text), buf_view(&expected)) && (int64_t)time <= now &&
			now - (int64_t)time < SEEN_SECONDS;
	}
	buf_release(&text);
	buf_release(&expected);
	return fresh;
}

void look_again(struct archive *archive)
{
	(void)os_unlink(archive_fd(archive), SEEN_NAME, NULL);
}

/* ---- what they say ---------------------------------------------------------------------------------------------------------------------- */

/* The key may have been changed since the copy that lies here was made: whoever has the log has the entries that say so. A witness has not. */
static bool leads_on(struct looking *looking, const struct asked *asked, struct http_client *client,
	const struct checkpoint *checkpoint, struct buf *keys)
{
	const struct holder_sync none = {.urls = NULL};
	struct holder_synced done = {.size = 0};
	struct syncing sync = {.archive = looking->archive, .options = &none, .done = &done, .client = client};
	struct note note;

	if (asked->witness || checkpoint->size <= log_size(archive_log(looking->archive)) ||
		note_parse(&note, buf_view(&asked->fetch.answer), NULL) != 0)
		return false;
	sync.source = buf_view(&asked->url);
	sync.source.n -= strlen("/checkpoint");
	return sync_signer(&sync, &note, checkpoint->size, keys, NULL) == 1;
}

static int judge(struct looking *looking, struct http_client *client, struct asked *asked, struct err *err)
{
	struct archive *archive = looking->archive;
	struct holder_contradiction found = {.word = EVIDENCE_CONSISTENT};
	struct str note = buf_view(&asked->fetch.answer);
	struct checkpoint checkpoint;
	struct buf keys = BUF_INIT;
	struct err why = ERR_INIT;
	enum seen_word word;
	int result;

	if (archive_seen(archive, note, &word, &checkpoint, &why) != 0) {
		say(looking, asked->who.p, "does not say how far it has seen this log", why.text);
		return 0;
	}
	asked->shown = word == SEEN_KNOWN || word == SEEN_AHEAD;
	asked->size = checkpoint.size;
	switch (word) {
	case SEEN_KNOWN:
		return 0;
	case SEEN_FOREIGN:
		if (leads_on(looking, asked, client, &checkpoint, &keys))
			break;
		buf_release(&keys);
		err_set(&why, ERR_MISMATCH,
			"%" PRIu64 " entries; if the key was changed after this copy was made, the copy is old (docs/keys.md)",
			checkpoint.size);
		say(looking, asked->who.p, "shows a checkpoint that this log's key has not signed; it was not believed", why.text);
		return 0;
	case SEEN_OTHER:
		if (contradiction_keep(
			    archive, log_checkpoint(archive_log(archive)), note, log_tiles(archive_log(archive)), &found, err) != 0)
			return err_note(err, "%s", asked->who.p);
		break;
	case SEEN_AHEAD:
		break;
	}
	result = archive_set_ahead(archive, buf_view(&asked->who), str_from(found.path), buf_view(&keys), note, err);
	buf_release(&keys);
	return result;
}

static int take_answers(struct looking *looking, struct http_client *client, struct err *err)
{
	for (size_t i = 0; i < looking->count; i++) {
		struct asked *asked = &looking->asked[i];
		struct err why = ERR_INIT;

		/* a witness that has cosigned nothing of this log yet has nothing to show */
		if (asked->fetch.result == 0 && asked->fetch.status == 404 && asked->witness)
			continue;
		if (asked->fetch.result == 0 && asked->fetch.status == 200) {
			if (judge(looking, client, asked, err) != 0)
				return -1;
			continue;
		}
		if (asked->fetch.result == 0)
			err_set(&why, ERR_SYSTEM, "%s: status %u", asked->url.p, asked->fetch.status);
		else if (asked->fetch.err.code == ERR_INTERRUPTED)
			err_set(&why, ERR_SYSTEM, "%s: no answer in time", asked->url.p);
		else
			why = asked->fetch.err;
		say(looking, asked->who.p, "could not be asked how far it has seen this log", why.text);
	}
	return 0;
}

static void remember(const struct looking *looking, int64_t now)
{
	struct holder_seen *seen;
	size_t count;

	holder_seen(looking->archive, &seen, &count);
	for (size_t i = 0; i < looking->count; i++) {
		const struct asked *asked = &looking->asked[i];

		if (asked->witness || asked->holder >= count)
			continue;
		seen[asked->holder].asked = now;
		if (!asked->shown)
			continue;
		seen[asked->holder].any = true;
		seen[asked->holder].size = asked->size;
		seen[asked->holder].time = now;
	}
	seen_remember(looking->archive, seen, count);
	free(seen);
}

static int ask(struct looking *looking, unsigned seconds, struct err *err)
{
	/* `stop` ends it in time; the rest only if it never were asked */
	const struct http_client_options patience = {
		.connect_seconds = seconds + 1, .stall_seconds = seconds + 1, .stop = is_over, .stop_context = looking};
	struct http_fetch **order = mem_array(looking->count + 1, sizeof(*order));
	struct http_client *client = NULL;
	struct err why = ERR_INIT;
	int result = 0;

	for (size_t i = 0; i < looking->count; i++) {
		struct asked *asked = &looking->asked[i];

		asked->fetch = (struct http_fetch){.url = asked->url.p, .max = NOTE_MAX, .seconds = seconds + 1, .result = -1};
		err_set(&asked->fetch.err, ERR_INTERRUPTED, "not asked");
		order[i] = &asked->fetch;
	}
	if (http_client_open(&client, &patience, &why) != 0) {
		say(looking, "witnesses and holders", "could not be asked how far they have seen this log", why.text);
	} else {
		(void)http_fetch_all(client, order, looking->count, PARALLEL, NULL, NULL, NULL);
		result = take_answers(looking, client, err);
	}
	http_client_close(client);
	free(order);
	return result;
}

int holder_look(struct archive *archive, const struct holder_look *options, struct err *err)
{
	struct looking looking = {.archive = archive, .options = options};
	unsigned seconds = options->seconds == 0 ? SECONDS : options->seconds;
	int64_t now = os_now();
	struct buf text = BUF_INIT;
	int result = -1;

	/* Somebody else's is compared by hold sync. */
	if (archive_is_holder(archive) && !archive_is_catching_up(archive))
		return 0;
	if (gather(&looking, err) != 0)
		goto out;
	looking.deadline = now + seconds;
	result = 0;
	if (looking.count == 0 || was_asked(&looking, now))
		goto out;
	result = ask(&looking, seconds, err);
	if (result != 0 || os_interrupted())
		goto out;
	format_seen(&text, &looking, now);
	/* Where it cannot be written they are asked every time. */
	(void)os_mkdir(archive_fd(archive), "derived", NULL);
	(void)os_replace(archive_fd(archive), SEEN_NAME, buf_view(&text), 0644, NULL);
	remember(&looking, now);
out:
	for (size_t i = 0; i < looking.count; i++) {
		buf_release(&looking.asked[i].who);
		buf_release(&looking.asked[i].url);
		buf_release(&looking.asked[i].fetch.answer);
	}
	free(looking.asked);
	buf_release(&text);
	return result;
}
