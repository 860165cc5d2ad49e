/* Polls: holders ask one another for proof that they still have the bytes. What is to be hashed hangs on a nonce, so that nobody can answer from
 * hashes that were stored; of a long file a piece chosen by the nonce is read, so that an answer costs what the sample costs.
 *
 *   answer = SHA-256( "photostat.poll/v1\n" ‖ nonce ‖ index ‖ for each content file of the version, in the order of its inventory's manifest:
 *                     offset ‖ count ‖ the bytes )                           numbers as 8 bytes, big-endian */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"
#include "internal.h"

#define PIECE 65536u

static void add_number(struct hasher *hasher, uint64_t number)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> (56 - 8 * i));
	hasher_add(hasher, bytes, sizeof(bytes));
}

/* Which piece of a file of this size. */
static uint64_t piece_offset(const unsigned char nonce[POLL_NONCE], uint64_t index, uint64_t file, uint64_t size)
{
	struct buf text = BUF_INIT;
	struct hash hash;

	if (size <= PIECE)
		return 0;
	buf_add(&text, nonce, POLL_NONCE);
	buf_be64(&text, index);
	buf_be64(&text, file);
	sha256(text.p, text.n, &hash);
	buf_release(&text);
	return be64_get(hash.b) % (size - PIECE + 1);
}

static int add_file(struct hasher *hasher, const unsigned char nonce[POLL_NONCE], uint64_t index, uint64_t file, int object,
	const char *path, char *bytes, struct err *err)
{
	struct stat status;
	uint64_t offset, count;
	ssize_t got;
	int fd = os_open(object, path, O_RDONLY | O_NONBLOCK, 0, err), result = -1;

	if (fd < 0 || os_stat_fd(fd, path, &status, err) != 0)
		goto out;
	offset = piece_offset(nonce, index, file, (uint64_t)status.st_size);
	count = (uint64_t)status.st_size - offset < PIECE ? (uint64_t)status.st_size - offset : PIECE;
	got = os_read_at(fd, bytes, count, offset, path, err);
	if (got < 0 || (uint64_t)got != count)
		goto out;
	add_number(hasher, offset);
	add_number(hasher, count);
	hasher_add(hasher, bytes, count);
	result = 0;
out:
	os_close(fd);
	return result;
}

struct newest {
	struct archive *archive;
	uint64_t version, by;
};

static int note_expunge(void *context, uint64_t index, struct str text, struct err *err)
{
	struct newest *newest = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (str_starts(text, STR("photostat.entry/v1 expunge\n")) && archive_holds(newest->archive, index) &&
		entry_parse(&entry, text, &arena, NULL) == 0)
		for (size_t i = 0; i < entry.rewritten_count; i++)
			if (entry.rewritten[i].version == newest->version)
				newest->by = index;
	arena_release(&arena);
	return 0;
}

