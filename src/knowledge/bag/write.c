/* Writing a BagIt 1.0 bag: tag files in pieces, so that nothing grows with the payload. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { SHA256_, SHA512_, KINDS };
static const enum digest_alg kinds[KINDS] = {DIGEST_SHA256, DIGEST_SHA512};
static const char *const manifest_names[KINDS] = {"manifest-sha256.txt", "manifest-sha512.txt"};
static const char *const tag_manifest_names[KINDS] = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt"};

struct bag_writer {
	const struct bag_output *output;
	struct hasher *of_manifest[KINDS][KINDS]; /* [manifest][algorithm]: what the tag manifests say of them */
	struct buf info;
	struct buf line;
	uint64_t octets, files;
};

struct bag_writer *bag_writer_new(const struct bag_output *output)
{
	struct bag_writer *writer = mem_alloc(sizeof(*writer));

	writer->output = output;
	writer->info = (struct buf)BUF_INIT;
	writer->line = (struct buf)BUF_INIT;
	for (size_t m = 0; m < KINDS; m++)
		for (size_t k = 0; k < KINDS; k++) {
			writer->of_manifest[m][k] = hasher_new(kinds[k]);
			hasher_begin(writer->of_manifest[m][k]);
		}
	return writer;
}

void bag_writer_free(struct bag_writer *writer)
{
	if (writer == NULL)
		return;
	for (size_t m = 0; m < KINDS; m++)
		for (size_t k = 0; k < KINDS; k++)
			hasher_free(writer->of_manifest[m][k]);
	buf_release(&writer->info);
	buf_release(&writer->line);
	free(writer);
}

/* What in_order readers and other systems can hold: a path below data/ of named parts. */
static bool writable_path(struct str path)
{
	struct str rest = path, part;

	if (path.n == 0 || !utf8_valid(path) || memchr(path.p, '\0', path.n) != NULL)
		return false;
	while (str_take_until(&rest, '/', &part))
		if (part.n == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
			return false;
	return true;
}

int bag_writer_file(struct bag_writer *writer, struct str path, uint64_t size, const struct digest *sha256_digest,
	const struct digest *sha512_digest, struct err *err)
{
	const struct digest *digests[KINDS] = {sha256_digest, sha512_digest};

	if (!writable_path(path))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" cannot be the path of a file in a bag", STR_ARG(path));
	for (size_t m = 0; m < KINDS; m++) {
		if (digests[m]->alg != kinds[m])
			return err_set(err, ERR_INTERNAL, "a bag's manifest got a digest of another algorithm");
		buf_clear(&writer->line);
		buf_hex(&writer->line, digests[m]->bytes, digest_size(kinds[m]));
		buf_text(&writer->line, "  data/");
		percent_encode(&writer->line, path);
		buf_char(&writer->line, '\n');
		if (buf_check(&writer->line, "a manifest line", err) != 0)
			return -1;
		for (size_t k = 0; k < KINDS; k++)
			hasher_add(writer->of_manifest[m][k], writer->line.p, writer->line.n);
		if (writer->output->append(writer->output->context, manifest_names[m], buf_view(&writer->line), err) != 0)
			return -1;
	}
	if (!u64_add(writer->octets, size, &writer->octets))
		return err_set(err, ERR_LIMIT, "a bag of more octets than can be counted");
	writer->files++;
	return 0;
}

static bool has_control(struct str text, bool newline_too)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\t' && (newline_too || text.p[i] != '\n'))
			return true;
	return false;
}

static bool writable_label(struct str label)
{
	return label.n > 0 && trim(label).n == label.n && memchr(label.p, ':', label.n) == NULL && !has_control(label, true) &&
	       utf8_valid(label);
}

static void put_info(struct bag_writer *writer, struct str label, struct str value)
{
	struct str rest = value, line;
	bool first = true;

	buf_str(&writer->info, label);
	buf_text(&writer->info, ": ");
	while (str_take_until(&rest, '\n', &line)) {
		if (!first)
			buf_text(&writer->info, "\n  ");
		buf_str(&writer->info, line);
		first = false;
	}
	buf_char(&writer->info, '\n');
}

