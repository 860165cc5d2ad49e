/* Feeding. Each record is put as it is now, at its newest entry; access_* says into which file. What must hold:
 *  F1. Both files are committed with the same position, the open one last: what left it is gone from it when its position says so.
 *  F2. A record that is not open, or not wholly, is in the closed file; in the open one is what the public view of it admits, and nothing of a record all of whose
 *      documents were expunged: it is in no list either.
 *  F3. What leaves the open file is wiped from it: UNSCRUBBED stands from before the commit until that is done. */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract.h"
#include "os/os.h"

#define UNSCRUBBED "derived/search-unscrubbed"
#define STEP 5000u          /* entries a transaction */
#define GUESSED_FROM 24576u /* bytes of a text by which its language is told */
#define DUE_NOW 1           /* a time that has always passed */

struct feeding {
	struct archive *archive;
	struct catalogue *catalogue;
	struct finder_run *run;
	struct search *open, *closed;
	uint64_t size;
	bool left; /* something left a file */
	int64_t now;
	struct arena arena;
};

void finder_path(struct buf *out, struct archive *archive, const char *file)
{
	buf_printf(out, "%s/%s", archive_path(archive), file);
}

/* ---- one record ------------------------------------------------------------------------------------------------------------------ */

/* When the record is to be looked at again: as soon as a text may be there, or when an embargo ends. */
static int64_t due_of(const struct access_view *view, struct record *record, bool waiting)
{
	int64_t due = waiting ? DUE_NOW : 0, when;
	size_t count = record_file_count(record);
	char until[16];

	for (size_t i = 0; i <= count && !waiting; i++) {
		struct record_file file = {.path = {"", 0}};

		if (i < count)
			record_file(record, i, &file);
		(void)access_word(view, file.path, until);
		if (until[0] != '\0' && date_parse(str_from(until), &when) && (due == 0 || when < due))
			due = when > 0 ? when : DUE_NOW;
	}
	return due;
}

struct record_text {
	struct feeding *feeding;
	struct str id;
	struct object_version *object;
	struct record *record;
	const struct access_view *view; /* NULL: all files */
	struct str *transcriptions;     /* sorted, while texts are put */
	size_t transcription_count;
};

/* Whether anybody said which language it is in; if not, it is guessed from its beginning. */
static struct str language_of(struct record *record, const struct text *text)
{
	struct str said[1];
	struct buf sample = BUF_INIT;
	const char *guessed;

	if (text_language(text).n > 0)
		return text_language(text);
	if (record_languages(record, said, 1) > 0)
		return STR("");
	for (size_t i = 0; i < text_block_count(text) && sample.n < GUESSED_FROM; i++) {
		struct text_block block;

		text_block(text, i, &block);
		block.text.n = block.text.n < GUESSED_FROM ? block.text.n : GUESSED_FROM;
		buf_str(&sample, block.text);
		buf_char(&sample, '\n');
	}
	guessed = sample.failed ? "" : search_guess_language(buf_view(&sample));
	buf_release(&sample);
	return str_from(guessed);
}

static int put_blocks(struct search *into, const struct record_text *of, struct str path, const struct text *text, struct err *err)
{
	struct str language = language_of(of->record, text);

	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;

		text_block(text, i, &block);
		if (search_put_block(into, of->id, path, language, &block, err) != 0)
			return -1;
	}
	return 0;
}

static struct str media_type_of(const struct record_text *of, struct str path)
{
	struct record_file described = {.media_type = {"", 0}};
	size_t at;

	if (record_find_file(of->record, path, &at))
		record_file(of->record, at, &described);
	return described.media_type;
}

/* One picture, which may have a transcription beside it. */
static bool is_picture(struct str media_type)
{
	return str_starts(media_type, STR("image/")) && !str_equal(media_type, STR("image/tiff"));
}

