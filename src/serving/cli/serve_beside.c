/* The server's own bounds, and its companion. */
#include "serve_beside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define NICE 10
#define AGAIN_SECONDS 10
#define WANTED_MAX 16u /* remembered, so that they are told once */
#define ID_MAX 2000u

struct beside {
	char *archive;
	pthread_mutex_t lock; /* of what follows */
	bool running;
	int input;
	pid_t pid;
	int64_t ended;
	uint64_t told[WANTED_MAX]; /* what was told last, as hashes */
	int64_t when[WANTED_MAX];
	unsigned next;
};

int beside_give_up(const char *archive, const char *witness, const char *mirror, bool *landlock, struct err *err)
{
	struct buf derived = BUF_INIT;
	const char *paths[] = {"/dev/null", NULL, NULL, NULL, NULL};
	size_t count = 1;
	int result = 0;

	*landlock = false;
	buf_printf(&derived, "%s/derived", archive);
	/* A folder that is taken away later takes the permission with it: the server is started again then. */
	if (os_mkdir(AT_FDCWD, derived.p, NULL) == 0) {
		paths[count++] = derived.p;
		if (witness != NULL)
			paths[count++] = witness;
		if (mirror != NULL)
			paths[count++] = mirror;
		/* SQLite sorts on the disk what is large. */
		(void)setenv("SQLITE_TMPDIR", derived.p, 1);
		result = os_write_only_below(paths, landlock, err);
	}
	buf_release(&derived);
	return result;
}

/* Under the lock, or before there is anybody else. */
static int start(struct beside *beside, struct err *err)
{
	const char *const arguments[] = {"index", "--follow", "--quiet", "-C", beside->archive, NULL};

	if (os_companion_start(arguments, NICE, &beside->input, &beside->pid, err) != 0)
		return -1;
	beside->running = true;
	return 0;
}

int beside_start(struct beside **out, const char *archive, struct err *err)
{
	struct beside *beside = mem_alloc(sizeof(*beside));

	beside->archive = mem_dup(str_from(archive));
	pthread_mutex_init(&beside->lock, NULL);
	if (start(beside, err) != 0) {
		beside_end(beside);
		return -1;
	}
	*out = beside;
	return 0;
}

static uint64_t hash_of(struct str id)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < id.n; i++)
		hash = (hash ^ (unsigned char)id.p[i]) * 1099511628211u;
	return hash;
}

void beside_want(void *context, struct str id)
{
	struct beside *beside = context;
	uint64_t hash = hash_of(id);
	struct buf line = BUF_INIT;
	bool told = false;

	if (beside == NULL || id.n == 0 || id.n > ID_MAX || memchr(id.p, '\n', id.n) != NULL)
		return;
	buf_str(&line, id);
	buf_char(&line, '\n');
	pthread_mutex_lock(&beside->lock);
	for (unsigned i = 0; i < WANTED_MAX; i++)
		told = told || (beside->told[i] == hash && os_now() - beside->when[i] < AGAIN_SECONDS);
	if (!told && beside->running && os_companion_tell(beside->input, buf_view(&line))) {
		beside->told[beside->next] = hash;
		beside->when[beside->next] = os_now();
		beside->next = (beside->next + 1) % WANTED_MAX;
	}
	pthread_mutex_unlock(&beside->lock);
	buf_release(&line);
}

void beside_tend(struct beside *beside)
{
	if (beside == NULL)
		return;
	pthread_mutex_lock(&beside->lock);
	if (beside->running && os_companion_ended(beside->pid)) {
		os_close(beside->input);
		beside->running = false;
		beside->ended = os_now();
	} else if (!beside->running && os_now() - beside->ended >= AGAIN_SECONDS && start(beside, NULL) != 0) {
		beside->ended = os_now();
	}
	pthread_mutex_unlock(&beside->lock);
}

void beside_end(struct beside *beside)
{
	if (beside == NULL)
		return;
	if (beside->running)
		os_companion_end(beside->input, beside->pid);
	pthread_mutex_destroy(&beside->lock);
	free(beside->archive);
	free(beside);
}
