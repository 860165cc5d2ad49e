/* Words that letters and editions are known by, in English, German, French and Russian; and what letters are capitals. */
#include "recognise.h"

#include <string.h>

static const char *const salutation[] = {"dear", "my dear", "my dearest", "dearest", "my own", "my beloved", "beloved", "honoured",
	"honored", "hello", "hi", "esteemed", "most honoured", "respected", "gentlemen", "to whom it may concern", "lieber",
	"liebe", "liebes", "liebster", "liebste", "mein lieber", "meine liebe", "meine lieben", "mein liebster", "meine liebste",
	"mein liebes", "geliebter", "geliebte", "sehr geehrter", "sehr geehrte", "geehrter", "geehrte", "hochgeehrter",
	"sehr verehrter", "sehr verehrte", "verehrter", "verehrte", "hochverehrter", "hochverehrte", "werter", "werte", "teurer",
	"teure", "theurer", "theure", "hochwohlgeborener", "cher", "chère", "chers", "chères", "mon cher", "ma chère", "mes chers",
	"mes chères", "très cher", "très chère", "bien cher", "bien chère", "mon bien cher", "дорогой", "дорогая", "дорогие",
	"дорогое", "мой дорогой", "моя дорогая", "милый", "милая", "милые", "милостивый государь", "милостивая государыня",
	"любезный", "любезная", "уважаемый", "уважаемая", "уважаемые", "многоуважаемый", "многоуважаемая", "глубокоуважаемый",
	"глубокоуважаемая", "родной", "родная", "родные", "здравствуй", "здравствуйте", NULL};
/* With nothing or a title behind them. */
static const char *const salutation_alone[] = {"sir", "sirs", "madam", "my lord", "your grace", "your majesty", "your excellency",
	"reverend sir", "comrade", "comrades", "friends", "friend", "mein herr", "herr", "gnädige frau", "gnädiger herr", "genosse",
	"genossen", "freund", "monsieur", "madame", "mademoiselle", "messieurs", "mesdames", "citoyen", "camarade", "camarades",
	"товарищ", "товарищи", "господа", "господин", "друг мой", "друзья", NULL};
static const char *const closing[] = {"yours truly", "yours sincerely", "yours faithfully", "yours very truly", "yours ever",
	"ever yours", "yours affectionately", "yours respectfully", "very truly yours", "sincerely yours", "sincerely",
	"respectfully", "respectfully yours", "faithfully yours", "affectionately", "affectionately yours", "most sincerely",
	"cordially", "fraternally", "with love", "with all my love", "with kind regards", "with kindest regards",
	"with best wishes", "with best regards", "with warm regards", "with fraternal greetings", "with communist greetings",
	"kind regards", "best regards", "best wishes", "warm regards", "warmly", "regards", "your obedient", "your most obedient",
	"your humble", "your affectionate", "your loving", "your ever", "your sincere", "your faithful", "your devoted",
	"your friend", "your son", "your daughter", "your brother", "your sister", "your mother", "your father", "i remain",
	"i am, sir", "i am, dear", "i have the honour to", "i have the honor to", "believe me", "mit freundlichen",
	"mit freundlichem", "mit herzlichen", "mit herzlichem", "mit besten", "mit bestem", "mit vorzüglicher",
	"mit ausgezeichneter", "mit hochachtung", "mit den besten", "mit vielen grüßen", "mit kommunistischem",
	"mit sozialistischem", "mit parteigruß", "hochachtungsvoll", "herzlichst", "herzliche grüße", "herzlichen gruß",
	"viele grüße", "beste grüße", "liebe grüße", "freundliche grüße", "es grüßt", "es grüßen", "sei gegrüßt", "ihr ergebener",
	"ihr ergebenster", "ihr sehr ergebener", "ihre ergebene", "euer ergebener", "ergebenst", "in treue", "in liebe",
	"in freundschaft", "veuillez agréer", "veuillez recevoir", "veuillez croire", "recevez", "agréez", "croyez",
	"je vous prie d", "je vous embrasse", "je t’embrasse", "je t'embrasse", "bien à vous", "bien à toi", "tout à vous",
	"tout à toi", "cordialement", "amicalement", "affectueusement", "amitiés", "sincèrement", "respectueusement",
	"votre dévoué", "votre très", "votre ami", "votre serviteur", "salutations", "с уважением", "с глубоким уважением",
	"с искренним", "с приветом", "с коммунистическим", "с товарищеским", "с любовью", "искренне ваш", "искренно ваш",
	"искренне", "преданный вам", "ваш покорный", "всегда ваш", "всего хорошего", "всего доброго", "крепко обнимаю", "обнимаю",
	"целую", "крепко целую", "жму руку", "крепко жму", "остаюсь", "примите уверения", NULL};
