/* Payload manifests and tag manifests (RFC 8493 sections 2.1.3, 2.2.1, 2.4, 6.1.3). */
#include "internal.h"

#include <string.h>

struct reading {
	struct check *check;
	struct listing *listing;
	const struct manifest *manifest;
	size_t number;    /* of the manifest */
	bool said_md5sum; /* once a manifest */
	struct buf path, plain;
};

/* Names as section 2.4 normalises them: lower case, letters and digits only. */
static enum digest_alg algorithm_named(struct str name)
{
	char plain[32];

	for (unsigned alg = DIGEST_NONE + 1; alg < ALGORITHMS; alg++) {
		size_t n = 0;
		for (const char *p = digest_name((enum digest_alg)alg); *p != '\0'; p++)
			if (*p != '-' && *p != '/')
				plain[n++] = *p;
		if (str_equal(name, (struct str){plain, n}))
			return (enum digest_alg)alg;
	}
	return DIGEST_NONE;
}

bool manifest_algorithm(struct str name, struct str prefix, struct str *algorithm)
{
	if (name.n <= prefix.n + 4 || !str_starts(name, prefix) || !str_ends(name, STR(".txt")))
		return false;
	*algorithm = (struct str){name.p + prefix.n, name.n - prefix.n - 4};
	return true;
}

void listing_add_manifest(struct check *check, struct listing *listing, struct str name)
{
	struct str written = {"", 0};
	struct buf lower = BUF_INIT;

	if (listing->manifest_count == MANIFESTS_MAX) {
		report(check, BAG_UNCHECKED, "BAG-MANIFEST", name, 0, "more than the %d manifests of a kind that are read",
			MANIFESTS_MAX);
		return;
	}
	struct manifest *manifest = &listing->manifests[listing->manifest_count++];
	manifest_algorithm(name, listing->tags ? STR("tagmanifest-") : STR("manifest-"), &written);
	for (size_t i = 0; i < written.n; i++) {
		char c = written.p[i];
		if (c >= 'A' && c <= 'Z')
			c += 32;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_char(&lower, c);
	}
	manifest->name = mem_dup(name);
	manifest->alg = algorithm_named(buf_view(&lower));
	manifest->offset = listing->digests_size;
	listing->digests_size += digest_size(manifest->alg);
	if (manifest->alg == DIGEST_NONE)
		report(check, BAG_UNCHECKED, "BAG-ALGORITHM", name, 0,
			"its checksums cannot be verified: the algorithm \"%.*s\" is not known here", STR_ARG(written));
	else if (!str_equal(written, buf_view(&lower)))
		report(check, must(check), "BAG-MANIFEST", name, 0, "the algorithm in its name should be written \"%s\"", lower.p);
	buf_release(&lower);
}

static void say_md5sum(struct reading *reading, uint64_t line)
{
	if (reading->said_md5sum)
		return;
	reading->said_md5sum = true;
	report(reading->check, BAG_WARNING, "BAG-MD5SUM", str_from(reading->manifest->name), line,
		"written by a tool like md5sum, in a form that strict validation refuses: write the manifest anew");
}

/* What md5sum does to a path with a backslash or a newline: a backslash before the line, and \\ and \n inside. */
static struct str undo_md5sum(struct reading *reading, struct str path)
{
	buf_clear(&reading->plain);
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		if (c == '\\' && i + 1 < path.n && (path.p[i + 1] == '\\' || path.p[i + 1] == 'n')) {
			i++;
			c = path.p[i] == 'n' ? '\n' : '\\';
		}
		buf_char(&reading->plain, c);
	}
	return buf_view(&reading->plain);
}

static bool decode_checksum(struct str text, unsigned char *out, size_t size)
{
	char lower[2 * DIGEST_MAX];

	if (text.n != 2 * size)
		return false;
	for (size_t i = 0; i < text.n; i++)
		lower[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + 32 : text.p[i]);
	return hex_decode((struct str){lower, text.n}, out, size);
}

