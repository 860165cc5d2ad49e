/* Names made from paths; media types; arrangement; levels. */
#include "support.h"

#include <unicode/ustring.h>
#include <unicode/utrans.h>

/* What entry/record_name_valid asks for, said again here: names are public and permanent. */
static bool name_valid(struct str name)
{
	struct str rest = name, segment;
	if (name.n == 0 || name.n > 1000)
		return false;
	while (str_take_until(&rest, '/', &segment)) {
		if (segment.n == 0 || segment.n > 100)
			return false;
		for (size_t i = 0; i < segment.n; i++) {
			char c = segment.p[i];
			bool start = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
			if (!start && (i == 0 || !(c == '.' || c == '_' || c == '-')))
				return false;
		}
	}
	return true;
}

static void make(struct namer *namer, struct str path, bool drop, struct buf *out)
{
	struct err err = ERR_INIT;
	buf_clear(out);
	assert_done(namer_make(namer, path, drop, out, &err), &err);
	if (!name_valid(buf_view(out)))
		fail_msg("“%.*s” makes “%s”, which is no name", STR_ARG(path), out->p);
}

static void names_are_made(void **state)
{
	(void)state;
	static const struct {
		const char *path, *kept, *dropped; /* NULL: the same */
	} cases[] = {
		{"letter.txt", "letter.txt", "letter"},
		{"Letters/To Anna.TXT", "letters/to-anna.txt", "letters/to-anna"},
		{"joffe-1927", "joffe-1927", NULL},
		{"A  B__C--D", "a-b__c-d", NULL},
		{"Letter (1).txt", "letter-1.txt", "letter-1"},
		{"  leading", "leading", NULL},
		{"-dash", "dash", NULL},
		{".hidden", "hidden", NULL},
		{"_under", "under", NULL},
		{"trailing-", "trailing", NULL},
		{"trailing...", "trailing", NULL},
		{"a..b", "a.b", "a"},
		{"a.-.b", "a.b", "a"},
		{"a/./b", "a/b", NULL},
		{"./a/../b", "a/b", NULL},
		{"/abs/path", "abs/path", NULL},
		{"a//b/", "a/b", NULL},
		{"Vol. 2", "vol.2", NULL},
		{"Vol.2", "vol.2", NULL},
		{"letter.1927", "letter.1927", NULL},
		{"Dr. Smith", "dr.smith", NULL},
		{"scan.jp2", "scan.jp2", "scan"},
		{"scan.tar.gz", "scan.tar.gz", "scan.tar"},
		{"photo.verylongext", "photo.verylongext", NULL},
		{"a=b&c?d#e%f", "a-b-c-d-e-f", NULL},
		{"new\nline\ttab", "new-line-tab", NULL},
		{"back\\slash", "back-slash", NULL},
		{"it's \"quoted\"", "it-s-quoted", NULL},
		{"1927-11-15", "1927-11-15", NULL},
		{"Über den Hafen.txt", "uber-den-hafen.txt", "uber-den-hafen"},
		{"Straße", "strasse", NULL},
		{"Ærø & Łódź", "aero-lodz", NULL},
		{"Письмо к Анне.txt", "pis-mo-k-anne.txt", "pis-mo-k-anne"},
		{"Ελληνικά", "ellenika", NULL},
		{"東京", "dong-jing", NULL},
		{"Việt Nam", "viet-nam", NULL},
		{"“Quoted” – dashed…", "quoted-dashed", NULL},
		{"№ 5", "no-5", NULL},
		{"ﬁle", "file", NULL},
	};
	struct namer *namer = namer_new();
	struct buf name = BUF_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(namer, str_from(cases[i].path), false, &name);
		if (strcmp(name.p, cases[i].kept) != 0)
			fail_msg("“%s” makes “%s”, not “%s”", cases[i].path, name.p, cases[i].kept);
		make(namer, str_from(cases[i].path), true, &name);
		assert_string_equal(name.p, cases[i].dropped ? cases[i].dropped : cases[i].kept);
	}
	namer_free(namer);
	buf_release(&name);
}

