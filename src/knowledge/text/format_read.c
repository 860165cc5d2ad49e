/* photostat.text/v1, read: as strictly as it is written, for it comes from a program that a hostile document may have taken over. Nothing is taken that building would
 * not have made: what is settled when a text is built is checked here. */
#include "internal.h"

#include <string.h>

struct reading {
	struct text *text;
	struct str rest; /* of the line */
	uint64_t line;
	struct buf string;             /* the one read last */
	uint64_t pages, blocks, words; /* that there are to be */
	size_t notes, others;          /* blocks so far */
	bool cut;
	struct err *err;
};

static int wrong(struct reading *in, const char *what)
{
	return err_set(in->err, ERR_SYNTAX, "line %llu of the text: %s", (unsigned long long)in->line, what);
}

/* ---- pieces of a line ---- */

static bool at(struct reading *in, const char *literal)
{
	if (!str_starts(in->rest, str_from(literal)))
		return false;
	in->rest.p += strlen(literal);
	in->rest.n -= strlen(literal);
	return true;
}

static int want(struct reading *in, const char *literal)
{
	char what[80] = "there should be ";
	if (at(in, literal))
		return 0;
	strncat(what, literal, sizeof(what) - strlen(what) - 1);
	return wrong(in, what);
}

static int get_number(struct reading *in, const char *key, uint64_t most, uint64_t *number)
{
	size_t n = 0;
	if (want(in, key) < 0)
		return -1;
	while (n < in->rest.n && in->rest.p[n] >= '0' && in->rest.p[n] <= '9')
		n++;
	if (!decimal_parse((struct str){in->rest.p, n}, most, number))
		return wrong(in, "a number is none, or too large");
	in->rest.p += n;
	in->rest.n -= n;
	return 0;
}

static int get_u32(struct reading *in, const char *key, uint64_t most, uint32_t *number)
{
	uint64_t value;
	if (get_number(in, key, most, &value) < 0)
		return -1;
	*number = (uint32_t)value;
	return 0;
}

/* The only escapes that are written: other controls stand in no text. */
static int get_escape(struct reading *in, const char *p, size_t n)
{
	if (n < 2 || (p[1] != '"' && p[1] != '\\' && p[1] != 'n'))
		return wrong(in, "an escape that is not written so");
	buf_char(&in->string, p[1] == 'n' ? '\n' : p[1]);
	return 0;
}

/* Into in->string. */
static int get_string(struct reading *in, const char *key)
{
	if (want(in, key) < 0 || want(in, "\"") < 0)
		return -1;
	buf_clear(&in->string);
	for (;;) {
		size_t n = 0;
		while (n < in->rest.n && in->rest.p[n] != '"' && in->rest.p[n] != '\\')
			n++;
		if (n == in->rest.n)
			return wrong(in, "a string does not end");
		buf_add(&in->string, in->rest.p, n);
		if (in->rest.p[n] == '\\' && get_escape(in, in->rest.p + n, in->rest.n - n) < 0)
			return -1;
		bool end = in->rest.p[n] == '"';
		in->rest.p += n + (end ? 1 : 2);
		in->rest.n -= n + (end ? 1 : 2);
		if (end)
			return buf_check(&in->string, "a string of the text", in->err);
	}
}

static int get_kept(struct reading *in, const char *key, struct str *kept)
{
	if (get_string(in, key) < 0)
		return -1;
	*kept = keep_string(in->text, buf_view(&in->string));
	return str_equal(*kept, buf_view(&in->string)) ? 0 : wrong(in, "a string holds what none may hold, or too much");
}

static int get_language(struct reading *in, const char *key, struct str *language)
{
	if (get_string(in, key) < 0)
		return -1;
	text_set_language(in->text, buf_view(&in->string));
	*language = in->text->language;
	return str_equal(*language, buf_view(&in->string)) ? 0 : wrong(in, "the language is no canonical BCP 47 tag");
}

static int end_line(struct reading *in)
{
	return in->rest.n ? wrong(in, "there is more than there should be") : 0;
}

/* ---- lines ---- */

