/* From BCP 47 to the names of tesseract's data. */
#include "images.h"

#include <string.h>

static const struct language {
	const char *tag;    /* with a script or region where that decides; the longest that fits is taken */
	const char *data;   /* as in tessdata */
	const char *script; /* as in tessdata/script */
} languages[] = {
	{"af", "afr", "Latin"},
	{"am", "amh", "Ethiopic"},
	{"ar", "ara", "Arabic"},
	{"as", "asm", "Bengali"},
	{"az", "aze", "Latin"},
	{"az-Cyrl", "aze_cyrl", "Cyrillic"},
	{"be", "bel", "Cyrillic"},
	{"bg", "bul", "Cyrillic"},
	{"bn", "ben", "Bengali"},
	{"bo", "bod", "Tibetan"},
	{"br", "bre", "Latin"},
	{"bs", "bos", "Latin"},
	{"ca", "cat", "Latin"},
	{"co", "cos", "Latin"},
	{"cs", "ces", "Latin"},
	{"cy", "cym", "Latin"},
	{"da", "dan", "Latin"},
	{"de", "deu", "Latin"},
	{"de-Latf", "Fraktur", "Fraktur"},
	{"dv", "div", "Thaana"},
	{"el", "ell", "Greek"},
	{"en", "eng", "Latin"},
	{"enm", "enm", "Latin"},
	{"eo", "epo", "Latin"},
	{"es", "spa", "Latin"},
	{"et", "est", "Latin"},
	{"eu", "eus", "Latin"},
	{"fa", "fas", "Arabic"},
	{"fi", "fin", "Latin"},
	{"fo", "fao", "Latin"},
	{"fr", "fra", "Latin"},
	{"frm", "frm", "Latin"},
	{"fy", "fry", "Latin"},
	{"ga", "gle", "Latin"},
	{"gd", "gla", "Latin"},
	{"gl", "glg", "Latin"},
	{"grc", "grc", "Greek"},
	{"gu", "guj", "Gujarati"},
	{"he", "heb", "Hebrew"},
	{"hi", "hin", "Devanagari"},
	{"hr", "hrv", "Latin"},
	{"ht", "hat", "Latin"},
	{"hu", "hun", "Latin"},
	{"hy", "hye", "Armenian"},
	{"id", "ind", "Latin"},
	{"is", "isl", "Latin"},
	{"it", "ita", "Latin"},
	{"ja", "jpn", "Japanese"},
	{"jv", "jav", "Latin"},
	{"ka", "kat", "Georgian"},
	{"kk", "kaz", "Cyrillic"},
	{"km", "khm", "Khmer"},
	{"kn", "kan", "Kannada"},
	{"ko", "kor", "Hangul"},
	{"ku", "kmr", "Latin"},
	{"ky", "kir", "Cyrillic"},
	{"la", "lat", "Latin"},
	{"lb", "ltz", "Latin"},
	{"lo", "lao", "Lao"},
	{"lt", "lit", "Latin"},
	{"lv", "lav", "Latin"},
	{"mi", "mri", "Latin"},
	{"mk", "mkd", "Cyrillic"},
	{"ml", "mal", "Malayalam"},
	{"mn", "mon", "Cyrillic"},
	{"mr", "mar", "Devanagari"},
	{"ms", "msa", "Latin"},
	{"mt", "mlt", "Latin"},
	{"my", "mya", "Myanmar"},
	{"nb", "nor", "Latin"},
	{"ne", "nep", "Devanagari"},
	{"nl", "nld", "Latin"},
	{"nn", "nor", "Latin"},
	{"no", "nor", "Latin"},
	{"oc", "oci", "Latin"},
	{"or", "ori", "Oriya"},
	{"pa", "pan", "Gurmukhi"},
	{"pl", "pol", "Latin"},
	{"ps", "pus", "Arabic"},
	{"pt", "por", "Latin"},
	{"qu", "que", "Latin"},
	{"ro", "ron", "Latin"},
	{"ru", "rus", "Cyrillic"},
	{"sa", "san", "Devanagari"},
	{"sd", "snd", "Arabic"},
	{"si", "sin", "Sinhala"},
	{"sk", "slk", "Latin"},
	{"sl", "slv", "Latin"},
	{"sq", "sqi", "Latin"},
	{"sr", "srp", "Cyrillic"},
	{"sr-Latn", "srp_latn", "Latin"},
	{"su", "sun", "Latin"},
	{"sv", "swe", "Latin"},
	{"sw", "swa", "Latin"},
	{"syr", "syr", "Syriac"},
	{"ta", "tam", "Tamil"},
	{"te", "tel", "Telugu"},
	{"tg", "tgk", "Cyrillic"},
	{"th", "tha", "Thai"},
	{"ti", "tir", "Ethiopic"},
	{"tl", "tgl", "Latin"},
	{"to", "ton", "Latin"},
	{"tr", "tur", "Latin"},
	{"tt", "tat", "Cyrillic"},
	{"ug", "uig", "Arabic"},
	{"uk", "ukr", "Cyrillic"},
	{"ur", "urd", "Arabic"},
	{"uz", "uzb", "Latin"},
	{"uz-Cyrl", "uzb_cyrl", "Cyrillic"},
	{"vi", "vie", "Vietnamese"},
	{"yi", "yid", "Hebrew"},
	{"yo", "yor", "Latin"},
	{"zh", "chi_sim", "HanS"},
	{"zh-HK", "chi_tra", "HanT"},
	{"zh-Hant", "chi_tra", "HanT"},
	{"zh-TW", "chi_tra", "HanT"},
};
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))
#define CHOSEN_MAX 4u /* each costs as much time as the first */

