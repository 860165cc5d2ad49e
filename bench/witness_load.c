/* What a witness's `add-checkpoint` costs over HTTP, its state fsynced before each answer, against as many bare appends of 200 bytes with an
 * fsync each.
 *
 *   witness_load FOLDER [REQUESTS [ROUNDS]]
 *
 * FOLDER must be empty or absent. Eight logs ask, each one request after the other, over connections that stay open; server and clients share this
 * process. Prints microseconds a request, and the median of the ratios. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "holder/holder.h"

#define LOGS 8u
#define ROUNDS_MAX 99u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void die(const struct err *err, const char *what)
{
	(void)fprintf(stderr, "witness_load: %s: %s\n", what, err->text);
	exit(3);
}

static int by_value(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

struct log_key {
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
	struct buf text;
};

/* RFC 6962 section 2.1.2, as it is written. */
static void subproof(size_t m, const struct hash *leaves, size_t n, bool whole, struct merkle_proof *out)
{
	size_t k = 1;

	if (m == n) {
		if (!whole)
			merkle_root(leaves, n, &out->hashes[out->count++]);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	if (m <= k) {
		subproof(m, leaves, k, whole, out);
		merkle_root(leaves + k, n - k, &out->hashes[out->count++]);
	} else {
		subproof(m - k, leaves + k, n - k, false, out);
		merkle_root(leaves, k, &out->hashes[out->count++]);
	}
}

/* All requests of a log are made before the clock runs: sizes 0 to 1, 1 to 2, and so on. */
static void make_requests(const struct log_key *key, size_t count, struct buf *requests)
{
	struct hash *leaves = mem_array(count, sizeof(*leaves));

	for (size_t i = 0; i < count; i++)
		merkle_leaf((struct str){(const char *)&i, sizeof(i)}, &leaves[i]);
	for (size_t i = 0; i < count; i++) {
		struct merkle_proof proof = {.count = 0};
		struct buf text = BUF_INIT, note = BUF_INIT;
		struct err err = ERR_INIT;
		struct hash root;

		merkle_root(leaves, i + 1, &root);
		if (i > 0)
			subproof(i, leaves, i + 1, true, &proof);
		checkpoint_format(&text, str_from(key->key.name), i + 1, &root);
		buf_str(&note, buf_view(&text));
		buf_char(&note, '\n');
		if (note_sign(&note, buf_view(&text), &key->key, key->secret, &err) != 0)
			die(&err, "checkpoint");
		witness_request_format(&requests[i], i, &proof, buf_view(&note));
		buf_release(&text);
		buf_release(&note);
	}
	free(leaves);
}

static double ask(const char *folder, unsigned round, const struct log_key *logs, struct buf *const *requests, size_t count)
{
	struct holder_server_options options = {.fresh = true};
	struct buf verifier = BUF_INIT, known = BUF_INIT, path = BUF_INIT, url = BUF_INIT;
	struct holder_server *server;
	struct http_client *client;
	struct err err = ERR_INIT;
	double began;

	buf_printf(&path, "%s/witness-%u", folder, round);
	if (witness_init(path.p, STR("bench.example/witness"), STR(""), &verifier, &err) != 0)
		die(&err, "witness");
	options.witness = path.p;
	for (unsigned i = 0; i < LOGS; i++) {
		FILE *file;

		buf_clear(&known);
		buf_printf(&known, "%s/logs/%u", path.p, i);
		file = fopen(known.p, "w");
		if (file == NULL || fprintf(file, "origin %s\nkey %s\n", logs[i].key.name, logs[i].text.p) < 0 || fclose(file) != 0)
			exit(3);
	}
	if (holder_server_start(&server, &options, &err) != 0 || http_client_open(&client, NULL, &err) != 0)
		die(&err, "server");
	buf_printf(&url, "http://127.0.0.1:%u/witness/add-checkpoint", holder_server_port(server));
	began = seconds();
	for (size_t i = 0; i < count; i++) {
		struct http_fetch fetches[LOGS], *all[LOGS];

		for (unsigned k = 0; k < LOGS; k++) {
			fetches[k] =
				(struct http_fetch){.url = url.p, .post = true, .body = buf_view(&requests[k][i]), .max = 65536};
			all[k] = &fetches[k];
		}
		if (http_fetch_all(client, all, LOGS, LOGS, NULL, NULL, &err) != 0)
			die(&err, "requests");
		for (unsigned k = 0; k < LOGS; k++) {
			if (fetches[k].result != 0 || fetches[k].status != 200) {
				(void)fprintf(stderr, "witness_load: status %u: %s\n", fetches[k].status, fetches[k].err.text);
				exit(3);
			}
			buf_release(&fetches[k].answer);
		}
	}
	began = seconds() - began;
	http_client_close(client);
	holder_server_stop(server);
	buf_release(&verifier);
	buf_release(&known);
	buf_release(&path);
	buf_release(&url);
	return began;
}

static double append(const char *folder, unsigned round, size_t count)
{
	static const char bytes[200] = {'x'};
	struct buf path = BUF_INIT;
	double began;
	int fd;

	buf_printf(&path, "%s/bare-%u", folder, round);
	fd = open(path.p, O_WRONLY | O_CREAT | O_APPEND, 0644);
	began = seconds();
	for (size_t i = 0; i < count; i++)
		if (fd < 0 || write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) || fsync(fd) != 0)
			exit(3);
	began = seconds() - began;
	(void)close(fd);
	buf_release(&path);
	return began;
}