int bag_writer_info(struct bag_writer *writer, struct str label, struct str value, struct err *err)
{
	if (bag_label_generated(label))
		return err_set(err, ERR_USAGE, "%.*s is made with the bag, not given", STR_ARG(label));
	if (!writable_label(label))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" cannot be a label in bag-info.txt", STR_ARG(label));
	if (value.n > BAG_VALUE_MAX)
		return err_set(err, ERR_LIMIT, "the value of %.*s is longer than %zu octets", STR_ARG(label), BAG_VALUE_MAX);
	if (has_control(value, false) || !utf8_valid(value))
		return err_set(err, ERR_SYNTAX, "the value of %.*s has control characters or is not UTF-8", STR_ARG(label));
	put_info(writer, label, value);
	return buf_check(&writer->info, "bag-info.txt", err);
}

/* A line in each tag manifest for a tag file that is whole in memory. */
static void put_tag(struct buf tag_manifests[KINDS], const char *name, struct str bytes)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct hasher *hasher = hasher_new(kinds[k]);
		struct digest digest;
		hasher_begin(hasher);
		hasher_add(hasher, bytes.p, bytes.n);
		hasher_end(hasher, &digest);
		hasher_free(hasher);
		buf_hex(&tag_manifests[k], digest.bytes, digest_size(kinds[k]));
		buf_printf(&tag_manifests[k], "  %s\n", name);
	}
}

static void put_manifest_tag(struct bag_writer *writer, struct buf tag_manifests[KINDS], size_t manifest)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct digest digest;
		hasher_end(writer->of_manifest[manifest][k], &digest);
		buf_hex(&tag_manifests[k], digest.bytes, digest_size(kinds[k]));
		buf_printf(&tag_manifests[k], "  %s\n", manifest_names[manifest]);
	}
}

static int append(struct bag_writer *writer, const char *name, struct str bytes, struct err *err)
{
	return writer->output->append(writer->output->context, name, bytes, err);
}

int bag_writer_end(struct bag_writer *writer, const struct bag_about *about, struct err *err)
{
	const struct str declaration = STR("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
	struct buf tag_manifests[KINDS] = {BUF_INIT, BUF_INIT};
	char time[TIME_TEXT];
	struct buf oxum = BUF_INIT;
	int result = -1;

	if (about->external_identifier.p != NULL &&
		bag_writer_info(writer, STR("External-Identifier"), about->external_identifier, err) != 0)
		goto out;
	if (about->software_agent.p != NULL && bag_writer_info(writer, STR("Bag-Software-Agent"), about->software_agent, err) != 0)
		goto out;
	time_format(about->time, time);
	put_info(writer, STR("Bagging-Date"), (struct str){time, 10});
	buf_u64(&oxum, writer->octets);
	buf_char(&oxum, '.');
	buf_u64(&oxum, writer->files);
	put_info(writer, STR("Payload-Oxum"), buf_view(&oxum));
	put_tag(tag_manifests, "bag-info.txt", buf_view(&writer->info));
	put_tag(tag_manifests, "bagit.txt", declaration);
	/* A bag without files has empty manifests: they are there all the same. */
	for (size_t m = 0; m < KINDS; m++) {
		put_manifest_tag(writer, tag_manifests, m);
		if (append(writer, manifest_names[m], STR(""), err) != 0)
			goto out;
	}
	if (buf_check(&writer->info, "bag-info.txt", err) != 0 ||
		append(writer, "bag-info.txt", buf_view(&writer->info), err) != 0 ||
		append(writer, "bagit.txt", declaration, err) != 0)
		goto out;
	for (size_t k = 0; k < KINDS; k++)
		if (buf_check(&tag_manifests[k], "a tag manifest", err) != 0 ||
			append(writer, tag_manifest_names[k], buf_view(&tag_manifests[k]), err) != 0)
			goto out;
	result = 0;
out:
	buf_release(&oxum);
	for (size_t k = 0; k < KINDS; k++)
		buf_release(&tag_manifests[k]);
	return result;
}
