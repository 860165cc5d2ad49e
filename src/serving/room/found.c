/* What the full-text search finds. */
#include "found.h"

void found_in_block(struct page *page, struct str query, struct str language, struct str text, struct buf *ranges)
{
	(void)page;
	buf_clear(ranges);
	if (query.n > 0 && query.n <= FOUND_QUERY_MAX && search_mark(query, language, text, ranges, NULL) != 0)
		buf_clear(ranges);
}
