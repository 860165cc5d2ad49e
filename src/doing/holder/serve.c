/* One process that gives an archive to others. */
#include <stdlib.h>

#include "internal.h"

struct holder_server {
	struct share *share;     /* NULL: a witness alone */
	struct witness *witness; /* NULL: none */
	struct http_server *http;
};

static bool is_witness(const struct holder_server *server, const struct http_request *request, struct str *rest)
{
	const struct str prefix = STR("/witness/");
	struct str path = http_request_path(request);

	if (server->witness == NULL || !str_starts(path, prefix))
		return false;
	*rest = (struct str){path.p + prefix.n, path.n - prefix.n};
	return true;
}

static void begin(void *context, struct http_request *request)
{
	struct holder_server *server = context;
	struct str rest;

	/* A body that nobody takes is refused by the server. */
	if (is_witness(server, request, &rest))
		(void)witness_begin(server->witness, request, rest);
	else if (server->share != NULL)
		share_begin(server->share, request);
}

static void end(void *context, struct http_request *request)
{
	struct holder_server *server = context;
	struct str rest;

	if (is_witness(server, request, &rest))
		witness_end(server->witness, request, rest);
	else if (server->share == NULL || !share_answer(server->share, request))
		http_answer(request, 404, "text/plain; charset=utf-8",
			STR("there is nothing here under that name, or nothing that is open\n"));
}

int holder_server_start(struct holder_server **out, const struct holder_server_options *options, struct err *err)
{
	struct holder_server *server = mem_alloc(sizeof(*server));
	struct http_server_options http = {.host = options->host,
		.port = options->port,
		.per_address = options->per_address,
		.handler = {server, begin, end, NULL}};
	const struct witness_options witness = {.path = options->witness, .fresh = options->fresh, .asks = options->asks};

	*out = NULL;
	if ((options->archive != NULL &&
		    share_open(&server->share, options->archive, options->names, options->name_count, err) != 0) ||
		(options->witness != NULL && witness_open(&server->witness, &witness, err) != 0) ||
		http_server_start(&server->http, &http, err) != 0) {
		holder_server_stop(server);
		return -1;
	}
	*out = server;
	return 0;
}

void holder_server_tend(struct holder_server *server, bool (*stop)(void *context), void *context, size_t *uncertain)
{
	*uncertain = 0;
	if (server->witness != NULL)
		(void)witness_ask(server->witness, 20, stop, context, uncertain, NULL);
}

uint16_t holder_server_port(const struct holder_server *server)
{
	return http_server_port(server->http);
}

void holder_server_stop(struct holder_server *server)
{
	if (server == NULL)
		return;
	http_server_stop(server->http);
	share_close(server->share);
	witness_close(server->witness);
	free(server);
}
