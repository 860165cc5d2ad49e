/* fuzz-links: room finder extract lists search holder http archive catalogue log store record text bag ocfl entry tlog os crypto base */
/* A harvester's request, the part behind '?': verbs, dates, sets, resumption tokens. Whatever it is, the answer is whole, well-formed XML, tells nothing of what is closed,
 * has either errors or what the verb gives, and is the same the next time. */
#include <libxml/parser.h>
#include <stdint.h>

#include "desk_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(const struct buf *text, const char *what)
{
	return memmem(text->p, text->n, what, strlen(what)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct desk *desk = desk_of_archive();
	struct str query = {(const char *)data, size};
	struct buf out = BUF_INIT, again = BUF_INIT;
	xmlDoc *document;

	oai_answer(desk, query, 1800000000, &out);
	require(out.n > 0);
	document = xmlReadMemory(out.p, (int)out.n, "answer", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	require(document != NULL);
	xmlFreeDoc(document);
	/* Values may be written with escapes: what is asked for by that word is asked for by its bytes alone. */
	desk_tells_nothing(&out, query);
	require(has(&out, "<error code=") != (has(&out, "<Identify>") || has(&out, "<List") || has(&out, "<GetRecord>")));
	require(!has(&out, "status=\"deleted\"") || has(&out, "/r/gone"));
	oai_answer(desk, query, 1800000000, &again);
	require(str_equal(buf_view(&out), buf_view(&again)));
	buf_release(&out);
	buf_release(&again);
	return 0;
}
