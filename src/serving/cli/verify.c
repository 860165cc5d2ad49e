/* photostat verify: offline, without an archive (P4). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "evidence.h"
#include "input.h"
#include "os/os.h"

#define PIECE ((size_t)256 << 10)

static const struct cli_option options[] = {
	{"--receipt", "FILE", "the receipt (.tlog-proof)", false},
	{"--policy", "FILE", "whom you trust: public keys of log and witnesses (c2sp.org/tlog-policy)", false},
	{"--evidence", "FILE", "judge this file (.evidence) instead: did a log sign two histories?", false},
	{NULL, NULL, NULL, false},
};

struct verifying {
	struct invocation *invocation;
	const struct disclosure *disclosure;
	bool *met;       /* per leaf */
	uint32_t *order; /* leaves that are files, by digest: in a record of 100,000, looking at all for each would take minutes */
	size_t files, given, wrong;
	/* of the leaves' digests: both, where an archive went from one to the other */
	struct hasher *hashers[2];
	unsigned algorithms;
	unsigned char *piece;
};

/* As many digests as there are algorithms, from one reading. */
static int hash_file(struct verifying *work, int dir, const char *path, struct digest digests[2], uint64_t *size, struct err *err)
{
	int fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, err); /* a pipe must not hold us up */
	struct stat status;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (os_stat_fd(fd, path, &status, NULL) != 0 || !S_ISREG(status.st_mode)) {
		os_close(fd);
		return err_set(err, ERR_SYSTEM, "%s is not a regular file", path);
	}
	if (work->piece == NULL)
		work->piece = mem_alloc(PIECE);
	*size = 0;
	for (unsigned i = 0; i < work->algorithms; i++)
		hasher_begin(work->hashers[i]);
	while ((n = os_read(fd, work->piece, PIECE, path, err)) > 0) {
		for (unsigned i = 0; i < work->algorithms; i++)
			hasher_add(work->hashers[i], work->piece, (size_t)n);
		*size += (uint64_t)n;
		if (os_check_interrupted(err) != 0) {
			os_close(fd);
			return -1;
		}
		progress_set(work->invocation->progress, 0, 0, *size);
	}
	for (unsigned i = 0; i < work->algorithms; i++)
		hasher_end(work->hashers[i], &digests[i]);
	os_close(fd);
	return n < 0 ? -1 : 0;
}

static void tell_file(const struct verifying *work, const char *result, struct str shown, const struct leaf *leaf)
{
	if (work->invocation->json) {
		struct json json;
		struct buf tag = BUF_INIT;

		json_begin(&json, "file");
		json_text(&json, "result", result);
		json_string(&json, "given", shown);
		if (leaf != NULL) {
			digest_tag(&tag, &leaf->digest);
			json_string(&json, "path", leaf->path);
			json_number(&json, "size", leaf->size);
			json_string(&json, "digest", buf_view(&tag));
		}
		json_end(&json, stdout);
		buf_release(&tag);
		return;
	}
	(void)printf("%-8s ", result);
	cli_put(stdout, shown);
	if (leaf != NULL && !str_equal(leaf->path, shown)) {
		(void)fputs("  is  ", stdout);
		cli_put(stdout, leaf->path);
	}
	(void)fputc('\n', stdout);
}

static int compare_digests(const struct digest *a, const struct digest *b)
{
	if (a->alg != b->alg)
		return a->alg < b->alg ? -1 : 1;
	return memcmp(a->bytes, b->bytes, digest_size(a->alg));
}

static int by_digest(const void *a, const void *b, void *context)
{
	const struct verifying *work = context;
	struct leaf first, second;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	disclosure_leaf(work->disclosure, x, &first, NULL);
	disclosure_leaf(work->disclosure, y, &second, NULL);
	int order = compare_digests(&first.digest, &second.digest);
	return order != 0 ? order : (x > y) - (x < y);
}

static void sort_leaves(struct verifying *work)
{
	size_t count = disclosure_count(work->disclosure);
	struct leaf leaf;

	work->met = mem_array(count + 1, sizeof(*work->met));
	work->order = mem_array(count + 1, sizeof(*work->order));
	for (size_t i = 0; i < count; i++) {
		disclosure_leaf(work->disclosure, i, &leaf, NULL);
		if (str_equal(leaf.kind, LEAF_FILE))
			work->order[work->files++] = (uint32_t)i;
	}
	qsort_r(work->order, work->files, sizeof(*work->order), by_digest, work);
	/* They stand by algorithm first: the last has another one than the first if any has. */
	for (size_t i = 0; i < 2 && work->files > 0; i++) {
		enum digest_alg before = i > 0 ? leaf.digest.alg : DIGEST_NONE;

		disclosure_leaf(work->disclosure, work->order[i == 0 ? 0 : work->files - 1], &leaf, NULL);
		if (leaf.digest.alg != before)
			work->hashers[work->algorithms++] = hasher_new(leaf.digest.alg);
	}
}

