/* The server: libmicrohttpd with a few threads that wait for many connections. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define CONNECTION_MEMORY                                                                                                          \
	(32u << 10) /* of each connection: a request's head must fit, and about 64 bytes for each parameter and header */

struct http_server {
	const struct http_mhd *mhd;
	struct MHD_Daemon *daemon;
	struct http_handler handler;
	uint16_t port;
	pthread_mutex_t lock; /* of the list of requests that wait; taken last */
	struct http_request *waiting;
	bool stopping;
};

/* ---- waiting ----------------------------------------------------------------------------------------------------------------------------- */

static void clear_headers(struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		free(request->names[i]);
		free(request->values[i]);
	}
	request->header_count = 0;
}

/* Under the lock. */
static void leave_list(struct http_request *request)
{
	struct http_server *server = request->server;

	if (request->next_waiting != NULL)
		request->next_waiting->previous_waiting = request->previous_waiting;
	if (request->previous_waiting != NULL)
		request->previous_waiting->next_waiting = request->next_waiting;
	else
		server->waiting = request->next_waiting;
	request->next_waiting = request->previous_waiting = NULL;
	request->waits = false;
}

bool http_wait(struct http_request *request)
{
	struct http_server *server = request->server;
	bool may;

	pthread_mutex_lock(&server->lock);
	may = !server->stopping && !request->answered;
	if (may) {
		clear_headers(request);
		request->waits = request->waited = true;
		request->next_waiting = server->waiting;
		if (server->waiting != NULL)
			server->waiting->previous_waiting = request;
		server->waiting = request;
		server->mhd->suspend_connection(request->connection);
	}
	pthread_mutex_unlock(&server->lock);
	return may;
}

void http_go_on(struct http_request *request)
{
	struct http_server *server = request->server;

	pthread_mutex_lock(&server->lock);
	if (request->waits) {
		leave_list(request);
		server->mhd->resume_connection(request->connection);
	}
	pthread_mutex_unlock(&server->lock);
}

/* libmicrohttpd cannot stop while connections are suspended. */
static void wake_all(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	while (server->waiting != NULL) {
		struct http_request *request = server->waiting;

		leave_list(request);
		server->mhd->resume_connection(request->connection);
	}
	pthread_mutex_unlock(&server->lock);
}

/* ---- answers ----------------------------------------------------------------------------------------------------------------------------- */

void http_answer_header(struct http_request *request, const char *name, const char *value)
{
	if (request->header_count == HTTP_HEADERS_MAX)
		return;
	request->names[request->header_count] = mem_dup(str_from(name));
	request->values[request->header_count++] = mem_dup(str_from(value));
}

static void queue(struct http_request *request, unsigned status, const char *type, struct MHD_Response *response)
{
	const struct http_mhd *mhd = request->mhd;

	request->answered = true;
	if (response == NULL)
		return; /* the connection is closed: libmicrohttpd finds no answer */
	if (type != NULL)
		(void)mhd->add_response_header(response, "Content-Type", type);
	/* A browser must never take a document for something else than it was sent as. */
	(void)mhd->add_response_header(response, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < request->header_count; i++)
		(void)mhd->add_response_header(response, request->names[i], request->values[i]);
	(void)mhd->queue_response(request->connection, status, response);
	mhd->destroy_response(response);
}

void http_answer(struct http_request *request, unsigned status, const char *type, struct str body)
{
	char *copy;

	if (request->answered)
		return;
	copy = mem_dup(body);
	queue(request, status, type, request->mhd->create_response_from_buffer(body.n, copy, MHD_RESPMEM_MUST_FREE));
}

/* "bytes=A-B", "bytes=A-" or "bytes=-N" (RFC 9110 section 14): 1 a range that is in the file, 0 none that is understood (several are answered
 * whole), -1 one that the file does not reach. With If-Range it is to be told what the asker has; no answer here has a strong validator, so none can be the same (section
 * 13.1.5). */
static int one_range(const struct http_request *request, uint64_t size, uint64_t *first, uint64_t *last)
{
	struct str text, from, to;

	if (request->method != HTTP_GET || http_request_header(request, "If-Range", &text) ||
		!http_request_header(request, "Range", &text) || !str_starts(text, STR("bytes=")) ||
		memchr(text.p, ',', text.n) != NULL)
		return 0;
	to = (struct str){text.p + 6, text.n - 6};
	if (!str_take_until(&to, '-', &from) || to.p == NULL)
		return 0;
	*last = UINT64_MAX;
	if (!decimal_parse(from.n == 0 ? to : from, UINT64_MAX, first))
		return 0;
	if (from.n == 0) {
		if (*first == 0)
			return 0;
		*first = *first < size ? size - *first : 0;
	} else if (to.n > 0 && (!decimal_parse(to, UINT64_MAX, last) || *last < *first)) {
		return 0;
	}
	if (size == 0 || *first >= size)
		return -1;
	if (*last >= size)
		*last = size - 1;
	return 1;
}

