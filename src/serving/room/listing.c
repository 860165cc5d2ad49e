/* Records that are open, one after the other: what every list for machines is made of. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "machines.h"
#include "os/os.h"

void machine_url(struct buf *out, struct desk *desk, const char *rest)
{
	buf_text(out, "https://");
	buf_str(out, archive_origin(desk->archive));
	buf_char(out, '/');
	buf_text(out, rest);
}

struct str machine_name(struct desk *desk, struct str id)
{
	struct buf base = BUF_INIT;

	machine_url(&base, desk, "r/");
	if (str_starts(id, buf_view(&base)))
		id = (struct str){id.p + base.n, id.n - base.n};
	buf_release(&base);
	return id;
}

/* ---- when it changed ------------------------------------------------------------------------------------------------------------------ */

static int entry_time(struct archive *archive, uint64_t index, int64_t *time, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = log_entry(archive_log(archive), index, &text, err);

	if (result == 0)
		result = entry_parse(&entry, buf_view(&text), &arena, err);
	if (result == 0)
		*time = entry.time;
	arena_release(&arena);
	buf_release(&text);
	return result;
}

struct embargo {
	int64_t now, end;
};

static int look_at_access(void *context, const struct catalogue_access *access, struct err *err)
{
	struct embargo *embargo = context;

	(void)err;
	if (access->state == ACCESS_EMBARGO && access->until <= embargo->now && access->until > embargo->end)
		embargo->end = access->until;
	return 0;
}

/* The end of an embargo opens something without an entry: who asks what is new since must be told then. */
static int take_stamp(struct desk *desk, const struct catalogue_record *record, struct listed *listed, struct err *err)
{
	struct embargo embargo = {.now = os_now(), .end = INT64_MIN};

	listed->stamp = listed->version.time;
	if (record->last_index != listed->version.index && entry_time(desk->archive, record->last_index, &listed->stamp, err) != 0)
		return -1;
	if ((record->state == ACCESS_EMBARGO || record->files_restricted) &&
		catalogue_each_access(desk->catalogue, listed->id, look_at_access, &embargo, err) != 0)
		return -1;
	if (embargo.end > listed->stamp)
		listed->stamp = embargo.end;
	return 0;
}

/* ---- one ------------------------------------------------------------------------------------------------------------------------------ */

void listed_release(struct listed *listed)
{
	record_free(listed->record);
	access_view_free(listed->view);
	memset(listed, 0, sizeof(*listed));
}

static int open_one(
	struct desk *desk, const struct catalogue_record *record, struct listed *listed, bool described, struct err *err)
{
	struct access_view *view = NULL;
	bool redacted;

	if (access_admit(&view, desk->archive, record->id, 0, AUDIENCE_PUBLIC, &listed->version, err) != 0)
		return -1;
	listed->view = view;
	listed->id = record->id;
	if (take_stamp(desk, record, listed, err) != 0 ||
		access_version_gone(view, desk->archive, record->id, &listed->version, &listed->gone, err) != 0)
		return -1;
	if (!described)
		return 0;
	if (archive_get_record(desk->archive, record->id, listed->version.version, &listed->record, err) != 0 ||
		access_withhold(view, listed->record, err) != 0)
		return -1;
	return access_redact(desk->archive, listed->record, &redacted, err);
}

int listed_open(struct desk *desk, struct str id, bool described, struct listed *listed, struct err *err)
{
	struct catalogue_record record;

	memset(listed, 0, sizeof(*listed));
	if (catalogue_record(desk->catalogue, id, &record, err) != 0)
		return access_refuse(err);
	record.id = id; /* the catalogue's own copy goes with the next look */
	return open_one(desk, &record, listed, described, err);
}

bool listed_is_open(struct desk *desk, const struct catalogue_record *record)
{
	struct access_view *view = NULL;
	struct catalogue_version_row row;
	struct listed listed;
	bool look, open = access_view_open(&view, desk->archive, record->id, AUDIENCE_PUBLIC, NULL) == 0 &&
			  access_may_see_record(view) &&
			  catalogue_version(desk->catalogue, record->id, record->versions, &row, NULL) == 0;

	look = open && (row.expunged || access_undecided(view, STR("")));
	access_view_free(view);
	if (look) {
		open = listed_open(desk, record->id, false, &listed, NULL) == 0 && !listed.gone;
		listed_release(&listed);
	}
	return open;
}

bool listed_is_part(struct desk *desk, struct str id, struct str whole)
{
	struct buf at = BUF_INIT;
	struct str parent;
	bool is = false;

	buf_str(&at, id);
	for (unsigned depth = 0; depth < ARRANGEMENT_DEPTH_MAX && !is; depth++) {
		if (catalogue_part_of(desk->catalogue, buf_view(&at), &parent, NULL) != 0 || parent.n == 0)
			break;
		buf_clear(&at);
		buf_str(&at, parent);
		is = str_equal(buf_view(&at), whole);
	}
	buf_release(&at);
	return is;
}

/* ---- many ----------------------------------------------------------------------------------------------------------------------------- */

struct walk {
	struct desk *desk;
	struct listing *listing;
	int (*each)(void *, const struct listed *, struct err *);
	void *context;
	unsigned given, looked;
	uint64_t before; /* place of the one that was looked at last */
};

#define ENOUGH 1

static int one(void *context, uint64_t place, const struct catalogue_record *record, struct err *err)
{
	struct walk *walk = context;
	struct listing *listing = walk->listing;
	struct listed listed = {.place = place};
	struct err why = ERR_INIT;
	int result = 0;

	if (listing->look > 0 && walk->looked++ == listing->look) {
		listing->more = true;
		listing->last = walk->before;
		return ENOUGH;
	}
	walk->before = place;
	if (listing->whole.n > 0 && !listed_is_part(walk->desk, record->id, listing->whole))
		return 0;
	/* One that cannot be read now, or no longer, is none that can be shown: the rest goes on, and audit tells the keeper. */
	if (open_one(walk->desk, record, &listed, listing->records && walk->given < listing->limit, &why) != 0 ||
		listed.stamp < listing->from || listed.stamp > listing->until || (listed.gone && !listing->gone)) {
		listed_release(&listed);
		return why.code == ERR_MEMORY ? err_set(err, ERR_MEMORY, "%s", why.text) : 0;
	}
	if (walk->given == listing->limit) {
		listing->more = true;
		result = ENOUGH;
	} else {
		result = walk->each(walk->context, &listed, err);
		listing->last = place;
		walk->given++;
	}
	listed_release(&listed);
	return result;
}

/* The first entry that is not older; entries stand in the order of their times, as long as the keeper's clock never ran back. */
static uint64_t first_since(struct archive *archive, int64_t from)
{
	uint64_t low = 0, high = log_size(archive_log(archive));

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int64_t time;

		if (entry_time(archive, middle, &time, NULL) != 0)
			return 0;
		if (time < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int listing_run(struct desk *desk, struct listing *listing, int (*each)(void *, const struct listed *, struct err *), void *context,
	struct err *err)
{
	struct walk walk = {.desk = desk, .listing = listing, .each = each, .context = context};
	uint64_t changed = listing->from == INT64_MIN ? 0 : first_since(desk->archive, listing->from);
	int result;

	listing->last = listing->after;
	listing->more = false;
	result = catalogue_each_record_after(desk->catalogue, listing->after, changed, one, &walk, err);
	return result == ENOUGH ? 0 : result;
}
