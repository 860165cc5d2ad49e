/* What is seen in plain texts: letters in four languages, notes in all common forms, paragraphs, headings. Each text stands beside its key, made by hand: one sign a block. Right
 * and wrong are counted over all of them and printed. */
#include <time.h>

#include "support.h"

#include "crypto/crypto.h"

static char sign_of(enum text_kind kind)
{
	static const char of[TEXT_KINDS] = {[TEXT_PARAGRAPH] = 'p',
		[TEXT_HEADING] = 'h',
		[TEXT_DATELINE] = 'd',
		[TEXT_SALUTATION] = 's',
		[TEXT_CLOSING] = 'c',
		[TEXT_SIGNATURE] = 'G',
		[TEXT_POSTSCRIPT] = 'P',
		[TEXT_ADDRESS] = 'a',
		[TEXT_NOTE] = 'n',
		[TEXT_QUOTE] = 'q',
		[TEXT_ITEM] = 'i',
		[TEXT_VERSE] = 'v',
		[TEXT_CODE] = 'x',
		[TEXT_CELL] = 'C',
		[TEXT_CAPTION] = 't'};
	return of[kind];
}

struct measured {
	size_t right, wanted, got; /* blocks of their kind */
	size_t links_right, links_wanted, links_got;
};
static struct measured measured;

static struct text *seen(struct str plain)
{
	struct buf decoded = BUF_INIT;
	struct text *text = text_new();
	assert_int_equal(text_decode(plain, &decoded, NULL, NULL), 0);
	text_plain(text, buf_view(&decoded));
	text_finish(text);
	buf_release(&decoded);
	/* What is seen can be written and read. */
	struct buf lines = written(text);
	struct text *read;
	struct err err = ERR_INIT;
	if (text_read(&read, buf_view(&lines), &err) < 0)
		fail_msg("what was seen cannot be read: %s", err.text);
	text_free(read);
	buf_release(&lines);
	return text;
}

static void kinds_of(const struct text *text, struct buf *out)
{
	for (size_t i = 0; i < text_block_count(text); i++)
		buf_char(out, sign_of(block_of(text, i).kind));
}

/* "1>n1 *>n2": what references cover, and the notes they lead to, in order. */
static void links_of(const struct text *text, struct buf *out)
{
	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block = block_of(text, i);
		for (size_t m = 0; m < block.mark_count; m++) {
			if (block.marks[m].kind != TEXT_REFERENCE)
				continue;
			buf_text(out, out->n ? " " : "");
			buf_add(out, block.text.p + block.marks[m].at, block.marks[m].length);
			buf_char(out, '>');
			buf_str(out, block.marks[m].target);
		}
	}
}

/* Longest common subsequence, of short strings. */
static size_t common(struct str a, struct str b)
{
	size_t *row = mem_array(b.n + 1, sizeof(size_t)), result;
	for (size_t i = 0; i < a.n; i++) {
		size_t left_above = 0;
		for (size_t j = 1; j <= b.n; j++) {
			size_t above = row[j];
			row[j] = a.p[i] == b.p[j - 1] ? left_above + 1 : row[j] > row[j - 1] ? row[j] : row[j - 1];
			left_above = above;
		}
	}
	result = row[b.n];
	free(row);
	return result;
}

static size_t words_in(struct str text)
{
	size_t count = text.n > 0;
	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == ' ';
	return count;
}

static void measure(struct str kinds, struct str wanted, struct str links, struct str links_wanted)
{
	struct str rest = links, link;
	measured.right += common(kinds, wanted);
	measured.wanted += wanted.n;
	measured.got += kinds.n;
	measured.links_wanted += words_in(links_wanted);
	measured.links_got += words_in(links);
	while (links.n && str_take_until(&rest, ' ', &link))
		measured.links_right += links_wanted.n && memmem(links_wanted.p, links_wanted.n, link.p, link.n) != NULL;
}

struct example {
	const char *plain, *kinds, *links;
};

