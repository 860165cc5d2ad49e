#include "storing.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "../ocfl/tree.h"

void place_open(struct place *p)
{
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY);
	assert_true(p->fd >= 0);
	p->staging = openat(p->fd, "staging", O_RDONLY | O_DIRECTORY);
	assert_true(p->staging >= 0);
	OK(store_open(&p->store, p->fd, "records", DIGEST_SHA256, &err));
}

void place_make(struct place *p, enum digest_alg alg)
{
	place_make_below(p, fault_fast_folder(), alg);
}

void place_make_below(struct place *p, const char *folder, enum digest_alg alg)
{
	snprintf(p->dir, sizeof(p->dir), "%s/photostat-store-XXXXXX", folder);
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(mkdirat(AT_FDCWD, p->dir, 0755), -1);
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY);
	OK(store_create(p->fd, "records", &err));
	OK(os_mkdir(p->fd, "staging", &err));
	close(p->fd);
	place_open(p);
	if (alg != DIGEST_SHA256) {
		store_free(p->store);
		OK(store_open(&p->store, p->fd, "records", alg, &err));
	}
}

void place_close(struct place *p)
{
	store_free(p->store);
	close(p->staging);
	close(p->fd);
}

void place_remove(struct place *p)
{
	place_close(p);
	OK(os_remove_tree(AT_FDCWD, p->dir, &err));
}

char *noise(size_t n, uint64_t seed)
{
	char *bytes = malloc(n + 8);
	uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i += 8) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(bytes + i, &state, 8);
	}
	return bytes;
}

int content_fd(struct str content)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/photostat-content-XXXXXX", fault_fast_folder());
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	for (size_t done = 0; done < content.n;) {
		ssize_t n = write(fd, content.p + done, content.n - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	return fd;
}

int add_samples(struct stage *stage, const struct sample *samples, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct str path = str_from(samples[i].path);
		struct digest digest;
		uint64_t size;
		int result;

		if (str_starts(path, STR("photostat."))) {
			result = stage_add_bytes(stage, path, samples[i].content, &digest, err);
		} else {
			int fd = content_fd(samples[i].content);

			result = stage_add_fd(stage, path, fd, samples[i].path, &digest, &size, err);
			close(fd);
			if (result == 0)
				assert_int_equal(size, samples[i].content.n);
		}
		if (result != 0)
			return -1;
	}
	return 0;
}

int end_version(struct stage *stage, struct digest *inventory, struct err *err)
{
	struct stage_version_info info = {.created = TIME,
		.message = STR("deposited"),
		.user_name = STR("photostat"),
		.user_address = STR("https://example.org/archive")};

	return stage_end_version(stage, &info, inventory, err);
}

static int fill(struct stage *stage, const struct sample *samples, size_t count, struct os_batch *batch, struct digest *inventory,
	struct err *err)
{
	if (add_samples(stage, samples, count, err) != 0 || end_version(stage, inventory, err) != 0)
		return -1;
	return batch == NULL ? 0 : stage_wrote(stage, batch, err);
}

int stage_first(struct place *p, const char *name, const char *id, const struct sample *samples, size_t count,
	struct os_batch *batch, struct digest *inventory, struct err *err)
{
	struct stage *stage;
	int result;

	if (stage_new_object(&stage, p->store, p->staging, name, str_from(id), err) != 0)
		return -1;
	result = fill(stage, samples, count, batch, inventory, err);
	stage_free(stage);
	return result;
}

int stage_second(struct place *p, const char *name, const char *id, uint64_t version, const struct digest *before,
	const struct sample *samples, size_t count, struct os_batch *batch, struct digest *inventory, struct err *err)
{
	struct stage *stage;
	int result;

	if (stage_new_version(&stage, p->store, p->staging, name, str_from(id), version, before, err) != 0)
		return -1;
	result = fill(stage, samples, count, batch, inventory, err);
	stage_free(stage);
	return result;
}

void keep_first(struct place *p, const char *id, const struct sample *samples, size_t count, struct digest *inventory)
{
	struct os_batch *batch;

	OK(os_batch_open(&batch, p->fd, &err));
	OK(stage_first(p, "o1", id, samples, count, batch, inventory, &err));
	OK(os_batch_sync(batch, &err));
	OK(store_publish_object(p->store, p->staging, "o1", str_from(id), batch, &err));
	OK(os_batch_sync(batch, &err));
	os_batch_free(batch);
}

