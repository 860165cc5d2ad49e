/* Inside http: one request, as server and request share it. */
#ifndef PHOTOSTAT_HTTP_INTERNAL_H
#define PHOTOSTAT_HTTP_INTERNAL_H

#include "http/http.h"
#include "load.h"

#define HTTP_TARGET_MAX ((size_t)16 << 10) /* bytes of what is asked for */
#define HTTP_PARAMETERS_MAX 64             /* in its query */
#define HTTP_HEADERS_MAX 16                /* of an answer */
#define HTTP_DROPPED_MAX ((size_t)1 << 20) /* of a body that is refused: more closes the connection */
#define HTTP_UNSEEN_MAX                                                                                                            \
	((uint64_t)64 << 20) /* of a streamed body whose sink has seen enough: so much is taken before it is refused */

/* Invariant: a request is touched by one thread at a time, libmicrohttpd's for its connection. */
struct http_request {
	const struct http_mhd *mhd;
	struct MHD_Connection *connection;
	const struct http_handler *handler;
	struct http_server *server;
	bool waits; /* under the server's lock, as what follows */
	struct http_request *next_waiting, *previous_waiting;
	enum http_method method;
	char *target, *path;
	size_t target_n, path_n;
	char address[64];
	char reached[80];
	void *kept;
	bool headed;    /* begin was tried */
	bool excessive; /* the target is longer than is taken, or has too many parameters: it is not kept */
	bool begun, answered;
	bool waited;      /* the last call of end left it waiting, and perhaps it was told to go on meanwhile */
	unsigned refused; /* a status, once the body's end has come */
	size_t dropped;   /* bytes that came after that was clear */
	/* the body */
	enum { BODY_NONE, BODY_TAKEN, BODY_STREAMED } body;
	uint64_t body_max, body_seen;
	struct buf collected;
	bool (*sink)(void *context, struct http_request *, struct str piece);
	void *sink_context;
	bool sink_full;
	uint64_t unseen; /* bytes that came since, as they came */
	bool gzip, gzip_open, gzip_ended;
	z_stream *stream;
	/* the answer's own headers */
	char *names[HTTP_HEADERS_MAX], *values[HTTP_HEADERS_MAX];
	size_t header_count;
};
/* Takes the path of the target apart; false: not one that is served (no leading '/', a NUL, a broken %). */
bool request_path(struct http_request *);
/* Whether a server before us may have seen another end of this request than libmicrohttpd does (RFC 9112 sections 5.1, 6.1, 6.3): two lengths, a length beside
 * chunks, an encoding that is not chunks, two hosts, a name that is no token. What such a server then took for a body would be a request of its own here. */
bool request_is_ambiguous(const struct http_request *);
/* A piece of the body as it came. 0, or the status to refuse with. */
unsigned request_body_piece(struct http_request *, const char *bytes, size_t n);
/* After the last piece. 0, or the status to refuse with. */
unsigned request_body_end(struct http_request *);
void request_release(struct http_request *);

#endif
