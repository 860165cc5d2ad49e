/* The words that a record may use: Dublin Core terms, levels, roles, event types. */
#include "internal.h"

#include <string.h>

/* Flags of a term. */
#define DATE 1u
#define RELATION 2u

static const struct {
	const char *name;
	unsigned flags;
} terms[DC_TERMS] = {
	[DC_TITLE] = {"title", 0},
	[DC_ALTERNATIVE] = {"alternative", 0},
	[DC_CREATOR] = {"creator", 0},
	[DC_CONTRIBUTOR] = {"contributor", 0},
	[DC_DATE] = {"date", DATE},
	[DC_CREATED] = {"created", DATE},
	[DC_ISSUED] = {"issued", DATE},
	[DC_MODIFIED] = {"modified", DATE},
	[DC_VALID] = {"valid", DATE},
	[DC_AVAILABLE] = {"available", DATE},
	[DC_DATE_ACCEPTED] = {"dateAccepted", DATE},
	[DC_DATE_COPYRIGHTED] = {"dateCopyrighted", DATE},
	[DC_DATE_SUBMITTED] = {"dateSubmitted", DATE},
	[DC_DESCRIPTION] = {"description", 0},
	[DC_ABSTRACT] = {"abstract", 0},
	[DC_TABLE_OF_CONTENTS] = {"tableOfContents", 0},
	[DC_SUBJECT] = {"subject", 0},
	[DC_COVERAGE] = {"coverage", 0},
	[DC_SPATIAL] = {"spatial", 0},
	[DC_TEMPORAL] = {"temporal", 0},
	[DC_LANGUAGE] = {"language", 0},
	[DC_TYPE] = {"type", 0},
	[DC_FORMAT] = {"format", 0},
	[DC_EXTENT] = {"extent", 0},
	[DC_MEDIUM] = {"medium", 0},
	[DC_IDENTIFIER] = {"identifier", 0},
	[DC_BIBLIOGRAPHIC_CITATION] = {"bibliographicCitation", 0},
	[DC_PUBLISHER] = {"publisher", 0},
	[DC_SOURCE] = {"source", RELATION},
	[DC_PROVENANCE] = {"provenance", 0},
	[DC_RELATION] = {"relation", RELATION},
	[DC_CONFORMS_TO] = {"conformsTo", RELATION},
	[DC_HAS_FORMAT] = {"hasFormat", RELATION},
	[DC_HAS_PART] = {"hasPart", RELATION},
	[DC_HAS_VERSION] = {"hasVersion", RELATION},
	[DC_IS_FORMAT_OF] = {"isFormatOf", RELATION},
	[DC_IS_REFERENCED_BY] = {"isReferencedBy", RELATION},
	[DC_IS_REPLACED_BY] = {"isReplacedBy", RELATION},
	[DC_IS_REQUIRED_BY] = {"isRequiredBy", RELATION},
	[DC_IS_TRANSLATION_OF] = {"isTranslationOf", RELATION},
	[DC_IS_VERSION_OF] = {"isVersionOf", RELATION},
	[DC_REFERENCES] = {"references", RELATION},
	[DC_REPLACES] = {"replaces", RELATION},
	[DC_REQUIRES] = {"requires", RELATION},
	[DC_RIGHTS] = {"rights", 0},
	[DC_RIGHTS_HOLDER] = {"rightsHolder", 0},
	[DC_ACCESS_RIGHTS] = {"accessRights", 0},
	[DC_LICENSE] = {"license", 0},
	[DC_AUDIENCE] = {"audience", 0},
	[DC_EDUCATION_LEVEL] = {"educationLevel", 0},
	[DC_INSTRUCTIONAL_METHOD] = {"instructionalMethod", 0},
	[DC_MEDIATOR] = {"mediator", 0},
	[DC_ACCRUAL_METHOD] = {"accrualMethod", 0},
	[DC_ACCRUAL_PERIODICITY] = {"accrualPeriodicity", 0},
	[DC_ACCRUAL_POLICY] = {"accrualPolicy", 0},
};

const char *const level_names[] = {"collection", "fonds", "subfonds", "series", "subseries", "file", "item", NULL};

const char *const file_roles[] = {"original", "scan", "transcription", "translation", "edition", "summary", "description",
	"metadata", "recording", "thumbnail", "other", NULL};

