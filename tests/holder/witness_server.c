/* A witness as a process, for tests of the command line: honest, or wrong in some way.
 *
 *     witness_server init FOLDER NAME          makes it, prints its verifier key
 *     witness_server serve FOLDER PORTFILE [fresh] [MODE]
 *
 * Writes its port into PORTFILE and serves /w/ until it is killed. MODE: wrong (cosigns another text), empty (200 and nothing), slow (answers after
 * ten seconds), ahead (409 with a size that nobody has), fickle (409 with another size every time), no (403). */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holder/holder.h"
#include "os/os.h"

static struct witness *witness;
static const char *mode = "";
static atomic_uint asked;

static bool rest_of(struct http_request *request, struct str *rest)
{
	struct str path = http_request_path(request);

	*rest = (struct str){path.p + 3, path.n - 3};
	return str_starts(path, STR("/w/"));
}

static void begin(void *context, struct http_request *request)
{
	struct str rest;

	(void)context;
	if (rest_of(request, &rest))
		(void)witness_begin(witness, request, rest);
}

static void lie(struct http_request *request)
{
	struct buf text = BUF_INIT;

	if (strcmp(mode, "wrong") == 0)
		buf_text(&text, "\xe2\x80\x94 witness.example/wrong AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	else if (strcmp(mode, "ahead") == 0)
		buf_text(&text, "1000000\n");
	else if (strcmp(mode, "fickle") == 0)
		buf_printf(&text, "%u\n", ++asked % 2);
	else if (strcmp(mode, "no") == 0)
		buf_text(&text, "not you\n");
	http_answer(request,
		strcmp(mode, "wrong") == 0 || strcmp(mode, "empty") == 0 ? 200
		: strcmp(mode, "no") == 0                                ? 403
									 : 409,
		"text/x.tlog.size", buf_view(&text));
	buf_release(&text);
}

static void end(void *context, struct http_request *request)
{
	struct str rest;

	(void)context;
	if (!rest_of(request, &rest)) {
		http_answer(request, 404, "text/plain", STR("not here\n"));
		return;
	}
	if (strcmp(mode, "slow") == 0)
		(void)sleep(10);
	if (mode[0] == '\0' || strcmp(mode, "slow") == 0)
		witness_end(witness, request, rest);
	else
		lie(request);
}

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "witness_server: %s\n", err->text);
	return 1;
}

int main(int count, char **words)
{
	struct http_server_options options = {.handler = {.begin = begin, .end = end}};
	struct witness_options opening = {.path = count > 2 ? words[2] : ""};
	struct http_server *server;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	size_t uncertain = 0;

	if (count == 4 && strcmp(words[1], "init") == 0) {
		if (witness_init(words[2], str_from(words[3]), STR(""), &text, &err) != 0)
			return fail(&err);
		(void)printf("%s\n", text.p);
		buf_release(&text);
		return 0;
	}
	if (count < 4 || strcmp(words[1], "serve") != 0)
		return 2;
	for (int i = 4; i < count; i++) {
		if (strcmp(words[i], "fresh") == 0)
			opening.fresh = true;
		else
			mode = words[i];
	}
	if (witness_open(&witness, &opening, &err) != 0 || http_server_start(&server, &options, &err) != 0)
		return fail(&err);
	buf_printf(&text, "%u\n", http_server_port(server));
	if (os_replace(AT_FDCWD, words[3], buf_view(&text), 0644, &err) != 0)
		return fail(&err);
	/* as a server should: at the start, and until nothing is uncertain any more */
	for (;;) {
		if (uncertain > 0 || opening.path != NULL)
			(void)witness_ask(witness, 2, NULL, NULL, &uncertain, &err);
		opening.path = NULL;
		(void)sleep(1);
	}
}
