/* TEI: all that is encoded is shown as docs/format/readers.md says. */
#include "support.h"

#define HEAD "<TEI xmlns='http://www.tei-c.org/ns/1.0'>"

static void the_header_says_who_wrote_to_whom(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml,
		STR(HEAD "<teiHeader><fileDesc><titleStmt><title level='s'>Letters</title><title level='a'>Anna to  Karl</title>"
			 "<author ref='#a'>Berg, Anna</author><author>Berg, "
			 "Lisa</author></titleStmt><publicationStmt><availability><licence "
			 "target='https://example.org/by'/></availability></"
			 "publicationStmt><sourceDesc><msDesc><msIdentifier><settlement>Ulm"
			 "</settlement><idno>A 7</idno></msIdentifier><physDesc><additions><incident "
			 "type='postal'><desc><stamp><placeName "
			 "ref='#ulm'>Ulm</placeName><date when='1910-05-04'>4 V "
			 "10</date></stamp></desc></incident></additions></physDesc></msDesc>"
			 "</sourceDesc></fileDesc><profileDesc><langUsage><language "
			 "ident='DE'/></langUsage><correspDesc><correspAction "
			 "type='sent'><persName ref='#a'>Anna</persName><placeName ref='#ulm'>Ulm</placeName><date "
			 "when='1910-05-03'/>"
			 "</correspAction><correspAction type='received'><persName ref='#k'>Karl</persName><date "
			 "notBefore='1910-05-04' "
			 "notAfter='1910-05-06' cert='low'>um den 5.</date></correspAction></correspDesc></profileDesc></teiHeader>"
			 "<text><body><p>Ja.</p></body></text></TEI>"));
	assert_str(text_title(text), "Anna to Karl");
	assert_str(text_language(text), "de");
	assert_str(text_source(text), "tei");
	assert_described(text, "front paragraph <author>: {person #a|Berg, Anna}; {person|Berg, Lisa}\n"
			       "front paragraph <sent>: {person #a|Anna}, {place #ulm|Ulm}, {date 1910-05-03|1910-05-03}\n"
			       "front paragraph <received>: {person #k|Karl}, {date 1910-05-04?/1910-05-06?|um den 5.}\n"
			       "front paragraph <manuscript>: Ulm, A 7\n"
			       "front paragraph <postal>: {place #ulm|Ulm} {date 1910-05-04|4 V 10}\n"
			       "front paragraph <licence>: {link https://example.org/by|https://example.org/by}\n"
			       "letter paragraph: Ja.\n");
	text_free(text);
}

static void a_letter_stands_in_its_pieces(void **state)
{
	(void)state;
	assert_reads(read_xml,
		HEAD
		"<text><body><div type='letter'><opener><dateline><placeName key='u'>Ulm</placeName>, den <date "
		"when='1910-05-03'>3. "
		"Mai</date></dateline><salute>Lieber Karl,</salute></opener>\n <p>es regnet.</p><p><salute>Noch einmal!</salute> "
		"Es\n "
		"regnet</p><closer>Deine<lb/><signed>Anna</signed></closer><postscript><label>PS</label><p>Schreib!</p><p>Bald!</p>"
		"</postscript><div "
		"type='address'><address><addrLine>Karl</addrLine><addrLine>Ulm</addrLine></address></div></div></body>"
		"</text></TEI>",
		"letter dateline: {place u|Ulm}, den {date 1910-05-03|3. Mai}\n"
		"letter salutation: Lieber Karl,\n"
		"letter paragraph: es regnet.\n"
		"letter salutation: Noch einmal!\n"
		"letter paragraph: Es regnet\n"
		"letter closing: Deine\n"
		"letter signature: Anna\n"
		"letter postscript: PS\n"
		"letter postscript: Schreib!\n"
		"letter postscript: Bald!\n"
		"letter address: Karl {line}Ulm\n");
}

