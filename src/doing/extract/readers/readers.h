/* readers: from a document's bytes to its text, one file a format. They run in the worker programs alone, behind the sandbox: a reader may meet anything, may be wrong, may crash,
 * and must not matter (P9). So they allocate freely, keep no state, and look at nothing but what they are given. */
#ifndef PHOTOSTAT_READERS_H
#define PHOTOSTAT_READERS_H

#include "base/base.h"
#include "text/text.h"

#define READER_DOCUMENT_MAX (256u << 20) /* bytes of a document that is read into memory */

/* What a reader is given that wants more than bytes. */
struct reader_job {
	int fd;           /* of the document, at its beginning */
	struct str bytes; /* all of it; of a reader of the images program empty: it reads fd itself */
	struct str media_type, name;
	struct str languages; /* BCP 47, joined by spaces: what OCR expects */
};
struct reader {
	const char *name; /* as reader_kind has it */
	/* One of the two. Fill the text, and do not finish it. ERR_SYNTAX: the document is not of that format, or damaged; ERR_LIMIT. What was read before an error is thrown away: a
	 * document that breaks off in the middle gives what it has, and no error. */
	int (*read)(struct text *, struct str bytes, struct err *);
	int (*read_job)(struct text *, const struct reader_job *, struct err *);
};
/* The readers of this program, ended by one without a name: each of the two programs has its own table. */
extern const struct reader readers[];
/* The one for this document: the kind's, and among XML documents the root element's. NULL: none. */
const struct reader *reader_for(struct str media_type, struct str name, struct str first_bytes);

/* ---- kinds: also linked by who calls workers (kinds.c) ----------------------------------------------------------------------------- */

enum reader_program {
	READER_TEXT,     /* photostat-extract: no file, no program, no network */
	READER_IMAGES,   /* photostat-extract-images: runs poppler's programs, reads fonts and tesseract's data */
	READER_PICTURES, /* photostat-extract-pictures: the same box; gives pictures, no text */
};
struct reader_kind {
	const char *media_type;
	const char *reader; /* its name; "xml": by the root element */
	enum reader_program program;
};
/* By media type, and if that is empty or says nothing (application/octet-stream) by the name's extension. NULL: nothing reads it. */
const struct reader_kind *reader_kind(struct str media_type, struct str name);

int read_plain(struct text *, struct str bytes, struct err *);
int read_markdown(struct text *, struct str bytes, struct err *);

#endif
