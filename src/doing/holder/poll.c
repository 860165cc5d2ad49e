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

enum poll_word poll_answer(
	struct archive *archive, uint64_t index, const unsigned char nonce[POLL_NONCE], enum audience audience, struct hash *answer)
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
	bool unfollowed;

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
	struct str line;
	unsigned count = 0;

	if (!str_take_line(&request, &line) || !str_equal(line, POLL_HEADER) || !str_take_line(&request, &line) ||
		!str_starts(line, STR("nonce ")) || !hex_decode((struct str){line.p + 6, line.n - 6}, nonce, sizeof(nonce)))
		return err_set(err, ERR_SYNTAX, "this is no poll");
	buf_str(out, POLL_HEADER);
	buf_char(out, '\n');
	while (request.n > 0) {
		struct hash answer;
		enum poll_word word;
		uint64_t index;

		if (!str_take_line(&request, &line) || !decimal_parse(line, UINT64_MAX, &index) || ++count > POLL_SAMPLE_MAX)
			return err_set(err, ERR_SYNTAX, "this is no poll");
		word = poll_answer(archive, index, nonce, audience, &answer);
		buf_u64(out, index);
		buf_char(out, ' ');
		if (word == POLL_ANSWERED)
			buf_hex(out, answer.b, sizeof(answer.b));
		else
			buf_text(out, poll_words[word]);
		buf_char(out, '\n');
	}
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

static void judge(
	struct archive *archive, const unsigned char nonce[POLL_NONCE], uint64_t index, struct str said, struct holder_polled *done)
{
	struct hash mine, theirs;
	enum poll_word word = poll_answer(archive, index, nonce, AUDIENCE_KEEPER, &mine);

	if (str_equal(said, STR("closed")))
		done->closed++;
	else if (str_equal(said, STR("later")))
		done->later++;
	else if (word != POLL_ANSWERED)
		done->not_here++;
	else if (hex_decode(said, theirs.b, sizeof(theirs.b)) && hash_equal(&mine, &theirs))
		done->good++;
	else if (str_equal(said, STR("missing")))
		done->missing++;
	else
		done->wrong++;
}

static int read_reply(struct archive *archive, const unsigned char nonce[POLL_NONCE], const uint64_t *sample, size_t count,
	struct str reply, struct holder_polled *done, struct err *err)
{
	struct str line, word;
	uint64_t index;

	if (!str_take_line(&reply, &line) || !str_equal(line, POLL_HEADER))
		return err_set(err, ERR_SYNTAX, "the answer is none to a poll");
	for (size_t i = 0; i < count; i++) {
		if (!str_take_line(&reply, &line) || !str_take_until(&line, ' ', &word) || line.p == NULL ||
			!decimal_parse(word, UINT64_MAX, &index) || index != sample[i])
			return err_set(err, ERR_SYNTAX, "the answer is none to this poll");
		judge(archive, nonce, index, line, done);
	}
	return 0;
}

int holder_poll(struct archive *archive, struct str url, size_t wanted, struct holder_polled *done, struct err *err)
{
	struct http_fetch fetch = {.post = true, .body_type = "text/plain", .max = 1u << 20, .seconds = 300};
	struct http_client *client = NULL;
	struct signer *signer = NULL;
	struct buf at = BUF_INIT, body = BUF_INIT;
	unsigned char nonce[POLL_NONCE];
	uint64_t *sample;
	int result = -1;

	memset(done, 0, sizeof(*done));
	if (wanted == 0 || wanted > POLL_SAMPLE_MAX)
		return err_set(err, ERR_USAGE, "a poll asks for 1 to %u versions", POLL_SAMPLE_MAX);
	sample = mem_array(wanted, sizeof(*sample));
	done->asked = draw(archive, sample, wanted);
	random_bytes(nonce, sizeof(nonce));
	buf_str(&body, POLL_HEADER);
	buf_text(&body, "\nnonce ");
	buf_hex(&body, nonce, sizeof(nonce));
	buf_char(&body, '\n');
	for (size_t i = 0; i < done->asked; i++) {
		buf_u64(&body, sample[i]);
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
	result = read_reply(archive, nonce, sample, done->asked, buf_view(&fetch.answer), done, err);
	if (result != 0)
		err_note(err, "%s", at.p);
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
	free(sample);
	return result;
}
