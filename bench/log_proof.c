/* What a proof costs in a large log and in a small one: the log is opened (its checkpoint read and verified), an entry and its inclusion proof
 * are read and verified, the log is closed.
 *
 *   log_proof FOLDER [LARGE [SMALL [PROOFS [ROUNDS]]]]
 *
 * FOLDER must be empty or absent; both logs are made there. Prints microseconds a proof, the files read, and the median of the ratios. */
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS_MAX 99u

struct made {
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void die(const struct err *err, const char *what)
{
	fprintf(stderr, "log_proof: %s: %s\n", what, err->text);
	exit(3);
}

static void make_log(int dir, const char *name, uint64_t size, const struct made *made)
{
	struct err err = ERR_INIT;
	struct log_writer *writer;
	struct os_batch *batch;
	struct log *log;
	struct hash root;
	struct buf text = BUF_INIT, note = BUF_INIT;
	char entry[400];
	uint64_t got;

	if (log_create(dir, name, &err) != 0 || log_open(&log, dir, name, &made->key, &err) != 0 ||
		log_writer_open(&writer, log, &err) != 0 || os_batch_open(&batch, log_fd(log), &err) != 0)
		die(&err, name);
	for (uint64_t i = 0; i < size; i++) {
		int n = snprintf(entry, sizeof(entry),
			"photostat.entry/v1 version\nrecord https://example.org/archive/r/%012" PRIu64 "\n%0250d\n", i, 0);
		if (log_append(writer, (struct str){entry, (size_t)n}, NULL, &err) != 0)
			die(&err, name);
	}
	if (log_write_edge(writer, batch, &err) != 0 || os_batch_sync(batch, &err) != 0 ||
		log_writer_verify(writer, &got, &root, &err) != 0)
		die(&err, name);
	checkpoint_format(&text, str_from(made->key.name), got, &root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	if (note_sign(&note, buf_view(&text), &made->key, made->secret, &err) != 0 ||
		log_publish(writer, buf_view(&note), &err) != 0)
		die(&err, name);
	os_batch_free(batch);
	log_writer_free(writer);
	log_free(log);
	buf_release(&text);
	buf_release(&note);
}

static unsigned files_read;

static int counting_openat(int dir, const char *path, int flags, mode_t mode)
{
	files_read += (flags & O_DIRECTORY) == 0;
	return os_real.openat(dir, path, flags, mode);
}

static void prove(int dir, const char *name, uint64_t index, const struct vkey *key)
{
	struct err err = ERR_INIT;
	struct merkle_proof proof;
	struct buf entry = BUF_INIT;
	struct log *log;

	if (log_open(&log, dir, name, key, &err) != 0 || log_proof(log, index, &entry, &proof, &err) != 0)
		die(&err, name);
	buf_release(&entry);
	log_free(log);
}

/* Microseconds a proof. */
static double measure(int dir, const char *name, uint64_t size, uint64_t proofs, const struct vkey *key)
{
	double start = seconds();

	for (uint64_t i = 0; i < proofs; i++)
		prove(dir, name, i * 2654435761u % size, key);
	return (seconds() - start) / (double)proofs * 1e6;
}

static unsigned most_files(int dir, const char *name, uint64_t size, const struct vkey *key)
{
	struct os_calls calls = os_real;
	unsigned most = 0;

	calls.openat = counting_openat;
	os_calls = &calls;
	for (uint64_t i = 0; i < 200; i++) {
		files_read = 0;
		prove(dir, name, i * 2654435761u % size, key);
		most = files_read > most ? files_read : most;
	}
	os_calls = &os_real;
	return most;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	uint64_t numbers[4] = {1000000, 1000, 2000, 5};
	unsigned char public_key[ED25519_PUBLIC];
	struct err err = ERR_INIT;
	struct made made;
	double ratios[ROUNDS_MAX];
	int dir;

	for (int i = 2; i < argc; i++)
		if (argc > 6 || !decimal_parse(str_from(argv[i]), 100000000, &numbers[i - 2]) || numbers[i - 2] == 0)
			argc = 0;
	if (argc < 2 || numbers[3] > ROUNDS_MAX) {
		fprintf(stderr, "usage: log_proof FOLDER [LARGE [SMALL [PROOFS [ROUNDS]]]]\n");
		return 2;
	}
	if (ed25519_generate(made.secret, public_key, &err) != 0 ||
		vkey_make(&made.key, STR("example.org/archive"), NOTE_ED25519, public_key, &err) != 0 ||
		os_mkdirs(AT_FDCWD, argv[1], &err) != 0 || (dir = os_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, argv[1]);
	make_log(dir, "large", numbers[0], &made);
	make_log(dir, "small", numbers[1], &made);
	printf("files read: %u in the large log, %u in the small one\n", most_files(dir, "large", numbers[0], &made.key),
		most_files(dir, "small", numbers[1], &made.key));
	for (uint64_t round = 0; round < numbers[3]; round++) {
		double small = measure(dir, "small", numbers[1], numbers[2], &made.key);
		double large = measure(dir, "large", numbers[0], numbers[2], &made.key);
		ratios[round] = large / small;
		printf("large %.1f us, small %.1f us, ratio %.3f\n", large, small, ratios[round]);
	}
	qsort(ratios, (size_t)numbers[3], sizeof(*ratios), compare);
	printf("log_proof in %" PRIu64 " against %" PRIu64 ": median ratio %.3f\n", numbers[0], numbers[1], ratios[numbers[3] / 2]);
	vkey_release(&made.key);
	os_close(dir);
	return 0;
}
