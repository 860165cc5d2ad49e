/* A record as a bag, made as it is sent. Files go out as they are read, and are hashed on the way; one that is not what its inventory says breaks the answer
 * off, so that whoever takes it sees that it was not all. */
#include "bag.h"

#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"
#include "machines.h"
#include "os/os.h"
#include "tar.h"

#define FILES_MAX 10000u
#define TAGS_MAX 8u

struct tag {
	char name[40];
	struct buf bytes;
};

struct bagged {
	struct object_version *object;
	size_t *files; /* of the object */
	size_t count, at;
	struct buf folder; /* the bag's name, with a slash */
	int64_t time;
	struct buf out; /* made and not sent yet */
	size_t sent;
	/* the file under way */
	int fd;
	uint64_t left, size;
	struct str path; /* below data/ */
	struct digest wanted;
	struct hasher *sha256, *sha512;
	/* the rest, small */
	struct bag_writer *writer;
	struct bag_output output;
	struct tag tags[TAGS_MAX];
	size_t tag_count;
	struct buf description, id, receipt,
		policy; /* description: in place of photostat.json, where that names what is not open */
	bool restricted, finished;
};

static int take_tag(void *context, const char *name, struct str bytes, struct err *err)
{
	struct bagged *bag = context;
	size_t i = 0;

	while (i < bag->tag_count && strcmp(bag->tags[i].name, name) != 0)
		i++;
	if (i == TAGS_MAX || strlen(name) >= sizeof(bag->tags[i].name))
		return err_set(err, ERR_INTERNAL, "more tag files than a bag has");
	if (i == bag->tag_count) {
		memcpy(bag->tags[i].name, name, strlen(name) + 1);
		bag->tag_count++;
	}
	buf_str(&bag->tags[i].bytes, bytes);
	return 0;
}

struct bagged *bagged_new(struct page *page, struct shown *shown)
{
	struct archive *archive = page->desk->archive;
	size_t count = object_count(shown->object);
	struct object_file file;
	struct bagged *bag;
	bool redacted;

	if (count > FILES_MAX || machine_redact_shown(page->desk, shown, &redacted, NULL) != 0)
		return NULL;
	bag = mem_alloc(sizeof(*bag));
	bag->fd = -1;
	bag->files = mem_array(count + 1, sizeof(*bag->files));
	bag->restricted = !access_may_read_inventory(shown->view) || redacted;
	for (size_t i = 0; i < count; i++) {
		object_file(shown->object, i, &file);
		if (!str_equal(file.path, STR("photostat.seed")) && access_may_read_file(shown->view, file.path) &&
			!(bag->restricted && str_equal(file.path, RECORD_FILE)))
			bag->files[bag->count++] = i;
	}
	if (bag->restricted)
		record_format(shown->record, &bag->description);
	else
		(void)archive_receipt(archive, buf_view(&shown->name.id), shown->version.version, STR(""), &bag->receipt, NULL);
	archive_policy(archive, &bag->policy);
	buf_str(&bag->id, buf_view(&shown->name.id));
	bag->time = shown->version.time;
	/* Its last segment names the folder: letters, digits, '.', '_', '-' alone. */
	for (size_t i = shown->name.id.n, from = 0; i-- > 0 && bag->folder.n == 0;)
		if (shown->name.id.p[i] == '/' || shown->name.id.p[i] == ':') {
			from = i + 1;
			buf_add(&bag->folder, shown->name.id.p + from, shown->name.id.n - from);
		}
	buf_printf(&bag->folder, "-v%llu/", (unsigned long long)shown->version.version);
	bag->output = (struct bag_output){bag, take_tag};
	bag->writer = bag_writer_new(&bag->output);
	bag->sha256 = hasher_new(DIGEST_SHA256);
	bag->sha512 = hasher_new(DIGEST_SHA512);
	bag->object = shown->object;
	shown->object = NULL;
	return bag;
}

void bagged_free(void *context)
{
	struct bagged *bag = context;

	if (bag == NULL)
		return;
	object_free(bag->object);
	os_close(bag->fd);
	bag_writer_free(bag->writer);
	hasher_free(bag->sha256);
	hasher_free(bag->sha512);
	for (size_t i = 0; i < bag->tag_count; i++)
		buf_release(&bag->tags[i].bytes);
	buf_release(&bag->folder);
	buf_release(&bag->out);
	buf_release(&bag->description);
	buf_release(&bag->id);
	buf_release(&bag->receipt);
	buf_release(&bag->policy);
	free(bag->files);
	free(bag);
}

/* ---- pieces ----------------------------------------------------------------------------------------------------------------------------- */

static void put_head(struct bagged *bag, const char *before, struct str path, uint64_t size)
{
	struct buf name = BUF_INIT;

	buf_str(&name, buf_view(&bag->folder));
	buf_text(&name, before);
	buf_str(&name, path);
	tar_file(&bag->out, buf_view(&name), size, bag->time);
	buf_release(&name);
}

