/* What a log uploads to a mirror, and what that answers (tlog-mirror, add-entries). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A package whose memory is kept for the next one. */
#define KEPT_MAX (1u << 20)

/* ---- writing ------------------------------------------------------------------------------------------------------------------------ */

void mirror_upload_format(struct buf *out, const struct mirror_upload *upload)
{
	buf_be16(out, (uint16_t)upload->origin.n);
	buf_str(out, upload->origin);
	buf_be64(out, upload->start);
	buf_be64(out, upload->end);
	buf_be16(out, (uint16_t)upload->ticket.n);
	buf_str(out, upload->ticket);
}

void mirror_package_format(struct buf *out, struct str entries, const struct merkle_proof *proof)
{
	buf_str(out, entries);
	buf_char(out, (char)proof->count);
	buf_add(out, proof->hashes, proof->count * sizeof(proof->hashes[0]));
}

uint64_t mirror_package_count(uint64_t start, uint64_t end)
{
	/* Rounded up without the sum, which may be above 2^64. */
	return start >= end ? 0 : (end - 1) / TILE_WIDTH - start / TILE_WIDTH + 1;
}

void mirror_package_range(uint64_t start, uint64_t end, uint64_t i, uint64_t *from, uint64_t *to)
{
	uint64_t rounded = (start / TILE_WIDTH + i) * TILE_WIDTH;

	*from = rounded < start ? start : rounded;
	*to = end - rounded < TILE_WIDTH ? end : rounded + TILE_WIDTH;
}

/* ---- reading -------------------------------------------------------------------------------------------------------------------------- */

enum expected {
	ORIGIN_LENGTH,
	ORIGIN,
	RANGE,
	TICKET_LENGTH,
	TICKET,
	ENTRY_LENGTH,
	ENTRY,
	HASH_COUNT,
	HASHES,
	NOTHING, /* all has come */
};

struct mirror_reader {
	struct mirror_reader_calls calls;
	enum expected expected;
	size_t wanted;    /* bytes that are still to come of what is expected */
	struct buf field; /* what came of it, but for entries */
	struct buf origin, ticket;
	struct mirror_upload upload;
	/* the package under way */
	uint64_t package, package_count;
	uint64_t from, to, at; /* its entries, and how many came */
	struct buf entries;
	size_t entry; /* where in it the text of the entry under way begins */
	struct hash leaves[TILE_WIDTH];
	struct merkle_proof proof;
	bool failed;
};

struct mirror_reader *mirror_reader_new(const struct mirror_reader_calls *calls)
{
	struct mirror_reader *reader = mem_alloc(sizeof(*reader));

	reader->calls = *calls;
	reader->expected = ORIGIN_LENGTH;
	reader->wanted = 2;
	reader->entries.max = (size_t)TILE_WIDTH * (ENTRY_MAX + 2);
	return reader;
}

void mirror_reader_free(struct mirror_reader *reader)
{
	if (reader == NULL)
		return;
	buf_release(&reader->field);
	buf_release(&reader->origin);
	buf_release(&reader->ticket);
	buf_release(&reader->entries);
	free(reader);
}

bool mirror_reader_whole(const struct mirror_reader *reader)
{
	return !reader->failed && reader->expected == NOTHING;
}

size_t mirror_reader_held(const struct mirror_reader *reader)
{
	return sizeof(*reader) + reader->entries.cap + reader->ticket.cap + reader->origin.cap + reader->field.cap;
}

static void expect(struct mirror_reader *reader, enum expected expected, size_t wanted)
{
	buf_clear(&reader->field);
	reader->expected = expected;
	reader->wanted = wanted;
}

static void expect_package(struct mirror_reader *reader)
{
	if (reader->package == reader->package_count) {
		expect(reader, NOTHING, 0);
		return;
	}
	mirror_package_range(reader->upload.start, reader->upload.end, reader->package, &reader->from, &reader->to);
	reader->at = reader->from;
	if (reader->entries.cap > KEPT_MAX)
		buf_release(&reader->entries);
	buf_clear(&reader->entries);
	expect(reader, ENTRY_LENGTH, 2);
}

static int end_head(struct mirror_reader *reader, struct err *err)
{
	reader->upload.origin = buf_view(&reader->origin);
	reader->upload.ticket = buf_view(&reader->ticket);
	reader->package_count = mirror_package_count(reader->upload.start, reader->upload.end);
	expect_package(reader);
	return reader->calls.head(reader->calls.context, &reader->upload, err);
}

static void end_entry(struct mirror_reader *reader)
{
	struct str text = {reader->entries.p + reader->entry, reader->entries.n - reader->entry};

	merkle_leaf(text, &reader->leaves[reader->at++ - reader->from]);
	if (reader->at == reader->to)
		expect(reader, HASH_COUNT, 1);
	else
		expect(reader, ENTRY_LENGTH, 2);
}

