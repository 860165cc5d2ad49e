/* package: the members of a zip file (DOCX, ODT, EPUB) that are markup, inflated under caps. */
#ifndef PHOTOSTAT_READERS_PACKAGE_H
#define PHOTOSTAT_READERS_PACKAGE_H

#include "base/base.h"
#include "text/text.h"

#include <libxml/tree.h>

#define PACKAGE_MEMBERS_MAX 20000u
#define PACKAGE_MEMBER_MAX (64u << 20) /* bytes inflated of one */
#define PACKAGE_BYTES_MAX (128u << 20) /* of all */

struct package_member {
	struct str name;
	struct str bytes;
};
struct package {
	struct package_member *members; /* by name; the last of a name stands, as in the archive's own directory */
	size_t count, cap;
	struct arena names;
	uint64_t inflated;
	bool encrypted; /* the archive itself says that a member is */
	bool broken;    /* it ends before its end, or a member does */
};
/* ERR_SYNTAX: no zip file, or nothing in it can be read; what an office program encrypted or wrote in its old form is named. ERR_LIMIT. */
int package_open(struct package *, struct str bytes, struct err *);
void package_close(struct package *);
/* Opens it, has it read into the text, whose source is named, and closes it. What `read` returns, or package_open's error. */
int package_read(struct text *, const char *source, struct str bytes,
	int (*read)(struct text *, const struct package *, struct err *), struct err *);
/* Empty: there is none. */
struct str package_find(const struct package *, struct str name);
/* The tree of a member, NULL if there is none or it is nothing; *broken (NULL is fine) is set if it is damaged. */
xmlDoc *package_xml(const struct package *, struct str name, bool *broken);
/* "word/" and "../media/x.xml" → "media/x.xml"; percent-decoded; for the caller to release. */
void package_path(struct str folder, struct str path, struct buf *out);

#endif
