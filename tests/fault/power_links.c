/* The power-loss simulator's names: which folder has which node under which name. */
#include "power.h"

#include <stdlib.h>
#include <string.h>

uint32_t links_find(const struct links *links, uint32_t dir, uint32_t name)
{
	for (size_t i = links->n; i-- > 0;)
		if (links->all[i].dir == dir && links->all[i].name == name)
			return (uint32_t)i;
	return UINT32_MAX;
}

uint32_t links_node(const struct links *links, uint32_t dir, uint32_t name)
{
	uint32_t i = links_find(links, dir, name);

	return i == UINT32_MAX ? NO_NODE : links->all[i].node;
}

void links_drop(struct links *links, uint32_t dir, uint32_t name)
{
	uint32_t i = links_find(links, dir, name);

	if (i != UINT32_MAX)
		links->all[i] = links->all[--links->n];
}

void links_set(struct links *links, uint32_t dir, uint32_t name, uint32_t node)
{
	uint32_t i = links_find(links, dir, name);

	if (i != UINT32_MAX) {
		links->all[i].node = node;
		return;
	}
	if (links->n == links->cap) {
		links->cap = links->cap == 0 ? 64 : links->cap * 2;
		links->all = mem_grow(links->all, links->cap, sizeof(*links->all));
	}
	links->all[links->n++] = (struct link){.dir = dir, .name = name, .node = node};
}

void links_copy(struct links *to, const struct links *from)
{
	if (to->cap < from->n) {
		to->cap = from->n;
		to->all = mem_grow(to->all, to->cap, sizeof(*to->all));
	}
	if (from->n > 0)
		memcpy(to->all, from->all, from->n * sizeof(*from->all));
	to->n = from->n;
}

/* Whether `dir` is `node` or lies below it. */
static bool lies_in(const struct links *links, uint32_t dir, uint32_t node)
{
	for (size_t steps = 0; dir != 0 && steps <= links->n; steps++) {
		uint32_t up = NO_NODE;
		if (dir == node)
			return true;
		for (size_t i = 0; i < links->n && up == NO_NODE; i++)
			if (links->all[i].node == dir)
				up = links->all[i].dir;
		if (up == NO_NODE)
			return false;
		dir = up;
	}
	return dir == node;
}

/* Gives the node the name, and takes away its others where there can be one only. */
static void move_to(struct links *links, const struct power *power, uint32_t node, const struct link *to)
{
	if (!power->nodes[node].hard_linked)
		for (size_t i = links->n; i-- > 0;)
			if (links->all[i].node == node)
				links->all[i] = links->all[--links->n];
	links_set(links, to->dir, to->name, node);
}

bool is_name_op(enum op_kind kind)
{
	return kind == OP_LINK || kind == OP_UNLINK || kind == OP_RENAME || kind == OP_EXCHANGE;
}

void links_apply(struct links *links, const struct power *power, const struct op *op)
{
	const struct node *node = &power->nodes[op->node];

	if (op->kind == OP_LINK) {
		links_set(links, op->to.dir, op->to.name, op->node);
	} else if (op->kind == OP_UNLINK) {
		/* a removal that outlives the creation before it must not take what was there earlier: that is another node */
		if (links_node(links, op->from.dir, op->from.name) == op->node)
			links_drop(links, op->from.dir, op->from.name);
	} else if (op->kind == OP_RENAME) {
		if (node->is_dir && lies_in(links, op->to.dir, op->node))
			return;
		if (links_node(links, op->from.dir, op->from.name) == op->node)
			links_drop(links, op->from.dir, op->from.name);
		move_to(links, power, op->node, &op->to);
	} else if (op->kind == OP_EXCHANGE) {
		if ((node->is_dir && lies_in(links, op->to.dir, op->node)) ||
			(power->nodes[op->other].is_dir && lies_in(links, op->from.dir, op->other)))
			return;
		if (links_node(links, op->from.dir, op->from.name) == op->node)
			links_drop(links, op->from.dir, op->from.name);
		move_to(links, power, op->node, &op->to);
		move_to(links, power, op->other, &op->from);
	}
}