static const struct example letters[] = {
	{"The Light, Sandholme,\n14th May 1913.\n\nDear Jonas,\n\nThe boat has come in at last, and the whole of the town went "
	 "down to see her, as if\nnone had ever been "
	 "seen before. I stood with the children on the mole until it rained.\n\nWrite soon.\n\n                Your affectionate "
	 "sister,\n                    "
	 "Nora Hallett\n\nP.S. The lamp is mended.\n",
		"adsppcGP", ""},
	{"Sir,\n\nI have the honour to acknowledge your letter of the 3rd, and to inform you that the page for\nwhich you ask is "
	 "not in our books.\n\nI have the honour "
	 "to be, Sir,\nYour obedient servant,\nT. Mercer,\nClerk\n",
		"spccGG", ""},
	{"Averne, den 20. März 1913\n\nSehr geehrter Herr Mercer!\n\nIn Ihrem Schreiben vom 3. d. M. teilen Sie mit, dass die "
	 "Seite fehle. Ich habe sie im Februar\nmit eigenen Augen "
	 "ge-\nsehen und besitze eine beglaubigte Abschrift.\n\nHochachtungsvoll\n\nJonas Lind\n\nNachschrift: Die Abschrift liegt "
	 "bei.\n",
		"dspcGP", ""},
	{"Averne, le 20 mars 1913\n\nMonsieur,\n\nVous m'écrivez que la page manque. Je l'ai vue au mois de février, et j'en "
	 "possède une copie que le\nmaître d'école a signée.\n\nVeuillez "
	 "agréer, Monsieur, l'expression de mes sentiments distingués.\n\nJonas Lind\n\nP.-S. La copie est ci-jointe.\n",
		"dspcGP", ""},
	{"Аверн, 20 марта 1913 г.\n\nДорогая Нора!\n\nТвоя копия пришла с целой печатью. Я прочёл её четыре раза, а потом прочёл "
	 "матери, и на его имени она "
	 "попросила остановиться.\n\nКрепко обнимаю тебя.\n\nТвой Йонас\n\nP.S. Лампу починили.\n",
		"dspccP", ""},
	{"A Letter from the Light\n\nThe letter below was found in 1954 behind the lamp at Sandholme, together with the slips that "
	 "it\nspeaks of.[1] It is given here whole.\n\nDear "
	 "Nora,\n\nThe yard has paid half. The other half they will pay when the ledger is found, for it seems that\nthe ledger is "
	 "lost.[2]\n\nJonas\n\nNotes\n\n[1] Seven, "
	 "all signed by the foreman.\n[2] It was in the office's stove.\n",
		"hpspGhnn", "[1]>n1 [2]>n2"},
	/* Two, one after the other. */
	{"Dear Nora,\n\nYour copy came through the post with the seal whole, and I read it four times over.\n\nYours, "
	 "Jonas\n\nDear Jonas,\n\nSo the seal held. The schoolmaster will be "
	 "glad, and so is the whole of this house.\n\nYours ever,\nNora\n",
		"spcspcG", ""},
	/* Nobody is addressed by name. */
	{"Averne, den 3. März 1921\n\nIch habe Ihren Brief erhalten und danke Ihnen sehr dafür.\n\nMan sagt, dass der Winter lang "
	 "wird.\n\nMit herzlichen Grüßen\n\nA. Müller\n\nP.S. Bitte verbrennen Sie dies.\n",
		"dppcGP", ""},
	{"Москва, 5 мая 1921 г.\n\nЯ получил ваше письмо и благодарю вас за него.\n\nНичего нового у нас нет, и я жду от вас "
	 "вестей.\n\nЖму руку\n\nВаш Иван\n",
		"dppcc", ""},
	{"Paris, le 12 février 1893\n\nJe vous remercie de votre lettre, que j'ai reçue hier matin.\n\nVeuillez agréer, Monsieur, "
	 "l'expression de mes sentiments distingués.\n\nÉmile Hallet\n",
		"dpcG", ""},
	{"Averne, May 3, 1920\n\nWe have your books here and shall keep them for you.\n\nYou may send the boy.\n\nJonas Reve\n",
		"dppG", ""},
	/* What is signed below a date but says nothing to anybody is a report. */
	{"Averne, May 3, 1920\n\nThe minister spoke today at length, and nobody listened to him.\n\nHe said that the tax would be "
	 "raised.\n\nJonas Reve\n",
		"hppp", ""},
	/* The salutation begins the paragraph; within a letter somebody is addressed again; and in prose, too. */
	{"Dear Nora, it rains here every day, and we have had no bread since Tuesday.\n\nWe shall leave on Friday if the train "
	 "goes.\n\nYours ever,\n\nJonas\n",
		"sppcG", ""},
	{"Dear Nora:\n\nIt rains here every day, and we have had no bread since Tuesday.\n\nDear Nora, you know how it is with us "
	 "in "
	 "the winter.\n\nYours ever,\n\nJonas\n",
		"sppcG", ""},
	{"It rained.\n\nDear Nora, he thought, it rains here every day, and there is no bread.\n\nHe went home and slept.\n", "ppp",
		""},
};

