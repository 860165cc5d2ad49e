/* Inside archive: the files that a deposit is made of, as they lie on the depositor's disk. */
#ifndef PHOTOSTAT_ARCHIVE_SOURCES_H
#define PHOTOSTAT_ARCHIVE_SOURCES_H

#include "internal.h"

#define SOURCE_DEPTH_MAX 200
#define SOURCE_PATH_MAX 8192

/* One file: opened through `root`, a folder, by the path below it. */
struct source_file {
	struct str logical; /* name in the record */
	struct str path;    /* below root, NUL-terminated */
	uint32_t root;      /* number in sources.roots */
};
struct sources {
	const struct archive *archive; /* that takes them in: its own folder is refused, keys and all */
	struct arena arena;
	struct source_file *files;
	size_t count, capacity;
	int *roots;
	struct str *root_names; /* as the depositor calls them, for messages */
	size_t root_count;
	struct buf metadata; /* content of a photostat.json that came along */
	bool has_metadata;
	size_t empty_folders;
};

/* Adds what PATH stands for: a file under its own name, a folder as all files below it, under their paths in it. A photostat.json at
 * the top of a folder, or one that is named itself, becomes .metadata. ERR_SYSTEM, ERR_SYNTAX, ERR_EXISTS, ERR_LIMIT name the file. */
int sources_add(struct sources *, int dir, const char *path, struct str shown, struct err *);
int sources_open(const struct sources *, size_t i, struct err *); /* a descriptor */
/* "folder/file" as the depositor would write it. */
void sources_shown(const struct sources *, size_t i, struct buf *);
/* Sorted by logical path; ERR_EXISTS if two files have one. */
int sources_finish(struct sources *, struct err *);
void sources_release(struct sources *);

/* Whether a folder's entry is the folder of the archive itself, and the sentence that refuses it. */
bool archive_is_own(const struct archive *, int folder, const struct os_name *);
int refuse_own(struct str shown, struct str below, struct err *);
/* Names of a folder in order, in bounded memory: at most NAMES_AT_ONCE are held, larger folders come in several sorted runs. */
#define NAMES_AT_ONCE 50000
int sorted_names(int dir, const char *path, struct str shown,
	int (*each)(void *context, int folder, const struct os_name *, struct err *), void *context, struct err *);

#endif
