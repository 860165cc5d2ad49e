/* record: what an archive says about a document. photostat.json read, made, edited and written; Dublin Core terms, EDTF dates, BCP 47
 * languages, names made from paths, CSV, PREMIS events, arrangement, media types. Pure: no I/O, no clock.
 * Formats: docs/format/record.md, docs/format/csv.md. Sources: DCMI Metadata Terms, ISO 8601-2:2019 (EDTF levels 0 and 1), RFC 5646,
 * RFC 4180, PREMIS 3, ISAD(G). Promises P8 (plain files), P10 (bounded memory). */
#ifndef PHOTOSTAT_RECORD_H
#define PHOTOSTAT_RECORD_H

#include "base/base.h"

#define RECORD_FILE STR("photostat.json") /* its name in a version */
#define RECORD_SCHEMA STR("photostat.record/v1")

/* ---- dates: EDTF ---------------------------------------------------------------------------------------------------------------- */

/* Days since 1970-01-01, both included, in the proleptic Gregorian calendar; EDTF_OPEN_… where an interval is open or its end unknown.
 * first <= last. A season is the quarter of the year that it usually means north of the equator, spring 21 = March to May, winter 24 =
 * December to February of the next year; `1927~` is 1927 (search adds its own tolerance). Years beyond +-2,000,000,000 are clamped. */
#define EDTF_OPEN_FIRST INT64_MIN
#define EDTF_OPEN_LAST INT64_MAX
#define EDTF_MAX 100 /* bytes */
struct edtf_range {
	int64_t first, last;
};
struct edtf {
	struct edtf_range days;
	bool interval, season, time; /* a/b; a season; has a time of day */
	bool uncertain, approximate; /* somewhere qualified by ? or %, by ~ or % */
	bool unspecified;            /* somewhere X */
};
/* ISO 8601-2 levels 0 and 1, strict. ERR_SYNTAX says what is wrong, where, and gives an example that is right; ERR_LIMIT. Time is checked
 * and otherwise ignored. */
int edtf_parse(struct str, struct edtf *out, struct err *);

/* ---- languages: BCP 47 ------------------------------------------------------------------------------------------------------------- */

#define LANGUAGE_MAX 100 /* bytes */
/* Appends the tag in the case that RFC 5646 section 2.1.1 recommends ("de-AT", "zh-Hant", "x-…"). Well-formedness only (section 2.2.9),
 * grandfathered tags too; no registry is asked. ERR_SYNTAX says which subtag, ERR_LIMIT; *out is then as it was. */
int language_canonical(struct str tag, struct buf *out, struct err *);

/* ---- names of records --------------------------------------------------------------------------------------------------------------- */

/* Makes NAMEs ([a-z0-9][a-z0-9._-]{0,99}, joined by '/', at most 1000 bytes) out of relative paths: transliterated to Latin letters
 * without accents (ICU), lower case, everything else to '-' (docs/format/record.md, Names). The same path gives the same name, as long as
 * ICU's data stay the same; both Unicode forms of it do. Different paths may collide, which is the caller's to find. Never empty: what
 * leaves nothing, or too much, ends in a part of its SHA-256. */
struct namer;
struct namer *namer_new(void); /* cheap; the first path that is not ASCII opens ICU (about 10 ms, 5 MiB) */
void namer_free(struct namer *);
/* Appends. drop_extension: "Letters/To Anna.txt" gives "letters/to-anna" (for one file alone) instead of "letters/to-anna.txt" (where
 * letter.txt and letter.pdf may both become records). ERR_SYNTAX: not UTF-8. ERR_SYSTEM: ICU cannot be opened. O(n). */
int namer_make(struct namer *, struct str path, bool drop_extension, struct buf *out, struct err *);

/* ---- vocabularies -------------------------------------------------------------------------------------------------------------------- */

