/* fuzz-links: bag crypto base */
/* The input is a bag: files parted by a line of "====", each beginning with its name on a line of its own. What is said of it must not hang
 * on where pieces end, and a bag that passes must tell every payload file. */
#include "bag/bag.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 16
struct tree {
	struct {
		char name[64];
		struct str bytes;
	} files[FILES_MAX];
	size_t count;
	size_t piece; /* octets handed over at once */
};

static void need(bool condition)
{
	if (!condition)
		abort();
}

static bool usable(const struct tree *tree, struct str name)
{
	if (name.n == 0 || name.n >= 64 || memchr(name.p, '\0', name.n) != NULL || name.p[0] == '/' || name.p[name.n - 1] == '/')
		return false;
	struct str rest = name, part;
	while (str_take_until(&rest, '/', &part))
		if (part.n == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
			return false;
	for (size_t i = 0; i < tree->count; i++) {
		struct str other = str_from(tree->files[i].name);
		size_t n = other.n < name.n ? other.n : name.n;
		if (memcmp(other.p, name.p, n) == 0 && (other.n == name.n || (other.n > n ? other.p[n] : name.p[n]) == '/'))
			return false; /* the same, or a file where a folder is */
	}
	return true;
}

static void make_tree(struct tree *tree, struct str rest)
{
	const struct str mark = STR("\n====\n");

	*tree = (struct tree){.count = 0};
	while (rest.n > 0 && tree->count < FILES_MAX) {
		const char *end = memmem(rest.p, rest.n, mark.p, mark.n);
		struct str file = {rest.p, end != NULL ? (size_t)(end - rest.p) + 1 : rest.n}, name;
		size_t taken = end != NULL ? file.n + mark.n - 1 : rest.n;
		rest.p += taken;
		rest.n -= taken;
		if (!str_take_line(&file, &name) || !usable(tree, name))
			continue;
		memcpy(tree->files[tree->count].name, name.p, name.n);
		tree->files[tree->count++].bytes = file;
	}
}

static int list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	const struct tree *tree = context;
	size_t n = strlen(path);

	for (size_t i = 0; i < tree->count; i++) {
		const char *file = tree->files[i].name;
		if (n > 0 && (strncmp(file, path, n) != 0 || file[n] != '/'))
			continue;
		const char *rest = file + (n > 0 ? n + 1 : 0), *slash = strchr(rest, '/');
		bool told = false;
		for (size_t k = 0; slash != NULL && k < i && !told; k++)
			told = strncmp(tree->files[k].name, file, (size_t)(slash - file) + 1) == 0;
		struct ocfl_name name = {.name = {rest, slash != NULL ? (size_t)(slash - rest) : strlen(rest)},
			.type = slash != NULL ? OCFL_FOLDER : OCFL_FILE,
			.links = 1};
		if (!told && each(each_context, &name, err) != 0)
			return -1;
	}
	return 0;
}

static int read_file(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	const struct tree *tree = context;

	for (size_t i = 0; i < tree->count; i++) {
		struct str bytes = tree->files[i].bytes;
		if (strcmp(tree->files[i].name, path) != 0)
			continue;
		while (bytes.n > 0) {
			size_t n = bytes.n < tree->piece ? bytes.n : tree->piece;
			if (sink(sink_context, bytes.p, n, err) != 0)
				return -1;
			bytes.p += n;
			bytes.n -= n;
		}
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "no file");
}

struct told {
	uint64_t files;
	struct buf findings;
};

static void found(void *context, const struct bag_finding *finding)
{
	struct told *told = context;

	need(bag_code_section(finding->code) == finding->section && finding->section != NULL);
	buf_printf(&told->findings, "%s %d %llu ", finding->code, (int)finding->level, (unsigned long long)finding->line);
	buf_str(&told->findings, finding->path);
	buf_str(&told->findings, finding->text);
}

static int file(void *context, const struct bag_file *file_told, struct err *err)
{
	struct told *told = context;

	(void)err;
	need(file_told->digest_count > 0 && str_starts(file_told->path, STR("data/")));
	told->files++;
	return 0;
}

static int info(void *context, struct str label, struct str value, struct err *err)
{
	struct told *told = context;

	(void)err;
	buf_str(&told->findings, label);
	buf_str(&told->findings, value);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree tree;
	struct told told[2] = {{0, BUF_INIT}, {0, BUF_INIT}};
	struct bag_result result[2] = {{.errors = 0}, {.errors = 0}};

	make_tree(&tree, (struct str){(const char *)data, size});
	const struct ocfl_tree reader = {.context = &tree, .list = list, .read = read_file};
	for (int way = 0; way < 2; way++) {
		const struct bag_options options = {.context = &told[way], .found = found, .file = file, .info = info};
		struct err err = ERR_INIT;
		tree.piece = way == 0 ? 1 : 4096;
		int status = bag_validate(&reader, "", &options, &result[way], &err);
		need(status == 0 ? result[way].complete : err.code == ERR_LIMIT);
		if (bag_passed(&result[way]))
			need(told[way].files == result[way].files);
	}
	need(str_equal(buf_view(&told[0].findings), buf_view(&told[1].findings)));
	need(result[0].errors == result[1].errors && result[0].warnings == result[1].warnings && result[0].read == result[1].read);
	buf_release(&told[0].findings);
	buf_release(&told[1].findings);
	return 0;
}
