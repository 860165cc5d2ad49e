/* citation: how a record is cited, and permalinks to it and to places in it. Pure; everything is UTF-8. docs/room.md, Citing. */
#ifndef PHOTOSTAT_ROOM_CITATION_H
#define PHOTOSTAT_ROOM_CITATION_H

#include "base/base.h"
#include "record/record.h"

enum citation_style { CITATION_CHICAGO, CITATION_MLA, CITATION_BIBTEX, CITATION_RIS, CITATION_CSL, CITATION_STYLES };
struct citation_form {
	const char *name;   /* "Chicago" */
	const char *suffix; /* of a record's path: "citation.bib" */
	const char *type;   /* media type */
};
extern const struct citation_form citation_forms[CITATION_STYLES];

struct citation {
	const struct record *record; /* what its reader may know of it */
	struct str archive;          /* the archive's title */
	struct str permalink;        /* of the version that is cited */
	struct str key;              /* of the record, as people name it: "joffe-1927"; BibTeX and CSL make their keys of it */
	struct str
		called; /* what a record without a title is called: the name of its file, or its own; empty: the key without its version */
	int64_t today; /* when it was read, seconds since 1970; 0: not said */
};
/* Appends it: Chicago (18th edition, bibliography, manuscript in an archive) and MLA (9th edition) as one line of plain text; BibTeX (@misc, with
 * BibLaTeX's fields); RIS, lines ended by CR LF; CSL-JSON, an array of one. Whatever the record holds, each is well-formed: newlines and
 * controls become spaces, each format's own characters are escaped. What the record lacks is left out, and nothing is invented: what a record
 * without a title is called stands without quotation marks in prose, and in square brackets, as catalogues have what they supply, in BibTeX, RIS and CSL-JSON; a creator is taken apart
 * only where it is written "Family, Given"; years of birth and death behind it are dropped. */
void citation_write(struct buf *, enum citation_style, const struct citation *);

/* The date of origin as a citation gives it: `created`, else `date`, else `issued`: EDTF, or as written. */
void citation_date(const struct record *, struct str *edtf, struct str *written);

/* A place in a version. */
struct permalink {
	struct str origin, id;
	uint64_t version; /* 0: the newest, whichever it is by then */
	struct str file;  /* empty: the record */
	struct str block; /* of the file's text: "p12" a paragraph, "n3" a note; empty: the whole */
	uint64_t page;    /* of the record's pages, from 1; 0: none. Not together with a file */
	bool region;      /* of that page, in pixels of its image: */
	uint32_t x, y, width, height;
};
/* Appends an absolute URL, pure ASCII. */
void permalink_write(struct buf *, const struct permalink *);

#endif
