#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- on disk ------------------------------------------------------------------------------------------------------------- */

static void full_path(char out[4096], const char *top, const char *path)
{
	snprintf(out, 4096, "%s%s%s", top, *path != '\0' ? "/" : "", path);
}

static int disk_list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	char full[4096];
	struct dirent *name;
	int result = 0;

	full_path(full, context, path);
	DIR *folder = opendir(full);
	if (folder == NULL)
		return err_set(err, ERR_NOT_FOUND, "%s: %s", full, strerror(errno));
	while (result == 0 && (name = readdir(folder)) != NULL) {
		if (strcmp(name->d_name, ".") == 0 || strcmp(name->d_name, "..") == 0)
			continue;
		struct ocfl_name found = {.name = str_from(name->d_name), .links = 1};
		found.type = name->d_type == DT_REG   ? OCFL_FILE
			     : name->d_type == DT_DIR ? OCFL_FOLDER
			     : name->d_type == DT_LNK ? OCFL_LINK
						      : OCFL_OTHER;
		result = each(each_context, &found, err);
	}
	closedir(folder);
	return result;
}

static int disk_read(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	char full[4096], piece[7]; /* small, so that pieces end anywhere */
	size_t n;
	int result = 0;

	full_path(full, context, path);
	FILE *file = fopen(full, "re");
	if (file == NULL)
		return err_set(err, ERR_NOT_FOUND, "%s: %s", full, strerror(errno));
	while (result == 0 && (n = fread(piece, 1, sizeof(piece), file)) > 0)
		result = sink(sink_context, piece, n, err);
	fclose(file);
	return result;
}

struct ocfl_tree disk_tree(const char *top)
{
	return (struct ocfl_tree){.context = (void *)(uintptr_t)top, .list = disk_list, .read = disk_read};
}

/* ---- in memory ----------------------------------------------------------------------------------------------------------- */

static int memory_list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	struct memory *memory = context;
	size_t n = strlen(path);
	bool any = n == 0;

	for (size_t i = 0; i < memory->count; i++) {
		const char *file = memory->files[i].path;
		if (n > 0 && (strncmp(file, path, n) != 0 || file[n] != '/'))
			continue;
		any = true;
		const char *rest = file + (n > 0 ? n + 1 : 0), *slash = strchr(rest, '/');
		size_t length = slash != NULL ? (size_t)(slash - rest) : strlen(rest);
		if (length == 0)
			continue; /* "folder/": an empty folder */
		bool told = false;
		for (size_t k = 0; k < i && !told; k++) {
			const char *earlier = memory->files[k].path;
			told = slash != NULL && strncmp(earlier, file, (size_t)(slash - file) + 1) == 0;
		}
		if (told)
			continue;
		struct ocfl_name name = {
			.name = {rest, length}, .type = slash != NULL ? OCFL_FOLDER : memory->files[i].type, .links = 1};
		if (each(each_context, &name, err) != 0)
			return -1;
	}
	return any ? 0 : err_set(err, ERR_NOT_FOUND, "no folder %s", path);
}

static int memory_read(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	struct memory_file *file = memory_find(context, path);

	if (file == NULL)
		return err_set(err, ERR_NOT_FOUND, "no file %s", path);
	if (file->type != OCFL_FILE)
		return err_set(err, ERR_SYNTAX, "%s is not a regular file", path);
	if (file->unreadable)
		return err_set(err, ERR_SYSTEM, "permission denied");
	for (size_t at = 0; at < file->bytes.n;) {
		size_t n = file->bytes.n - at < 5 ? file->bytes.n - at : 5;
		if (sink(sink_context, file->bytes.p + at, n, err) != 0)
			return -1;
		at += n;
	}
	return 0;
}

struct ocfl_tree memory_tree(struct memory *memory)
{
	return (struct ocfl_tree){.context = memory, .list = memory_list, .read = memory_read};
}

