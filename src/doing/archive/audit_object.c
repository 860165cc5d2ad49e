/* One record: its folder against its entries. Everything that is there must be named by an inventory, everything that an inventory names
 * must be there, and every inventory must be the one that the log names (P2). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define LARGE_INVENTORY (4u << 20) /* bytes: one such record is checked at a time */
#define PIECE (256u << 10)

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

/* Digest of a regular file; *word says why not. */
static bool hash_file(struct object_check *check, const char *path, struct hasher *hasher, struct digest *digest, uint64_t *size,
	enum finding_word *word)
{
	struct err why = ERR_INIT;
	struct stat status;
	ssize_t n = 0;
	int fd;

	*size = 0;
	if (os_stat(check->dir, path, &status, &why) != 0) {
		*word = why.code == ERR_NOT_FOUND ? FINDING_MISSING : FINDING_UNREADABLE;
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		*word = FINDING_ALTERED;
		return false;
	}
	fd = os_open(check->dir, path, O_RDONLY, 0, &why);
	if (fd < 0) {
		*word = why.code == ERR_NOT_FOUND ? FINDING_MISSING : FINDING_UNREADABLE;
		return false;
	}
	hasher_begin(hasher);
	while ((n = os_read(fd, check->piece, PIECE, path, &why)) > 0) {
		hasher_add(hasher, check->piece, (size_t)n);
		*size += (uint64_t)n;
		check->bytes += (uint64_t)n;
		if (check->audit->options->rate > 0)
			audit_bytes(check->audit, (uint64_t)n);
		if ((size_t)n < PIECE)
			break;
	}
	os_close(fd);
	hasher_end(hasher, digest);
	*word = FINDING_UNREADABLE;
	return n >= 0;
}

static const char *sentence(enum finding_word word, const char *altered)
{
	if (word == FINDING_MISSING)
		return "it is gone";
	return word == FINDING_UNREADABLE ? "it cannot be read" : altered;
}

/* A small file that must hold exactly this. */
static void expect_text(struct object_check *check, const char *path, struct str text, uint64_t version)
{
	struct buf got = BUF_INIT;
	struct err why = ERR_INIT;

	if (os_read_file(check->dir, path, 4096, &got, &why) != 0)
		audit_find(check,
			why.code == ERR_NOT_FOUND ? FINDING_MISSING
			: why.code == ERR_SYSTEM  ? FINDING_UNREADABLE
						  : FINDING_ALTERED,
			version, path, NEXT_RESTORE, why.code == ERR_NOT_FOUND ? "it is gone" : why.text);
	else if (!str_equal(buf_view(&got), text))
		audit_find(check, FINDING_ALTERED, version, path, NEXT_RESTORE, "it does not hold what it must");
	check->bytes += got.n;
	buf_release(&got);
}

/* ---- inventories ----------------------------------------------------------------------------------------------------------------- */

static void check_sidecar(struct object_check *check, const char *folder, const struct digest *digest, uint64_t version)
{
	char name[OCFL_SIDECAR_NAME], path[64];
	struct buf text = BUF_INIT;

	ocfl_sidecar_name(digest->alg, name);
	(void)snprintf(path, sizeof(path), "%s%s", folder, name);
	ocfl_sidecar_write(&text, digest);
	expect_text(check, path, buf_view(&text), version);
	buf_release(&text);
}

/* Inventory and sidecar of one folder ("" or "v3/"). True if it is the one that the log names. */
static bool check_inventory(struct object_check *check, const char *folder, const struct digest *expected, uint64_t version)
{
	struct hasher *hasher = expected->alg == archive_digest(check->audit->archive) ? check->hasher : hasher_new(expected->alg);
	enum finding_word word = FINDING_ALTERED;
	struct digest digest;
	char path[64];
	uint64_t size;
	bool good;

	(void)snprintf(path, sizeof(path), "%s" OCFL_INVENTORY, folder);
	good = hash_file(check, path, hasher, &digest, &size, &word);
	if (good && !digest_equal(&digest, expected)) {
		good = false;
		word = FINDING_ALTERED;
	}
	if (!good)
		audit_find(check, word, version, path, NEXT_RESTORE,
			sentence(word, folder[0] == '\0' ? "it is not the inventory of the newest version"
							 : "it is not the inventory that the log names"));
	check_sidecar(check, folder, expected, version);
	if (hasher != check->hasher)
		hasher_free(hasher);
	return good;
}

