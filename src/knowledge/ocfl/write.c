/* Inventories as JSON: the same bytes for the same content (docs/format/store.md). */
#include "ocfl/internal.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 32768u

struct writer {
	const struct inventory *inventory;
	struct buf buf;
	ocfl_sink *sink;
	void *context;
	uint32_t *rank;  /* of digest i among the sorted digests */
	uint32_t *order; /* scratch for one state: item numbers by digest; or digests by rank */
	uint32_t *next;  /* scratch: where the items of rank r go */
	struct err *err;
	bool failed;
};

/* For qsort_r, whose context is not const. */
struct sorting {
	const struct inventory *inventory;
};

static void flush(struct writer *writer, size_t when)
{
	if (writer->failed || writer->buf.n < when || !writer->buf.n)
		return;
	if (buf_check(&writer->buf, "the inventory", writer->err) < 0 ||
		writer->sink(writer->context, writer->buf.p, writer->buf.n, writer->err) < 0)
		writer->failed = true;
	buf_clear(&writer->buf);
}

static void write_digest(struct writer *writer, uint32_t number)
{
	const struct inventory *inventory = writer->inventory;
	ref spelling = inventory->digests[number].spelling;
	if (spelling) {
		buf_json(&writer->buf, model_string(inventory, spelling));
		return;
	}
	buf_char(&writer->buf, '"');
	buf_hex(&writer->buf, inventory->digest_bytes + number * inventory->digest_size, inventory->digest_size);
	buf_char(&writer->buf, '"');
}

static int rank_compare(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = ((const struct sorting *)context)->inventory;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = memcmp(inventory->digest_bytes + x * inventory->digest_size,
		inventory->digest_bytes + y * inventory->digest_size, inventory->digest_size);
	if (order)
		return order;
	/* Only a broken inventory has the same twice. */
	return str_compare(
		model_string(inventory, inventory->digests[x].spelling), model_string(inventory, inventory->digests[y].spelling));
}

static int content_compare(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = ((const struct sorting *)context)->inventory;
	struct buf x = BUF_INIT, y = BUF_INIT;
	model_content_path(inventory, *(const uint32_t *)a, &x);
	model_content_path(inventory, *(const uint32_t *)b, &y);
	int order = str_compare(buf_view(&x), buf_view(&y));
	buf_release(&x);
	buf_release(&y);
	return order;
}

/* A content path as a JSON string. */
static void write_content(struct writer *writer, uint32_t content)
{
	const struct inventory *inventory = writer->inventory;
	const struct content_node *node = &inventory->contents[content];
	if (!node->prefix) {
		buf_json(&writer->buf, model_string(inventory, node->rest));
		return;
	}
	buf_json(&writer->buf, model_string(inventory, node->prefix));
	/* Two strings into one: the closing quote of the first becomes the slash, the opening one of the second goes. */
	size_t joint = writer->buf.n;
	buf_json(&writer->buf, model_string(inventory, node->rest));
	if (writer->buf.failed)
		return;
	writer->buf.p[joint - 1] = '/';
	memmove(writer->buf.p + joint, writer->buf.p + joint + 1, writer->buf.n - joint - 1);
	writer->buf.p[--writer->buf.n] = '\0';
}

static void write_contents(struct writer *writer, uint32_t *list, uint32_t count)
{
	buf_char(&writer->buf, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_char(&writer->buf, ',');
		write_content(writer, list[i]);
		flush(writer, PIECE);
	}
	buf_char(&writer->buf, ']');
}

static void write_digest_contents(struct writer *writer, uint32_t number)
{
	const struct inventory *inventory = writer->inventory;
	struct sorting sorting = {inventory};
	uint32_t first = inventory->digests[number].content, count = 0;
	for (uint32_t i = first; i != NONE; i = inventory->contents[i].next)
		count++;
	if (count <= 1) {
		write_contents(writer, &first, count);
		return;
	}
	uint32_t *list = mem_array(count, sizeof(uint32_t)), n = 0;
	for (uint32_t i = first; i != NONE; i = inventory->contents[i].next)
		list[n++] = i;
	qsort_r(list, count, sizeof(uint32_t), content_compare, &sorting);
	write_contents(writer, list, count);
	free(list);
}

static void write_manifest(struct writer *writer)
{
	const struct inventory *inventory = writer->inventory;
	const char *separator = "\n";
	for (uint32_t i = 0; i < inventory->digest_count && !writer->failed; i++) {
		uint32_t number = writer->order[i];
		if (!(inventory->digests[number].flags & DIGEST_IN_MANIFEST))
			continue;
		buf_text(&writer->buf, separator);
		separator = ",\n";
		write_digest(writer, number);
		buf_char(&writer->buf, ':');
		write_digest_contents(writer, number);
		flush(writer, PIECE);
	}
}

