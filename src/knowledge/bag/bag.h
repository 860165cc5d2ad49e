/* bag: BagIt without I/O: validation of bags of version 0.93 to 1.0, and the writing of 1.0 bags.
 * Sources: RFC 8493 (BagIt 1.0) and its drafts draft-kunze-bagit (0.93 to 0.97); docs/format/bag.md tells how versions differ, every code,
 * and where this validator and the Library of Congress' conformance suite disagree. */
#ifndef PHOTOSTAT_BAG_H
#define PHOTOSTAT_BAG_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "ocfl/ocfl.h" /* struct ocfl_tree: how a tree of files is read */

/* ---- validation ---------------------------------------------------------------------------------------------------- */

enum bag_level {
	BAG_ERROR,     /* the bag is not valid */
	BAG_WARNING,   /* it is, but something is against a SHOULD, or will trouble somebody */
	BAG_UNCHECKED, /* could not be read, or is beyond our limits or algorithms: no verdict; never passes */
};
struct bag_finding {
	enum bag_level level;
	const char *code;    /* "BAG-OXUM"; docs/format/bag.md lists them */
	const char *section; /* of RFC 8493: "2.2.2" */
	struct str path;     /* in the bag, as its file system or, if it is not there, its manifest spells it; empty: the bag */
	uint64_t line;       /* of the tag file `path`, from 1; 0: not about a line */
	struct str text;     /* one sentence */
};
/* The section of RFC 8493 that a code belongs to; NULL: there is no such code. */
const char *bag_code_section(const char *code);

/* One payload file whose every listed checksum was right. Views, good during the call. */
struct bag_file {
	struct str path;              /* as the file system spells it, with "data/" */
	uint64_t size;                /* octets */
	const struct digest *digests; /* those that manifests list, all verified */
	size_t digest_count;
};

/* What was done; the caller zeroes it. Counts only grow. */
struct bag_result {
	char version[8];        /* "0.97"; empty if not known */
	uint64_t files, octets; /* payload, as found; octets of those that could be read */
	uint64_t tag_files;     /* hashed */
	uint64_t read;          /* octets read for checksums, tag files too */
	uint64_t errors, warnings, unchecked;
	bool complete; /* the check came to its end: false is never a pass */
};
/* Complete, without error, nothing unchecked. */
bool bag_passed(const struct bag_result *);

#define BAG_MEMORY ((size_t)40 << 20)   /* what the lists of 100,000 files take stays below it */
#define BAG_LINE_MAX ((size_t)64 << 10) /* octets of a line of a tag file, in UTF-8; longer ones are an error finding */
#define BAG_VALUE_MAX ((size_t)1 << 20) /* octets of a value in bag-info.txt with its continuations */
struct bag_options {
	void *context;
	void (*found)(void *context, const struct bag_finding *); /* NULL: only count */
	/* Called for each payload file that proved right, in no order. -1 stops the check with that error. NULL: none. */
	int (*file)(void *context, const struct bag_file *, struct err *);
	/* Elements of bag-info.txt (package-info.txt before 0.96), in their order, repeated ones too; the lines of a continued value
	 * are joined by newlines. They are told before the payload is looked at. -1 stops. NULL: none. */
	int (*info)(void *context, struct str label, struct str value, struct err *);
	/* Called now and then (a file, a MiB). -1 stops the check with that error. NULL: none. */
	int (*progress)(void *context, const struct bag_result *, struct err *);
	size_t max_memory; /* for lists; 0: BAG_MEMORY */
	bool no_content; /* structure and lists only: no payload or tag file is hashed; `complete` stays false, `file` is not called */
};

/* Whether a folder is or claims to be a bag: bagit.txt, or a manifest beside a folder data. Errors of listing. */
int bag_recognise(const struct ocfl_tree *, const char *path, bool *is_bag, struct err *);

/* The whole check (RFC 8493 section 3: complete and valid) of the bag at `path` ("" is the tree's top). Nothing is fetched: a file that is
 * only in fetch.txt is a hole, and a hole is an error. Symbolic links and special files are refused, never followed. Names are compared
 * byte by byte and then by Unicode normal form: a file that is there in another form only is a warning, and no name is rewritten.
 * Each file is read once, whatever number of manifests list it, in bounded memory.
 * 0: the check came to its end (look into *result for the verdict); -1: it could not (what was found until then was reported):
 * ERR_NOT_FOUND no such folder; ERR_LIMIT lists too long for max_memory; what callbacks returned. */
int bag_validate(const struct ocfl_tree *, const char *path, const struct bag_options *, struct bag_result *, struct err *);

/* ---- writing --------------------------------------------------------------------------------------------------------- */

/* Takes the bytes of tag files, in pieces; pieces of several files alternate. `name`: "manifest-sha256.txt". */
struct bag_output {
	void *context;
	int (*append)(void *context, const char *name, struct str bytes, struct err *);
};
struct bag_about {
	struct str external_identifier; /* p == NULL: none */
	struct str software_agent;      /* the same */
	int64_t time;                   /* gives Bagging-Date, in UTC */
};
/* A BagIt 1.0 bag with manifests and tag manifests of SHA-256 and SHA-512, tag files in UTF-8 with LF. The caller writes the payload and
 * hands over its digests; nothing grows with the number of files. */
struct bag_writer;
/* `output` must outlive the writer. */
struct bag_writer *bag_writer_new(const struct bag_output *output);
/* A payload file, `path` below data/. ERR_SYNTAX: not UTF-8, absolute, empty parts, "." or ".."; errors of append. */
int bag_writer_file(struct bag_writer *, struct str path, uint64_t size, const struct digest *sha256, const struct digest *sha512,
	struct err *);
/* An element of bag-info.txt; they stand in the order of the calls, before those that bag_writer_end makes. Lines of a value become
 * continuations. ERR_SYNTAX: a label that cannot be one, no UTF-8, control characters; ERR_USAGE: a generated label (below). */
int bag_writer_info(struct bag_writer *, struct str label, struct str value, struct err *);
/* bag-info.txt (External-Identifier, Bag-Software-Agent, Bagging-Date, Payload-Oxum at its end), bagit.txt, tag manifests. */
int bag_writer_end(struct bag_writer *, const struct bag_about *, struct err *);
void bag_writer_free(struct bag_writer *);
/* Appends `name` with CR, LF and % as manifests write them, and back (what is not one of the three stays as it is). */
void bag_percent_encode(struct buf *out, struct str name);
void bag_percent_decode(struct buf *out, struct str written);
/* Payload-Oxum and Bagging-Date: true of this bag only, so not to be carried over from another one. Any case. */
bool bag_label_generated(struct str label);

#endif