static const struct example notes[] = {
	/* Signs and numbers on one page. */
	{"The tables* were wrong and the office† knew it, as the tables¹ show, it says.²\n\n* Printed.\n\n† So it "
	 "says.\n\n¹ Again.\n\n² And again.\n",
		"pnnnn", "*>n1 †>n2 ¹>n3 ²>n4"},
	/* A square is no reference to a list's item. */
	{"The area is x² of the whole, and the list of what to bring with you is short enough.\n\n1. bread\n\n2. coal\n", "pii",
		""},
	{"The tide tables (1) were wrong, and the harbour office (2) knew it.\n\n\n1. Printed in Averne.\n\n2. It says so in its "
	 "own books.\n",
		"pnn", "(1)>n1 (2)>n2"},
	{"The tide tables[1] were wrong, and the harbour office[2] knew it, as the tables[1] show.\n\n[1] Printed in Averne.\n[2] "
	 "It says so.\n",
		"pnn", "[1]>n1 [2]>n2 [1]>n1"},
	{"The tide tables¹ were wrong, and the harbour office² knew it.\n\n¹ Printed in Averne.\n² It says so.\n", "pnn",
		"¹>n1 ²>n2"},
	{"The tide tables^1 were wrong, and the harbour office^2 knew it.\n\n1) Printed in Averne.\n2) It says so.\n", "pnn",
		"^1>n1 ^2>n2"},
	{"The tide tables* were wrong, and the harbour office† knew it.\n\n* Printed in Averne.\n† It says so.\n", "pnn",
		"*>n1 †>n2"},
	{"The tide tables1 were wrong, and the harbour office knew it.2 So it went.\n\nNotes\n\n1 Printed in Averne.\n2 It says "
	 "so.\n",
		"phnn", "1>n1 2>n2"},
	{"The tide tables (1) were wrong.\n\nNote 1: Printed in Averne.\n", "pn", "(1)>n1"},
	{"Die Gezeitentafeln [1] waren falsch, und das Hafenamt [2] wusste es.\n\nAnmerkungen\n\n1. In Averne gedruckt.\n2. Es "
	 "sagt es selbst.\n",
		"phnn", "[1]>n1 [2]>n2"},
	{"Таблицы приливов[1] были неверны, и контора порта[2] это знала.\n\nПримечания\n\n1. Напечатаны в Аверне.\n2. Она сама "
	 "так говорит.\n",
		"phnn", "[1]>n1 [2]>n2"},
	{"Les tables des marées (1) étaient fausses, et le bureau du port (2) le savait.\n\nNotes\n\n(1) Imprimées à Averne.\n(2) "
	 "Il le dit.\n",
		"phnn", "(1)>n1 (2)>n2"},
	/* On each page anew. */
	{"The tide tables[1] were wrong.\n\n[1] Printed in Averne.\n\fThe office[1] knew it, and said nothing[2] of it.\n\n[1] In "
	 "Sandholme.\n[2] Until May.\n",
		"pnpnn", "[1]>n1 [1]>n2 [2]>n3"},
	/* Chapters' endnotes. */
	{"CHAPTER ONE\n\nThe tables were wrong.[1] Nobody said so.[2]\n\nNotes\n\n1. Printed in Averne.\n2. Until May.\n\nCHAPTER "
	 "TWO\n\nThe office knew.[1]\n\nNotes\n\n1. In "
	 "Sandholme.\n",
		"hphnnhphn", "[1]>n1 [2]>n2 [1]>n3"},
	/* What is no note. */
	{"He wanted three things:\n\n1. a lamp\n2. a boat\n3. a page of the book\n\nIn 1913 (the year of the lamp) he had none.\n",
		"piiip", ""},
	{"- a lamp\n- a boat\n\nThat was all that the list said, and nobody asked for more than that.\n", "iip", ""},
};

