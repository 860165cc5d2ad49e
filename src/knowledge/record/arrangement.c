/* Arrangement: a record has one place, and no record lies within itself. */
#include "internal.h"

static int cycle(struct str id, struct str parent, struct str via, struct err *err)
{
	if (str_equal(id, parent))
		return err_set(err, ERR_CONFLICT, "“%.*s” cannot be part of itself", STR_ARG(id));
	return err_set(err, ERR_CONFLICT, "“%.*s” cannot be part of “%.*s”, which is part of it already (through “%.*s”)",
		STR_ARG(id), STR_ARG(parent), STR_ARG(via));
}

int arrangement_check(struct str id, struct str parent, record_parent *parent_of, void *context, struct err *err)
{
	struct buf here = BUF_INIT, above = BUF_INIT;
	int result = -1;
	buf_str(&here, parent);
	for (int depth = 0; here.n; depth++) {
		if (str_equal(buf_view(&here), id)) {
			cycle(id, parent, above.n ? buf_view(&above) : parent, err);
			goto out;
		}
		if (depth >= ARRANGEMENT_DEPTH_MAX) {
			err_set(err, ERR_LIMIT, "“%.*s” lies more than %d levels deep; arrange it higher up", STR_ARG(parent),
				ARRANGEMENT_DEPTH_MAX);
			goto out;
		}
		buf_clear(&above);
		if (parent_of(context, buf_view(&here), &above, err) < 0)
			goto out;
		struct buf swap = here;
		here = above;
		above = swap;
		if (here.failed) {
			buf_check(&here, "arrangement", err);
			goto out;
		}
	}
	result = 0;
out:
	buf_release(&here);
	buf_release(&above);
	return result;
}
