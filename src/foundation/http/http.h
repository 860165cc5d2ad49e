/* http: a server (libmicrohttpd) and a client (libcurl) for HTTP: protocol only, no paths of ours, no files. Both libraries are loaded
 * when they are first needed: what they bring along would cost every command, verify too, more than its own work.
 * Sources: RFC 9110, RFC 9112. Limits everywhere: promise P10, and hostile peers (P9). */
#ifndef PHOTOSTAT_HTTP_H
#define PHOTOSTAT_HTTP_H

#include <sys/types.h>

#include "base/base.h"

/* ---- server ------------------------------------------------------------------------------------------------------------------- */

struct http_server;
struct http_request; /* belongs to the server; used by one thread at a time */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

/* Called from several threads at once, for different requests. */
struct http_handler {
	void *context;
	/* The head has come; of more than 16 KiB of target, or 64 parameters, the server itself answers 414. It may answer at once: then no body is read. What body it takes it says with http_take_body or http_stream_body;
	 * of a request that has one which nobody takes, or of one that is longer, the server itself answers 413. */
	void (*begin)(void *context, struct http_request *);
	/* The whole body has come (or there is none), and begin did not answer. It must answer. */
	void (*end)(void *context, struct http_request *);
	/* The last call of a request for which begin was called, answered or broken off; NULL: not wanted. */
	void (*over)(void *context, struct http_request *);
};
struct http_server_options {
	struct str host;       /* an address or a name; empty: 127.0.0.1 */
	uint16_t port;         /* 0: any that is free */
	unsigned threads;      /* that run handlers; 0: 4 */
	unsigned connections;  /* at once; 0: 1000. Idle ones cost a descriptor and some KiB, not a thread */
	unsigned per_address;  /* of those from one address; 0: no limit (as behind a front server) */
	unsigned idle_seconds; /* without a byte either way: the connection is closed; 0: 30 */
	struct http_handler handler;
};
/* Listens and serves until it is stopped. ERR_SYSTEM: the address cannot be had (named); ERR_NOT_FOUND: libmicrohttpd is not here, or no such
 * host; the sentence says what to install. */
int http_server_start(struct http_server **, const struct http_server_options *, struct err *);
uint16_t http_server_port(const struct http_server *);
/* Stops taking connections, ends the ones that are open, also those that wait (`over` is called of each), frees. NULL is fine. */
void http_server_stop(struct http_server *);

enum http_method http_request_method(const struct http_request *);
/* The path, percent-decoded once, without the query; begins with '/'. It may hold any byte but NUL. Lives as long as the request. */
struct str http_request_path(const struct http_request *);
/* The target as it came, with its query: what signatures cover. */
struct str http_request_target(const struct http_request *);
/* A header's value (names in any case), or a query parameter's, decoded; false: not there. Live as long as the request. */
bool http_request_header(const struct http_request *, const char *name, struct str *value);
bool http_request_query(const struct http_request *, const char *name, struct str *value);
struct str http_request_address(const struct http_request *); /* of the peer, as text */
/* Address and port at which the peer reached this server, as a URL writes them: "192.0.2.1:1927", "[2001:db8::1]:1927"; empty if it cannot be told. */
struct str http_request_reached(struct http_request *);
/* In end, of a request that is not answered yet: it waits, and no thread with it, until http_go_on is called, from whatever thread; then end is called again, and
 * headers that were set for the answer are gone. False: the server is about to stop, and it must be answered now. While it waits nobody notices that the peer has gone. */
bool http_wait(struct http_request *);
/* Of a request that waits, before its `over`. That it does not wait any more is fine. */
void http_go_on(struct http_request *);
/* What begin keeps with the request for end and over. */
void http_request_keep(struct http_request *, void *);
void *http_request_kept(const struct http_request *);

/* In begin: the body is collected, at most max bytes of it, for end. Content-Encoding gzip is undone, and counts undone. */
void http_take_body(struct http_request *, size_t max);
struct str http_request_body(const struct http_request *);
/* In begin: the body is handed on as it comes, decoded, never more than max bytes. A sink that returns false has seen enough: what still comes
 * is dropped, and end is called when the peer is done; of that, 64 MiB are taken, as they come, then it is refused. */
void http_stream_body(
	struct http_request *, uint64_t max, bool (*sink)(void *context, struct http_request *, struct str piece), void *context);