static int compare_stems(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static bool may_read(const struct record_text *of, struct str path)
{
	return !str_equal(path, RECORD_FILE) && !str_equal(path, STR("photostat.seed")) &&
	       (of->view == NULL || access_may_read_file(of->view, path));
}

/* The names of what has a text and is no picture: what is recognised on a picture of that name is not put, for somebody wrote down what stands on it. Without pictures: none. */
static void find_transcriptions(struct record_text *of)
{
	size_t count = object_count(of->object);
	bool pictures = false;

	of->transcriptions = mem_array(count + 1, sizeof(*of->transcriptions));
	for (size_t i = 0; i < count && !pictures; i++) {
		struct object_file file;

		object_file(of->object, i, &file);
		pictures = is_picture(media_type_of(of, file.path));
	}
	for (size_t i = 0; i < count && pictures; i++) {
		enum extract_state state = EXTRACT_NONE;
		struct object_file file;
		struct str type;

		object_file(of->object, i, &file);
		type = media_type_of(of, file.path);
		if (may_read(of, file.path) && !is_picture(type) &&
			extract_look(of->feeding->archive, &file.digest, type, file.path, &state, NULL) == 0 &&
			state == EXTRACT_DONE)
			of->transcriptions[of->transcription_count++] = str_stem(file.path);
	}
	qsort(of->transcriptions, of->transcription_count, sizeof(*of->transcriptions), compare_stems);
}

static bool is_transcribed(const struct record_text *of, struct str path)
{
	struct str stem = str_stem(path);

	return of->transcription_count > 0 && is_picture(media_type_of(of, path)) &&
	       bsearch(&stem, of->transcriptions, of->transcription_count, sizeof(stem), compare_stems) != NULL;
}

static int put_text(struct record_text *of, struct search *into, const struct object_file *file, bool *waiting, struct err *err)
{
	struct feeding *feeding = of->feeding;
	enum extract_state state = EXTRACT_NONE;
	struct err why = ERR_INIT;
	struct text *text = NULL;
	int result;

	if (extract_look(feeding->archive, &file->digest, media_type_of(of, file->path), file->path, &state, &why) != 0)
		return why.code == ERR_SYSTEM ? err_set(err, why.code, "%s", why.text) : 0;
	*waiting = *waiting || state == EXTRACT_WAITING;
	feeding->run->waiting += into == NULL && state == EXTRACT_WAITING; /* once: what is put is looked at before */
	if (into == NULL || state != EXTRACT_DONE || is_transcribed(of, file->path))
		return 0;
	if (extract_text(feeding->archive, &file->digest, &text, &why) != 0)
		return why.code == ERR_SYSTEM || why.code == ERR_MEMORY ? err_set(err, why.code, "%s", why.text) : 0;
	result = put_blocks(into, of, file->path, text, err);
	feeding->run->texts += result == 0;
	text_free(text);
	return result;
}

/* Texts of the files that may be read. `into` NULL: only whether some is waited for. */
static int put_texts(struct record_text *of, struct search *into, bool *waiting, struct err *err)
{
	size_t count = object_count(of->object);
	int result = 0;

	if (into != NULL)
		find_transcriptions(of);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct object_file file;

		object_file(of->object, i, &file);
		if (may_read(of, file.path))
			result = put_text(of, into, &file, waiting, err);
	}
	free(of->transcriptions);
	of->transcriptions = NULL;
	of->transcription_count = 0;
	return result;
}

#define TITLED_MOST 20u /* files that are asked for a title */

/* A record that was given no title is found by that which its text has itself, and called so among what is found: of the first file that may be read and has one. */
static void find_own_title(struct record_text *of, struct buf *title)
{
	size_t count = object_count(of->object);

	for (size_t i = 0; i < count && i < TITLED_MOST && title->n == 0; i++) {
		struct object_file file;
		struct text *text;
		uint64_t pages;

		object_file(of->object, i, &file);
		if (!may_read(of, file.path) || extract_text_head(of->feeding->archive, &file.digest, &text, &pages, NULL) != 0)
			continue;
		buf_str(title, text_title(text));
		text_free(text);
	}
}

static int put(struct record_text *of, struct search *into, uint64_t index, int64_t due, struct err *err)
{
	struct description description;
	struct buf title = BUF_INIT;
	bool waiting = false;
	int result;

	describe_record(&description, of->id, of->record);
	if (description.record.title.n == 0) {
		find_own_title(of, &title);
		description.record.title = buf_view(&title);
	}
	description.record.index = index;
	description.record.due = due;
	result = search_put_record(into, &description.record, err);
	if (result == 0)
		result = put_texts(of, into, &waiting, err);
	described_release(&description);
	buf_release(&title);
	return result;
}

static int take_out(struct feeding *feeding, struct search *from, struct str id, struct err *err)
{
	if (!search_has(from, id))
		return 0;
	feeding->left = true;
	if (os_exists(archive_fd(feeding->archive), UNSCRUBBED, NULL) != 1 &&
		os_write_new(archive_fd(feeding->archive), UNSCRUBBED, STR(""), 0644, err) != 0)
		return -1;
	return search_remove(from, id, err);
}

