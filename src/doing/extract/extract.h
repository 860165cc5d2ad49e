/* extract: the text of documents and pictures of their pages, made in sandboxed workers (photostat-extract, a program of its own) and kept under
 * derived/ (P8: deletable at any time). The process that calls never parses a document: it hands the worker one descriptor and reads what
 * comes back as untrusted input, bounded in bytes and time (P9). docs/format/text.md, docs/design.md "Extraction". */
#ifndef PHOTOSTAT_EXTRACT_H
#define PHOTOSTAT_EXTRACT_H

#include "archive/archive.h"
#include "base/base.h"
#include "text/text.h"

#define EXTRACT_SECONDS 120         /* of processor time, unless the job says another */
#define EXTRACT_IMAGES_SECONDS 1800 /* the same, of what is recognised page after page */
#define EXTRACT_PICTURE_SECONDS 20  /* the same, of a picture of a region */
#define EXTRACT_WORKERS_MAX 2u      /* of one run */
#define EXTRACT_MEMORY (1ull << 30) /* bytes */

/* ---- one document --------------------------------------------------------------------------------------------------------------- */

/* The worker programs are looked for in $PHOTOSTAT_EXTRACT (a folder), else beside the running program: ../libexec/photostat, or where the build puts them. */

/* How far the kernel shuts a worker in. */
enum extract_level {
	EXTRACT_UNKNOWN,
	EXTRACT_LIMITS,   /* rlimits, no new privileges, no descriptors but its two */
	EXTRACT_SECCOMP,  /* and system calls filtered: no network, no files of others */
	EXTRACT_LANDLOCK, /* and the file system out of reach, but for the programs and fonts that it runs */
};
struct extract_job {
	int fd;                /* of the document, at its beginning; stays the caller's */
	struct str media_type; /* as the record has it; empty: by name and content */
	struct str name;       /* the file's name */
	struct str languages;  /* BCP 47, joined by spaces: what OCR expects */
	uint64_t seconds;      /* 0: EXTRACT_SECONDS, or EXTRACT_IMAGES_SECONDS, of processor time */
	uint64_t memory;       /* 0: 1 GiB */
};
struct extract_outcome {
	enum extract_level level;
	bool cut;
	char why[256]; /* if it failed: one sentence for the reader of the state */
};
/* 0: *out is the finished text (of a document without any: no blocks). -1, ERR_SYNTAX: the document gives none, or killed its worker; ERR_LIMIT: too much; ERR_NOT_FOUND: no
 * worker for this kind of document; ERR_CONFLICT: the kernel does not shut workers in as far as `least` wants; ERR_BUSY: the worker was killed, or not ready in time, before it had
 * its processor time, which says nothing of the document; ERR_SYSTEM. */
int extract_document(
	const struct extract_job *, enum extract_level least, struct text **out, struct extract_outcome *, struct err *);
/* Whether there is a reader for documents of that kind. */
bool extract_can(struct str media_type, struct str name);

/* ---- the archive's texts: derived/text/ ------------------------------------------------------------------------------------------ */

enum extract_state { EXTRACT_NONE /* no reader for its kind */, EXTRACT_WAITING, EXTRACT_DONE, EXTRACT_FAILED };
/* Texts lie under derived/text/XX/<digest>.json (what failed: .failed with its sentence; what the machine ended before the
 * document could be read: .tried, which is tried again a few times, each time later), by the digest of the document's bytes and never by record: whether somebody may
 * read one is decided from the record every time (access_may_read_file). O(1). */
int extract_look(
	struct archive *, const struct digest *, struct str media_type, struct str name, enum extract_state *, struct err *);
/* ERR_NOT_FOUND: not extracted (yet). */
int extract_text(struct archive *, const struct digest *, struct text **, struct err *);
/* Its head alone: title, language, source, and how many pages it has. O(1). */
int extract_text_head(struct archive *, const struct digest *, struct text **, uint64_t *pages, struct err *);
/* Of its text, as it is kept: what extract_text reads. 0: there is none. */
uint64_t extract_text_bytes(struct archive *, const struct digest *);
/* An expunge took these bytes: nothing of them stays, neither text nor pictures. To be called when the file is gone already. Absent is fine. */
int extract_forget(struct archive *, const struct digest *, struct err *);