/* The terms of http://purl.org/dc/terms/ (properties) and isTranslationOf, which is ours: this record translates that one. Also the order in
 * which they are written. isPartOf is not here: it is the record's place in the arrangement (RECORD_IS_PART_OF). */
enum dc_term {
	DC_TITLE,
	DC_ALTERNATIVE,
	DC_CREATOR,
	DC_CONTRIBUTOR,
	DC_DATE,
	DC_CREATED,
	DC_ISSUED,
	DC_MODIFIED,
	DC_VALID,
	DC_AVAILABLE,
	DC_DATE_ACCEPTED,
	DC_DATE_COPYRIGHTED,
	DC_DATE_SUBMITTED,
	DC_DESCRIPTION,
	DC_ABSTRACT,
	DC_TABLE_OF_CONTENTS,
	DC_SUBJECT,
	DC_COVERAGE,
	DC_SPATIAL,
	DC_TEMPORAL,
	DC_LANGUAGE,
	DC_TYPE,
	DC_FORMAT,
	DC_EXTENT,
	DC_MEDIUM,
	DC_IDENTIFIER,
	DC_BIBLIOGRAPHIC_CITATION,
	DC_PUBLISHER,
	DC_SOURCE,
	DC_PROVENANCE,
	DC_RELATION,
	DC_CONFORMS_TO,
	DC_HAS_FORMAT,
	DC_HAS_PART,
	DC_HAS_VERSION,
	DC_IS_FORMAT_OF,
	DC_IS_REFERENCED_BY,
	DC_IS_REPLACED_BY,
	DC_IS_REQUIRED_BY,
	DC_IS_TRANSLATION_OF,
	DC_IS_VERSION_OF,
	DC_REFERENCES,
	DC_REPLACES,
	DC_REQUIRES,
	DC_RIGHTS,
	DC_RIGHTS_HOLDER,
	DC_ACCESS_RIGHTS,
	DC_LICENSE,
	DC_AUDIENCE,
	DC_EDUCATION_LEVEL,
	DC_INSTRUCTIONAL_METHOD,
	DC_MEDIATOR,
	DC_ACCRUAL_METHOD,
	DC_ACCRUAL_PERIODICITY,
	DC_ACCRUAL_POLICY,
	DC_TERMS
};
const char *dc_term_name(enum dc_term); /* "title"; below DC_TERMS */
bool dc_term_find(struct str name, enum dc_term *);
bool dc_term_is_date(enum dc_term);     /* its values are EDTF, with the date as written beside them */
bool dc_term_is_relation(enum dc_term); /* its values name other records or works */

/* "item" and so on; the deeper, the higher the rank. -1: no such level. Takes "sub-fonds" for "subfonds". */
int level_rank(struct str level);
extern const char *const level_names[]; /* NULL-terminated: collection fonds subfonds series subseries file item */
/* A sentence if a record of this level below that one is unusual (never an error); NULL if not, or if one has none. */
const char *level_warning(struct str child, struct str parent);

extern const char *const file_roles[];  /* NULL-terminated: original scan transcription translation … */
extern const char *const event_types[]; /* NULL-terminated: PREMIS event types, and ours (custody, loss, …) */
bool file_role_valid(struct str);
bool event_type_valid(struct str);

/* "open", "closed", "embargo=YYYY-MM-DD": as deposited. What the log says later stands above it. */
enum record_access { RECORD_OPEN, RECORD_CLOSED, RECORD_EMBARGO };
/* `until` (may be NULL): midnight UTC of the date, in seconds; 0 if it is no embargo. ERR_SYNTAX. */
int record_access_parse(struct str, enum record_access *, int64_t *until, struct err *);

/* The media type by the file's first bytes (as many as there are, 512 will do) and its extension; "application/octet-stream" if
 * nothing is known. A constant. */
const char *media_type_guess(struct str path, struct str first_bytes);

/* ---- records --------------------------------------------------------------------------------------------------------------------------- */

