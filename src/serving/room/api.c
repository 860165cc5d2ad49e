/* The JSON interface, api/v1/: what openapi.json describes. */
#include <inttypes.h>
#include <string.h>

#include "assets.h"
#include "internal.h"
#include "machines.h"

#define PIECE 50u
#define PIECE_MOST 200u
#define LOOK_MOST 2000u /* records, for one piece: those below a small part of a large archive may be far apart */

static bool after(struct str path, struct str prefix, struct str *rest)
{
	if (!str_starts(path, prefix))
		return false;
	*rest = (struct str){path.p + prefix.n, path.n - prefix.n};
	return true;
}

bool api_takes(struct str path)
{
	struct str rest;

	return str_equal(path, STR("api/v1/openapi.json")) || str_equal(path, STR("api/v1/records")) ||
	       str_equal(path, STR("api/v1/search")) || (after(path, STR("api/v1/records/"), &rest) && rest.n > 0);
}

/* ---- members ------------------------------------------------------------------------------------------------------------------------- */

static void member(struct buf *out, const char *name)
{
	if (out->n > 0 && out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_printf(out, "\"%s\":", name);
}

void api_text(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	member(out, name);
	buf_json(out, value);
}

void api_number(struct buf *out, const char *name, uint64_t value)
{
	member(out, name);
	buf_u64(out, value);
}

static void put_time(struct buf *out, const char *name, int64_t time)
{
	char text[TIME_TEXT];

	time_format(time, text);
	api_text(out, name, str_from(text));
}

static void put_values(struct buf *out, const char *name, const struct record *record, enum dc_term term)
{
	bool first = true;

	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;

		record_value(record, i, &value);
		if (value.term != term)
			continue;
		if (first) {
			member(out, name);
			buf_char(out, '[');
		} else {
			buf_char(out, ',');
		}
		buf_json(out, value.value.n > 0 ? value.value : value.written);
		first = false;
	}
	if (!first)
		buf_char(out, ']');
}

/* What a URL may hold as it is: everything else is escaped. */
static void put_url(
	struct buf *out, const char *name, struct desk *desk, struct str id, uint64_t version, const char *rest, struct str path)
{
	struct buf url = BUF_INIT;

	machine_url(&url, desk, "r/");
	buf_str(&url, machine_name(desk, id));
	if (version > 0)
		buf_printf(&url, "@%" PRIu64, version);
	buf_text(&url, rest);
	http_url_path(&url, path);
	api_text(out, name, buf_view(&url));
	buf_release(&url);
}

/* ---- many ------------------------------------------------------------------------------------------------------------------------------ */

struct rows {
	struct desk *desk;
	struct buf *out;
	bool first;
};

static int put_row(void *context, const struct listed *listed, struct err *err)
{
	struct rows *rows = context;
	struct buf *out = rows->out;
	struct str part = record_field(listed->record, RECORD_IS_PART_OF);
	struct listed whole;

	(void)err;
	buf_text(out, rows->first ? "\n{" : ",\n{");
	rows->first = false;
	api_text(out, "id", listed->id);
	api_number(out, "version", listed->version.version);
	api_number(out, "index", listed->version.index);
	put_time(out, "claimedTime", listed->version.time);
	put_time(out, "changed", listed->stamp);
	put_values(out, "title", listed->record, DC_TITLE);
	put_values(out, "creator", listed->record, DC_CREATOR);
	put_values(out, "created", listed->record, DC_CREATED);
	put_values(out, "date", listed->record, DC_DATE);
	put_values(out, "language", listed->record, DC_LANGUAGE);
	put_values(out, "type", listed->record, DC_TYPE);
	api_text(out, "level", record_field(listed->record, RECORD_LEVEL));
	api_text(out, "referenceCode", record_field(listed->record, RECORD_REFERENCE_CODE));
	if (part.n > 0) {
		if (listed_open(rows->desk, part, false, &whole, NULL) == 0)
			api_text(out, "isPartOf", part);
		listed_release(&whole);
	}
	put_url(out, "url", rows->desk, listed->id, 0, "", STR(""));
	buf_char(out, '}');
	return 0;
}

