/* http: server and client against one another over loopback, and the server against what no client of ours would send (P9, P10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "http/http.h"

static struct http_server *server;
static struct http_client *client;
static char base[64];
static atomic_uint overs, made_done;
static int big_fd;
#define BIG 3000000u

/* ---- what the server answers ------------------------------------------------------------------------------------------------------ */

static bool count_piece(void *context, struct http_request *request, struct str piece)
{
	uint64_t *count = http_request_kept(request);

	(void)context;
	*count += piece.n;
	return true;
}

/* Has seen enough with the first piece. */
static bool one_piece(void *context, struct http_request *request, struct str piece)
{
	(void)count_piece(context, request, piece);
	return false;
}

static void begin(void *context, struct http_request *request)
{
	struct str path = http_request_path(request);

	(void)context;
	if (str_equal(path, STR("/early")))
		http_answer(request, 403, "text/plain", STR("not here\n"));
	else if (str_equal(path, STR("/echo")))
		http_take_body(request, 100000);
	else if (str_equal(path, STR("/count"))) {
		http_request_keep(request, mem_alloc(sizeof(uint64_t)));
		http_stream_body(request, 10u << 20, count_piece, NULL);
	} else if (str_equal(path, STR("/enough"))) {
		http_request_keep(request, mem_alloc(sizeof(uint64_t)));
		http_stream_body(request, UINT64_MAX, one_piece, NULL);
	}
}

static ssize_t make(void *context, char *bytes, size_t max)
{
	unsigned *left = context;

	if (*left == 0)
		return 0;
	if (*left == 7777)
		return -1;
	memset(bytes, 'm', max < 1000 ? max : 1000);
	*left -= 1;
	return (ssize_t)(max < 1000 ? max : 1000);
}

static void made_over(void *context)
{
	free(context);
	made_done++;
}

static void end(void *context, struct http_request *request)
{
	struct str path = http_request_path(request), value;
	struct buf text = BUF_INIT;

	(void)context;
	if (str_equal(path, STR("/echo"))) {
		http_answer(request, 200, "application/octet-stream", http_request_body(request));
	} else if (str_equal(path, STR("/count")) || str_equal(path, STR("/enough"))) {
		buf_u64(&text, *(uint64_t *)http_request_kept(request));
		http_answer(request, 200, "text/plain", buf_view(&text));
	} else if (str_equal(path, STR("/file"))) {
		http_answer_file(request, "application/octet-stream", dup(big_fd), BIG);
	} else if (str_equal(path, STR("/made")) || str_equal(path, STR("/broken"))) {
		unsigned *left = mem_alloc(sizeof(*left));

		*left = str_equal(path, STR("/made")) ? 500 : 7780;
		http_answer_made(request, 200, "text/plain", make, made_over, left);
	} else if (str_equal(path, STR("/elsewhere"))) {
		http_answer_header(request, "Location", "/echo");
		http_answer(request, 302, NULL, STR(""));
	} else if (str_starts(path, STR("/say/"))) {
		buf_str(&text, path);
		buf_char(&text, '|');
		buf_str(&text, http_request_target(request));
		buf_char(&text, '|');
		if (http_request_query(request, "q", &value))
			buf_str(&text, value);
		buf_char(&text, '|');
		if (http_request_header(request, "x-word", &value))
			buf_str(&text, value);
		http_answer(request, 200, "text/plain", buf_view(&text));
	} else if (str_equal(path, STR("/silent"))) {
		/* no answer: the server says so itself */
	} else {
		http_answer(request, 404, "text/plain", STR("no such thing\n"));
	}
	buf_release(&text);
}

static void over(void *context, struct http_request *request)
{
	(void)context;
	free(http_request_kept(request));
	overs++;
}