/* PREMIS event types (http://id.loc.gov/vocabulary/preservation/eventType), then ours: what befalls a document outside an archive. */
const char *const event_types[] = {"accession", "appraisal", "capture", "compiling", "compression", "creation", "deaccession",
	"decompression", "decryption", "deletion", "digital signature generation", "digital signature validation", "displaying",
	"dissemination", "encryption", "execution", "exporting", "extraction", "filename change", "fixity check",
	"forensic feature analysis", "format identification", "imaging", "information package creation",
	"information package merging", "information package splitting", "ingestion", "ingestion end", "ingestion start",
	"interpreting", "message digest calculation", "metadata extraction", "metadata modification", "migration", "modification",
	"normalization", "packing", "policy assignment", "printing", "quarantine", "recovery", "redaction", "refreshment",
	"rendering", "replication", "transfer", "unpacking", "unquarantine", "validation", "virus check",
	/* ours */
	"custody", "discovery", "loss", "publication", "transcription", "translation", NULL};

const char *dc_term_name(enum dc_term term)
{
	return terms[term].name;
}

bool dc_term_find(struct str name, enum dc_term *out)
{
	for (unsigned i = 0; i < DC_TERMS; i++)
		if (str_equal(name, str_from(terms[i].name))) {
			*out = (enum dc_term)i;
			return true;
		}
	return false;
}

bool dc_term_is_date(enum dc_term term)
{
	return terms[term].flags & DATE;
}

bool dc_term_is_relation(enum dc_term term)
{
	return terms[term].flags & RELATION;
}

bool word_in(struct str word, const char *const *list)
{
	for (; *list; list++)
		if (str_equal(word, str_from(*list)))
			return true;
	return false;
}

bool file_role_valid(struct str role)
{
	return word_in(role, file_roles);
}

bool event_type_valid(struct str type)
{
	return word_in(type, event_types);
}

struct str level_canonical(struct str level)
{
	if (str_equal(level, STR("sub-fonds")))
		return STR("subfonds");
	if (str_equal(level, STR("sub-series")))
		return STR("subseries");
	return level;
}

int level_rank(struct str level)
{
	level = level_canonical(level);
	for (int i = 0; level_names[i]; i++)
		if (str_equal(level, str_from(level_names[i])))
			return i;
	return -1;
}

const char *level_warning(struct str child, struct str parent)
{
	int low = level_rank(child), high = level_rank(parent);
	if (low < 0 || high < 0 || low > high)
		return NULL;
	if (low == high && low == level_rank(STR("item")))
		return "an item lies within an item: a record that has parts is usually of level file or above";
	return low == high ? "it is of the same level as the record that it is part of"
			   : "its level stands above that of the record that it is part of";
}

void words_list(const char *const *list, struct buf *out)
{
	for (size_t i = 0; list[i]; i++) {
		if (i)
			buf_text(out, list[i + 1] ? ", " : " or ");
		buf_text(out, list[i]);
	}
}

/* Levenshtein distance, ASCII case folded; words of at most 40 bytes, else far away. */
static unsigned word_distance(struct str a, struct str b)
{
	unsigned row[41];
	if (a.n > 40 || b.n > 40)
		return 100;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (ascii_lower(a.p[i - 1]) != ascii_lower(b.p[j - 1]));
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

void word_nearest_try(struct str word, const char *candidate, const char **best, unsigned *distance)
{
	unsigned d = word_distance(word, str_from(candidate));
	if (d < *distance && d <= 3 && d < word.n) {
		*distance = d;
		*best = candidate;
	}
}

const char *word_nearest(struct str word, const char *const *list)
{
	const char *best = NULL;
	unsigned distance = 100;
	for (; *list; list++)
		word_nearest_try(word, *list, &best, &distance);
	return best;
}

int record_access_parse(struct str text, enum record_access *access, int64_t *until, struct err *err)
{
	int64_t day = 0;
	if (str_equal(text, STR("open"))) {
		*access = RECORD_OPEN;
	} else if (str_equal(text, STR("closed"))) {
		*access = RECORD_CLOSED;
	} else if (str_starts(text, STR("embargo="))) {
		struct str date = {text.p + 8, text.n - 8};
		if (!date_parse(date, &day))
			return err_set(
				err, ERR_SYNTAX, "access: “%.*s” is no day; write it as in embargo=2050-01-01", STR_ARG(date));
		*access = RECORD_EMBARGO;
	} else {
		return err_set(
			err, ERR_SYNTAX, "access: “%.*s” is not known; write open, closed, or embargo=YYYY-MM-DD", STR_ARG(text));
	}
	if (until)
		*until = day;
	return 0;
}