void keep_next(struct place *p, const char *id, uint64_t version, const struct digest *before, const struct sample *samples,
	size_t count, struct digest *inventory)
{
	struct os_batch *batch;

	OK(os_batch_open(&batch, p->fd, &err));
	OK(stage_second(p, "n1", id, version, before, samples, count, batch, inventory, &err));
	OK(os_batch_sync(batch, &err));
	OK(store_publish_version(p->store, p->staging, "n1", str_from(id), version, batch, &err));
	OK(os_batch_sync(batch, &err));
	os_batch_free(batch);
	OK(stage_discard(p->staging, "n1", &err));
}

struct reading {
	struct str left;
	const char *path;
};

static int compare_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct reading *reading = context;

	(void)err;
	if (n > reading->left.n || memcmp(reading->left.p, bytes, n) != 0)
		fail_msg("%s reads back as something else", reading->path);
	reading->left.p += n;
	reading->left.n -= n;
	return 0;
}

void check_version(struct place *p, const char *id, uint64_t version, const struct digest *inventory, const struct sample *samples,
	size_t count)
{
	struct object_version *object;

	OK(object_open(&object, p->store, str_from(id), version, inventory, &err));
	assert_int_equal(object_count(object), count);
	for (size_t i = 0; i < count; i++) {
		struct reading reading = {samples[i].content, samples[i].path};
		struct object_file file;
		size_t at;

		if (!object_find(object, str_from(samples[i].path), &at))
			fail_msg("%s is not in version %d", samples[i].path, (int)version);
		object_file(object, at, &file);
		assert_true(str_equal(file.path, str_from(samples[i].path)));
		OK(object_read_checked(object, at, compare_piece, &reading, &err));
		assert_int_equal(reading.left.n, 0);
	}
	for (size_t i = 1; i < count; i++) {
		struct object_file one, two;

		object_file(object, i - 1, &one);
		object_file(object, i, &two);
		assert_true(str_compare(one.path, two.path) < 0);
	}
	object_free(object);
}

static void found(void *context, const struct ocfl_finding *finding)
{
	struct buf *text = context;

	if (finding->level == OCFL_WARNING && strcmp(finding->code, "W004") == 0)
		return;
	buf_printf(text, "%s %.*s: %.*s\n", finding->code, STR_ARG(finding->path), STR_ARG(finding->text));
}

void check_valid(struct place *p, uint64_t objects)
{
	struct buf text = BUF_INIT;
	struct ocfl_validate_options options = {.context = &text, .found = found};
	struct ocfl_result result = {0};
	int fd = openat(p->fd, "records", O_RDONLY | O_DIRECTORY);
	struct ocfl_tree tree = tree_of(&fd);

	OK(ocfl_validate_root(&tree, "", &options, &result, &err));
	close(fd);
	if (text.n > 0)
		fail_msg("not valid OCFL:\n%s", text.p);
	assert_true(ocfl_passed(&result));
	assert_int_equal(result.objects, objects);
	buf_release(&text);
}

static int by_text(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void collect(int dir, const char *path, const char *prefix, char ***names, size_t *count)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *open = fdopendir(fd);
	struct dirent *entry;

	if (open == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	while ((entry = readdir(open)) != NULL) {
		size_t n = strlen(prefix) + strlen(entry->d_name) + 2;
		char *full;
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		full = malloc(n);
		assert_int_equal(fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		snprintf(full, n, "%s%s%s", prefix, entry->d_name, S_ISDIR(st.st_mode) ? "/" : "");
		*names = realloc(*names, (*count + 1) * sizeof(char *));
		(*names)[(*count)++] = full;
		if (S_ISDIR(st.st_mode))
			collect(fd, entry->d_name, full, names, count);
	}
	closedir(open);
}

void list_below(int dir, const char *path, struct buf *out)
{
	char **names = NULL;
	size_t count = 0;

	collect(dir, path, "", &names, &count);
	if (count > 0)
		qsort(names, count, sizeof(char *), by_text);
	for (size_t i = 0; i < count; i++) {
		buf_text(out, names[i]);
		buf_char(out, '\n');
		free(names[i]);
	}
	free(names);
}

size_t count_below(int dir, const char *path)
{
	struct buf list = BUF_INIT;
	size_t count = 0;

	list_below(dir, path, &list);
	for (size_t i = 0; i < list.n; i++)
		count += list.p[i] == '\n';
	buf_release(&list);
	return count;
}
