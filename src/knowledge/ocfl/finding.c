/* Reporting, and reading the tree. */
#include "ocfl/validate.h"

#include <stdio.h>
#include <string.h>

void validation_start(struct validation *v, const struct ocfl_tree *tree, const struct ocfl_validate_options *options,
	struct ocfl_result *result, enum ocfl_version spec)
{
	*v = (struct validation){.tree = tree, .options = options, .result = result, .spec = spec};
	result->complete = false;
}

void validation_end(struct validation *v)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (v->hashers[i])
			hasher_free(v->hashers[i]);
	buf_release(&v->path);
}

bool ocfl_passed(const struct ocfl_result *result)
{
	return result->complete && !result->errors && !result->unchecked;
}

void found(struct validation *v, enum ocfl_level level, const char *code, struct str path, const char *format, ...)
{
	char text[480];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	switch (level) {
	case OCFL_ERROR:
		v->result->errors++;
		v->bad = true;
		break;
	case OCFL_WARNING:
		v->result->warnings++;
		break;
	case OCFL_UNCHECKED:
		v->result->unchecked++;
		v->bad = true;
		break;
	}
	struct ocfl_finding finding = {level, code, v->spec, v->object, path, str_from(text)};
	if (v->options->found)
		v->options->found(v->options->context, &finding);
}

const char *code_of(const struct validation *v, const char *code_1_0, const char *code_1_1)
{
	return v->spec == OCFL_1_0 ? code_1_0 : code_1_1;
}

int validation_tick(struct validation *v)
{
	if (!v->stopped && v->options->progress && v->options->progress(v->options->context, v->result, &v->err) < 0)
		v->stopped = true;
	return v->stopped ? -1 : 0;
}

size_t path_down(struct validation *v, struct str name)
{
	size_t before = v->path.n;
	if (before)
		buf_char(&v->path, '/');
	buf_str(&v->path, name);
	return before;
}

void path_cut(struct validation *v, size_t length)
{
	if (length < v->path.n) {
		v->path.n = length;
		v->path.p[length] = '\0';
	}
}

static const char *path_text(const struct validation *v)
{
	return v->path.p ? v->path.p : "";
}

int list_here(struct validation *v, ocfl_each *each, void *context)
{
	struct err err = ERR_INIT;
	if (v->stopped)
		return -1;
	size_t length = v->path.n;
	int status = v->tree->list(v->tree->context, path_text(v), each, context, &err);
	path_cut(v, length);
	if (v->stopped)
		return -1;
	if (status == 0)
		return 0;
	if (err.code == ERR_INTERRUPTED) {
		v->stopped = true;
		v->err = err;
		return -1;
	}
	found_here(v, OCFL_UNCHECKED, "", "the folder could not be listed: %s", err.text);
	return 1;
}

int read_here(struct validation *v, ocfl_sink *sink, void *context)
{
	struct err err = ERR_INIT;
	if (v->stopped)
		return -1;
	int status = v->tree->read(v->tree->context, path_text(v), sink, context, &err);
	if (v->stopped)
		return -1;
	if (status == 0)
		return 0;
	if (err.code == ERR_NOT_FOUND)
		return 2;
	if (err.code == ERR_INTERRUPTED) {
		v->stopped = true;
		v->err = err;
		return -1;
	}
	found_here(v, OCFL_UNCHECKED, "", "the file could not be read: %s", err.text);
	return 1;
}

struct small {
	struct buf *out;
	size_t max;
	bool *too_long;
};

static int take_small(void *context, const void *bytes, size_t n, struct err *err)
{
	struct small *small = context;
	(void)err;
	size_t room = small->max - small->out->n;
	if (n > room)
		*small->too_long = true;
	buf_add(small->out, bytes, n < room ? n : room);
	return 0;
}

int read_small(struct validation *v, size_t max, struct buf *out, bool *too_long)
{
	struct small small = {out, max, too_long};
	buf_clear(out);
	*too_long = false;
	return read_here(v, take_small, &small);
}

struct hasher *hasher_for(struct validation *v, enum digest_alg alg)
{
	if (!v->hashers[alg])
		v->hashers[alg] = hasher_new(alg);
	return v->hashers[alg];
}

bool plain(struct validation *v, const struct ocfl_name *name)
{
	size_t before;
	switch (name->type) {
	case OCFL_FOLDER:
		return true;
	case OCFL_FILE:
		if (name->links <= 1)
			return true;
		before = path_down(v, name->name);
		found_here(v, OCFL_ERROR, "E090", "the file has %llu hard links", (unsigned long long)name->links);
		path_cut(v, before);
		return true;
	case OCFL_LINK:
		before = path_down(v, name->name);
		found_here(v, OCFL_ERROR, "E090", "a symbolic link");
		path_cut(v, before);
		return false;
	case OCFL_OTHER:
		before = path_down(v, name->name);
		found_here(v, OCFL_ERROR, "E090", "neither a regular file nor a folder");
		path_cut(v, before);
		return false;
	}
	return false;
}

struct links {
	struct validation *v;
	unsigned depth;
};

static int each_for_links(void *context, const struct ocfl_name *name, struct err *err)
{
	struct links *links = context;
	struct validation *v = links->v;
	(void)err;
	if (!plain(v, name) || name->type != OCFL_FOLDER)
		return v->stopped ? -1 : 0;
	size_t before = path_down(v, name->name);
	int status = walk_links(v, links->depth + 1);
	path_cut(v, before);
	return status;
}

int walk_links(struct validation *v, unsigned depth)
{
	struct links links = {v, depth};
	if (depth > FOLDERS_DEEP) {
		found_here(v, OCFL_UNCHECKED, "", "nested more than %d folders deep: not looked into", FOLDERS_DEEP);
		return 0;
	}
	return list_here(v, each_for_links, &links) < 0 ? -1 : 0;
}