/* The record as it is now. `narrowed`: its access was changed, or something of it expunged: what replaces it may be less than what was there. */
static int feed_record(struct feeding *feeding, struct str id, bool narrowed, struct err *err)
{
	struct record_text of = {.feeding = feeding, .id = id};
	struct access_view *view = NULL;
	struct archive_version version;
	struct err why = ERR_INIT;
	bool waiting = false, gone = false;
	int result = -1;
	int64_t due;

	if (narrowed && (take_out(feeding, feeding->open, id, err) != 0 || take_out(feeding, feeding->closed, id, err) != 0))
		return -1;
	if (archive_open_version(feeding->archive, id, 0, &of.object, &version, &why) != 0 ||
		archive_version_gone(feeding->archive, id, &version, &gone, &why) != 0 ||
		archive_get_record(feeding->archive, id, 0, &of.record, &why) != 0) {
		/* Not held, damaged, or expunged under our hands: audit speaks of it; here it is not found. */
		result = why.code == ERR_SYSTEM || why.code == ERR_MEMORY ? err_set(err, why.code, "%s", why.text)
			 : take_out(feeding, feeding->open, id, err) != 0 ? -1
									  : take_out(feeding, feeding->closed, id, err);
		goto out;
	}
	if (access_view_open(&view, feeding->archive, id, AUDIENCE_LOGGED, err) != 0 || put_texts(&of, NULL, &waiting, err) != 0)
		goto out;
	due = due_of(view, of.record, waiting);
	if ((access_restricted(view) ? put(&of, feeding->closed, version.index, due, err)
				     : take_out(feeding, feeding->closed, id, err)) != 0)
		goto out;
	if (access_may_see_record(view) && !gone) {
		of.view = view;
		if (access_withhold(view, of.record, err) != 0 || put(&of, feeding->open, version.index, due, err) != 0)
			goto out;
	} else if (take_out(feeding, feeding->open, id, err) != 0) {
		goto out;
	}
	feeding->run->records++;
	result = 0;
out:
	access_view_free(view);
	record_free(of.record);
	object_free(of.object);
	return result;
}

/* ---- following the log --------------------------------------------------------------------------------------------------------------- */

static int take_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct feeding *feeding = context;
	struct catalogue_record record;
	struct entry entry;
	struct buf id = BUF_INIT;
	int result = 0;

	arena_release(&feeding->arena);
	if (feeding->run->progress != NULL && index % 64 == 0)
		feeding->run->progress(feeding->run->context, index, feeding->size);
	if (entry_parse(&entry, text, &feeding->arena, NULL) != 0 || entry.record.n == 0)
		return 0;
	/* At its newest entry it is put as it is then; the others but say that something was taken away. */
	buf_str(&id, entry.record);
	if (catalogue_record(feeding->catalogue, buf_view(&id), &record, NULL) == 0 &&
		(record.last_index == index || entry.kind != ENTRY_VERSION || record.last_index >= feeding->size))
		result = feed_record(feeding, buf_view(&id), entry.kind != ENTRY_VERSION, err);
	buf_release(&id);
	return result != 0 ? result : os_check_interrupted(err);
}

static int begin(struct feeding *feeding, struct err *err)
{
	if (search_begin(feeding->closed, err) != 0)
		return -1;
	return search_begin(feeding->open, err);
}

static void roll_back(struct feeding *feeding)
{
	search_rollback(feeding->open);
	search_rollback(feeding->closed);
}

static int commit(struct feeding *feeding, uint64_t position, struct err *err)
{
	return search_commit(feeding->closed, position, err) != 0 || search_commit(feeding->open, position, err) != 0 ? -1 : 0;
}

static int follow(struct feeding *feeding, uint64_t from, struct err *err)
{
	while (from < feeding->size) {
		uint64_t to = from + STEP < feeding->size ? from + STEP : feeding->size;

		if (begin(feeding, err) != 0 || log_each(archive_log(feeding->archive), from, to, take_entry, feeding, err) != 0 ||
			commit(feeding, to, err) != 0) {
			roll_back(feeding);
			return -1;
		}
		from = to;
	}
	return 0;
}

/* Records whose texts were waited for, and whose embargo has ended. */
static int follow_due(struct feeding *feeding, struct search *of, struct err *err)
{
	struct buf id = BUF_INIT, last = BUF_INIT;
	int got = 0;

	if (begin(feeding, err) != 0) {
		roll_back(feeding);
		return -1;
	}
	for (unsigned count = 1; (got = search_next_due(of, feeding->now, buf_view(&last), &id, err)) == 1; count++) {
		buf_clear(&last);
		buf_str(&last, buf_view(&id));
		if (feed_record(feeding, buf_view(&last), false, err) != 0 || os_check_interrupted(err) != 0 ||
			(count % STEP == 0 && (commit(feeding, feeding->size, err) != 0 || begin(feeding, err) != 0))) {
			got = -1;
			break;
		}
	}
	if (got == 0)
		got = commit(feeding, feeding->size, err);
	if (got != 0)
		roll_back(feeding);
	buf_release(&id);
	buf_release(&last);
	return got;
}

/* Records of which it is known that a text has come. */
static int follow_ready(struct feeding *feeding, struct err *err)
{
	int result = begin(feeding, err);

	for (size_t i = 0; i < feeding->run->ready_count && result == 0; i++)
		result = feed_record(feeding, feeding->run->ready[i], false, err) != 0 ? -1 : os_check_interrupted(err);
	if (result == 0)
		result = commit(feeding, feeding->size, err);
	if (result != 0)
		roll_back(feeding);
	return result;
}