static int feed_inventory(struct object_check *check, const char *path, struct inventory **out, struct err *err)
{
	struct inventory_parser *parser = inventory_parser_new(0);
	ssize_t n = -1;
	int fd = os_open(check->dir, path, O_RDONLY, 0, err), result = -1;

	while (fd >= 0 && (n = os_read(fd, check->piece, PIECE, path, err)) > 0) {
		if (inventory_parser_feed(parser, check->piece, (size_t)n, err) != 0)
			goto out;
		if ((size_t)n < PIECE)
			break;
	}
	if (n >= 0)
		result = inventory_parser_finish(parser, out, err);
out:
	inventory_parser_free(parser);
	os_close(fd);
	return result;
}

/* ---- content ------------------------------------------------------------------------------------------------------------------------ */

static void check_content(struct object_check *check, uint32_t number, uint64_t first_version)
{
	struct hasher *hasher = inventory_alg(check->inventory) == archive_digest(check->audit->archive)
					? check->hasher
					: hasher_new(inventory_alg(check->inventory));
	struct buf path = BUF_INIT;
	struct digest expected, digest;

	(void)first_version;
	inventory_digest(check->inventory, number, &expected);
	for (size_t which = 0; inventory_content(check->inventory, number, which, &path); which++) {
		enum finding_word word = FINDING_ALTERED;
		struct str rest = buf_view(&path), first;
		uint64_t version = 0;
		bool good = hash_file(check, path.p, hasher, &digest, &check->contents[number].size, &word);

		check->files++;
		if (good && !digest_equal(&digest, &expected)) {
			good = false;
			word = FINDING_ALTERED;
		}
		if (good)
			continue;
		check->contents[number].bad = true;
		if (str_take_until(&rest, '/', &first) && first.n > 1)
			(void)decimal_parse((struct str){first.p + 1, first.n - 1}, UINT32_MAX, &version);
		audit_find(check, word, version, path.p, NEXT_RESTORE,
			sentence(word, "its bytes are not the ones that the log commits to"));
	}
	buf_release(&path);
	if (hasher != check->hasher)
		hasher_free(hasher);
}

/* Files below vN/content that no inventory names; folders without files. */
static void walk_content(struct object_check *check, struct buf *path, uint64_t version, unsigned depth)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	struct err why = ERR_INIT;
	size_t length = path->n;
	uint32_t number;
	bool any = false;
	int got;

	if (os_dir_open(&dir, check->dir, path->p, &why) != 0) {
		if (why.code != ERR_NOT_FOUND)
			audit_find(check, FINDING_UNREADABLE, version, path->p, NEXT_RESTORE, "the folder cannot be read");
		return;
	}
	while ((got = os_dir_next(dir, &name, &why)) == 1) {
		any = true;
		path->n = length;
		buf_char(path, '/');
		buf_text(path, name.name);
		if (name.type == DT_DIR && depth < 200) {
			walk_content(check, path, version, depth + 1);
			continue;
		}
		if (name.type != DT_REG && inventory_find_content(check->inventory, buf_view(path), &number))
			audit_find(check, FINDING_EXTRA, version, path->p, "take it away; " NEXT_RESTORE,
				"a file belongs here, and this is none");
		else if (name.type != DT_REG || !inventory_find_content(check->inventory, buf_view(path), &number))
			audit_find(check, FINDING_EXTRA, version, path->p,
				"take it out of the record's folder, or deposit it as a new version", "no inventory names it");
	}
	if (got < 0)
		audit_find(check, FINDING_UNREADABLE, version, path->p, NEXT_RESTORE, "the folder cannot be read to its end");
	path->n = length;
	path->p[length] = '\0';
	if (!any)
		audit_find(check, FINDING_EXTRA, version, path->p, "remove the empty folder", "it is empty");
	os_dir_close(dir);
}

static void check_version_folder(struct object_check *check, uint64_t version)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	struct err why = ERR_INIT;
	char folder[32], sidecar[OCFL_SIDECAR_NAME];
	struct buf path = BUF_INIT;
	int got;

	(void)snprintf(folder, sizeof(folder), "v%" PRIu64, version);
	ocfl_sidecar_name(check->versions[version - 1].inventory.alg, sidecar);
	if (os_dir_open(&dir, check->dir, folder, &why) != 0)
		goto out; /* its inventory is told as missing */
	while ((got = os_dir_next(dir, &name, &why)) == 1) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", folder, name.name);
		if (name.type == DT_DIR && strcmp(name.name, "content") == 0)
			walk_content(check, &path, version, 0);
		else if (name.type != DT_REG || (strcmp(name.name, OCFL_INVENTORY) != 0 && strcmp(name.name, sidecar) != 0))
			audit_find(check, FINDING_EXTRA, version, path.p, "take it out of the record's folder",
				"it does not belong to a version");
	}
