/* Names of records, made from paths. */
#include "crypto/crypto.h"
#include "internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#define SEGMENT_BYTES 100
#define NAME_BYTES 1000
#define DIGEST_DIGITS 12  /* of the SHA-256 that stands in for what cannot be said in a name */
#define EXTENSION_BYTES 8 /* longer ones are no extensions */

/* Letters of Latin alphabets and typographic marks are transliterated one by one, whatever stands beside them: each is asked for once. */
#define LATIN_FIRST 0xa0u
#define LATIN_LAST 0x24fu
#define MARKS_FIRST 0x2010u
#define MARKS_LAST 0x2027u
#define LETTERS (LATIN_LAST - LATIN_FIRST + 1 + MARKS_LAST - MARKS_FIRST + 1)

struct letter {
	char text[7];
	uint8_t n; /* 0: not asked for yet */
};

struct namer {
	UTransliterator *icu; /* NULL until a path needs it */
	UChar *wide;
	size_t wide_cap;
	struct buf narrow; /* transliterated segment */
	struct letter letters[LETTERS];
	/* The folder that the last path lay in, and what its name begins with: the next one often lies there too. */
	struct buf folder, folder_name;
};

struct namer *namer_new(void)
{
	return mem_alloc(sizeof(struct namer));
}

void namer_free(struct namer *namer)
{
	if (!namer)
		return;
	if (namer->icu)
		utrans_close(namer->icu);
	free(namer->wide);
	buf_release(&namer->narrow);
	buf_release(&namer->folder);
	buf_release(&namer->folder_name);
	free(namer);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static int icu_open(struct namer *namer, struct err *err)
{
	static const UChar rules[] = u"NFC; Any-Latin; Latin-ASCII; Lower";
	UErrorCode status = U_ZERO_ERROR;
	if (namer->icu)
		return 0;
	namer->icu = utrans_openU(rules, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	if (U_SUCCESS(status))
		return 0;
	namer->icu = NULL;
	return err_set(err, ERR_SYSTEM,
		"ICU cannot transliterate (%s): its data files are missing; install libicu, or give the record an id",
		u_errorName(status));
}

/* Into namer->narrow. Transliteration may make text longer: tried again with more room until it fits. */
static int transliterate(struct namer *namer, struct str segment, struct err *err)
{
	if (segment.n > RECORD_PATH_MAX)
		return err_set(
			err, ERR_LIMIT, "a name in the path has %zu bytes; at most %u are taken", segment.n, RECORD_PATH_MAX);
	if (icu_open(namer, err) < 0)
		return -1;
	for (size_t cap = segment.n * 4 + 64;; cap *= 2) {
		UErrorCode status = U_ZERO_ERROR;
		int32_t n = 0, limit, wide_n;
		if (cap > namer->wide_cap) {
			namer->wide = mem_grow(namer->wide, cap, sizeof(UChar));
			namer->wide_cap = cap;
		}
		u_strFromUTF8(namer->wide, (int32_t)namer->wide_cap, &n, segment.p, (int32_t)segment.n, &status);
		limit = wide_n = n;
		if (U_SUCCESS(status))
			utrans_transUChars(namer->icu, namer->wide, &wide_n, (int32_t)namer->wide_cap, 0, &limit, &status);
		if (status == U_BUFFER_OVERFLOW_ERROR && cap < INT_MAX / 4)
			continue;
		if (U_FAILURE(status))
			return err_set(err, ERR_SYSTEM, "ICU cannot transliterate “%.*s” (%s); give the record an id",
				STR_ARG(segment), u_errorName(status));
		buf_clear(&namer->narrow);
		/* What is not ASCII by now becomes '-' anyway: one byte a unit is enough. */
		for (int32_t i = 0; i < wide_n; i++)
			buf_char(&namer->narrow, namer->wide[i] < 0x80 ? (char)namer->wide[i] : '-');
		return buf_check(&namer->narrow, "a name", err);
	}
}

/* U+0080 to U+FFFF from two or three bytes, which are valid UTF-8. */
static unsigned decode(const char *p, size_t *step)
{
	const unsigned char *u = (const unsigned char *)p;
	*step = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (*step == 2)
		return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	return *step == 3 ? (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu) : 0;
}

/* The letter's place; LETTERS if it is none of them. */
static size_t letter_number(unsigned point)
{
	if (point >= LATIN_FIRST && point <= LATIN_LAST)
		return point - LATIN_FIRST;
	if (point >= MARKS_FIRST && point <= MARKS_LAST)
		return point - MARKS_FIRST + LATIN_LAST - LATIN_FIRST + 1;
	return LETTERS;
}

static bool only_letters(struct str segment)
{
	for (size_t i = 0, step = 1; i < segment.n; i += step) {
		step = 1;
		if ((unsigned char)segment.p[i] >= 0x80 && letter_number(decode(segment.p + i, &step)) == LETTERS)
			return false;
	}
	return true;
}

/* The same as transliterate(), letter by letter; 1 if that cannot be done. */
static int by_letters(struct namer *namer, struct str segment, struct err *err)
{
	struct buf whole = BUF_INIT;
	int result = -1;
	for (size_t i = 0, step = 1; i < segment.n; i += step) {
		step = 1;
		if ((unsigned char)segment.p[i] < 0x80) {
			buf_char(&whole, segment.p[i]);
			continue;
		}
		struct letter *letter = &namer->letters[letter_number(decode(segment.p + i, &step))];
		if (letter->n == 0) {
			if (transliterate(namer, (struct str){segment.p + i, step}, err) < 0)
				goto out;
			if (namer->narrow.n == 0 || namer->narrow.n > sizeof(letter->text)) {
				result = 1;
				goto out;
			}
			letter->n = (uint8_t)namer->narrow.n;
			memcpy(letter->text, namer->narrow.p, letter->n);
		}
		buf_add(&whole, letter->text, letter->n);
	}
	struct buf swap = namer->narrow;
	namer->narrow = whole;
	whole = swap;
	result = buf_check(&namer->narrow, "a name", err);
out:
	buf_release(&whole);
	return result;
}

/* `n` behind *out are a segment: cut to what a segment may have, without a '-' or '.' at its end. */
static void trim_end(struct buf *out, size_t at, size_t most)
{
	if (out->n - at > most)
		out->n = at + most;
	while (out->n > at && (out->p[out->n - 1] == '-' || out->p[out->n - 1] == '.'))
		out->n--;
	if (out->p)
		out->p[out->n] = '\0';
}

static void add_digest(struct buf *out, struct str of)
{
	struct hash hash;
	sha256(of.p, of.n, &hash);
	buf_hex(out, hash.b, DIGEST_DIGITS / 2);
}

/* Letters that a name cannot have become '-', one for any number in a row, none beside a '.' or at the ends. */
static void sanitize(struct str text, struct buf *out)
{
	char *p = buf_reserve(out, text.n), *end = p;
	if (!p)
		return;
	for (size_t i = 0; i < text.n; i++) {
		char c = ascii_lower(text.p[i]);
		char last = end > p ? end[-1] : '\0';
		if ((c >= 'a' && c <= 'z') || ascii_digit(c) || (c == '_' && last))
			*end++ = c;
		else if (!last || c == '_')
			continue;
		else if (c == '.' && last == '-')
			end[-1] = '.';
		else if (last != '-' && last != '.')
			*end++ = c == '.' ? '.' : '-';
	}
	*end = '\0';
	out->n += (size_t)(end - p);
}

static int add_segment(struct namer *namer, struct str segment, struct buf *out, struct err *err)
{
	size_t at = out->n;
	struct str text = segment;
	/* Both Unicode forms of a name are told apart by nothing else: the digest is of what they have in common. */
	if (!is_ascii(segment)) {
		int done = only_letters(segment) ? by_letters(namer, segment, err) : 1;
		if (done < 0 || (done > 0 && transliterate(namer, segment, err) < 0))
			return -1;
		text = buf_view(&namer->narrow);
	}
	sanitize(text, out);
	if (out->n - at > SEGMENT_BYTES) {
		trim_end(out, at, SEGMENT_BYTES - DIGEST_DIGITS - 1);
		buf_char(out, '-');
		add_digest(out, text);
	} else {
		trim_end(out, at, SEGMENT_BYTES);
	}
	if (out->n == at && !out->failed) {
		buf_char(out, 'n');
		add_digest(out, segment);
	}
	return 0;
}

/* Behind the last dot, short, with a letter in it: "txt", "jp2", not "1927" nor " Smith". */
static struct str without_extension(struct str segment)
{
	size_t dot = segment.n;
	while (dot > 0 && segment.p[dot - 1] != '.')
		dot--;
	if (dot < 2 || segment.n == dot || segment.n - dot > EXTENSION_BYTES)
		return segment;
	bool letter = false;
	for (size_t i = dot; i < segment.n; i++) {
		if (!ascii_alpha(segment.p[i]) && !ascii_digit(segment.p[i]))
			return segment;
		letter = letter || ascii_alpha(segment.p[i]);
	}
	return letter ? (struct str){segment.p, dot - 1} : segment;
}

/* All segments but the last. */
static int add_folder(struct namer *namer, struct str folder, struct buf *out, struct err *err)
{
	struct str rest = folder, segment;
	size_t start = out->n;
	if (folder.n && str_equal(folder, buf_view(&namer->folder))) {
		buf_str(out, buf_view(&namer->folder_name));
		return 0;
	}
	while (str_take_until(&rest, '/', &segment)) {
		if (segment.n == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
			continue;
		if (add_segment(namer, segment, out, err) < 0)
			return -1;
		buf_char(out, '/');
	}
	buf_clear(&namer->folder);
	buf_clear(&namer->folder_name);
	buf_str(&namer->folder, folder);
	buf_str(&namer->folder_name, (struct str){out->p ? out->p + start : "", out->n - start});
	/* Half remembered would be wrong. */
	if (namer->folder.failed || namer->folder_name.failed || out->failed)
		buf_clear(&namer->folder);
	return 0;
}

/* Too deep: whole segments as far as they go, then a digest of it all. */
static void shorten(struct str path, struct buf *out, size_t start)
{
	size_t kept = start + NAME_BYTES - SEGMENT_BYTES;
	while (out->p[kept] != '/')
		kept--;
	out->n = kept;
	buf_text(out, "/n");
	add_digest(out, path);
}

int namer_make(struct namer *namer, struct str path, bool drop_extension, struct buf *out, struct err *err)
{
	size_t start = out->n, slash = path.n;
	if (!utf8_valid(path))
		return err_set(err, ERR_SYNTAX,
			"the name “%.*s” is not UTF-8; rename it (convmv -f LATIN1 -t UTF-8), or give the record an id",
			STR_ARG(path));
	while (slash > 0 && path.p[slash - 1] != '/')
		slash--;
	struct str last = {path.p + slash, path.n - slash};
	if (slash && add_folder(namer, (struct str){path.p, slash}, out, err) < 0)
		goto fail;
	if (last.n && !str_equal(last, STR(".")) && !str_equal(last, STR(".."))) {
		if (add_segment(namer, drop_extension ? without_extension(last) : last, out, err) < 0)
			goto fail;
	} else if (out->n > start) {
		out->p[--out->n] = '\0';
	}
	if (out->n - start > NAME_BYTES)
		shorten(path, out, start);
	if (out->n == start) {
		buf_char(out, 'n');
		add_digest(out, path);
	}
	if (buf_check(out, "a name", err) == 0)
		return 0;
fail:
	out->n = start;
	if (out->p)
		out->p[start] = '\0';
	return -1;
}
