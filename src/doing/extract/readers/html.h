/* HTML, inside: what the readers of pages, books and mail share. */
#ifndef PHOTOSTAT_READERS_HTML_H
#define PHOTOSTAT_READERS_HTML_H

#include "flow.h"
#include "xml.h"

struct html_file {
	xmlNode *root;
	struct str name; /* without folders, as links in the others have it; empty: the only one */
};
/* The text of pages that belong together, appended; notes may stand in another page than their references. `language`: the text's. */
void html_read(struct text *, const struct html_file *, size_t count, struct str language);
/* A document of its own: with title and language. */
void html_page(struct text *, xmlNode *root);
struct str html_language(const xmlNode *root);

#endif