/* Items come sorted by path; a counting sort by digest keeps that order within each digest. */
static void write_state(struct writer *writer, const struct state *state)
{
	const struct inventory *inventory = writer->inventory;
	uint32_t digests = inventory->digest_count, *next = writer->next;
	memset(next, 0, (digests + 1) * sizeof(uint32_t));
	for (uint32_t k = 0; k < state->run_count; k++) {
		struct run run = inventory->runs[state->runs[k]];
		for (uint32_t i = run.first; i < run.first + run.count; i++)
			next[writer->rank[inventory->items[i].manifest] + 1]++;
	}
	for (uint32_t i = 0; i < digests; i++)
		next[i + 1] += next[i];
	for (uint32_t k = 0; k < state->run_count; k++) {
		struct run run = inventory->runs[state->runs[k]];
		for (uint32_t i = run.first; i < run.first + run.count; i++)
			writer->order[next[writer->rank[inventory->items[i].manifest]]++] = i;
	}
	uint32_t before = NONE;
	for (uint32_t i = 0; i < state->count && !writer->failed; i++) {
		const struct item *item = &inventory->items[writer->order[i]];
		if (item->manifest != before) {
			buf_text(&writer->buf, i ? "],\n" : "\n");
			write_digest(writer, item->manifest);
			buf_text(&writer->buf, ":[");
			before = item->manifest;
		} else {
			buf_char(&writer->buf, ',');
		}
		buf_json(&writer->buf, model_string(inventory, item->path));
		flush(writer, PIECE);
	}
	if (state->count)
		buf_char(&writer->buf, ']');
}

static void write_version(struct writer *writer, const struct version *version)
{
	const struct inventory *inventory = writer->inventory;
	struct buf *buf = &writer->buf;
	char name[INVENTORY_VERSION_NAME];
	inventory_version_name(inventory, version->number, name);
	buf_char(buf, '"');
	buf_text(buf, name);
	buf_text(buf, "\":{\n\"created\":");
	buf_json(buf, model_string(inventory, version->created));
	if (version->message) {
		buf_text(buf, ",\n\"message\":");
		buf_json(buf, model_string(inventory, version->message));
	}
	buf_text(buf, ",\n\"state\":{");
	write_state(writer, &version->state);
	buf_char(buf, '}');
	if (version->has_user) {
		buf_text(buf, ",\n\"user\":{");
		if (version->user_address) {
			buf_text(buf, "\"address\":");
			buf_json(buf, model_string(inventory, version->user_address));
			buf_char(buf, ',');
		}
		buf_text(buf, "\"name\":");
		buf_json(buf, model_string(inventory, version->user_name));
		buf_char(buf, '}');
	}
	buf_char(buf, '}');
	flush(writer, PIECE);
}

/* ---- fixity: only other programs write it; what they wrote is carried on -------------------------------------------------------- */

static int fixity_order(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = ((const struct sorting *)context)->inventory;
	const struct fixity_node *x = &inventory->fixity[*(const uint32_t *)a], *y = &inventory->fixity[*(const uint32_t *)b];
	int order = str_compare(model_string(inventory, x->digest), model_string(inventory, y->digest));
	return order ? order : content_compare(&x->content, &y->content, context);
}

static void write_fixity_block(struct writer *writer, ref algorithm)
{
	const struct inventory *inventory = writer->inventory;
	struct sorting sorting = {inventory};
	enum digest_alg alg;
	const char *code;
	bool binary = fixity_algorithm(model_string(inventory, algorithm), &alg, &code) == FIXITY_SUPPORTED;
	uint32_t *list = mem_array(inventory->fixity_count + 1u, sizeof(uint32_t)), count = 0;
	for (uint32_t i = 0; i < inventory->fixity_count; i++)
		if (inventory->fixity[i].algorithm == algorithm)
			list[count++] = i;
	qsort_r(list, count, sizeof(uint32_t), fixity_order, &sorting);
	ref before = 0;
	for (uint32_t i = 0; i < count && !writer->failed; i++) {
		const struct fixity_node *node = &inventory->fixity[list[i]];
		struct str digest = model_string(inventory, node->digest);
		if (node->digest != before) {
			buf_text(&writer->buf, i ? "],\n" : "\n");
			if (binary) {
				buf_char(&writer->buf, '"');
				buf_hex(&writer->buf, digest.p, digest.n);
				buf_char(&writer->buf, '"');
			} else {
				buf_json(&writer->buf, digest);
			}
			buf_text(&writer->buf, ":[");
			before = node->digest;
		} else {
			buf_char(&writer->buf, ',');
		}
		write_content(writer, node->content);
		flush(writer, PIECE);
	}
	if (count)
		buf_char(&writer->buf, ']');
	free(list);
}