static void odd_paths_have_names_too(void **state)
{
	struct namer *namer = namer_new();
	struct buf a = BUF_INIT, b = BUF_INIT;
	(void)state;
	/* Both Unicode forms. */
	make(namer,
		STR("Ze\xcc\x81non/u\xcc\x88"
		    "ber"),
		false, &a);
	make(namer,
		STR("Z\xc3\xa9non/\xc3\xbc"
		    "ber"),
		false, &b);
	assert_string_equal(a.p, b.p);
	assert_string_equal(a.p, "zenon/uber");
	/* Nothing is left: a digest, that of other paths another. */
	make(namer, STR("!!!"), false, &a);
	make(namer, STR("???"), false, &b);
	assert_string_not_equal(a.p, b.p);
	assert_int_equal(a.n, 13);
	make(namer, STR("letters/\xf0\x9f\x93\x9c/x"), false, &a);
	assert_true(str_starts(buf_view(&a), STR("letters/n")));
	make(namer, STR(""), false, &a);
	make(namer, STR("../.."), false, &a);
	make(namer, STR("/"), true, &a);
	make(namer, STR(".txt"), true, &a);
	assert_string_equal(a.p, "txt");
	/* Too long: cut, and told apart. */
	char far[300];
	memset(far, 'a', sizeof(far));
	make(namer, (struct str){far, 100}, false, &a);
	assert_int_equal(a.n, 100);
	make(namer, (struct str){far, 101}, false, &a);
	make(namer, (struct str){far, 102}, false, &b);
	assert_int_equal(a.n, 100);
	assert_string_not_equal(a.p, b.p);
	/* Too deep. */
	struct buf deep = BUF_INIT;
	for (int i = 0; i < 300; i++)
		buf_text(&deep, "folder/");
	buf_text(&deep, "x");
	make(namer, buf_view(&deep), false, &a);
	buf_text(&deep, "y");
	make(namer, buf_view(&deep), false, &b);
	assert_string_not_equal(a.p, b.p);
	assert_true(a.n > 800);
	buf_release(&deep);
	/* 255 bytes of four-byte characters, which transliteration may make longer. */
	for (size_t i = 0; i + 3 <= 255; i += 3)
		memcpy(far + i, "\xe9\xbe\x98", 3);
	make(namer, (struct str){far, 255}, false, &a);
	struct err err = ERR_INIT;
	buf_clear(&a);
	buf_text(&a, "kept");
	assert_int_equal(namer_make(namer, STR("ok/caf\xe9"), false, &a, &err), -1);
	assert_err(&err, ERR_SYNTAX, "UTF-8");
	assert_string_equal(a.p, "kept");
	assert_done(namer_make(namer, STR("Ä/b"), false, &a, &err), &err);
	assert_string_equal(a.p, "kepta/b");
	buf_release(&a);
	buf_release(&b);
	namer_free(namer);
	namer_free(NULL);
}

/* Any bytes that are UTF-8 make a name, the same one twice. */
static void rubbish_has_names(void **state)
{
	struct namer *namer = namer_new();
	struct buf a = BUF_INIT, b = BUF_INIT;
	uint64_t random = 20260722;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char bytes[200];
		size_t n = 0, want;
		random = random * 6364136223846793005u + 1442695040888963407u;
		want = (random >> 33) % 60;
		while (n < want) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			uint32_t r = (uint32_t)(random >> 33);
			if (r % 4) {
				bytes[n++] = (char)(r >> 8 & 0x7f) ? (char)(r >> 8 & 0x7f) : '/';
			} else {
				/* A character of two bytes. */
				bytes[n++] = (char)(0xc2 + (r >> 8) % 30);
				bytes[n++] = (char)(0x80 + (r >> 16) % 64);
			}
		}
		make(namer, (struct str){bytes, n}, round & 1, &a);
		make(namer, (struct str){bytes, n}, round & 1, &b);
		assert_string_equal(a.p, b.p);
	}
	buf_release(&a);
	buf_release(&b);
	namer_free(namer);
}

