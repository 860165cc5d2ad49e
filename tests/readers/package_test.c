/* DOCX, ODT, EPUB: made here of the parts that matter. */
#include "zip.h"

#define ZIP(...)                                                                                                                   \
	zip_of((const struct zip_member[]){__VA_ARGS__},                                                                           \
		sizeof((const struct zip_member[]){__VA_ARGS__}) / sizeof(struct zip_member))

#define W                                                                                                                          \
	"xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' "                                                  \
	"xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
#define RUN(text) "<w:r><w:t>" text "</w:t></w:r>"

static void docx_is_read(void **state)
{
	(void)state;
	struct buf zip = ZIP(
		{"_rels/.rels",
			"<Relationships><Relationship Type='http://x/officeDocument' Target='/word/doc.xml'/></Relationships>"},
		{"docProps/core.xml", "<cp:p xmlns:cp='c' xmlns:dc='d'><dc:title>Ein Brief</dc:title></cp:p>"},
		{"word/doc.xml",
			"<w:document " W "><w:body><w:p><w:pPr><w:pStyle w:val='berschrift1'/></w:pPr>" RUN(
				"Kapitel") "</w:p><w:p><w:r><w:rPr><w:b/><w:i "
					   "w:val='0'/></w:rPr><w:t>fett</w:t></w:r><w:r><w:rPr><w:lang "
					   "w:val='fr-FR'/><w:i/></w:rPr><w:t xml:space='preserve'> oui</w:t></w:r>"
					   "<w:r><w:rPr><w:vanish/></w:rPr><w:t>nicht</w:t></w:r><w:ins>" RUN(
						   " neu") "</w:ins><w:del><w:r><w:delText>alt</w:delText></w:r></w:del>"
							   "<w:r><w:footnoteReference "
							   "w:id='2'/></w:r><w:r><w:endnoteReference "
							   "w:id='5'/></w:r><w:hyperlink r:id='r1'>" RUN(
								   " Link") "</w:hyperlink>"
									    "<w:r><w:br/><w:t>Zeile</w:t><w:noBreakHyphen/"
									    "><w:tab/><w:t>x</w:t></w:r></"
									    "w:p><w:p><w:pPr><w:numPr><w:ilvl "
									    "w:val='0'/><w:numId "
									    "w:val='1'/></w:numPr></w:pPr>" RUN(
										    "erst") "</"
											    "w:p><w:p><w:pPr><w:numPr><w:"
											    "ilvl w:val='1'/><w:numId "
											    "w:val='1'/></w:numPr></"
											    "w:pPr>" RUN(
												    "innen") "</"
													     "w:p><w:"
													     "p><w:"
													     "pPr><w:"
													     "pStyle "
													     "w:val='"
													     "L'/></"
													     "w:"
													     "pPr"
													     ">" RUN("dann") "</"
															     "w:p><"
															     "w:"
															     "tbl><"
															     "w:tr>"
															     "<w:"
															     "tc><"
															     "w:"
															     "tcPr>"
															     "<w:"
															     "gridS"
															     "pan "
															     "w:"
															     "val='"
															     "2'/>"
															     "</"
															     "w:"
															     "tcPr>"
															     "<w:"
															     "p"
															     ">" RUN("a") "</w:p><w:p>" RUN("b") "</w:p></w:tc><w:tc><w:p>" RUN(
																     "c") "</w:p></w:tc></w:tr></w:tbl><w:p><w:pPr><w:pStyle "
																	  "w:val='Q'/></w:pPr>" RUN(
																		  "Zitat") "</w:p><w:p><w:r><w:rPr><w:lang w:val='en-GB'/></w:rPr><w:t>All of it.</w:t></w:r></w:p></w:body>"
																			   "</w:document>"},
		{"word/_rels/doc.xml.rels", "<Relationships><Relationship Id='r1' Target='https://example.org/'/></Relationships>"},
		{"word/styles.xml", "<w:styles " W "><w:docDefaults><w:rPrDefault><w:rPr><w:lang "
				    "w:val='de-AT'/></w:rPr></w:rPrDefault></w:docDefaults><w:style "
				    "w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style><w:style "
				    "w:styleId='L'><w:name w:val='Liste'/><w:pPr><w:numPr><w:numId "
				    "w:val='1'/></w:numPr></w:pPr></w:style><w:style w:styleId='Q'><w:name w:val='Mein "
				    "Zitat'/><w:basedOn w:val='Q0'/></w:style><w:style "
				    "w:styleId='Q0'><w:name w:val='Quote'/></w:style></w:styles>"},
		{"word/numbering.xml", "<w:numbering " W "><w:abstractNum w:abstractNumId='7'><w:lvl w:ilvl='0'><w:start "
				       "w:val='3'/><w:numFmt w:val='upperRoman'/><w:lvlText "
				       "w:val='%1.'/></w:lvl><w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt "
				       "w:val='lowerLetter'/><w:lvlText w:val='%1.%2)'/></w:lvl>"
				       "</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num></w:numbering>"},
		{"word/footnotes.xml", "<w:footnotes " W "><w:footnote w:type='separator' w:id='0'><w:p>" RUN(
					       "---") "</w:p></w:footnote><w:footnote w:id='2'><w:p><w:r>"
						      "<w:footnoteRef/></w:r>" RUN(" Die Note.") "</w:p><w:p>" RUN(
							      "Noch.") "</w:p></w:footnote></w:footnotes>"},
		{"word/endnotes.xml",
			"<w:endnotes " W "><w:endnote w:id='5'><w:p>" RUN(
				"Am Ende.") "<w:r><w:endnoteReference w:id='5'/></w:r></w:p></w:endnote></w:endnotes>"});
	struct text *text = read_bytes(read_docx, buf_view(&zip));
	assert_str(text_title(text), "Ein Brief");
	assert_str(text_language(text), "de-AT");
	assert_str(text_source(text), "docx");
	assert_false(text_cut(text));
	assert_described(text, "body heading 1: Kapitel\n"
			       "body paragraph: {strong|fett} {foreign fr-FR|{emphasis|oui}} {added|neu}{reference "
			       "n1}{reference n2} {link "
			       "https://example.org/|Link} {line}Zeile- x\n"
			       "body item 1 <III.>: erst\n"
			       "body item 2 <III.a)>: innen\n"
			       "body item 1 <IV.>: dann\n"
			       "body cell 1: a b\nbody cell 3: c\n"
			       "body quote: Zitat\n"
			       "body paragraph [en-GB]: All of it.\n"
			       "notes note <1>: Die Note.\nnotes paragraph: Noch.\nnotes note <i>: Am Ende.{reference n2}\n");
	text_free(text);
	/* Cut in the middle of the zip: what is whole is read, and said to be cut. */
	zip.n = zip.n * 2 / 3;
	text = read_bytes(read_docx, buf_view(&zip));
	assert_true(text_cut(text));
	assert_true(text_block_count(text) > 5);
	text_free(text);
	buf_release(&zip);
}

