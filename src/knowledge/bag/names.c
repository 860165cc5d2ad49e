/* Names that are the same to people but not to a file system (RFC 8493 section 6.1.1): compared, never rewritten. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* A name by the hash of its form. */
struct form {
	uint64_t hash;
	struct str path;
	struct unlisted *unlisted; /* or NULL: listed under this very name, and there */
};
struct forms {
	struct form *all;
	size_t count;
};

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return false;
	return true;
}

/* False if ICU cannot: then the name is compared as it is. */
static bool icu_form(struct buf *out, struct str text, bool fold)
{
	/* Neither normalising nor folding makes UTF-16 of UTF-8 more than 18 times as long (UAX 15, UAX 21). */
	size_t room = 18 * text.n + 1;
	UChar *a, *b;
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = 0, utf8_n = 0;
	bool good = false;

	if (room > INT32_MAX / 4)
		return false;
	a = mem_array(room, sizeof(*a));
	b = mem_array(room, sizeof(*b));
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	u_strFromUTF8(a, (int32_t)room, &n, text.p, (int32_t)text.n, &status);
	if (fold) {
		n = u_strFoldCase(b, (int32_t)room, a, n, U_FOLD_CASE_DEFAULT, &status);
		if (U_SUCCESS(status))
			memcpy(a, b, (size_t)n * sizeof(*a));
	}
	if (U_SUCCESS(status))
		n = unorm2_normalize(nfc, a, n, b, (int32_t)room, &status);
	char *to = U_SUCCESS(status) ? buf_reserve(out, 3 * (size_t)n) : NULL;
	if (to != NULL) {
		u_strToUTF8(to, 3 * n + 1, &utf8_n, b, n, &status);
		good = U_SUCCESS(status);
		if (good)
			out->n += (size_t)utf8_n;
		out->p[out->n] = '\0';
	}
	free(a);
	free(b);
	return good;
}

void name_form(struct buf *out, struct str text, bool fold)
{
	if (is_ascii(text)) {
		for (size_t i = 0; i < text.n; i++)
			buf_char(out, (char)(fold && text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]));
		return;
	}
	if (!utf8_valid(text) || !icu_form(out, text, fold))
		buf_str(out, text);
}

static uint64_t form_hash(struct buf *scratch, struct str path, bool fold)
{
	buf_clear(scratch);
	name_form(scratch, path, fold);
	return path_hash(buf_view(scratch));
}

static int compare_forms(const void *a, const void *b)
{
	const struct form *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return str_compare(x->path, y->path);
}

/* Equal hashes of different names are either equal forms or an accident too rare to plan for: a warning, no verdict, hangs on it. */
void compare_names(struct check *check)
{
	const struct listing *listing = &check->payload;
	struct forms forms = {mem_array(listing->count + 1, sizeof(struct form)), 0};
	struct buf scratch = BUF_INIT;

	for (size_t i = 0; i < listing->capacity; i++)
		if (listing->table[i] != NULL) {
			struct str path = entry_path(listing, listing->table[i]);
			forms.all[forms.count++] = (struct form){form_hash(&scratch, path, true), path, NULL};
		}
	qsort(forms.all, forms.count, sizeof(struct form), compare_forms);
	for (size_t i = 1; i < forms.count; i++) {
		struct str a = forms.all[i - 1].path, b = forms.all[i].path;
		if (forms.all[i].hash != forms.all[i - 1].hash)
			continue;
		if (form_hash(&scratch, a, false) == form_hash(&scratch, b, false))
			report(check, BAG_WARNING, "BAG-NORMAL-FORM", b, 0,
				"is listed beside a name that differs only in Unicode normal form; some systems take both for one");
		else
			report(check, BAG_WARNING, "BAG-CASE", b, 0,
				"is listed beside \"%.*s\", which differs only in case; some systems take both for one",
				STR_ARG(a));
	}
	buf_release(&scratch);
	free(forms.all);
}

/* Every file that is there, by normal form. */
static struct forms gather(struct check *check)
{
	const struct listing *listing = &check->payload;
	struct forms forms = {mem_array(listing->count + check->unlisted_count + 1, sizeof(struct form)), 0};
	struct buf scratch = BUF_INIT;

	for (size_t i = 0; i < listing->capacity; i++)
		if (listing->table[i] != NULL && listing->table[i]->seen) {
			struct str path = entry_path(listing, listing->table[i]);
			forms.all[forms.count++] = (struct form){form_hash(&scratch, path, false), path, NULL};
		}
	for (struct unlisted *u = check->unlisted; u != NULL; u = u->next)
		forms.all[forms.count++] = (struct form){form_hash(&scratch, u->path, false), u->path, u};
	qsort(forms.all, forms.count, sizeof(struct form), compare_forms);
	buf_release(&scratch);
	return forms;
}

static uint64_t hash_of(const void *form)
{
	return ((const struct form *)form)->hash;
}

static struct form *find_form(struct forms *forms, struct str path)
{
	struct buf scratch = BUF_INIT;
	uint64_t hash = form_hash(&scratch, path, false);
	size_t low = mem_place(forms->all, forms->count, sizeof(*forms->all), hash_of, hash);

	buf_release(&scratch);
	if (low == forms->count || forms->all[low].hash != hash)
		return NULL;
	/* Of several, one that nothing else stands for. */
	for (size_t i = low; i < forms->count && forms->all[i].hash == hash; i++)
		if (forms->all[i].unlisted != NULL && !forms->all[i].unlisted->matched)
			return &forms->all[i];
	return &forms->all[low];
}

static int match_one(struct check *check, struct forms *forms, struct entry *entry, struct err *err)
{
	struct str path = entry_path(&check->payload, entry);
	struct buf decoded = BUF_INIT;
	bool others;
	int result = 0;

	struct form *form = find_form(forms, path);
	if (form == NULL && !check->strict && memchr(path.p, '%', path.n) != NULL) {
		/* Drafts before 1.0 encoded line ends only, if at all: a name is first taken as it is written. */
		percent_decode(path, &decoded, &others);
		path = buf_view(&decoded);
		form = find_form(forms, path);
	}
	if (form == NULL) {
		path = entry_path(&check->payload, entry);
		if (entry->fetch)
			report(check, BAG_ERROR, "BAG-HOLE", path, 0,
				"is not here but in fetch.txt; photostat fetches nothing: complete the bag first");
		else
			report(check, BAG_ERROR, "BAG-MISSING", path, 0, "is listed but not there");
		goto out;
	}
	if (!str_equal(form->path, path))
		report(check, BAG_WARNING, "BAG-NORMAL-FORM", form->path, 0,
			"is listed in another Unicode normal form; the file is taken for it");
	bool again = form->unlisted == NULL || form->unlisted->matched;
	if (form->unlisted != NULL)
		form->unlisted->matched = true;
	result = verify_file(check, &check->payload, entry, form->path, again, err);
out:
	buf_release(&decoded);
	return result;
}

int match_missing(struct check *check, struct err *err)
{
	const struct listing *listing = &check->payload;
	struct forms forms = {NULL, 0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < listing->capacity; i++) {
		struct entry *entry = listing->table[i];
		if (entry == NULL || entry->seen)
			continue;
		if (forms.all == NULL)
			forms = gather(check);
		result = match_one(check, &forms, entry, err);
	}
	free(forms.all);
	return result;
}
