/* Language tags: RFC 5646. */
#include "support.h"

static void tags_are_taken(void **state)
{
	(void)state;
	/* The RFC's own examples (appendix A), mostly, in odd case; and the canonical form. */
	static const struct {
		const char *given, *canonical;
	} good[] = {
		{"de", "de"},
		{"DE", "de"},
		{"fr", "fr"},
		{"ger", "ger"},
		{"zh-hant", "zh-Hant"},
		{"ZH-HANS", "zh-Hans"},
		{"sr-cyrl", "sr-Cyrl"},
		{"sr-Latn", "sr-Latn"},
		{"zh-cmn-hans-cn", "zh-cmn-Hans-CN"},
		{"cmn-Hans-CN", "cmn-Hans-CN"},
		{"zh-yue-HK", "zh-yue-HK"},
		{"zh-hans-cn", "zh-Hans-CN"},
		{"SR-LATN-RS", "sr-Latn-RS"},
		{"sl-ROZAJ", "sl-rozaj"},
		{"sl-rozaj-biske", "sl-rozaj-biske"},
		{"sl-nedis", "sl-nedis"},
		{"de-CH-1901", "de-CH-1901"},
		{"sl-IT-nedis", "sl-IT-nedis"},
		{"hy-latn-it-arevela", "hy-Latn-IT-arevela"},
		{"de-de", "de-DE"},
		{"en-us", "en-US"},
		{"es-419", "es-419"},
		{"de-CH-x-phonebk", "de-CH-x-phonebk"},
		{"az-Arab-x-AZE-derbend", "az-Arab-x-aze-derbend"},
		{"x-whatever", "x-whatever"},
		{"X-A-B-1", "x-a-b-1"},
		{"qaa-Qaaa-QM-x-southern", "qaa-Qaaa-QM-x-southern"},
		{"de-Qaaa", "de-Qaaa"},
		{"sr-Latn-QM", "sr-Latn-QM"},
		{"en-US-u-islamcal", "en-US-u-islamcal"},
		{"zh-CN-a-myext-x-private", "zh-CN-a-myext-x-private"},
		{"en-a-myext-b-another", "en-a-myext-b-another"},
		{"en-ca-X-CA", "en-CA-x-ca"},
		{"en-a-BBB-X-a-CCC", "en-a-bbb-x-a-ccc"},
		{"de-u-co-PHONEBK", "de-u-co-phonebk"},
		{"en-1996", "en-1996"},
		{"sgn-be-fr", "sgn-BE-FR"},
		{"I-KLINGON", "i-klingon"},
		{"en-gb-OED", "en-GB-oed"},
		{"zh-MIN-nan", "zh-min-nan"},
		{"zh-xiang", "zh-xiang"},
		{"grc", "grc"},
		{"la", "la"},
		{"und", "und"},
		{"mul", "mul"},
		{"zh-gan-yue-cmn", "zh-gan-yue-cmn"},
		{"en-4567-abcde", "en-4567-abcde"},
		{"a1-x", NULL},
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf out = BUF_INIT;
		struct err err = ERR_INIT;
		buf_text(&out, "<");
		int result = language_canonical(str_from(good[i].given), &out, &err);
		if (good[i].canonical && result < 0)
			fail_msg("%s refused: %s", good[i].given, err.text);
		if (!good[i].canonical)
			assert_int_equal(result, -1);
		else if (strcmp(out.p + 1, good[i].canonical) != 0)
			fail_msg("%s becomes %s, not %s", good[i].given, out.p + 1, good[i].canonical);
		/* Once more: nothing changes. */
		if (good[i].canonical) {
			struct buf again = BUF_INIT;
			assert_int_equal(language_canonical(str_from(good[i].canonical), &again, &err), 0);
			assert_string_equal(again.p, good[i].canonical);
			buf_release(&again);
		}
		buf_release(&out);
	}
}

static void others_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "empty"},
		{"d", "at least two"},
		{"German", "codes of two or three"},
		{"English", "codes of two or three"},
		{"engl", "codes of two or three"},
		{"de_AT", "letters, digits and hyphens"},
		{"de-", "nothing between"},
		{"-de", "nothing between"},
		{"de--AT", "nothing between"},
		{"a-DE", "at least two"},
		{"1a", "begins with a language"},
		{"419", "begins with a language"},
		{"de-419-DE", "“DE” cannot stand"},
		{"de-DE-Latn", "“Latn” cannot stand"},
		{"de-DE-1901-1901", "variant stands in it twice"},
		{"de-ROZAJ-rozaj", "variant stands in it twice"},
		{"ar-a-aaa-b-bbb-a-ccc", "extension stands in it twice"},
		{"de-a", "must be followed"},
		{"de-x", "must be followed"},
		{"x", "must be followed"},
		{"x-", "nothing between"},
		{"de-a-b-ccc", "must be followed"},
		{"en-a-x-private", "must be followed"},
		{"en-toolongsubtag", "at most eight"},
		{"zh-gan-yue-cmn-hak", "“hak” cannot stand"},
		{"de-Latn-Cyrl", "“Cyrl” cannot stand"},
		{"de AT", "letters, digits and hyphens"},
		{"de-ÄT", "letters, digits and hyphens"},
		{"de; en", "letters, digits and hyphens"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf out = BUF_INIT;
		struct err err = ERR_INIT;
		if (language_canonical(str_from(bad[i].text), &out, &err) == 0)
			fail_msg("“%s” taken as %s", bad[i].text, out.p);
		assert_err(&err, ERR_SYNTAX, bad[i].says);
		assert_int_equal(out.n, 0);
		buf_release(&out);
	}
	char far[LANGUAGE_MAX + 2];
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	memset(far, 'a', sizeof(far));
	assert_int_equal(language_canonical((struct str){far, LANGUAGE_MAX + 1}, &out, &err), -1);
	assert_err(&err, ERR_LIMIT, "at most");
	assert_int_equal(language_canonical((struct str){"de\0", 3}, &out, &err), -1);
	/* As many variants as there is room for, each another. */
	buf_clear(&out);
	struct buf many = BUF_INIT;
	buf_text(&many, "de");
	for (int i = 0; many.n + 6 <= LANGUAGE_MAX; i++)
		buf_printf(&many, "-vari%c", 'a' + i);
	assert_done(language_canonical(buf_view(&many), &out, &err), &err);
	buf_release(&many);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_taken),
		cmocka_unit_test(others_are_refused),
	};
	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
