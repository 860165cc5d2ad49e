/* Which documents have readers: one line a media type. */
#include "readers.h"

#include <string.h>
#include <strings.h>

#include "record/record.h"

static const struct reader_kind kinds[] = {
	{"text/plain", "plain", READER_TEXT},
	{"application/pdf", "pdf", READER_IMAGES},
	{"image/jp2", "image", READER_IMAGES},
	{"image/jpeg", "image", READER_IMAGES},
	{"image/png", "image", READER_IMAGES},
	{"image/tiff", "image", READER_IMAGES},
	{"image/webp", "image", READER_IMAGES},
	{"text/markdown", "markdown", READER_TEXT},
	{"text/html", "html", READER_TEXT},
	{"application/xhtml+xml", "html", READER_TEXT},
	{"application/tei+xml", "xml", READER_TEXT},
	{"application/xml", "xml", READER_TEXT},
	{"text/xml", "xml", READER_TEXT},
	{"application/alto+xml", "xml", READER_TEXT},
	{"application/vnd.prima.page+xml", "xml", READER_TEXT},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", READER_TEXT},
	/* What Word encrypted, and its old files: they are told from each other, and the reader says which. */
	{"application/x-ole-storage", "docx", READER_TEXT},
	{"application/msword", "docx", READER_TEXT},
	{"application/vnd.oasis.opendocument.text", "odt", READER_TEXT},
	{"application/vnd.oasis.opendocument.text-template", "odt", READER_TEXT},
	{"application/epub+zip", "epub", READER_TEXT},
	{"application/rtf", "rtf", READER_TEXT},
	{"text/rtf", "rtf", READER_TEXT},
	{"message/rfc822", "mail", READER_TEXT},
};

static const struct reader_kind *find(struct str media_type)
{
	size_t n = 0;
	while (n < media_type.n && media_type.p[n] != ';' && media_type.p[n] != ' ')
		n++; /* parameters do not count */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].media_type) == n && strncasecmp(kinds[i].media_type, media_type.p, n) == 0)
			return &kinds[i];
	return NULL;
}

const struct reader_kind *reader_kind(struct str media_type, struct str name)
{
	if (media_type.n && !str_equal(media_type, STR("application/octet-stream")))
		return find(media_type);
	return find(str_from(media_type_guess(name, STR(""))));
}
