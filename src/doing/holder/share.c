/* What an archive gives to others over HTTP: its log as it lies, open content, versions for holders. Decides nothing about access by itself
 * (P6): archive's access_view does.
 *
 * Several threads answer; each borrows a handle of the archive for as long as it reads, never while a peer is waited for. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entitled.h"
#include "internal.h"

#define HANDLES_MAX 16u /* that are kept; more are opened when needed, and closed again */

struct share {
	char *path;
	struct entitled *entitled;
	pthread_mutex_t lock;
	struct archive *idle[HANDLES_MAX];
	unsigned idle_count;
};

int share_open(struct share **out, const char *path, const struct str *names, size_t name_count, struct err *err)
{
	struct archive *archive;
	struct share *share;

	*out = NULL;
	if (archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, err) != 0)
		return -1;
	share = mem_alloc(sizeof(*share));
	share->path = mem_dup(str_from(path));
	share->entitled = entitled_new(names, name_count);
	pthread_mutex_init(&share->lock, NULL);
	share->idle[share->idle_count++] = archive;
	*out = share;
	return 0;
}

void share_close(struct share *share)
{
	if (share == NULL)
		return;
	for (unsigned i = 0; i < share->idle_count; i++)
		archive_close(share->idle[i]);
	pthread_mutex_destroy(&share->lock);
	entitled_free(share->entitled);
	free(share->path);
	free(share);
}

static struct archive *borrow(struct share *share, struct err *err)
{
	struct archive *archive = NULL;

	pthread_mutex_lock(&share->lock);
	if (share->idle_count > 0)
		archive = share->idle[--share->idle_count];
	pthread_mutex_unlock(&share->lock);
	if (archive != NULL && archive_refresh(archive, NULL) == 0)
		return archive;
	archive_close(archive);
	return archive_open(&archive, share->path, ARCHIVE_READ, NULL, NULL, err) == 0 ? archive : NULL;
}

static void give_back(struct share *share, struct archive *archive)
{
	pthread_mutex_lock(&share->lock);
	if (share->idle_count < HANDLES_MAX) {
		share->idle[share->idle_count++] = archive;
		archive = NULL;
	}
	pthread_mutex_unlock(&share->lock);
	archive_close(archive);
}

/* ---- small answers ------------------------------------------------------------------------------------------------------------------ */

#define PLAIN "text/plain; charset=utf-8"

static void not_found(struct http_request *request)
{
	http_answer(request, 404, PLAIN, STR("there is nothing here under that name, or nothing that is open\n"));
}

static void failed(struct http_request *request, const struct err *err)
{
	bool for_now = err->code == ERR_CONFLICT || err_is_for_now(err);

	/* What went wrong inside is the keeper's business. */
	if (err->code == ERR_NOT_FOUND || err->code == ERR_USAGE) {
		not_found(request);
		return;
	}
	if (for_now)
		http_answer_header(request, "Retry-After", "5");
	http_answer(request, for_now ? 503 : 500, PLAIN, STR("this cannot be answered now; come again\n"));
}

static void answer_checkpoint(struct archive *archive, struct http_request *request)
{
	struct buf note = BUF_INIT;
	struct err err = ERR_INIT;

	if (os_read_file(log_fd(archive_log(archive)), "checkpoint", NOTE_MAX, &note, &err) != 0) {
		failed(request, &err);
	} else {
		http_answer_header(request, "Cache-Control", "no-cache");
		http_answer(request, 200, PLAIN, buf_view(&note));
	}
	buf_release(&note);
}

static void answer_tile(struct archive *archive, struct http_request *request, struct str path)
{
	struct buf name = BUF_INIT;
	struct err err = ERR_INIT;
	struct stat status;
	struct tile tile;
	int fd = -1;

	buf_str(&name, path);
	if (tile_path_parse(&tile, path, &err) != 0) {
		not_found(request);
		goto out;
	}
	fd = os_open(log_fd(archive_log(archive)), name.p, O_RDONLY | O_NONBLOCK, 0, &err);
	if (fd < 0 || os_stat_fd(fd, name.p, &status, &err) != 0 || !S_ISREG(status.st_mode)) {
		err.code = err.code == ERR_SYSTEM ? ERR_SYSTEM : ERR_NOT_FOUND;
		failed(request, &err);
		goto out;
	}
	http_answer_header(request, "Cache-Control", "public, max-age=31536000, immutable");
	http_answer_file(request, "application/octet-stream", fd, (uint64_t)status.st_size);
	fd = -1;
out:
	os_close(fd);
	buf_release(&name);
}