static const struct language *find(struct str tag)
{
	const struct language *found = NULL;
	for (size_t i = 0; i < LANGUAGES; i++) {
		size_t n = strlen(languages[i].tag);
		if (tag.n < n || memcmp(tag.p, languages[i].tag, n) != 0 || (tag.n > n && tag.p[n] != '-'))
			continue;
		if (!found || n > strlen(found->tag))
			found = &languages[i];
	}
	return found;
}

struct choice {
	bool (*have)(void *context, const char *name);
	void *context;
	struct buf *out;
	unsigned count;
};

static bool choose(struct choice *choice, const char *name)
{
	struct str chosen = buf_view(choice->out), piece, wanted = str_from(name);
	if (!choice->have(choice->context, name))
		return false;
	while (str_take_until(&chosen, '+', &piece))
		if (str_equal(piece, wanted))
			return true;
	if (choice->count == CHOSEN_MAX)
		return true;
	if (choice->count++ > 0)
		buf_char(choice->out, '+');
	buf_text(choice->out, name);
	return true;
}

/* The script's own data, else those of another language that is written in it: letters are better than nothing. */
static bool choose_script(struct choice *choice, const char *script)
{
	char path[64] = "script/";
	size_t n = strlen(script);
	memcpy(path + 7, script, n + 1);
	if (choose(choice, path) || choose(choice, script))
		return true;
	if (strcmp(script, "Fraktur") == 0)
		return choose(choice, "frk") || choose(choice, "deu_latf") || choose(choice, "deu");
	for (size_t i = 0; i < LANGUAGES; i++)
		if (strcmp(languages[i].script, script) == 0 && choose(choice, languages[i].data))
			return true;
	return false;
}

bool ocr_languages(struct str bcp47, bool (*have)(void *context, const char *name), void *context, struct buf *out)
{
	struct choice choice = {.have = have, .context = context, .out = out};
	struct str tag;
	while (str_take_until(&bcp47, ' ', &tag)) {
		const struct language *language = find(tag);
		if (language && !choose(&choice, language->data))
			choose_script(&choice, language->script);
	}
	return choice.count > 0 || choose(&choice, "eng") || choose_script(&choice, "Latin") ||
	       choose_script(&choice, "Cyrillic") || choose_script(&choice, "Arabic") || choose_script(&choice, "HanS");
}
