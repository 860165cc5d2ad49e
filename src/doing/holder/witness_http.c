/* The witness's calls over HTTP (tlog-witness, HTTP Interface), for whatever server mounts them. */
#include "witness.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

/* "HASH/checkpoint" */
static bool is_monitoring(struct str rest, struct str *hash)
{
	*hash = (struct str){rest.p, HOLDER_HASH_TEXT - 1};
	return rest.n == HOLDER_HASH_TEXT - 1 + 11 && str_ends(rest, STR("/checkpoint"));
}

static void refuse_method(struct http_request *request, const char *allowed)
{
	http_answer_header(request, "Allow", allowed);
	http_answer(request, 405, TEXT_TYPE, STR("not by this method\n"));
}

static void answer_checkpoint(struct witness *witness, struct http_request *request, struct str hash)
{
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;

	if (witness_checkpoint(witness, hash, &text, &why) == 0) {
		http_answer_header(request, "Cache-Control", "no-cache");
		http_answer(request, 200, TEXT_TYPE, buf_view(&text));
	} else {
		buf_clear(&text);
		buf_text(&text, why.code == ERR_NOT_FOUND ? why.text : "the checkpoint cannot be read");
		buf_char(&text, '\n');
		if (err_is_for_now(&why))
			http_answer_header(request, "Retry-After", "5");
		http_answer(request,
			why.code == ERR_NOT_FOUND ? 404
			: err_is_for_now(&why)    ? 503
						  : 500,
			TEXT_TYPE, buf_view(&text));
	}
	buf_release(&text);
}

bool witness_begin(struct witness *witness, struct http_request *request, struct str rest)
{
	enum http_method method = http_request_method(request);
	struct str hash;

	if (str_equal(rest, STR("add-checkpoint"))) {
		if (method == HTTP_POST)
			http_take_body(request, WITNESS_BODY_MAX);
		else
			refuse_method(request, "POST");
		return true;
	}
	if (!is_monitoring(rest, &hash))
		return false;
	if (method == HTTP_GET || method == HTTP_HEAD)
		answer_checkpoint(witness, request, hash);
	else
		refuse_method(request, "GET, HEAD");
	return true;
}

void witness_end(struct witness *witness, struct http_request *request, struct str rest)
{
	struct buf answer = BUF_INIT;
	const char *type = TEXT_TYPE;
	unsigned status = 500;

	if (str_equal(rest, STR("add-checkpoint"))) {
		witness_add_checkpoint(witness, http_request_body(request), &status, &answer, &type);
		http_answer(request, status, type, buf_view(&answer));
	}
	buf_release(&answer);
}