/* What was never given to this holder, or cannot stand beside what it keeps, is no loss. */
static bool is_not_given(struct archive *archive, uint64_t index)
{
	size_t low = 0, high = archive_without_count(archive);
	enum without_why why;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (archive_without(archive, middle, &why) < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < archive_without_count(archive) && archive_without(archive, low, &why) == index &&
	       (why == WITHOUT_CLOSED || why == WITHOUT_BEHIND);
}

enum poll_word poll_answer(struct archive *archive, uint64_t index, const unsigned char nonce[POLL_NONCE], enum audience audience,
	struct hash *answer, uint64_t *expunged_by)
{
	struct object_version *object = NULL;
	struct arena arena = ARENA_INIT;
	struct access_view *view = NULL;
	struct archive_version version;
	struct buf text = BUF_INIT, path = BUF_INIT;
	enum poll_word word = POLL_MISSING;
	struct hasher *hasher = NULL;
	struct digest digest;
	struct entry entry;
	char *bytes = NULL;
	struct newest newest = {.archive = archive};
	bool unfollowed;

	*expunged_by = 0;
	if (index >= archive_known(archive)) {
		word = POLL_LATER;
		goto out;
	}
	if (log_entry(archive_log(archive), index, &text, NULL) != 0 || entry_parse(&entry, buf_view(&text), &arena, NULL) != 0 ||
		entry.kind != ENTRY_VERSION)
		goto out;
	if (access_view_open(&view, archive, entry.record, audience, NULL) != 0 || !access_may_read_inventory(view)) {
		word = POLL_CLOSED;
		goto out;
	}
	/* Who followed has other bytes: that they differ says nothing of either. */
	if (archive_unfollowed(archive, entry.record, entry.version, &unfollowed, NULL) != 0 || unfollowed) {
		word = POLL_CLOSED;
		goto out;
	}
	if (is_not_given(archive, index)) {
		word = POLL_CLOSED;
		goto out;
	}
	if (!archive_holds(archive, index) ||
		archive_open_version(archive, entry.record, entry.version, &object, &version, NULL) != 0 || version.index != index)
		goto out;
	bytes = mem_grow(NULL, 1, PIECE);
	hasher = hasher_new(DIGEST_SHA256);
	hasher_begin(hasher);
	hasher_add(hasher, "photostat.poll/v1\n", 18);
	hasher_add(hasher, nonce, POLL_NONCE);
	add_number(hasher, index);
	for (uint32_t i = 0; i < inventory_manifest_count(object_inventory(object)); i++)
		if (inventory_content(object_inventory(object), i, 0, &path) &&
			add_file(hasher, nonce, index, i, object_fd(object), path.p, bytes, NULL) != 0)
			goto out;
	hasher_end(hasher, &digest);
	memcpy(answer->b, digest.bytes, sizeof(answer->b));
	newest.version = version.version;
	if (version.expunged && archive_each_entry(archive, entry.record, note_expunge, &newest, NULL) != 0)
		goto out;
	*expunged_by = newest.by;
	word = POLL_ANSWERED;
out:
	hasher_free(hasher);
	free(bytes);
	object_free(object);
	access_view_free(view);
	arena_release(&arena);
	buf_release(&text);
	buf_release(&path);
	return word;
}

/* ---- requests and answers as text ---------------------------------------------------------------------------------------------------------- */

static const char *const poll_words[] = {"", "closed", "missing", "later"};

int poll_reply(struct archive *archive, struct str request, enum audience audience, struct buf *out, struct err *err)
{
	unsigned char nonce[POLL_NONCE];
	struct buf behind = BUF_INIT;
	struct str line;
	unsigned count = 0;

	if (!str_take_line(&request, &line) || !str_equal(line, POLL_HEADER) || !str_take_line(&request, &line) ||
		!str_starts(line, STR("nonce ")) || !hex_decode((struct str){line.p + 6, line.n - 6}, nonce, sizeof(nonce)))
		return err_set(err, ERR_SYNTAX, "this is no poll");
	buf_str(out, POLL_HEADER);
	buf_char(out, '\n');
	buf_printf(&behind, "known %" PRIu64 "\n", archive_known(archive));
	while (request.n > 0) {
		struct hash answer;
		enum poll_word word;
		uint64_t index, by;

		if (!str_take_line(&request, &line) || !decimal_parse(line, UINT64_MAX, &index) || ++count > POLL_SAMPLE_MAX) {
			buf_release(&behind);
			return err_set(err, ERR_SYNTAX, "this is no poll");
		}
		word = poll_answer(archive, index, nonce, audience, &answer, &by);
		if (by > 0)
			buf_printf(&behind, "expunged %" PRIu64 " %" PRIu64 "\n", index, by);
		buf_u64(out, index);
		buf_char(out, ' ');
		if (word == POLL_ANSWERED)
			buf_hex(out, answer.b, sizeof(answer.b));
		else
			buf_text(out, poll_words[word]);
		buf_char(out, '\n');
	}
	buf_str(out, buf_view(&behind));
	buf_release(&behind);
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------------------------- */

/* Of what was expunged and is here still the others have something else, or nothing. */
static bool is_as_the_keeper_has_it(struct archive *archive, struct str text)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;
	bool unfollowed = true, good;

	good = entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_VERSION &&
	       archive_unfollowed(archive, entry.record, entry.version, &unfollowed, NULL) == 0 && !unfollowed;
	arena_release(&arena);
	return good;
}

/* Entries of versions that are held here, drawn with equal chance; each once. */
static size_t draw(struct archive *archive, uint64_t *sample, size_t wanted)
{
	uint64_t known = archive_known(archive);
	size_t count = 0;

	for (size_t tries = 0; count < wanted && tries < 20 * wanted && known > 1; tries++) {
		struct buf text = BUF_INIT;
		uint64_t index;
		bool good;

		random_bytes(&index, sizeof(index));
		index = 1 + index % (known - 1);
		good = archive_holds(archive, index) && log_entry(archive_log(archive), index, &text, NULL) == 0 &&
		       is_as_the_keeper_has_it(archive, buf_view(&text));
		for (size_t i = 0; i < count && good; i++)
			good = sample[i] != index;
		if (good)
			sample[count++] = index;
		buf_release(&text);
	}
	return count;
}

/* A poll, and what came of it. */
struct polling {
	struct archive *archive;
	struct holder_polled *done;
	unsigned char nonce[POLL_NONCE];
	uint64_t *sample;
	size_t count;
	uint64_t *by;              /* of each of the sample: the expunge entry that the other one names; 0: none */
	uint64_t known;            /* there, as it says */
	struct poll_claim *claims; /* what these are to be believed for */
	size_t claim_count;
};

/* Where an answer counts; NULL: it is other bytes, and the other one names an expunge entry for it that is not followed here yet. */
static size_t *counter_of(struct polling *polling, size_t i, struct str said)
{
	struct holder_polled *done = polling->done;
	struct archive *archive = polling->archive;
	struct hash mine, theirs;
	uint64_t by;
	enum poll_word word = poll_answer(archive, polling->sample[i], polling->nonce, AUDIENCE_KEEPER, &mine, &by);

	if (str_equal(said, STR("closed")))
		return &done->closed;
	if (str_equal(said, STR("later")))
		return &done->later;
	if (word != POLL_ANSWERED)
		return &done->not_here;
	if (hex_decode(said, theirs.b, sizeof(theirs.b)) && hash_equal(&mine, &theirs))
		return &done->good;
	if (str_equal(said, STR("missing")))
		return &done->missing;
	if (by > 0 && by >= polling->known) /* what it has is the version from before, which is gone here */
		return &done->later;
	return polling->by[i] >= archive_known(archive) ? NULL : &done->wrong;
}

static void judge(struct polling *polling, size_t i, struct str said)
{
	size_t *counter = counter_of(polling, i, said);

	if (counter != NULL)
		(*counter)++;
	else
		polling->claims[polling->claim_count++] = (struct poll_claim){polling->sample[i], polling->by[i]};
}

/* What stands behind the answers: how far the other one is, and expunge entries that it followed. Of what is not known nothing is made. */
static void take_behind(struct polling *polling, struct str rest)
{
	struct str line, word;
	uint64_t index, by;
	size_t at = 0;

	while (str_take_line(&rest, &line)) {
		if (!str_take_until(&line, ' ', &word) || line.p == NULL)
			continue;
		if (str_equal(word, STR("known"))) {
			(void)decimal_parse(line, UINT64_MAX, &polling->known);
			continue;
		}
		if (!str_equal(word, STR("expunged")) || !str_take_until(&line, ' ', &word) || line.p == NULL ||
			!decimal_parse(word, UINT64_MAX, &index) || !decimal_parse(line, UINT64_MAX - 1, &by))
			continue;
		while (at < polling->count && polling->sample[at] != index)
			at++; /* in the order that was asked */
		if (at < polling->count)
			polling->by[at] = by;
	}
}

static int read_reply(struct polling *polling, struct str reply, struct err *err)
{
	struct str *said = mem_array(polling->count + 1, sizeof(*said)), line, word;
	uint64_t index;
	int result = -1;

	if (!str_take_line(&reply, &line) || !str_equal(line, POLL_HEADER)) {
		err_set(err, ERR_SYNTAX, "the answer is none to a poll");
		goto out;
	}
	for (size_t i = 0; i < polling->count; i++) {
		if (!str_take_line(&reply, &line) || !str_take_until(&line, ' ', &word) || line.p == NULL ||
			!decimal_parse(word, UINT64_MAX, &index) || index != polling->sample[i]) {
			err_set(err, ERR_SYNTAX, "the answer is none to this poll");
			goto out;
		}
		said[i] = line;
	}
	polling->known = UINT64_MAX;
	take_behind(polling, reply);
	for (size_t i = 0; i < polling->count; i++)
		judge(polling, i, said[i]);
	result = 0;
out:
	free(said);
	return result;
}

/* The claims without proof are excuses. */
static void settle(struct polling *polling, struct http_client *client, struct str url)
{
	size_t proven = polling->claim_count == 0
				? 0
				: poll_claims_proven(polling->archive, client, url, polling->claims, polling->claim_count);

	polling->done->expunged += proven;
	polling->done->wrong += polling->claim_count - proven;
}

int holder_poll(struct archive *archive, struct str url, size_t wanted, struct holder_polled *done, struct err *err)
{
	struct http_fetch fetch = {.post = true, .body_type = "text/plain", .max = 1u << 20, .seconds = 300};
	struct http_client *client = NULL;
	struct signer *signer = NULL;
	struct buf at = BUF_INIT, body = BUF_INIT;
	struct polling polling = {.archive = archive, .done = done};
	int result = -1;

	memset(done, 0, sizeof(*done));
	if (wanted == 0 || wanted > POLL_SAMPLE_MAX)
		return err_set(err, ERR_USAGE, "a poll asks for 1 to %u versions", POLL_SAMPLE_MAX);
	polling.sample = mem_array(wanted, sizeof(*polling.sample));
	polling.by = mem_array(wanted, sizeof(*polling.by));
	polling.claims = mem_array(wanted, sizeof(*polling.claims));
	polling.count = done->asked = draw(archive, polling.sample, wanted);
	random_bytes(polling.nonce, sizeof(polling.nonce));
	buf_str(&body, POLL_HEADER);
	buf_text(&body, "\nnonce ");
	buf_hex(&body, polling.nonce, sizeof(polling.nonce));
	buf_char(&body, '\n');
	for (size_t i = 0; i < done->asked; i++) {
		buf_u64(&body, polling.sample[i]);
		buf_char(&body, '\n');
	}
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	buf_str(&at, url);
	buf_text(&at, "/api/v1/poll");
	fetch.url = at.p;
	fetch.body = buf_view(&body);
	if (http_url_check(url, err) != 0 || signer_open(&signer, archive, NULL, err) != 0 ||
		signer_client(&client, signer, NULL, err) != 0 || http_fetch(client, &fetch, err) != 0)
		goto out;
	if (fetch.status != 200) {
		err_set(err, ERR_NOT_FOUND, "%s: status %u: nobody answers polls there", at.p, fetch.status);
		goto out;
	}
	result = read_reply(&polling, buf_view(&fetch.answer), err);
	if (result != 0)
		err_note(err, "%s", at.p);
	else
		settle(&polling, client, url);
	/* Of a loss of one in a thousand: the chance that this poll met it, and how many polls meet it with 99.9 %. */
	if (done->good > 0) {
		done->confidence = 1 - pow(1 - 0.001, (double)done->good);
		done->polls_needed = (uint64_t)ceil(log(0.001) / ((double)done->good * log(1 - 0.001)));
	}
out:
	http_client_close(client);
	signer_free(signer);
	buf_release(&fetch.answer);
	buf_release(&at);
	buf_release(&body);
	free(polling.sample);
	free(polling.by);
	free(polling.claims);
	return result;
}
