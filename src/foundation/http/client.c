/* The client: libcurl, one transfer or many at once. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"
#include "load.h"

#define REFUSAL_MAX ((size_t)128 << 10) /* bytes of an answer that is not the one that was wanted */
#define PARALLEL_MAX 64u

struct http_client {
	const struct http_curl *curl;
	struct http_client_options options;
	CURLM *multi;
	CURL *idle[PARALLEL_MAX];
	unsigned idle_count;
};

/* One of them on its way. */
struct transfer {
	struct http_client *client;
	struct http_fetch *fetch;
	CURL *easy;
	struct curl_slist *headers;
	uint64_t seen;
	int stopped; /* what the sink returned */
};

int http_client_open(struct http_client **out, const struct http_client_options *options, struct err *err)
{
	struct http_client *client;
	const struct http_curl *curl;

	*out = NULL;
	if (http_load_curl(&curl, err) != 0)
		return -1;
	client = mem_alloc(sizeof(*client));
	client->curl = curl;
	if (options != NULL)
		client->options = *options;
	if (client->options.connect_seconds == 0)
		client->options.connect_seconds = 10;
	if (client->options.stall_seconds == 0)
		client->options.stall_seconds = 30;
	client->multi = curl->multi_init();
	if (client->multi == NULL) {
		free(client);
		return err_set(err, ERR_MEMORY, "no memory for connections");
	}
	(void)curl->multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	*out = client;
	return 0;
}

void http_client_close(struct http_client *client)
{
	if (client == NULL)
		return;
	for (unsigned i = 0; i < client->idle_count; i++)
		client->curl->easy_cleanup(client->idle[i]);
	(void)client->curl->multi_cleanup(client->multi);
	free(client);
}

/* ---- what curl calls ---------------------------------------------------------------------------------------------------------------- */

static bool wanted(unsigned status)
{
	return status == 200 || status == 206;
}

static unsigned status_of(struct transfer *transfer)
{
	long status = 0;

	(void)transfer->client->curl->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

static void too_long(struct http_fetch *fetch)
{
	err_set(&fetch->err, ERR_LIMIT, "%s: the answer is longer than the %llu bytes that are wanted", fetch->url,
		(unsigned long long)fetch->max);
}

static size_t take(char *bytes, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	struct http_fetch *fetch = transfer->fetch;
	unsigned status = status_of(transfer);

	n *= size;
	if (!wanted(status)) {
		size_t room = REFUSAL_MAX - fetch->answer.n;

		buf_add(&fetch->answer, bytes, n < room ? n : room);
		/* Of a refusal without end as much as is shown. */
		return n <= room ? n : 0;
	}
	if (n > fetch->max - transfer->seen) {
		too_long(fetch);
		return 0;
	}
	transfer->seen += n;
	if (fetch->sink == NULL) {
		buf_add(&fetch->answer, bytes, n);
		return n;
	}
	transfer->stopped = fetch->sink(fetch->context, (struct str){bytes, n}, &fetch->err);
	return transfer->stopped == 0 ? n : 0;
}

static int ask_stop(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	const struct http_client *client = context;

	(void)total;
	(void)now;
	(void)up_total;
	(void)up_now;
	return client->options.stop != NULL && client->options.stop(client->options.stop_context) ? 1 : 0;
}

/* ---- one transfer ------------------------------------------------------------------------------------------------------------------------ */

#define SET(option, value) (void)curl->easy_setopt(easy, option, value)

static void prepare(struct transfer *transfer, struct str added)
{
	const struct http_client *client = transfer->client;
	const struct http_curl *curl = client->curl;
	struct http_fetch *fetch = transfer->fetch;
	CURL *easy = transfer->easy;
	struct str line;

	curl->easy_reset(easy);
	SET(CURLOPT_URL, fetch->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_CONNECTTIMEOUT, (long)client->options.connect_seconds);
	SET(CURLOPT_LOW_SPEED_LIMIT, client->options.least > 0 ? (long)client->options.least : 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (long)client->options.stall_seconds);
	SET(CURLOPT_TIMEOUT, (long)fetch->seconds);
	/* What a refusal says may be longer than the answer that is wanted. */
	if (fetch->max <= INT64_MAX)
		SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)(fetch->max < REFUSAL_MAX ? REFUSAL_MAX : fetch->max));
	SET(CURLOPT_USERAGENT, "photostat");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_PIPEWAIT, 1L);
	SET(CURLOPT_BUFFERSIZE, 262144L);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, ask_stop);
	SET(CURLOPT_XFERINFODATA, client);
	if (client->options.rate > 0)
		SET(CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)client->options.rate);
	if (fetch->offset > 0) {
		struct buf range = BUF_INIT;

		buf_u64(&range, fetch->offset);
		buf_char(&range, '-');
		SET(CURLOPT_RANGE, range.p);
		buf_release(&range);
	}
	while (str_take_line(&added, &line)) {
		struct buf header = BUF_INIT;

		buf_str(&header, line);
		transfer->headers = curl->slist_append(transfer->headers, header.p);
		buf_release(&header);
	}
	for (size_t i = 0; fetch->headers != NULL && fetch->headers[i] != NULL; i++)
		transfer->headers = curl->slist_append(transfer->headers, fetch->headers[i]);
	if (fetch->post) {
		struct buf type = BUF_INIT;

		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->body.n);
		SET(CURLOPT_POSTFIELDS, fetch->body.n > 0 ? fetch->body.p : "");
		buf_printf(&type, "Content-Type: %s", fetch->body_type != NULL ? fetch->body_type : "application/octet-stream");
		transfer->headers = curl->slist_append(transfer->headers, type.p);
		/* No waiting for 100 Continue: bodies are small, or the peer answers early anyway. */
		transfer->headers = curl->slist_append(transfer->headers, "Expect:");
		buf_release(&type);
	}
	SET(CURLOPT_HTTPHEADER, transfer->headers);
}

