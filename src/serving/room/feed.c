/* What is new, for programs: an Atom feed, sitemaps, robots.txt. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "machines.h"

#define FEED_ENTRIES 30u
#define FEED_LOOK 3000u    /* entries of the log that are looked at for them */
#define PART_PLACES 10000u /* records of one sitemap; a site may give 50,000 */

/* ---- Atom ------------------------------------------------------------------------------------------------------------------------------ */

struct news {
	struct str ids[FEED_ENTRIES];
	size_t count;
	struct arena arena;
	struct buf entries;
	int64_t updated;
};

static bool is_told(const struct news *news, struct str id)
{
	for (size_t i = 0; i < news->count; i++)
		if (str_equal(news->ids[i], id))
			return true;
	return false;
}

static void put_version(struct news *news, struct desk *desk, struct str id)
{
	struct buf *out = &news->entries, url = BUF_INIT;
	struct listed listed;
	char time[TIME_TEXT];

	if (listed_open(desk, id, true, &listed, NULL) == 0 && !listed.gone) {
		struct str description = record_first(listed.record, DC_DESCRIPTION);
		struct label label;

		news->ids[news->count++] = arena_str(&news->arena, id);
		machine_url(&url, desk, "r/");
		buf_str(&url, machine_name(desk, id));
		buf_printf(&url, "@%" PRIu64, listed.version.version);
		time_format(listed.version.time, time);
		if (listed.version.time > news->updated)
			news->updated = listed.version.time;
		buf_text(out, "<entry>");
		label_take(&label, desk, listed.record, id);
		xml_element(out, "title", label.text);
		label_release(&label);
		xml_element(out, "id", buf_view(&url));
		buf_text(out, "<link rel=\"alternate\"");
		xml_attribute(out, "href", buf_view(&url));
		buf_text(out, "/>");
		xml_element(out, "updated", str_from(time));
		for (size_t i = 0; i < record_value_count(listed.record); i++) {
			struct record_value value;

			record_value(listed.record, i, &value);
			if (value.term != DC_CREATOR)
				continue;
			buf_text(out, "<author>");
			xml_element(out, "name", value.value);
			buf_text(out, "</author>");
		}
		if (description.n > 0)
			xml_element(out, "summary", description);
		buf_text(out, "</entry>\n");
	}
	listed_release(&listed);
	buf_release(&url);
}

void feed_answer(struct desk *desk, struct buf *out)
{
	struct archive *archive = desk->archive;
	uint64_t index = archive_known(archive), last = index > FEED_LOOK ? index - FEED_LOOK : 0;
	struct news news = {.count = 0};
	struct buf text = BUF_INIT, url = BUF_INIT;
	char time[TIME_TEXT];

	while (index-- > last && news.count < FEED_ENTRIES) {
		struct arena arena = ARENA_INIT;
		struct entry entry;

		buf_clear(&text);
		if (log_entry(archive_log(archive), index, &text, NULL) == 0 &&
			entry_parse(&entry, buf_view(&text), &arena, NULL) == 0) {
			if (news.updated == 0 && index + 1 == archive_known(archive) && entry.kind == ENTRY_GENESIS)
				news.updated = entry.time;
			if (entry.kind == ENTRY_VERSION && !is_told(&news, entry.record))
				put_version(&news, desk, entry.record);
		}
		arena_release(&arena);
	}
	time_format(news.updated, time);
	machine_url(&url, desk, "");
	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">");
	xml_element(out, "title", archive_title(archive).n > 0 ? archive_title(archive) : archive_origin(archive));
	xml_element(out, "id", buf_view(&url));
	buf_text(out, "<link rel=\"alternate\"");
	xml_attribute(out, "href", buf_view(&url));
	buf_text(out, "/><link rel=\"self\"");
	buf_text(&url, "feed");
	xml_attribute(out, "href", buf_view(&url));
	buf_text(out, "/>");
	xml_element(out, "updated", str_from(time));
	buf_text(out, "<author>");
	xml_element(out, "name", archive_title(archive).n > 0 ? archive_title(archive) : archive_origin(archive));
	buf_text(out, "</author>\n");
	buf_str(out, buf_view(&news.entries));
	buf_text(out, "</feed>\n");
	out->failed = out->failed || news.entries.failed;
	buf_release(&news.entries);
	arena_release(&news.arena);
	buf_release(&text);
	buf_release(&url);
}