/* Only in few words. */
static const char *const closing_short[] = {"yours", "love", "ever", "truly", "faithfully", "devotedly", "dein", "deine", "ihr",
	"ihre", "euer", "eure", "gruß", "grüße", "votre", "ton", "ta", "baisers", "ваш", "ваша", "твой", "твоя", "привет", NULL};
static const char *const postscript[] = {"p.s.", "ps", "p. s.", "p.s", "p.p.s.", "pps", "p.-s.", "p.–s.", "postscript",
	"post scriptum", "post-scriptum", "n.s.", "n. s.", "nachschrift", "nachtrag", "з.ы.", "п.с.", "постскриптум", "приписка",
	NULL};
static const char *const notes[] = {"notes", "note", "footnotes", "endnotes", "editor's notes", "editor’s notes", "editorial notes",
	"notes and references", "notes to the letter", "references", "annotations", "anmerkungen", "anmerkung", "fußnoten",
	"fussnoten", "endnoten", "anmerkungen des herausgebers", "notes de bas de page", "notes de l'éditeur", "notes de l’éditeur",
	"примечания", "примечание", "сноски", "примечания редакции", NULL};
static const char *const introduction[] = {"introduction", "preface", "foreword", "prefatory note", "introductory note",
	"editor's introduction", "editor’s introduction", "einleitung", "einführung", "vorwort", "vorbemerkung", "préface",
	"avant-propos", "présentation", "введение", "предисловие", "вступление", "от редакции", NULL};
static const char *const chapter[] = {"chapter", "part", "book", "section", "act", "scene", "canto", "appendix", "volume", "letter",
	"kapitel", "teil", "buch", "abschnitt", "anhang", "akt", "szene", "brief", "chapitre", "partie", "livre", "acte", "scène",
	"annexe", "lettre", "глава", "часть", "книга", "раздел", "приложение", "письмо", "действие", NULL};
static const char *const month[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september",
	"october", "november", "december", "jan", "feb", "apr", "aug", "sept", "sep", "oct", "nov", "dec", "januar", "jänner",
	"februar", "feber", "märz", "mai", "juni", "juli", "oktober", "dezember", "okt", "dez", "janvier", "février", "mars",
	"avril", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre", "января", "февраля", "марта", "апреля",
	"мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря", NULL};
static const char *const signed_[] = {
	"(signed)", "signed", "[signed]", "(gez.)", "gez.", "signé", "(signé)", "подпись", "(подпись)", NULL};
static const char *const to[] = {"to", "an", "à", "au", "aux", "monsieur", "madame", "herrn", "frau", "к", "товарищу", "господину",
	"the", "mr.", "mrs.", "messrs.", "dr.", NULL};

static const char *const *const lists[WORD_LISTS] = {
	salutation, salutation_alone, closing, closing_short, postscript, notes, introduction, chapter, month, signed_, to};

/* ---- letters ---- */

static uint32_t lower(uint32_t point)
{
	if ((point >= 'A' && point <= 'Z') || (point >= 0xc0 && point <= 0xde && point != 0xd7) ||
		(point >= 0x410 && point <= 0x42f))
		return point + 32;
	if (point >= 0x400 && point <= 0x40f)
		return point + 80;
	if (point >= 0x100 && point <= 0x17f && point != 0x130 && point != 0x138 && point != 0x149 && point != 0x17f) {
		/* Pairs, the capital first; between U+0139 and U+0148 and from U+0179 on the capitals are the odd ones. */
		bool odd = (point >= 0x139 && point <= 0x148) || point >= 0x179;
		return (point & 1) == odd ? point + 1 : point;
	}
	if (point >= 0x391 && point <= 0x3a9)
		return point + 32;
	return point;
}

static bool is_upper(uint32_t point)
{
	return lower(point) != point;
}

static bool is_letter(uint32_t point)
{
	return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
	       (point >= 0xc0 && point <= 0x24f && point != 0xd7 && point != 0xf7) || (point >= 0x370 && point <= 0x1fff) ||
	       point >= 0x2c00;
}

static size_t step(struct str text, size_t at, uint32_t *point)
{
	size_t n = at < text.n ? utf8_step((const unsigned char *)text.p + at, text.n - at, point) : 0;
	return n;
}

static size_t put_point(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | (point >> 6));
		out[1] = (char)(0x80 | (point & 63));
		return 2;
	}
	return 0;
}

struct str fold(struct str text, char out[FOLDED])
{
	size_t n = 0, at = 0, bytes;
	uint32_t point;
	while (n + 4 <= FOLDED && (bytes = step(text, at, &point)) > 0) {
		size_t written = put_point(out + n, lower(point));
		if (written == 0) {
			memcpy(out + n, text.p + at, bytes);
			written = bytes;
		}
		n += written;
		at += bytes;
	}
	return (struct str){out, n};
}

