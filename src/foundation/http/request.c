/* One request: its path, its body as it comes. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

bool request_path(struct http_request *request)
{
	struct str target = {request->target, request->target_n}, path;
	struct buf plain = BUF_INIT;
	bool good;

	(void)str_take_until(&target, '?', &path);
	good = path.n > 0 && path.p[0] == '/' && url_decode(path, false, &plain);
	if (good) {
		request->path_n = plain.n;
		request->path = mem_dup(buf_view(&plain));
	}
	buf_release(&plain);
	return good;
}

struct framing {
	unsigned lengths, encodings, hosts;
	bool wrong;
};

static bool is_token(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *c) != NULL)
			return false;
	return *name != '\0';
}

static bool is_named(const char *name, const char *wanted)
{
	while (*name != '\0' && (*name >= 'A' && *name <= 'Z' ? *name + 32 : *name) == *wanted) {
		name++;
		wanted++;
	}
	return *name == '\0' && *wanted == '\0';
}

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *framing = context;

	(void)kind;
	framing->wrong = framing->wrong || !is_token(name);
	framing->hosts += is_named(name, "host");
	framing->lengths += is_named(name, "content-length");
	if (is_named(name, "transfer-encoding")) {
		framing->encodings++;
		framing->wrong = framing->wrong || value == NULL || !is_named(value, "chunked");
	}
	return MHD_YES;
}

bool request_is_ambiguous(const struct http_request *request)
{
	struct framing framing = {.wrong = false};

	(void)request->mhd->get_connection_values(request->connection, MHD_HEADER_KIND, look_at_header, &framing);
	return framing.wrong || framing.lengths + framing.encodings > 1 || framing.hosts > 1;
}

void request_release(struct http_request *request)
{
	const struct http_zlib *zlib;

	if (request->gzip_open && http_load_zlib(&zlib, NULL) == 0)
		(void)zlib->inflate_end(request->stream);
	free(request->stream);
	for (size_t i = 0; i < request->header_count; i++) {
		free(request->names[i]);
		free(request->values[i]);
	}
	buf_release(&request->collected);
	free(request->path);
	free(request->target);
	free(request);
}

/* ---- the body ---------------------------------------------------------------------------------------------------------------------- */

/* Decoded bytes. */
static unsigned take(struct http_request *request, const char *bytes, size_t n)
{
	if (n > request->body_max - request->body_seen)
		return 413;
	request->body_seen += n;
	if (request->body == BODY_TAKEN) {
		buf_add(&request->collected, bytes, n);
		return request->collected.failed ? 413 : 0;
	}
	if (!request->sink_full && !request->sink(request->sink_context, request, (struct str){bytes, n}))
		request->sink_full = true;
	return 0;
}

static unsigned inflate_piece(struct http_request *request, const char *bytes, size_t n)
{
	const struct http_zlib *zlib;
	z_stream *stream;
	char out[16384];

	if (http_load_zlib(&zlib, NULL) != 0)
		return 415;
	if (!request->gzip_open) {
		request->stream = mem_alloc(sizeof(*request->stream));
		/* 15 bits of window, 16: a gzip header. */
		if (zlib->inflate_init(request->stream, 15 + 16, ZLIB_VERSION, (int)sizeof(z_stream)) != Z_OK)
			return 500;
		request->gzip_open = true;
	}
	if (n > 0 && request->gzip_ended)
		return 400;
	stream = request->stream;
	stream->next_in = (const Bytef *)bytes;
	stream->avail_in = (uInt)n;
	while (stream->avail_in > 0 && !request->gzip_ended) {
		unsigned refused;
		int status;

		stream->next_out = (Bytef *)out;
		stream->avail_out = sizeof(out);
		status = zlib->inflate(stream, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return 400;
		refused = take(request, out, sizeof(out) - stream->avail_out);
		if (refused != 0)
			return refused;
		request->gzip_ended = status == Z_STREAM_END;
		if (status == Z_BUF_ERROR)
			break;
	}
	return stream->avail_in > 0 ? 400 : 0;
}

unsigned request_body_piece(struct http_request *request, const char *bytes, size_t n)
{
	if (request->body == BODY_NONE)
		return 413;
	if (request->sink_full) {
		/* Not even inflated: a short body must not make long work of nothing. */
		request->unseen += n;
		return request->unseen > HTTP_UNSEEN_MAX ? 413 : 0;
	}
	/* libmicrohttpd hands on pieces of its connection's memory: they fit an uInt. */
	return request->gzip ? inflate_piece(request, bytes, n) : take(request, bytes, n);
}

unsigned request_body_end(struct http_request *request)
{
	/* What was cut off is handed on as far as it came: a stream's sink knows whether that is enough. */
	if (request->gzip && request->body == BODY_TAKEN && request->gzip_open && !request->gzip_ended)
		return 400;
	return 0;
}

static bool encoding(struct http_request *request)
{
	struct str value;

	if (!http_request_header(request, "Content-Encoding", &value) || str_equal(value, STR("identity")))
		return true;
	request->gzip = str_equal(value, STR("gzip")) || str_equal(value, STR("x-gzip"));
	return request->gzip;
}

static void expect_body(struct http_request *request, uint64_t max)
{
	request->body_max = max;
	if (!encoding(request))
		http_answer(request, 415, "text/plain; charset=utf-8", STR("a body may be encoded with gzip, or not at all\n"));
}

void http_take_body(struct http_request *request, size_t max)
{
	request->body = BODY_TAKEN;
	request->collected.max = max;
	expect_body(request, max);
}

void http_stream_body(struct http_request *request, uint64_t max,
	bool (*sink)(void *context, struct http_request *, struct str piece), void *context)
{
	request->body = BODY_STREAMED;
	request->sink = sink;
	request->sink_context = context;
	expect_body(request, max);
}

struct str http_request_body(const struct http_request *request)
{
	return buf_view(&request->collected);
}

/* ---- asked of it ---------------------------------------------------------------------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request)
{
	return request->method;
}

struct str http_request_path(const struct http_request *request)
{
	return (struct str){request->path, request->path_n};
}

struct str http_request_target(const struct http_request *request)
{
	return (struct str){request->target, request->target_n};
}

static bool look(const struct http_request *request, enum MHD_ValueKind kind, const char *name, struct str *value)
{
	const char *found = request->mhd->lookup_connection_value(request->connection, kind, name);

	*value = str_from(found);
	return found != NULL;
}

bool http_request_header(const struct http_request *request, const char *name, struct str *value)
{
	return look(request, MHD_HEADER_KIND, name, value);
}

bool http_request_query(const struct http_request *request, const char *name, struct str *value)
{
	return look(request, MHD_GET_ARGUMENT_KIND, name, value);
}

struct str http_request_address(const struct http_request *request)
{
	return str_from(request->address);
}

void http_request_keep(struct http_request *request, void *kept)
{
	request->kept = kept;
}

void *http_request_kept(const struct http_request *request)
{
	return request->kept;
}
