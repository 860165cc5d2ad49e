/* formats: the readers of documents with a structure of their own. docs/format/readers.md says what each shows. */
#ifndef PHOTOSTAT_READERS_FORMATS_H
#define PHOTOSTAT_READERS_FORMATS_H

#include "text/text.h"

/* As struct reader's read. */
int read_xml(struct text *, struct str bytes, struct err *); /* TEI, CES, ALTO, PAGE, XHTML: by the root element */
int read_html(struct text *, struct str bytes, struct err *);
int read_docx(struct text *, struct str bytes, struct err *);
int read_odt(struct text *, struct str bytes, struct err *);
int read_epub(struct text *, struct str bytes, struct err *);
int read_rtf(struct text *, struct str bytes, struct err *);
int read_mail(struct text *, struct str bytes, struct err *);

#endif