static const struct example shapes[] = {
	/* By indentation. */
	{"   The boat has come in at last, and the whole of the town went down to see\nher, as if none had ever been seen "
	 "before.\n   I stood with the children on the mole "
	 "until it rained, and then we went\nhome.\n",
		"pp", ""},
	{"THE LIGHT\n\nThe boat has come in at last, and the whole of the town went down.\n\nChapter 2\n\nThe rain went on for the "
	 "whole of the week, and nobody came.\n",
		"hphp", ""},
	{"The Light at Sandholme\n======================\n\nThe boat has come in.\n\nThe lamp\n--------\n\nIt is mended.\n", "hphp",
		""},
	{"Introduction\n\nThe boat has come in at last, and the whole of the town went down to see.\n\nI\n\nThe lamp is out.\n",
		"hphp", ""},
	{"The boat has come in at last, and the whole of the town went down to see her, as if\nnone had been seen.\n\nThe lamp is "
	 "out upon the hill,\nThe boats are in the bay,\nAnd all the "
	 "town is standing still\nTo hear what they will say.\n",
		"pv", ""},
	{"Dear me, said the clerk, what a day it has been for all of us here.\n\nHe went home.\n", "pp", ""},
	/* Headings that run in; and a newspaper's place and date. */
	{"CHAPTER I. It was a dark night in November, and nobody saw the man who came up the stairs to the room.\n\nTHE LOST BOAT. "
	 "The "
	 "boat was found in the spring among the nets of a man who had kept it there for years.\n\nIntroduction.—The text below is "
	 "printed "
	 "from "
	 "the first edition, and its notes are the editor's own.\n\nAVERNE, Nov. 8. The strike went on today, and nothing of it "
	 "was heard "
	 "in the city, as the papers say.\n",
		"hphphpp", ""},
	/* A page that ends in the middle of a sentence. */
	{"The boat has come in at last, and the whole of the town\n\fwent down to see her.\n", "p", ""},
};

static void see_each(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text *text = seen(str_from(examples[i].plain));
		struct buf kinds = BUF_INIT, links = BUF_INIT;
		kinds_of(text, &kinds);
		links_of(text, &links);
		measure(buf_view(&kinds), str_from(examples[i].kinds), buf_view(&links), str_from(examples[i].links));
		if (strcmp(kinds.p, examples[i].kinds) != 0 || strcmp(links.p ? links.p : "", examples[i].links) != 0)
			fail_msg("“%.40s…”: %s “%s”, not %s “%s”", examples[i].plain, kinds.p, links.p ? links.p : "",
				examples[i].kinds, examples[i].links);
		buf_release(&kinds);
		buf_release(&links);
		text_free(text);
	}
}

#define SEE_EACH(examples) see_each(examples, sizeof(examples) / sizeof((examples)[0]))

static void letters_are_seen(void **state)
{
	(void)state;
	SEE_EACH(letters);
	struct text *text = seen(str_from(letters[5].plain));
	static const enum text_part parts[] = {
		TEXT_FRONT, TEXT_INTRODUCTION, TEXT_LETTER, TEXT_LETTER, TEXT_LETTER, TEXT_NOTES, TEXT_NOTES, TEXT_NOTES};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_int_equal(block_of(text, i).part, parts[i]);
	assert_str(text_title(text), "A Letter from the Light");
	assert_str(block_of(text, 6).label, "1");
	text_free(text);
	/* The hyphen at a line's end. */
	text = seen(str_from(letters[2].plain));
	assert_non_null(memmem(block_of(text, 2).text.p, block_of(text, 2).text.n, "gesehen", 7));
	text_free(text);
}

