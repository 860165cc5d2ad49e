/* photostat serve: an archive, or a holder's copy, given to others over HTTP. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "holder/holder.h"
#include "os/os.h"
#include "passphrase.h"
#include "room/room.h"
#include "serve_beside.h"

#define NAMES_MAX 64u
#define CONNECTIONS_MAX 1000u
#define FILES_EACH 3u       /* that an answer holds open while it is sent: its socket, a version, a file of it */
#define FILES_RESERVED 256u /* of the archive's handles, the search, and whatever is open for a moment while an answer is made */

static const struct cli_option options[] = {
	{"--listen", "HOST:PORT", "where to listen; 127.0.0.1:1927 if left out", false},
	{"--witness", "DIR", "a witness's folder (photostat witness init), served below witness/", false},
	{"--witness-is-new", NULL, "its key never cosigned anything before: it need not ask whether its folder is an old copy",
		false},
	{"--witness-only", NULL, "serve no archive", false},
	{"--mirror", "DIR", "a mirror's folder (photostat mirror init), served below mirror/", false},
	{"--mirror-is-new", NULL, "the same of the mirror's key", false},
	{"--mirror-only", NULL, "serve no archive", false},
	{"--no-index", NULL, "read no texts and feed no search index beside: photostat index does it then", false},
	{"--per-address", "N",
		"at most so many connections from one address, 0: no limit; if left out, a quarter of all, but no limit where it "
		"listens to this machine alone",
		false},
	{"--name", "HOST[:PORT]",
		"a name by which holders ask for this server, beside the archive's own; may be given several times", true},
	{NULL, NULL, NULL, false},
};

