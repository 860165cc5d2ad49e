/* Inside room: what its files share. A request is answered by one thread with one desk; what is kept between requests belongs to struct room, under its lock. */
#ifndef PHOTOSTAT_ROOM_INTERNAL_H
#define PHOTOSTAT_ROOM_INTERNAL_H

#include "archive/archive.h"
#include "html.h"
#include "http/http.h"
#include "room/room.h"
#include "room/words.h"
#include "search/search.h"

/* ---- desk.c: handles, lent to one request at a time ----------------------------------------------------------------------------------- */

struct desk {
	struct archive *archive;
	struct catalogue *catalogue; /* the archive's, caught up */
	struct search *search;       /* the index of what is open to everybody; NULL: there is none */
	uint64_t search_inode;
	bool wants;   /* a text was looked for that is going to be read */
	bool waiting; /* a text was looked for that is not there yet: what is made now may soon be made better */
	bool cannot;  /* something could not be read that may be there: to say that it is absent would be wrong */
};
/* What pages depend on beside the request: whenever it changes, no page made before is shown again. */
struct stamp {
	uint64_t inode, size;    /* of the checkpoint's file, */
	int64_t seconds, nanos;  /* and its time */
	uint64_t held_inode;     /* of a holder's: how far it is */
	int64_t held_nanos, day; /* an embargo ends at midnight UTC: so access changes with the day, and else with the log alone */
	int64_t search_nanos;    /* of the search index, which may come later than the log */
};

/* ---- words.c: the interface's language --------------------------------------------------------------------------------------------------- */

/* By ?ui=, else by Accept-Language, else English. */
unsigned language_choose(const struct http_request *, bool *asked);
const char *language_tag(unsigned language);
/* The word of a vocabulary ("term.", "creator"), or NULL if this program has none for it. */
const char *word_of(unsigned language, const char *kind, struct str name);
/* "{1} page|{1} pages": the form for n. Appended; {1} is the number, grouped as the language does. */
void word_number(struct buf *, unsigned language, enum word, uint64_t n);
/* {1} to {3} replaced. */
void word_fill(struct buf *, unsigned language, enum word, struct str one, struct str two, struct str three);
void word_bytes(struct buf *, unsigned language, uint64_t bytes);
/* EDTF as people read it: "15 November 1927", "between 1920 and 1929", as it is where there is no form. */
void word_date(struct buf *, unsigned language, struct str edtf);
void word_day(struct buf *, unsigned language, int64_t seconds); /* the day, UTC */
bool language_is_right_to_left(struct str bcp47);

/* ---- page.c: one page being made --------------------------------------------------------------------------------------------------------- */

struct page {
	struct room *room;
	struct desk *desk;
	struct http_request *request;
	unsigned language;
	bool language_asked;
	unsigned depth; /* of the path: how many steps up the top is */
	unsigned status;
	bool kept;        /* may be shown again to others who ask for the same; true unless a page says otherwise */
	bool leave;       /* it is not the room's: somebody else answers */
	const char *type; /* of the answer; NULL: the page answered the request itself */
	struct buf body;
	struct html html;
	struct buf links;             /* value of the header Link, for machines; may be empty */
	struct drawing_page *drawing; /* drawing.h: pictures that it waits for */
};
/* Head, banner, navigation; the page's own content follows in <main>. Title without the archive's. */
void page_begin(struct page *, struct str title);
/* The same with a class for <main>, and more for <head>: `head` may be NULL. */
void page_begin_as(
	struct page *, struct str title, const char *main_class, void (*head)(void *context, struct page *), void *context);
void page_end(struct page *);
void page_say(struct page *, enum word);
void page_say_count(struct page *, enum word, uint64_t n);
void page_say_with(struct page *, enum word, struct str one, struct str two, struct str three);
void page_heading(struct page *, const char *element, const char *id, enum word);
/* A page's module of assets/, loaded with it. */
void page_script(struct page *, const char *asset);
const char *page_asset(const char *name); /* as it is served; NULL: not part of this build */

/* Links are relative, so that the tree may stand below any prefix. `path` is raw and is encoded here; query is encoded already (query_add), may be empty. */
void page_href(struct page *, const char *attribute, struct str path, struct str query, const char *fragment);
void page_link(struct page *, const char *class_name, struct str path, struct str query, struct str text); /* a whole <a> */
void query_add(struct buf *, const char *name, struct str value);
/* Letters, digits and what is in `plain` stay; the rest becomes %XX. */
void path_encode(struct buf *, struct str raw, const char *plain);
void page_up(const struct page *, struct buf *); /* from the page to the top: "./", "../../" */
/* Whether the asker has it already, by If-None-Match. The tag begins with W/. */
bool page_request_has(const struct http_request *, const char *etag);
/* r/NAME, r/NAME@N (version 0: none), with what follows it. Raw. */
void path_of_record(struct page *, struct buf *, struct str id, uint64_t version, const char *rest);
/* The number in a query parameter, at most `most`; `otherwise` if there is none. */
uint64_t page_number(const struct page *, const char *name, uint64_t most, uint64_t otherwise);
struct str page_asked(const struct page *, const char *name); /* a query parameter; empty if it is not there */
/* Previous and next of a list cut into pieces; `query` is what else stays in the link. */
void page_pieces(struct page *, struct str path, struct str query, uint64_t piece, bool more);