static void finish(struct transfer *transfer, CURLcode code)
{
	const struct http_curl *curl = transfer->client->curl;
	struct http_fetch *fetch = transfer->fetch;
	char *type = NULL;

	fetch->status = status_of(transfer);
	(void)curl->easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		(void)strncpy(fetch->type, type, sizeof(fetch->type) - 1);
	fetch->type[sizeof(fetch->type) - 1] = '\0';
	/* A refusal of which enough was read is one; so is one that came before all of a body was taken. */
	if (code == CURLE_OK || (fetch->status != 0 && !wanted(fetch->status) &&
					(code == CURLE_WRITE_ERROR || code == CURLE_SEND_ERROR || code == CURLE_FILESIZE_EXCEEDED)))
		fetch->result = 0;
	else if (transfer->stopped != 0)
		fetch->result = transfer->stopped;
	else if (fetch->err.code != ERR_NONE)
		fetch->result = -1;
	else if (code == CURLE_FILESIZE_EXCEEDED)
		too_long(fetch);
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		err_set(&fetch->err, ERR_INTERRUPTED, "interrupted");
	else if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		err_set(&fetch->err, ERR_SYNTAX, "%s: no URL of http or https", fetch->url);
	else
		err_set(&fetch->err, ERR_SYSTEM, "%s: %s", fetch->url, curl->easy_strerror(code));
	if (fetch->answer.failed) {
		fetch->result = -1;
		err_set(&fetch->err, ERR_MEMORY, "%s: no memory for the answer", fetch->url);
	}
	curl->slist_free_all(transfer->headers);
	transfer->headers = NULL;
}

/* ---- many -------------------------------------------------------------------------------------------------------------------------------- */

static bool start(struct transfer *transfer, struct http_fetch *fetch)
{
	struct http_client *client = transfer->client;
	struct buf added = BUF_INIT;

	transfer->fetch = fetch;
	transfer->seen = 0;
	transfer->stopped = 0;
	fetch->result = -1;
	fetch->status = 0;
	fetch->type[0] = '\0';
	fetch->err = (struct err)ERR_INIT;
	buf_clear(&fetch->answer);
	if (client->options.sign != NULL && client->options.sign(client->options.sign_context, fetch, &added, &fetch->err) != 0) {
		buf_release(&added);
		return false;
	}
	transfer->easy = client->idle_count > 0 ? client->idle[--client->idle_count] : client->curl->easy_init();
	if (transfer->easy == NULL) {
		fetch->result = err_set(&fetch->err, ERR_MEMORY, "%s: no memory for a connection", fetch->url);
		buf_release(&added);
		return false;
	}
	prepare(transfer, buf_view(&added));
	buf_release(&added);
	(void)client->curl->multi_add_handle(client->multi, transfer->easy);
	return true;
}

static void put_away(struct transfer *transfer)
{
	struct http_client *client = transfer->client;

	(void)client->curl->multi_remove_handle(client->multi, transfer->easy);
	if (client->idle_count < PARALLEL_MAX)
		client->idle[client->idle_count++] = transfer->easy;
	else
		client->curl->easy_cleanup(transfer->easy);
	transfer->easy = NULL;
}

int http_fetch_all(struct http_client *client, struct http_fetch *const *fetches, size_t count, unsigned parallel,
	int (*done)(void *context, struct http_fetch *), void *context, struct err *err)
{
	const struct http_curl *curl = client->curl;
	struct transfer *transfers;
	size_t next = 0;
	unsigned under_way = 0;
	int result = 0;

	if (parallel == 0 || parallel > PARALLEL_MAX)
		parallel = parallel == 0 ? 1 : PARALLEL_MAX;
	transfers = mem_array(parallel, sizeof(*transfers));
	while (result == 0 && (next < count || under_way > 0)) {
		int running, left;
		CURLMsg *message;

		for (unsigned i = 0; i < parallel && next < count; i++) {
			if (transfers[i].easy != NULL)
				continue;
			transfers[i].client = client;
			if (start(&transfers[i], fetches[next++]))
				under_way++;
			else if (done != NULL)
				result = done(context, fetches[next - 1]);
		}
		(void)curl->multi_perform(client->multi, &running);
		while (result == 0 && (message = curl->multi_info_read(client->multi, &left)) != NULL) {
			struct transfer *transfer = NULL;
			CURLcode code = message->data.result;

			if (message->msg != CURLMSG_DONE)
				continue;
			(void)curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
			finish(transfer, code);
			put_away(transfer);
			under_way--;
			if (done != NULL)
				result = done(context, transfer->fetch);
			if (result != 0 || !transfer->fetch->again)
				continue;
			transfer->fetch->again = false;
			if (start(transfer, transfer->fetch))
				under_way++;
			else if (done != NULL)
				result = done(context, transfer->fetch);
		}
		if (result == 0 && under_way > 0)
			(void)curl->multi_poll(client->multi, NULL, 0, 200, NULL);
	}
	for (unsigned i = 0; i < parallel; i++)
		if (transfers[i].easy != NULL) {
			finish(&transfers[i], CURLE_ABORTED_BY_CALLBACK);
			put_away(&transfers[i]);
		}
	free(transfers);
	if (result != 0 && err != NULL && err->code == ERR_NONE)
		err_set(err, ERR_INTERRUPTED, "broken off");
	return result;
}

int http_fetch(struct http_client *client, struct http_fetch *fetch, struct err *err)
{
	if (http_fetch_all(client, &fetch, 1, 1, NULL, NULL, err) != 0)
		return -1;
	if (fetch->result != 0 && err != NULL)
		*err = fetch->err;
	return fetch->result;
}
