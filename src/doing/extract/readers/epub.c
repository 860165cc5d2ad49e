/* EPUB 2 and 3: the chapters of a book in the order of its spine. */
#include "formats.h"
#include "html.h"
#include "package.h"

#include <libxml/hash.h>
#include <stdlib.h>
#include <string.h>

#define CHAPTERS_MAX 5000u

/* Fonts may be scrambled; whatever else is encrypted needs a key that nobody deposited. */
static bool is_encrypted(const struct package *package)
{
	xmlDoc *doc = package_xml(package, STR("META-INF/encryption.xml"), NULL);
	bool encrypted = false;
	for (const xmlNode *data = doc ? xml_child(xmlDocGetRootElement(doc), "EncryptedData") : NULL; data && !encrypted;
		data = xml_next(data, "EncryptedData")) {
		struct str method = xml_attribute(xml_child(data, "EncryptionMethod"), "Algorithm");
		encrypted = !str_equal(method, STR("http://www.idpf.org/2008/embedding")) &&
			    !str_equal(method, STR("http://ns.adobe.com/pdf/enc#RC"));
	}
	xmlFreeDoc(doc);
	return encrypted;
}

static void metadata(struct text *text, const xmlNode *about, struct buf *language)
{
	struct buf words = BUF_INIT;
	xml_words(xml_child(about, "title"), 1000, &words);
	text_set_title(text, buf_view(&words));
	xml_words(xml_child(about, "language"), 100, language);
	text_set_language(text, buf_view(language));
	for (const xmlNode *creator = xml_child(about, "creator"); creator; creator = xml_next(creator, "creator")) {
		buf_clear(&words);
		xml_words(creator, 1000, &words);
		text_begin(text, TEXT_PARAGRAPH, TEXT_FRONT, 0);
		text_set_label(text, STR("creator"));
		text_mark(text, TEXT_PERSON, (struct str){"", 0});
		text_add(text, buf_view(&words));
	}
	buf_release(&words);
}

struct book {
	xmlDoc *docs[CHAPTERS_MAX];
	struct html_file files[CHAPTERS_MAX];
	size_t count;
};

/* One chapter: as XHTML, or, if it is not well-formed, as HTML is read. */
static void chapter(struct book *book, const struct package *package, struct str path, struct arena *arena, bool *broken)
{
	struct str bytes = package_find(package, path), name = path;
	xmlDoc *doc = NULL;
	bool damaged = false;
	if (bytes.n == 0) {
		*broken = true;
		return;
	}
	if (xml_parse(bytes, "a chapter", &doc, &damaged, NULL) < 0 || damaged) {
		xmlFreeDoc(doc);
		if (html_parse(bytes, STR(""), &doc, broken, NULL) < 0)
			*broken = true;
	}
	if (!doc || !xmlDocGetRootElement(doc)) {
		xmlFreeDoc(doc);
		return;
	}
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/') {
			name = (struct str){path.p + i, path.n - i};
			break;
		}
	book->docs[book->count] = doc;
	book->files[book->count++] = (struct html_file){xmlDocGetRootElement(doc), arena_str(arena, name)};
}

static int read_package(struct text *text, const struct package *package, struct err *err)
{
	xmlDoc *container = package_xml(package, STR("META-INF/container.xml"), NULL), *opf = NULL;
	struct str path = xml_attribute(xml_path(xmlDocGetRootElement(container), "rootfiles/rootfile"), "full-path"),
		   folder = {path.p, 0};
	struct buf language = BUF_INIT, full = BUF_INIT;
	struct book *book = NULL;
	struct arena arena = ARENA_INIT;
	xmlHashTable *items = NULL;
	const xmlNode *root;
	bool broken = package->broken;
	int result = -1;
	if (is_encrypted(package)) {
		err_set(err, ERR_SYNTAX, "the book is encrypted (DRM); nothing of it can be read without its vendor's key");
		goto out;
	}
	opf = path.n > 0 ? package_xml(package, path, &broken) : NULL;
	if (!opf) {
		err_set(err, ERR_SYNTAX, "the book has no package document: META-INF/container.xml names none that is there");
		goto out;
	}
	for (size_t i = path.n; i > 0 && folder.n == 0; i--)
		if (path.p[i - 1] == '/')
			folder.n = i - 1;
	root = xmlDocGetRootElement(opf);
	metadata(text, xml_child(root, "metadata"), &language);
	items = xmlHashCreate(64);
	book = mem_alloc(sizeof(*book));
	for (xmlNode *item = xml_child(xml_child(root, "manifest"), "item"); item && items; item = xml_next(item, "item"))
		if (xml_attribute(item, "id").n > 0)
			(void)xmlHashAddEntry(items, (const xmlChar *)xml_attribute(item, "id").p, item);
	for (const xmlNode *ref = xml_child(xml_child(root, "spine"), "itemref"); ref && items; ref = xml_next(ref, "itemref")) {
		struct str id = xml_attribute(ref, "idref");
		const xmlNode *item = id.n > 0 ? xmlHashLookup(items, (const xmlChar *)id.p) : NULL;
		struct str media_type = xml_attribute(item, "media-type"), properties = xml_attribute(item, "properties");
		if (!item || !memmem(media_type.p, media_type.n, "html", 4) || str_equal(properties, STR("nav")))
			continue;
		if (book->count == CHAPTERS_MAX) {
			broken = true;
			break;
		}
		buf_clear(&full);
		package_path(folder, xml_attribute(item, "href"), &full);
		chapter(book, package, buf_view(&full), &arena, &broken);
		/* A spine may name a chapter twice; it stands once. */
		(void)xmlHashRemoveEntry(items, (const xmlChar *)id.p, NULL);
	}
	html_read(text, book->files, book->count, buf_view(&language));
	if (broken)
		text_set_cut(text);
	text_recognise(text);
	result = 0;
out:
	for (size_t i = 0; book && i < book->count; i++)
		xmlFreeDoc(book->docs[i]);
	free(book);
	if (items)
		xmlHashFree(items, NULL);
	xmlFreeDoc(opf);
	xmlFreeDoc(container);
	arena_release(&arena);
	buf_release(&language);
	buf_release(&full);
	return result;
}

int read_epub(struct text *text, struct str bytes, struct err *err)
{
	return package_read(text, "epub", bytes, read_package, err);
}
