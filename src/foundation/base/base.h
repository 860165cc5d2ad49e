/* base: errors, strings, buffers, checked sizes, encodings, time as text. Pure: no I/O, no clock, no globals. */
#ifndef PHOTOSTAT_BASE_H
#define PHOTOSTAT_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- errors -------------------------------------------------------------------------------------------------- */

/* What went wrong, for the caller to act on; the exit status of a command follows from it (DESIGN, Command line). */
enum err_code {
	ERR_NONE = 0,
	ERR_USAGE,     /* the caller asked for something that makes no sense: exit 2 */
	ERR_SYNTAX,    /* input does not follow its format */
	ERR_LIMIT,     /* input is larger than we take */
	ERR_NOT_FOUND, /* no such record, file, entry */
	ERR_EXISTS,    /* taken already */
	ERR_MISMATCH,  /* verification failed: digest, proof, signature, quorum */
	ERR_CONFLICT,  /* refused because of the archive's state (read-only, locked, cycle, closed) */
	ERR_SYSTEM,    /* a system call failed; .sys has errno: exit 3 */
	ERR_MEMORY,    /* an allocation sized by input failed */
	ERR_INTERRUPTED,
	ERR_INTERNAL, /* a bug of ours */
	ERR_BUSY,     /* the machine was busy, or short of memory: later it may go well */
};

/* Owned by the caller; never allocates; zero-initialise with ERR_INIT. Text longer than the field is cut with "…".
 * Control characters and bytes that are not UTF-8 are escaped (\xNN) as they go in, so that a file name cannot
 * forge a line of output. A NULL struct err * is allowed everywhere: the error is then dropped. */
struct err {
	enum err_code code;
	int sys; /* errno, or 0 */
	char text[480];
};
#define ERR_INIT                                                                                                                   \
	{                                                                                                                          \
		.code = ERR_NONE, .sys = 0, .text = ""                                                                             \
	}