/* Letters that are asked for one by one come out as they do in any company: ICU is asked here for whole texts. */
static void letters_do_not_depend_on_others(void **state)
{
	struct namer *namer = namer_new();
	struct buf name = BUF_INIT, wanted = BUF_INIT;
	UErrorCode status = U_ZERO_ERROR;
	UTransliterator *icu = utrans_openU(u"NFC; Any-Latin; Latin-ASCII; Lower", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	uint64_t random = 7;
	(void)state;
	assert_true(U_SUCCESS(status));
	for (int round = 0; round < 3000; round++) {
		UChar text[200];
		char path[200], ascii[200];
		int32_t n = 0, limit, bytes = 0;
		for (unsigned i = 0; i < 12; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			uint32_t r = (uint32_t)(random >> 33);
			UChar c = (UChar)(r % 3 == 0   ? 0x20 + (r >> 4) % 0x5f
					  : r % 3 == 1 ? 0xa0 + (r >> 4) % 0x1b0
						       : 0x2010 + (r >> 4) % 0x18);
			/* Each of them once for certain. */
			if (i == 0)
				c = (UChar)(round % 0x1c8 < 0x1b0 ? 0xa0 + round % 0x1c8 : 0x2010 + round % 0x1c8 - 0x1b0);
			text[n++] = c == '/' ? 'x' : c;
		}
		u_strToUTF8(path, sizeof(path), &bytes, text, n, &status);
		limit = n;
		utrans_transUChars(icu, text, &n, 200, 0, &limit, &status);
		assert_true(U_SUCCESS(status));
		for (int32_t i = 0; i < n; i++)
			ascii[i] = text[i] < 0x80 && text[i] != '/' ? (char)text[i] : '-';
		/* The digest of a text without a letter is that of the path. */
		make(namer, (struct str){path, (size_t)bytes}, false, &name);
		make(namer, (struct str){ascii, (size_t)n}, false, &wanted);
		if (strcmp(name.p, wanted.p) != 0 && !(name.p[0] == 'n' && name.n == 13))
			fail_msg("“%.*s” makes %s, not %s", (int)bytes, path, name.p, wanted.p);
	}
	utrans_close(icu);
	buf_release(&name);
	buf_release(&wanted);
	namer_free(namer);
}

/* The folder is remembered from one path to the next, which must not show. */
static void folders_are_remembered(void **state)
{
	static const char *const paths[] = {"A b/c", "A b/d", "A b", "A b/", "A b/e/f", "A b/e", "/c", "/d", "x", "Ä/ö", "Ä/ö.txt",
		"./c", "./d", "../", "a//b", "a//c", "!!!/a", "!!!/b", "A b/c"};
	struct namer *namer = namer_new();
	struct buf name = BUF_INIT, alone = BUF_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct namer *fresh = namer_new();
		make(namer, str_from(paths[i]), i % 2, &name);
		make(fresh, str_from(paths[i]), i % 2, &alone);
		assert_string_equal(name.p, alone.p);
		namer_free(fresh);
	}
	buf_release(&name);
	buf_release(&alone);
	namer_free(namer);
}

