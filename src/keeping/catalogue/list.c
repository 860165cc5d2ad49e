/* Lists: an ordered walk of the whole catalogue, or, when the filters leave few records, those sorted in memory. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define FEW 2048 /* records sorted in memory */
#define PAGE 512 /* keys read at once by the ordered walk */

struct listing {
	struct catalogue *catalogue;
	int (*each)(void *, const struct catalogue_row *, struct err *);
	void *context;
	struct buf text; /* the row's strings */
};

/* ---- one row ---------------------------------------------------------------------------------------------------------------- */

/* Where a string stands in listing.text while that may still move. */
struct piece {
	size_t from, n;
};

static struct piece keep(struct buf *text, struct str value)
{
	struct piece piece = {text->n, value.n};

	buf_str(text, value);
	return piece;
}

static struct piece keep_first(struct buf *text, struct str values)
{
	struct str first = STR("");

	str_take_until(&values, UNIT_SEPARATOR, &first);
	return keep(text, first);
}

static struct piece keep_joined(struct buf *text, struct str values)
{
	struct piece piece = {text->n, 0};

	for (size_t i = 0; i < values.n; i++)
		if (values.p[i] == UNIT_SEPARATOR)
			buf_text(text, "; ");
		else
			buf_char(text, values.p[i]);
	piece.n = text->n - piece.from;
	return piece;
}

static struct str piece_view(const struct buf *text, struct piece piece)
{
	return piece.n != 0 ? (struct str){text->p + piece.from, piece.n} : STR("");
}

/* Copies the row, lets go of the statement, calls. A key that is gone is skipped. */
static int emit(struct listing *l, int64_t key, struct err *err)
{
	struct catalogue_row row;
	struct piece pieces[8];
	sqlite3_stmt *s = database_statement(&l->catalogue->database, STATEMENT_ROW, err);
	struct binding b = bind_to(s);

	if (s == NULL)
		return -1;
	bind_number(&b, key);
	int got = database_step(&l->catalogue->database, &b, err);
	if (got != 1)
		return got;
	memset(&row, 0, sizeof(row));
	buf_clear(&l->text);
	pieces[0] = keep(&l->text, column_text(s, 0));
	row.record.versions = column_u64(s, 1);
	row.record.last_index = column_u64(s, 2);
	row.record.version_index = column_u64(s, 3);
	row.record.state = sqlite3_column_int(s, 4);
	row.record.until = sqlite3_column_int64(s, 5);
	row.record.files_restricted = sqlite3_column_int(s, 6) != 0;
	pieces[1] = keep_first(&l->text, column_text(s, 7));
	for (int i = 0; i < 3; i++)
		pieces[2 + i] = keep_joined(&l->text, column_text(s, 8 + i));
	for (int i = 0; i < 3; i++)
		pieces[5 + i] = keep(&l->text, column_text(s, 11 + i));
	row.files = column_u64(s, 14);
	row.bytes = column_u64(s, 15);
	sqlite3_reset(s);
	if (buf_check(&l->text, "a row of the catalogue", err) != 0)
		return -1;
	row.record.id = piece_view(&l->text, pieces[0]);
	row.title = piece_view(&l->text, pieces[1]);
	row.creator = piece_view(&l->text, pieces[2]);
	row.date = piece_view(&l->text, pieces[3]);
	row.language = piece_view(&l->text, pieces[4]);
	row.level = piece_view(&l->text, pieces[5]);
	row.reference_code = piece_view(&l->text, pieces[6]);
	row.is_part_of = piece_view(&l->text, pieces[7]);
	return l->each(l->context, &row, err);
}

/* ---- few -------------------------------------------------------------------------------------------------------------------------- */

struct sortable {
	struct str sort, id;
	int64_t key;
};

static int compare_sortable(const void *a, const void *b)
{
	const struct sortable *left = a, *right = b;
	int order;

	if ((left->sort.n == 0) != (right->sort.n == 0))
		return left->sort.n == 0 ? 1 : -1;
	order = str_compare(left->sort, right->sort);
	return order != 0 ? order : str_compare(left->id, right->id);
}