#define RECORD_MEMORY_MAX (size_t)(40u << 20) /* bytes of one record in memory; 100,000 files with paths of 60 bytes take 10 MiB */
#define RECORD_VALUES_MAX 10000u              /* values of terms */
#define RECORD_EVENTS_MAX 10000u
#define RECORD_TEXT_MAX (1u << 20) /* bytes of one value */
#define RECORD_PATH_MAX 65535u     /* bytes of one path */

/* One record. Strings that go in are copied; those that come out live until the record is cleared or freed. Not shared between threads.
 * Whoever hands over text is answered ERR_SYNTAX with a sentence that names field and text when it is not UTF-8, holds control characters
 * (newline and tab are fine in values), or does not follow the field's form; ERR_LIMIT past a maximum; the record is then as it was. */
struct record;
struct record *record_new(void);
void record_free(struct record *);
void record_clear(struct record *);                               /* as new, for the next one */
size_t record_memory(const struct record *);                      /* bytes it holds */
void record_copy(struct record *into, const struct record *from); /* `into` is cleared first */
/* What they would be written as is the same. */
bool record_equal(struct record *, struct record *);

enum record_field {
	RECORD_ID,             /* permalink or urn:uuid:… (form not checked here: entry/record_id_valid) */
	RECORD_LEVEL,          /* of level_names */
	RECORD_REFERENCE_CODE, /* ISAD(G) 3.1.1 */
	RECORD_IS_PART_OF,     /* id of the record that this one is arranged in */
	RECORD_ACCESS,         /* as record_access_parse takes */
	RECORD_ORIGINAL_NAME,  /* the path that it was deposited from, and its name was made from */
	RECORD_FIELDS
};
/* Empty: none. */
struct str record_field(const struct record *, enum record_field);
/* An empty value takes the field away. */
int record_set_field(struct record *, enum record_field, struct str value, struct err *);
uint32_t record_version(const struct record *); /* 0: none */
void record_set_version(struct record *, uint32_t);
/* The name of the first key in a stored photostat.json that this program does not know (RECORD_STORED); empty: none. Who would write the
 * record again would lose it: refuse, and say that a newer photostat wrote it. */
struct str record_unknown(const struct record *);

/* Values of terms: ordered by term, those of one term as they came. */
struct record_value {
	enum dc_term term;
	struct str value;    /* of a date term: EDTF, or empty if only `written` is known */
	struct str language; /* of the value's text; canonical BCP 47, or empty */
	struct str written;  /* of a date term: the date as the document has it, or empty */
};
size_t record_value_count(const struct record *);
void record_value(const struct record *, size_t i, struct record_value *);
/* Trims white space; a `language` term is made canonical. */
int record_add_value(struct record *, const struct record_value *, struct err *);
void record_remove_term(struct record *, enum dc_term);
struct str record_first(const struct record *, enum dc_term); /* first value; empty if none */
/* Ranges of date, created, issued and modified that have EDTF: at most max of them into out. Returns how many. */
size_t record_dates(const struct record *, struct edtf_range *out, size_t max);
/* Languages of `language` values and of files, each once, at most max of them. */
size_t record_languages(const struct record *, struct str *out, size_t max);

/* Events: numbered from 1 in their order; never changed, only superseded. An accession is an event of type "accession" that has a number. */
struct record_event {
	uint32_t number;     /* given by record_add_event */
	uint32_t supersedes; /* number of an earlier event; 0: none */
	struct str type;     /* of event_types */
	struct str date;     /* EDTF; empty: not known */
	struct str agent;    /* who did it */
	struct str note;
	struct str evidence;                   /* id of a record that proves it */
	struct str accession, from, agreement; /* of an accession: its number, who gave, on what terms */
};
size_t record_event_count(const struct record *);
void record_event(const struct record *, size_t i, struct record_event *);
/* `number` of the event given is ignored; *number (may be NULL) is the one it got. ERR_NOT_FOUND: supersedes an event that is not there;
 * ERR_EXISTS: one that is superseded already (named). */