static void notes_are_seen_and_linked(void **state)
{
	(void)state;
	SEE_EACH(notes);
}

static void shapes_are_seen(void **state)
{
	(void)state;
	SEE_EACH(shapes);
	struct text *text = seen(str_from(shapes[7].plain));
	assert_int_equal(text_page_count(text), 2);
	assert_int_equal(block_of(text, 0).mark_count, 2);
	assert_true(block_of(text, 0).marks[1].kind == TEXT_PAGE && block_of(text, 0).marks[1].number == 2 &&
		    block_of(text, 0).marks[1].at > 0);
	text_free(text);
}

/* ---- the corpus, where it is ---- */

static bool corpus(const char *path, struct buf *bytes)
{
	char whole[300];
	(void)snprintf(whole, sizeof(whole), "../shared/corpus/%s", path);
	FILE *file = fopen(whole, "r");
	size_t n;
	char piece[4096];
	if (!file) {
		print_message("skipped: no %s\n", whole);
		return false;
	}
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(bytes, piece, n);
	(void)fclose(file);
	return true;
}

/* The first bytes of the digest of a block's first twelve bytes: the text itself does not stand here. */
static uint32_t beginning(struct str text)
{
	struct hash hash;
	sha256(text.p, text.n < 12 ? text.n : 12, &hash);
	return (uint32_t)hash.b[0] << 24 | (uint32_t)hash.b[1] << 16 | (uint32_t)hash.b[2] << 8 | hash.b[3];
}

static void the_letter_of_1927(void **state)
{
	(void)state;
	struct buf bytes = BUF_INIT, kinds = BUF_INIT, links = BUF_INIT;
	/* By hand: title, introduction of fourteen paragraphs, to whom, salutation, eighteen paragraphs, the close with the name, postscript of two paragraphs, four notes. */
	static const char wanted[] = "hppppppppppppppasppppppppppppppppppcPPnnnn", wanted_links[] = "(1)>n1 (2)>n2 (3)>n3 (4)>n4";
	static const struct {
		size_t block;
		enum text_part part;
		uint32_t beginning;
	} places[] = {{0, TEXT_FRONT, 0xe430b493}, {1, TEXT_INTRODUCTION, 0x012a9223}, {14, TEXT_INTRODUCTION, 0x444cc4b0},
		{15, TEXT_LETTER, 0x546b46ab}, {16, TEXT_LETTER, 0x2de5b90c}, {17, TEXT_LETTER, 0x5506dd0f},
		{34, TEXT_LETTER, 0xa8b827b9}, {35, TEXT_LETTER, 0x56032434}, {36, TEXT_LETTER, 0xf1834b54},
		{37, TEXT_LETTER, 0x16e47a0e}, {38, TEXT_NOTES, 0x326d0675}, {39, TEXT_NOTES, 0x5307ff6c},
		{40, TEXT_NOTES, 0xf6ec0b67}, {41, TEXT_NOTES, 0x8e22338b}};
	if (!corpus("joffe-1927/letter.txt", &bytes))
		skip();
	struct text *text = seen(buf_view(&bytes));
	kinds_of(text, &kinds);
	links_of(text, &links);
	measure(buf_view(&kinds), str_from(wanted), buf_view(&links), str_from(wanted_links));
	assert_string_equal(kinds.p, wanted);
	assert_string_equal(links.p, wanted_links);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct text_block block = block_of(text, places[i].block);
		if (block.part != places[i].part || beginning(block.text) != places[i].beginning)
			fail_msg("block %zu: %s, %08x", places[i].block, text_part_name(block.part),
				(unsigned)beginning(block.text));
	}
	text_free(text);
	buf_release(&bytes);
	buf_release(&kinds);
	buf_release(&links);
}