static int set_up(void **state)
{
	const struct http_server_options options = {
		.threads = 2, .connections = 300, .idle_seconds = 2, .handler = {NULL, begin, end, over}};
	const struct http_client_options patience = {.connect_seconds = 2, .stall_seconds = 2};
	char name[] = "/tmp/http_test.XXXXXX";
	struct err err = ERR_INIT;

	(void)state;
	big_fd = mkstemp(name);
	(void)unlink(name);
	for (unsigned i = 0; i < BIG / 1000; i++) {
		char bytes[1000];

		memset(bytes, 'a' + (int)(i % 26), sizeof(bytes));
		if (write(big_fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
			return -1;
	}
	if (http_server_start(&server, &options, &err) != 0 || http_client_open(&client, &patience, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", http_server_port(server));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_client_close(client);
	http_server_stop(server);
	return close(big_fd);
}

/* ---- a client of ours -------------------------------------------------------------------------------------------------------------- */

static char *url(const char *path)
{
	static char text[8][400];
	static unsigned at;
	char *out = text[at++ % 8];

	(void)snprintf(out, sizeof(text[0]), "%s%s", base, path);
	return out;
}

static void answers(void **state)
{
	const char *const headers[] = {"X-Word: hello", NULL};
	struct http_fetch fetch = {.url = url("/say/a%2Fb%20c?q=two%20words"), .max = 1000, .headers = headers};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 200);
	assert_string_equal(fetch.answer.p, "/say/a/b c|/say/a%2Fb%20c?q=two%20words|two words|hello");
	assert_string_equal(fetch.type, "text/plain");
	fetch.url = url("/nothing");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 404);
	assert_string_equal(fetch.answer.p, "no such thing\n");
	fetch.url = url("/silent");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 500);
	/* A path that is none, and a NUL in one. */
	fetch.url = url("/say/%00");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 400);
	fetch.url = url("/say/%zz");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 400);
	buf_release(&fetch.answer);
}

static void redirects_are_answers(void **state)
{
	struct http_fetch fetch = {.url = url("/elsewhere"), .max = 1000};

	(void)state;
	assert_int_equal(http_fetch(client, &fetch, NULL), 0);
	assert_int_equal(fetch.status, 302);
	buf_release(&fetch.answer);
}

static int add(void *context, struct str piece, struct err *err)
{
	(void)err;
	buf_str(context, piece);
	return 0;
}

static int enough(void *context, struct str piece, struct err *err)
{
	(void)context;
	(void)piece;
	return err_set(err, ERR_MISMATCH, "that is enough");
}

static void bodies(void **state)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct http_fetch fetch = {.url = url("/echo"), .post = true, .max = 1u << 20};
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&text, "%09u\n", i);
	fetch.body = buf_view(&text);
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 200);
	assert_true(str_equal(buf_view(&fetch.answer), buf_view(&text)));
	buf_char(&text, '!'); /* one byte more than is taken */
	fetch.body = buf_view(&text);
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 413);
	fetch.url = url("/say/nobody"); /* takes none */
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 413);
	fetch.url = url("/early");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 403);
	assert_string_equal(fetch.answer.p, "not here\n");
	fetch.url = url("/count");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_string_equal(fetch.answer.p, "100001");
	/* Into a sink; one that has enough; more than is wanted. */
	buf_release(&fetch.answer);
	fetch = (struct http_fetch){.url = url("/file"), .max = BIG, .sink = add, .context = &got};
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(got.n, BIG);
	assert_int_equal(got.p[BIG - 1], 'a' + (int)((BIG / 1000 - 1) % 26));
	buf_clear(&got);
	fetch.offset = 1000;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 206);
	assert_int_equal(got.n, BIG - 1000);
	assert_int_equal(got.p[0], 'b');
	fetch.offset = 0;
	fetch.max = BIG - 1;
	assert_int_equal(http_fetch(client, &fetch, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	fetch.max = BIG;
	fetch.sink = enough;
	assert_int_equal(http_fetch(client, &fetch, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	buf_release(&text);
	buf_release(&got);
	buf_release(&fetch.answer);
}

static void made(void **state)
{
	struct http_fetch fetch = {.url = url("/made"), .max = 1u << 20};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.answer.n, 500000);
	/* What was broken off never passes for whole. */
	fetch.url = url("/broken");
	assert_int_equal(http_fetch(client, &fetch, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	buf_release(&fetch.answer);
	for (unsigned i = 0; i < 100 && made_done < 2; i++)
		(void)usleep(20000);
	assert_int_equal(made_done, 2);
}

static size_t gzip(const char *bytes, size_t n, unsigned char *out, size_t max)
{
	z_stream stream = {
		.next_in = (z_const Bytef *)(uintptr_t)bytes, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)max};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&stream), Z_OK);
	return max - stream.avail_out;
}

static void encoded_bodies(void **state)
{
	const char *const zipped[] = {"Content-Encoding: gzip", NULL}, *const odd[] = {"Content-Encoding: rot13", NULL};
	static char plain[20u << 20];
	static unsigned char packed[1u << 20];
	struct http_fetch fetch = {.url = url("/echo"), .post = true, .max = 1u << 20, .headers = zipped};
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	memset(plain, 'z', sizeof(plain));
	n = gzip(plain, 90000, packed, sizeof(packed));
	fetch.body = (struct str){(const char *)packed, n};
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 200);
	assert_int_equal(fetch.answer.n, 90000);
	/* cut off; with something behind it; not gzip at all; a bomb */
	fetch.body.n = n - 9;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 400);
	packed[n] = 'x';
	fetch.body.n = n + 1;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 400);
	fetch.body = STR("this is no gzip");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 400);
	n = gzip(plain, sizeof(plain), packed, sizeof(packed));
	fetch.body = (struct str){(const char *)packed, n};
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 413);
	fetch.url = url("/count");
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 413);
	fetch.headers = odd;
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 415);
	buf_release(&fetch.answer);
}