/* What not everybody may have is nobody else's to keep. */
static void say_cache(struct http_request *request, enum audience audience)
{
	http_answer_header(request, "Cache-Control", audience == AUDIENCE_KEEPER ? "private, no-store" : "no-cache");
}

static void answer_status(struct archive *archive, struct http_request *request, enum audience audience)
{
	struct buf text = BUF_INIT;

	buf_text(&text, "{\"v\":1,\"type\":\"status\",\"origin\":");
	buf_json(&text, archive_origin(archive));
	buf_printf(&text, ",\"size\":%" PRIu64 ",\"known\":%" PRIu64 ",\"without\":%zu,\"holder\":%s,\"entitled\":%s}\n",
		log_size(archive_log(archive)), archive_known(archive), archive_without_count(archive),
		archive_is_holder(archive) ? "true" : "false", audience == AUDIENCE_KEEPER ? "true" : "false");
	say_cache(request, audience);
	http_answer(request, 200, "application/json", buf_view(&text));
	buf_release(&text);
}

/* Of a holder: which expunges of the keeper's it does not follow. The entries are public, and so is what each made of them. */
static void answer_expunctions(struct archive *archive, struct http_request *request, enum audience audience)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (!archive_is_holder(archive) || archive_is_catching_up(archive)) {
		not_found(request);
	} else if (decisions_answer(archive, &text, &err) != 0) {
		failed(request, &err);
	} else {
		say_cache(request, audience);
		http_answer(request, 200, PLAIN, buf_view(&text));
	}
	buf_release(&text);
}

/* ---- versions for holders --------------------------------------------------------------------------------------------------------------- */

/* One answer on its way. Between two calls of `make` it holds at most one open file and no handle of the archive. */
struct sending {
	struct share *share;
	enum audience audience;
	uint64_t at, last;
	struct buf out; /* made and not sent yet: sent of it */
	size_t sent;
	int fd; /* the file under way, left bytes of it */
	uint64_t left;
	struct object_version *object; /* of entry at - 1, whose content files from `manifest` on are still to be sent */
	uint32_t manifest;
	bool done;
};

/* What becomes of an entry; with an object if it is held. */
static enum stream_word look(struct sending *sending, struct archive *archive, struct buf *text, struct object_version **object,
	struct archive_version *version)
{
	struct arena arena = ARENA_INIT;
	struct access_view *view = NULL;
	enum stream_word word = STREAM_NONE;
	struct entry entry;

	if (log_entry(archive_log(archive), sending->at, text, NULL) != 0 ||
		entry_parse(&entry, buf_view(text), &arena, NULL) != 0 || entry.kind != ENTRY_VERSION)
		goto out;
	word = STREAM_CLOSED;
	if (access_view_open(&view, archive, entry.record, sending->audience, NULL) != 0)
		goto out;
	if (!access_may_read_inventory(view)) {
		if (access_may_see_record(view) && archive_holds(archive, sending->at))
			word = STREAM_PARTLY;
		goto out;
	}
	word = STREAM_GONE;
	if (archive_holds(archive, sending->at) &&
		archive_open_version(archive, entry.record, entry.version, object, version, NULL) == 0) {
		if (version->index == sending->at)
			word = STREAM_HELD;
	}
out:
	if (word != STREAM_HELD) {
		object_free(*object);
		*object = NULL;
	}
	access_view_free(view);
	arena_release(&arena);
	return word;
}

static int put_inventory(struct sending *sending, const struct object_version *object, uint64_t version, struct err *err)
{
	struct buf json = BUF_INIT;
	char path[48];
	int result;

	(void)snprintf(path, sizeof(path), "v%" PRIu64 "/" OCFL_INVENTORY, version);
	result = os_read_file(object_fd(object), path, STREAM_INVENTORY_MAX, &json, err);
	if (result == 0) {
		buf_printf(&sending->out, "inventory %zu\n", json.n);
		buf_str(&sending->out, buf_view(&json));
		buf_char(&sending->out, '\n');
	}
	buf_release(&json);
	return result;
}

