/* Snowball's stemmers by language. The stem is made from the word with its accents, which the rules want, and folded afterwards. */
#include "internal.h"

#include <libstemmer.h>
#include <string.h>

/* Their order is that of the bits in search.languages, not of any file: a file names them. */
static const struct {
	const char *name, *two, *three, *other; /* Snowball's; ISO 639-1, 639-2 and a third */
} algorithms[] = {
	{"arabic", "ar", "ara", ""},
	{"armenian", "hy", "hye", "arm"},
	{"basque", "eu", "eus", "baq"},
	{"catalan", "ca", "cat", ""},
	{"danish", "da", "dan", ""},
	{"dutch", "nl", "nld", "dut"},
	{"english", "en", "eng", ""},
	{"finnish", "fi", "fin", ""},
	{"french", "fr", "fra", "fre"},
	{"german", "de", "deu", "ger"},
	{"greek", "el", "ell", "gre"},
	{"hindi", "hi", "hin", ""},
	{"hungarian", "hu", "hun", ""},
	{"indonesian", "id", "ind", ""},
	{"irish", "ga", "gle", ""},
	{"italian", "it", "ita", ""},
	{"lithuanian", "lt", "lit", ""},
	{"nepali", "ne", "nep", ""},
	{"norwegian", "no", "nor", "nb"},
	{"portuguese", "pt", "por", ""},
	{"romanian", "ro", "ron", "rum"},
	{"russian", "ru", "rus", ""},
	{"serbian", "sr", "srp", ""},
	{"spanish", "es", "spa", ""},
	{"swedish", "sv", "swe", ""},
	{"tamil", "ta", "tam", ""},
	{"turkish", "tr", "tur", ""},
	{"yiddish", "yi", "yid", ""},
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))
_Static_assert(ALGORITHMS <= STEMMERS_MAX, "a bit each");

unsigned stemmer_count(void)
{
	return (unsigned)ALGORITHMS;
}

const char *stemmer_name(unsigned number)
{
	return algorithms[number - 1].name;
}

unsigned stemmer_find(struct str language)
{
	char tag[4];
	size_t n = 0;

	while (n < language.n && language.p[n] != '-' && language.p[n] != '_')
		n++;
	if (n < 2 || n > 3)
		return 0;
	for (size_t i = 0; i < n; i++)
		tag[i] = (char)(language.p[i] | 0x20);
	tag[n] = '\0';
	if (strcmp(tag, "nn") == 0)
		return stemmer_find(STR("no"));
	for (unsigned i = 0; i < ALGORITHMS; i++)
		if (strcmp(tag, algorithms[i].two) == 0 || strcmp(tag, algorithms[i].three) == 0 ||
			strcmp(tag, algorithms[i].other) == 0)
			return i + 1;
	return 0;
}

bool stemmer_keeps_beginnings(unsigned number)
{
	static const char *const others[] = {"arabic", "dutch", "indonesian", "irish", "yiddish", "nepali", "tamil", "basque"};

	for (size_t i = 0; number > 0 && i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(stemmer_name(number), others[i]) == 0)
			return false;
	return true;
}

static bool has_digit(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] >= '0' && raw.p[i] <= '9')
			return true;
	return false;
}

void stem_word(struct stemmers *stemmers, unsigned number, struct str raw, struct buf *out)
{
	struct sb_stemmer **stemmer;
	const sb_symbol *stem = NULL;

	if (number == 0 || raw.n < 3 || has_digit(raw)) {
		fold_word(raw, out);
		return;
	}
	stemmer = &stemmers->of[number - 1];
	if (*stemmer == NULL)
		*stemmer = sb_stemmer_new(algorithms[number - 1].name, NULL);
	buf_clear(&stemmers->lower);
	lower_word(raw, &stemmers->lower);
	if (*stemmer != NULL)
		stem = sb_stemmer_stem(*stemmer, (const sb_symbol *)stemmers->lower.p, (int)stemmers->lower.n);
	if (stem != NULL && sb_stemmer_length(*stemmer) > 0)
		fold_word((struct str){(const char *)stem, (size_t)sb_stemmer_length(*stemmer)}, out);
	else
		fold_word(raw, out);
}

void stemmers_release(struct stemmers *stemmers)
{
	for (size_t i = 0; i < STEMMERS_MAX; i++) {
		sb_stemmer_delete(stemmers->of[i]);
		stemmers->of[i] = NULL;
	}
	buf_release(&stemmers->lower);
}