static void notes_are_linked(void **state)
{
	(void)state;
	/* In the text, with notes of their own; elsewhere, pointed at; elsewhere, pointing. A note's paragraphs: the first is the note. */
	assert_reads(read_xml,
		HEAD "<text><body><p>Ein<note>Die <hi rend='italic'>eins</hi>.<note n='*'>Der Stern.</note></note> Wort<ref "
		     "target='#x'>2</ref>"
		     "<ptr target='#y'/>, ein <anchor xml:id='hier'/>Ort.</p><note xml:id='x' n='2'><p>Die zwei.</p><p>Noch "
		     "immer.</p></note>"
		     "<note target='#hier'>Die vier.</note></body><back><div type='notes'><note xml:id='y'>Die "
		     "drei.</note></div></back></text></TEI>",
		"body paragraph: Ein{reference n1} Wort{reference n2|2}{reference n5}, ein{reference n3} Ort.\n"
		"notes note <1>: Die {emphasis|eins}.{reference n4}\n"
		"notes note <2>: Die zwei.\n"
		"notes paragraph: Noch immer.\n"
		"notes note <3>: Die vier.\n"
		"notes note <*>: Der Stern.\n"
		"notes note <5>: Die drei.\n");
}

static void pages_have_their_images(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml, STR(HEAD "<facsimile><surface xml:id='s1' lrx='100' lry='200' n='1r'><graphic "
							  "url='a.jpg'/><graphic url='a-small.jpg'/><zone "
							  "xml:id='z'/></surface><graphic url='b.jpg' width='30px' "
							  "height='40px'/></facsimile><text><body><p><pb n='1' "
							  "facs='#s1'/>Eins <pb facs='b.jpg'/>zwei</p><pb/><p>drei Sonn-<pb "
							  "facs='c.jpg' break='no'/>tag</p><p><pb facs='#z'/>vier</p>"
							  "<pb facs='d.jpg'/></body></text></TEI>"));
	const char *images[] = {"a.jpg", "b.jpg", "", "c.jpg", "d.jpg"};
	struct text_page page;
	assert_int_equal(text_page_count(text), 5);
	for (size_t i = 0; i < 5; i++) {
		text_page(text, i + 1, &page);
		assert_str(page.image, images[i]);
	}
	text_page(text, 1, &page);
	assert_true(page.width == 100 && page.height == 200);
	assert_str(page.label, "1r");
	text_page(text, 2, &page);
	assert_true(page.width == 30 && page.height == 40);
	assert_described(text, "body paragraph: {page 1 #1}Eins {page #2}zwei\n"
			       "body paragraph: {page #3}drei Sonn{page #4}tag\n"
			       "body paragraph: {page #1}vier{page #5}\n");
	text_free(text);
}