out:
	os_dir_close(dir);
	buf_release(&path);
}

/* ---- contents trees -------------------------------------------------------------------------------------------------------------------- */

bool audit_leaves(struct object_check *check, uint64_t number, struct leaf **out, size_t *count, struct buf *seed_path)
{
	size_t files = inventory_state_count(check->inventory, (uint32_t)number);
	struct leaf *leaves = mem_array(files + 1, sizeof(*leaves));
	struct inventory_file file;
	bool whole = true;

	*count = 0;
	for (size_t i = 0; i < files && whole; i++) {
		inventory_state(check->inventory, (uint32_t)number, i, &file);
		whole = !check->contents[file.manifest].bad;
		if (str_equal(file.path, STR(SEED_NAME))) {
			(void)inventory_content(check->inventory, file.manifest, 0, seed_path);
			continue;
		}
		leaves[*count] = (struct leaf){.kind = LEAF_FILE, .path = file.path, .size = check->contents[file.manifest].size};
		inventory_digest(check->inventory, file.manifest, &leaves[(*count)++].digest);
	}
	*out = leaves;
	return whole;
}

/* What a disclosure keeps must be what the version holds. */
static bool agrees(const struct disclosure *disclosure, const struct leaf *leaves, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < disclosure_count(disclosure); i++) {
		struct leaf leaf;
		uint64_t position;

		disclosure_leaf(disclosure, i, &leaf, &position);
		while (at < count && str_compare(leaves[at].path, leaf.path) < 0)
			if (!str_equal(leaves[at++].path, STR(RECORD_NAME)))
				return false;
		if (at == count || !str_equal(leaves[at].path, leaf.path) || leaves[at].size != leaf.size ||
			!digest_equal(&leaves[at].digest, &leaf.digest))
			return false;
		at++;
	}
	while (at < count)
		if (!str_equal(leaves[at++].path, STR(RECORD_NAME)))
			return false;
	return true;
}

static void check_tree(struct object_check *check, uint64_t number)
{
	struct str origin = archive_origin(check->audit->archive);
	struct buf seed_path = BUF_INIT, seed = BUF_INIT;
	struct contents *contents = NULL;
	struct disclosure *disclosure = NULL;
	struct leaf *leaves = NULL;
	struct hash root;
	struct err why = ERR_INIT;
	size_t count;
	bool good = false;

	if (!audit_leaves(check, number, &leaves, &count, &seed_path))
		goto out;
	if (seed_path.n == 0) {
		audit_find(check, FINDING_MISSING, number, "", NEXT_RESTORE, "the version has no " SEED_NAME);
		goto out;
	}
	if (os_read_file(check->dir, seed_path.p, SEED_BYTES_MAX, &seed, &why) != 0)
		goto out; /* told with its content */
	if (seed.n == SEED_SIZE) {
		good = contents_make(&contents, origin, check->id, number, (const unsigned char *)seed.p, leaves, count, &why) == 0;
		if (good)
			contents_root(contents, &root);
	} else {
		good = disclosure_parse(&disclosure, buf_view(&seed), &why) == 0 &&
		       disclosure_root(disclosure, origin, check->id, number, &root, &why) == 0 &&
		       agrees(disclosure, leaves, count);
	}
	if (!good || memcmp(root.b, check->versions[number - 1].contents, SHA256_SIZE) != 0)
		audit_find(check, FINDING_ALTERED, number, seed_path.p, "compare the record with a holder's copy",
			"the version's files do not give the contents root that its entry commits to");
out:
	contents_free(contents);
	disclosure_free(disclosure);
	free(leaves);
	buf_release(&seed);
	buf_release(&seed_path);
}

/* ---- the object's own folder ------------------------------------------------------------------------------------------------------------ */