/* What the client compresses is what the server undoes; of a stream that is not wanted any more nothing is undone, and not for ever taken. */
static void compressed_and_unwanted(void **state)
{
	static const size_t lengths[] = {0, 1, 1000, 20000, 99000};
	const char *const zipped[] = {"Content-Encoding: gzip", NULL};
	const size_t large = 70u << 20;
	struct http_fetch fetch = {.url = url("/echo"), .post = true, .max = 1u << 20, .headers = zipped};
	struct buf plain = BUF_INIT, packed = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t seen;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		while (plain.n < lengths[i])
			buf_char(&plain, (char)(plain.n * plain.n % 251));
		buf_clear(&packed);
		assert_int_equal(http_gzip(&packed, buf_view(&plain), &err), 0);
		fetch.body = buf_view(&packed);
		assert_int_equal(http_fetch(client, &fetch, &err), 0);
		assert_int_equal(fetch.status, 200);
		assert_true(str_equal(buf_view(&fetch.answer), buf_view(&plain)));
	}
	buf_clear(&plain);
	buf_clear(&packed);
	assert_non_null(buf_reserve(&plain, large));
	memset(plain.p, 'z', large);
	plain.n = large;
	assert_int_equal(http_gzip(&packed, buf_view(&plain), &err), 0);
	fetch.url = url("/enough");
	fetch.body = buf_view(&packed);
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 200);
	assert_true(decimal_parse(buf_view(&fetch.answer), UINT64_MAX, &seen));
	assert_true(seen > 0 && seen < (1u << 20));
	fetch.headers = NULL;
	fetch.body = (struct str){plain.p, 60u << 20};
	assert_int_equal(http_fetch(client, &fetch, &err), 0);
	assert_int_equal(fetch.status, 200);
	fetch.body = buf_view(&plain); /* answered 413, or the connection is closed: as far as it got */
	assert_true(http_fetch(client, &fetch, &err) != 0 || fetch.status == 413);
	buf_release(&fetch.answer);
	buf_release(&plain);
	buf_release(&packed);
}

static int thrice(void *context, struct http_fetch *fetch)
{
	unsigned *done = context;

	assert_int_equal(fetch->status, 200);
	assert_int_equal(fetch->answer.n, 3);
	fetch->again = ++*done % 3 != 0;
	return 0;
}

static void again(void **state)
{
	struct http_fetch fetches[5], *all[5];
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		fetches[i] = (struct http_fetch){.url = url("/echo"), .post = true, .body = STR("abc"), .max = 100};
		all[i] = &fetches[i];
	}
	/* one after another, each three times; then all at once: fifteen answers, whoever gives them */
	assert_int_equal(http_fetch_all(client, all, 5, 1, thrice, &done, NULL), 0);
	assert_int_equal(done, 15);
	done = 0;
	assert_int_equal(http_fetch_all(client, all, 5, 3, thrice, &done, NULL), 0);
	assert_true(done >= 5);
	for (unsigned i = 0; i < 5; i++)
		buf_release(&fetches[i].answer);
}

static int count_done(void *context, struct http_fetch *fetch)
{
	(void)fetch;
	*(unsigned *)context += 1;
	return 0;
}

static void many_at_once(void **state)
{
	struct http_fetch fetches[50], *all[50];
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		fetches[i] = (struct http_fetch){.url = i % 10 == 9 ? "http://127.0.0.1:1/" : url("/made"), .max = 1u << 20};
		all[i] = &fetches[i];
	}
	assert_int_equal(http_fetch_all(client, all, 50, 8, count_done, &done, NULL), 0);
	assert_int_equal(done, 50);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(fetches[i].result, i % 10 == 9 ? -1 : 0);
		if (i % 10 != 9)
			assert_int_equal(fetches[i].answer.n, 500000);
		buf_release(&fetches[i].answer);
	}
}

