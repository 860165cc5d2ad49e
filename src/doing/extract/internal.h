/* extract, inside: running a worker, and where texts lie. */
#ifndef PHOTOSTAT_EXTRACT_INTERNAL_H
#define PHOTOSTAT_EXTRACT_INTERNAL_H

#include "extract/extract.h"
#include "extract/readers/readers.h"

/* ---- run.c ---- */

/* One run of a worker program. It is given `arguments` behind LEVEL SECONDS BYTES, and says in its first line how far it is shut in. */
struct extract_work {
	enum reader_program program;
	const char *const *arguments; /* ended by NULL */
	int fd;
	uint64_t seconds, memory; /* 0: the usual */
	uint64_t milliseconds;    /* by the clock on the wall; 0: what is enough for `seconds` on a busy machine */
	size_t output_max;
	enum extract_level least;
};
/* What it wrote behind its first line is appended to *out. Errors are extract_document's; outcome->why has the sentence. */
int extract_work(const struct extract_work *, struct buf *out, struct extract_outcome *, struct err *);
/* Whether a worker that was killed, or took too long, had its seconds of processor time: that is a verdict on the document. If not, it is ERR_BUSY. */
bool extract_had_its_time(uint64_t seconds, uint64_t used_milliseconds);
/* ERR_NOT_FOUND: it is not installed. */
int extract_program(enum reader_program, struct buf *path, struct err *);
/* As extract_document, and the text as it was written. */
int extract_lines(const struct extract_job *, enum extract_level least, struct buf *lines, struct text **, struct extract_outcome *,
	struct err *);

/* ---- cache.c: below the archive's folder ---- */

#define TEXT_FOLDER "derived/text"
#define TEXT_PATH 160
enum text_file { TEXT_LINES, TEXT_FAILED, TEXT_TRIED };
void text_file_path(char out[TEXT_PATH], const struct digest *, enum text_file);
int extract_state_at(int folder, const struct digest *, struct str media_type, struct str name, enum extract_state *, struct err *);
/* Takes the place of what is there, of either kind. Not synced: what power loss leaves is no text, and told by that. */
int extract_keep(int folder, const struct digest *, enum text_file, struct str content, struct err *);
/* With what is on its way, or was. Absent is fine. */
int extract_forget_at(int folder, const struct digest *, struct err *);
/* What killed writers left, an hour ago and before. */
int extract_sweep(int folder, struct err *err);
/* What the machine ended (ERR_BUSY) is tried again: after a minute, after four times that the next time, and so on, a day at most. */
#define TRIES_MAX 4u /* then it is taken for the document's fault: of a text for good, of a picture until it is tried again */
bool tries_wait(unsigned tries, int64_t last);
/* How often that was of this document's text, and whether it is too early to try again. */
unsigned extract_tries(int folder, const struct digest *, bool *wait);
/* How far of the log there is nothing left to do: 0 if that is not known. */
uint64_t extract_position(int folder);
int extract_set_position(int folder, uint64_t size, struct err *);

/* ---- picture_cache.c: below the archive's folder ---- */

#define IMAGES_FOLDER "derived/images"
int pictures_forget(int folder, const struct digest *, struct err *);
/* Removes the oldest until at most `most` bytes are there; *left: how many there are. */
int pictures_sweep(int folder, uint64_t most, uint64_t *left, struct err *);

#endif