static bool note_index(const struct object_check *check, const char *name, size_t *at)
{
	char own[48];

	for (*at = 0; *at < check->note_count; (*at)++) {
		note_file_name(own, check->notes[*at]);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

/* Does the file say, truly, that its note went with what was expunged later? */
static bool note_went(const struct object_check *check, size_t note, struct str json)
{
	bool went = false;

	for (size_t i = 0; i < check->expunge_count && !went; i++) {
		struct buf gone = BUF_INIT;

		note_gone(&gone, check->expunges[i]);
		went = check->expunges[i] > check->notes[note] && str_equal(buf_view(&gone), json);
		buf_release(&gone);
	}
	return went;
}

static void check_notes(struct object_check *check)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	struct err why = ERR_INIT;
	char path[320], own[48];
	size_t at;

	for (size_t i = 0; i < check->note_count; i++) {
		struct buf json = BUF_INIT, text = BUF_INIT;
		struct hash hash;

		note_file_name(own, check->notes[i]);
		(void)snprintf(path, sizeof(path), "logs/%s", own);
		err_clear(&why);
		/* of holders only those who are entitled have the texts, and while a keeper is caught up those of new entries lack */
		if (os_read_file(check->dir, path, 1u << 20, &json, &why) != 0 && why.code == ERR_NOT_FOUND &&
			archive_is_holder(check->audit->archive))
			continue;
		if (why.code != ERR_NONE)
			audit_find(check, why.code == ERR_NOT_FOUND ? FINDING_MISSING : FINDING_UNREADABLE, 0, path, NEXT_RESTORE,
				"the note of an entry is gone or unreadable");
		else if (!note_went(check, i, buf_view(&json)) &&
			 (note_read(buf_view(&json), &text, &hash, &why) != 0 || !hash_equal(&hash, &check->note_hashes[i])))
			audit_find(check, FINDING_ALTERED, 0, path, NEXT_RESTORE, "it is not the note that the entry commits to");
		buf_release(&json);
		buf_release(&text);
	}
	if (os_dir_open(&dir, check->dir, "logs", NULL) != 0)
		return;
	while (os_dir_next(dir, &name, &why) == 1) {
		if (name.type == DT_REG && note_index(check, name.name, &at))
			continue;
		(void)snprintf(path, sizeof(path), "logs/%s", name.name);
		audit_find(check, FINDING_EXTRA, 0, path, "take it out of the record's folder", "no entry of the log names it");
	}
	os_dir_close(dir);
}

static void check_names(struct object_check *check)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	struct err why = ERR_INIT;
	char sidecar[OCFL_SIDECAR_NAME];
	uint64_t version;
	int got;

	ocfl_sidecar_name(check->versions[check->version_count - 1].inventory.alg, sidecar);
	if (os_dir_open(&dir, check->dir, ".", &why) != 0) {
		audit_find(check, FINDING_UNREADABLE, 0, "", NEXT_RESTORE, "the record's folder cannot be read");
		return;
	}
	while ((got = os_dir_next(dir, &name, &why)) == 1) {
		struct str text = str_from(name.name);

		if (name.type == DT_REG && (strcmp(name.name, OCFL_OBJECT_DECLARATION) == 0 ||
						   strcmp(name.name, OCFL_INVENTORY) == 0 || strcmp(name.name, sidecar) == 0))
			continue;
		if (name.type == DT_DIR && strcmp(name.name, "logs") == 0 && check->note_count > 0)
			continue;
		if (name.type == DT_DIR && text.n > 1 && text.p[0] == 'v' &&
			decimal_parse((struct str){text.p + 1, text.n - 1}, UINT32_MAX, &version) && version >= 1) {
			if (version > check->version_count)
				audit_find(check, FINDING_UNLOGGED, version, name.name,
					"take it out, or deposit its files as a new version",
					"the log has no entry for this version");
			continue;
		}
		audit_find(
			check, FINDING_EXTRA, 0, name.name, "take it out of the record's folder", "it does not belong to a record");
	}
	os_dir_close(dir);
}

