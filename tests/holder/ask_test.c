/* The witness over HTTP, and what it asks others: a folder that was put back from a copy cosigns nothing before it has asked, and then nothing that
 * contradicts what it had cosigned (P3). */
#include "lab.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lab lab;
static struct witness *witness;
static struct http_server *server;
static struct http_client *client;
static char base[64], hash_text[HOLDER_HASH_TEXT];
static struct buf by_peer, by_log; /* what they show; empty: 404 */
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
	if (rest_of(request, &rest) && !witness_begin(witness, request, rest))
		http_answer(request, 404, NULL, STR(""));
}

static void end(void *context, struct http_request *request)
{
	struct str path = http_request_path(request), rest;
	const struct buf *shown = str_starts(path, STR("/peer/")) ? &by_peer : &by_log;

	(void)context;
	if (rest_of(request, &rest)) {
		witness_end(witness, request, rest);
		return;
	}
	asked++;
	if (shown->n == 0 || !str_ends(path, STR("/checkpoint")))
		http_answer(request, 404, NULL, STR(""));
	else
		http_answer(request, 200, "text/plain", buf_view(shown));
}

static int set_up(void **state)
{
	const struct http_server_options options = {.threads = 2, .handler = {.begin = begin, .end = end}};
	const struct http_client_options patience = {.connect_seconds = 5, .stall_seconds = 5};
	struct buf known = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	lab_begin(&lab, NULL);
	holder_origin_hash(STR(LAB_ORIGIN), hash_text);
	if (http_server_start(&server, &options, &err) != 0 || http_client_open(&client, &patience, &err) != 0)
		fail_msg("%s", err.text);
	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", http_server_port(server));
	buf_printf(&known, "origin " LAB_ORIGIN "\nkey %s\nurl %s/log\n", lab.log.text.p, base);
	lab_write(&lab, "witness/logs/one", known.p);
	buf_clear(&known);
	/* the second cannot be reached, and is passed over */
	buf_printf(&known, "# peers\n%s/peer/\nhttp://127.0.0.1:9/\n", base);
	lab_write(&lab, "witness/peers", known.p);
	buf_release(&known);
	witness = lab_open(&lab, true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_client_close(client);
	http_server_stop(server);
	witness_close(witness);
	buf_release(&by_peer);
	buf_release(&by_log);
	lab_end(&lab);
	return 0;
}

static unsigned fetch(const char *path, bool post, struct str body, struct buf *answer, char type[64])
{
	struct buf url = BUF_INIT;
	struct http_fetch request = {.post = post, .body = body, .max = 100000, .answer = BUF_INIT};
	struct err err = ERR_INIT;

	buf_printf(&url, "%s%s", base, path);
	request.url = url.p;
	if (http_fetch(client, &request, &err) != 0)
		fail_msg("%s", err.text);
	if (answer != NULL) {
		buf_clear(answer);
		buf_str(answer, buf_view(&request.answer));
	}
	if (type != NULL)
		memcpy(type, request.type, sizeof(request.type));
	buf_release(&request.answer);
	buf_release(&url);
	return request.status;
}

static void test_http(void **state)
{
	struct buf request = BUF_INIT, answer = BUF_INIT, line = BUF_INIT, big = BUF_INIT;
	struct note note;
	char path[128], type[64];
	uint64_t time;

	(void)state;
	(void)snprintf(path, sizeof(path), "/w/%s/checkpoint", hash_text);
	assert_int_equal(fetch(path, false, STR(""), NULL, NULL), 404);
	lab_request(&lab, 0, 0, 9, &request);
	assert_int_equal(fetch("/w/add-checkpoint", true, buf_view(&request), &answer, NULL), 200);
	lab_checkpoint(&lab, 0, 9, &big);
	assert_int_equal(note_parse(&note, buf_view(&big), NULL), 0);
	assert_int_equal(witness_answer_take(&line, note.text, buf_view(&answer), &lab.key, &time, NULL), 1);
	assert_int_equal(fetch("/w/add-checkpoint", true, buf_view(&request), &answer, type), 409);
	assert_string_equal(answer.p, "9\n");
	assert_string_equal(type, "text/x.tlog.size");
	assert_int_equal(fetch(path, false, STR(""), &answer, NULL), 200);
	assert_int_equal(note_parse(&note, buf_view(&answer), NULL), 0);
	assert_int_equal(note.count, 2);
	assert_int_equal(note_verify(&note, &lab.key, NULL, NULL), 1);
	/* what is not there, by no such method, too large */
	assert_int_equal(fetch("/w/", false, STR(""), NULL, NULL), 404);
	assert_int_equal(fetch("/w/sign-subtree", true, STR("x"), NULL, NULL), 404);
	assert_int_equal(fetch("/w/00/checkpoint", false, STR(""), NULL, NULL), 404);
	assert_int_equal(fetch("/w/add-checkpoint", false, STR(""), NULL, NULL), 405);
	assert_int_equal(fetch(path, true, STR(""), NULL, NULL), 405);
	path[5] = (char)(path[5] == '0' ? '1' : '0');
	assert_int_equal(fetch(path, false, STR(""), NULL, NULL), 404);
	buf_clear(&big);
	for (unsigned i = 0; i < 7000; i++)
		buf_text(&big, "0123456789");
	assert_int_equal(fetch("/w/add-checkpoint", true, buf_view(&big), NULL, NULL), 413);
	big.n = 60000;
	assert_int_equal(fetch("/w/add-checkpoint", true, buf_view(&big), NULL, NULL), 400);
	buf_release(&request);
	buf_release(&answer);
	buf_release(&line);
	buf_release(&big);
}

static size_t ask(void)
{
	struct err err = ERR_INIT;
	size_t uncertain = 99;

	if (witness_ask(witness, 5, NULL, NULL, &uncertain, &err) != 0)
		fail_msg("%s", err.text);
	return uncertain;
}

static void open_again(bool fresh)
{
	witness_close(witness);
	witness = lab_open(&lab, fresh);
}

static void test_ask(void **state)
{
	struct buf earlier = BUF_INIT, now = BUF_INIT;

	(void)state;
	/* at 9 since the case before */
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &earlier, NULL), 0);
	lab_copy(&lab, "witness", "backup");
	assert_int_equal(lab_ask(&lab, witness, 0, 9, 20), 200);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &now, NULL), 0);
	witness_close(witness);
	lab_copy(&lab, "backup", "witness");
	witness = lab_open(&lab, true);
	/* nobody says anything: nothing is cosigned */
	asked = 0;
	assert_int_equal(ask(), 1);
	assert_int_equal(asked, 2);
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 20), 503);
	/* rubbish is nothing */
	buf_text(&by_log, "rubbish\n");
	assert_int_equal(ask(), 1);
	/* the log keeps silent about 20, a peer has it */
	buf_clear(&by_log);
	buf_str(&by_log, buf_view(&earlier));
	buf_str(&by_peer, buf_view(&now));
	assert_int_equal(ask(), 0);
	assert_int_equal(lab_status(witness).standing, WITNESS_BEHIND);
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 20), 409);
	assert_int_equal(lab_ask(&lab, witness, 1, 20, 22), 422);
	assert_int_equal(lab_ask(&lab, witness, 0, 20, 22), 200);
	assert_int_equal(lab_status(witness).standing, WITNESS_READY);
	/* who is certain is not asked about */
	asked = 0;
	assert_int_equal(ask(), 0);
	assert_int_equal(asked, 0);
	/* a true start: everybody has what it has, or less */
	open_again(false);
	assert_int_equal(lab_ask(&lab, witness, 0, 22, 30), 503);
	assert_int_equal(ask(), 0);
	assert_int_equal(lab_ask(&lab, witness, 0, 22, 30), 200);
	buf_release(&earlier);
	buf_release(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_http), cmocka_unit_test(test_ask)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
