#include "xml.h"

#include "charset.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTES_MAX 2000 /* of one element: libxml2 compares each with each */
#define ENTITY_MAX 100      /* bytes of one that is put in */

/* ---- parsing ------------------------------------------------------------------------------------------------------- */

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* Whether an element has more attributes than any honest one. */
static bool too_many_attributes(struct str bytes)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;
	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		size_t attributes = 0;
		if (++p == end || !is_name_start(*p))
			continue;
		for (; p < end && *p != '>' && *p != '<'; p++)
			if (*p == '=' && ++attributes > ATTRIBUTES_MAX)
				return true;
	}
	return false;
}

static xmlParserInput *load_nothing(const char *url, const char *id, xmlParserCtxt *context)
{
	(void)url;
	(void)id;
	(void)context;
	return NULL;
}

/* What libxml2 would print of a document's faults; the last one is looked up. */
static void say_nothing(void *context, xmlError *error)
{
	(void)context;
	(void)error;
}

/* What the declaration says: <?xml version="1.0" encoding="…"?>. */
static struct str declared_encoding(struct str bytes)
{
	struct str head = {bytes.p, bytes.n < 200 ? bytes.n : 200}, found = {"", 0};
	const char *end = head.n > 0 ? memchr(head.p, '>', head.n) : NULL, *p, *from;
	if (!str_starts(head, STR("<?xml")) || !end)
		return found;
	p = memmem(head.p, (size_t)(end - head.p), "encoding", 8);
	if (!p)
		return found;
	for (p += 8; p < end && (*p == ' ' || *p == '='); p++)
		;
	if (p == end || (*p != '"' && *p != '\''))
		return found;
	from = p + 1;
	p = memchr(from, *p, (size_t)(end - from));
	if (p)
		found = (struct str){from, (size_t)(p - from)};
	return found;
}

static int refuse(const char *what, const xmlParserCtxt *context, struct err *err)
{
	const xmlError *error = &context->lastError;
	struct str message = str_from(error->message);
	while (message.n > 0 && (message.p[message.n - 1] == '\n' || message.p[message.n - 1] == ' '))
		message.n--;
	if (error->code == XML_ERR_NO_MEMORY)
		return err_set(err, ERR_MEMORY, "%s takes more memory than there is", what);
	return err_set(err, ERR_SYNTAX, "%s is not well-formed (line %d: %.*s); look at it with: xmllint --noout", what,
		error->line, STR_ARG(message));
}

