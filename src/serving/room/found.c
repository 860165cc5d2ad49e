/* What the full-text search finds. */
#include "found.h"

void found_in_block(struct page *page, struct str query, struct str language, struct str text, struct buf *ranges)
{
	(void)page;
	(void)query;
	(void)language;
	(void)text;
	buf_clear(ranges); /* there is no full-text search yet */
}