int main(int argc, char **argv)
{
	size_t count = (argc > 2 ? strtoul(argv[2], NULL, 10) : 2000) / LOGS;
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 5;
	struct log_key logs[LOGS] = {{.text = BUF_INIT}};
	struct buf *requests[LOGS];
	double ratios[ROUNDS_MAX];

	if (argc < 2 || count == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
		(void)fputs("witness_load FOLDER [REQUESTS [ROUNDS]]\n", stderr);
		return 2;
	}
	(void)mkdir(argv[1], 0755);
	for (unsigned i = 0; i < LOGS; i++) {
		unsigned char public_key[ED25519_PUBLIC];
		struct buf name = BUF_INIT;
		struct err err = ERR_INIT;

		buf_printf(&name, "bench.example/log-%u", i);
		if (ed25519_generate(logs[i].secret, public_key, &err) != 0 ||
			vkey_make(&logs[i].key, buf_view(&name), NOTE_ED25519, public_key, &err) != 0)
			die(&err, "key");
		vkey_format(&logs[i].text, &logs[i].key);
		requests[i] = mem_array(count, sizeof(*requests[i]));
		make_requests(&logs[i], count, requests[i]);
		buf_release(&name);
	}
	for (unsigned round = 0; round < rounds; round++) {
		double bare, own;

		if (round % 2 == 0) {
			own = ask(argv[1], round, logs, requests, count);
			bare = append(argv[1], round, count * LOGS);
		} else {
			bare = append(argv[1], round, count * LOGS);
			own = ask(argv[1], round, logs, requests, count);
		}
		ratios[round] = own / bare;
		(void)printf("%.0f µs a request, %.0f µs an append with fsync: %.2f\n", own / (double)(count * LOGS) * 1e6,
			bare / (double)(count * LOGS) * 1e6, ratios[round]);
	}
	qsort(ratios, rounds, sizeof(*ratios), by_value);
	(void)printf("median ratio %.2f\n", ratios[rounds / 2]);
	for (unsigned i = 0; i < LOGS; i++) {
		for (size_t k = 0; k < count; k++)
			buf_release(&requests[i][k]);
		free(requests[i]);
		vkey_release(&logs[i].key);
		buf_release(&logs[i].text);
	}
	return 0;
}