static void zones_are_places_on_the_picture(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml,
		STR(HEAD "<facsimile><surface ulx='100' uly='50' lrx='1100' lry='850'><graphic url='a.jpg'/><zone xml:id='p1' "
			 "ulx='100' "
			 "uly='50' lrx='900' lry='800'><zone xml:id='l1' ulx='100' uly='50' lrx='310' lry='70'/><zone xml:id='l2' "
			 "points='100,80 300,81.5 300,100 100,100'><zone xml:id='w1' ulx='250' uly='80' lrx='300' "
			 "lry='100'/></zone></zone><zone xml:id='none'/><zone xml:id='bent' ulx='9' uly='9' lrx='5' lry='5'/><zone "
			 "xml:id='far' "
			 "points='x'/><zone xml:id='v1' ulx='100' uly='150' lrx='200' lry='160'/></surface><surface><zone "
			 "xml:id='bare' "
			 "ulx='0' uly='0' lrx='9' lry='9'/></surface></facsimile><text><body><pb facs='a.jpg'/>"
			 "<p facs='#p1'><lb facs='#l1'/>eins <hi>zwei</hi>\n Wo-<lb break='no' facs='#l2'/>chen <w "
			 "facs='#w1'>heu<hi>te</hi></w> "
			 "<lb/>nichts</p><p facs='#p1'>Ein Absatz</p><lg><l facs='#v1 #l1'>ein Vers</l></lg><p><seg "
			 "facs='#none'>a</seg> "
			 "<seg facs='#bent'>b</seg> <seg facs='#far'>c</seg> <seg facs='#bare'>d</seg> <seg "
			 "facs='#absent'>e</seg></p>"
			 "</body></text></TEI>"));
	struct text_page page;
	assert_int_equal(text_page_count(text), 1);
	text_page(text, 1, &page);
	assert_true(page.width == 1000 && page.height == 800);
	assert_words(text, 1,
		"eins@0,0,70,20 zwei@87,0,70,20 Wo@175,0,35,20 chen@0,30,200,20 heu@150,30,25,20 te@183,30,17,20 "
		"ein@0,100,37,10 Vers@50,100,50,10");
	text_free(text);
	/* What is transcribed where it stands (sourceDoc). */
	text = read_bytes(read_xml,
		STR(HEAD "<sourceDoc><surface lrx='100' lry='100'><graphic url='b.jpg'/><zone ulx='0' uly='0' lrx='90' lry='90'>"
			 "<line ulx='10' uly='20' lrx='60' lry='30'>ja doch</line><zone points='5,40 25,40 "
			 "25,50'>nein</zone></zone></surface>"
			 "</sourceDoc></TEI>"));
	assert_words(text, 1, "ja@10,20,14,10 doch@31,20,29,10 nein@5,40,20,10");
	text_free(text);
}

/* What runs over several lines has a box for each of them, if it is known which is which: lines in the zone that is named, or named one after the other. */
static void lines_of_a_paragraph_have_their_zones(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml,
		STR(HEAD
			"<facsimile><surface lrx='1000' lry='800'><graphic url='a.jpg'/><zone xml:id='p1' ulx='0' uly='0' "
			"lrx='900' "
			"lry='90'><zone ulx='0' uly='0' lrx='200' lry='20'/><zone ulx='0' uly='30' lrx='100' lry='50'/></zone>"
			"<zone xml:id='p2' ulx='0' uly='100' lrx='900' lry='190'><line ulx='0' uly='100' lrx='50' lry='120'/>"
			"<line ulx='0' uly='130' lrx='50' lry='150'/></zone><zone xml:id='x' ulx='0' uly='200' lrx='40' lry='220'/>"
			"<zone xml:id='y' ulx='0' uly='230' lrx='40' lry='250'/></surface></facsimile><text><body><pb "
			"facs='a.jpg'/>"
			"<p facs='#p1'>eins <hi>zwei</hi><lb/>drei<note>Ein<lb/>wort</note></p>"
			"<ab facs='#p2'>\n<lb/>vier<lb/><hi>fuenf</hi></ab><p facs='#x #y'>sechs<lb/>sieben</p>"
			"<p facs='#p1'>eins<lb/>zwei<lb/>drei</p><p>nichts<lb/>davon</p></body></text></TEI>"));
	assert_words(text, 1,
		"eins@0,0,88,20 zwei@111,0,89,20 drei@0,30,100,20 vier@0,100,50,20 fuenf@0,130,50,20 sechs@0,200,40,20 "
		"sieben@0,230,40,20");
	text_free(text);
}

static void what_the_writer_did_is_marked(void **state)
{
	(void)state;
	assert_reads(read_xml,
		HEAD "<text xml:lang='de'><body><p>Das <del>ist</del><add>war</add> <unclear>gut</unclear><gap/>, "
		     "<supplied>ja</supplied>, <foreign "
		     "xml:lang='fr'>bien</foreign>, <choice><abbr>u.</abbr><expan>und</expan></choice> "
		     "<choice><sic>flasch</sic><corr>falsch</corr>"
		     "</choice> <choice><orig>thun</orig><reg>tun</reg></choice>.</p><p xml:lang='fr'>Oui.</p><p>Sonn-<lb "
		     "break='no'/>tag<lb/>und "
		     "Mon<lb break='no'/>tag, <app><lem>so</lem><rdg>anders</rdg></app>.</p></body></text></TEI>",
		"body paragraph: Das {deleted|ist}{added|war} {unclear|gut}{unclear|[…]}, {unclear|ja}, {foreign fr|bien}, und "
		"flasch thun.\n"
		"body paragraph [fr]: Oui.\n"
		"body paragraph: Sonn{line}tag {line}und Mon{line}tag, so.\n");
}