/* "HOST:PORT", "HOST", ":PORT", "[::1]:PORT". */
static bool parse_listen(struct str text, struct str *host, uint16_t *port)
{
	size_t colon = text.n;
	uint64_t number;

	*port = 1927;
	for (size_t i = text.n; i-- > 0 && text.p[i] != ']';)
		if (text.p[i] == ':') {
			colon = i;
			break;
		}
	*host = (struct str){text.p, colon};
	if (host->n > 1 && host->p[0] == '[' && host->p[host->n - 1] == ']')
		*host = (struct str){host->p + 1, host->n - 2};
	if (colon == text.n)
		return true;
	if (!decimal_parse((struct str){text.p + colon + 1, text.n - colon - 1}, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool stop(void *context)
{
	(void)context;
	return os_check_interrupted(NULL) != 0;
}

/* Until somebody ends it. A witness that does not know whether its folder is an old copy asks at once, then every minute. */
static void go_on(const struct invocation *invocation, struct holder_server *server, struct beside *beside)
{
	const struct timespec moment = {.tv_nsec = 100000000};
	bool mirror = cli_given(invocation, "--mirror");
	size_t uncertain = 1, before = 0;

	for (unsigned tick = 0; os_check_interrupted(NULL) == 0; tick++) {
		if (uncertain > 0 && tick % 600 == 0) {
			holder_server_tend(server, stop, NULL, &uncertain);
			if (uncertain > 0 && uncertain != before)
				cli_say(invocation,
					"%s cosigns nothing of %zu log%s until it has asked whether its folder is an old copy.",
					mirror ? "The mirror, or the witness," : "The witness", uncertain, cli_s(uncertain));
			before = uncertain;
		}
		beside_tend(beside);
		(void)nanosleep(&moment, NULL);
	}
}

/* What is served where there is no archive. */
static struct str server_name(const struct invocation *invocation)
{
	return !cli_given(invocation, "--mirror")   ? STR("the witness")
	       : cli_given(invocation, "--witness") ? STR("the witness and the mirror")
						    : STR("the mirror");
}

static int ask_passphrase(void *context, struct buf *out, struct err *err)
{
	(void)context;
	return passphrase_ask("the witness", out, err);
}

static int ask_mirror_passphrase(void *context, struct buf *out, struct err *err)
{
	(void)context;
	return passphrase_ask("the mirror", out, err);
}

static void begin_page(void *context, struct http_request *request)
{
	room_begin(context, request);
}

static bool answer_page(void *context, struct http_request *request)
{
	return room_answer(context, request);
}

static bool refuse_page(void *context, struct http_request *request)
{
	return room_refuse(context, request);
}

static void page_over(void *context, struct http_request *request)
{
	room_over(context, request);
}

/* As many as can be answered at once: where slow readers had all descriptors, records that are open could not be read. */
static unsigned most_connections(void)
{
	unsigned files = os_raise_open_files(CONNECTIONS_MAX * FILES_EACH + FILES_RESERVED), most = 16;

	if (files > FILES_RESERVED + most * FILES_EACH)
		most = (files - FILES_RESERVED) / FILES_EACH;
	return most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX;
}

/* Who listens to this machine alone is asked by a front server, which has one address for everybody. */
static bool is_loopback(struct str host)
{
	return host.n == 0 || str_equal(host, STR("localhost")) || str_equal(host, STR("::1")) || str_starts(host, STR("127."));
}

static int run(struct invocation *invocation)
{
	const struct archive_asks asks = {.passphrase = ask_passphrase}, mirror_asks = {.passphrase = ask_mirror_passphrase};
	const char *listen = cli_value(invocation, "--listen"), *most = cli_value(invocation, "--per-address");
	struct holder_server_options server_options = {.port = 1927};
	bool alone = cli_given(invocation, "--witness-only") || cli_given(invocation, "--mirror-only");
	struct holder_server *server = NULL;
	struct archive *archive = NULL;
	struct room *room = NULL;
	struct beside *beside = NULL;
	bool landlock = false;
	struct str origin = server_name(invocation);
	struct buf path = BUF_INIT;
	struct str names[NAMES_MAX];
	struct err err = ERR_INIT;
	uint64_t number = 0;
	int status = EXIT_WELL;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments; --listen HOST:PORT says where");
	if (listen != NULL && !parse_listen(str_from(listen), &server_options.host, &server_options.port))
		return cli_usage(invocation, "--listen wants HOST:PORT, such as 127.0.0.1:1927");
	server_options.connections = most_connections();
	if (most == NULL && !is_loopback(server_options.host))
		number = server_options.connections / 4;
	if (most != NULL && !decimal_parse(str_from(most), 100000, &number))
		return cli_usage(invocation, "--per-address wants a number");
	server_options.per_address = (unsigned)number;
	server_options.names = names;
	server_options.name_count = cli_values(invocation, "--name", names, NAMES_MAX);
	server_options.witness = cli_value(invocation, "--witness");
	server_options.asks = &asks;
	server_options.fresh = cli_given(invocation, "--witness-is-new");
	server_options.mirror = cli_value(invocation, "--mirror");
	server_options.mirror_asks = &mirror_asks;
	server_options.mirror_fresh = cli_given(invocation, "--mirror-is-new");
	if ((cli_given(invocation, "--witness-only") || server_options.fresh) && server_options.witness == NULL)
		return cli_usage(invocation, "--witness DIR names the witness's folder");
	if ((cli_given(invocation, "--mirror-only") || server_options.mirror_fresh) && server_options.mirror == NULL)
		return cli_usage(invocation, "--mirror DIR names the mirror's folder");
	if (!alone) {
		archive = cli_open(invocation, ARCHIVE_READ, &status);
		if (archive == NULL)
			return status;
		if (invocation->archive != NULL)
			buf_text(&path, invocation->archive);
		else
			(void)archive_find(&path, NULL);
		server_options.archive = path.p;
		origin = archive_origin(archive);
		if (beside_give_up(path.p, server_options.witness, server_options.mirror, &landlock, &err) != 0 ||
			(!cli_given(invocation, "--no-index") && beside_start(&beside, path.p, &err) != 0) ||
			room_open(&room, path.p, &(struct room_options){.wanted = beside_want, .wanted_context = beside}, &err) !=
				0) {
			status = cli_fail(invocation, &err);
			goto out;
		}
		server_options.readers = (struct holder_readers){room, begin_page, answer_page, refuse_page, page_over};
	}
	if (holder_server_start(&server, &server_options, &err) != 0) {
		status = cli_fail(invocation, &err);
		if (status == EXIT_NO)
			status = EXIT_FAILED; /* nobody asked a question */
		goto out;
	}
	if (invocation->json) {
		struct json json;

		json_begin(&json, "serving");
		json_string(&json, "origin", alone ? STR("") : origin);
		json_number(&json, "port", holder_server_port(server));
		json_bool(&json, "landlock", landlock);
		json_end(&json, stdout);
	} else {
		cli_line("%.*s is served at http://%.*s:%u/; end it with Ctrl-C", STR_ARG(origin),
			STR_ARG(server_options.host.n > 0 ? server_options.host : STR("127.0.0.1")), holder_server_port(server));
	}
	(void)cli_flush(NULL);
	go_on(invocation, server, beside);
out:
	holder_server_stop(server);
	beside_end(beside);
	room_close(room);
	archive_close(archive);
	buf_release(&path);
	return status;
}

const struct command command_serve = {
	.name = "serve",
	.summary = "the reading room, and the log and what is open for holders",
	.usage = "[--listen HOST:PORT] [--witness DIR [--witness-only]] [--mirror DIR [--mirror-only]] [--no-index]",
	.details = "Serves the reading room for people's browsers, the log as tlog-tiles (checkpoint, tile/…), what is open of the "
		   "records, and versions for holders, over HTTP. Nothing that is\n"
		   "closed leaves. The archive is only read, and written to below derived/ alone; deposits go on meanwhile. Beside "
		   "it a "
		   "process of low priority reads texts out of documents and keeps the search index up to date. With --witness it "
		   "also cosigns the logs "
		   "that the witness's folder knows; with --mirror it takes\n"
		   "and keeps the logs that the mirror's folder knows. HTTPS is a front server's business.\n",
	.options = options,
	.example = "photostat serve -C letters",
	.example_says = "serves the archive letters/ at http://127.0.0.1:1927/",
	.run = run,
};
