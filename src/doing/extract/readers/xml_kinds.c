/* XML documents: read as what their root element says they are. */

#include "formats.h"
#include "html.h"
#include "layout.h"
#include "tei.h"

#include <string.h>

int read_xml(struct text *text, struct str bytes, struct err *err)
{
	xmlDoc *doc = NULL;
	xmlNode *root;
	bool broken = false;
	int result = 0;
	if (xml_parse(bytes, "the document", &doc, &broken, err) < 0)
		return -1;
	root = xmlDocGetRootElement(doc);
	if (str_starts(xml_name(root), STR("TEI")) || xml_is(root, "teiCorpus") || xml_is(root, "cesDoc")) {
		text_set_source(text, STR("tei"));
		tei_read(text, root);
	} else if (xml_is(root, "alto")) {
		text_set_source(text, STR("alto"));
		alto_read(text, root);
	} else if (xml_is(root, "PcGts")) {
		text_set_source(text, STR("page"));
		page_read(text, root);
	} else if (xml_is(root, "html")) {
		text_set_source(text, STR("html"));
		html_page(text, root);
	} else {
		result = err_set(err, ERR_SYNTAX,
			"there is no reader for XML documents of <%.*s>; TEI, ALTO, PAGE and XHTML are read",
			STR_ARG(xml_name(root)));
	}
	if (broken)
		text_set_cut(text);
	xmlFreeDoc(doc);
	return result;
}