static int read_head(struct reading *in)
{
	struct text *text = in->text;
	struct str language;
	if (want(in, "{\"format\":\"photostat.text/v1\",") < 0 || get_kept(in, "\"title\":", &text->title) < 0 ||
		get_language(in, ",\"language\":", &language) < 0 || get_kept(in, ",\"source\":", &text->source) < 0)
		return -1;
	in->cut = at(in, ",\"cut\":true");
	if (!in->cut && want(in, ",\"cut\":false") < 0)
		return -1;
	if (get_number(in, ",\"pages\":", TEXT_PAGES_MAX, &in->pages) < 0 ||
		get_number(in, ",\"blocks\":", TEXT_BLOCKS_MAX, &in->blocks) < 0 ||
		get_number(in, ",\"words\":", TEXT_WORDS_MAX, &in->words) < 0 || want(in, "}") < 0)
		return -1;
	return end_line(in);
}

static int read_page(struct reading *in)
{
	struct text_page page;
	struct str label, image;
	uint32_t number;
	if (get_u32(in, "{\"page\":", TEXT_PAGES_MAX, &number) < 0 || get_kept(in, ",\"label\":", &label) < 0 ||
		get_kept(in, ",\"image\":", &image) < 0 || get_u32(in, ",\"width\":", UINT32_MAX, &page.width) < 0 ||
		get_u32(in, ",\"height\":", UINT32_MAX, &page.height) < 0 || want(in, "}") < 0)
		return -1;
	page.label = label;
	page.image = image;
	if (number != in->text->page_count + 1)
		return wrong(in, "the pages are not in order");
	text_add_page(in->text, &page);
	return end_line(in);
}

static bool boundary(struct str text, uint32_t at)
{
	return at == text.n || (at < text.n && ((unsigned char)text.p[at] & 0xc0) != 0x80);
}

/* Whether building and finishing would have left it so; references are looked at when all notes are known. */
static bool mark_sound(const struct reading *in, const struct text_mark *mark, struct str text, enum text_kind kind)
{
	bool blank = kind_white(kind) != WHITE_ALL;
	uint64_t end = (uint64_t)mark->at + mark->length;
	if (end > text.n || !boundary(text, mark->at) || !boundary(text, (uint32_t)end))
		return false;
	if (mark->number && (mark->kind != TEXT_PAGE || mark->number > in->text->page_count))
		return false;
	if (mark->kind == TEXT_PAGE)
		return mark->length == 0 && (mark->at < text.n || in->text->row_count == in->blocks);
	if (mark->kind == TEXT_LINE)
		return mark->length == 0 && mark->at < text.n;
	if (mark->length == 0)
		return mark->kind == TEXT_REFERENCE;
	if (mark->kind == TEXT_LINK && !link_target_valid(mark->target))
		return false;
	return !blank || (!strchr(" \n", text.p[mark->at]) && !strchr(" \n", text.p[end - 1]));
}

static int read_mark(struct reading *in, struct text_mark *mark)
{
	*mark = (struct text_mark){.target = {"", 0}};
	if (get_string(in, "[") < 0)
		return -1;
	if (!text_mark_named(buf_view(&in->string), &mark->kind))
		return wrong(in, "no such kind of mark");
	if (get_u32(in, ",", TEXT_MAX, &mark->at) < 0 || get_u32(in, ",", TEXT_MAX, &mark->length) < 0)
		return -1;
	if (str_starts(in->rest, STR(","))) {
		if (get_kept(in, ",", &mark->target) < 0)
			return -1;
		bool numbered = str_starts(in->rest, STR(","));
		if (numbered && get_u32(in, ",", TEXT_PAGES_MAX, &mark->number) < 0)
			return -1;
		if (numbered ? mark->number == 0 : mark->target.n == 0)
			return wrong(in, "a mark holds what is left out when it is nothing");
	}
	return want(in, "]");
}