static int next_entry(struct sending *sending, struct err *err)
{
	static const char *const words[] = {"held", "closed", "none", "gone", "partly"};
	struct object_version *object = NULL;
	struct archive_version version;
	struct archive *archive;
	struct buf text = BUF_INIT;
	enum stream_word word;
	int result = 0;

	archive = borrow(sending->share, err);
	if (archive == NULL)
		return -1;
	word = look(sending, archive, &text, &object, &version);
	buf_printf(&sending->out, "entry %" PRIu64 " %s\n", sending->at, words[word]);
	if (word == STREAM_HELD)
		result = put_inventory(sending, object, version.version, err);
	give_back(sending->share, archive);
	sending->at++;
	sending->object = object;
	sending->manifest = 0;
	buf_release(&text);
	return result;
}

/* The next content file of the version itself: 1, 0 no more, -1. */
static int next_file(struct sending *sending, struct err *err)
{
	const struct inventory *inventory = object_inventory(sending->object);
	struct buf content = BUF_INIT;
	char prefix[48];
	struct stat status;
	int result = 0;

	(void)snprintf(prefix, sizeof(prefix), "v%u/content/", inventory_head(inventory));
	while (result == 0 && sending->manifest < inventory_manifest_count(inventory)) {
		uint32_t at = sending->manifest++;

		for (size_t which = 0; inventory_content(inventory, at, which, &content); which++) {
			if (!str_starts(buf_view(&content), str_from(prefix)))
				continue;
			sending->fd = os_open(object_fd(sending->object), content.p, O_RDONLY | O_NONBLOCK, 0, err);
			if (sending->fd < 0 || os_stat_fd(sending->fd, content.p, &status, err) != 0 || !S_ISREG(status.st_mode)) {
				result = -1;
				break;
			}
			sending->left = (uint64_t)status.st_size;
			buf_printf(&sending->out, "%s %" PRIu64 " %zu\n", sending->left > STREAM_LARGE ? "large" : "file",
				sending->left, content.n);
			buf_str(&sending->out, buf_view(&content));
			buf_char(&sending->out, '\n');
			if (sending->left > STREAM_LARGE) {
				os_close(sending->fd);
				sending->fd = -1;
				sending->left = 0;
			}
			result = 1;
			break; /* photostat keeps the same bytes once in a version */
		}
	}
	buf_release(&content);
	return result;
}

static int go_on(struct sending *sending, struct err *err)
{
	int more;

	buf_clear(&sending->out);
	sending->sent = 0;
	if (sending->object != NULL) {
		more = next_file(sending, err);
		if (more != 0)
			return more < 0 ? -1 : 0;
		object_free(sending->object);
		sending->object = NULL;
	}
	if (sending->at < sending->last)
		return next_entry(sending, err);
	buf_text(&sending->out, "end\n");
	sending->done = true;
	return 0;
}

static ssize_t make(void *context, char *bytes, size_t max)
{
	struct sending *sending = context;
	size_t n = 0;

	while (n < max) {
		if (sending->sent < sending->out.n) {
			size_t piece = sending->out.n - sending->sent < max - n ? sending->out.n - sending->sent : max - n;

			memcpy(bytes + n, sending->out.p + sending->sent, piece);
			sending->sent += piece;
			n += piece;
		} else if (sending->fd >= 0 && sending->left > 0) {
			size_t piece = sending->left < max - n ? (size_t)sending->left : max - n;

			if (os_read(sending->fd, bytes + n, piece, "a file", NULL) != (ssize_t)piece)
				return -1; /* it shrank: the peer sees that it was cut off */
			sending->left -= piece;
			n += piece;
		} else if (sending->fd >= 0) {
			os_close(sending->fd);
			sending->fd = -1;
			buf_clear(&sending->out);
			sending->sent = 0;
			buf_char(&sending->out, '\n');
		} else if (sending->done) {
			break;
		} else if (go_on(sending, NULL) != 0) {
			return -1;
		}
	}
	return (ssize_t)n;
}

static void sending_free(void *context)
{
	struct sending *sending = context;

	object_free(sending->object);
	os_close(sending->fd);
	buf_release(&sending->out);
	free(sending);
}

/* "FIRST-LAST": entries from FIRST up to but not LAST. */
static void answer_versions(
	struct share *share, struct archive *archive, struct http_request *request, struct str range, enum audience audience)
{
	struct sending *sending;
	struct str first_text;
	uint64_t first, last;