static void ranges(void **state)
{
	static const struct {
		const char *range;
		unsigned status;
		size_t n;
		char first;
	} cases[] = {{"Range: bytes=1000-1999", 206, 1000, 'b'}, {"Range: bytes=-500", 206, 500, 'a' + (BIG / 1000 - 1) % 26},
		{"Range: bytes=2999999-", 206, 1, 'a' + (BIG / 1000 - 1) % 26},
		{"Range: bytes=2999999-99999999", 206, 1, 'a' + (BIG / 1000 - 1) % 26}, {"Range: bytes=3000000-", 416, 0, 0},
		{"Range: bytes=5-4", 200, BIG, 'a'}, {"Range: bytes=0-1,5-6", 200, BIG, 'a'}, {"Range: lines=0-1", 200, BIG, 'a'},
		{"Range: bytes=-0", 200, BIG, 'a'}, {"Range: bytes=x-", 200, BIG, 'a'}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const headers[] = {cases[i].range, NULL};
		struct http_fetch fetch = {.url = url("/file"), .max = BIG, .headers = headers};

		assert_int_equal(http_fetch(client, &fetch, NULL), 0);
		assert_int_equal(fetch.status, cases[i].status);
		if (cases[i].status != 416) {
			assert_int_equal(fetch.answer.n, cases[i].n);
			assert_int_equal(fetch.answer.p[0], cases[i].first);
		}
		buf_release(&fetch.answer);
	}
}

/* RFC 9110 section 13.1.5: what the asker has may be of another file. */
static void ranges_of_another_file(void **state)
{
	static const char *const conditions[] = {
		"If-Range: \"another\"", "If-Range: W/\"weak\"", "If-Range: Tue, 15 Nov 1994 12:45:26 GMT"};

	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		for (int past = 0; past < 2; past++) {
			const char *const headers[] = {
				past ? "Range: bytes=3000000-" : "Range: bytes=1000-1999", conditions[i], NULL};
			struct http_fetch fetch = {.url = url("/file"), .max = BIG, .headers = headers};

			assert_int_equal(http_fetch(client, &fetch, NULL), 0);
			assert_int_equal(fetch.status, 200);
			assert_int_equal(fetch.answer.n, BIG);
			buf_release(&fetch.answer);
		}
}

