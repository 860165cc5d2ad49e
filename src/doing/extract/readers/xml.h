/* xml: documents of strangers as trees. libxml2 keeps its own limits (depth 256, text nodes of 10 MB, growth by entities); nothing outside the document is
 * ever loaded, entities are not put in, but for short plain ones that the document itself declares; trees are walked without recursion. */
#ifndef PHOTOSTAT_READERS_XML_H
#define PHOTOSTAT_READERS_XML_H

#include "base/base.h"

#include <libxml/tree.h>

#define XML_BYTES_MAX (64u << 20)

/* The tree of a document in any common encoding; it is the caller's (xmlFreeDoc). One that is broken is given as far as it goes, and *broken says so, if its root element
 * at least was read. `what` names it in errors. ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY. */
int xml_parse(struct str bytes, const char *what, xmlDoc **out, bool *broken, struct err *);
/* The same of HTML; `charset`: what its bearer says, or empty. *broken (NULL is fine) is set if its elements are nested too deeply to be read to the end. */
int html_parse(struct str bytes, struct str charset, xmlDoc **out, bool *broken, struct err *);

/* An element of that local name, in whatever namespace. */
bool xml_is(const xmlNode *, const char *name);
struct str xml_name(const xmlNode *); /* of other nodes empty */
/* An attribute's value by its local name; prefixed ones ("xml:id", "r:id") by theirs. Empty: none. A view that lives as long as the tree. */
struct str xml_attribute(const xmlNode *, const char *name);
/* The first child element of that name, NULL: none (or no parent); NULL name: of any. */
xmlNode *xml_child(const xmlNode *parent, const char *name);
xmlNode *xml_next(const xmlNode *, const char *name); /* sibling */
/* Follows names from child to child, "a/b/c"; NULL where one is missing. */
xmlNode *xml_path(xmlNode *, const char *path);
/* All text below, white space as single spaces, at most `most` bytes. */
void xml_words(const xmlNode *, size_t most, struct buf *out);
unsigned xml_number(const xmlNode *, const char *attribute, unsigned otherwise); /* decimals are rounded; negative: 0 */

struct xml_visitor {
	bool (*enter)(void *context, xmlNode *); /* false: its children are passed over; leave is called all the same */
	void (*leave)(void *context, xmlNode *); /* NULL: is not wanted; so for text */
	void (*text)(void *context, struct str);
};
/* In document's order, `root` itself included, without recursion. */
void xml_walk(xmlNode *root, const struct xml_visitor *, void *context);

#endif
