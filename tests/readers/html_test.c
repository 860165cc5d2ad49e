/* HTML: what a page says; its notes, however a program made them, linked. */
#include "support.h"

static void a_page_is_its_words(void **state)
{
	(void)state;
	struct text *text =
		read_bytes(read_html, STR("<!DOCTYPE html><html lang='de'><head><title>Ein\n "
					  "Brief</title><style>x</style></head><body><nav>Menü</nav><header><h1>Brief</h1>"
					  "</header><script>if (1<2) x()</script><p>Erste <em>Zeile</em>,<br>zweite &mdash; "
					  "<b>fett</b> <del>weg</del> <a "
					  "href='https://example.org/'>Link</a> <a href='javascript:x'>böse</a> <time "
					  "datetime='1910-05-03'>3. Mai</time><p lang=fr>Oui "
					  "<i lang=la>sic</i><div>Lose <div>Wörter</div> hier</div><p hidden>nicht<p "
					  "style='display: none'>nicht</body></html>"));
	assert_str(text_title(text), "Ein Brief");
	assert_str(text_language(text), "de");
	assert_str(text_source(text), "html");
	assert_described(text, "body heading 1: Brief\n"
			       "body paragraph: Erste {emphasis|Zeile}, {line}zweite — {strong|fett} {deleted|weg} {link "
			       "https://example.org/|Link} böse {date "
			       "1910-05-03|3. Mai}\n"
			       "body paragraph [fr]: Oui {emphasis|{foreign la|sic}}\n"
			       "body paragraph: Lose\nbody paragraph: Wörter\nbody paragraph: hier\n");
	text_free(text);
}

static void lists_tables_quotations_code(void **state)
{
	(void)state;
	assert_reads(read_html,
		"<ul><li>eins<li><p>zwei<p>noch<ol start=3><li>drei<li "
		"value=7>sieben</ol></ul><table><caption>Tafel</caption><tr><th>A<th>B<tr><td "
		"colspan=2><p>a<p>b<td>c</table><blockquote><p>Zitat</blockquote><pre>\n  a\n   "
		"b</pre><figure><figcaption>Bild</figcaption></figure>",
		"body item 1: eins\nbody item 1: zwei\nbody item 1: noch\nbody item 2 <3.>: drei\nbody item 2 <7.>: sieben\nbody "
		"caption: Tafel\n"
		"body cell 1: A\nbody cell 2: B\nbody cell 1: a b\nbody cell 3: c\nbody quote: Zitat\nbody code:   a/   b\nbody "
		"caption: Bild\n");
}

static void notes_of_all_programs_are_linked(void **state)
{
	(void)state;
	static const char wanted[] = "body paragraph: Text{reference n1|1}.\nnotes note <1>: Die Note.\n";
	/* pandoc, LibreOffice, Word, EPUB's and ARIA's words, by hand */
	assert_reads(read_html,
		"<p>Text<a href='#fn1' class='footnote-ref' id='fnref1' role='doc-noteref'><sup>1</sup></a>.</p><section "
		"class='footnotes' "
		"role='doc-endnotes'><hr/><ol><li id='fn1'><p>Die Note.<a href='#fnref1' class='footnote-back' "
		"role='doc-backlink'>↩︎</a></p></li></ol></section>",
		wanted);
	assert_reads(read_html,
		"<p>Text<a class='sdfootnoteanc' name='sdfootnote1anc' href='#sdfootnote1sym'><sup>1</sup></a>.</p><div "
		"id='sdfootnote1'><p><a "
		"class='sdfootnotesym' name='sdfootnote1sym' href='#sdfootnote1anc'>1</a>Die Note.</p></div>",
		wanted);
	assert_reads(read_html,
		"<p>Text<a href='#_ftn1' name='_ftnref1'>[1]</a>.</p><div><div id=ftn1><p><a href='#_ftnref1' name='_ftn1'>[1]</a> "
		"Die "
		"Note.</p></div></div>",
		"body paragraph: Text{reference n1|[1]}.\nnotes note <1>: Die Note.\n");
	assert_reads(read_html,
		"<?xml version='1.0'?><html xmlns:epub='http://www.idpf.org/2007/ops'><body><p>Text<a epub:type='noteref' "
		"href='#n'>1</a>.</p><aside "
		"epub:type='footnote' id='n'><p>1 Die Note.</p></aside></body></html>",
		wanted);
	assert_reads(read_html, "<p>Text<sup><a href='#n'>1</a></sup>.<hr><p><a name=n>1.</a> Die Note.", wanted);
	/* Contents are no notes: what they lead to does not look like it. */
	assert_reads(read_html, "<p><a href='#k'>Kapitel 1</a></p><p id='k'>Es war.</p>",
		"body heading 2: Kapitel 1\nbody paragraph: Es war.\n");
}

static void encodings_are_found(void **state)
{
	(void)state;
	assert_reads(read_html, "<meta charset='windows-1251'><p>\xcc\xe8\xf0", "body paragraph: Мир\n");
	assert_reads(read_html, "<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'><p>M\xe4rz \x93so\x94",
		"body paragraph: März “so”\n");
	assert_reads(read_html, "<p>M\xc3\xa4rz", "body paragraph: März\n");
	assert_reads(read_html,
		"<meta charset='utf-8'><p>Das M\xe4rzveilchen bl\xfcht im Fr\xfchling, und es ist sch\xf6n, wenn die K\xf6nigin "
		"l\xe4"
		"chelt.",
		"body paragraph: Das Märzveilchen blüht im Frühling, und es ist schön, wenn die Königin lächelt.\n");
	/* XHTML that is none is read as HTML. */
	assert_reads(read_html, "<?xml version='1.0'?><html><body><p>a<br>b &nbsp;c</p></body></html>",
		"body paragraph: a {line}b \xc2\xa0"
		"c\n");
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_reads(read_html, "", "");
	assert_reads(read_html, "<html><head><title>x</title></head></html>", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_page_is_its_words), cmocka_unit_test(lists_tables_quotations_code),
		cmocka_unit_test(notes_of_all_programs_are_linked), cmocka_unit_test(encodings_are_found),
		cmocka_unit_test(nothing_is_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