static void media_types(void **state)
{
	(void)state;
#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define ODT "PK\x03\x04\x14\0\0\x08\0\0aaaaaaaaaaaaaaaa\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text"
	static const struct {
		const char *path;
		struct str bytes;
		const char *type;
	} cases[] = {
		{"a.txt", {"Dear Anna,\r\n", 12}, "text/plain"},
		{"a.TXT", {"", 0}, "text/plain"},
		{"letter", {"Dear Anna", 9}, "text/plain"},
		{"letter", {"", 0}, "application/octet-stream"},
		{"a.txt", {"caf\xe9", 4}, "text/plain"},
		{"a.txt", {"\0\1\2\3", 4}, "application/octet-stream"},
		{"a.txt",
			{"\xff\xfe"
			 "D\0e\0",
				6},
			"text/plain"},
		{"a.pdf", {"%PDF-1.4\n", 9}, "application/pdf"},
		{"a.pdf", {"Dear Anna", 9}, "text/plain"},
		{"a.pdf", {"\0\0\0", 3}, "application/octet-stream"},
		{"a.pdf", {"", 0}, "application/pdf"},
		{"a.jpg", {"\xff\xd8\xff\xe0", 4}, "image/jpeg"},
		{"a.txt", {"\xff\xd8\xff\xe0", 4}, "image/jpeg"},
		{"a.tif", {"II*\0\x08\0\0\0", 8}, "image/tiff"},
		{"a.tif", {"MM\0*\0\0\0\x08", 8}, "image/tiff"},
		{"a", {PNG, sizeof(PNG) - 1}, "image/png"},
		{"a.jp2", {"\0\0\0\x0cjP  \r\n\x87\n\0\0", 14}, "image/jp2"},
		{"a.docx", {"PK\x03\x04\x14\0\x06\0", 8},
			"application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"a.zip", {"PK\x03\x04\x14\0\x06\0", 8}, "application/zip"},
		{"a", {"PK\x03\x04\x14\0\x06\0", 8}, "application/zip"},
		{"a.odt", {ODT, sizeof(ODT) - 1}, "application/vnd.oasis.opendocument.text"},
		{"a.zip", {ODT, sizeof(ODT) - 1}, "application/vnd.oasis.opendocument.text"},
		{"a.rtf", {"{\\rtf1\\ansi", 11}, "application/rtf"},
		{"a.eml", {"Received: from x\n", 17}, "message/rfc822"},
		{"a.doc", {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8}, "application/msword"},
		{"a", {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8}, "application/x-ole-storage"},
		{"a.xml", {"<?xml version=\"1.0\"?>\n<!-- <alto> -->\n<TEI xmlns=\"x\">", 53}, "application/tei+xml"},
		{"a.xml", {"\xef\xbb\xbf<?xml version=\"1.0\"?><tei:TEI>", 33}, "application/tei+xml"},
		{"a.xml", {"<?xml version=\"1.0\"?><alto>", 27}, "application/xml"},
		{"a.xml", {"<teiCorpus>", 11}, "application/tei+xml"},
		{"a.xml", {"<!-- never closed <TEI>", 23}, "application/tei+xml"},
		{"a.xml", {"<", 1}, "application/xml"},
		{"a.tei", {"", 0}, "application/tei+xml"},
		{"a.svg", {"<svg xmlns=\"x\">", 15}, "image/svg+xml"},
		{"a.html", {"<!DOCTYPE html><html>", 21}, "text/html"},
		{"a.mp4",
			{"\0\0\0\x18"
			 "ftypmp42",
				12},
			"video/mp4"},
		{"a.m4a",
			{"\0\0\0\x18"
			 "ftypM4A ",
				12},
			"audio/mp4"},
		{"a.pgm", {"P5\n4 4\n255\n\0\0", 13}, "image/x-portable-graymap"},
		{"a", {"GIF87a..", 8}, "image/gif"},
		{"a", {"GIF89a..", 8}, "image/gif"},
		{"a", {"GIF88a..", 8}, "text/plain"},
		{"a", {"RIFF1234WEBP", 12}, "image/webp"},
		{"a", {"RIFF1234WAVE", 12}, "audio/wav"},
		{"a", {"RIFF1234WAV", 11}, "text/plain"},
		{"a", {"AT&TFORM", 8}, "image/vnd.djvu"},
		{"a", {"%!PS-Adobe", 10}, "application/postscript"},
		{"a.mp3", {"\xff\xfb\x90\0", 4}, "audio/mpeg"},
		{"a.mp3", {"ID3\x03\0", 5}, "audio/mpeg"},
		{"a.tiff", {"II*", 3}, "text/plain"},
		{"folder.txt/file", {"\0", 1}, "application/octet-stream"},
		{"", {"", 0}, "application/octet-stream"},
		{".txt", {"", 0}, "text/plain"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *type = media_type_guess(str_from(cases[i].path), cases[i].bytes);
		if (strcmp(type, cases[i].type) != 0)
			fail_msg("case %zu, %s: %s, not %s", i, cases[i].path, type, cases[i].type);
	}
}

/* Parents by name: "c" is part of "b" is part of "a". */
static int parent(void *context, struct str id, struct buf *out, struct err *err)
{
	const char *chain = context;
	const char *at = id.n == 1 ? strchr(chain, id.p[0]) : NULL;
	if (id.n == 1 && id.p[0] == '!')
		return err_set(err, ERR_SYSTEM, "the catalogue is gone");
	if (at && at[1])
		buf_char(out, at[1]);
	return 0;
}

static int endless(void *context, struct str id, struct buf *out, struct err *err)
{
	(void)context;
	(void)err;
	buf_str(out, id);
	buf_char(out, 'x');
	return 0;
}

static void nothing_lies_within_itself(void **state)
{
	char chain[] = "edcba";
	struct err err = ERR_INIT;
	(void)state;
	assert_done(arrangement_check(STR("x"), STR("e"), parent, chain, &err), &err);
	assert_done(arrangement_check(STR("e"), STR("a"), parent, chain, &err), &err);
	assert_done(arrangement_check(STR("e"), STR(""), parent, chain, &err), &err);
	assert_done(arrangement_check(STR("e"), STR("unknown"), parent, chain, &err), &err);
	assert_int_equal(arrangement_check(STR("a"), STR("a"), parent, chain, &err), -1);
	assert_err(&err, ERR_CONFLICT, "itself");
	assert_int_equal(arrangement_check(STR("a"), STR("e"), parent, chain, &err), -1);
	assert_err(&err, ERR_CONFLICT, "“a” cannot be part of “e”, which is part of it already (through “b”)");
	assert_int_equal(arrangement_check(STR("a"), STR("b"), parent, chain, &err), -1);
	assert_err(&err, ERR_CONFLICT, "part of it already");
	assert_int_equal(arrangement_check(STR("x"), STR("!"), parent, chain, &err), -1);
	assert_err(&err, ERR_SYSTEM, "gone");
	assert_int_equal(arrangement_check(STR("y"), STR("x"), endless, NULL, &err), -1);
	assert_err(&err, ERR_LIMIT, "64 levels");
	/* A cycle that is there already, without us in it. */
	char round[] = "aba";
	assert_int_equal(arrangement_check(STR("x"), STR("a"), parent, round, &err), -1);
	assert_err(&err, ERR_LIMIT, "64 levels");
}

static void levels(void **state)
{
	(void)state;
	assert_true(level_rank(STR("fonds")) < level_rank(STR("subfonds")));
	assert_true(level_rank(STR("series")) < level_rank(STR("file")));
	assert_true(level_rank(STR("file")) < level_rank(STR("item")));
	assert_int_equal(level_rank(STR("sub-series")), level_rank(STR("subseries")));
	assert_int_equal(level_rank(STR("box")), -1);
	assert_null(level_warning(STR("item"), STR("file")));
	assert_null(level_warning(STR("item"), STR("fonds")));
	assert_null(level_warning(STR("item"), STR("")));
	assert_null(level_warning(STR(""), STR("fonds")));
	assert_non_null(level_warning(STR("fonds"), STR("item")));
	assert_non_null(level_warning(STR("series"), STR("series")));
	assert_non_null(level_warning(STR("item"), STR("item")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_made),
		cmocka_unit_test(odd_paths_have_names_too),
		cmocka_unit_test(rubbish_has_names),
		cmocka_unit_test(letters_do_not_depend_on_others),
		cmocka_unit_test(folders_are_remembered),
		cmocka_unit_test(media_types),
		cmocka_unit_test(nothing_lies_within_itself),
		cmocka_unit_test(levels),
	};
	return cmocka_run_group_tests_name("names, types, arrangement", tests, NULL, NULL);
}