static int end_package(struct mirror_reader *reader, struct err *err)
{
	const struct mirror_package package = {.start = reader->from,
		.end = reader->to,
		.entries = buf_view(&reader->entries),
		.leaves = reader->leaves,
		.proof = &reader->proof};
	int result = reader->calls.package(reader->calls.context, &package, err);

	reader->package++;
	expect_package(reader);
	return result;
}

/* What was expected has come whole. */
static int end_field(struct mirror_reader *reader, struct err *err)
{
	const char *field = reader->field.p;
	size_t length;

	switch (reader->expected) {
	case ORIGIN_LENGTH:
		expect(reader, ORIGIN, be16_get(field));
		break;
	case ORIGIN:
		buf_str(&reader->origin, buf_view(&reader->field));
		expect(reader, RANGE, 16);
		break;
	case RANGE:
		reader->upload.start = be64_get(field);
		reader->upload.end = be64_get(field + 8);
		if (reader->upload.start > reader->upload.end)
			return err_set(err, ERR_SYNTAX, "the upload ends before it begins");
		expect(reader, TICKET_LENGTH, 2);
		break;
	case TICKET_LENGTH:
		expect(reader, TICKET, be16_get(field));
		break;
	case TICKET:
		buf_str(&reader->ticket, buf_view(&reader->field));
		return end_head(reader, err);
	case ENTRY_LENGTH:
		length = be16_get(field);
		buf_str(&reader->entries, buf_view(&reader->field));
		reader->entry = reader->entries.n;
		expect(reader, ENTRY, length);
		break;
	case ENTRY:
		end_entry(reader);
		break;
	case HASH_COUNT:
		reader->proof.count = (unsigned char)field[0];
		if (reader->proof.count > MIRROR_PROOF_MAX)
			return err_set(
				err, ERR_SYNTAX, "a proof of %zu hashes: at most %d can be", reader->proof.count, MIRROR_PROOF_MAX);
		expect(reader, HASHES, reader->proof.count * sizeof(reader->proof.hashes[0]));
		break;
	case HASHES:
		if (reader->proof.count > 0)
			memcpy(reader->proof.hashes, field, reader->proof.count * sizeof(reader->proof.hashes[0]));
		return end_package(reader, err);
	case NOTHING:
		break;
	}
	return 0;
}

int mirror_read(struct mirror_reader *reader, struct str bytes, struct err *err)
{
	while (!reader->failed) {
		struct buf *out = reader->expected == ENTRY ? &reader->entries : &reader->field;
		size_t n = bytes.n < reader->wanted ? bytes.n : reader->wanted;
		int result;

		if (reader->expected == NOTHING) {
			if (bytes.n == 0)
				return 0;
			reader->failed = true;
			return err_set(err, ERR_LIMIT, "something follows the last entry package");
		}
		buf_add(out, bytes.p, n);
		bytes.p += n;
		bytes.n -= n;
		reader->wanted -= n;
		if (buf_check(out, "an entry package", err) != 0) {
			reader->failed = true;
			return -1;
		}
		if (reader->wanted > 0)
			return 0;
		result = end_field(reader, err);
		if (result != 0) {
			reader->failed = true;
			return result;
		}
	}
	return err_set(err, ERR_INTERNAL, "what failed is read on");
}

/* ---- mirror-info ------------------------------------------------------------------------------------------------------------------------ */

void mirror_info_format(struct buf *out, const struct mirror_info *info, struct str ticket)
{
	buf_u64(out, info->size);
	buf_char(out, '\n');
	buf_u64(out, info->next);
	buf_char(out, '\n');
	buf_base64(out, ticket.p, ticket.n);
	buf_char(out, '\n');
}

int mirror_info_parse(struct mirror_info *out, struct buf *ticket, struct str bytes, struct err *err)
{
	struct str rest = bytes, size, next, text;
	size_t n;

	if (!str_take_line(&rest, &size) || !str_take_line(&rest, &next) || !str_take_line(&rest, &text) || rest.n != 0 ||
		!decimal_parse(size, UINT64_MAX, &out->size) || !decimal_parse(next, UINT64_MAX, &out->next) ||
		!base64_canonical(text, &n))
		return err_set(err, ERR_SYNTAX, "that is not a size, a next entry and a ticket, a line each");
	if (n > MIRROR_TICKET_MAX)
		return err_set(err, ERR_LIMIT, "a ticket of %zu bytes: at most %d can be", n, MIRROR_TICKET_MAX);
	if (!base64_decode(text, ticket))
		return err_set(err, ERR_MEMORY, "no memory for a ticket");
	return 0;
}