/* ---- sitemaps -------------------------------------------------------------------------------------------------------------------------- */

struct map {
	struct desk *desk;
	struct buf *out;
	uint64_t end; /* the first place that is not of this part */
};

#define PART_ENDS 1

static int put_place(void *context, const struct listed *listed, struct err *err)
{
	struct map *map = context;
	struct buf url = BUF_INIT;
	char time[TIME_TEXT];

	(void)err;
	if (listed->place >= map->end)
		return PART_ENDS;
	machine_url(&url, map->desk, "r/");
	buf_str(&url, machine_name(map->desk, listed->id));
	time_format(listed->stamp, time);
	buf_text(map->out, "<url>");
	xml_element(map->out, "loc", buf_view(&url));
	xml_element(map->out, "lastmod", str_from(time));
	buf_text(map->out, "</url>\n");
	buf_release(&url);
	return 0;
}

#define NAMESPACE " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""

/* Only parts that have something open: how many records there are besides is nobody's business. */
static void put_index(struct desk *desk, struct buf *out)
{
	struct listing listing = {.from = INT64_MIN, .until = INT64_MAX, .limit = 1};
	struct buf skipped = BUF_INIT, url = BUF_INIT;

	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex" NAMESPACE ">\n");
	for (uint64_t parts = 0; parts < 50000; parts++) {
		struct map map = {.desk = desk, .out = &skipped, .end = UINT64_MAX};
		uint64_t before = listing.after;

		buf_clear(&skipped);
		if (listing_run(desk, &listing, put_place, &map, NULL) != 0 || listing.last == before)
			break;
		uint64_t part = (listing.last - 1) / PART_PLACES * PART_PLACES;
		buf_clear(&url);
		machine_url(&url, desk, "sitemap.xml");
		buf_printf(&url, "?after=%" PRIu64, part);
		buf_text(out, "<sitemap>");
		xml_element(out, "loc", buf_view(&url));
		buf_text(out, "</sitemap>\n");
		listing.after = part + PART_PLACES;
	}
	buf_text(out, "</sitemapindex>\n");
	buf_release(&skipped);
	buf_release(&url);
}

bool sitemap_answer(struct desk *desk, struct str query, struct buf *out)
{
	static const char *const names[] = {"after", NULL};
	struct listing listing = {.from = INT64_MIN, .until = INT64_MAX, .limit = PART_PLACES};
	struct map map = {.desk = desk, .out = out};
	struct arguments arguments;
	struct str value;
	size_t before;
	bool good = arguments_read(&arguments, query) && arguments_only(&arguments, names) && !arguments.repeated;

	if (good && !arguments_get(&arguments, "after", &value)) {
		put_index(desk, out);
	} else if (good) {
		good = decimal_parse(value, INT64_MAX - PART_PLACES, &listing.after) && listing.after % PART_PLACES == 0;
		map.end = listing.after + PART_PLACES + 1;
		buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset" NAMESPACE ">\n");
		before = out->n;
		good = good && listing_run(desk, &listing, put_place, &map, NULL) >= 0 && out->n > before;
		buf_text(out, "</urlset>\n");
	}
	arguments_release(&arguments);
	return good;
}

void robots_answer(struct desk *desk, struct buf *out)
{
	struct str origin = archive_origin(desk->archive), host, path = origin;
	struct buf url = BUF_INIT;

	(void)str_take_until(&path, '/', &host);
	buf_text(out, "User-agent: *\n");
	/* What is made anew for each question is no page to be indexed; objects are holders' business. */
	static const char *const closed[] = {"search", "compare", "api/", "oai", "tile/", "witness/", "mirror/"};
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		buf_text(out, "Disallow: /");
		if (path.p != NULL) {
			buf_str(out, path);
			buf_char(out, '/');
		}
		buf_printf(out, "%s\n", closed[i]);
	}
	machine_url(&url, desk, "sitemap.xml");
	buf_text(out, "Sitemap: ");
	buf_str(out, buf_view(&url));
	buf_char(out, '\n');
	buf_release(&url);
}