int record_add_event(struct record *, const struct record_event *, uint32_t *number, struct err *);
bool record_event_superseded(const struct record *, uint32_t number);
/* The last accession that is not superseded. */
bool record_accession(const struct record *, struct record_event *);

/* Files, by path (bytes). Looking at them sorts them if files were added since (O(n log n)): do not add and look by turns; add all that
 * there are, then lay over them what was said about them (record_overlay). */
struct record_file {
	struct str path;
	struct str role;       /* of file_roles; empty: not said */
	struct str language;   /* canonical BCP 47; empty: not said */
	struct str media_type; /* type/subtype; empty: not known */
	uint32_t sequence;     /* place among the record's files, from 1; 0: not said */
	bool has_modified;
	int64_t modified; /* the source's time of last change, seconds */
};
size_t record_file_count(const struct record *);
void record_file(struct record *, size_t i, struct record_file *); /* the i-th by path */
bool record_find_file(struct record *, struct str path, size_t *i);
/* Adds one: amortised O(1). That a path is there twice is found by record_check. */
int record_add_file(struct record *, const struct record_file *, struct err *);
/* Replaces all but the path of the i-th. */
int record_set_file(struct record *, size_t i, const struct record_file *, struct err *);
void record_remove_files(struct record *);
/* Leaves the events alone; sets version to 0. */
void record_keep_events(struct record *);
/* ERR_EXISTS: a path given twice (named). */
int record_check(struct record *, struct err *);

/* `from` laid over `into`: a term that `from` has replaces all values of it, a field replaces the field; events are appended (numbered
 * anew, supersedes following them), but for those that `into` has in the same words, in their order; a file's attributes that `from` says replace those of the file with its path, which is added if it is
 * not there. id, version and original name too. */
int record_overlay(struct record *into, struct record *from, struct err *);

/* ---- photostat.json ------------------------------------------------------------------------------------------------------------------------ */

enum record_source {
	RECORD_STORED, /* of a version that the log commits to: unknown keys are passed over, see record_unknown */
	RECORD_GIVEN, /* handed in: unknown keys are refused by name; `schema` may lack; terms may stand at the top; one value needs no list */
};
/* Streaming; strict JSON: no duplicate keys, no lone surrogates, UTF-8 with or without byte order mark. ERR_SYNTAX names key and line. */
struct record_parser;
struct record_parser *record_parser_new(enum record_source);
int record_parser_feed(struct record_parser *, const void *, size_t, struct err *);  /* after an error: the same again */
int record_parser_finish(struct record_parser *, struct record **out, struct err *); /* *out is the caller's */
void record_parser_free(struct record_parser *);
int record_parse(struct record **out, struct str json, enum record_source, struct err *); /* all at once */

/* Writes it: the same record gives the same bytes, always (docs/format/record.md). Beside the record itself, 64 KiB. */
typedef int record_sink(void *context, const void *, size_t, struct err *);
int record_write(struct record *, record_sink *, void *context, struct err *);
void record_format(struct record *, struct buf *out); /* the same, appended; look at out->failed */

/* ---- editing by hand -------------------------------------------------------------------------------------------------------------------------- */

/* KEY=VALUE, KEY+=VALUE, or KEY= (takes it away). KEY: a term ("creator"), with a language ("title@de") or of a date term its written form
 * ("date.written": belongs to the date before it); level, referenceCode, isPartOf, access, id; file:PATH:role, :sequence, :language, :mediaType. */
enum record_put {
	RECORD_DESCRIBE, /* --meta: = adds to what is there; a field that takes one value is refused when it is given twice */
	RECORD_EDIT,     /* edit: = replaces what is there, += adds */
};
/* ERR_USAGE: no '='; ERR_SYNTAX: unknown key (the nearest known one is named) or a value that the key does not take; the record is as
 * it was. With RECORD_EDIT a file must be in the record (ERR_NOT_FOUND), with RECORD_DESCRIBE it is added. */
