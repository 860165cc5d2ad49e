/* One process that gives an archive to others. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct holder_server {
	struct share *share;     /* NULL: a witness alone */
	struct witness *witness; /* NULL: none */
	struct mirror *mirror;   /* NULL: none */
	struct holder_readers readers;
	struct http_server *http;
};

static bool is_below(struct str prefix, const struct http_request *request, struct str *rest)
{
	struct str path = http_request_path(request);

	if (!str_starts(path, prefix))
		return false;
	*rest = (struct str){path.p + prefix.n, path.n - prefix.n};
	return true;
}

static bool is_witness(const struct holder_server *server, const struct http_request *request, struct str *rest)
{
	return server->witness != NULL && is_below(STR("/witness/"), request, rest);
}

static bool is_mirror(const struct holder_server *server, const struct http_request *request, struct str *rest)
{
	return server->mirror != NULL && is_below(STR("/mirror/"), request, rest);
}

static void begin(void *context, struct http_request *request)
{
	struct holder_server *server = context;
	struct str rest;

	/* A body that nobody takes is refused by the server. */
	if (is_witness(server, request, &rest))
		(void)witness_begin(server->witness, request, rest);
	else if (is_mirror(server, request, &rest))
		(void)mirror_begin(server->mirror, request, rest);
	else if (server->share != NULL) {
		share_begin(server->share, request);
		if (server->readers.begin != NULL)
			server->readers.begin(server->readers.context, request);
	}
}

static void end(void *context, struct http_request *request)
{
	struct holder_server *server = context;
	struct str rest;

	if (is_witness(server, request, &rest))
		witness_end(server->witness, request, rest);
	else if (is_mirror(server, request, &rest) &&
		 (http_request_kept(request) != NULL || str_equal(rest, STR("add-checkpoint"))))
		mirror_end(server->mirror, request, rest);
	else if (server->readers.answer != NULL && server->readers.answer(server->readers.context, request))
		return;
	else if ((server->share == NULL || !share_answer(server->share, request)) &&
		 (server->readers.refuse == NULL || !server->readers.refuse(server->readers.context, request)))
		http_answer(request, 404, "text/plain; charset=utf-8",
			STR("there is nothing here under that name, or nothing that is open\n"));
}

static void over(void *context, struct http_request *request)
{
	struct holder_server *server = context;
	struct str rest;

	if (is_mirror(server, request, &rest))
		mirror_over(server->mirror, request);
	else if (!is_witness(server, request, &rest) && server->readers.over != NULL)
		server->readers.over(server->readers.context, request);
}

/* A mirror's cosignature says more than a witness's: nobody shall take one for the other (tlog-mirror, add-checkpoint). */
static int check_keys(const struct holder_server *server, struct err *err)
{
	const struct vkey *one, *other;

	if (server->witness == NULL || server->mirror == NULL)
		return 0;
	one = witness_key(server->witness);
	other = mirror_key(server->mirror);
	if (strcmp(one->name, other->name) == 0 || memcmp(one->public_key, other->public_key, ED25519_PUBLIC) == 0)
		return err_set(err, ERR_CONFLICT,
			"the witness and the mirror have the same name or key; make one of them anew with a name of its own");
	return 0;
}

int holder_server_start(struct holder_server **out, const struct holder_server_options *options, struct err *err)
{
	struct holder_server *server = mem_alloc(sizeof(*server));
	struct http_server_options http = {.host = options->host,
		.port = options->port,
		.connections = options->connections,
		.per_address = options->per_address,
		.threads = 8,
		.handler = {server, begin, end, over}};
	const struct witness_options witness = {.path = options->witness, .fresh = options->fresh, .asks = options->asks};
	const struct mirror_options mirror = {
		.path = options->mirror, .fresh = options->mirror_fresh, .asks = options->mirror_asks};

	*out = NULL;
	server->readers = options->readers;
	if ((options->archive != NULL &&
		    share_open(&server->share, options->archive, options->names, options->name_count, err) != 0) ||
		(options->witness != NULL && witness_open(&server->witness, &witness, err) != 0) ||
		(options->mirror != NULL && mirror_open(&server->mirror, &mirror, err) != 0) || check_keys(server, err) != 0 ||
		http_server_start(&server->http, &http, err) != 0) {
		holder_server_stop(server);
		return -1;
	}
	*out = server;
	return 0;
}

void holder_server_tend(struct holder_server *server, bool (*stop)(void *context), void *context, size_t *uncertain)
{
	size_t mirror = 0;

	*uncertain = 0;
	if (server->witness != NULL)
		(void)witness_ask(server->witness, 20, stop, context, uncertain, NULL);
	if (server->mirror != NULL)
		(void)witness_ask(mirror_judge(server->mirror), 20, stop, context, &mirror, NULL);
	*uncertain += mirror;
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
	mirror_close(server->mirror);
	free(server);
}
