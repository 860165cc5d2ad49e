/* The power-loss simulator, rebuilding: what is certain after k changes, what the seed keeps of the rest, and the folder that results. */
#include "power.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *fault_fast_folder(void)
{
	return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

/* ---- dice: splitmix64, so that a seed means the same everywhere ------------------------------------------------- */

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool chance(struct dice *dice, unsigned percent)
{
	return roll(dice) % 100 < percent;
}

/* ---- what is certain -------------------------------------------------------------------------------------------- */

static bool touches_folder(const struct op *op, uint32_t dir)
{
	return (op->kind != OP_LINK && op->from.dir == dir) || (op->kind != OP_UNLINK && op->to.dir == dir);
}

static bool same_name(const struct link *a, const struct link *b)
{
	return a->dir == b->dir && a->name == b->name;
}

/* Whether both have to do with one name: then they become durable in their order. */
static bool share_name(const struct op *a, const struct op *b)
{
	bool a_from = a->kind != OP_LINK, a_to = a->kind != OP_UNLINK, b_from = b->kind != OP_LINK, b_to = b->kind != OP_UNLINK;

	return (a_from && b_from && same_name(&a->from, &b->from)) || (a_from && b_to && same_name(&a->from, &b->to)) ||
	       (a_to && b_from && same_name(&a->to, &b->from)) || (a_to && b_to && same_name(&a->to, &b->to));
}

static bool names_in_order(enum power_model model)
{
	return model == POWER_ORDERED || model == POWER_JOURNALED;
}

/* A folder was synced: its pending operations, and those that must come before them, are certain. */
static void commit_folder(struct certain *certain, const struct power *power, uint32_t dir)
{
	size_t n = certain->pending_n, kept = 0;
	bool *commit = mem_array(n, sizeof(*commit)), all_before = false;

	for (size_t i = n; i-- > 0;) {
		const struct op *op = &power->ops[certain->pending[i]];
		commit[i] = all_before || touches_folder(op, dir);
		for (size_t later = i + 1; later < n && !commit[i]; later++)
			commit[i] = commit[later] && share_name(op, &power->ops[certain->pending[later]]);
		all_before = all_before || (commit[i] && names_in_order(certain->model));
	}
	for (size_t i = 0; i < n; i++) {
		if (commit[i])
			links_apply(&certain->links, power, &power->ops[certain->pending[i]]);
		else
			certain->pending[kept++] = certain->pending[i];
	}
	certain->pending_n = kept;
	free(commit);
}

static void commit_all(struct certain *certain, const struct power *power)
{
	for (size_t i = 0; i < certain->pending_n; i++)
		links_apply(&certain->links, power, &power->ops[certain->pending[i]]);
	certain->pending_n = 0;
	for (size_t i = 0; i < power->node_count; i++)
		certain->synced[i] = certain->at;
}

/* Moves on to the first k operations; begins anew when that is backwards or under another model. */
static void advance(struct power *power, size_t k, enum power_model model)
{
	struct certain *certain = &power->certain;

	if (certain->synced == NULL || k < certain->at || model != certain->model) {
		certain->model = model;
		certain->at = certain->pending_n = 0;
		links_copy(&certain->links, &power->base);
		free(certain->synced);
		free(certain->lost);
		free(certain->kept);
		certain->synced = mem_array(power->node_count, sizeof(*certain->synced));
		certain->lost = mem_array(power->node_count, sizeof(*certain->lost));
		certain->kept = mem_array(power->node_count, sizeof(*certain->kept));
	}
	for (; certain->at < k; certain->at++) {
		const struct op *op = &power->ops[certain->at];
		if (op->kind == OP_SYNCFS)
			commit_all(certain, power);
		if (op->kind == OP_FSYNC && power->nodes[op->node].is_dir)
			commit_folder(certain, power, op->node);
		if (op->kind == OP_FSYNC)
			certain->synced[op->node] = certain->at;
		for (uint32_t node = 0; op->kind == OP_FAILED_SYNC && node < power->node_count; node++)
			if (op->node == NO_NODE || op->node == node) {
				certain->kept[node] = certain->synced[node];
				certain->lost[node] = certain->at;
			}
		if (!is_name_op(op->kind))
			continue;
		if (certain->pending_n == certain->pending_cap) {
			certain->pending_cap = certain->pending_cap == 0 ? 256 : certain->pending_cap * 2;
			certain->pending = mem_grow(certain->pending, certain->pending_cap, sizeof(*certain->pending));
		}
		certain->pending[certain->pending_n++] = (uint32_t)certain->at;
	}
}

/* ---- what the seed keeps ------------------------------------------------------------------------------------------ */

struct outcome {
	enum power_model model;
	struct dice dice;
	unsigned keep_name, keep_data, garble; /* percent; garble: of the writes that are not kept whole */
};

static struct outcome outcome_of(uint64_t seed, size_t k, enum power_model model)
{
	static const unsigned extremes[6][3] = {{100, 100, 0}, {0, 0, 0}, {100, 0, 0}, {100, 0, 100}, {0, 100, 0}, {50, 50, 50}};
	struct outcome outcome = {.model = model, .dice = {.state = seed * UINT64_C(0x100000001b3) + k}};

	if (seed < 6) {
		outcome.keep_name = extremes[seed][0];
		outcome.keep_data = extremes[seed][1];
		outcome.garble = extremes[seed][2];
	} else {
		outcome.keep_name = (unsigned)(roll(&outcome.dice) % 101);
		outcome.keep_data = (unsigned)(roll(&outcome.dice) % 101);
		outcome.garble = (unsigned)(roll(&outcome.dice) % 101);
	}
	if (model == POWER_NOTHING_LOST)
		outcome.keep_name = outcome.keep_data = 100;
	if (model == POWER_UNSYNCED_LOST)
		outcome.keep_name = outcome.keep_data = outcome.garble = 0;
	return outcome;
}

static void settle_names(const struct power *power, struct outcome *outcome, struct links *links)
{
	const struct certain *certain = &power->certain;
	size_t n = certain->pending_n;

	links_copy(links, &certain->links);
	if (names_in_order(outcome->model) && outcome->keep_name < 100)
		n = outcome->keep_name == 0 ? 0 : (size_t)(roll(&outcome->dice) % (n + 1));
	for (size_t i = 0; i < n; i++)
		if (names_in_order(outcome->model) || chance(&outcome->dice, outcome->keep_name))
			links_apply(links, power, &power->ops[certain->pending[i]]);
}

/* Bytes beyond the end that nobody wrote are zeroes. */
static void set_size(struct buf *file, size_t size)
{
	if (size > file->n) {
		size_t more = size - file->n;
		char *room = buf_reserve(file, more);
		if (room == NULL)
			power_broken("no memory for", "a file");
		memset(room, 0, more + 1);
	}
	if (file->p != NULL)
		file->p[size] = '\0';
	file->n = size;
}

enum fate { KEPT, LOST, ZEROES, RUBBISH, BEGINNING };

static void apply_write(struct buf *file, const struct op *op, enum fate fate, struct dice *dice)
{
	size_t n = op->n;

	if (fate == LOST)
		return;
	if (op->kind == OP_TRUNCATE) {
		set_size(file, (size_t)op->offset);
		return;
	}
	if (fate == BEGINNING)
		n = (size_t)(roll(dice) % n);
	if (n == 0)
		return;
	if (file->n < op->offset + n)
		set_size(file, (size_t)op->offset + n);
	char *to = file->p + op->offset;
	if (fate == KEPT || fate == BEGINNING)
		memcpy(to, op->bytes, n);
	else if (fate == ZEROES)
		memset(to, 0, n);
	else
		for (size_t i = 0; i < n; i++)
			to[i] = (char)roll(dice);
}

static void settle_data(const struct power *power, struct outcome *outcome, uint32_t node, struct buf *file)
{
	const struct node *from = &power->nodes[node];
	bool cut = false; /* POWER_ORDERED: nothing after the first loss */

	buf_clear(file);
	buf_str(file, buf_view(&from->base));
	for (size_t i = 0; i < from->write_count && from->writes[i] < power->certain.at; i++) {
		const struct op *op = &power->ops[from->writes[i]];
		enum fate fate = KEPT;
		if (from->writes[i] >= power->certain.synced[node] && !chance(&outcome->dice, outcome->keep_data)) {
			fate = LOST;
			if (chance(&outcome->dice, outcome->garble))
				fate = (enum fate)(ZEROES + roll(&outcome->dice) % 3);
			if (outcome->model == POWER_ORDERED && fate != LOST)
				fate = BEGINNING;
		}
		if (cut)
			fate = LOST;
		/* lost for good, whatever a later sync said */
		if (from->writes[i] >= power->certain.kept[node] && from->writes[i] < power->certain.lost[node] &&
			outcome->model != POWER_NOTHING_LOST)
			continue;
		cut = cut || (outcome->model == POWER_ORDERED && fate != KEPT);
		apply_write(file, op, fate, &outcome->dice);
	}
}

/* ---- the folder that results ---------------------------------------------------------------------------------------- */

struct target {
	const struct power *power;
	struct outcome outcome;
	struct links links; /* sorted by folder, name */
	struct buf content;
	int root;
	char **linked; /* by node: where a hard-linked file was put first */
};

static int compare_links(const void *a, const void *b)
{
	const struct link *one = a, *other = b;

	if (one->dir != other->dir)
		return one->dir < other->dir ? -1 : 1;
	return one->name < other->name ? -1 : one->name > other->name;
}

static void put_file(struct target *target, int dir, const char *name, uint32_t number)
{
	const struct node *node = &target->power->nodes[number];

	settle_data(target->power, &target->outcome, number, &target->content);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		power_broken("creating", name);
	for (size_t at = 0; at < target->content.n;) {
		ssize_t n = write(fd, target->content.p + at, target->content.n - at);
		if (n <= 0)
			power_broken("writing", name);
		at += (size_t)n;
	}
	if (node->mode != 0600 && fchmod(fd, node->mode) != 0)
		power_broken("setting the mode of", name);
	close(fd);
}

static void put_folder(struct target *target, uint32_t number, int dir, struct buf *path)
{
	size_t low = 0, high = target->links.n, length = path->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (target->links.all[middle].dir < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < target->links.n && target->links.all[low].dir == number; low++) {
		uint32_t child = target->links.all[low].node;
		const struct node *node = &target->power->nodes[child];
		const char *name = target->power->names[target->links.all[low].name];
		buf_text(path, name);
		if (node->is_dir) {
			int inner;
			buf_char(path, '/');
			if (mkdirat(dir, name, 0700) != 0 || (inner = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
				power_broken("making the folder", name);
			put_folder(target, child, inner, path);
			if (fchmod(inner, node->mode) != 0)
				power_broken("setting the mode of", name);
			close(inner);
		} else if (target->linked[child] != NULL) {
			if (linkat(target->root, target->linked[child], dir, name, 0) != 0)
				power_broken("linking", name);
		} else {
			put_file(target, dir, name, child);
			if (node->hard_linked)
				target->linked[child] = mem_dup(buf_view(path));
		}
		path->n = length;
	}
}

void power_materialise(struct power *power, size_t k, uint64_t seed, enum power_model model, const char *out)
{
	struct target target = {.power = power, .outcome = outcome_of(seed, k, model), .content = BUF_INIT};
	struct buf path = BUF_INIT;

	if (k > power->op_count)
		power_broken("asked for a moment after the last change of", out);
	advance(power, k, model);
	settle_names(power, &target.outcome, &target.links);
	if (target.links.n > 0)
		qsort(target.links.all, target.links.n, sizeof(*target.links.all), compare_links);
	target.linked = mem_array(power->node_count, sizeof(*target.linked));
	if (mkdir(out, 0755) != 0 || (target.root = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		power_broken("making the folder", out);
	put_folder(&target, 0, target.root, &path);
	close(target.root);
	for (size_t i = 0; i < power->node_count; i++)
		free(target.linked[i]);
	free(target.linked);
	free(target.links.all);
	buf_release(&target.content);
	buf_release(&path);
}