/* ---- label.c: what a record is called, the same wherever it is named --------------------------------------------------------------------------- */

enum label_kind {
	LABEL_TITLE,    /* its first title */
	LABEL_ORIGINAL, /* it was given none: what the one file or folder was called that it was deposited from, if that may be told */
	LABEL_NAME,     /* nor is that known: "letters/17", or urn:uuid:… of an id that is no permalink */
};
struct label {
	enum label_kind kind;
	struct str text; /* never empty; lives no longer than the record */
	struct str language;
	struct buf own;
};
/* Of a record without what is withheld. Release with label_release. */
void label_take(struct label *, struct desk *, const struct record *, struct str id);
void label_release(struct label *);
/* What the one file or folder was called that a record was deposited from, without the folders above it; of a record without what is withheld. Nothing is appended if
 * that is not known, or it was several. */
void original_name(const struct record *, struct buf *);

/* ---- shown.c: a record that is open, as a request asks for it ------------------------------------------------------------------------------ */

struct shown_file {
	struct record_file described; /* path, role, language, media_type, sequence */
	struct digest digest;
	uint64_t size;
	size_t at; /* of the object's files */
};
struct shown {
	struct archive_name name;
	struct access_view *view;
	struct archive_version version;
	bool gone;          /* every document of this version was expunged: 410, with what the log says of that */
	bool newest, asked; /* it is the newest version; the request named a version */
	uint64_t versions;
	struct record *record; /* without what is withheld */
	struct record *whole;  /* what views point into where `record` was replaced; else NULL */
	struct object_version *object;
	struct shown_file
		*files; /* those that may be read, in the order of their sequence, role and path; views into record and object */
	size_t file_count;
	struct str title; /* the label's text, never empty */
	struct str title_language;
	struct label label;
};
/* `typed`: NAME, NAME@N. Admits as the public is (access_admit). False: absent or closed, alike; or, if desk->cannot says so, it cannot be read now. */
bool shown_open(struct shown *, struct desk *, struct str typed);
void shown_release(struct shown *);
/* Of r/NAME…/WORD…: the longest record that there is, from the right, and what follows it ("/read/a.txt"; empty). */
bool shown_find(struct shown *, struct desk *, struct str rest, struct str *suffix);
const struct shown_file *shown_file(const struct shown *, struct str path); /* NULL: there is none that may be read */
bool shown_is_picture(const struct shown_file *);                           /* of a kind that browsers draw */

/* ---- pages: each makes one, or returns false for what is absent ------------------------------------------------------------------------------- */

bool front_page(struct page *);
bool results_page(struct page *);
bool browse_page(struct page *, struct str rest);
bool record_page(struct page *, struct shown *);
bool reading_page(struct page *, struct shown *, struct str path);
bool picture_page(struct page *, struct shown *, struct str number);
bool compare_page(struct page *);
bool log_page(struct page *, struct str rest);
bool about_page(struct page *);
void error_page(struct page *, unsigned status);
/* Of what is gone: the record's page, which tells when, by whose authority and why, as 410; never kept. */
bool gone_page(struct page *, struct shown *);

/* ---- extensions.c: where proof, citation and machines join ----------------------------------------------------------------------------------- */

/* In <head> of a record's page, and of its reading view. */
void extension_head(struct page *, struct shown *);
/* Sections of a record's page: what is proven of it; how it is cited, and other forms of it. */
void extension_proof(struct page *, struct shown *);
void extension_citation(struct page *, struct shown *);
/* Below a text: how it, or a block of it ("p12"; empty: none), is cited. */
void extension_citation_of_text(struct page *, struct shown *, struct str file, struct str block);
/* A path of the top ("oai", "feed", "api/v1/…" as far as share has it not), or a suffix of a record ("/citation.bib"): true if it was answered. It sets page->type and
 * writes page->body, or answers the request itself with page->kept = false. */
bool extension_answer(struct page *, struct str path);
bool extension_answer_record(struct page *, struct shown *, struct str suffix);
/* Whether a path below the top is theirs. */
bool extension_takes(struct str path);
/* Whether it is a form that one of them takes by POST; what such a request is answered with is never kept. */
bool extension_takes_form(const struct http_request *);

#endif