static void urls(void **state)
{
	static const char *const good[] = {"http://a", "https://example.org/archive", "http://[::1]:1927/x/"};
	static const char *const bad[] = {"", "ftp://a/", "http://", "http:///x", "http://user@a/", "http://a/?q", "http://a/#f",
		"http://a/ b", "http://a/\n", "file:///etc/passwd", "http://\xc3\xa4/"};
	struct buf text = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(http_url_check(str_from(good[i]), NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_url_check(str_from(bad[i]), NULL), -1);
	http_url_path(&text, STR("a b/\xc3\xa4%?#"));
	assert_string_equal(text.p, "a%20b/%C3%A4%25%3F%23");
	buf_release(&text);
}

/* ---- peers that mean ill ------------------------------------------------------------------------------------------------------------- */

static int connect_raw(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(http_server_port(server)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void slow_ones_are_closed(void **state)
{
	int slow[200];
	char byte;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		slow[i] = connect_raw();
		assert_true(write(slow[i], "GET /made HTT", 13) == 13);
	}
	answers(state); /* and nobody waits for them */
	for (unsigned i = 0; i < 200; i++) {
		ssize_t n;

		while ((n = read(slow[i], &byte, 1)) == 1) /* at most an answer that says why */
			;
		assert_true(n <= 0);
		(void)close(slow[i]);
	}
}

static void rubbish(void **state)
{
	static const char *const heads[] = {"\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"BREW /say/x HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
		"GET http://elsewhere/say/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"};
	static char long_head[100000];
	char bytes[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		int fd = connect_raw();

		assert_true(write(fd, heads[i], strlen(heads[i])) > 0);
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		(void)close(fd);
	}
	memset(long_head, 'x', sizeof(long_head));
	memcpy(long_head, "GET /say/", 9);
	{
		int fd = connect_raw();

		(void)!write(fd, long_head, sizeof(long_head));
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		(void)close(fd);
	}
	answers(state);
}

/* Sends it; all that comes until the server closes. */
static size_t exchange(const char *head, char *bytes, size_t max)
{
	int fd = connect_raw();
	size_t n = 0;
	ssize_t got;

	assert_true(write(fd, head, strlen(head)) > 0);
	while (n + 1 < max && (got = read(fd, bytes + n, max - 1 - n)) > 0)
		n += (size_t)got;
	bytes[n] = '\0';
	(void)close(fd);
	return n;
}

#define REST " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

/* libmicrohttpd alone lets these peers wait until the connection is idle for too long. */
static void too_much_to_ask(void **state)
{
	static char head[40000], bytes[20000];
	static const struct {
		const char *parameter;
		size_t count;
		const char *status;
	} asked[] = {{"q=1", 64, "200"}, {"q=1", 65, "414"}, {"a", 500, "414"}, {"q=1", 1000, "414"}, {"", 5000, "414"},
		{"abcdefghijklmnopqrstuvwxyz=1234567890", 450, "414"}, {"abcdefghijklmnopqrstuvwxyz=1234567890", 800, "4"}};

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct timespec before, after;
		struct buf text = BUF_INIT;

		buf_text(&text, "GET /say/x?");
		for (size_t k = 0; k < asked[i].count; k++)
			buf_printf(&text, "%s%s", k > 0 ? "&" : "", asked[i].parameter);
		buf_text(&text, REST);
		assert_true(text.n < sizeof(head));
		memcpy(head, text.p, text.n + 1);
		buf_release(&text);
		(void)clock_gettime(CLOCK_MONOTONIC, &before);
		(void)exchange(head, bytes, sizeof(bytes));
		(void)clock_gettime(CLOCK_MONOTONIC, &after);
		assert_memory_equal(bytes, "HTTP/1.1 ", 9);
		assert_memory_equal(bytes + 9, asked[i].status, strlen(asked[i].status));
		assert_true(after.tv_sec - before.tv_sec < 2); /* the server of this test waits 2 seconds for who is idle */
	}
	/* one parameter, and a long one */
	memset(head, 'x', sizeof(head));
	memcpy(head, "GET /say/x?q=", 13);
	memcpy(head + (16u << 10) + 4, REST, sizeof(REST));
	(void)exchange(head, bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 200 ", 13);
	memset(head, 'x', sizeof(head));
	memcpy(head, "GET /say/x?q=", 13);
	memcpy(head + (16u << 10) + 5, REST, sizeof(REST));
	(void)exchange(head, bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 414 ", 13);
	answers(NULL);
}

/* What follows must never be taken for a request of its own: a server before us may have taken it for a body. */
#define SMUGGLED "GET /say/smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void where_a_request_ends(void **state)
{
	static const char *const heads[] = {
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
		"chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\nabcd" SMUGGLED,
		"GET /say/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" SMUGGLED};
	static char bytes[20000];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		(void)exchange(heads[i], bytes, sizeof(bytes));
		assert_memory_equal(bytes, "HTTP/1.1 400 ", 13);
		assert_null(strstr(bytes, "smuggled"));
		assert_null(strstr(bytes + 13, "HTTP/1.1"));
	}
	/* The same well said: as before. And the form that every server has to take, of a request that names its host. */
	(void)exchange(
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd", bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 200 ", 13);
	(void)exchange(
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\nConnection: close\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
		bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 200 ", 13);
	(void)exchange("GET http://elsewhere:1/say/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 200 ", 13);
	(void)exchange("GET http://elsewhere?/say/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", bytes, sizeof(bytes));
	assert_memory_equal(bytes, "HTTP/1.1 400 ", 13);
}

static void *mute(void *context)
{
	int fd = accept(*(int *)context, NULL, NULL);
	char bytes[1000];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	(void)close(fd);
	return NULL;
}

static void stalled_server(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct err err = ERR_INIT;
	struct http_fetch fetch = {.max = 1000};
	pthread_t thread;
	char text[64];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	assert_int_equal(pthread_create(&thread, NULL, mute, &fd), 0);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	fetch.url = text;
	assert_int_equal(http_fetch(client, &fetch, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(fd);
	buf_release(&fetch.answer);
}

static void port_taken(void **state)
{
	const struct http_server_options options = {.port = http_server_port(server), .handler = {NULL, begin, end, over}};
	struct http_server *second;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(http_server_start(&second, &options, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(redirects_are_answers),
		cmocka_unit_test(bodies),
		cmocka_unit_test(made),
		cmocka_unit_test(encoded_bodies),
		cmocka_unit_test(compressed_and_unwanted),
		cmocka_unit_test(again),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(ranges),
		cmocka_unit_test(ranges_of_another_file),
		cmocka_unit_test(urls),
		cmocka_unit_test(slow_ones_are_closed),
		cmocka_unit_test(rubbish),
		cmocka_unit_test(too_much_to_ask),
		cmocka_unit_test(where_a_request_ends),
		cmocka_unit_test(stalled_server),
		cmocka_unit_test(port_taken),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