/* The first in the order that is not below. */
static size_t first_with(const struct verifying *work, const struct digest *digest)
{
	size_t low = 0, high = work->files;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct leaf leaf;

		disclosure_leaf(work->disclosure, work->order[middle], &leaf, NULL);
		if (compare_digests(&leaf.digest, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A given file is the leaf of the same bytes; its name decides only between equal ones. */
static void match(struct verifying *work, const struct digest *digest, uint64_t size, struct str shown, size_t *best)
{
	const size_t none = disclosure_count(work->disclosure);
	struct leaf leaf;

	for (size_t at = first_with(work, digest); at < work->files; at++) {
		size_t i = work->order[at];

		disclosure_leaf(work->disclosure, i, &leaf, NULL);
		if (!digest_equal(&leaf.digest, digest))
			break;
		if (leaf.size != size)
			continue;
		if (*best == none || work->met[*best] || str_ends(shown, leaf.path))
			*best = i;
		work->met[i] = work->met[i] || str_ends(shown, leaf.path);
	}
}

static int check_file(struct verifying *work, int dir, const char *path, struct str shown, struct err *err)
{
	size_t count = disclosure_count(work->disclosure), best = count;
	struct digest digests[2];
	struct leaf leaf;
	uint64_t size = 0;

	if (work->files == 0)
		return err_set(err, ERR_MISMATCH, "the receipt discloses no file");
	if (hash_file(work, dir, path, digests, &size, err) != 0)
		return -1;
	work->given++;
	for (unsigned i = 0; i < work->algorithms; i++)
		match(work, &digests[i], size, shown, &best);
	if (best == count) {
		work->wrong++;
		tell_file(work, "differs", shown, NULL);
		return 0;
	}
	work->met[best] = true;
	disclosure_leaf(work->disclosure, best, &leaf, NULL);
	tell_file(work, "same", shown, &leaf);
	return 0;
}

struct given {
	struct str name;
	unsigned char type;
};

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct given *)a)->name, ((const struct given *)b)->name);
}

/* In the order of their names: what is said of a folder is the same everywhere. */
static int list_folder(struct os_dir *dir, struct arena *arena, struct given **out, size_t *count, struct err *err)
{
	struct os_name name;
	size_t capacity = 0;
	int got;

	*out = NULL;
	*count = 0;
	while ((got = os_dir_next(dir, &name, err)) == 1) {
		if (*count == capacity) {
			capacity = capacity == 0 ? 32 : capacity * 2;
			*out = mem_grow(*out, capacity, sizeof(**out));
		}
		(*out)[(*count)++] = (struct given){arena_str(arena, str_from(name.name)), name.type};
	}
	if (*count > 0)
		qsort(*out, *count, sizeof(**out), by_name);
	return got;
}

static int check_folder(struct verifying *work, int parent, const char *path, struct buf *shown, unsigned depth, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct os_dir *dir = NULL;
	struct given *names = NULL;
	size_t length = shown->n, count = 0;
	int result = -1;

	if (depth > 100)
		return err_set(err, ERR_LIMIT, "%s: folders deeper than 100", shown->p);
	if (os_dir_open(&dir, parent, path, err) != 0)
		return -1;
	if (list_folder(dir, &arena, &names, &count, err) != 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		const char *name = names[i].name.p;

		shown->n = length;
		if (length > 0)
			buf_char(shown, '/');
		buf_text(shown, name);
		if (names[i].type == DT_DIR) {
			if (check_folder(work, os_dir_fd(dir), name, shown, depth + 1, err) != 0)
				goto out;
		} else if (length > 0 || strcmp(name, "photostat.seed") != 0) {
			if (check_file(work, os_dir_fd(dir), name, buf_view(shown), err) != 0)
				goto out;
		}
	}
	result = 0;
out:
	shown->n = length;
	os_dir_close(dir);
	arena_release(&arena);
	free(names);
	return result;
}