/* ---- lists ---- */

static bool letter_at(struct str text, size_t at)
{
	uint32_t point;
	return step(text, at, &point) > 0 && is_letter(point);
}

size_t begins_with(struct str folded, enum word_list list)
{
	size_t best = 0;
	for (const char *const *word = lists[list]; *word; word++) {
		if (folded.n == 0 || **word != folded.p[0])
			continue; /* nearly all of them */
		struct str entry = str_from(*word);
		if (entry.n > best && str_starts(folded, entry) && !letter_at(folded, entry.n))
			best = entry.n;
	}
	return best;
}

bool is_one_of(struct str folded, enum word_list list)
{
	size_t n = begins_with(folded, list);
	while (n > 0 && n < folded.n && strchr(".: \t*-_=", folded.p[n]))
		n++;
	return n > 0 && n == folded.n;
}

bool has_month(struct str folded)
{
	for (size_t i = 0; i < folded.n; i++) {
		bool start = i == 0 || (!letter_before(folded, i) && ((unsigned char)folded.p[i] & 0xc0) != 0x80);
		if (start && begins_with((struct str){folded.p + i, folded.n - i}, WORDS_MONTH))
			return true;
	}
	return false;
}

size_t word_count(struct str text)
{
	size_t count = text.n > 0;
	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == ' ' || text.p[i] == '\n';
	return count;
}

/* ---- ends and beginnings ---- */

static const char *const quotes[] = {"\"", "'", "“", "”", "„", "‘", "’", "‚", "«", "»", "‹", "›", "(", ")", "[", "]", "_", "*"};

static size_t quote_at(struct str text)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		if (str_starts(text, str_from(quotes[i])))
			return strlen(quotes[i]);
	return 0;
}

bool ends_in(struct str text, const char *characters)
{
	bool again = true;
	while (again && text.n) {
		again = false;
		for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]) && !again; i++)
			if (str_ends(text, str_from(quotes[i]))) {
				text.n -= strlen(quotes[i]);
				again = true;
			}
	}
	return text.n && strchr(characters, text.p[text.n - 1]);
}

static uint32_t first_letter(struct str text)
{
	uint32_t point = 0;
	size_t quote;
	while ((quote = quote_at(text)) > 0) {
		text.p += quote;
		text.n -= quote;
	}
	return step(text, 0, &point) ? point : 0;
}

bool starts_upper(struct str text)
{
	return is_upper(first_letter(text));
}

bool starts_lower(struct str text)
{
	uint32_t point = first_letter(text);
	return is_letter(point) && !is_upper(point) && point < 0x590;
}

bool all_capitals(struct str text)
{
	size_t letters = 0, at = 0, bytes;
	uint32_t point;
	while ((bytes = step(text, at, &point)) > 0) {
		if (is_letter(point)) {
			if (!is_upper(point))
				return false;
			letters++;
		}
		at += bytes;
	}
	return letters >= 2 && at == text.n;
}

bool letter_before(struct str text, size_t at)
{
	uint32_t point;
	size_t start = at;
	while (start > 0 && ((unsigned char)text.p[--start] & 0xc0) == 0x80)
		;
	return at > 0 && step(text, start, &point) > 0 && is_letter(point);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool has_year(struct str text)
{
	for (size_t i = 0; i + 4 <= text.n; i++) {
		bool year = (text.p[i] == '1' || (text.p[i] == '2' && text.p[i + 1] == '0')) && digit(text.p[i + 1]) &&
			    digit(text.p[i + 2]) && digit(text.p[i + 3]);
		if (year && (i == 0 || !digit(text.p[i - 1])) && (i + 4 == text.n || !digit(text.p[i + 4])))
			return true;
	}
	return false;
}

/* 16.11.1927, 16/11/27, 1927-11-16 */
bool has_numeric_date(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t n = i, groups = 0;
		char separator = 0;
		if (!digit(text.p[i]) || (i > 0 && digit(text.p[i - 1])))
			continue;
		for (;;) {
			size_t digits = 0;
			while (n < text.n && digit(text.p[n])) {
				n++;
				digits++;
			}
			if (digits == 0 || digits == 3 || digits > 4)
				break;
			groups++;
			if (n + 1 >= text.n || !strchr("./-", text.p[n]) || (separator && text.p[n] != separator))
				break;
			separator = text.p[n++];
			while (n < text.n && text.p[n] == ' ')
				n++;
		}
		if (groups >= 3)
			return true;
	}
	return false;
}
