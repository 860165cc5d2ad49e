/* What the full-text search finds. */
#include "found.h"

void found_in_block(struct page *page, struct str query, struct str language, struct str text, struct buf *ranges)
{
	(void)page;
	buf_clear(ranges);
	if (query.n > 0 && query.n <= FOUND_QUERY_MAX && search_mark(query, language, text, ranges, NULL) != 0)
		buf_clear(ranges);
}

/* A description may tell of what a holder has not decided to give. */
bool found_admit(struct desk *desk, struct str id, struct str path)
{
	struct access_view *view = NULL;
	struct archive_version version;
	bool gone = false, may = access_admit(&view, desk->archive, id, 0, AUDIENCE_PUBLIC, &version, NULL) == 0 &&
				 (path.n == 0 ? !access_undecided(view, path) : access_may_read_file(view, path)) &&
				 access_version_gone(view, desk->archive, id, &version, &gone, NULL) == 0 && !gone;

	access_view_free(view);
	return may;
}

bool found_current(struct desk *desk)
{
	uint64_t position;

	return search_position(desk->search, &position, NULL) == 0 && position >= log_size(archive_log(desk->archive));
}

#define NEAR 200u /* blocks: longer than this the first piece is, unless they are uncommonly long */

bool found_far(struct str block)
{
	uint64_t number;

	return block.n > 1 && decimal_parse((struct str){block.p + 1, block.n - 1}, UINT64_MAX, &number) && number > NEAR;
}
