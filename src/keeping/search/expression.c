/* What FTS5 is asked. */
#include "internal.h"

void expression_quoted(struct buf *out, struct str text)
{
	buf_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_char(out, '"');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '"');
}

void expression_any(struct buf *out, struct str list, unsigned tier)
{
	struct buf term = BUF_INIT;
	struct str item;
	bool first = true;

	buf_char(out, '(');
	while (list.n > 0 && str_take_until(&list, WORD_SEPARATOR, &item)) {
		for (unsigned level = tier; item.n > 0 && level <= (tier == 0 ? 0 : TIERS); level++) {
			buf_clear(&term);
			if (level > 0) {
				buf_char(&term, TERM_TIER);
				buf_char(&term, (char)('0' + level));
			}
			buf_str(&term, item);
			buf_text(out, first ? "" : " OR ");
			expression_quoted(out, buf_view(&term));
			first = false;
		}
	}
	buf_char(out, ')');
	buf_release(&term);
}

bool expression_exact(const struct query *query, int number)
{
	const struct node *node = &query->nodes[number];

	if (node->leaf >= 0)
		return node->kind == NODE_TERM;
	for (int child = node->child; child >= 0; child = query->nodes[child].next)
		if (!expression_exact(query, child))
			return false;
	return true;
}

bool expression_leaf(const struct node *node, unsigned tier, struct buf *out)
{
	struct str rest = buf_view(&node->terms), group;
	bool any = false;

	if (rest.n == 0)
		return false;
	if (node->kind == NODE_TERM && node->part == PARTS && !node->field) {
		expression_any(out, rest, tier);
		return true;
	}
	buf_char(out, '(');
	while (rest.n > 0 && str_take_until(&rest, NEAR_SEPARATOR, &group)) {
		if (group.n == 0)
			continue;
		buf_text(out, any ? " AND " : "");
		expression_any(out, group, 0);
		any = true;
	}
	buf_char(out, ')');
	return any;
}

static bool put_and(const struct query *query, const struct node *node, unsigned tier, struct buf *out)
{
	size_t from = out->n;
	bool any = false, refused = false;

	buf_text(out, "((");
	for (int child = node->child; child >= 0; child = query->nodes[child].next) {
		size_t before = out->n;

		if (query->nodes[child].negative)
			continue;
		buf_text(out, any ? " AND " : "");
		if (expression_put(query, child, tier, out))
			any = true;
		else
			out->n = before;
	}
	buf_char(out, ')');
	for (int child = node->child; any && child >= 0; child = query->nodes[child].next) {
		if (!query->nodes[child].negative || !expression_exact(query, child))
			continue;
		buf_text(out, refused ? " OR " : " NOT (");
		expression_put(query, child, 0, out);
		refused = true;
	}
	buf_text(out, refused ? "))" : ")");
	if (!any)
		out->n = from;
	return any;
}

bool expression_put(const struct query *query, int number, unsigned tier, struct buf *out)
{
	const struct node *node = &query->nodes[number];
	size_t from = out->n;
	bool first = true;

	if (node->leaf >= 0)
		return expression_leaf(node, tier, out);
	if (node->kind == NODE_AND)
		return put_and(query, node, tier, out);
	buf_char(out, '(');
	for (int child = node->child; child >= 0; child = query->nodes[child].next) {
		buf_text(out, first ? "" : " OR ");
		if (!expression_put(query, child, tier, out)) {
			out->n = from;
			return false;
		}
		first = false;
	}
	buf_char(out, ')');
	return true;
}

bool expression_has_tiers(const struct query *query)
{
	for (int i = 0; i < query->count; i++)
		if (query->nodes[i].kind == NODE_TERM && query->nodes[i].leaf >= 0 && !query->nodes[i].field &&
			query->nodes[i].part == PARTS)
			return true;
	return false;
}
