/* Letters that address nobody by name: date and place above, closing and signature below, and words said to somebody between them. */
#include "recognise.h"

#include <string.h>

#define TOP 12          /* rows in which the date may stand */
#define ROWS_MAX 300    /* of a letter */
#define WORDS_READ 4000 /* to find whom it speaks to */

/* As they are written within a sentence: German speaks to somebody in capitals. */
static const char *const you[] = {"you", "your", "yours", "Sie", "Ihnen", "Ihrem", "Ihren", "Ihres", "Du", "Dir", "Dich", "dir",
	"dich", "Euch", "vous", "votre", "vos", "toi", "вы", "вас", "вам", "вами", "ваш", "вашего", "Вы", "Вас", "Вам", "Вами",
	"Ваш", "Ваше", "Вашего", "Ваши", "ты", "тебя", "тебе", "твой", "твоё", "твое", "твои", "Ты", "Тебя", "Тебе", NULL};

static bool ends_sentence(char c)
{
	return c == '.' || c == '!' || c == '?' || c == ':';
}

/* Words to somebody, two at most are counted. A sentence's first word has its capital for another reason. */
static unsigned speaks_to(const struct sight *sight, size_t from, size_t to)
{
	unsigned count = 0;
	size_t read = 0;
	for (size_t i = from; i < to && count < 2 && read < WORDS_READ; i++) {
		struct str rest = sight_text(sight, i), word;
		bool begins = true;
		while (count < 2 && read++ < WORDS_READ && str_take_until(&rest, ' ', &word)) {
			bool ends = word.n > 0 && ends_sentence(word.p[word.n - 1]);
			while (word.n > 0 && strchr(".,;:!?\"')", word.p[word.n - 1]))
				word.n--;
			for (size_t k = 0; you[k] && word.n > 0; k++)
				if (!(begins && starts_upper(word)) && str_equal(word, str_from(you[k]))) {
					count++;
					break;
				}
			begins = ends;
		}
	}
	return count;
}

static bool has_kind(const struct sight *sight, size_t from, size_t to, enum text_kind kind)
{
	for (size_t i = from; i < to; i++)
		if (sight_row(sight, i)->kind == kind)
			return true;
	return false;
}

bool see_unaddressed(struct sight *sight)
{
	size_t date = 0, before, end;
	unsigned evidence = 0;
	while (date < sight->count && date < TOP && !is_dateline(sight, date))
		date++;
	if (date == sight->count || date == TOP)
		return false;
	/* Addresses and the like may stand between the date and the text; letter_end begins to look behind its second row. */
	before = date;
	end = letter_end(sight, before, &evidence);
	/* A name below a date is what a report in a newspaper has as well: a letter closes as letters do, or speaks to somebody. */
	bool closes = has_kind(sight, before + 1, end, TEXT_CLOSING), signs = has_kind(sight, before + 1, end, TEXT_SIGNATURE);
	if (end - before > ROWS_MAX || end < before + 3 ||
		!(signs ? closes || speaks_to(sight, before + 1, end) >= 2
			: closes && (evidence >= 2 || speaks_to(sight, before + 1, end) >= 2))) {
		letter_undo(sight, before, end);
		return false;
	}
	sight_row(sight, date)->kind = TEXT_DATELINE;
	letter_take(sight, date, end, true);
	return true;
}
