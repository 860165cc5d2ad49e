/* The mirror's calls over HTTP: add-checkpoint and add-entries below the submission prefix, the mirrored logs below the monitoring prefix. */
#include <stdio.h>
#include <string.h>

#include "mirror.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define TILE_TYPE "application/octet-stream"

static void refuse_method(struct http_request *request, const char *allowed)
{
	http_answer_header(request, "Allow", allowed);
	http_answer(request, 405, TEXT_TYPE, STR("not by this method\n"));
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------- */

/* "HASH/checkpoint", "HASH/tile/…" of a log that is known here. */
static bool is_monitoring(struct mirror *mirror, struct str rest, struct witness_log **log, struct str *path)
{
	struct str hash = {rest.p, HOLDER_HASH_TEXT - 1};

	if (rest.n <= HOLDER_HASH_TEXT || rest.p[HOLDER_HASH_TEXT - 1] != '/')
		return false;
	*log = witness_find_hash(mirror->judge, hash);
	*path = (struct str){rest.p + HOLDER_HASH_TEXT, rest.n - HOLDER_HASH_TEXT};
	return *log != NULL;
}

static void not_found(struct http_request *request)
{
	http_answer(request, 404, TEXT_TYPE, STR("there is no such checkpoint or tile here\n"));
}

/* Replaced whole, and never before it may be seen: no lock is needed. */
static void failed(struct http_request *request, const struct err *why, struct str said)
{
	if (err_is_for_now(why))
		http_answer_header(request, "Retry-After", "5");
	http_answer(request, err_is_for_now(why) ? 503 : 500, TEXT_TYPE, said);
}

static void answer_checkpoint(struct mirror *mirror, struct http_request *request, const struct witness_log *log)
{
	struct buf note = BUF_INIT;
	struct err why = ERR_INIT;
	char path[MIRROR_LOG_PATH + 16];

	(void)snprintf(path, sizeof(path), "log/%s/checkpoint", log->state.hash);
	if (os_read_file(mirror->judge->dir, path, NOTE_MAX, &note, &why) == 0) {
		http_answer_header(request, "Cache-Control", "no-cache");
		http_answer(request, 200, TEXT_TYPE, buf_view(&note));
	} else if (why.code == ERR_NOT_FOUND) {
		not_found(request);
	} else {
		failed(request, &why, STR("the checkpoint cannot be read\n"));
	}
	buf_release(&note);
}

static void answer_tile(struct mirror *mirror, struct http_request *request, const struct witness_log *log, struct str path)
{
	char name[MIRROR_LOG_PATH + TILE_PATH_MAX + 1], below[TILE_PATH_MAX];
	struct tile tile;
	struct stat status;
	struct err why = ERR_INIT;
	int fd;

	if (tile_path_parse(&tile, path, NULL) != 0) {
		not_found(request);
		return;
	}
	(void)tile_path(below, &tile);
	(void)snprintf(name, sizeof(name), "log/%s/%s", log->state.hash, below);
	fd = os_open(mirror->judge->dir, name, O_RDONLY | O_NONBLOCK, 0, &why);
	if (fd < 0 || os_stat_fd(fd, name, &status, &why) != 0 || !S_ISREG(status.st_mode)) {
		os_close(fd);
		if (why.code == ERR_NOT_FOUND)
			not_found(request);
		else
			failed(request, &why, STR("the tile cannot be read\n"));
		return;
	}
	http_answer_header(request, "Cache-Control", "public, max-age=31536000, immutable");
	http_answer_file(request, TILE_TYPE, fd, (uint64_t)status.st_size);
}

/* ---- uploads ------------------------------------------------------------------------------------------------------------------------------ */

static bool take_piece(void *context, struct http_request *request, struct str piece)
{
	(void)context;
	return mirror_upload_take(http_request_kept(request), piece);
}

static void begin_upload(struct mirror *mirror, struct http_request *request)
{
	struct str type, name;

	/* parameters behind it say nothing here */
	if (!http_request_header(request, "Content-Type", &type) || !str_take_until(&type, ';', &name) ||
		!str_equal(name, STR(MIRROR_ENTRIES_TYPE))) {
		http_answer(request, 415, TEXT_TYPE, STR("entries are of the type " MIRROR_ENTRIES_TYPE "\n"));
		return;
	}
	http_request_keep(request, mirror_upload_begin(mirror));
	/* Without end: what is taken is proven package by package, and the memory is that of one. */
	http_stream_body(request, UINT64_MAX, take_piece, NULL);
}

bool mirror_begin(struct mirror *mirror, struct http_request *request, struct str rest)
{
	enum http_method method = http_request_method(request);
	struct witness_log *log;
	struct str path;

	if (str_equal(rest, STR("add-checkpoint")) || str_equal(rest, STR("add-entries"))) {
		http_answer_header(request, "Accept-Encoding", "gzip");
		if (method != HTTP_POST)
			refuse_method(request, "POST");
		else if (str_equal(rest, STR("add-entries")))
			begin_upload(mirror, request);
		else
			http_take_body(request, WITNESS_BODY_MAX);
		return true;
	}
	if (!is_monitoring(mirror, rest, &log, &path))
		return false;
	if (method != HTTP_GET && method != HTTP_HEAD)
		refuse_method(request, "GET, HEAD");
	else if (str_equal(path, STR("checkpoint")))
		answer_checkpoint(mirror, request, log);
	else
		answer_tile(mirror, request, log, path);
	return true;
}

void mirror_end(struct mirror *mirror, struct http_request *request, struct str rest)
{
	struct mirror_upload_state *upload = http_request_kept(request);
	struct buf answer = BUF_INIT;
	const char *type = TEXT_TYPE;
	unsigned status = 500;

	if (upload != NULL)
		mirror_upload_end(upload, &status, &answer, &type);
	else if (str_equal(rest, STR("add-checkpoint")))
		witness_add_checkpoint(mirror->judge, http_request_body(request), &status, &answer, &type);
	http_answer(request, status, type, buf_view(&answer));
	buf_release(&answer);
}

void mirror_over(struct mirror *mirror, struct http_request *request)
{
	(void)mirror;
	mirror_upload_free(http_request_kept(request));
	http_request_keep(request, NULL);
}
