/* One process that gives an archive to others. */
#include <stdlib.h>

#include "internal.h"

struct holder_server {
	struct share *share;
	struct http_server *http;
};

static void begin(void *context, struct http_request *request)
{
	struct holder_server *server = context;

	share_begin(server->share, request); /* a body that nobody takes is refused by the server */
}

static void end(void *context, struct http_request *request)
{
	struct holder_server *server = context;

	if (!share_answer(server->share, request))
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

	*out = NULL;
	if (share_open(&server->share, options->archive, err) != 0 || http_server_start(&server->http, &http, err) != 0) {
		holder_server_stop(server);
		return -1;
	}
	*out = server;
	return 0;
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
	free(server);
}