void http_answer_file(struct http_request *request, const char *type, int fd, uint64_t size)
{
	struct MHD_Response *response = NULL;
	uint64_t first = 0, last = 0;
	struct buf range = BUF_INIT;
	unsigned status = 200;

	if (request->answered) {
		(void)close(fd);
		return;
	}
	switch (one_range(request, size, &first, &last)) {
	case 1:
		status = 206;
		buf_printf(&range, "bytes %llu-%llu/%llu", (unsigned long long)first, (unsigned long long)last,
			(unsigned long long)size);
		size = last - first + 1;
		break;
	case -1:
		buf_printf(&range, "bytes */%llu", (unsigned long long)size);
		http_answer_header(request, "Content-Range", range.p);
		http_answer(request, 416, "text/plain; charset=utf-8", STR("the file has no such bytes\n"));
		(void)close(fd);
		goto out;
	default:
		first = 0;
	}
	http_answer_header(request, "Accept-Ranges", "bytes");
	if (range.p != NULL)
		http_answer_header(request, "Content-Range", range.p);
	response = request->mhd->create_response_from_fd(size, fd, first);
	if (response == NULL)
		(void)close(fd);
	queue(request, status, type, response);
out:
	buf_release(&range);
}

struct made {
	ssize_t (*make)(void *context, char *bytes, size_t max);
	void (*done)(void *context);
	void *context;
};

static ssize_t make_piece(void *context, uint64_t offset, char *bytes, size_t max)
{
	struct made *made = context;
	ssize_t n;

	(void)offset;
	n = made->make(made->context, bytes, max);
	return n > 0 ? n : n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_made(void *context)
{
	struct made *made = context;

	if (made->done != NULL)
		made->done(made->context);
	free(made);
}

void http_answer_made(struct http_request *request, unsigned status, const char *type,
	ssize_t (*make)(void *context, char *bytes, size_t max), void (*done)(void *context), void *context)
{
	struct made *made = mem_alloc(sizeof(*made));
	struct MHD_Response *response = NULL;

	*made = (struct made){make, done, context};
	if (!request->answered)
		response = request->mhd->create_response_from_callback(MHD_SIZE_UNKNOWN, 64u << 10, make_piece, made, free_made);
	if (response == NULL)
		free_made(made);
	if (!request->answered)
		queue(request, status, type, response);
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------------------- */

static void peer_address(struct http_request *request)
{
	const union MHD_ConnectionInfo *info =
		request->mhd->get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (info == NULL || info->client_addr == NULL)
		return;
	if (info->client_addr->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, request->address,
			sizeof(request->address));
	else if (info->client_addr->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr,
			request->address, sizeof(request->address));
}

struct str http_request_reached(struct http_request *request)
{
	const union MHD_ConnectionInfo *info;
	struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
	socklen_t n = sizeof(own);
	char text[64];

	if (request->reached[0] != '\0')
		return str_from(request->reached);
	info = request->mhd->get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info == NULL || getsockname(info->connect_fd, (struct sockaddr *)&own, &n) != 0)
		return STR("");
	if (own.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&own;

		if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)) != NULL)
			(void)snprintf(request->reached, sizeof(request->reached), "%s:%u", text, ntohs(in->sin_port));
	} else if (own.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)&own;

		if (inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text)) != NULL)
			(void)snprintf(request->reached, sizeof(request->reached), "[%s]:%u", text, ntohs(in->sin6_port));
	}
	return str_from(request->reached);
}

/* "http://HOST/…" asks for "/…" (RFC 9112 section 3.2.2); which host is meant is nothing to us. */
static const char *without_host(const char *uri)
{
	const char *host = strncmp(uri, "http://", 7) == 0 ? uri + 7 : strncmp(uri, "https://", 8) == 0 ? uri + 8 : NULL;

	return host != NULL && host[strcspn(host, "/?")] == '/' ? host + strcspn(host, "/?") : uri;
}

static bool is_excessive(const char *target, size_t n)
{
	size_t parameters = 0;

	for (const char *p = strchr(target, '?'); p != NULL && parameters <= HTTP_PARAMETERS_MAX; p = strchr(p + 1, '&'))
		parameters++;
	return n > HTTP_TARGET_MAX || parameters > HTTP_PARAMETERS_MAX;
}

/* libmicrohttpd (0.9.75) takes the parameters apart right after it has shown us the target, which stands in the connection's own memory. Where that memory does not
 * suffice for them, it loses its own refusal, and the peer waits until the connection is idle for too long. So it finds none. */
static void drop_query(const char *target)
{
	char *query = strchr(target, '?');

	if (query != NULL && query[1] != '\0')
		query[1] = '\0';
}

/* The target as it came, before libmicrohttpd undoes anything in it. */
static void *remember_target(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct http_server *server = context;
	struct http_request *request = mem_alloc(sizeof(*request));

	request->mhd = server->mhd;
	request->connection = connection;
	request->handler = &server->handler;
	request->server = server;
	uri = without_host(uri);
	request->target_n = strlen(uri);
	request->excessive = is_excessive(uri, request->target_n);
	if (request->excessive)
		request->target_n = 0;
	request->target = mem_dup((struct str){uri, request->target_n});
	if (request->excessive)
		drop_query(uri);
	return request;
}

