/* Hostile documents (P9): each costs a bounded time and its own text at most. Whoever reads them is shut in besides; here they must do without. */
#include "zip.h"

#include <time.h>

#define SECONDS 10 /* of processor time for any one of them; each takes much less, but machines and sanitizers differ */
#define DEPTH 100000

static reader *const all[] = {read_xml, read_html, read_docx, read_odt, read_epub, read_rtf, read_mail};

/* Read or refused: in time. The text, finished, for the caller. */
static struct text *survive(reader *read, struct str bytes, struct err *err)
{
	struct text *text = text_new();
	clock_t start = clock();
	struct err own = ERR_INIT;
	if (read(text, bytes, err ? err : &own) < 0) {
		text_free(text);
		text = NULL;
	} else {
		text_finish(text);
	}
	assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS);
	return text;
}

static size_t bytes_of(const struct text *text)
{
	size_t n = 0;
	for (size_t i = 0; text && i < text_block_count(text); i++) {
		struct text_block block;
		text_block(text, i, &block);
		n += block.text.n;
	}
	return n;
}

static void repeat(struct buf *out, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_text(out, piece);
}

static void entities_are_no_bombs(void **state)
{
	(void)state;
	struct buf bomb = BUF_INIT;
	struct text *text;
	buf_text(&bomb, "<!DOCTYPE TEI [<!ENTITY a0 'lollollollol'>");
	for (int i = 1; i < 30; i++) {
		buf_printf(&bomb, "<!ENTITY a%d '", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&bomb, "&a%d;", i - 1);
		buf_text(&bomb, "'>");
	}
	buf_text(&bomb, "]><TEI><text><body><p n='&a29;'>&a29;</p><p>&a0;</p></body></text></TEI>");
	text = survive(read_xml, buf_view(&bomb), NULL);
	assert_true(bytes_of(text) < 1000);
	text_free(text);
	/* One large entity, often: what is put in is short. */
	buf_clear(&bomb);
	buf_text(&bomb, "<!DOCTYPE TEI [<!ENTITY a '");
	repeat(&bomb, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", 1000);
	buf_text(&bomb, "'>]><TEI><text><body><p>");
	repeat(&bomb, "&a;", 100000);
	buf_text(&bomb, "</p></body></text></TEI>");
	text = survive(read_xml, buf_view(&bomb), NULL);
	assert_int_equal(bytes_of(text), 0);
	text_free(text);
	/* Itself. */
	text_free(survive(read_xml,
		STR("<!DOCTYPE TEI [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><TEI><text><body><p n='&a;'>&a;</p></body></text></TEI>"),
		NULL));
	buf_release(&bomb);
}

static void nothing_outside_is_loaded(void **state)
{
	(void)state;
	char path[] = "/tmp/photostat-hostile-XXXXXX";
	FILE *file;
	struct buf document = BUF_INIT;
	struct text *text;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	assert_true(fputs("<!ENTITY stolen 'secret'><!ELEMENT p ANY>", file) >= 0);
	assert_int_equal(fclose(file), 0);
	buf_printf(&document,
		"<!DOCTYPE TEI SYSTEM 'file://%s' [<!ENTITY outside SYSTEM 'file://%s'><!ENTITY %% parameter SYSTEM "
		"'file://%s'>%%parameter;]>"
		"<TEI xmlns:xi='http://www.w3.org/2001/XInclude'><text><body><p>a&outside;&stolen;b<xi:include href='file://%s' "
		"parse='text'/></p>"
		"</body></text></TEI>",
		path, path, path, path);
	text = survive(read_xml, buf_view(&document), NULL);
	assert_non_null(text);
	assert_described(text, "body paragraph: ab\n");
	text_free(text);
	buf_release(&document);
	assert_int_equal(remove(path), 0);
}

static void depth_is_no_recursion(void **state)
{
	(void)state;
	static const struct {
		reader *read;
		const char *before, *open, *middle, *close, *after;
	} deep[] = {
		{read_xml, "<TEI><text><body>", "<div>", "<p>x</p>", "</div>", "</body></text></TEI>"},
		{read_xml, "<TEI><text><body><p>", "<hi>", "x", "</hi>", "</p></body></text></TEI>"},
		{read_xml, "<alto><Layout><Page>", "<ComposedBlock>", "<TextBlock/>", "</ComposedBlock>",
			"</Page></Layout></alto>"},
		{read_xml, "<PcGts><Page>", "<TextRegion>", "", "</TextRegion>", "</Page></PcGts>"},
		{read_html, "<html><body>", "<div>", "x", "</div>", "</body></html>"},
		{read_html, "<html><body>", "<b>", "x", "</b>", "</body></html>"},
		{read_html, "<html><body>", "<ul><li>", "x", "</li></ul>", "</body></html>"},
		{read_html, "<html><body>", "<table><tr><td>", "x", "</td></tr></table>", "</body></html>"},
		{read_html, "<html><body>", "<p lang=de><a href='#x'><sup>1", "x", "", ""},
		{read_rtf, "{\\rtf1 ", "{\\b ", "x", "}", "}"},
		{read_rtf, "{\\rtf1 ", "{\\footnote ", "x", "}", "}"},
		{read_rtf, "{\\rtf1 x", "{\\field{\\*\\fldinst x}{\\fldrslt ", "x", "}}", "}"},
	};
	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		struct buf document = BUF_INIT;
		buf_text(&document, deep[i].before);
		repeat(&document, deep[i].open, DEPTH);
		buf_text(&document, deep[i].middle);
		repeat(&document, deep[i].close, DEPTH);
		buf_text(&document, deep[i].after);
		text_free(survive(deep[i].read, buf_view(&document), NULL));
		buf_release(&document);
	}
}

