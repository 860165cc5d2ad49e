/* ALTO and PAGE: words, and where each stands. */
#include "support.h"

static void alto_has_words_in_boxes(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml,
		STR("<alto xmlns='http://www.loc.gov/standards/alto/ns-v2#'><Description><sourceImageInformation><fileName> "
		    "scans/a.jpg "
		    "</fileName></sourceImageInformation></Description><Tags><LayoutTag ID='t' "
		    "LABEL='MainZone:Title'/></Tags><Layout><Page WIDTH='1000' "
		    "HEIGHT='2000' PRINTED_IMG_NR='12'><PrintSpace><TextBlock TAGREFS='t'><TextLine><String CONTENT='Kapitel' "
		    "HPOS='10' VPOS='20' "
		    "WIDTH='70' HEIGHT='9'/></TextLine></TextBlock><ComposedBlock><TextBlock LANG='de'><TextLine><String "
		    "CONTENT='Am' HPOS='1' VPOS='2' "
		    "WIDTH='3' HEIGHT='4'/><SP/><String CONTENT='Sonn' SUBS_TYPE='HypPart1' SUBS_CONTENT='Sonntag' HPOS='5.4' "
		    "VPOS='2' WIDTH='6.6' "
		    "HEIGHT='4'/><HYP CONTENT='-'/></TextLine><TextLine><String CONTENT='tag' SUBS_TYPE='HypPart2' "
		    "SUBS_CONTENT='Sonntag' HPOS='1' "
		    "VPOS='8' WIDTH='3' HEIGHT='4'/><SP/><String CONTENT='ging' HPOS='5' VPOS='8' WIDTH='4' "
		    "HEIGHT='4'/></TextLine></TextBlock>"
		    "</ComposedBlock></PrintSpace></Page></Layout></alto>"));
	struct text_page page;
	text_page(text, 1, &page);
	assert_str(page.image, "scans/a.jpg");
	assert_str(page.label, "12");
	assert_true(page.width == 1000 && page.height == 2000);
	assert_str(text_source(text), "alto");
	assert_described(text, "body heading 2: {page 12 #1}{line}Kapitel\n"
			       "body paragraph [de]: {line}Am Sonn{line}tag ging\n");
	assert_words(text, 1, "Kapitel@10,20,70,9 Am@1,2,3,4 Sonn@5,2,7,4 tag@1,8,3,4 ging@5,8,4,4");
	text_free(text);
}

static void a_line_is_shared_by_its_words(void **state)
{
	(void)state;
	/* As eScriptorium writes it: a line is one string; a hyphen at its end joins if the next line goes on in small letters. */
	struct text *text =
		read_bytes(read_xml, STR("<alto><Layout><Page WIDTH='100' HEIGHT='100'><PrintSpace><TextBlock><TextLine><String "
					 "CONTENT='eins zwei Wo-' HPOS='0' VPOS='5' "
					 "WIDTH='130' HEIGHT='9'/></TextLine><TextLine><String CONTENT='che Anna-' HPOS='0' "
					 "VPOS='15' WIDTH='90' HEIGHT='9'/></TextLine>"
					 "<TextLine><String CONTENT='Maria geht-' HPOS='0' VPOS='25' WIDTH='110' "
					 "HEIGHT='9'/></TextLine></TextBlock></PrintSpace></Page>"
					 "</Layout></alto>"));
	assert_described(text, "body paragraph: {page #1}{line}eins zwei Wo{line}che Anna- {line}Maria geht-\n");
	assert_words(text, 1,
		"eins@0,5,40,9 zwei@50,5,40,9 Wo@100,5,30,9 che@0,15,30,9 Anna-@40,15,50,9 Maria@0,25,50,9 geht-@60,25,50,9");
	text_free(text);
}

static void page_has_regions_in_order(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_xml,
		STR("<PcGts xmlns='http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15'><Page imageFilename='a.jpg' "
		    "imageWidth='100' "
		    "imageHeight='200'><ReadingOrder><OrderedGroup id='o'><RegionRefIndexed index='0' "
		    "regionRef='b'/><RegionRefIndexed index='1' "
		    "regionRef='a'/></OrderedGroup></ReadingOrder><TextRegion id='n' "
		    "type='page-number'><TextEquiv><Unicode>7</Unicode></TextEquiv>"
		    "</TextRegion><TextRegion id='a'><TextLine><Coords points='5,6 25,6 25,16 5,17'/><TextEquiv "
		    "index='1'><Unicode>falsch</Unicode>"
		    "</TextEquiv><TextEquiv index='0'><Unicode>ab cd</Unicode></TextEquiv></TextLine><TextRegion "
		    "id='inner'><TextEquiv><Unicode>innen"
		    "</Unicode></TextEquiv></TextRegion></TextRegion><TextRegion id='b' "
		    "type='heading'><TextLine><Word><Coords><Point x='1' y='2'/><Point "
		    "x='11' y='9'/></Coords><TextEquiv><Unicode>Kopf</Unicode></TextEquiv></Word><TextEquiv><Unicode>Kopf als "
		    "Zeile</Unicode></TextEquiv>"
		    "</TextLine></TextRegion></Page></PcGts>"));
	struct text_page page;
	text_page(text, 1, &page);
	assert_str(page.image, "a.jpg");
	assert_true(page.width == 100 && page.height == 200);
	assert_str(text_source(text), "page");
	assert_described(text, "body heading 2: {page #1}{line}Kopf\nbody paragraph: {line}ab cd\nbody paragraph: innen\n");
	assert_words(text, 1, "Kopf@1,2,10,7 ab@5,6,8,11 cd@17,6,8,11 innen@0,0,0,0");
	text_free(text);
}

static void words_on_no_page_are_words(void **state)
{
	(void)state;
	assert_reads(read_xml, "<alto><TextBlock><TextLine><String CONTENT='Wort'/></TextLine></TextBlock></alto>",
		"body paragraph: {line}Wort\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(alto_has_words_in_boxes),
		cmocka_unit_test(a_line_is_shared_by_its_words), cmocka_unit_test(page_has_regions_in_order),
		cmocka_unit_test(words_on_no_page_are_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