#define ODF                                                                                                                        \
	"xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "                                                         \
	"xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' "                                                             \
	"xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "                                                           \
	"xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' "                                                           \
	"xmlns:fo='urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0' xmlns:xlink='http://www.w3.org/1999/xlink' "       \
	"xmlns:dc='http://purl.org/dc/elements/1.1/'"

static void odt_is_read(void **state)
{
	(void)state;
	struct buf zip = ZIP({"mimetype", "application/vnd.oasis.opendocument.text"},
		{"content.xml",
			"<office:document-content " ODF
			"><office:automatic-styles><style:style style:name='T1'><style:text-properties fo:font-weight='bold'/>"
			"</style:style><style:style style:name='T2' style:parent-style-name='T1'><style:text-properties "
			"fo:font-weight='normal' "
			"fo:font-style='italic' fo:language='fr' fo:country='FR'/></style:style><style:style style:name='P1' "
			"style:parent-style-name='Quotations'/><style:style style:name='P2' style:parent-style-name='Caption'/>"
			"<text:list-style style:name='L1'><text:list-level-style-number text:level='1' style:num-format='1' "
			"style:num-suffix='.' text:start-value='3'/><text:list-level-style-number text:level='2' "
			"style:num-format='a' "
			"style:num-suffix=')' text:display-levels='2'/></text:list-style></"
			"office:automatic-styles><office:body><office:text><text:tracked-changes><text:changed-region "
			"text:id='c1'><text:deletion><text:p>alt</text:p></text:deletion></text:changed-region></"
			"text:tracked-changes><text:h "
			"text:outline-level='2'>Kapitel</text:h><text:p>Ein <text:span text:style-name='T1'>fett</text:span>es "
			"<text:span "
			"text:style-name='T2'>oui</text:span><text:note "
			"text:note-class='footnote'><text:note-citation>1</text:note-citation><text:note-body>"
			"<text:p>Die Note.</text:p><text:p>Noch.</text:p></text:note-body></text:note>,<text:line-break/><text:a "
			"xlink:href='https://example.org/'>Link</text:a><text:s text:c='3'/>x <text:change "
			"text:change-id='c1'/><text:change-start "
			"text:change-id='c2'/>neu<text:change-end "
			"text:change-id='c2'/></text:p><text:list "
			"text:style-name='L1'><text:list-item><text:p>eins</text:p><text:list>"
			"<text:list-item><text:p>innen</text:p></text:list-item></text:list></text:list-item></"
			"text:list><text:list text:continue-numbering='true' text:style-name='L1'><text:list-item>"
			"<text:p>weiter</text:p></text:list-item></text:list><text:p text:style-name='P2'>Ein Bild</text:p><text:p "
			"text:style-name='P1'>Zitat"
			"</text:p><table:table><table:table-row><table:table-cell "
			"table:number-columns-repeated='2'/><table:table-cell><text:p>a</text:p>"
			"<text:p>b</text:p></table:table-cell></table:table-row></table:table></office:text></office:body></"
			"office:document-content>"},
		{"styles.xml",
			"<office:document-styles " ODF
			"><office:styles><style:default-style style:family='paragraph'><style:text-properties fo:language='de' "
			"fo:country='CH'/></style:default-style></office:styles></office:document-styles>"},
		{"meta.xml", "<office:document-meta " ODF
			     "><office:meta><dc:title>Ein Brief</dc:title></office:meta></office:document-meta>"});
	struct text *text = read_bytes(read_odt, buf_view(&zip));
	assert_str(text_title(text), "Ein Brief");
	assert_str(text_language(text), "de-CH");
	assert_str(text_source(text), "odt");
	assert_described(text, "body heading 2: Kapitel\n"
			       "body paragraph: Ein {strong|fett}es {foreign fr-FR|{emphasis|oui}}{reference n1}, {link "
			       "https://example.org/|{line}Link} x "
			       "{added|neu}\n"
			       "body item 1 <3.>: eins\nbody item 2 <3.a)>: innen\nbody item 1 <4.>: weiter\nbody caption: Ein "
			       "Bild\nbody quote: Zitat\nbody cell 3: a b\n"
			       "notes note <1>: Die Note.\nnotes paragraph: Noch.\n");
	text_free(text);
	buf_release(&zip);
}