struct memory_file *memory_find(struct memory *memory, const char *path)
{
	for (size_t i = 0; i < memory->count; i++)
		if (strcmp(memory->files[i].path, path) == 0)
			return &memory->files[i];
	return NULL;
}

static struct memory_file *memory_make(struct memory *memory, const char *path)
{
	struct memory_file *file = memory_find(memory, path);

	if (file != NULL)
		return file;
	memory->files = mem_grow(memory->files, memory->count + 1, sizeof(*memory->files));
	file = &memory->files[memory->count++];
	*file = (struct memory_file){.path = mem_dup(str_from(path)), .bytes = BUF_INIT, .type = OCFL_FILE};
	return file;
}

void memory_put(struct memory *memory, const char *path, struct str bytes)
{
	struct memory_file *file = memory_make(memory, path);

	buf_clear(&file->bytes);
	buf_str(&file->bytes, bytes);
}

void memory_text(struct memory *memory, const char *path, const char *text)
{
	memory_put(memory, path, str_from(text));
}

void memory_append(struct memory *memory, const char *path, const char *text)
{
	buf_text(&memory_make(memory, path)->bytes, text);
}

void memory_special(struct memory *memory, const char *path, enum ocfl_type type)
{
	memory_make(memory, path)->type = type;
}

void memory_remove(struct memory *memory, const char *path)
{
	struct memory_file *file = memory_find(memory, path);

	assert_non_null(file);
	free(file->path);
	buf_release(&file->bytes);
	*file = memory->files[--memory->count];
}

void memory_release(struct memory *memory)
{
	while (memory->count > 0)
		memory_remove(memory, memory->files[0].path);
	free(memory->files);
	memory->files = NULL;
}

void memory_digest(struct memory *memory, const char *path, enum digest_alg alg, struct buf *out)
{
	struct memory_file *file = memory_find(memory, path);
	struct hasher *hasher = hasher_new(alg);
	struct digest digest;

	assert_non_null(file);
	hasher_begin(hasher);
	hasher_add(hasher, file->bytes.p, file->bytes.n);
	hasher_end(hasher, &digest);
	hasher_free(hasher);
	buf_hex(out, digest.bytes, digest_size(alg));
}

void memory_manifest(struct memory *memory, const char *name, enum digest_alg alg, bool tags)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < memory->count; i++) {
		const char *path = memory->files[i].path;
		bool payload = strncmp(path, "data/", 5) == 0;
		if (payload == tags || (tags && strncmp(path, "tagmanifest-", 12) == 0) || memory->files[i].type != OCFL_FILE ||
			path[strlen(path) - 1] == '/')
			continue;
		memory_digest(memory, path, alg, &text);
		buf_text(&text, "  ");
		for (; *path != '\0'; path++) {
			if (*path == '%' || *path == '\n' || *path == '\r')
				buf_printf(&text, "%%%02X", (unsigned)(unsigned char)*path);
			else
				buf_char(&text, *path);
		}
		buf_char(&text, '\n');
	}
	memory_put(memory, name, buf_view(&text));
	buf_release(&text);
}

static void manifest_name(char out[64], const char *prefix, enum digest_alg alg)
{
	size_t n = (size_t)snprintf(out, 40, "%s-", prefix);

	for (const char *p = digest_name(alg); *p != '\0'; p++)
		if (*p != '-' && *p != '/')
			out[n++] = *p;
	snprintf(out + n, 64 - n, ".txt");
}

