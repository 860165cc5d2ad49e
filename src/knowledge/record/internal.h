/* record, inside: the model and what its files share. */
#ifndef PHOTOSTAT_RECORD_INTERNAL_H
#define PHOTOSTAT_RECORD_INTERNAL_H

#include "record/record.h"

/* ---- letters (language.c) ---- */

bool ascii_alpha(char);
bool ascii_digit(char);
char ascii_lower(char);
bool str_equal_fold(struct str, struct str); /* ASCII case folded */

/* ---- calendar.c: proleptic Gregorian ---- */

bool leap_year(int64_t year);
int days_in_month(int64_t year, int month);
int64_t day_number(int64_t year, int month, int day); /* days since 1970-01-01 */

/* ---- vocabulary.c ---- */

bool word_in(struct str, const char *const *list);
struct str level_canonical(struct str);
void words_list(const char *const *list, struct buf *out); /* "a, b or c" */
/* The word that was probably meant; NULL if none is near. */
const char *word_nearest(struct str, const char *const *list);
void word_nearest_try(struct str, const char *candidate, const char **best, unsigned *distance);

/* ---- text.c: what strings are taken ---- */

/* Replaces *text by what is kept of it: without white space at its ends, newlines as \n. `store` owns a changed copy. ERR_SYNTAX names
 * `what`: not UTF-8, control characters. */
int text_clean(struct str *text, struct buf *store, const char *what, struct err *);
int path_check(struct str path, struct err *);
struct str str_trim(struct str);

/* ---- model ---- */

#define LABELS_MAX 1000u /* different roles, languages and media types of files */

/* One file in 32 bytes and its path. */
struct file_row {
	const char *path;
	int64_t modified;
	uint32_t path_n, sequence;
	uint16_t role, language, media_type; /* of labels; 0: none */
	bool has_modified;
};

struct record {
	struct arena arena; /* all strings */
	size_t arrays;      /* bytes of the arrays below */
	struct str fields[RECORD_FIELDS];
	struct str unknown;
	uint32_t version;
	/* Words that this program does not know are taken as long as they are words: a later one may have added them. */
	bool lenient;
	bool sorted; /* files are in order of their paths */
	struct record_value *values;
	size_t value_count, value_cap;
	struct record_event *events;
	size_t event_count, event_cap;
	struct file_row *files;
	size_t file_count, file_cap;
	struct str *labels; /* [0] is empty */
	size_t label_count, label_cap;
};

/* ERR_SYNTAX names `what`, and the nearest or all words of the list. */
int vocabulary_check(const struct record *, const char *what, struct str word, const char *const *list, struct err *);
/* The value is checked and stands in *value afterwards as it is to be kept; `store` owns what had to be changed. */
int value_check(const struct record *, struct record_value *value, struct buf *store, struct err *);
int field_check(const struct record *, enum record_field, struct str *value, struct buf *store, struct err *);
int file_check(const struct record *, struct record_file *, struct buf *store, struct err *);
const char *field_name(enum record_field);
void record_sort_files(struct record *);
/* As the public ones, without sorting: the first `count` files must be in order. */
bool file_row_find(const struct record *, size_t count, struct str path, size_t *i);
void file_row_get(const struct record *, size_t i, struct record_file *);
int file_row_set(struct record *, size_t i, const struct record_file *, struct err *);
/* Room for one more of an array; ERR_LIMIT past the record's memory. */
int record_room(struct record *, void **array, size_t *cap, size_t count, size_t size, struct err *);
int record_keep(struct record *, struct str *, struct err *); /* into the arena */
/* What has been checked is copied and put in its place; an event gets the next number. ERR_LIMIT. */
int record_insert_value(struct record *, struct record_value, struct err *);
int record_insert_event(struct record *, struct record_event, struct err *);
/* Takes away the i-th value. */
void record_remove_value(struct record *, size_t i);
int record_set_value(struct record *, size_t i, const struct record_value *, struct err *);
void record_swap(struct record *, struct record *);

/* ---- keys of editing by hand and of tables: key.c ---- */

enum key_kind { KEY_TERM, KEY_WRITTEN, KEY_FIELD, KEY_FILE, KEY_PATH };
enum key_file { KEY_ROLE, KEY_SEQUENCE, KEY_LANGUAGE, KEY_MEDIA_TYPE };
struct key {
	enum key_kind kind;
	enum dc_term term;
	enum record_field field;
	enum key_file attribute;
	struct str language; /* of a term, as given; check with language_canonical */
	struct str path;     /* of a file */
};
/* ERR_SYNTAX: "%s" is no such key, and the nearest that is. `what` is what it is called: key, column. */
int key_parse(struct str, const char *what, struct key *, struct err *);
/* A file's attribute from text; empty takes it away. */
int key_file_set(struct record_file *, enum key_file, struct str value, struct err *);
bool key_file_attribute(struct str name, enum key_file *);
extern const char *const key_file_names[];

#endif