static void pad(struct bagged *bag, uint64_t size)
{
	for (size_t i = tar_padding(size); i > 0; i--)
		buf_char(&bag->out, '\0');
}

static void put_small(struct bagged *bag, const char *before, struct str path, struct str bytes)
{
	put_head(bag, before, path, bytes.n);
	buf_str(&bag->out, bytes);
	pad(bag, bytes.n);
}

static int begin_file(struct bagged *bag, struct err *err)
{
	struct object_file file;

	object_file(bag->object, bag->files[bag->at], &file);
	bag->path = file.path;
	bag->wanted = file.digest;
	if (object_open_file(bag->object, bag->files[bag->at], &bag->fd, &bag->size, err) != 0)
		return -1;
	bag->at++;
	bag->left = bag->size;
	hasher_begin(bag->sha256);
	hasher_begin(bag->sha512);
	put_head(bag, "data/", bag->path, bag->size);
	return 0;
}

static int end_file(struct bagged *bag, struct err *err)
{
	struct digest sha256_digest, sha512_digest;

	os_close(bag->fd);
	bag->fd = -1;
	hasher_end(bag->sha256, &sha256_digest);
	hasher_end(bag->sha512, &sha512_digest);
	if (!digest_equal(bag->wanted.alg == DIGEST_SHA512 ? &sha512_digest : &sha256_digest, &bag->wanted))
		return err_set(err, ERR_MISMATCH, "a file is not what its inventory says");
	pad(bag, bag->size);
	return bag_writer_file(bag->writer, bag->path, bag->size, &sha256_digest, &sha512_digest, err);
}

static int put_description(struct bagged *bag, struct err *err)
{
	struct digest sha256_digest, sha512_digest;
	struct str text = buf_view(&bag->description);

	hasher_begin(bag->sha256);
	hasher_begin(bag->sha512);
	hasher_add(bag->sha256, text.p, text.n);
	hasher_add(bag->sha512, text.p, text.n);
	hasher_end(bag->sha256, &sha256_digest);
	hasher_end(bag->sha512, &sha512_digest);
	put_small(bag, "data/", STR("photostat.json"), text);
	return bag_writer_file(bag->writer, STR("photostat.json"), text.n, &sha256_digest, &sha512_digest, err);
}

/* What bags have beside their payload; with them what proves it: a reader needs nothing else. */
static int finish(struct bagged *bag, struct err *err)
{
	const struct bag_about about = {
		.external_identifier = buf_view(&bag->id), .software_agent = STR("photostat"), .time = os_now()};

	if (bag->restricted && (put_description(bag, err) != 0 ||
				       bag_writer_info(bag->writer, STR("Photostat-Partial"),
					       STR("only what is open to the public, and names nothing else"), err) != 0))
		return -1;
	if (bag_writer_end(bag->writer, &about, err) != 0)
		return -1;
	for (size_t i = 0; i < bag->tag_count; i++) {
		put_small(bag, "", str_from(bag->tags[i].name), buf_view(&bag->tags[i].bytes));
		if (bag->tags[i].bytes.failed)
			return -1;
	}
	if (bag->receipt.n > 0)
		put_small(bag, "", STR("receipt.tlog-proof"), buf_view(&bag->receipt));
	put_small(bag, "", STR("archive.policy"), buf_view(&bag->policy));
	tar_end(&bag->out);
	bag->finished = true;
	return bag->out.failed ? -1 : 0;
}

ssize_t bagged_make(void *context, char *bytes, size_t max)
{
	struct bagged *bag = context;
	size_t n = 0;

	while (n < max) {
		if (bag->sent < bag->out.n) {
			size_t piece = bag->out.n - bag->sent < max - n ? bag->out.n - bag->sent : max - n;

			memcpy(bytes + n, bag->out.p + bag->sent, piece);
			bag->sent += piece;
			n += piece;
			continue;
		}
		buf_clear(&bag->out);
		bag->sent = 0;
		if (bag->fd >= 0 && bag->left > 0) {
			size_t piece = bag->left < max - n ? (size_t)bag->left : max - n;
			ssize_t got = os_read(bag->fd, bytes + n, piece, "a file", NULL);

			if (got <= 0)
				return -1;
			hasher_add(bag->sha256, bytes + n, (size_t)got);
			hasher_add(bag->sha512, bytes + n, (size_t)got);
			bag->left -= (uint64_t)got;
			n += (size_t)got;
		} else if (bag->fd >= 0) {
			if (end_file(bag, NULL) != 0)
				return -1;
		} else if (bag->at < bag->count) {
			if (begin_file(bag, NULL) != 0)
				return -1;
		} else if (!bag->finished) {
			if (finish(bag, NULL) != 0)
				return -1;
		} else {
			break;
		}
	}
	return (ssize_t)n;
}