int xml_parse(struct str bytes, const char *what, xmlDoc **out, bool *broken, struct err *err)
{
	struct buf utf8 = BUF_INIT;
	xmlParserCtxt *context = NULL;
	int result = -1;
	*out = NULL;
	*broken = false;
	if (bytes.n > XML_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s has more than 64 MiB", what);
	utf8.max = (size_t)2 * XML_BYTES_MAX;
	if (charset_decode_marked(bytes, declared_encoding(bytes), &utf8, err) < 0) {
		err_note(err, "%s", what);
		goto out;
	}
	if (too_many_attributes(buf_view(&utf8))) {
		err_set(err, ERR_LIMIT, "%s has an element with more than %d attributes", what, ATTRIBUTES_MAX);
		goto out;
	}
	if (utf8.n == 0) {
		err_set(err, ERR_SYNTAX, "%s is empty", what);
		goto out;
	}
	xmlSetExternalEntityLoader(load_nothing);
	context = xmlNewParserCtxt();
	if (!context) {
		err_set(err, ERR_MEMORY, "%s: memory is gone", what);
		goto out;
	}
	context->sax->serror = say_nothing;
	*out = xmlCtxtReadMemory(context, utf8.p, (int)utf8.n, NULL, "UTF-8",
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_RECOVER | XML_PARSE_IGNORE_ENC |
			XML_PARSE_COMPACT | XML_PARSE_NOCDATA);
	if (context->lastError.code == XML_ERR_NO_MEMORY || !*out || !xmlDocGetRootElement(*out)) {
		xmlFreeDoc(*out);
		*out = NULL;
		refuse(what, context, err);
		goto out;
	}
	*broken = !context->wellFormed;
	result = 0;
out:
	if (context)
		xmlFreeParserCtxt(context);
	buf_release(&utf8);
	return result;
}

/* The charset that a page names of itself in its first bytes, in <meta charset> or <meta http-equiv>. */
static struct str meta_charset(struct str bytes)
{
	struct str head = {bytes.p, bytes.n < 4096 ? bytes.n : 4096}, found = {"", 0};
	for (size_t i = 0; i + 8 < head.n; i++) {
		size_t from, to;
		if (strncasecmp(head.p + i, "charset=", 8) != 0)
			continue;
		from = i + 8;
		if (head.p[from] == '"' || head.p[from] == '\'')
			from++;
		for (to = from; to < head.n && head.p[to] > ' ' && !strchr("\"'/>;", head.p[to]); to++)
			;
		return (struct str){head.p + from, to - from};
	}
	return found;
}

int html_parse(struct str bytes, struct str charset, xmlDoc **out, bool *broken, struct err *err)
{
	struct buf utf8 = BUF_INIT;
	htmlParserCtxt *context = NULL;
	struct str declared = declared_encoding(bytes);
	int result = -1;
	*out = NULL;
	if (bytes.n > XML_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the page has more than 64 MiB");
	utf8.max = (size_t)3 * XML_BYTES_MAX;
	if (charset.n == 0)
		charset = declared.n > 0 ? declared : meta_charset(bytes);
	if (charset_decode_marked(bytes, charset, &utf8, err) < 0)
		goto out;
	if (too_many_attributes(buf_view(&utf8))) {
		err_set(err, ERR_LIMIT, "the page has an element with more than %d attributes", ATTRIBUTES_MAX);
		goto out;
	}
	if (utf8.n == 0) {
		result = 0; /* A page without any text. */
		goto out;
	}
	xmlSetExternalEntityLoader(load_nothing);
	context = htmlNewParserCtxt();
	if (!context) {
		err_set(err, ERR_MEMORY, "the page: memory is gone");
		goto out;
	}
	context->sax->serror = say_nothing;
	*out = htmlCtxtReadMemory(context, utf8.p, (int)utf8.n, NULL, "UTF-8",
		HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_COMPACT |
			HTML_PARSE_IGNORE_ENC);
	if (context->lastError.code == XML_ERR_NO_MEMORY) {
		xmlFreeDoc(*out);
		*out = NULL;
		refuse("the page", context, err);
		goto out;
	}
	/* It stops where elements are nested too deeply, and says so no other way. */
	if (broken && context->disableSAX)
		*broken = true;
	result = 0;
out:
	if (context)
		htmlFreeParserCtxt(context);
	buf_release(&utf8);
	return result;
}

/* ---- nodes --------------------------------------------------------------------------------------------------------- */

bool xml_is(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

struct str xml_name(const xmlNode *node)
{
	return node && node->type == XML_ELEMENT_NODE ? str_from((const char *)node->name) : (struct str){"", 0};
}

struct str xml_attribute(const xmlNode *node, const char *name)
{
	const char *colon = strchr(name, ':');
	size_t prefix = colon ? (size_t)(colon - name) : 0;
	if (!node || node->type != XML_ELEMENT_NODE)
		return (struct str){"", 0};
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const char *local = (const char *)a->name;
		/* HTML's tree, and one with undeclared prefixes, has the whole name as it is written. */
		bool same = strcmp(local, name) == 0;
		if (!same && colon && strcmp(local, colon + 1) == 0)
			same = a->ns && a->ns->prefix && strlen((const char *)a->ns->prefix) == prefix &&
			       memcmp(a->ns->prefix, name, prefix) == 0;
		if (same && !colon && a->ns && a->ns->prefix && strcmp((const char *)a->ns->prefix, "xml") == 0)
			same = false;
		if (same && a->children && a->children->type == XML_TEXT_NODE && a->children->content)
			return str_from((const char *)a->children->content);
	}
	return (struct str){"", 0};
}

static xmlNode *from_here(xmlNode *node, const char *name)
{
	while (node && (node->type != XML_ELEMENT_NODE || (name && strcmp((const char *)node->name, name) != 0)))
		node = node->next;
	return node;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
	return parent && parent->type == XML_ELEMENT_NODE ? from_here(parent->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *node, const char *name)
{
	return node ? from_here(node->next, name) : NULL;
}

xmlNode *xml_path(xmlNode *node, const char *path)
{
	struct str rest = str_from(path), name;
	char one[64];
	while (node && str_take_until(&rest, '/', &name)) {
		if (name.n >= sizeof(one))
			return NULL;
		memcpy(one, name.p, name.n);
		one[name.n] = '\0';
		node = xml_child(node, one);
	}
	return node;
}

unsigned xml_number(const xmlNode *node, const char *attribute, unsigned otherwise)
{
	struct str value = xml_attribute(node, attribute);
	char number[32];
	double d;
	char *end;
	if (value.n == 0 || value.n >= sizeof(number))
		return otherwise;
	memcpy(number, value.p, value.n);
	number[value.n] = '\0';
	d = strtod(number, &end);
	if (end == number || !(d < 1e9))
		return otherwise;
	return d <= 0 ? 0 : (unsigned)(d + 0.5);
}

/* ---- walking ------------------------------------------------------------------------------------------------------- */

/* A short entity of plain text that the document declares, "&mdash;": the only ones that are put in. */
static struct str plain_entity(const xmlNode *reference, char character[8])
{
	const xmlEntity *entity = xmlGetDocEntity(reference->doc, reference->name);
	struct str content;
	if (!entity) {
		/* HTML's own names stand in many a document that declares none. */
		const htmlEntityDesc *html = htmlEntityLookup(reference->name);
		int n = html && html->value > 0x7F ? xmlCopyCharMultiByte((xmlChar *)character, (int)html->value) : 0;
		return (struct str){character, n > 0 ? (size_t)n : 0};
	}
	if (entity->etype != XML_INTERNAL_GENERAL_ENTITY)
		return (struct str){"", 0};
	content = str_from((const char *)entity->content);
	if (content.n > ENTITY_MAX || (content.n > 0 && (memchr(content.p, '<', content.n) || memchr(content.p, '&', content.n))))
		return (struct str){"", 0};
	return content;
}

void xml_walk(xmlNode *root, const struct xml_visitor *visitor, void *context)
{
	xmlNode *node = root;
	while (node) {
		bool down = false;
		char character[8];
		if (node->type == XML_ELEMENT_NODE)
			down = visitor->enter(context, node);
		else if (!visitor->text)
			;
		else if ((node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content)
			visitor->text(context, str_from((const char *)node->content));
		else if (node->type == XML_ENTITY_REF_NODE)
			visitor->text(context, plain_entity(node, character));
		if (down && node->children) {
			node = node->children;
			continue;
		}
		for (;;) {
			if (node->type == XML_ELEMENT_NODE && visitor->leave)
				visitor->leave(context, node);
			if (node == root)
				return;
			if (node->next) {
				node = node->next;
				break;
			}
			node = node->parent;
		}
	}
}

struct words {
	struct buf *out;
	size_t most;
	bool space;
};

static bool words_enter(void *context, xmlNode *node)
{
	struct words *words = context;
	(void)node;
	return words->out->n < words->most;
}

static void words_leave(void *context, xmlNode *node)
{
	(void)context;
	(void)node;
}

static void words_text(void *context, struct str piece)
{
	struct words *words = context;
	for (size_t i = 0; i < piece.n; i++) {
		if (piece.p[i] == ' ' || piece.p[i] == '\n' || piece.p[i] == '\t' || piece.p[i] == '\r') {
			words->space = true;
			continue;
		}
		if (words->out->n >= words->most && ((unsigned char)piece.p[i] & 0xC0) != 0x80)
			return;
		if (words->space && words->out->n > 0)
			buf_char(words->out, ' ');
		words->space = false;
		buf_char(words->out, piece.p[i]);
	}
}

void xml_words(const xmlNode *node, size_t most, struct buf *out)
{
	static const struct xml_visitor visitor = {words_enter, words_leave, words_text};
	struct buf own = BUF_INIT;
	struct words words = {&own, most, false};
	xmlNode *root;
	memcpy(&root, &node, sizeof(root)); /* which only reads it */
	if (node)
		xml_walk(root, &visitor, &words);
	buf_str(out, buf_view(&own));
	buf_release(&own);
}
