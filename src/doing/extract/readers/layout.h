/* layout: documents that say where each word stands on a page: ALTO, PAGE. */
#ifndef PHOTOSTAT_READERS_LAYOUT_H
#define PHOTOSTAT_READERS_LAYOUT_H

#include "text/text.h"
#include "xml.h"

void alto_read(struct text *, xmlNode *root);
void page_read(struct text *, xmlNode *root);

#endif
