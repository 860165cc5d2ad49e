/* What a mirror holds of one log: a tlog-tiles tree that goes on beyond its checkpoint. M2, M3, M5 in mirror.h. */
#include <stdio.h>
#include <string.h>

#include "mirror.h"

#define HELD_HEADER "photostat.mirror/v1"
#define HELD_MAX ((size_t)NOTE_MAX)
#define PATH_MAX_HERE 160

void mirror_log_path(const struct witness_log *log, char out[MIRROR_LOG_PATH])
{
	(void)snprintf(out, MIRROR_LOG_PATH, "log/%s", log->state.hash);
}

static void held_path(const struct witness_log *log, char out[PATH_MAX_HERE])
{
	(void)snprintf(out, PATH_MAX_HERE, "state/%s.held", log->state.hash);
}

bool held_parse(struct str text, struct str origin, uint64_t *size, struct hash *root)
{
	struct str rest = text, header, line, number;

	return str_take_line(&rest, &header) && str_equal(header, STR(HELD_HEADER)) && str_take_line(&rest, &line) &&
	       str_equal(line, origin) && str_take_line(&rest, &line) && rest.n == 0 && str_take_until(&line, ' ', &number) &&
	       line.p != NULL && decimal_parse(number, UINT64_MAX, size) && base64_decode_fixed(line, root->b, SHA256_SIZE);
}

void held_format(struct buf *out, struct str origin, uint64_t size, const struct hash *root)
{
	buf_text(out, HELD_HEADER "\n");
	buf_str(out, origin);
	buf_char(out, '\n');
	buf_u64(out, size);
	buf_char(out, ' ');
	buf_base64(out, root->b, SHA256_SIZE);
	buf_char(out, '\n');
}

/* The root is compared with the tiles. false: it is not there, or not so. */
static bool read_held(int dir, const struct witness_log *log, uint64_t *size, struct hash *root)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX_HERE];
	bool good;

	held_path(log, path);
	good = os_read_file(dir, path, HELD_MAX, &text, NULL) == 0 && held_parse(buf_view(&text), log->state.origin, size, root);
	buf_release(&text);
	return good;
}

static int write_held(int dir, const struct witness_log *log, uint64_t size, const struct hash *root, struct err *err)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX_HERE];
	int result;

	held_path(log, path);
	held_format(&text, log->state.origin, size, root);
	result = buf_check(&text, path, err);
	if (result == 0)
		result = os_replace(dir, path, buf_view(&text), 0644, err);
	buf_release(&text);
	return result;
}

/* Until there is a checkpoint, nothing says that an earlier process made the folder durable. */
static int make_folder(int dir, const char *path, struct err *err)
{
	char checkpoint[MIRROR_LOG_PATH + 16];
	int there;

	(void)snprintf(checkpoint, sizeof(checkpoint), "%s/checkpoint", path);
	there = os_exists(dir, checkpoint, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	return log_create(dir, path, err) != 0 || os_fsync_dir(dir, path, err) != 0 || os_fsync_dir(dir, "log", err) != 0 ? -1 : 0;
}

/* How far it was held; where that is not so any more, no further than its checkpoint. */
static int open_writer(int dir, struct mirror_log *mirrored, struct err *err)
{
	struct hash root;
	uint64_t size;

	if (read_held(dir, mirrored->judged, &size, &root) && size >= log_size(mirrored->log) &&
		log_writer_resume(&mirrored->writer, mirrored->log, size, &root, NULL) == 0) {
		mirrored->held = size;
		return 0;
	}
	mirrored->held = log_size(mirrored->log);
	return log_writer_open(&mirrored->writer, mirrored->log, err);
}

int mirror_store_open(struct mirror *mirror, struct mirror_log *mirrored, struct err *err)
{
	int dir = mirror->judge->dir;
	char path[MIRROR_LOG_PATH];

	if (mirrored->writer != NULL)
		return 0;
	mirror_log_path(mirrored->judged, path);
	/* The batch comes first: errors of what was written before it are then its own to see. */
	if (make_folder(dir, path, err) != 0 || log_open(&mirrored->log, dir, path, NULL, err) != 0 ||
		os_batch_open(&mirrored->batch, log_fd(mirrored->log), err) != 0 || open_writer(dir, mirrored, err) != 0) {
		mirror_store_close(mirrored);
		return -1;
	}
	return 0;
}

void mirror_store_close(struct mirror_log *mirrored)
{
	log_writer_free(mirrored->writer);
	mirrored->writer = NULL;
	os_batch_free(mirrored->batch);
	mirrored->batch = NULL;
	log_free(mirrored->log);
	mirrored->log = NULL;
}

uint64_t mirror_store_next(const struct mirror_log *mirrored)
{
	return log_writer_size(mirrored->writer);
}

int mirror_store_append(struct mirror_log *mirrored, uint64_t start, struct str entries, struct err *err)
{
	struct str entry;
	int more = 0;

	for (uint64_t index = start; (more = bundle_next(&entries, &entry, err)) == 1; index++) {
		if (index < mirror_store_next(mirrored))
			continue;
		if (log_append(mirrored->writer, entry, NULL, err) != 0) {
			more = -1;
			break;
		}
	}
	if (more != 0)
		mirror_store_close(mirrored);
	return more;
}

/* The caller closes the store after an error. */
static int hold(struct mirror *mirror, struct mirror_log *mirrored, struct err *err)
{
	struct hash root;
	uint64_t size;

	if (mirror_store_next(mirrored) == mirrored->held)
		return 0;
	if (log_write_edge(mirrored->writer, mirrored->batch, err) != 0 || os_batch_sync(mirrored->batch, err) != 0 ||
		log_writer_verify(mirrored->writer, &size, &root, err) != 0 ||
		write_held(mirror->judge->dir, mirrored->judged, size, &root, err) != 0)
		return -1;
	mirrored->held = size;
	return 0;
}

int mirror_store_hold(struct mirror *mirror, struct mirror_log *mirrored, struct err *err)
{
	int result = hold(mirror, mirrored, err);

	if (result != 0)
		mirror_store_close(mirrored);
	return result;
}

int mirror_store_publish(struct mirror *mirror, struct mirror_log *mirrored, uint64_t size, struct str note, struct err *err)
{
	int result = hold(mirror, mirrored, err);

	if (result == 0 && size < mirror_store_next(mirrored) &&
		(log_write_earlier_edge(mirrored->writer, size, mirrored->batch, err) != 0 ||
			os_batch_sync(mirrored->batch, err) != 0))
		result = -1;
	mirrored->settled = false;
	if (result == 0)
		result = log_publish(mirrored->writer, note, err);
	mirrored->settled = result == 0;
	if (result == 0)
		(void)log_collect(mirrored->writer, NULL);
	else
		mirror_store_close(mirrored);
	return result;
}
