/* fuzz-links: holder archive http catalogue log store record bag ocfl entry tlog os crypto base */
/* What lies in a witness's folder: files of logs that people write, and the state. The first byte says which; of the state it also says whether its
 * header is put in front. Anything else than what is right is refused in a sentence; what is taken can be built upon, and is read again as the same. */
#include "holder/witness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ORIGIN "example.org/log"
#define HEADER "photostat.witness/v1\n" ORIGIN "\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file = -1;

static void need(bool condition)
{
	if (!condition)
		abort();
}

/* Whatever is opened is the one file. */
static int open_file(int dir, const char *path, int flags, mode_t mode)
{
	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	return dup(file);
}

static int sync_nothing(int fd)
{
	(void)fd;
	return 0;
}

static void check_log(struct str text)
{
	struct known_log log;
	struct err err = ERR_INIT;

	if (known_log_parse(&log, text, &err) != 0) {
		need((err.code == ERR_SYNTAX || err.code == ERR_LIMIT) && err.text[0] != '\0' && log.origin == NULL &&
			log.key_count == 0);
		return;
	}
	need(log.origin != NULL && log.key_count >= 1 && log.key_count <= WITNESS_KEYS_MAX);
	need(log.url == NULL || http_url_check(str_from(log.url), NULL) == 0);
	known_log_release(&log);
}

static void start(struct witness_state *state)
{
	*state = (struct witness_state){.dir = -1, .origin = STR(ORIGIN)};
	holder_origin_hash(state->origin, state->hash);
}

static void check_state(struct str text, bool header)
{
	struct os_calls calls = os_real;
	struct witness_state state, again;
	struct hash root = {{7}};
	struct err err = ERR_INIT;

	file = memfd_create("state", MFD_CLOEXEC);
	need(file >= 0 && (!header || write(file, HEADER, strlen(HEADER)) == (ssize_t)strlen(HEADER)));
	need(text.n == 0 || write(file, text.p, text.n) == (ssize_t)text.n);
	calls.openat = open_file;
	calls.fsync = calls.fdatasync = sync_nothing;
	os_calls = &calls;
	start(&state);
	if (state_catch_up(&state, &err) != 0) {
		need(err.code == ERR_MISMATCH && err.text[0] != '\0');
	} else if (state.length > 0 && state.size < UINT64_MAX && state.time < INT64_MAX) {
		need(state_advance(&state, state.size + 1, &root, state.time + 1, &err) == 0);
		start(&again);
		need(state_catch_up(&again, &err) == 0 && again.any && again.size == state.size && again.time == state.time);
		need(again.length == state.length && again.last == state.last && hash_equal(&again.root, &root));
		need(hash_equal(&again.chain, &state.chain));
	}
	os_calls = &os_real;
	(void)close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data + 1, size - 1};

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		check_log(rest);
	else
		check_state(rest, data[0] % 3 == 1);
	return 0;
}