/* Setters return -1 so that `return err_set(…)` reads well. */
int err_set(struct err *, enum err_code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* ERR_SYSTEM with errno kept in .sys and ": strerror" appended. errno is unchanged after the call. */
int err_sys(struct err *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts context and ": " in front; keeps code and sys. */
int err_note(struct err *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *);
/* Whether it is the machine that lacks something now, memory, descriptors, room on a disk, time, and not what was asked for, or what lies there, that is wrong: later it may go well. */
bool err_is_for_now(const struct err *);
#ifdef __clang_analyzer__ /* It looks into one file at a time, and must know here what they return. */
#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_sys(...) (err_sys(__VA_ARGS__), -1)
#define err_note(...) (err_note(__VA_ARGS__), -1)
#endif

/* ---- strings ------------------------------------------------------------------------------------------------- */

/* A view: does not own, need not end in NUL, may hold any byte. */
struct str {
	const char *p;
	size_t n;
};
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
struct str str_from(const char *nul_terminated); /* NULL gives the empty string */
bool str_equal(struct str, struct str);
int str_compare(struct str, struct str); /* as memcmp orders; of two with a common beginning the shorter first: <0, 0, >0 */
bool str_starts(struct str, struct str prefix);
bool str_ends(struct str, struct str suffix);
/* Cuts the first line (without its newline) off *rest. Returns false, *line untouched, if *rest holds no newline. */
bool str_take_line(struct str *rest, struct str *line);
/* Cuts up to the first `separator` off *rest (all of it if there is none; the separator is dropped). False when *rest is NULL. */
bool str_take_until(struct str *rest, char separator, struct str *token);
/* Of a path the last name, without its ending: of "scans/p001.jpg" and of "alto/p001.xml", "p001". A view into it. */
struct str str_stem(struct str path);
/* For "%.*s": STR_ARG(s) expands to two arguments. */
#define STR_ARG(s) (int)((s).n > 400 ? 400 : (s).n), (s).p

/* Valid UTF-8 per RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool utf8_valid(struct str);
/* Length of the well-formed UTF-8 sequence that p starts with (RFC 3629), its code point in *point; 0 if there is none. */
size_t utf8_step(const unsigned char *p, size_t n, uint32_t *point);

/* ---- small allocations: abort when memory is gone ------------------------------------------------------------ */

void *mem_alloc(size_t n);                  /* zeroed */
void *mem_array(size_t count, size_t size); /* zeroed; aborts on overflow */
/* Where the first member stands whose number is not below `wanted`, of `count` members of `size` bytes, their numbers ascending; count: none. O(log count). */
size_t mem_place(const void *array, size_t count, size_t size, uint64_t (*number)(const void *member), uint64_t wanted);
void *mem_grow(void *, size_t count, size_t size); /* realloc */
char *mem_dup(struct str);                         /* NUL-terminated copy */
void mem_wipe(void *, size_t);                     /* not optimised away: for secrets */

/* ---- sizes --------------------------------------------------------------------------------------------------- */

/* False on overflow, *out untouched. */
bool size_add(size_t a, size_t b, size_t *out);
bool size_mul(size_t a, size_t b, size_t *out);
bool u64_add(uint64_t a, uint64_t b, uint64_t *out);

/* ---- buffers ------------------------------------------------------------------------------------------------- */

/* Invariants: n <= cap; p[n] is NUL whenever p is not NULL; n never exceeds max (0: no maximum).
 * Appending past max, or when memory is gone, sets `failed` and appends nothing more: check once, at the end. */
struct buf {
	char *p;
	size_t n, cap, max;
	bool failed;
	bool full; /* it was max that stopped it, not memory */
};
#define BUF_INIT                                                                                                                   \
	{                                                                                                                          \
		.p = NULL, .n = 0, .cap = 0, .max = 0, .failed = false, .full = false                                              \
	}
void buf_release(struct buf *); /* frees, back to BUF_INIT but max stays */
void buf_clear(struct buf *);   /* n = 0, failed = false, memory kept */
void buf_add(struct buf *, const void *, size_t);
void buf_str(struct buf *, struct str);
void buf_text(struct buf *, const char *nul_terminated);
void buf_char(struct buf *, char);
void buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_u64(struct buf *, uint64_t);                /* decimal, no leading zeroes */
void buf_hex(struct buf *, const void *, size_t);    /* lower case */
void buf_base64(struct buf *, const void *, size_t); /* RFC 4648 section 4, padded */
/* A JSON string with its quotes: ", \ and controls escaped, the rest as it is (valid UTF-8 is the caller's duty). */
void buf_json(struct buf *, struct str);
/* What a terminal may be shown: controls, invalid UTF-8, bidi overrides and line separators become \xNN. */
void buf_printable(struct buf *, struct str);
void buf_be16(struct buf *, uint16_t);
void buf_be64(struct buf *, uint64_t);
/* Room for n more bytes and a NUL; NULL (and failed) if it cannot be had. Who writes there raises .n and sets p[n] to NUL himself. */
char *buf_reserve(struct buf *, size_t n);
struct str buf_view(const struct buf *);
/* -1 with ERR_LIMIT or ERR_MEMORY naming `what` if failed, else 0. */
int buf_check(const struct buf *, const char *what, struct err *);

/* ---- arena: many small things that die together --------------------------------------------------------------- */

struct arena {
	struct arena_block *last;
	size_t used; /* bytes handed out */
};
#define ARENA_INIT                                                                                                                 \
	{                                                                                                                          \
		.last = NULL, .used = 0                                                                                            \
	}
/* Zeroed; `align` a power of two; aborts when memory is gone. */
void *arena_alloc(struct arena *, size_t n, size_t align);
struct str arena_str(struct arena *, struct str); /* copy, NUL-terminated */
void arena_release(struct arena *);

/* ---- encodings: strict, canonical, or refused ------------------------------------------------------------------ */

/* Exactly out_n bytes from exactly 2*out_n lower-case digits. On false, *out holds rubbish. */
bool hex_decode(struct str, void *out, size_t out_n);
/* RFC 4648 section 4: padding required, no whitespace, unused bits zero (C2SP#348). Appends to *out; on false,
 * nothing is appended (check out->failed if it has a maximum). */
bool base64_decode(struct str, struct buf *out);
/* The same into exactly out_n bytes; on false, *out holds rubbish. */
bool base64_decode_fixed(struct str, void *out, size_t out_n);
/* Appends what a part of a URL stands for (RFC 3986 section 2.1); with `plus`, as forms write it, + is a blank. False: half an escape, or a NUL; then
 * something may have been appended. */
bool url_decode(struct str, bool plus, struct buf *out);
/* ASCII decimal without sign or leading zeroes ("0" is fine), at most `max`. */
bool decimal_parse(struct str, uint64_t max, uint64_t *out);
uint16_t be16_get(const void *);
uint64_t be64_get(const void *);

/* ---- time ------------------------------------------------------------------------------------------------------ */

/* Seconds since 1970-01-01T00:00:00Z as `YYYY-MM-DDThh:mm:ssZ`; what lies outside the years 0000 to 9999 is written as their
 * first or last second. Gregorian, no leap seconds (POSIX). */
#define TIME_TEXT 21
void time_format(int64_t seconds, char out[TIME_TEXT]);
/* Only that form. */
bool time_parse(struct str, int64_t *seconds);
/* Midnight UTC of `YYYY-MM-DD`; false if there is no such day. */
bool date_parse(struct str, int64_t *seconds);

#endif
