/* The readers of photostat-extract. */
#include "readers.h"

#include "formats.h"

const struct reader readers[] = {
	{.name = "plain", .read = read_plain},
	{.name = "markdown", .read = read_markdown},
	{.name = "xml", .read = read_xml},
	{.name = "html", .read = read_html},
	{.name = "docx", .read = read_docx},
	{.name = "odt", .read = read_odt},
	{.name = "epub", .read = read_epub},
	{.name = "rtf", .read = read_rtf},
	{.name = "mail", .read = read_mail},
	{.name = NULL},
};