/* ---- both files ------------------------------------------------------------------------------------------------------------------------ */

static int open_files(struct feeding *feeding, struct err *err)
{
	struct buf path = BUF_INIT;
	int result = -1;

	(void)os_mkdir(archive_fd(feeding->archive), "derived", NULL);
	finder_path(&path, feeding->archive, CLOSED_FILE);
	if (search_open(&feeding->closed, path.p, true, err) != 0)
		goto out;
	buf_clear(&path);
	finder_path(&path, feeding->archive, OPEN_FILE);
	result = search_open(&feeding->open, path.p, true, err);
out:
	buf_release(&path);
	return result;
}

/* Where both stand; from nothing if they disagree, or are of another log. */
static int position(struct feeding *feeding, uint64_t *from, struct err *err)
{
	uint64_t closed;

	if (search_position(feeding->open, from, err) != 0 || search_position(feeding->closed, &closed, err) != 0)
		return -1;
	/* A crash between the two commits leaves the closed one ahead: the same entries once more do no harm. */
	if (!feeding->run->rebuild && closed >= *from && closed <= feeding->size && *from <= feeding->size)
		return 0;
	*from = 0;
	return search_clear(feeding->open, err) != 0 ? -1 : search_clear(feeding->closed, err);
}

static int throw_away(struct archive *archive, struct err *err)
{
	static const char *const files[] = {OPEN_FILE, CLOSED_FILE};
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t k = 0; k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
			struct buf name = BUF_INIT;
			int result;

			buf_printf(&name, "%s%s", files[i], suffixes[k]);
			result = os_unlink(archive_fd(archive), name.p, err);
			buf_release(&name);
			if (result != 0)
				return -1;
		}
	return os_unlink(archive_fd(archive), UNSCRUBBED, err);
}

int finder_follow(struct archive *archive, bool wipe, struct err *err)
{
	struct finder_run run = {.rebuild = false};
	struct catalogue *catalogue;
	struct err why = ERR_INIT;

	if (os_exists(archive_fd(archive), OPEN_FILE, NULL) != 1 && os_exists(archive_fd(archive), CLOSED_FILE, NULL) != 1)
		return 0;
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, &why) == 0 &&
		finder_feed(archive, catalogue, &run, &why) == 0 &&
		(!wipe || os_exists(archive_fd(archive), UNSCRUBBED, NULL) != 1))
		return 0;
	if (wipe || why.code == ERR_NONE)
		return wipe ? throw_away(archive, err) : 0;
	return err_set(err, why.code, "%s", why.text);
}

static int follow_all(struct feeding *feeding, struct err *err)
{
	uint64_t from;

	if (position(feeding, &from, err) != 0 || follow(feeding, from, err) != 0)
		return -1;
	feeding->run->waiting = 0;
	if (feeding->run->ready != NULL)
		return follow_ready(feeding, err);
	return follow_due(feeding, feeding->open, err) != 0 || follow_due(feeding, feeding->closed, err) != 0 ? -1 : 0;
}

int finder_feed(struct archive *archive, struct catalogue *catalogue, struct finder_run *run, struct err *err)
{
	struct feeding feeding = {
		.archive = archive, .catalogue = catalogue, .run = run, .now = os_now(), .size = archive_known(archive)};
	int lock = -1, result = -1;

	run->records = run->texts = run->waiting = 0;
	(void)os_mkdir(archive_fd(archive), "derived", NULL);
	lock = os_open(archive_fd(archive), "derived/search.lock", O_RDWR | O_CREAT, 0644, err);
	if (lock < 0 || os_lock_wait(lock, true, "derived/search.lock", err) != 0 || open_files(&feeding, err) != 0)
		goto out;
	if (follow_all(&feeding, err) != 0) {
		if (run->rebuild || (!search_is_damaged(feeding.open) && !search_is_damaged(feeding.closed)))
			goto out;
		/* Derived, and damaged within: from nothing. */
		run->rebuild = true;
		err_clear(err);
		if (follow_all(&feeding, err) != 0)
			goto out;
	}
	/* Not now, if a reader holds the state before: then the next who comes here does it. */
	if (os_exists(archive_fd(archive), UNSCRUBBED, NULL) == 1 && search_scrub(feeding.open, NULL) == 0 &&
		search_scrub(feeding.closed, NULL) == 0)
		(void)os_unlink(archive_fd(archive), UNSCRUBBED, NULL);
	result = 0;
out:
	search_free(feeding.open);
	search_free(feeding.closed);
	os_close(lock);
	arena_release(&feeding.arena);
	return result;
}