static int algorithm_compare(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = ((const struct sorting *)context)->inventory;
	return str_compare(model_string(inventory, *(const ref *)a), model_string(inventory, *(const ref *)b));
}

static void write_fixity(struct writer *writer)
{
	const struct inventory *inventory = writer->inventory;
	struct sorting sorting = {inventory};
	uint32_t count = inventory->fixity_algorithm_count;
	ref *algorithms = mem_array(count + 1u, sizeof(ref));
	if (count)
		memcpy(algorithms, inventory->fixity_algorithms, count * sizeof(ref));
	qsort_r(algorithms, count, sizeof(ref), algorithm_compare, &sorting);
	buf_text(&writer->buf, ",\n\"fixity\":{");
	for (uint32_t i = 0; i < count; i++) {
		buf_text(&writer->buf, i ? ",\n" : "\n");
		buf_json(&writer->buf, model_string(inventory, algorithms[i]));
		buf_text(&writer->buf, ":{");
		write_fixity_block(writer, algorithms[i]);
		buf_char(&writer->buf, '}');
	}
	buf_char(&writer->buf, '}');
	free(algorithms);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------------ */

static void write_head(struct writer *writer)
{
	const struct inventory *inventory = writer->inventory;
	struct buf *buf = &writer->buf;
	char name[INVENTORY_VERSION_NAME];
	buf_text(buf, "{\n");
	if (inventory->content_directory) {
		buf_text(buf, "\"contentDirectory\":");
		buf_json(buf, model_string(inventory, inventory->content_directory));
		buf_text(buf, ",\n");
	}
	buf_text(buf, "\"digestAlgorithm\":\"");
	buf_text(buf, digest_name(inventory->alg));
	buf_char(buf, '"');
	if (inventory->has_fixity)
		write_fixity(writer);
	inventory_version_name(inventory, inventory->head, name);
	buf_text(buf, ",\n\"head\":\"");
	buf_text(buf, name);
	buf_text(buf, "\",\n\"id\":");
	buf_json(buf, model_string(inventory, inventory->id));
	buf_text(buf, ",\n\"manifest\":{");
}

static void write_all(struct writer *writer)
{
	const struct inventory *inventory = writer->inventory;
	write_head(writer);
	write_manifest(writer);
	buf_text(&writer->buf, "},\n\"type\":\"https://ocfl.io/1.");
	buf_char(&writer->buf, inventory->spec == OCFL_1_0 ? '0' : '1');
	buf_text(&writer->buf, "/spec/#inventory\",\n\"versions\":{");
	for (uint32_t i = 0; i < inventory->version_count && !writer->failed; i++) {
		buf_text(&writer->buf, i ? ",\n" : "\n");
		write_version(writer, &inventory->versions[i]);
	}
	buf_text(&writer->buf, "}\n}\n");
	flush(writer, 0);
}

int inventory_write(const struct inventory *inventory, ocfl_sink *sink, void *context, struct err *err)
{
	struct sorting sorting = {inventory};
	struct writer writer = {.inventory = inventory, .buf = BUF_INIT, .sink = sink, .context = context, .err = err};
	uint32_t most = inventory->digest_count;
	if (inventory->open || !inventory->head)
		return err_set(err, ERR_USAGE, "an inventory can only be written when a version is there and none is open");
	for (uint32_t i = 0; i < inventory->version_count; i++)
		if (inventory->versions[i].state.count > most)
			most = inventory->versions[i].state.count;
	uint32_t *scratch = malloc(((size_t)most + 2 * (size_t)inventory->digest_count + 2) * sizeof(uint32_t));
	if (!scratch)
		return err_set(err, ERR_MEMORY, "no memory to write an inventory of %u files", most);
	writer.order = scratch;
	writer.rank = scratch + most;
	writer.next = writer.rank + inventory->digest_count;
	for (uint32_t i = 0; i < inventory->digest_count; i++)
		writer.order[i] = i;
	qsort_r(writer.order, inventory->digest_count, sizeof(uint32_t), rank_compare, &sorting);
	for (uint32_t i = 0; i < inventory->digest_count; i++)
		writer.rank[writer.order[i]] = i;
	write_all(&writer);
	free(scratch);
	buf_release(&writer.buf);
	return writer.failed ? -1 : 0;
}