static int read_marks(struct reading *in)
{
	struct text *text = in->text;
	uint32_t block = (uint32_t)text->row_count - 1;
	const struct row *row = &text->rows[block];
	struct str content = row_text(text, row);
	struct text_mark last = {.at = 0, .length = UINT32_MAX}, mark;
	do {
		if (read_mark(in, &mark) < 0)
			return -1;
		if (!mark_sound(in, &mark, content, (enum text_kind)row->kind))
			return wrong(in, "a mark is not as it can be");
		if (mark.at < last.at || (mark.at == last.at && mark.length > last.length))
			return wrong(in, "the marks are not in order");
		if (!place_mark(text, block, &mark))
			return err_set(in->err, ERR_LIMIT, "the text has more than %u marks", TEXT_MARKS_MAX);
		last = mark;
	} while (at(in, ","));
	return want(in, "]");
}

static int read_block_head(struct reading *in, uint32_t *level, struct str *label)
{
	enum text_kind kind;
	enum text_part part;
	if (get_string(in, ",\"kind\":") < 0)
		return -1;
	if (!text_kind_named(buf_view(&in->string), &kind))
		return wrong(in, "no such kind of block");
	if (get_string(in, ",\"part\":") < 0)
		return -1;
	if (!text_part_named(buf_view(&in->string), &part))
		return wrong(in, "no such part");
	*level = 0;
	*label = (struct str){"", 0};
	if (str_starts(in->rest, STR(",\"level\":")) && (get_u32(in, ",\"level\":", 999, level) < 0 || *level == 0))
		return wrong(in, "the level is not as it can be");
	if (str_starts(in->rest, STR(",\"label\":")) && (get_kept(in, ",\"label\":", label) < 0 || label->n == 0))
		return wrong(in, "the label is not as it can be");
	text_begin(in->text, kind, part, *level);
	return 0;
}

static int read_block(struct reading *in)
{
	struct text *text = in->text;
	struct str label, language = text->language;
	uint32_t level;
	char id[ID_MAX], right[ID_MAX];
	if (get_string(in, "{\"id\":") < 0)
		return -1;
	size_t id_n = in->string.n < ID_MAX - 1 ? in->string.n : ID_MAX - 1;
	memcpy(id, in->string.n ? in->string.p : "", id_n);
	id[id_n] = '\0';
	if (read_block_head(in, &level, &label) < 0)
		return -1;
	if (text->skipping)
		return err_set(in->err, ERR_LIMIT, "the text is longer than %u bytes", TEXT_MAX);
	struct row *row = &text->rows[text->row_count - 1];
	row->label = label;
	size_t *number = row->kind == TEXT_NOTE ? &in->notes : &in->others;
	row_id(row->kind == TEXT_NOTE, ++*number, right);
	if (strcmp(id, right) != 0)
		return wrong(in, "the ids are not in order");
	if (str_starts(in->rest, STR(",\"language\":"))) {
		int result = get_language(in, ",\"language\":", &row->language);
		text->language = language;
		if (result < 0)
			return -1;
		if (row->language.n == 0)
			return wrong(in, "the language is empty");
	}
	if (get_string(in, ",\"text\":") < 0)
		return -1;
	text_add(text, buf_view(&in->string));
	struct str content = row_text(text, row);
	if (!str_equal(content, buf_view(&in->string)) || clean_end(content.p, content.n) != content.n || !has_visible(content))
		return wrong(in, text->cut ? "the text is too long" : "a block's text holds what none may hold");
	if (at(in, ",\"marks\":[") && read_marks(in) < 0)
		return -1;
	return want(in, "}") < 0 ? -1 : end_line(in);
}

static bool word_sound(const struct text *text, const struct text_word *word)
{
	if (word->block >= text->row_count)
		return false;
	const struct row *row = &text->rows[word->block];
	struct str content = row_text(text, row);
	uint64_t end = (uint64_t)word->at + word->length;
	return word->length && end <= row->n && boundary(content, word->at) && boundary(content, (uint32_t)end) &&
	       !strchr(" \n", content.p[word->at]) && !strchr(" \n", content.p[end - 1]);
}