	if (!str_take_until(&range, '-', &first_text) || range.p == NULL || !decimal_parse(first_text, UINT64_MAX, &first) ||
		!decimal_parse(range, UINT64_MAX, &last) || first >= last || last - first > STREAM_ENTRIES_MAX ||
		last > archive_known(archive)) {
		not_found(request);
		return;
	}
	sending = mem_alloc(sizeof(*sending));
	sending->share = share;
	sending->audience = audience;
	sending->at = first;
	sending->last = last;
	sending->fd = -1;
	buf_str(&sending->out, STREAM_HEADER);
	buf_char(&sending->out, '\n');
	say_cache(request, audience);
	http_answer_made(request, 200, STREAM_TYPE, make, sending_free, sending);
}

/* ---- single files ---------------------------------------------------------------------------------------------------------------------- */

/* Opens entry `index`'s object if a reader of this audience may have all of it. */
static int open_entry(
	struct archive *archive, uint64_t index, enum audience audience, struct object_version **object, struct err *err)
{
	struct archive_version version;
	struct arena arena = ARENA_INIT;
	struct access_view *view = NULL;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = -1;

	if (!archive_holds(archive, index) || log_entry(archive_log(archive), index, &text, err) != 0 ||
		entry_parse(&entry, buf_view(&text), &arena, err) != 0 || entry.kind != ENTRY_VERSION ||
		access_view_open(&view, archive, entry.record, audience, err) != 0 || !access_may_read_inventory(view)) {
		(void)access_refuse(err);
		goto out;
	}
	result = archive_open_version(archive, entry.record, entry.version, object, &version, err);
out:
	access_view_free(view);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

/* "INDEX/PATH": a file of the object as its version's inventory names it, or that inventory. */
static void answer_object_file(struct archive *archive, struct http_request *request, struct str rest, enum audience audience)
{
	struct object_version *object = NULL;
	struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	struct str number;
	struct stat status;
	char own[48];
	uint64_t index;
	uint32_t manifest;
	int fd = -1;

	if (!str_take_until(&rest, '/', &number) || rest.p == NULL || !decimal_parse(number, UINT64_MAX, &index) ||
		open_entry(archive, index, audience, &object, &err) != 0) {
		err.code = err.code == ERR_NONE ? ERR_NOT_FOUND : err.code;
		failed(request, &err);
		goto out;
	}
	(void)snprintf(own, sizeof(own), "v%u/" OCFL_INVENTORY, inventory_head(object_inventory(object)));
	buf_str(&path, rest);
	if (!str_equal(rest, str_from(own)) && !inventory_find_content(object_inventory(object), rest, &manifest)) {
		not_found(request);
		goto out;
	}
	fd = os_open(object_fd(object), path.p, O_RDONLY | O_NONBLOCK, 0, &err);
	if (fd < 0 || os_stat_fd(fd, path.p, &status, &err) != 0 || !S_ISREG(status.st_mode)) {
		failed(request, &err);
		goto out;
	}
	say_cache(request, audience);
	http_answer_file(request, "application/octet-stream", fd, (uint64_t)status.st_size);
	fd = -1;
out:
	os_close(fd);
	object_free(object);
	buf_release(&path);
}

/* ---- what is open of the partly closed -------------------------------------------------------------------------------------------------- */

/* "INDEX": the opening of its open files; "INDEX/PATH": one of them. */
static void answer_open(struct archive *archive, struct http_request *request, struct str rest, enum audience audience)
{
	struct buf disclosure = BUF_INIT;
	struct err err = ERR_INIT;
	struct str number;
	struct stat status;
	uint64_t index;
	bool file = memchr(rest.p, '/', rest.n) != NULL;
	int fd = -1;

	if (!str_take_until(&rest, '/', &number) || !decimal_parse(number, UINT64_MAX, &index)) {
		not_found(request);
		return;
	}
	say_cache(request, audience);
	if (file && (fd = share_open_file(archive, index, rest, audience, &status, &err)) >= 0)
		http_answer_file(request, "application/octet-stream", fd, (uint64_t)status.st_size);
	else if (!file && share_disclosure(archive, index, audience, &disclosure, &err) == 0)
		http_answer(request, 200, "application/octet-stream", buf_view(&disclosure));
	else
		failed(request, &err);
	buf_release(&disclosure);
}

/* ---- polls -------------------------------------------------------------------------------------------------------------------------------- */

static void answer_poll(struct archive *archive, struct http_request *request, enum audience audience)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (poll_reply(archive, http_request_body(request), audience, &text, &err) != 0)
		http_answer(request, 400, PLAIN, STR("this is no poll\n"));
	else
		http_answer(request, 200, PLAIN, buf_view(&text));
	buf_release(&text);
}