static void six_editions(void **state)
{
	(void)state;
	static const char *const years[] = {"1859", "1860", "1861", "1866", "1869", "1872"};
	static const size_t paragraphs[] = {43, 43, 43, 43, 47, 47};
	for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
		struct buf bytes = BUF_INIT, kinds = BUF_INIT, wanted = BUF_INIT;
		char path[60];
		(void)snprintf(path, sizeof(path), "darwin-origin-ch1/%s.txt", years[i]);
		if (!corpus(path, &bytes))
			skip();
		struct text *text = seen(buf_view(&bytes));
		kinds_of(text, &kinds);
		for (size_t p = 0; p < paragraphs[i]; p++)
			buf_char(&wanted, 'p');
		measure(buf_view(&kinds), buf_view(&wanted), STR(""), STR(""));
		assert_string_equal(kinds.p, wanted.p);
		text_free(text);
		buf_release(&bytes);
		buf_release(&kinds);
		buf_release(&wanted);
	}
}

static void how_much_is_right(void **state)
{
	(void)state;
	print_message("blocks: %zu of %zu right (recall %.3f), of %zu seen (precision %.3f); references: %zu of %zu, of %zu\n",
		measured.right, measured.wanted, (double)measured.right / (double)measured.wanted, measured.got,
		(double)measured.right / (double)measured.got, measured.links_right, measured.links_wanted, measured.links_got);
	assert_true(measured.right > 0);
}

/* ---- encodings ---- */

#define BYTES(literal) literal, sizeof(literal) - 1

static void encodings_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *encoding, *text;
	} samples[] = {{BYTES("\xef\xbb\xbfgr\xc3\xb6\xc3\x9f"), "UTF-8", "größ"}, {BYTES("plain"), "UTF-8", "plain"},
		{BYTES("\xff\xfeg\0\xf6\0"), "UTF-16LE", "gö"}, {BYTES("\xfe\xff\0g\0\xf6\xd8\x3d\xde\x00"), "UTF-16BE", "gö😀"},
		{BYTES("\xff\xfe\0\0g\0\0\0\xf6\0\0\0"), "UTF-32LE", "gö"},
		{BYTES("D\0e\0a\0r\0 \0N\0o\0r\0a\0"), "UTF-16LE", "Dear Nora"},
		{BYTES("Der Vorarbeiter lachte, als er es mir sagte; f\xfcr die Z\xfcge der M\xe4nner war das sch\xf6n."),
			"ISO-8859-1", "Der Vorarbeiter lachte, als er es mir sagte; für die Züge der Männer war das schön."},
		{BYTES("\xf4\xd7\xcf\xd1 \xcb\xcf\xd0\xc9\xd1 \xd0\xd2\xc9\xdb\xcc\xc1 \xd3 \xc3\xc5\xcc\xcf\xca "
		       "\xd0\xc5\xde\xc1\xd4\xd8\xc0, \xc9 \xd1 \xd0\xd2\xcf\xde\xa3\xcc \xc5\xa3 "
		       "\xd4\xd2\xc9 \xd2\xc1\xda\xc1"),
			"KOI8-R", "Твоя копия пришла с целой печатью, и я прочёл её три раза"},
		{BYTES("\xd2\xe2\xee\xff \xea\xee\xef\xe8\xff \xef\xf0\xe8\xf8\xeb\xe0 \xf1 \xf6\xe5\xeb\xee\xe9 "
		       "\xef\xe5\xf7\xe0\xf2\xfc\xfe, \xe8 \xff \xef\xf0\xee\xf7\xb8\xeb \xe5\xb8 "
		       "\xf2\xf0\xe8 \xf0\xe0\xe7\xe0"),
			"windows-1251", "Твоя копия пришла с целой печатью, и я прочёл её три раза"},
		{BYTES("Die Stra\xe1"
		       "e f\x81hrt \x81"
		       "ber die Br\x81"
		       "cke; wir \x94"
		       "ffnen die T\x81r, und es ist sp\x84t."),
			"IBM850", "Die Straße führt über die Brücke; wir öffnen die Tür, und es ist spät."},
		{BYTES("L'\x8et\x8e est tr\x8fs agr\x8e"
		       "able, et l'\x8f"
		       "re nouvelle d\x8ej\x88 commenc\x8e"
		       "e."),
			"macintosh", "L'été est très agréable, et l'ère nouvelle déjà commencée."},
		{BYTES("\xd7\xf2\xcc\xec\xca\xd5\xb5\xbd\xc1\xcb\xc4\xe3\xb5\xc4\xd0\xc5\xa1\xa3"), "GB18030",
			"昨天收到了你的信。"},
		{BYTES("\xff\xfe"), "UTF-16LE", ""}, {BYTES(""), "UTF-8", ""}};
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct buf out = BUF_INIT;
		const char *encoding;
		assert_int_equal(text_decode((struct str){samples[i].bytes, samples[i].n}, &out, &encoding, NULL), 0);
		assert_string_equal(encoding, samples[i].encoding);
		assert_str(buf_view(&out), samples[i].text);
		buf_release(&out);
	}
}