static int put(struct reading *reading, struct str checksum, uint64_t line, struct err *err)
{
	struct check *check = reading->check;
	const struct manifest *manifest = reading->manifest;
	struct str name = str_from(manifest->name);
	unsigned char digest[DIGEST_MAX];
	size_t size = digest_size(manifest->alg);
	uint16_t bit = (uint16_t)(1u << reading->number), broken = 0;

	if (manifest->alg != DIGEST_NONE && !decode_checksum(checksum, digest, size)) {
		report(check, BAG_ERROR, "BAG-LINE", name, line, "\"%.*s\" is not a %s checksum of %zu hexadecimal digits",
			STR_ARG(checksum), digest_name(manifest->alg), 2 * size);
		broken = bit;
	}
	struct entry *entry = listing_put(check, reading->listing, buf_view(&reading->path), err);
	if (entry == NULL)
		return -1;
	if ((entry->listed & bit) != 0) {
		bool same = broken == 0 && (entry->broken & bit) == 0 && memcmp(entry->bytes + manifest->offset, digest, size) == 0;
		report(check, same ? must(check) : BAG_ERROR, "BAG-TWICE", name, line, "\"%s\" is listed twice, with %s",
			reading->path.p, same ? "the same checksum" : "different checksums");
		return 0;
	}
	/* A checksum that cannot be read cannot be verified either; the file is still listed. */
	entry->listed |= bit;
	entry->broken |= broken;
	if (broken == 0)
		memcpy(entry->bytes + manifest->offset, digest, size);
	return 0;
}

static int take_line(void *context, struct str line, uint64_t number, struct err *err)
{
	struct reading *reading = context;
	struct check *check = reading->check;
	struct str name = str_from(reading->manifest->name), rest = line, algorithm;
	bool payload = !reading->listing->tags;

	if (trim(line).n == 0) {
		report(check, must(check), "BAG-LINE", name, number, "an empty line");
		return 0;
	}
	bool escaped = rest.p[0] == '\\';
	if (escaped) {
		say_md5sum(reading, number);
		rest.p++;
		rest.n--;
	}
	struct str checksum = {rest.p, 0};
	while (checksum.n < rest.n && !is_blank(rest.p[checksum.n]))
		checksum.n++;
	rest.p += checksum.n;
	rest.n -= checksum.n;
	if (checksum.n == 0 || rest.n == 0) {
		report(check, BAG_ERROR, "BAG-LINE", name, number, "\"%.*s\" is not \"CHECKSUM PATH\"", STR_ARG(line));
		return 0;
	}
	while (rest.n > 0 && is_blank(rest.p[0])) {
		rest.p++;
		rest.n--;
	}
	if (rest.n > 1 && rest.p[0] == '*') {
		say_md5sum(reading, number);
		rest.p++;
		rest.n--;
	}
	if (escaped)
		rest = undo_md5sum(reading, rest);
	if (!read_path(check, rest, payload, &reading->path, reading->manifest->name, number))
		return 0;
	if (!payload && manifest_algorithm(buf_view(&reading->path), STR("tagmanifest-"), &algorithm))
		report(check, must(check), "BAG-TAGS", name, number, "lists the tag manifest %s, which a tag manifest must not",
			reading->path.p);
	return put(reading, checksum, number, err);
}

int read_manifests(struct check *check, struct listing *listing, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < listing->manifest_count; i++) {
		struct reading reading = {.check = check, .listing = listing, .manifest = &listing->manifests[i], .number = i};
		reading.path = (struct buf)BUF_INIT;
		reading.plain = (struct buf)BUF_INIT;
		result = read_text(check, reading.manifest->name, false, take_line, &reading, err);
		buf_release(&reading.path);
		buf_release(&reading.plain);
	}
	return result;
}

static void compare_entry(struct check *check, const struct listing *listing, const struct entry *entry)
{
	for (size_t i = 0; i < listing->manifest_count; i++) {
		if ((entry->listed >> i & 1) != 0)
			continue;
		/* Before 1.0 a payload file could be in one of the manifests only; of tag files the same set is a SHOULD. */
		report(check, listing->tags ? BAG_WARNING : must(check), listing->tags ? "BAG-TAGS" : "BAG-UNLISTED",
			entry_path(listing, entry), 0, "is listed in another manifest but not in %s", listing->manifests[i].name);
	}
}

void compare_manifests(struct check *check, const struct listing *listing)
{
	if (listing->manifest_count > 1 && (check->strict || !listing->tags))
		for (size_t i = 0; i < listing->capacity; i++)
			if (listing->table[i] != NULL)
				compare_entry(check, listing, listing->table[i]);
	if (!listing->tags)
		return;
	for (size_t i = 0; i < listing->manifest_count; i++)
		for (size_t k = 0; k < check->payload.manifest_count; k++) {
			const char *payload_manifest = check->payload.manifests[k].name;
			const struct entry *entry = listing_find(listing, str_from(payload_manifest));
			if (entry == NULL || (entry->listed >> i & 1) == 0)
				report(check, must(check), "BAG-TAGS", str_from(listing->manifests[i].name), 0, "does not list %s",
					payload_manifest);
		}
}
