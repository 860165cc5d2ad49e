/* Media types, by first bytes and extension. */
#include "internal.h"

#include <string.h>

#define UNKNOWN "application/octet-stream"
#define ZIP "application/zip"

/* How a file of the type begins. */
static const struct {
	size_t at, n;
	const char *bytes;
	const char *type;
} signatures[] = {
	{0, 5, "%PDF-", "application/pdf"},
	{0, 3, "\xff\xd8\xff", "image/jpeg"},
	{0, 8, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, 4, "II*\0", "image/tiff"},
	{0, 4, "MM\0*", "image/tiff"},
	{0, 4, "II+\0", "image/tiff"},
	{0, 4, "MM\0+", "image/tiff"},
	{0, 12, "\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"},
	{0, 6, "GIF87a", "image/gif"},
	{0, 6, "GIF89a", "image/gif"},
	{8, 4, "WEBP", "image/webp"},
	{8, 4, "WAVE", "audio/wav"},
	{0, 5, "{\\rtf", "application/rtf"},
	{0, 4, "fLaC", "audio/flac"},
	{0, 4, "OggS", "audio/ogg"},
	{0, 3, "ID3", "audio/mpeg"},
	{0, 8, "AT&TFORM", "image/vnd.djvu"},
	{0, 2, "\x1f\x8b", "application/gzip"},
	{0, 4, "%!PS", "application/postscript"},
	{0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
	{4, 4, "ftyp", "video/mp4"},
	{0, 4, "PK\x03\x04", ZIP},
};

enum nature { TEXT, XML, ZIPPED, OLE, BINARY, ANY };

static const struct {
	const char *extension, *type;
	enum nature nature;
} extensions[] = {
	{"txt", "text/plain", TEXT},
	{"text", "text/plain", TEXT},
	{"md", "text/markdown", TEXT},
	{"csv", "text/csv", TEXT},
	{"tsv", "text/tab-separated-values", TEXT},
	{"htm", "text/html", TEXT},
	{"html", "text/html", TEXT},
	{"eml", "message/rfc822", TEXT},
	{"mbox", "application/mbox", TEXT},
	{"tex", "application/x-tex", TEXT},
	{"json", "application/json", TEXT},
	{"srt", "application/x-subrip", TEXT},
	{"vtt", "text/vtt", TEXT},
	{"bib", "application/x-bibtex", TEXT},
	{"xml", "application/xml", XML},
	{"tei", "application/tei+xml", XML},
	{"xhtml", "application/xhtml+xml", XML},
	{"svg", "image/svg+xml", XML},
	{"alto", "application/xml", XML},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIPPED},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIPPED},
	{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIPPED},
	{"odt", "application/vnd.oasis.opendocument.text", ZIPPED},
	{"ods", "application/vnd.oasis.opendocument.spreadsheet", ZIPPED},
	{"odp", "application/vnd.oasis.opendocument.presentation", ZIPPED},
	{"epub", "application/epub+zip", ZIPPED},
	{"zip", ZIP, ZIPPED},
	{"doc", "application/msword", OLE},
	{"xls", "application/vnd.ms-excel", OLE},
	{"ppt", "application/vnd.ms-powerpoint", OLE},
	{"msg", "application/vnd.ms-outlook", OLE},
	{"pdf", "application/pdf", BINARY},
	{"jpg", "image/jpeg", BINARY},
	{"jpeg", "image/jpeg", BINARY},
	{"png", "image/png", BINARY},
	{"tif", "image/tiff", BINARY},
	{"tiff", "image/tiff", BINARY},
	{"jp2", "image/jp2", BINARY},
	{"gif", "image/gif", BINARY},
	{"webp", "image/webp", BINARY},
	{"djvu", "image/vnd.djvu", BINARY},
	{"rtf", "application/rtf", BINARY},
	{"wav", "audio/wav", BINARY},
	{"flac", "audio/flac", BINARY},
	{"ogg", "audio/ogg", BINARY},
	{"gz", "application/gzip", BINARY},
	{"ps", "application/postscript", BINARY},
	{"mp3", "audio/mpeg", ANY},
	{"mp4", "video/mp4", ANY},
	{"m4a", "audio/mp4", ANY},
	{"mov", "video/quicktime", ANY},
	{"pgm", "image/x-portable-graymap", ANY},
	{"ppm", "image/x-portable-pixmap", ANY},
	{"pbm", "image/x-portable-bitmap", ANY},
	{"bmp", "image/bmp", ANY},
	{"tar", "application/x-tar", ANY},
	{"warc", "application/warc", ANY},
};
#define EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