/* ---- Markdown ---- */

static void markdown_is_read(void **state)
{
	(void)state;
	static const char source[] = "Title *here*\n===\n\nA **strong** and ***both*** `code *x*` [a link](https://example.org/a_b "
				     "\"t\") and [bad](javascript:x)\n"
				     "goes on[^1], snake_case_word, 2 * 3, \\*no\\* &amp; <b>raw</b>.\n\n## Second ##\n- one\n- "
				     "two\n  - nested\n\n7. seven\n\n> quoted\n\n```\n"
				     "int *x;\n  y;\n```\n\n[^1]: The note.\n";
	struct text *text = text_new();
	struct buf kinds = BUF_INIT, links = BUF_INIT;
	text_markdown(text, str_from(source));
	text_finish(text);
	kinds_of(text, &kinds);
	links_of(text, &links);
	assert_string_equal(kinds.p, "hphiiiiqxn");
	assert_string_equal(links.p, "1>n1");
	assert_str(text_title(text), "Title here");
	struct text_block block = block_of(text, 1);
	assert_str(block.text, "A strong and both code *x* a link and bad goes on1, snake_case_word, 2 * 3, *no* & <b>raw</b>.");
	static const struct {
		enum text_mark_kind kind;
		const char *covers;
	} marks[] = {{TEXT_STRONG, "strong"}, {TEXT_STRONG, "both"}, {TEXT_EMPHASIS, "both"}, {TEXT_LINK, "a link"},
		{TEXT_REFERENCE, "1"}};
	assert_int_equal(block.mark_count, sizeof(marks) / sizeof(marks[0]));
	for (size_t i = 0; i < block.mark_count; i++) {
		assert_int_equal(block.marks[i].kind, marks[i].kind);
		assert_str((struct str){block.text.p + block.marks[i].at, block.marks[i].length}, marks[i].covers);
	}
	assert_int_equal(block_of(text, 5).level, 2);
	assert_str(block_of(text, 6).label, "7");
	assert_str(block_of(text, 8).text, "int *x;\n  y;");
	text_free(text);
	buf_release(&kinds);
	buf_release(&links);
}

/* Tables with pipes, and what stands before the text; what only looks like them stays what it is. */
static void more_than_commonmark(void **state)
{
	(void)state;
	static const char source[] =
		"---\ntitle: \"The lamp\"\nlang: en\nauthor: Anna Berg\n# aside\n---\n\n| what | *price* |\n|:-----|-------:|\n"
		"| rope \\| line | 3 |\n| lamp | |\n| oil | 7 | more |\n\none | two\n--- | ---\nx | y\n\nno | table\nno | row\n";
	struct text *text = text_new();
	struct buf kinds = BUF_INIT;
	text_markdown(text, str_from(source));
	text_finish(text);
	kinds_of(text, &kinds);
	assert_string_equal(kinds.p, "hpCCCCCCCCCCCp");
	assert_str(text_title(text), "The lamp");
	assert_str(text_language(text), "en");
	assert_str(block_of(text, 1).label, "author");
	assert_str(block_of(text, 1).text, "Anna Berg");
	assert_str(block_of(text, 3).text, "price");
	assert_int_equal(block_of(text, 3).level, 2);
	assert_str(block_of(text, 4).text, "rope | line");
	assert_int_equal(block_of(text, 6).level, 1);
	assert_int_equal(block_of(text, 7).level, 1);
	text_free(text);
	buf_clear(&kinds);
	text = text_new();
	text_markdown(text, STR("---\n\nA rule, then a text: with a colon\n---\n"));
	text_finish(text);
	kinds_of(text, &kinds);
	assert_string_equal(kinds.p, "h");
	text_free(text);
	buf_release(&kinds);
}