static void verse_lists_and_tables_keep_their_form(void **state)
{
	(void)state;
	assert_reads(read_xml,
		HEAD "<text><body><div><head>Eins</head><div><head>Zwei</head><lg><lg><l>Am Fenster</l>\n<l>steh "
		     "ich</l></lg><lg><l>und warte</l>"
		     "</lg></lg><p>Er sagt: "
		     "<q>ja</q>.</p><quote><p>Zitat</p></quote><list><head>Liste</head><label>a)</label><item>erst<list><item "
		     "n='i'>innen</item></list></item><item>dann</item></list><table><row><cell><p>1</p><p>2</p></cell><cell>3</"
		     "cell></row><row><cell "
		     "cols='2'/><cell>4</cell></row></table><figure><head>Bild</head><figDesc>ein "
		     "Haus</figDesc></figure></div></div></body>"
		     "<back><div><head>Anhang</head><bibl>Ein <title>Buch</title></bibl></div></back></text></TEI>",
		"body heading 1: Eins\n"
		"body heading 2: Zwei\n"
		"body verse: Am Fenster/steh ich\n"
		"body verse: und warte\n"
		"body paragraph: Er sagt: ja.\n"
		"body quote: Zitat\n"
		"body caption: Liste\n"
		"body item 1 <a)>: erst\n"
		"body item 2 <i>: innen\n"
		"body item 1: dann\n"
		"body cell 1: 1 2\n"
		"body cell 2: 3\n"
		"body cell 3: 4\n"
		"body caption: Bild\n"
		"body caption: ein Haus\n"
		"back heading 1: Anhang\n"
		"back paragraph: Ein {emphasis|Buch}\n");
}

static void who_is_named_is_listed(void **state)
{
	(void)state;
	assert_reads(read_xml,
		HEAD "<text><body><p><rs type='person' ref='#a'>Sie</rs> in <name type='place' ref='#u'>Ulm</name>, "
		     "<persName>er</persName></p></body>"
		     "<back><listPerson><person "
		     "xml:id='a'><persName><forename>Anna</forename><surname>Berg</surname></persName><birth><date "
		     "when='1880'>1880</date><settlement ref='u'><placeName>Ulm</placeName></settlement></birth><death "
		     "when='1950-01-02'/><occupation>"
		     "Ärztin</occupation><idno>https://example.org/a</idno></person></listPerson><listPlace><place "
		     "xml:id='u'><placeName>Ulm</placeName>"
		     "<location><geo>48 10</geo></location></place></listPlace></back></text></TEI>",
		"body paragraph: {person #a|Sie} in {place #u|Ulm}, {person|er}\n"
		"back item 1: {person #a|Berg, Anna} ({date 1880|1880} {place #u|Ulm} – {date 1950-01-02|1950-01-02}), Ärztin "
		"{link "
		"https://example.org/a|https://example.org/a}\n"
		"back item 1: {place #u|Ulm}\n");
}

static void the_block_that_a_signature_ends_keeps_its_note(void **state)
{
	(void)state;
	assert_reads(read_xml, HEAD "<text><body><p>Deine <signed>Anna</signed><note>quer am Rand</note></p></body></text></TEI>",
		"body paragraph: Deine\n"
		"body signature: Anna{reference n1}\n"
		"notes note <1>: quer am Rand\n");
}