/* Answers: one a request. */
void http_answer_header(struct http_request *, const char *name, const char *value);         /* before the answer; both copied */
void http_answer(struct http_request *, unsigned status, const char *type, struct str body); /* body copied; type NULL: none */
/* A file of `size` bytes, 200, or, where one range of it is asked for without If-Range, that, 206 (416 if it has none of it); takes fd. HEAD sends none. */
void http_answer_file(struct http_request *, const char *type, int fd, uint64_t size);
/* Bytes as they are made: `make` fills at most max bytes and returns how many, 0 at the end, -1 to break the connection off (so that the
 * peer sees that it was not all). `done` is called once at the last. Of unknown length: chunked. */
void http_answer_made(struct http_request *, unsigned status, const char *type,
	ssize_t (*make)(void *context, char *bytes, size_t max), void (*done)(void *context), void *context);

/* ---- client --------------------------------------------------------------------------------------------------------------------- */

/* Keeps connections open from call to call. One thread at a time. http and https only; certificates are checked; redirects are answers like
 * any other, never followed; no proxy of the environment is asked, no cookie kept. HTTP/2 where the server speaks it over TLS. */
struct http_client;
struct http_fetch;
struct http_client_options {
	unsigned connect_seconds;    /* 0: 10 */
	unsigned stall_seconds;      /* less than `least` bytes a second for so long ends a transfer; 0: 30 */
	uint32_t least;              /* 0: 1 */
	uint64_t rate;               /* bytes a second of each transfer; 0: as fast as it goes */
	bool (*stop)(void *context); /* asked a few times a second; true: ERR_INTERRUPTED; NULL: never */
	void *stop_context;
	/* Appends to each request headers of its own, "Name: value" and a newline each; -1: the request is not made. NULL: none. */
	int (*sign)(void *context, const struct http_fetch *, struct buf *headers, struct err *);
	void *sign_context;
};
/* ERR_NOT_FOUND: libcurl is not here; the sentence says what to install. */
int http_client_open(struct http_client **, const struct http_client_options *, struct err *);
void http_client_close(struct http_client *); /* NULL is fine */

struct http_fetch {
	/* to be filled by who asks; all live until the call returns */
	const char *url;
	bool post;
	struct str body;            /* of a POST */
	bool again;                 /* set by `done` of http_fetch_all: it is asked once more, as it then stands */
	const char *body_type;      /* its Content-Type */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	uint64_t offset;            /* Range: from this byte on; a server that ignores it answers 200: see status */
	uint64_t max;               /* bytes of the answer's body, decoded; more, or an answer that says it has more: ERR_LIMIT */
	unsigned seconds;           /* for all of it; 0: as long as it does not stall */
	/* Pieces of the body of an answer 200 or 206 as they come; NULL, or for another status: into `answer`. Non-zero stops, and is returned. */
	int (*sink)(void *context, struct str piece, struct err *);
	void *context;
	/* filled by the call */
	int result; /* 0 or -1 */
	struct err err;
	unsigned status;
	struct buf answer; /* the asker's to release; of another status, its first 128 KiB */
	char type[64];     /* Content-Type, cut */
};
/* 0: an answer came, whole, whatever its status; -1: none did: ERR_SYSTEM (no connection, broken off, too slow), ERR_LIMIT, ERR_SYNTAX (no such
 * URL), ERR_INTERRUPTED. The message names the URL. */
int http_fetch(struct http_client *, struct http_fetch *, struct err *);
/* Many at once, at most `parallel`; each result in its fetch. `done` (may be NULL) is called as each ends, in whatever order; non-zero breaks the
 * rest off (ERR_INTERRUPTED) and is returned. Else 0. */
int http_fetch_all(struct http_client *, struct http_fetch *const *, size_t count, unsigned parallel,
	int (*done)(void *context, struct http_fetch *), void *context, struct err *);

/* Appends the bytes compressed as Content-Encoding gzip wants them. ERR_NOT_FOUND: zlib is not here. */
int http_gzip(struct buf *out, struct str bytes, struct err *);

/* ---- URLs ------------------------------------------------------------------------------------------------------------------------ */

/* Whether it is http:// or https:// with a host, without user, query and fragment. ERR_SYNTAX says what is wrong. */
int http_url_check(struct str url, struct err *);
/* Of a URL that was checked: host in lower case with its port, but for the scheme's own, as RFC 9421 section 2.2.3 has @authority; and the path, which
 * points into it, "/" if it has none. */
void http_url_parts(struct str url, struct buf *authority, struct str *path);
/* Appends a path, each byte that is not unreserved or '/' as %XX. */
void http_url_path(struct buf *, struct str path);

#endif