int record_put(struct record *, struct str assignment, enum record_put, struct err *);

/* The text that an editor is given: `key: value` lines, continued by indentation; comments with '#' (docs/format/record.md). Files are
 * listed if they are at most RECORD_TEXT_FILES. */
#define RECORD_TEXT_FILES 1000
void record_text_write(struct record *, struct buf *out);
/* Takes it back: terms and fields become those of the text; files that it lists get the attributes listed; the rest stays. ERR_SYNTAX
 * names the line; the record is then as it was. */
int record_text_read(struct record *, struct str text, struct err *);

/* ---- CSV ------------------------------------------------------------------------------------------------------------------------------------------ */

/* RFC 4180: UTF-8 with or without byte order mark, CRLF or LF, quotes where needed, newlines inside quotes. Nothing else is guessed. */
#define CSV_ROW_MAX (8u << 20) /* bytes */
#define CSV_FIELDS_MAX 1000u   /* fields of a row */
struct csv_row {
	uint64_t line; /* on which it begins, from 1 */
	const struct str *fields;
	size_t count;
};
typedef int csv_each(void *context, const struct csv_row *, struct err *); /* -1 stops with that error */
struct csv_reader;
struct csv_reader *csv_reader_new(csv_each *, void *context);
/* ERR_SYNTAX and ERR_LIMIT name the line; after an error: the same again. Empty lines are passed over. */
int csv_reader_feed(struct csv_reader *, const void *, size_t, struct err *);
int csv_reader_finish(struct csv_reader *, struct err *); /* the last row may lack its newline */
void csv_reader_free(struct csv_reader *);
/* Appends one field (first: no comma before it), quoted if it must be; csv_end ends the row with CRLF. A row stands in one buf. */
void csv_field(struct buf *, bool first, struct str);
void csv_end(struct buf *);

/* Columns of a deposit's table: path, id, terms, level, referenceCode, isPartOf, access, date.written …, in any order, any of them
 * repeated for repeated values. The k-th date.written belongs to the k-th date. */
struct columns;
/* From the header. ERR_SYNTAX names a column that is not known, or one that may not be repeated. */
int columns_parse(struct columns **out, const struct csv_row *header, struct err *);
bool columns_have(const struct columns *, struct str name);
/* One row into a record (cleared first) and its paths: the `path` field split at '|' ("\|" is a bar, "\\" a backslash), appended to
 * *paths, each ended by NUL. RECORD_ID is set if there is an id. ERR_SYNTAX names line and column; a row with more fields than columns is
 * refused unless they are empty, one with fewer is taken as if the others were empty. */
int columns_read(const struct columns *, const struct csv_row *, struct record *, struct buf *paths, struct err *);
/* For writing: see every record once, then write header and rows. Columns that no record needs are left out, path and id stay. */
struct columns *columns_new(void);
int columns_note(struct columns *, const struct record *, struct err *);
void columns_header(struct columns *, struct buf *out);
/* `paths` are joined by '|'. */
void columns_row(const struct columns *, const struct record *, const struct str *paths, size_t path_count, struct buf *out);
void columns_free(struct columns *);

/* ---- arrangement ------------------------------------------------------------------------------------------------------------------------------------- */

#define ARRANGEMENT_DEPTH_MAX 64
/* Appends to *parent what the record is part of; nothing if it is at the top or not known. */
typedef int record_parent(void *context, struct str id, struct buf *parent, struct err *);
/* Whether `id` may be part of `parent`: ERR_CONFLICT if `parent` is, at any depth, part of `id` (the chain is named), ERR_LIMIT if it is
 * deeper than ARRANGEMENT_DEPTH_MAX. */
int arrangement_check(struct str id, struct str parent, record_parent *, void *context, struct err *);

#endif
