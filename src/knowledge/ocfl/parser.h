/* The inventory parser's own state: parse.c feeds, events.c follows the JSON with keys.c and values.c, check.c judges the whole. */
#ifndef PHOTOSTAT_OCFL_PARSER_H
#define PHOTOSTAT_OCFL_PARSER_H

#include "ocfl/internal.h"

#include <yajl/yajl_parse.h>

enum place {
	AT_TOP, /* before and after the root object */
	IN_ROOT,
	IN_MANIFEST,
	IN_MANIFEST_PATHS,
	IN_FIXITY,
	IN_FIXITY_BLOCK,
	IN_FIXITY_PATHS,
	IN_VERSIONS,
	IN_VERSION,
	IN_STATE,
	IN_STATE_PATHS,
	IN_USER,
};

enum field {
	FIELD_UNKNOWN,
	FIELD_ID,
	FIELD_TYPE,
	FIELD_ALGORITHM,
	FIELD_HEAD,
	FIELD_CONTENT_DIRECTORY,
	FIELD_MANIFEST,
	FIELD_VERSIONS,
	FIELD_FIXITY,
	FIELD_CREATED,
	FIELD_STATE,
	FIELD_MESSAGE,
	FIELD_USER,
	FIELD_NAME,
	FIELD_ADDRESS,
};
#define SEEN(field) (1u << (field))

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct inventory_parser {
	struct inventory *inventory;
	yajl_handle json;
	struct json_guard guard;
	uint64_t offset; /* of what is being fed */
	struct err err;  /* set once failed */
	bool failed;
	enum ocfl_version codes; /* whose codes are reported */
	inventory_report *report;
	void *context;

	enum place place;
	unsigned skip;    /* depth inside a value that is passed over; 0: none */
	enum field field; /* the key whose value comes next */
	uint32_t seen, version_seen, user_seen;
	bool versions_entered;
	uint32_t digest; /* of the key whose paths come next; NONE: reported already */
	uint32_t paths;  /* so far, of that digest */
	struct version version;
	char version_text[48];
	uint32_t stamp; /* counts states */
	/* fixity */
	ref algorithm;
	enum digest_alg fixity_alg;
	enum fixity_support support;
	const char *hex_code;
	ref fixity_digest;
	uint32_t fixity_key;
};

/* Reports; in a strict parser the first error ends the parse. */
void parser_found(struct inventory_parser *, enum ocfl_level, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Ends the parse. */
void parser_fail(struct inventory_parser *, enum err_code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void parser_full(struct inventory_parser *);
/* 1.1's code, or what 1.0 has for the same. */
const char *parser_code(const struct inventory_parser *, const char *code_1_0, const char *code_1_1);

/* A key of the specification: where it belongs, and what it means if its value is of another kind. */
struct field_rule {
	enum place place;
	enum field field;
	const char *name;
	enum json_kind kind;
	const char *code_1_0, *code_1_1;
};
const struct field_rule *field_rule(enum field); /* NULL for FIELD_UNKNOWN */

/* What reports show of a string of the inventory. */
#define SHOWN(s) (int)((s).n > 80 ? 80 : (s).n), (s).p

int parser_key(void *parser, const unsigned char *text, size_t n);
void parser_string(struct inventory_parser *, struct str); /* the value of parser->field */
void parser_manifest_path(struct inventory_parser *, struct str);
void parser_state_path(struct inventory_parser *, struct str);
void parser_fixity_path(struct inventory_parser *, struct str);

extern const yajl_callbacks parser_events;
/* Everything that can only be judged when all is read. */
void parser_check(struct inventory_parser *);

#endif