/* ---- what hurts ---- */

static void repeat(struct buf *out, const char *piece, size_t bytes)
{
	size_t n = strlen(piece);
	while (out->n + n <= bytes)
		buf_add(out, piece, n);
}

static double processor_seconds(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double cost(const char *piece, size_t bytes, bool markdown)
{
	struct buf much = BUF_INIT;
	repeat(&much, piece, bytes);
	double start = processor_seconds();
	struct text *text = text_new();
	(markdown ? text_markdown : text_plain)(text, buf_view(&much));
	text_finish(text);
	text_free(text);
	buf_release(&much);
	return processor_seconds() - start;
}

#define SMALL ((size_t)32 << 10)
#define TIMES 8
#define NOISE 0.002 /* seconds: less is not compared with */

/* P9: none of them costs more than its size is worth: eight times as much of it takes some eight times as long, where a quadratic cost takes 64 times. Processor
 * time; a second look, for what else runs here may disturb one. */
static void nothing_costs_too_much(void **state)
{
	(void)state;
	static const char *const pieces[] = {"x", "x ", "\n", "a\n", "1. a\n", "[1] a[1]\n\n", "* a*\n\n", "a1 ", "[1](1)¹*^1",
		"Dear Anna,\n\n", "Dear Anna,\nYours,\nA\n\nP.S. b\n\n", "Notes\n\n1. a\n\n", "> ", "- ", "*a ", "_a_ ", "**a* ",
		"[", "[a](", "[a](<", "[a](b \"", "[a][", "`", "``a` ", "![", "<a:b ", "    a\n", "  - a\n", "&", "\\", "\f",
		"a-\n", "=\n", "\xff", "é\n", "[^1]", "[^1]: a\n", "a\n---\n", "[a]: b\n", ">\n> > a\n", "*", "†", "a*",
		"Dear Nora, it rains here every day of the week.\n\n", "THE LOST BOAT. It "};
	for (size_t i = 0; i < 2 * sizeof(pieces) / sizeof(pieces[0]); i++) {
		const char *piece = pieces[i / 2];
		bool markdown = i % 2 != 0, good = false;
		double little = 0, much = 0;
		for (unsigned look = 0; look < 3 && !good; look++) {
			little = cost(piece, SMALL, markdown);
			much = cost(piece, TIMES * SMALL, markdown);
			good = much < 3 * TIMES * (little > NOISE ? little : NOISE);
		}
		if (!good)
			fail_msg("%s: %zu bytes of \"%s\" cost %.3f s, %d times as much %.3f s",
				markdown ? "Markdown" : "plain text", SMALL, piece, little, TIMES, much);
	}
}

static void the_largest_are_taken(void **state)
{
	(void)state;
	struct buf much = BUF_INIT;
	repeat(&much, "a line that does not end ", (size_t)32 << 20); /* 32 MiB of one line */
	struct text *text = text_new();
	text_plain(text, buf_view(&much));
	text_finish(text);
	assert_int_equal(text_block_count(text), 1);
	assert_false(text_cut(text));
	text_free(text);
	buf_clear(&much);
	for (unsigned i = 1; i <= 1000000; i++) /* a million notes */
		buf_printf(&much, "a[%u]\n\n[%u] b\n\n", i % 9999 + 1, i % 9999 + 1);
	text = text_new();
	text_plain(text, buf_view(&much));
	text_finish(text);
	assert_true(text_cut(text) && text_block_count(text) == TEXT_BLOCKS_MAX);
	text_free(text);
	buf_release(&much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(letters_are_seen), cmocka_unit_test(notes_are_seen_and_linked),
		cmocka_unit_test(shapes_are_seen), cmocka_unit_test(the_letter_of_1927), cmocka_unit_test(six_editions),
		cmocka_unit_test(how_much_is_right), cmocka_unit_test(encodings_are_told), cmocka_unit_test(markdown_is_read),
		cmocka_unit_test(more_than_commonmark), cmocka_unit_test(nothing_costs_too_much),
		cmocka_unit_test(the_largest_are_taken)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