void api_wrong(struct buf *out, unsigned *status, unsigned code, const char *text)
{
	*status = code;
	buf_clear(out);
	buf_text(out, "{\"v\":1,\"type\":\"error\",");
	buf_printf(out, "\"code\":\"%s\",\"text\":", code == 404 ? "not-found" : code == 503 ? "later" : "syntax");
	buf_json(out, str_from(text));
	buf_text(out, "}\n");
}

static bool wrong(struct buf *out, unsigned *status, unsigned code, const char *text)
{
	api_wrong(out, status, code, text);
	return true;
}

/* A full id, or NAME. */
static void take_id(struct desk *desk, struct str given, struct buf *out)
{
	if (!str_starts(given, STR("https://")) && !str_starts(given, STR("urn:")))
		machine_url(out, desk, "r/");
	buf_str(out, given);
}

static bool answer_records(struct desk *desk, const struct arguments *arguments, struct buf *out, unsigned *status)
{
	static const char *const names[] = {"after", "limit", "under", "since", NULL};
	struct listing listing = {.from = INT64_MIN, .until = INT64_MAX, .records = true, .limit = PIECE, .look = LOOK_MOST};
	struct rows rows = {desk, out, true};
	struct buf under = BUF_INIT;
	struct err err = ERR_INIT;
	struct str value;
	uint64_t limit = PIECE;
	bool good = arguments_only(arguments, names) && !arguments->repeated;

	if (arguments_get(arguments, "after", &value))
		good = good && decimal_parse(value, INT64_MAX, &listing.after);
	if (arguments_get(arguments, "limit", &value))
		good = good && decimal_parse(value, PIECE_MOST, &limit) && limit > 0;
	if (arguments_get(arguments, "since", &value))
		good = good && (time_parse(value, &listing.from) || date_parse(value, &listing.from));
	if (arguments_get(arguments, "under", &value)) {
		struct listed whole;

		take_id(desk, value, &under);
		/* Of what is closed nothing is part, as of what is absent. */
		if (listed_open(desk, buf_view(&under), false, &whole, NULL) != 0)
			listing.after = INT64_MAX;
		listed_release(&whole);
	}
	if (!good) {
		buf_release(&under);
		return wrong(out, status, 400, "after, limit (1 to 200), under and since are what records takes; see openapi.json");
	}
	listing.limit = (unsigned)limit;
	listing.whole = buf_view(&under);
	buf_text(out, "{\"v\":1,\"type\":\"records\",\"records\":[");
	(void)listing_run(desk, &listing, put_row, &rows, &err);
	buf_text(out, "]");
	if (listing.more) {
		struct buf next = BUF_INIT;

		machine_url(&next, desk, "api/v1/records");
		buf_printf(&next, "?after=%" PRIu64 "&limit=%" PRIu64, listing.last, limit);
		if (under.n > 0) {
			buf_text(&next, "&under=");
			http_url_path(&next, buf_view(&under));
		}
		if (arguments_get(arguments, "since", &value)) {
			buf_text(&next, "&since=");
			http_url_path(&next, value);
		}
		api_text(out, "next", buf_view(&next));
		buf_release(&next);
	}
	buf_text(out, "}\n");
	buf_release(&under);
	return true;
}

/* ---- those that match ------------------------------------------------------------------------------------------------------------------ */

#define OFFSET_MOST 2000u /* each that is passed over is looked up in the catalogue, and its access decided */
#define ENOUGH 1

struct matches {
	struct rows rows;
	uint64_t offset, limit, seen;
	bool more;
};

static int put_match(void *context, const struct catalogue_row *row, struct err *err)
{
	struct matches *matches = context;
	struct listed listed;
	int result = 0;

	/* Only what is open is counted: who goes on from an offset learns of nothing else. Of what is passed over nothing else is looked at. */
	if (!listed_is_open(matches->rows.desk, &row->record))
		return 0;
	if (matches->seen == matches->offset + matches->limit) {
		matches->more = true;
		return ENOUGH;
	}
	if (matches->seen++ < matches->offset)
		return 0;
	if (listed_open(matches->rows.desk, row->record.id, true, &listed, NULL) == 0)
		result = put_row(&matches->rows, &listed, err);
	listed_release(&listed);
	return result;
}