static void check_files(struct object_check *check)
{
	struct object_version_check *newest = &check->versions[check->version_count - 1];
	struct err why = ERR_INIT;
	char folder[32], path[64];
	bool good = false;

	expect_text(check, OCFL_OBJECT_DECLARATION, STR(OCFL_OBJECT_DECLARATION_TEXT), 0);
	(void)check_inventory(check, "", &newest->inventory, check->version_count);
	for (uint64_t version = 1; version <= check->version_count; version++) {
		(void)snprintf(folder, sizeof(folder), "v%" PRIu64 "/", version);
		good = check_inventory(check, folder, &check->versions[version - 1].inventory, version);
	}
	/* The newest inventory that the log vouches for names the content of all versions; the root's copy serves as well. */
	(void)snprintf(path, sizeof(path), "v%" PRIu64 "/" OCFL_INVENTORY, check->version_count);
	if (!good) {
		struct digest digest;
		enum finding_word word;
		uint64_t size;

		if (!hash_file(check, OCFL_INVENTORY, check->hasher, &digest, &size, &word) ||
			!digest_equal(&digest, &newest->inventory)) {
			audit_find(check, FINDING_UNREADABLE, 0, "", NEXT_RESTORE,
				"no good inventory of the newest version is left: its files were not checked");
			return;
		}
		(void)snprintf(path, sizeof(path), OCFL_INVENTORY);
	}
	if (feed_inventory(check, path, &check->inventory, &why) != 0) {
		audit_find(check, FINDING_ALTERED, check->version_count, path,
			"the keeper's program logged what it should not; compare with a holder", why.text);
		return;
	}
	if (inventory_head(check->inventory) != check->version_count || !str_equal(inventory_id(check->inventory), check->id)) {
		audit_find(check, FINDING_ALTERED, check->version_count, path,
			"the keeper's program logged what it should not; compare with a holder",
			"the inventory that the log names is of another record or version");
		return;
	}
	check->contents = mem_array(inventory_manifest_count(check->inventory) + 1, sizeof(*check->contents));
	for (uint32_t number = 0; number < inventory_manifest_count(check->inventory); number++)
		check_content(check, number, 1);
	for (uint64_t version = 1; version <= check->version_count; version++) {
		check_version_folder(check, version);
		check_tree(check, version);
	}
}

static void finish(struct object_check *check)
{
	struct audit *audit = check->audit;
	bool damaged = false, newer;

	for (size_t i = 0; i < check->findings.count; i++)
		damaged = damaged || check->findings.items[i].word != FINDING_EXPUNGED;
	newer = check->entries_unread || (damaged && audit_is_newer(audit, check->folder));
	if (!newer)
		audit_report(audit, &check->findings);
	if (newer || damaged || check->inventory == NULL)
		audit_catalogue_unknown(audit, check->rows[0].id_hash);
	else
		audit_catalogue_expect(check);
	if (audit->options->rate == 0)
		audit_bytes(audit, check->bytes);
	(void)pthread_mutex_lock(&audit->lock);
	if (newer) {
		audit->summary->newer += check->entries_unread ? 0 : 1;
		audit->summary->not_checked++;
	} else {
		audit->summary->records++;
		audit->summary->versions += check->version_count;
		audit->summary->files += check->files;
	}
	(void)pthread_mutex_unlock(&audit->lock);
}

void audit_object(struct audit *audit, const struct audit_row *rows, size_t count)
{
	struct object_check check = {.audit = audit, .rows = rows, .row_count = count, .dir = -1};
	struct err why = ERR_INIT;
	struct stat status;
	bool large = false;

	check.id = audit_row_id(audit, &rows[0], &check.id_scratch);
	if (store_object_path(check.id, check.folder, &why) != 0)
		goto out;
	audit_take_rows(&check);
	if (check.version_count == 0 || check.entries_unread)
		goto out;
	check.hasher = hasher_new(archive_digest(audit->archive));
	check.piece = mem_grow(NULL, PIECE, 1);
	check.dir = os_open(store_fd(audit->archive->store), check.folder, O_RDONLY | O_DIRECTORY, 0, &why);
	if (check.dir < 0) {
		audit_find(&check, why.code == ERR_NOT_FOUND ? FINDING_MISSING : FINDING_UNREADABLE, 0, "",
			"put the record's folder back from a copy of the archive",
			why.code == ERR_NOT_FOUND ? "the record's folder is gone" : why.text);
		goto out;
	}
	large = os_stat(check.dir, OCFL_INVENTORY, &status, NULL) == 0 && status.st_size > (off_t)LARGE_INVENTORY;
	if (large)
		(void)pthread_mutex_lock(&audit->large);
	check_names(&check);
	check_files(&check);
	check_notes(&check);
out:
	finish(&check);
	inventory_free(check.inventory);
	free(check.contents);
	if (large)
		(void)pthread_mutex_unlock(&audit->large);
	free(check.versions);
	free(check.notes);
	free(check.note_hashes);
	free(check.expunges);
	hasher_free(check.hasher);
	free(check.piece);
	os_close(check.dir);
	findings_release(&check.findings);
	buf_release(&check.id_scratch);
}