/* All newest versions of all records, or of one (id not empty), whose files have no text yet: at most `most` documents (0: all), newest records first, two workers at a
 * time. Resumable at any point: what is done stays done, and a run that came to its end is where the next one stops, unless `from_start`. Closed files too: the keeper searches
 * them. ERR_NOT_FOUND: the worker program is not installed; ERR_CONFLICT: the kernel does not shut it in as far as `least` wants; what cannot be read is counted as left. */
struct extract_run {
	struct str id;
	uint64_t most;
	bool again;      /* also what failed */
	bool from_start; /* all records, not only those that came since the last run that came to its end */
	enum extract_level least;
	unsigned workers; /* at a time, at most EXTRACT_WORKERS_MAX; 0: 2 */
	/* Between two entries of the log, in the caller's thread, before anything of the next one is looked at: it may run another extract_archive with this archive meanwhile. Non-zero:
	 * stop, and is returned. NULL is fine. */
	int (*between)(void *context);
	/* After each document, in the caller's thread; non-zero: stop, and is returned. NULL is fine. */
	int (*done)(void *context, struct str id, struct str path, enum extract_state, const struct extract_outcome *);
	void *context;
	/* filled */
	uint64_t extracted, failed, left; /* documents; left: waiting still, or out of reach */
	uint64_t looked_at, to_look_at;   /* entries of the log, while it runs */
};
int extract_archive(struct archive *, struct catalogue *, struct extract_run *, struct err *);

/* ---- pictures: IIIF Image API 3 regions of images and of pages --------------------------------------------------------------------- */

struct extract_picture {
	int fd;
	struct str media_type, name; /* as of extract_job; what it is is seen in its bytes alone */
	unsigned page;               /* from 1: of a PDF or TIFF; 0: the image itself */
	/* region of the full picture, in pixels; width 0: all of it */
	uint32_t x, y, width, height;
	uint32_t out_width, out_height; /* size wanted, before it is turned, not above the region's; 0, 0: as it is */
	unsigned rotation;              /* clockwise: 0, 90, 180, 270 */
	bool grey;
	bool png; /* else JPEG */
	enum extract_level least;
};
#define EXTRACT_SIDE_MAX 10000000u             /* pixels of a picture's width or height */
#define EXTRACT_PICTURE_BYTES_MAX (128u << 20) /* of one that is made */
/* Width and height of the full picture, upright as its EXIF says. Errors as extract_document's, and ERR_USAGE: it has no such region, or not in that size. What such a picture may
 * cost is bounded: EXTRACT_PICTURE_SECONDS of processor time, EXTRACT_MEMORY, 200 million pixels of the picture (1000 million of JPEG, TIFF and PNG, which are decoded row after row), 40 million of what is made. Any thread. */
int extract_picture_size(const struct extract_picture *, uint32_t *width, uint32_t *height, struct err *);
int extract_picture(const struct extract_picture *, struct buf *out, struct err *);

/* The archive's pictures that were made once: derived/images/XX/<digest>/…, by the digest of the document's bytes, like its texts. Whether somebody may see one is decided from the
 * record every time. At most EXTRACT_IMAGES_MAX bytes, the oldest go first. Any thread. */
#define EXTRACT_IMAGES_MAX (1ull << 30)
#define EXTRACT_IMAGES_WORKERS 2u /* of one process at a time; others wait for them */
/* Whether it is there: picture->fd is not asked for. ERR_NOT_FOUND: it must be made. ERR_SYNTAX, ERR_LIMIT: it was tried, and gave none.
 * ERR_BUSY: it was tried, the machine ended that, and it is too early to try again; from the fourth time on that is ERR_SYNTAX, until it is tried again. */
int extract_picture_find_size(
	struct archive *, const struct digest *, const struct extract_picture *, uint32_t *width, uint32_t *height, struct err *);
/* *fd: of the picture's file, for the caller to close. */
int extract_picture_find(struct archive *, const struct digest *, const struct extract_picture *, int *fd, struct err *);
/* Makes it from picture->fd, a descriptor of the document's own file, and keeps it, where derived/ can be written. What was made while an expunge took the document away is not kept. */
int extract_picture_make_size(
	struct archive *, const struct digest *, const struct extract_picture *, uint32_t *width, uint32_t *height, struct err *);
int extract_picture_make(struct archive *, const struct digest *, const struct extract_picture *, struct buf *out, struct err *);

#endif