static void epub_is_read(void **state)
{
	(void)state;
	struct buf zip = ZIP(
		{"META-INF/container.xml", "<container><rootfiles><rootfile full-path='OPS/b.opf'/></rootfiles></container>"},
		{"META-INF/encryption.xml", "<encryption><EncryptedData><EncryptionMethod "
					    "Algorithm='http://www.idpf.org/2008/embedding'/></EncryptedData></encryption>"},
		{"OPS/b.opf",
			"<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>Ein "
			"Buch</dc:title><dc:language>de</dc:language>"
			"<dc:creator>Anna Berg</dc:creator></metadata><manifest><item id='n' href='nav.xhtml' properties='nav' "
			"media-type='application/xhtml+xml'/><item id='a' href='text/ein%20s.xhtml' "
			"media-type='application/xhtml+xml'/><item id='b' "
			"href='notes.xhtml' media-type='application/xhtml+xml'/><item id='p' href='a.png' "
			"media-type='image/png'/></manifest><spine><itemref "
			"idref='n'/><itemref idref='a'/><itemref idref='p'/><itemref idref='b'/><itemref "
			"idref='a'/></spine></package>"},
		{"OPS/nav.xhtml", "<html><body><p>Inhalt</p></body></html>"},
		{"OPS/text/ein s.xhtml",
			"<html xmlns:epub='http://www.idpf.org/2007/ops'><head><title>x</title></head><body><section "
			"epub:type='preface'><h1>Vorwort</h1></section>"
			"<p>Text<a epub:type='noteref' href='../notes.xhtml#n1'>1</a>, <span epub:type='pagebreak' "
			"title='12'/>mehr.</p></body></html>"},
		{"OPS/notes.xhtml", "<html><body><p id='n1'>1. Die &nbsp;Note.<p>Danach.</body></html>"});
	struct text *text = read_bytes(read_epub, buf_view(&zip));
	assert_str(text_title(text), "Ein Buch");
	assert_str(text_language(text), "de");
	assert_str(text_source(text), "epub");
	assert_described(text, "front paragraph <creator>: {person|Anna Berg}\n"
			       "introduction heading 1: Vorwort\n"
			       "body paragraph: Text{reference n1|1}, {page 12 #1}mehr.\n"
			       "notes note <1>: Die \xc2\xa0Note.\n"
			       "body paragraph: Danach.\n");
	text_free(text);
	buf_release(&zip);
}

static void other_packages_are_refused(void **state)
{
	(void)state;
	struct buf zip = ZIP({"a.txt", "x"});
	assert_int_equal(refusal(read_docx, buf_view(&zip)).code, ERR_SYNTAX);
	buf_release(&zip);
	zip = ZIP({"a.xml", "<x/>"}, {"META-INF/container.xml", "<container/>"}, {"word/document.xml", "<w/>"});
	assert_int_equal(refusal(read_docx, buf_view(&zip)).code, ERR_SYNTAX);
	assert_int_equal(refusal(read_odt, buf_view(&zip)).code, ERR_SYNTAX);
	assert_int_equal(refusal(read_epub, buf_view(&zip)).code, ERR_SYNTAX);
	buf_release(&zip);
	assert_int_equal(refusal(read_docx, STR("no zip")).code, ERR_SYNTAX);
	assert_int_equal(refusal(read_docx, STR("")).code, ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(docx_is_read), cmocka_unit_test(odt_is_read),
		cmocka_unit_test(epub_is_read), cmocka_unit_test(other_packages_are_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