static int read_words(struct reading *in)
{
	struct text *text = in->text;
	uint32_t page;
	if (get_u32(in, "{\"words\":", text->page_count, &page) < 0 || want(in, ",\"boxes\":[") < 0)
		return -1;
	if (page == 0 || (text->word_count && text->words[text->word_count - 1].page >= page))
		return wrong(in, "the pages of words are not in order");
	do {
		struct text_word word = {.page = page};
		if (get_u32(in, "[", TEXT_BLOCKS_MAX, &word.block) < 0 || get_u32(in, ",", TEXT_MAX, &word.at) < 0 ||
			get_u32(in, ",", TEXT_MAX, &word.length) < 0 || get_u32(in, ",", UINT32_MAX, &word.x) < 0 ||
			get_u32(in, ",", UINT32_MAX, &word.y) < 0 || get_u32(in, ",", UINT32_MAX, &word.width) < 0 ||
			get_u32(in, ",", UINT32_MAX, &word.height) < 0 || want(in, "]") < 0)
			return -1;
		if (!word_sound(text, &word) || text->word_count >= in->words)
			return wrong(in, "a word is not as it can be");
		if (text->word_count && word_order(&text->words[text->word_count - 1], &word) > 0)
			return wrong(in, "the words are not in order");
		text->words = row_room(text->words, text->word_count, &text->word_cap, sizeof(struct text_word));
		text->words[text->word_count++] = word;
	} while (at(in, ","));
	return want(in, "]}") < 0 ? -1 : end_line(in);
}

/* ---- the whole ---- */

/* References name notes that are there. */
static int check_references(struct reading *in)
{
	struct text *text = in->text;
	size_t i;
	for (size_t m = 0; m < text->placed_count; m++) {
		const struct text_mark *mark = &text->placed[m].mark;
		if (mark->kind == TEXT_REFERENCE && mark->target.n &&
			(mark->target.p[0] != 'n' || !text_find(text, mark->target, &i)))
			return wrong(in, "a reference to a note that is not there");
	}
	return 0;
}

static int read_lines(struct reading *in, struct str bytes)
{
	struct text *text = in->text;
	while (str_take_line(&bytes, &in->rest)) {
		int result;
		in->line++;
		if (in->line == 1)
			result = read_head(in);
		else if (text->page_count < in->pages)
			result = read_page(in);
		else if (text->row_count < in->blocks)
			result = read_block(in);
		else if (text->word_count < in->words)
			result = read_words(in);
		else
			result = wrong(in, "there is more than its first line says");
		if (result < 0)
			return -1;
	}
	in->line++;
	if (bytes.n || in->line < 2 || text->page_count < in->pages || text->row_count < in->blocks || text->word_count < in->words)
		return wrong(in, "the text ends too early");
	return 0;
}

int text_read(struct text **out, struct str bytes, struct err *err)
{
	struct reading in = {.text = text_new(), .string = BUF_INIT, .err = err};
	*out = NULL;
	in.string.max = TEXT_MAX;
	int result = utf8_valid(bytes) ? read_lines(&in, bytes) : err_set(err, ERR_SYNTAX, "the text is not in UTF-8");
	if (result == 0) {
		number_rows(in.text);
		result = check_references(&in);
	}
	if (result == 0) {
		text_seal(in.text);
		in.text->cut = in.cut;
		*out = in.text;
	} else {
		text_free(in.text);
	}
	buf_release(&in.string);
	return result;
}

int text_read_head(struct text **out, uint64_t *pages, struct str bytes, struct err *err)
{
	struct reading in = {.text = text_new(), .string = BUF_INIT, .line = 1, .err = err};
	int result = -1;
	*out = NULL;
	*pages = 0;
	in.string.max = TEXT_HEAD_MAX;
	if (!str_take_line(&bytes, &in.rest) || !utf8_valid(in.rest))
		(void)wrong(&in, "it does not end, or is not in UTF-8");
	else
		result = read_head(&in);
	if (result == 0) {
		text_seal(in.text);
		*pages = in.pages;
		*out = in.text;
	} else {
		text_free(in.text);
	}
	buf_release(&in.string);
	return result;
}
