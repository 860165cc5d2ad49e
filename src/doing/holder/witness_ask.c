/* Whether a witness is an old copy of itself: what others have of its own cosignatures tells. */
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#define PARALLEL 8u
#define ANSWER_MAX (128u << 10)

int witness_confirm(struct witness *witness, struct str checkpoint_note, struct err *err)
{
	struct str rest = checkpoint_note, origin;
	struct witness_log *log = str_take_line(&rest, &origin) ? witness_find(witness, origin) : NULL;
	struct err why = ERR_INIT;
	int fd, got = -1;

	if (log == NULL)
		return err_set(err, ERR_NOT_FOUND, "it is no checkpoint of a log that is witnessed here");
	pthread_mutex_lock(&log->lock);
	fd = state_lock(&log->state, err);
	if (fd < 0)
		goto out;
	if (log->broken.code == ERR_NONE && state_catch_up(&log->state, &why) != 0 && why.code != ERR_SYSTEM)
		log->broken = why;
	if (log->broken.code != ERR_NONE)
		why = log->broken;
	if (why.code != ERR_NONE) {
		if (err != NULL)
			*err = why;
		goto out;
	}
	got = witness_see(witness, log, checkpoint_note, err);
	if (got >= 0)
		log->certain = true;
out:
	os_close(fd);
	pthread_mutex_unlock(&log->lock);
	return got;
}

int witness_assume(struct witness *witness, struct str origin, struct err *err)
{
	struct witness_log *log = witness_find(witness, origin);

	if (log == NULL)
		return err_set(err, ERR_NOT_FOUND, "the log %.*s is not witnessed here", STR_ARG(origin));
	pthread_mutex_lock(&log->lock);
	log->certain = true;
	pthread_mutex_unlock(&log->lock);
	return 0;
}

/* ---- asking ----------------------------------------------------------------------------------------------------------------------------- */

struct asking {
	struct witness *witness;
	struct http_fetch *fetches; /* urls on the heap */
	struct http_fetch **order;
	size_t count;
	int64_t deadline;
	bool (*stop)(void *context);
	void *context;
};

/* There may be more to ask than connections at once. */
static bool is_over(void *context)
{
	const struct asking *asking = context;

	return os_now() >= asking->deadline || (asking->stop != NULL && asking->stop(asking->context));
}

static void add(struct asking *asking, const struct buf *url, unsigned seconds)
{
	asking->fetches[asking->count++] =
		(struct http_fetch){.url = mem_dup(buf_view(url)), .max = ANSWER_MAX, .seconds = seconds, .answer = BUF_INIT};
}

/* Taken in as it comes, and freed: there may be many. */
static int take(void *context, struct http_fetch *fetch)
{
	struct asking *asking = context;

	if (fetch->result == 0 && fetch->status == 200)
		(void)witness_confirm(asking->witness, buf_view(&fetch->answer), NULL);
	buf_release(&fetch->answer);
	return 0;
}

static bool is_uncertain(struct witness_log *log)
{
	bool uncertain;

	pthread_mutex_lock(&log->lock);
	uncertain = log->broken.code == ERR_NONE && !log->certain;
	pthread_mutex_unlock(&log->lock);
	return uncertain;
}

static void gather(struct asking *asking, unsigned seconds)
{
	struct witness *witness = asking->witness;

	for (size_t i = 0; i < witness->log_count; i++) {
		struct witness_log *log = &witness->logs[i];
		struct buf url = BUF_INIT;

		if (!is_uncertain(log))
			continue;
		if (log->known.url != NULL) {
			buf_printf(&url, "%scheckpoint", log->known.url);
			add(asking, &url, seconds);
		}
		for (size_t k = 0; k < witness->peer_count; k++) {
			buf_clear(&url);
			buf_printf(&url, "%s%s/checkpoint", witness->peers[k], log->state.hash);
			add(asking, &url, seconds);
		}
		buf_release(&url);
	}
	for (size_t i = 0; i < asking->count; i++)
		asking->order[i] = &asking->fetches[i];
}

int witness_ask(struct witness *witness, unsigned seconds, bool (*stop)(void *), void *context, size_t *uncertain, struct err *err)
{
	size_t most = witness->log_count * (1 + witness->peer_count);
	struct asking asking = {.witness = witness, .deadline = os_now() + seconds, .stop = stop, .context = context};
	const struct http_client_options options = {
		.connect_seconds = seconds, .stall_seconds = seconds, .stop = is_over, .stop_context = &asking};
	struct http_client *client = NULL;
	int result = -1;

	if (http_client_open(&client, &options, err) != 0)
		goto out;
	asking.fetches = mem_array(most + 1, sizeof(*asking.fetches));
	asking.order = mem_array(most + 1, sizeof(*asking.order));
	gather(&asking, seconds);
	result = http_fetch_all(client, asking.order, asking.count, PARALLEL, take, &asking, err);
out:
	*uncertain = 0;
	for (size_t i = 0; i < witness->log_count; i++)
		*uncertain += is_uncertain(&witness->logs[i]);
	for (size_t i = 0; i < asking.count; i++) {
		char *url; /* made here: only the fetch calls it constant */

		memcpy(&url, &asking.fetches[i].url, sizeof(url));
		free(url);
		buf_release(&asking.fetches[i].answer);
	}
	free(asking.fetches);
	free(asking.order);
	http_client_close(client);
	return result;
}
