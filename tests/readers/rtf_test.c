/* RTF: characters in whatever codepage, what paragraphs are, notes. */
#include "support.h"

static void characters_are_told(void **state)
{
	(void)state;
	assert_reads(read_rtf,
		"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 Times;}{\\f1\\fcharset204 Times;}{\\f2\\fcharset128 "
		"Mincho;}}M\\'e4rz "
		"\\{\\}\\\\ {\\f1\\'cc\\'e8\\'f0} {\\f2\\'93\\'fa\\'96\\'7b} \\u1044\\'3f\\uc2\\u1045 xx\\uc0\\u1046 "
		"\\uc1\\u-10179 ?\\u-8704 ? "
		"\\emdash\\endash\\ldblquote a\\rdblquote\\lquote b\\rquote\\~c\\_d\\-e\\par}",
		"body paragraph: März {}\\ Мир 日本 ДЕЖ😀 —–“a”‘b’\xc2\xa0"
		"c‑de\n");
}

static void paragraphs_are_what_their_styles_mean(void **state)
{
	(void)state;
	struct text *text =
		read_bytes(read_rtf, STR("{\\rtf1\\ansi\\deflang1031{\\stylesheet{\\s0 Normal;}{\\s3\\b heading 2;}{\\s4 "
					 "Quote;}}{\\info{\\title Ein Brief}{\\author "
					 "nicht}}{\\header nicht}\\pard\\s3 Kapitel\\par\\pard\\plain {\\b fett}\\i  und\\i0  "
					 "{\\deleted weg}{\\revised neu}{\\strike alt}{\\v "
					 "nicht}\\line Zeile\\par\\pard\\s4 Zitat\\par\\pard{\\listtext\\pard 1.\\tab}\\ls1\\ilvl0 "
					 "eins\\par{\\listtext a)\\tab}\\ls1\\ilvl1 "
					 "innen\\par\\trowd\\pard\\intbl a\\par b\\cell c\\cell\\row\\trowd\\pard\\intbl "
					 "d\\cell\\row\\pard{\\field{\\*\\fldinst{HYPERLINK "
					 "\"https://example.org/\"}}{\\fldrslt{\\ul Link}}} {\\lang1036 Oui}{\\*\\unknown "
					 "nicht}{\\pict nicht}\\par\\pard\\lang1036 Non.\\par}"));
	assert_str(text_title(text), "Ein Brief");
	assert_str(text_language(text), "de");
	assert_false(text_cut(text));
	assert_described(text, "body heading 2: Kapitel\n"
			       "body paragraph: {strong|fett} {emphasis|und} {added|neu}{deleted|alt} {line}Zeile\n"
			       "body quote: Zitat\n"
			       "body item 1 <1.>: eins\n"
			       "body item 2 <a)>: innen\n"
			       "body cell 1: a b\nbody cell 2: c\nbody cell 1: d\n"
			       "body paragraph: {link https://example.org/|Link} {foreign fr|Oui}\n"
			       "body paragraph [fr]: Non.\n");
	text_free(text);
}

static void notes_are_linked(void **state)
{
	(void)state;
	assert_reads(read_rtf,
		"{\\rtf1 Text{\\super\\chftn{\\footnote\\pard\\plain{\\super\\chftn} Die {\\b Note}.\\par Noch.}}, "
		"mehr{\\footnote\\ftnalt Die andere.}.\\par}",
		"body paragraph: Text{reference n1}, mehr{reference n2}.\n"
		"notes note <1>: Die {strong|Note}.\nnotes paragraph: Noch.\nnotes note <1>: Die andere.\n");
}

static void what_is_broken_off_gives_what_it_has(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_rtf, STR("{\\rtf1 eins\\par {\\b zwei\\'e"));
	assert_true(text_cut(text));
	assert_described(text, "body paragraph: eins\nbody paragraph: {strong|zweie}\n");
	text_free(text);
	assert_int_equal(refusal(read_rtf, STR("rtf")).code, ERR_SYNTAX);
	assert_int_equal(refusal(read_rtf, STR("")).code, ERR_SYNTAX);
	/* Bytes that are none of its own. */
	assert_reads(read_rtf, "{\\rtf1 a\\bin5 }}}}}b\\bin99999999 c", "body paragraph: ab\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(characters_are_told),
		cmocka_unit_test(paragraphs_are_what_their_styles_mean), cmocka_unit_test(notes_are_linked),
		cmocka_unit_test(what_is_broken_off_gives_what_it_has)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