static int list_few(struct listing *l, const struct selection *s, struct err *err)
{
	struct catalogue *c = l->catalogue;
	struct arena arena = ARENA_INIT;
	struct sortable *found = mem_array(FEW, sizeof(*found));
	sqlite3_stmt *statement = database_make(&c->database, "SELECT sort, id FROM record WHERE key = ?1", err);
	size_t count = 0;
	int result = -1;

	if (statement == NULL)
		goto out;
	for (uint64_t word = 0; word < (s->limit + 63) / 64; word++) {
		for (uint64_t bits = s->bits[word]; bits != 0; bits &= bits - 1) {
			int64_t key = (int64_t)(word * 64 + (uint64_t)__builtin_ctzll(bits));
			struct binding b = bind_to(statement);
			bind_number(&b, key);
			int got = database_step(&c->database, &b, err);
			if (got < 0)
				goto out;
			if (got == 0 || count == FEW)
				continue;
			found[count].sort = arena_str(&arena, column_text(statement, 0));
			found[count].id = arena_str(&arena, column_text(statement, 1));
			found[count++].key = key;
			sqlite3_reset(statement);
		}
	}
	qsort(found, count, sizeof(*found), compare_sortable);
	result = 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = emit(l, found[i].key, err);
out:
	sqlite3_finalize(statement);
	arena_release(&arena);
	free(found);
	return result;
}

/* ---- the ordered walk -------------------------------------------------------------------------------------------------------------- */

/* One of the two stretches of the order; the statement takes where the last page ended. */
static int walk(struct listing *l, const char *sql, bool by_sort, const struct selection *s, struct err *err)
{
	struct catalogue *c = l->catalogue;
	sqlite3_stmt *statement = database_make(&c->database, sql, err);
	struct buf sort = BUF_INIT, id = BUF_INIT;
	int64_t keys[PAGE];
	size_t count, rows;
	int result = statement != NULL ? 0 : -1;

	do {
		struct binding b = bind_to(statement);
		int got = 0;
		count = rows = 0;
		if (result != 0)
			break;
		bind_text(&b, buf_view(&id));
		if (by_sort)
			bind_text(&b, buf_view(&sort));
		while (rows < PAGE && (got = database_step(&c->database, &b, err)) == 1) {
			int64_t key = sqlite3_column_int64(statement, 0);
			if (++rows == PAGE) {
				/* Copied at once: the bindings still point into the old ones, but the page is at its end. */
				buf_clear(&id);
				buf_str(&id, column_text(statement, 1));
				buf_clear(&sort);
				if (by_sort)
					buf_str(&sort, column_text(statement, 2));
			}
			if (s == NULL || selection_has(s, (uint64_t)key))
				keys[count++] = key;
		}
		sqlite3_reset(statement);
		if (got < 0 || buf_check(&id, "an id", err) != 0 || buf_check(&sort, "a reference code", err) != 0)
			result = -1;
		for (size_t i = 0; result == 0 && i < count; i++)
			result = emit(l, keys[i], err);
	} while (result == 0 && rows == PAGE);
	sqlite3_finalize(statement);
	buf_release(&sort);
	buf_release(&id);
	return result;
}

int catalogue_list(struct catalogue *c, const struct catalogue_filter *filter,
	int (*each)(void *, const struct catalogue_row *, struct err *), void *context, struct err *err)
{
	struct listing l = {.catalogue = c, .each = each, .context = context, .text = BUF_INIT};
	struct selection selection;
	bool selected;
	int result;

	if (filter_select(c, filter, &selected, &selection, err) != 0)
		return -1;
	if (selected && selection_total(&selection) <= FEW) {
		result = list_few(&l, &selection, err);
	} else {
		const struct selection *s = selected ? &selection : NULL;
		result = walk(&l,
			"SELECT key, id, sort FROM record INDEXED BY record_sort WHERE sort IS NOT NULL AND (sort, id) > (?2, ?1)"
			" ORDER BY sort, id LIMIT 512",
			true, s, err);
		if (result == 0)
			result = walk(&l,
				"SELECT key, id FROM record INDEXED BY record_id WHERE id > ?1 AND referenced = 0 ORDER BY id "
				"LIMIT 512",
				false, s, err);
	}
	selection_release(&selection);
	buf_release(&l.text);
	return result;
}