static void mails_in_mails_end(void **state)
{
	(void)state;
	struct buf mail = BUF_INIT;
	for (int i = 0; i < 20000; i++)
		buf_printf(&mail, "Subject: %d\nContent-Type: message/rfc822\n\n", i);
	buf_text(&mail, "innermost\n");
	text_free(survive(read_mail, buf_view(&mail), NULL));
	buf_clear(&mail);
	for (int i = 0; i < 20000; i++)
		buf_printf(&mail, "Subject: x\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	text_free(survive(read_mail, buf_view(&mail), NULL));
	buf_clear(&mail);
	/* A boundary in every line, parts without number. */
	buf_text(&mail, "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n");
	repeat(&mail, "--b\n\n", 500000);
	text_free(survive(read_mail, buf_view(&mail), NULL));
	buf_clear(&mail);
	buf_text(&mail, "Subject: ");
	repeat(&mail, "=?utf-8?q?=", 100000);
	repeat(&mail, "=?x?b?", 100000);
	repeat(&mail, "\n  \t", 100000);
	buf_text(&mail, "\nTo: ");
	repeat(&mail, "<a,b>,", 100000);
	repeat(&mail, "\nX: y", 200000);
	buf_text(&mail, "\nContent-Type: text/plain; ");
	repeat(&mail, "charset*0*=;", 100000);
	repeat(&mail, "\n", 1000000);
	repeat(&mail, ">", 1000000);
	text_free(survive(read_mail, buf_view(&mail), NULL));
	buf_release(&mail);
}

static void attributes_have_a_number(void **state)
{
	(void)state;
	struct buf document = BUF_INIT;
	struct err err = ERR_INIT;
	buf_text(&document, "<TEI><text><body><p ");
	for (int i = 0; i < 200000; i++)
		buf_printf(&document, "a%d='' ", i);
	buf_text(&document, ">x</p></body></text></TEI>");
	assert_null(survive(read_xml, buf_view(&document), &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_null(survive(read_html, buf_view(&document), &err));
	assert_int_equal(err.code, ERR_LIMIT);
	/* And one that is long. */
	buf_clear(&document);
	buf_text(&document, "<TEI><text><body><p rend='");
	repeat(&document, "bold ", 3000000);
	buf_text(&document, "'>x</p><p>y</p></body></text></TEI>");
	text_free(survive(read_xml, buf_view(&document), NULL));
	text_free(survive(read_html, buf_view(&document), NULL));
	buf_release(&document);
}

/* Things that others point at, by the ten thousand: what finds them must not look through all of them each time. */
static void pointers_cost_what_they_are(void **state)
{
	(void)state;
	struct buf document = BUF_INIT;
	buf_text(&document, "<TEI><facsimile>");
	for (int i = 0; i < 50000; i++)
		buf_printf(&document, "<graphic xml:id='g%d' url='%d.jpg'/>", i, i);
	buf_text(&document, "</facsimile><text><body><p>");
	for (int i = 0; i < 50000; i++)
		buf_printf(&document, "<pb facs='#g%d'/>x<note xml:id='n%d'>y</note><ref target='#n%d'>z</ref>", i, i, i);
	buf_text(&document, "</p></body></text></TEI>");
	text_free(survive(read_xml, buf_view(&document), NULL));
	buf_clear(&document);
	buf_text(&document, "<html><body>");
	for (int i = 0; i < 50000; i++)
		buf_printf(&document, "<p>x<a href='#n%d'><sup>1</sup></a></p>", i);
	for (int i = 0; i < 50000; i++)
		buf_printf(&document, "<p id='n%d'>y</p>", i);
	text_free(survive(read_html, buf_view(&document), NULL));
	buf_clear(&document);
	/* Siblings before which an element looks, choices with many children. */
	buf_text(&document, "<TEI><text><body><choice>");
	repeat(&document, "<corr>x</corr>", 50000);
	buf_text(&document, "</choice><list>");
	repeat(&document, "<item/>\n<!-- x -->", 50000);
	repeat(&document, "<!-- x -->", 100000);
	repeat(&document, "<item/>", 1000);
	buf_text(&document, "</list></body></text></TEI>");
	text_free(survive(read_xml, buf_view(&document), NULL));
	buf_clear(&document);
	buf_text(&document, "<PcGts><Page><ReadingOrder><OrderedGroup>");
	repeat(&document, "<RegionRefIndexed regionRef='r'/>", 50000);
	buf_text(&document, "</OrderedGroup></ReadingOrder>");
	for (int i = 0; i < 50000; i++)
		buf_printf(&document, "<TextRegion id='r'><TextEquiv><Unicode>x</Unicode></TextEquiv></TextRegion>");
	buf_text(&document, "</Page></PcGts>");
	text_free(survive(read_xml, buf_view(&document), NULL));
	buf_release(&document);
}

static void zip_bombs_are_refused(void **state)
{
	(void)state;
	struct buf bomb = BUF_INIT;
	struct archive *archive;
	struct err err = ERR_INIT;
	size_t used = 0;
	/* One member of 300 MiB in a few hundred kilobytes. */
	zip_begin(&archive, &bomb, &used);
	zip_add_run(archive, "word/document.xml", ' ', 300u << 20);
	zip_end(archive, &bomb, &used);
	for (size_t i = 2; i < 5; i++) {
		assert_null(survive(all[i], buf_view(&bomb), &err));
		assert_int_equal(err.code, ERR_LIMIT);
	}
	/* Many of 30 MiB each. */
	buf_clear(&bomb);
	zip_begin(&archive, &bomb, &used);
	for (int i = 0; i < 10; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "word/%d.xml", i);
		zip_add_run(archive, name, ' ', 30u << 20);
	}
	zip_end(archive, &bomb, &used);
	assert_null(survive(read_docx, buf_view(&bomb), &err));
	assert_int_equal(err.code, ERR_LIMIT);
	/* Members by number. */
	buf_clear(&bomb);
	zip_begin(&archive, &bomb, &used);
	for (int i = 0; i < 30000; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "%d.xml", i);
		zip_header(archive, name, 0);
	}
	zip_end(archive, &bomb, &used);
	assert_null(survive(read_epub, buf_view(&bomb), &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&bomb);
}

static void encrypted_documents_are_named(void **state)
{
	(void)state;
	static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 .. E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0..";
	struct err err = refusal(read_docx, (struct str){ole, sizeof(ole) - 1});
	struct buf zip;
	assert_non_null(strstr(err.text, "encrypted"));
	err = refusal(read_docx, (struct str){ole, 12});
	assert_non_null(strstr(err.text, "old binary form"));
	zip = zip_of((const struct zip_member[]){{"content.xml", "rubbish"},
			     {"META-INF/manifest.xml", "<manifest><file-entry><encryption-data/></file-entry></manifest>"}},
		2);
	err = refusal(read_odt, buf_view(&zip));
	assert_non_null(strstr(err.text, "encrypted"));
	buf_release(&zip);
	zip = zip_of((const struct zip_member[]){{"META-INF/container.xml", "<container/>"},
			     {"META-INF/encryption.xml", "<encryption><EncryptedData><EncryptionMethod "
							 "Algorithm='http://www.w3.org/2001/04/xmlenc#aes128-cbc'/>"
							 "</EncryptedData></encryption>"}},
		2);
	err = refusal(read_epub, buf_view(&zip));
	assert_non_null(strstr(err.text, "encrypted"));
	buf_release(&zip);
}

static uint64_t next(uint64_t *number)
{
	*number ^= *number >> 12;
	*number ^= *number << 25;
	*number ^= *number >> 27;
	return *number * 0x2545F4914F6CDD1DULL;
}

static void rubbish_is_only_rubbish(void **state)
{
	(void)state;
	const char *seed = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t number = (seed ? strtoull(seed, NULL, 10) : 1927) | 1;
	static const char *const beginnings[] = {
		"", "<TEI>", "<html>", "{\\rtf1 ", "PK\x03\x04", "From: x\n\n", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "\xff\xfe<\0"};
	print_message("seed %llu\n", (unsigned long long)number);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		text_free(survive(all[i], STR(""), NULL));
		text_free(survive(all[i], (struct str){"\0\0\0\0\0\0\0\0", 8}, NULL));
		for (size_t j = 0; j < sizeof(beginnings) / sizeof(beginnings[0]); j++)
			for (int round = 0; round < 20; round++) {
				struct buf bytes = BUF_INIT;
				buf_text(&bytes, beginnings[j]);
				for (uint64_t n = next(&number) % 4000; n > 0; n--)
					buf_char(&bytes, (char)next(&number));
				text_free(survive(all[i], buf_view(&bytes), NULL));
				buf_release(&bytes);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(entities_are_no_bombs), cmocka_unit_test(nothing_outside_is_loaded),
		cmocka_unit_test(depth_is_no_recursion), cmocka_unit_test(mails_in_mails_end),
		cmocka_unit_test(attributes_have_a_number), cmocka_unit_test(pointers_cost_what_they_are),
		cmocka_unit_test(zip_bombs_are_refused), cmocka_unit_test(encrypted_documents_are_named),
		cmocka_unit_test(rubbish_is_only_rubbish)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