static void corpora_and_older_forms_are_read(void **state)
{
	(void)state;
	assert_reads(read_xml,
		"<teiCorpus><teiHeader/><TEI><text><body><p>Eins</p></body></text></TEI><teiCorpus><TEI><text><body><p>Zwei</p></"
		"body></text>"
		"</TEI></teiCorpus><TEI><text><body><p>Drei</p></body></text></TEI></teiCorpus>",
		"body paragraph: Eins\nbody paragraph: Zwei\nbody paragraph: Drei\n");
	assert_reads(read_xml,
		"<!DOCTYPE TEI.2 SYSTEM 'none.dtd' [<!ENTITY mdash '&#8212;'><!ENTITY file SYSTEM "
		"'file:///etc/passwd'>]><TEI.2><text><body><p>a&mdash;b"
		"&file;c</p></body></text></TEI.2>",
		"body paragraph: a—bc\n");
}

static void what_is_broken_off_gives_what_it_has(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml, STR(HEAD "<text><body><p>Eins</p><p>zw"));
	assert_true(text_cut(text));
	assert_described(text, "body paragraph: Eins\nbody paragraph: zw\n");
	text_free(text);
	text = read_bytes(read_xml, STR(HEAD "<text><body><p>Eins</p></body></text></TEI>"));
	assert_false(text_cut(text));
	text_free(text);
}

static void other_xml_is_refused_by_name(void **state)
{
	(void)state;
	struct err err = refusal(read_xml, STR("<svg xmlns='http://www.w3.org/2000/svg'/>"));
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_non_null(strstr(err.text, "<svg>"));
	err = refusal(read_xml, STR("no markup"));
	assert_int_equal(err.code, ERR_SYNTAX);
	err = refusal(read_xml, STR(""));
	assert_int_equal(err.code, ERR_SYNTAX);
}

static void encodings_are_believed_when_they_are_right(void **state)
{
	(void)state;
	assert_reads(read_xml, "<?xml version='1.0' encoding='ISO-8859-1'?><TEI><text><body><p>M\xe4rz</p></body></text></TEI>",
		"body paragraph: März\n");
	assert_reads(read_xml,
		"<?xml version='1.0' encoding='windows-1251'?><TEI><text><body><p>\xcc\xe8\xf0</p></body></text></TEI>",
		"body paragraph: Мир\n");
	/* Says UTF-16, and is not. */
	assert_reads(read_xml, "<?xml version='1.0' encoding='UTF-16'?><TEI><text><body><p>M\xc3\xa4rz</p></body></text></TEI>",
		"body paragraph: März\n");
	static const char wide[] =
		"\xff\xfe<\0T\0E\0I\0>\0<\0t\0e\0x\0t\0>\0<\0p\0>\0\x14\x04<\0/\0p\0>\0<\0/\0t\0e\0x\0t\0>\0<\0/\0T\0E\0I\0>\0";
	struct text *text = read_bytes(read_xml, (struct str){wide, sizeof(wide) - 1});
	assert_described(text, "body paragraph: Д\n");
	text_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_header_says_who_wrote_to_whom),
		cmocka_unit_test(a_letter_stands_in_its_pieces), cmocka_unit_test(notes_are_linked),
		cmocka_unit_test(pages_have_their_images), cmocka_unit_test(zones_are_places_on_the_picture),
		cmocka_unit_test(lines_of_a_paragraph_have_their_zones), cmocka_unit_test(what_the_writer_did_is_marked),
		cmocka_unit_test(verse_lists_and_tables_keep_their_form), cmocka_unit_test(who_is_named_is_listed),
		cmocka_unit_test(the_block_that_a_signature_ends_keeps_its_note),
		cmocka_unit_test(corpora_and_older_forms_are_read), cmocka_unit_test(what_is_broken_off_gives_what_it_has),
		cmocka_unit_test(other_xml_is_refused_by_name), cmocka_unit_test(encodings_are_believed_when_they_are_right)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