static int check_arguments(struct verifying *work, struct err *err)
{
	for (size_t i = 0; i < work->invocation->count; i++) {
		const char *path = work->invocation->arguments[i];
		struct buf shown = BUF_INIT;
		struct stat status;
		int result;

		if (stat(path, &status) != 0)
			return err_sys(err, "cannot read %s", path);
		result = S_ISDIR(status.st_mode) ? check_folder(work, AT_FDCWD, path, &shown, 0, err)
						 : check_file(work, AT_FDCWD, path, str_from(path), err);
		buf_release(&shown);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* The version's files that were not given; the description is wanted only if nothing else was. */
static size_t tell_lacking(const struct verifying *work)
{
	size_t lacking = 0;
	struct leaf leaf;
	uint64_t position;

	for (size_t i = 0; i < disclosure_count(work->disclosure); i++) {
		if (work->met[i])
			continue;
		disclosure_leaf(work->disclosure, i, &leaf, &position);
		if (!str_equal(leaf.kind, LEAF_FILE))
			continue; /* counted among what was not compared */
		if (str_equal(leaf.path, STR("photostat.json"))) {
			cli_say(work->invocation, "photostat.json, the record's description, was not given and not compared");
			continue;
		}
		lacking++;
		tell_file(work, "lacks", leaf.path, &leaf);
	}
	return lacking;
}

static void tell_proof(const struct invocation *invocation, const struct receipt *receipt, size_t files, bool good)
{
	uint64_t total = disclosure_total(receipt_disclosure(receipt)), others = total - files;
	const struct entry *entry = receipt_entry(receipt);
	const struct policy_verdict *verdict = receipt_verdict(receipt);
	char time[TIME_TEXT], quorum_time[TIME_TEXT] = "";

	time_format(entry->time, time);
	if (verdict->quorum_time > 0 && verdict->quorum_time < INT64_MAX)
		time_format((int64_t)verdict->quorum_time, quorum_time);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "verdict");
		json_bool(&json, "verified", good);
		json_string(&json, "origin", entry->origin);
		json_string(&json, "id", entry->record);
		json_number(&json, "version", entry->version);
		json_number(&json, "index", receipt_index(receipt));
		json_number(&json, "filesTotal", total);
		json_number(&json, "filesOpened", files);
		json_text(&json, "claimedTime", time);
		json_number(&json, "witnesses", verdict->witnesses);
		json_number(&json, "witnessesKnown", verdict->witnesses_known);
		json_bool(&json, "quorum", verdict->quorum);
		if (quorum_time[0] != '\0')
			json_text(&json, "witnessedBy", quorum_time);
		json_end(&json, stdout);
		return;
	}
	if (!good)
		return;
	cli_line("verified: the keeper of %.*s held these bytes as %.*s, version %" PRIu64 ".", STR_ARG(entry->origin),
		STR_ARG(entry->record), entry->version);
	if (others > 0)
		cli_line("That version had %" PRIu64 " file%s more, of which this receipt says nothing.", others, cli_s(others));
	cli_line("Entry %" PRIu64 " of its log; logged at %s by the keeper's own clock.", receipt_index(receipt), time);
	if (verdict->witnesses_known == 0)
		cli_line("The policy names no witnesses: nobody but the keeper vouches for the time or for the log's being one and "
			 "the same to all.");
	else
		cli_line("Cosigned by %u of the policy's %u witnesses%s%s.", verdict->witnesses, verdict->witnesses_known,
			quorum_time[0] == '\0' ? "" : ", the quorum by ", quorum_time);
	cli_line("Not proven: who wrote them, and whether what they say is true.");
}

struct since {
	const struct invocation *invocation;
	const struct receipt *receipt;
};

/* Is any leaf of the receipt among what an entry withheld? */
static bool touches(const struct receipt *receipt, const struct entry *entry)
{
	const struct disclosure *disclosure = receipt_disclosure(receipt);

	for (size_t i = 0; i < disclosure_count(disclosure); i++) {
		struct leaf leaf;
		uint64_t position;

		disclosure_leaf(disclosure, i, &leaf, &position);
		for (size_t j = 0; j < entry->leaf_count; j++)
			if (entry->leaves[j].version == receipt_entry(receipt)->version && position >= entry->leaves[j].position &&
				position < entry->leaves[j].end)
				return true;
	}
	return false;
}

static int tell_expunged(void *context, uint64_t index, struct str text, struct err *err)
{
	const struct since *since = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	char time[TIME_TEXT];
	int result = entry_parse(&entry, text, &arena, err);

	if (result == 0 && entry.kind == ENTRY_EXPUNGE && touches(since->receipt, &entry)) {
		time_format(entry.time, time);
		if (since->invocation->json) {
			struct json json;

			json_begin(&json, "expunged");
			json_number(&json, "index", index);
			json_text(&json, "claimedTime", time);
			json_string(&json, "authority", entry.authority);
			json_string(&json, "reason", entry.reason);
			json_end(&json, stdout);
		} else {
			cli_line("expunged since: %.10s, by %.*s (%.*s), entry %" PRIu64 " of the log", time,
				STR_ARG(entry.authority), STR_ARG(entry.reason), index);
		}
	}
	arena_release(&arena);
	return result;
}