static void put_next(struct buf *out, struct desk *desk, const struct arguments *arguments, const struct matches *matches)
{
	struct buf next = BUF_INIT;

	machine_url(&next, desk, "api/v1/search?");
	for (size_t i = 0; i < arguments->count; i++) {
		struct str name = arguments->one[i].name;

		if (str_equal(name, STR("offset")) || str_equal(name, STR("limit")))
			continue;
		buf_str(&next, name);
		buf_char(&next, '=');
		http_url_path(&next, arguments->one[i].value);
		buf_char(&next, '&');
	}
	buf_printf(&next, "offset=%" PRIu64 "&limit=%" PRIu64, matches->seen, matches->limit);
	api_text(out, "next", buf_view(&next));
	buf_release(&next);
}

static bool answer_search(struct desk *desk, const struct arguments *arguments, struct buf *out, unsigned *status)
{
	static const char *const names[] = {"title", "creator", "date", "language", "under", "offset", "limit", NULL};
	struct matches matches = {.rows = {desk, out, true}, .limit = PIECE};
	struct catalogue_filter filter = {.has_date = false};
	struct buf under = BUF_INIT;
	struct err err = ERR_INIT;
	struct edtf date;
	struct str value;
	bool hidden = false, good = arguments_only(arguments, names) && !arguments->repeated;

	if (arguments_get(arguments, "offset", &value))
		good = good && decimal_parse(value, OFFSET_MOST, &matches.offset);
	if (arguments_get(arguments, "limit", &value))
		good = good && decimal_parse(value, PIECE_MOST, &matches.limit) && matches.limit > 0;
	if (arguments_get(arguments, "date", &value)) {
		filter.has_date = edtf_parse(value, &date, NULL) == 0;
		good = good && filter.has_date;
		if (filter.has_date)
			filter.date = (struct catalogue_range){date.days.first, date.days.last};
	}
	(void)arguments_get(arguments, "title", &filter.title);
	(void)arguments_get(arguments, "creator", &filter.creator);
	(void)arguments_get(arguments, "language", &filter.language);
	if (arguments_get(arguments, "under", &value)) {
		struct listed whole;

		take_id(desk, value, &under);
		filter.under = buf_view(&under);
		/* Of what is closed nothing is part, as of what is absent. */
		hidden = listed_open(desk, buf_view(&under), false, &whole, NULL) != 0;
		listed_release(&whole);
	}
	buf_text(out, "{\"v\":1,\"type\":\"records\",\"records\":[");
	if (good && !hidden && catalogue_list(desk->catalogue, &filter, put_match, &matches, &err) < 0)
		good = false; /* too many words */
	buf_text(out, "]");
	if (good && matches.more && matches.seen <= OFFSET_MOST)
		put_next(out, desk, arguments, &matches);
	buf_text(out, "}\n");
	buf_release(&under);
	return good || wrong(out, status, 400,
			       "title, creator, date (EDTF), language, under, offset (to 2000) and limit (1 to 200) are what "
			       "search takes");
}

/* ---- one ------------------------------------------------------------------------------------------------------------------------------- */

static void put_files(struct buf *out, struct desk *desk, const struct shown *shown)
{
	member(out, "files");
	buf_char(out, '[');
	for (size_t i = 0; i < shown->file_count; i++) {
		const struct shown_file *file = &shown->files[i];
		struct buf digest = BUF_INIT;

		buf_text(out, i == 0 ? "\n{" : ",\n{");
		api_text(out, "path", file->described.path);
		api_number(out, "size", file->size);
		digest_tag(&digest, &file->digest);
		api_text(out, "digest", buf_view(&digest));
		api_text(out, "role", file->described.role);
		api_text(out, "language", file->described.language);
		api_text(out, "mediaType", file->described.media_type);
		put_url(out, "url", desk, buf_view(&shown->name.id), shown->version.version, "/files/", file->described.path);
		put_url(out, "receipt", desk, buf_view(&shown->name.id), shown->version.version,
			"/receipt?file=", file->described.path);
		buf_char(out, '}');
		buf_release(&digest);
	}
	buf_char(out, ']');
}