void share_begin(struct share *share, struct http_request *request)
{
	(void)share;
	if (http_request_method(request) == HTTP_POST && str_equal(http_request_path(request), STR("/api/v1/poll")))
		http_take_body(request, POLL_REQUEST_MAX);
}

/* ---- routes ---------------------------------------------------------------------------------------------------------------------------- */

static bool after(struct str path, struct str prefix, struct str *rest)
{
	if (!str_starts(path, prefix))
		return false;
	*rest = (struct str){path.p + prefix.n, path.n - prefix.n};
	return true;
}

/* Who asks; false: answered already. */
static bool admit(struct share *share, struct archive *archive, struct http_request *request, enum audience *audience)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (entitled_judge(share->entitled, archive, request, audience, &err) == 0)
		return true;
	buf_printf(&text, "%s\n", err.text);
	http_answer_header(request, "Cache-Control", "no-store");
	http_answer(request, 401, PLAIN, buf_view(&text));
	buf_release(&text);
	return false;
}

/* "INDEX": the note of an access or expunge entry, for who is entitled. */
static void answer_note(struct archive *archive, struct http_request *request, struct str rest, enum audience audience)
{
	struct buf note = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t index;

	say_cache(request, audience);
	if (audience != AUDIENCE_KEEPER || !decimal_parse(rest, UINT64_MAX, &index))
		not_found(request);
	else if (archive_note(archive, index, &note, &err) != 0)
		failed(request, &err);
	else
		http_answer(request, 200, "application/json", buf_view(&note));
	buf_release(&note);
}

static void answer_api(struct share *share, struct archive *archive, struct http_request *request, struct str path)
{
	enum audience audience;
	struct str rest;

	if (!admit(share, archive, request, &audience))
		return;
	if (http_request_method(request) == HTTP_POST)
		answer_poll(archive, request, audience);
	else if (str_equal(path, STR("status")))
		answer_status(archive, request, audience);
	else if (str_equal(path, STR("expunctions")))
		answer_expunctions(archive, request, audience);
	else if (after(path, STR("versions/"), &rest))
		answer_versions(share, archive, request, rest, audience);
	else if (after(path, STR("objects/"), &rest))
		answer_object_file(archive, request, rest, audience);
	else if (after(path, STR("notes/"), &rest))
		answer_note(archive, request, rest, audience);
	else if (after(path, STR("open/"), &rest))
		answer_open(archive, request, rest, audience);
	else
		not_found(request);
}

bool share_answer(struct share *share, struct http_request *request)
{
	struct str path = http_request_path(request), rest;
	enum http_method method = http_request_method(request);
	struct archive *archive;
	struct err err = ERR_INIT;
	bool ours = str_equal(path, STR("/checkpoint")) || str_starts(path, STR("/tile/")) || str_starts(path, STR("/api/v1/")) ||
		    str_starts(path, STR("/r/"));

	if (!ours)
		return false;
	if (method != HTTP_GET && method != HTTP_HEAD && !(method == HTTP_POST && str_equal(path, STR("/api/v1/poll")))) {
		http_answer_header(request, "Allow", "GET, HEAD");
		http_answer(request, 405, PLAIN, STR("this can only be read\n"));
		return true;
	}
	archive = borrow(share, &err);
	if (archive == NULL) {
		failed(request, &err);
		return true;
	}
	if (str_equal(path, STR("/checkpoint")))
		answer_checkpoint(archive, request);
	else if (after(path, STR("/api/v1/"), &rest))
		answer_api(share, archive, request, rest);
	else if (after(path, STR("/r/"), &rest)) {
		if (!share_record(archive, request, rest, &err)) {
			if (err_is_for_now(&err))
				failed(request, &err);
			else
				not_found(request);
		}
	} else if (after(path, STR("/"), &rest))
		answer_tile(archive, request, rest);
	give_back(share, archive);
	return true;
}