void memory_bag(struct memory *memory, const char *version, enum digest_alg one, enum digest_alg two)
{
	const enum digest_alg algs[] = {one, two};
	struct buf text = BUF_INIT;
	uint64_t octets = 0, files = 0;
	char name[64];

	buf_printf(&text, "BagIt-Version: %s\nTag-File-Character-Encoding: UTF-8\n", version);
	memory_put(memory, "bagit.txt", buf_view(&text));
	for (size_t i = 0; i < memory->count; i++)
		if (strncmp(memory->files[i].path, "data/", 5) == 0 && memory->files[i].type == OCFL_FILE &&
			memory->files[i].path[strlen(memory->files[i].path) - 1] != '/') {
			octets += memory->files[i].bytes.n;
			files++;
		}
	buf_clear(&text);
	buf_printf(&text, "Source-Organization: Test\nBagging-Date: 2026-11-23\nPayload-Oxum: %llu.%llu\n",
		(unsigned long long)octets, (unsigned long long)files);
	memory_put(memory, "bag-info.txt", buf_view(&text));
	buf_release(&text);
	for (size_t i = 0; i < 2; i++)
		if (algs[i] != DIGEST_NONE) {
			manifest_name(name, "manifest", algs[i]);
			memory_manifest(memory, name, algs[i], false);
		}
	for (size_t i = 0; i < 2; i++)
		if (algs[i] != DIGEST_NONE) {
			manifest_name(name, "tagmanifest", algs[i]);
			memory_manifest(memory, name, algs[i], true);
		}
}

/* ---- judging ------------------------------------------------------------------------------------------------------------- */

static const char *const levels[] = {[BAG_ERROR] = "error", [BAG_WARNING] = "warning", [BAG_UNCHECKED] = "unchecked"};

static void found(void *context, const struct bag_finding *finding)
{
	struct verdict *verdict = context;

	assert_non_null(finding->section);
	assert_string_equal(finding->section, bag_code_section(finding->code));
	assert_true(finding->text.n > 0);
	if (verdict->quiet)
		return;
	buf_printf(&verdict->codes, "%s %s [", finding->code, levels[finding->level]);
	buf_printable(&verdict->codes, finding->path);
	buf_printf(&verdict->codes, "]:%llu ", (unsigned long long)finding->line);
	buf_printable(&verdict->codes, finding->text);
	buf_char(&verdict->codes, '\n');
}

static int tell_file(void *context, const struct bag_file *file, struct err *err)
{
	struct verdict *verdict = context;

	(void)err;
	assert_true(file->digest_count > 0);
	if (verdict->quiet)
		return 0;
	buf_str(&verdict->told, file->path);
	buf_printf(&verdict->told, " %llu\n", (unsigned long long)file->size);
	return 0;
}

static int tell_info(void *context, struct str label, struct str value, struct err *err)
{
	struct verdict *verdict = context;

	(void)err;
	buf_char(&verdict->told, '<');
	buf_str(&verdict->told, label);
	buf_text(&verdict->told, "|");
	buf_str(&verdict->told, value);
	buf_text(&verdict->told, ">\n");
	return 0;
}

void judge(struct verdict *verdict, const struct ocfl_tree *tree, const char *path, const struct bag_options *more)
{
	bool quiet = verdict->quiet;
	struct bag_options options = {.context = verdict, .found = found, .file = tell_file, .info = tell_info};

	if (more != NULL) {
		options.max_memory = more->max_memory;
		options.no_content = more->no_content;
		options.progress = more->progress;
	}
	*verdict = (struct verdict){.err = ERR_INIT, .codes = BUF_INIT, .told = BUF_INIT, .quiet = quiet};
	verdict->status = bag_validate(tree, path, &options, &verdict->result, &verdict->err);
}

void verdict_release(struct verdict *verdict)
{
	buf_release(&verdict->codes);
	buf_release(&verdict->told);
}

bool verdict_has(const struct verdict *verdict, const char *code, enum bag_level level, const char *path)
{
	char wanted[300];

	snprintf(wanted, sizeof(wanted), "%s %s [%s%s", code, levels[level], path != NULL ? path : "", path != NULL ? "]" : "");
	return verdict->codes.n > 0 && strstr(verdict->codes.p, wanted) != NULL;
}

void verdict_print(const struct verdict *verdict)
{
	print_message("%s", verdict->codes.n > 0 ? verdict->codes.p : "no findings\n");
	if (verdict->status != 0)
		print_message("stopped: %s\n", verdict->err.text);
}