static void begin(struct http_request *request, const char *method)
{
	request->method = strcmp(method, "GET") == 0    ? HTTP_GET
			  : strcmp(method, "HEAD") == 0 ? HTTP_HEAD
			  : strcmp(method, "POST") == 0 ? HTTP_POST
							: HTTP_OTHER;
	peer_address(request);
	if (request->excessive) {
		http_answer_header(request, "Connection", "close");
		http_answer(
			request, 414, "text/plain; charset=utf-8", STR("the address is too long, or has too many parameters\n"));
		return;
	}
	if (request_is_ambiguous(request)) {
		http_answer_header(request, "Connection", "close");
		http_answer(request, 400, "text/plain; charset=utf-8", STR("where this request ends cannot be told\n"));
		return;
	}
	if (!request_path(request)) {
		http_answer(request, 400, "text/plain; charset=utf-8", STR("this is no path\n"));
		return;
	}
	request->begun = true;
	request->handler->begin(request->handler->context, request);
}

static void refuse(struct http_request *request, unsigned status)
{
	http_answer(request, status, "text/plain; charset=utf-8",
		status == 413 ? STR("the body is longer than is taken here\n") : STR("the body cannot be read\n"));
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_n, void **state)
{
	struct http_request *request = *state;
	unsigned refused;

	(void)context;
	(void)connection;
	(void)url;
	(void)version;
	if (!request->headed) {
		request->headed = true;
		begin(request, method);
		return MHD_YES;
	}
	if (*upload_n > 0) {
		/* No answer can be queued while a body comes in: it waits until the peer is done, but not for ever. */
		if (request->refused == 0 && !request->answered)
			request->refused = request_body_piece(request, upload, *upload_n);
		if (request->refused != 0 || request->answered)
			request->dropped += *upload_n;
		*upload_n = 0;
		return request->dropped > HTTP_DROPPED_MAX ? MHD_NO : MHD_YES;
	}
	if (request->answered)
		return MHD_YES;
	request->waited = false;
	refused = request->refused != 0 ? request->refused : request_body_end(request);
	if (refused != 0)
		refuse(request, refused);
	else
		request->handler->end(request->handler->context, request);
	if (!request->answered && !request->waited)
		http_answer(request, 500, "text/plain; charset=utf-8", STR("no answer was made\n"));
	return MHD_YES;
}

static void over(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *state;

	(void)context;
	(void)connection;
	(void)code;
	if (request == NULL)
		return;
	if (request->begun && request->handler->over != NULL)
		request->handler->over(request->handler->context, request);
	request_release(request);
	*state = NULL;
}

/* ---- the server ------------------------------------------------------------------------------------------------------------------------------ */

static int find_address(const struct http_server_options *options, struct sockaddr_storage *address, struct err *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char host[256] = "127.0.0.1", port[8];
	struct buf text = BUF_INIT;
	int status;

	if (options->host.n >= sizeof(host))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" is no host", STR_ARG(options->host));
	if (options->host.n > 0) {
		memcpy(host, options->host.p, options->host.n);
		host[options->host.n] = '\0';
	}
	buf_u64(&text, options->port);
	memcpy(port, text.p, text.n + 1);
	buf_release(&text);
	status = getaddrinfo(host, port, &hints, &found);
	if (status != 0 || found == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no host \"%s\" to listen on: %s", host, gai_strerror(status));
	memcpy(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

int http_server_start(struct http_server **out, const struct http_server_options *options, struct err *err)
{
	struct http_server *server;
	struct sockaddr_storage address;
	const struct http_mhd *mhd;
	const union MHD_DaemonInfo *info;
	unsigned threads = options->threads > 0 ? options->threads : 4;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	sigset_t all, before;

	*out = NULL;
	if (http_load_mhd(&mhd, err) != 0 || find_address(options, &address, err) != 0)
		return -1;
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	server = mem_alloc(sizeof(*server));
	server->mhd = mhd;
	server->handler = options->handler;
	pthread_mutex_init(&server->lock, NULL);
	/* Signals are the business of the program's own thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = 0;
	server->daemon = mhd->start_daemon(flags, 0, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
		MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
		options->connections > 0 ? options->connections : 1000u, MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->per_address,
		MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds > 0 ? options->idle_seconds : 30u,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, remember_target, server,
		MHD_OPTION_NOTIFY_COMPLETED, over, NULL, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (server->daemon == NULL) {
		pthread_mutex_destroy(&server->lock);
		free(server);
		return err_sys(err, "cannot listen on %.*s port %u",
			STR_ARG(options->host.n > 0 ? options->host : STR("127.0.0.1")), options->port);
	}
	info = mhd->get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
	server->port = info != NULL && info->port != 0 ? info->port : options->port;
	*out = server;
	return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_stop(struct http_server *server)
{
	if (server == NULL)
		return;
	wake_all(server);
	server->mhd->stop_daemon(server->daemon);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