/* Index into the extensions, EXTENSIONS if it is not there. */
static size_t by_extension(struct str path)
{
	size_t dot = path.n;
	while (dot > 0 && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	struct str extension = {path.p + dot, path.n - dot};
	if (dot == 0 || path.p[dot - 1] != '.')
		return EXTENSIONS;
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (str_equal_fold(extension, str_from(extensions[i].extension)))
			return i;
	return EXTENSIONS;
}

static const char *by_signature(struct str bytes)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (bytes.n >= signatures[i].at + signatures[i].n &&
			memcmp(bytes.p + signatures[i].at, signatures[i].bytes, signatures[i].n) == 0)
			return signatures[i].type;
	return NULL;
}

/* No bytes that text does not have; in UTF-16 there are, unless its byte order mark says so. */
static bool looks_like_text(struct str bytes)
{
	if (bytes.n >= 2 && (memcmp(bytes.p, "\xff\xfe", 2) == 0 || memcmp(bytes.p, "\xfe\xff", 2) == 0))
		return true;
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		if (c < 32 && !strchr("\t\n\r\f\x1b", c))
			return false;
		if (c == 0)
			return false;
	}
	return true;
}

/* TEI and ALTO are told by their root elements. */
static const char *xml_kind(struct str bytes)
{
	struct str rest = bytes;
	const char *open;
	while (rest.n && (open = memchr(rest.p, '<', rest.n)) != NULL) {
		rest = (struct str){open + 1, rest.n - (size_t)(open + 1 - rest.p)};
		if (str_starts(rest, STR("!--")) && memmem(rest.p, rest.n, "-->", 3)) {
			const char *end = memmem(rest.p, rest.n, "-->", 3);
			rest = (struct str){end, rest.n - (size_t)(end - rest.p)};
			continue;
		}
		if (rest.n == 0 || *rest.p == '?' || *rest.p == '!')
			continue;
		size_t n = 0;
		while (n < rest.n && !strchr(" \t\r\n>/", rest.p[n]))
			n++;
		struct str root = {rest.p, n};
		const char *colon = memchr(root.p, ':', root.n);
		if (colon)
			root = (struct str){colon + 1, root.n - (size_t)(colon + 1 - root.p)};
		if (str_equal(root, STR("TEI")) || str_equal(root, STR("teiCorpus")))
			return "application/tei+xml";
		if (str_equal(root, STR("svg")))
			return "image/svg+xml";
		if (str_equal_fold(root, STR("html")))
			return "application/xhtml+xml";
		return "application/xml";
	}
	return "application/xml";
}

/* OpenDocument and EPUB put a first, uncompressed file named "mimetype" into the archive. */
static const char *zip_kind(struct str bytes)
{
	static const char *const kinds[] = {"application/vnd.oasis.opendocument.text",
		"application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
		"application/epub+zip"};
	if (bytes.n < 38 || memcmp(bytes.p + 30, "mimetype", 8) != 0)
		return NULL;
	struct str rest = {bytes.p + 38, bytes.n - 38};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(rest, str_from(kinds[i])))
			return kinds[i];
	return NULL;
}

const char *media_type_guess(struct str path, struct str bytes)
{
	size_t i = by_extension(path);
	const char *type = i < EXTENSIONS ? extensions[i].type : NULL;
	enum nature nature = i < EXTENSIONS ? extensions[i].nature : ANY;
	if (bytes.n == 0)
		return type ? type : UNKNOWN;
	const char *found = by_signature(bytes);
	if (found && strcmp(found, ZIP) == 0) {
		const char *kind = zip_kind(bytes);
		return kind ? kind : nature == ZIPPED ? type : ZIP;
	}
	if (found && strcmp(found, "application/x-ole-storage") == 0)
		return nature == OLE ? type : found;
	/* MPEG-4 has many faces that begin alike. */
	if (found && !(nature == ANY && type && strcmp(found, "video/mp4") == 0))
		return found;
	bool text = looks_like_text(bytes);
	struct str start = bytes;
	if (str_starts(start, STR("\xef\xbb\xbf")))
		start = (struct str){start.p + 3, start.n - 3};
	start = str_trim(start);
	if (text && (str_starts(start, STR("<?xml")) || (nature == XML && str_starts(start, STR("<")))))
		return xml_kind(start);
	if (nature == TEXT)
		return text ? type : UNKNOWN;
	if (nature == ANY && type)
		return type;
	/* An extension whose files begin otherwise says nothing. */
	return text ? "text/plain" : UNKNOWN;
}