/* Only where an archive is named: what became of it since. */
static int tell_since(struct invocation *invocation, const struct receipt *receipt)
{
	struct since since = {invocation, receipt};
	struct archive_version version;
	struct err err = ERR_INIT;
	int status;
	struct archive *archive = cli_open(invocation, ARCHIVE_READ, &status);

	if (archive == NULL)
		return status;
	if (!str_equal(archive_origin(archive), receipt_entry(receipt)->origin))
		cli_say(invocation, "photostat: %s is another archive than the receipt's", invocation->archive);
	else if (archive_version(archive, receipt_entry(receipt)->record, 0, &version, &err) != 0 ||
		 archive_each_entry(archive, receipt_entry(receipt)->record, tell_expunged, &since, &err) != 0)
		status = cli_fail(invocation, &err);
	archive_close(archive);
	return status;
}

static int run(struct invocation *invocation)
{
	const char *receipt_path = cli_value(invocation, "--receipt"), *policy_path = cli_value(invocation, "--policy");
	struct verifying work = {.invocation = invocation};
	struct buf receipt_bytes = BUF_INIT, policy_bytes = BUF_INIT;
	struct policy *policy = NULL;
	struct receipt *receipt = NULL;
	struct err err = ERR_INIT;
	size_t lacking;
	bool quorum, good;
	int status;

	if (cli_given(invocation, "--evidence")) {
		if (invocation->count != 0 || receipt_path != NULL)
			return cli_usage(invocation, "--evidence is judged by itself: give neither files nor a receipt with it");
		return evidence_judge(invocation, cli_value(invocation, "--evidence"), policy_path);
	}
	if (invocation->count == 0 || receipt_path == NULL || policy_path == NULL)
		return cli_usage(invocation, "give the files (or their folder), --receipt and --policy");
	if (input_file(policy_path, POLICY_MAX, &policy_bytes, &err) != 0 ||
		input_file(receipt_path, PROOF_MAX, &receipt_bytes, &err) != 0)
		goto fail;
	if (policy_parse(&policy, buf_view(&policy_bytes), &err) != 0) {
		err_note(&err, "%s", policy_path);
		goto fail;
	}
	if (receipt_open(&receipt, buf_view(&receipt_bytes), policy, &err) != 0) {
		err_note(&err, "%s", receipt_path);
		goto fail;
	}
	work.disclosure = receipt_disclosure(receipt);
	sort_leaves(&work);
	if (check_arguments(&work, &err) != 0)
		goto fail;
	lacking = tell_lacking(&work);
	quorum = receipt_verdict(receipt)->quorum;
	good = work.wrong == 0 && lacking == 0 && quorum && work.given > 0;
	tell_proof(invocation, receipt, work.files, good);
	status = good ? EXIT_WELL : EXIT_NO;
	if (!good && !invocation->json)
		cli_line("not verified: %s",
			work.wrong > 0    ? "a file is not the one that was logged"
			: lacking > 0     ? "the receipt is for files that were not given"
			: work.given == 0 ? "no file was given"
					  : "too few of the policy's witnesses have cosigned; ask the archive for a newer receipt");
	if (invocation->archive != NULL) {
		int since = tell_since(invocation, receipt);

		status = since > status ? since : status;
	}
	goto out;
fail:
	status = cli_fail(invocation, &err);
	if (err.code == ERR_SYNTAX || err.code == ERR_LIMIT)
		status = EXIT_NO; /* a receipt or policy that is none proves nothing */
out:
	receipt_free(receipt);
	policy_free(policy);
	hasher_free(work.hashers[0]);
	hasher_free(work.hashers[1]);
	free(work.piece);
	free(work.met);
	free(work.order);
	buf_release(&receipt_bytes);
	buf_release(&policy_bytes);
	return status;
}

const struct command command_verify = {
	.name = "verify",
	.summary = "check files against a receipt, offline",
	.usage = "FILE… --receipt R --policy P, or --evidence FILE [--policy P]",
	.details = "Needs no archive and no network: the files (or the folder that holds them), a receipt, and a policy of public "
		   "keys that you trust.\n"
		   "A version's receipt wants all its files and names what lacks. With -C ARCHIVE it also says what was expunged "
		   "since. Exit status 1 if anything does not fit or the quorum is not met.\n"
		   "With --evidence it judges what `photostat log --against` wrote: exit status 1 if a log signed two histories, "
		   "or is "
		   "suspected of it; 0 if its checkpoints agree or are of different logs; 3 if the file shows nothing. Without "
		   "--policy it judges by the key in the file, and whose that is you must know.\n",
	.options = options,
	.example = "photostat verify letter.txt --receipt letter.tlog-proof --policy letters.policy",
	.example_says = "says what is proven of letter.txt, and what is not",
	.run = run,
};