struct putting {
	struct archive *archive;
	struct buf *out;
	bool any;
};

/* Withdrawal is visible (P6): what the log says of it. */
static int put_expunction(void *context, uint64_t index, struct str text, struct err *err)
{
	struct putting *putting = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_EXPUNGE) {
		buf_text(putting->out, putting->any ? ",\n{" : "\n{");
		putting->any = true;
		buf_printf(putting->out, "\"index\":%" PRIu64, index);
		put_time(putting->out, "claimedTime", entry.time);
		api_text(putting->out, "authority", entry.authority);
		api_text(putting->out, "reason", entry.reason);
		member(putting->out, "followed");
		buf_text(putting->out, archive_holds(putting->archive, index) ? "true" : "false");
		buf_char(putting->out, '}');
	}
	arena_release(&arena);
	return 0;
}

static bool answer_record(struct desk *desk, struct str name, struct buf *out, unsigned *status)
{
	struct shown shown;
	bool redacted;

	if (!shown_open(&shown, desk, name))
		return desk->cannot ? wrong(out, status, 503, "this cannot be read now; come again")
				    : wrong(out, status, 404, "nothing of that name is open to readers");
	if (machine_redact_shown(desk, &shown, &redacted, NULL) != 0) {
		shown_release(&shown);
		return wrong(out, status, 404, "nothing of that name is open to readers");
	}
	buf_text(out, "{\"v\":1,\"type\":\"record\"");
	api_text(out, "id", buf_view(&shown.name.id));
	api_number(out, "version", shown.version.version);
	api_number(out, "versions", shown.versions);
	api_number(out, "index", shown.version.index);
	put_time(out, "claimedTime", shown.version.time);
	member(out, "expunged");
	buf_text(out, shown.version.expunged ? "true" : "false");
	put_url(out, "url", desk, buf_view(&shown.name.id), shown.version.version, "", STR(""));
	if (access_may_read_inventory(shown.view))
		put_url(out, "receipt", desk, buf_view(&shown.name.id), shown.version.version, "/receipt", STR(""));
	put_files(out, desk, &shown);
	if (shown.version.expunged || access_undecided(shown.view, STR(""))) {
		struct putting putting = {desk->archive, out, false};

		member(out, "expunctions");
		buf_char(out, '[');
		(void)archive_each_entry(desk->archive, buf_view(&shown.name.id), put_expunction, &putting, NULL);
		buf_char(out, ']');
	}
	*status = shown.gone ? 410 : 200;
	member(out, "record");
	record_format(shown.record, out);
	while (out->n > 0 && out->p[out->n - 1] == '\n')
		out->n--;
	buf_text(out, "}\n");
	shown_release(&shown);
	return true;
}

static bool answer_description(struct buf *out)
{
	for (const struct asset *asset = assets; asset->name != NULL; asset++)
		if (strcmp(asset->name, "openapi.json") == 0) {
			buf_add(out, asset->plain, asset->plain_n);
			return true;
		}
	return false;
}

bool api_answer(struct desk *desk, struct str path, struct str query, struct buf *out, unsigned *status)
{
	struct arguments arguments;
	struct str name;
	bool done = true;

	*status = 200;
	if (!arguments_read(&arguments, query))
		done = wrong(out, status, 400, "the arguments cannot be read");
	else if (str_equal(path, STR("api/v1/openapi.json")))
		done = answer_description(out);
	else if (str_equal(path, STR("api/v1/records")))
		done = answer_records(desk, &arguments, out, status);
	else if (str_equal(path, STR("api/v1/search")) && arguments_get(&arguments, "q", &name))
		api_search(desk, &arguments, out, status);
	else if (str_equal(path, STR("api/v1/search")))
		done = answer_search(desk, &arguments, out, status);
	else if (after(path, STR("api/v1/records/"), &name))
		done = answer_record(desk, name, out, status);
	else
		done = false;
	arguments_release(&arguments);
	return done;
}
