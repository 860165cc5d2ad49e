/* What a witness cosigned of one log: a file that only grows, each line bound to all before it (docs/format/witness.md). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#define STATE_HEADER "photostat.witness/v1\n"
#define STATE_LINE_MAX 152u /* size 20, root 44, time 20, chain 64, three spaces, a newline */
#define PIECE ((size_t)64 << 10)
#define PATH_MAX_HERE 160
#define NEXT "what it cosigned is not known any more; restore the file from a copy of its folder, and let it ask its peers"

static void path_of(const struct witness_state *state, const char *what, char out[PATH_MAX_HERE])
{
	(void)snprintf(out, PATH_MAX_HERE, "state/%s.%s", state->hash, what);
}

int state_lock(const struct witness_state *state, struct err *err)
{
	char path[PATH_MAX_HERE];
	int fd;

	path_of(state, "lock", path);
	fd = os_open(state->dir, path, O_RDWR | O_CREAT, 0600, err);
	if (fd >= 0 && os_lock_wait(fd, true, path, err) != 0) {
		os_close(fd);
		fd = -1;
	}
	return fd;
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------------- */

static void header_of(const struct witness_state *state, struct buf *out)
{
	buf_text(out, STATE_HEADER);
	buf_str(out, state->origin);
	buf_char(out, '\n');
}

static void chain_on(const struct hash *before, struct str fields, struct hash *out)
{
	const struct str pieces[] = {{(const char *)before->b, SHA256_SIZE}, fields};

	sha256_pieces(pieces, 2, out);
}

struct line {
	uint64_t size, time;
	struct hash root, chain;
	struct str fields; /* what the chain covers: all before its space */
};

static bool line_parse(struct line *out, struct str text)
{
	struct str rest = text, size, root, time;

	if (!str_take_until(&rest, ' ', &size) || !str_take_until(&rest, ' ', &root) || !str_take_until(&rest, ' ', &time) ||
		rest.p == NULL || !decimal_parse(size, UINT64_MAX, &out->size) ||
		!base64_decode_fixed(root, out->root.b, SHA256_SIZE) || !decimal_parse(time, INT64_MAX, &out->time) ||
		!hex_decode(rest, out->chain.b, SHA256_SIZE))
		return false;
	out->fields = (struct str){text.p, (size_t)(rest.p - 1 - text.p)};
	return true;
}

static void line_format(
	const struct hash *before, uint64_t size, const struct hash *root, uint64_t time, struct buf *out, struct hash *chain)
{
	size_t start = out->n;

	buf_u64(out, size);
	buf_char(out, ' ');
	buf_base64(out, root->b, SHA256_SIZE);
	buf_char(out, ' ');
	buf_u64(out, time);
	chain_on(before, (struct str){out->p + start, out->n - start}, chain);
	buf_char(out, ' ');
	buf_hex(out, chain->b, SHA256_SIZE);
	buf_char(out, '\n');
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

static int refuse(const char *path, uint64_t offset, const char *what, struct err *err)
{
	return err_set(err, ERR_MISMATCH, "%s, byte %" PRIu64 ": %s; " NEXT, path, offset, what);
}

static int take_line(struct witness_state *state, const struct line *line, const char *path, struct err *err)
{
	struct hash chain;

	chain_on(&state->chain, line->fields, &chain);
	if (!hash_equal(&chain, &line->chain))
		return refuse(path, state->length, "the line does not continue the ones before it, it was altered", err);
	if (state->any && line->size <= state->size)
		return refuse(path, state->length, "the size does not grow", err);
	if (state->any && line->time < state->time)
		return refuse(path, state->length, "the time goes back", err);
	state->any = true;
	state->size = line->size;
	state->root = line->root;
	state->time = line->time;
	state->chain = chain;
	state->last = state->length;
	return 0;
}

/* All whole lines of *rest, which begins at state->length. At the first that is none it stops: only the end of the file may be so. */
static int take_lines(struct witness_state *state, struct str *rest, const char *path, struct err *err)
{
	struct str line, before = *rest;
	struct line parsed;

	while (str_take_line(rest, &line)) {
		if (!line_parse(&parsed, line)) {
			*rest = before;
			break;
		}
		if (take_line(state, &parsed, path, err) != 0)
			return -1;
		state->length += line.n + 1;
		before = *rest;
	}
	return 0;
}

/* The file from state->length to its end; *torn: what is there behind the last line is what a crash may leave of one that was being added. */
static int read_lines(struct witness_state *state, int fd, uint64_t size, const char *path, bool *torn, struct err *err)
{
	char *piece = mem_alloc(PIECE);
	int result = -1;

	while (state->length < size) {
		uint64_t begun = state->length;
		ssize_t n = os_read_at(fd, piece, PIECE, begun, path, err);
		struct str rest = {piece, n < 0 ? 0 : (size_t)n};

		if (n < 0 || take_lines(state, &rest, path, err) != 0)
			goto out;
		if (state->length != begun)
			continue;
		if (size - begun > STATE_LINE_MAX) {
			refuse(path, begun, "that is no line of a witness's state", err);
			goto out;
		}
		*torn = true;
		break;
	}
	result = 0;
out:
	free(piece);
	return result;
}

static int read_header(struct witness_state *state, int fd, const char *path, struct err *err)
{
	struct buf expected = BUF_INIT;
	char *found;
	ssize_t n;
	int result = -1;

	header_of(state, &expected);
	found = mem_alloc(expected.n);
	n = os_read_at(fd, found, expected.n, 0, path, err);
	if (n < 0)
		goto out;
	if (!str_equal((struct str){found, (size_t)n}, buf_view(&expected))) {
		refuse(path, 0, "it does not begin as the state of this log", err);
		goto out;
	}
	sha256(expected.p, expected.n, &state->chain);
	state->length = expected.n;
	result = 0;
out:
	free(found);
	buf_release(&expected);
	return result;
}

/* W4 */
static int settle(struct witness_state *state, int fd, const char *path, struct err *err)
{
	char bytes[STATE_LINE_MAX];
	uint64_t offset = state->any ? state->last : state->length;
	size_t n = (size_t)(state->length - offset);
	ssize_t got = os_read_at(fd, bytes, n, offset, path, err);

	if (got < 0)
		return -1;
	if ((size_t)got != n)
		return refuse(path, offset, "it became shorter while it was read", err);
	if (os_write_at(fd, bytes, n, offset, path, err) != 0 || os_fsync(fd, path, err) != 0 ||
		os_fsync_dir(state->dir, "state", err) != 0)
		return -1;
	state->settled = true;
	return 0;
}

int state_catch_up(struct witness_state *state, struct err *err)
{
	char path[PATH_MAX_HERE];
	struct err why = ERR_INIT;
	struct stat status;
	bool torn = false;
	int fd, result = -1;

	path_of(state, "state", path);
	fd = os_open(state->dir, path, O_RDWR, 0, &why);
	if (fd < 0 && why.code == ERR_NOT_FOUND && state->length == 0)
		return 0;
	if (fd < 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	if (os_stat_fd(fd, path, &status, err) != 0)
		goto out;
	if ((uint64_t)status.st_size < state->length) {
		refuse(path, (uint64_t)status.st_size, "it became shorter while it was in use", err);
		goto out;
	}
	if ((uint64_t)status.st_size > state->length) {
		state->settled = false;
		if ((state->length == 0 && read_header(state, fd, path, err) != 0) ||
			read_lines(state, fd, (uint64_t)status.st_size, path, &torn, err) != 0)
			goto out;
	}
	if (torn && os_truncate(fd, state->length, path, err) != 0)
		goto out;
	result = state->settled ? 0 : settle(state, fd, path, err);
out:
	os_close(fd);
	return result;
}

bool state_has(const struct witness_state *state, uint64_t offset, uint64_t size, const struct hash *root)
{
	char path[PATH_MAX_HERE], bytes[STATE_LINE_MAX + 1];
	struct buf header = BUF_INIT;
	struct str rest = {bytes + 1, 0}, text;
	struct line line;
	ssize_t n = -1;
	int fd = -1;

	path_of(state, "state", path);
	header_of(state, &header);
	if (offset >= header.n && offset < state->length)
		fd = os_open(state->dir, path, O_RDONLY, 0, NULL);
	if (fd >= 0)
		n = os_read_at(fd, bytes, sizeof(bytes), offset - 1, path, NULL);
	os_close(fd);
	buf_release(&header);
	if (n < 1)
		return false;
	rest.n = (size_t)n - 1;
	return bytes[0] == '\n' && str_take_line(&rest, &text) && line_parse(&line, text) && line.size == size &&
	       hash_equal(&line.root, root);
}

/* ---- adding -------------------------------------------------------------------------------------------------------------------------- */

static int append(struct witness_state *state, const char *path, struct str line, struct err *err)
{
	int fd = os_open(state->dir, path, O_RDWR, 0, err), result;

	if (fd < 0)
		return -1;
	result = os_write_at(fd, line.p, line.n, state->length, path, err);
	if (result == 0)
		result = os_fdatasync(fd, path, err);
	if (os_close_written(fd, path, result == 0 ? err : NULL) != 0)
		result = -1;
	return result;
}

int state_advance(struct witness_state *state, uint64_t size, const struct hash *root, uint64_t time, struct err *err)
{
	struct buf text = BUF_INIT;
	struct hash chain = state->chain;
	char path[PATH_MAX_HERE];
	size_t line;
	int result = -1;

	if (state->any && size <= state->size)
		return err_set(err, ERR_INTERNAL, "a witness's state only grows");
	path_of(state, "state", path);
	if (state->length == 0) {
		header_of(state, &text);
		sha256(text.p, text.n, &chain);
	}
	line = text.n;
	line_format(&chain, size, root, time, &text, &chain);
	line = text.n - line;
	state->settled = false;
	/* A file that is not there yet comes to be whole: its header is never torn. */
	if (buf_check(&text, path, err) != 0 || (state->length == 0 ? os_replace(state->dir, path, buf_view(&text), 0600, err)
								    : append(state, path, buf_view(&text), err)) != 0)
		goto out;
	state->any = state->settled = true;
	state->size = size;
	state->root = *root;
	state->time = time;
	state->chain = chain;
	state->length += text.n;
	state->last = state->length - line;
	result = 0;
out:
	buf_release(&text);
	return result;
}

/* ---- notes ----------------------------------------------------------------------------------------------------------------------------- */

/* Two files that are written in turn, in place: no file is made or freed for a checkpoint, and what a crash tears is the one that the other stands
 * in for. Each begins with a line that says which is newer and whether it is whole. They have whole blocks, and grow by such, so that the next
 * checkpoint nearly always finds its room there: to sync it is a write of data, and nothing for the file system's journal. */
#define SLOT_LINE_MAX 128u /* two numbers of 20, a hash of 64, two spaces, a newline */
#define SLOT_BLOCK 4096u
#define SLOT_MAX (((size_t)NOTE_MAX + SLOT_LINE_MAX + SLOT_BLOCK - 1) / SLOT_BLOCK * SLOT_BLOCK)

static void slot_path(const struct witness_state *state, unsigned slot, char out[PATH_MAX_HERE])
{
	path_of(state, slot == 0 ? "checkpoint.0" : "checkpoint.1", out);
}

/* 1 and the note behind the line is whole; 0 not; *turn is 0 then. */
static int slot_parse(struct str text, uint64_t *turn, struct str *note)
{
	struct str rest = text, line, number, length, hex;
	struct hash said, found;
	uint64_t n;

	*turn = 0;
	if (!str_take_line(&rest, &line))
		return 0;
	hex = line;
	if (!str_take_until(&hex, ' ', &number) || !str_take_until(&hex, ' ', &length) || hex.p == NULL ||
		!decimal_parse(length, NOTE_MAX, &n) || n > rest.n || !hex_decode(hex, said.b, SHA256_SIZE))
		return 0;
	*note = (struct str){rest.p, (size_t)n};
	sha256(note->p, note->n, &found);
	return hash_equal(&said, &found) && decimal_parse(number, UINT64_MAX, turn);
}

/* The newer of the two that are whole is appended to `out` (may be NULL). *turn is its turn, 0 if there is none: then *whole (may
 * be NULL) says what is wrong with them, nothing if there is neither. *slot where it lies. */
static int read_slots(
	const struct witness_state *state, struct buf *out, uint64_t *turn, unsigned *slot, struct err *whole, struct err *err)
{
	struct buf texts[2] = {BUF_INIT, BUF_INIT};
	struct str newest = STR("");
	struct err torn = ERR_INIT;
	int result = -1;

	*turn = 0;
	*slot = 1;
	for (unsigned i = 0; i < 2; i++) {
		char path[PATH_MAX_HERE];
		struct err why = ERR_INIT;
		struct str note;
		uint64_t own;

		slot_path(state, i, path);
		if (os_read_file(state->dir, path, SLOT_MAX, &texts[i], &why) != 0) {
			if (why.code == ERR_NOT_FOUND)
				continue;
			if (err != NULL)
				*err = why;
			goto out;
		}
		if (!slot_parse(buf_view(&texts[i]), &own, &note)) {
			err_set(&torn, ERR_MISMATCH, "%s is not whole; the next submission replaces it", path);
		} else if (own > *turn) {
			*turn = own;
			*slot = i;
			newest = note;
		}
	}
	if (out != NULL)
		buf_str(out, newest);
	if (whole != NULL)
		*whole = *turn > 0 ? (struct err)ERR_INIT : torn;
	result = 0;
out:
	buf_release(&texts[0]);
	buf_release(&texts[1]);
	return result;
}

int state_read_checkpoint(const struct witness_state *state, struct buf *out, struct err *err)
{
	struct err whole;
	uint64_t turn;
	unsigned slot;

	if (read_slots(state, out, &turn, &slot, &whole, err) != 0)
		return -1;
	if (turn > 0)
		return 0;
	if (whole.code != ERR_NONE)
		return err_set(err, whole.code, "%s", whole.text);
	return err_set(err, ERR_NOT_FOUND, "no checkpoint of this log is kept");
}

int state_write_checkpoint(struct witness_state *state, struct str note, struct err *err)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX_HERE];
	struct stat status;
	struct hash hash;
	uint64_t turn;
	unsigned slot;
	int fd = -1, result = -1;

	if (read_slots(state, NULL, &turn, &slot, NULL, err) != 0)
		goto out;
	sha256(note.p, note.n, &hash);
	buf_printf(&text, "%" PRIu64 " %zu ", turn + 1, note.n);
	buf_hex(&text, hash.b, SHA256_SIZE);
	buf_char(&text, '\n');
	buf_str(&text, note);
	slot_path(state, 1 - slot, path);
	if (buf_check(&text, path, err) != 0)
		goto out;
	fd = os_open(state->dir, path, O_RDWR | O_CREAT, 0644, err);
	if (fd < 0 || os_stat_fd(fd, path, &status, err) != 0)
		goto out;
	while ((uint64_t)status.st_size < text.n && text.n % SLOT_BLOCK != 0)
		buf_char(&text, '\0');
	if (buf_check(&text, path, err) != 0 || os_write_at(fd, text.p, text.n, 0, path, err) != 0 ||
		os_fdatasync(fd, path, err) != 0 || (status.st_size == 0 && os_fsync_dir(state->dir, "state", err) != 0))
		goto out;
	result = 0;
out:
	if (fd >= 0 && os_close_written(fd, path, result == 0 ? err : NULL) != 0)
		result = -1;
	buf_release(&text);
	return result;
}

static int count_aside(const struct witness_state *state, const char *suffix, size_t *count, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got;

	*count = 0;
	if (os_dir_open(&dir, state->dir, "aside", err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1)
		if (str_starts(str_from(name.name), str_from(state->hash)) && str_ends(str_from(name.name), str_from(suffix)))
			*count += 1;
	os_dir_close(dir);
	return got;
}

int state_keep_aside(const struct witness_state *state, enum aside_kind kind, const struct checkpoint *checkpoint,
	struct str note_text, struct str note, struct err *err)
{
	const char *suffix = kind == ASIDE_SPLIT ? ".split" : ".doubt";
	struct buf path = BUF_INIT;
	struct hash hash;
	size_t count;
	int there, result = -1;

	sha256(note_text.p, note_text.n, &hash);
	buf_printf(&path, "aside/%s-%" PRIu64 "-", state->hash, checkpoint->size);
	buf_hex(&path, hash.b, 8);
	buf_text(&path, suffix);
	there = os_exists(state->dir, path.p, err);
	if (there != 0) {
		result = there < 0 ? -1 : 0;
		goto out;
	}
	if (count_aside(state, suffix, &count, err) != 0)
		goto out;
	if (count >= ASIDE_MAX) {
		err_set(err, ERR_LIMIT, "aside/ holds %d such checkpoints already; this one is not kept", ASIDE_MAX);
		goto out;
	}
	result = os_replace(state->dir, path.p, note, 0644, err);
out:
	buf_release(&path);
	return result;
}
