/* machines: what programs ask the room for: lists and records as JSON, OAI-PMH, feeds, links between forms, TEI, bags. docs/machines.md.
 * Each answers from a desk (an archive and its catalogue) into a buffer, and shows only what access_… lets the public have: what is closed, embargoed,
 * expunged or absent is not listed, not counted and not told apart (P6, P7). Lists come in bounded pieces, whose tokens hold all that goes on. */
#ifndef PHOTOSTAT_ROOM_MACHINES_H
#define PHOTOSTAT_ROOM_MACHINES_H

#include "archive/archive.h"
#include "text/text.h"

struct desk;
struct shown;

/* ---- arguments.c: what stands behind '?', or in a form ------------------------------------------------------------------------------ */

#define ARGUMENTS_MAX 16u
struct arguments {
	struct arena arena;
	struct {
		struct str name, value;
	} one[ARGUMENTS_MAX];
	size_t count;
	bool repeated; /* some name came twice */
};
/* Decoded ('+' is a space). False: a bad escape, NUL, no UTF-8, more than ARGUMENTS_MAX, longer than 8 KiB. */
bool arguments_read(struct arguments *, struct str query);
void arguments_release(struct arguments *);
bool arguments_get(const struct arguments *, const char *name, struct str *value);
/* Every name is one of these, which ends with NULL. */
bool arguments_only(const struct arguments *, const char *const *names);

/* ---- xml.c -------------------------------------------------------------------------------------------------------------------------- */

/* Escaped for text and attributes; what XML 1.0 has no place for (controls, U+FFFE, U+FFFF) goes, invalid UTF-8 becomes U+FFFD. */
void xml_text(struct buf *, struct str);
void xml_element(struct buf *, const char *name, struct str text);
void xml_attribute(struct buf *, const char *name, struct str value); /* with a space in front */

/* ---- listing.c: records that are open, one after the other --------------------------------------------------------------------------- */

struct listed {
	uint64_t place;
	struct str id;
	struct archive_version version; /* the newest */
	bool gone;                      /* all of its documents were expunged */
	int64_t stamp; /* when what is open of it last changed: its newest entry's time by the keeper's clock, or the end of an embargo */
	struct record *record; /* without what is withheld, or names what is not open; NULL if not asked for. The lister's */
	struct access_view *view;
};
struct listing {
	uint64_t after;      /* place */
	int64_t from, until; /* of the stamp; INT64_MIN, INT64_MAX: any */
	struct str whole;    /* only what is part of this record, at any depth; empty: all */
	bool records;        /* with descriptions */
	bool gone;           /* those too whose documents were all expunged; else they are left out */
	unsigned limit;
	unsigned look; /* at so many records at most, whether they are given or not; 0: at all */
	/* filled */
	uint64_t last; /* place of the last one that was given, or looked at in vain before it was enough */
	bool more;     /* there is another, or some were not looked at */
};
/* Calls for at most `limit`. Of archives where clocks ran back `from` may miss what was logged meanwhile. */
int listing_run(struct desk *, struct listing *, int (*each)(void *, const struct listed *, struct err *), void *, struct err *);
/* One record, newest version, also if it is gone; -1: absent or closed (ERR_NOT_FOUND), or what went wrong. listed_release in any case. */
int listed_open(struct desk *, struct str id, bool record, struct listed *, struct err *);
void listed_release(struct listed *);
/* Whether it is open and something is left of it, and nothing else: it costs a look at its access, and more only of what was expunged from. */
bool listed_is_open(struct desk *, const struct catalogue_record *);
bool listed_is_part(struct desk *, struct str id, struct str whole);

/* redact.c: access_redact of what is shown: its record is another one then; views of files and title stay good. Once. */
int machine_redact_shown(struct desk *, struct shown *, bool *redacted, struct err *);

/* https://ORIGIN/ and what follows. */
void machine_url(struct buf *, struct desk *, const char *rest);
/* r/NAME of an id, without the base: NAME. The id itself if it is none of this archive's. */
struct str machine_name(struct desk *, struct str id);

/* ---- each a service ------------------------------------------------------------------------------------------------------------------ */

/* OAI-PMH 2.0, metadata as oai_dc; sets are the records that others are part of; what was expunged and is not closed is told as deleted, what is closed is not told (P7). Errors are answers: always whole. */
void oai_answer(struct desk *, struct str query, int64_t now, struct buf *out);

/* api/v1/openapi.json, api/v1/records, api/v1/search, api/v1/records/NAME[@N]. False: no such path. *status is 200, 400, 404 or 503. */
bool api_takes(struct str path);
bool api_answer(struct desk *, struct str path, struct str query, struct buf *out, unsigned *status);

/* api_search.c: api/v1/search with `q`. */
void api_search(struct desk *, const struct arguments *, struct buf *out, unsigned *status);
/* api.c, for it. */
void api_text(struct buf *out, const char *name, struct str value);
void api_number(struct buf *out, const char *name, uint64_t value);
void api_wrong(struct buf *out, unsigned *status, unsigned code, const char *text);

void feed_answer(struct desk *, struct buf *out); /* Atom, RFC 4287: the newest versions, of which something is left */
/* Sitemaps 0.9: an index, or with ?after=PLACE a part. False: no such part. */
bool sitemap_answer(struct desk *, struct str query, struct buf *out);
void robots_answer(struct desk *, struct buf *out);

/* tei.c: a text as TEI P5. */
struct tei_about {
	struct str title, archive, permalink, path;
	const struct record *record;
};
void tei_write(struct buf *, const struct text *, const struct tei_about *);

#endif
