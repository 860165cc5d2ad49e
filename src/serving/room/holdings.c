/* What is open of the whole archive: how it follows the log. */
#include "holdings.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "desk.h"
#include "os/os.h"

#define VALUE_MAX 2000u /* bytes */
#define TITLE_MAX 1000u
#define AT_ONCE 5000u /* records or entries: more are not looked at while a page waits */
#define COMMIT 10000u
#define AGAIN_SECONDS 5 /* after it could not be done */

struct slot {
	struct holding holding;
	struct arena arena;
};

struct holdings {
	pthread_mutex_t lock; /* of all that follows; while it is being filled the lists belong to the thread that fills */
	struct room *room;
	struct lists *lists;
	struct arena *arena; /* what is found while it is held */
	bool ready, failed;
	int64_t again;         /* where it failed: not before */
	bool filling, started; /* a thread fills; one was started, and is to be waited for */
	pthread_t thread;
	atomic_bool stop;
	uint64_t size; /* of the log that it follows */
	uint64_t mark; /* archive_without_mark */
	int64_t day;
};

struct holdings *holdings_new(struct room *room)
{
	struct holdings *holdings = mem_alloc(sizeof(*holdings));

	pthread_mutex_init(&holdings->lock, NULL);
	holdings->room = room;
	holdings->arena = mem_alloc(sizeof(*holdings->arena));
	return holdings;
}

static void forget(struct holdings *holdings)
{
	lists_free(holdings->lists);
	holdings->lists = NULL;
	holdings->ready = false;
}

void holdings_free(struct holdings *holdings)
{
	if (holdings == NULL)
		return;
	atomic_store(&holdings->stop, true);
	if (holdings->started)
		pthread_join(holdings->thread, NULL);
	forget(holdings);
	arena_release(holdings->arena);
	free(holdings->arena);
	pthread_mutex_destroy(&holdings->lock);
	free(holdings);
}

/* ---- one record ------------------------------------------------------------------------------------------------------------------------------------- */

static struct str kept(struct slot *slot, struct str text, size_t most)
{
	if (text.n > most) {
		text.n = most;
		while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	return text.n > 0 ? arena_str(&slot->arena, text) : STR("");
}

static void add_value(struct slot *slot, struct str **values, unsigned *count, struct str value)
{
	if (value.n == 0 || *count == LISTS_VALUES_MAX)
		return;
	for (unsigned i = 0; i < *count; i++)
		if (str_equal((*values)[i], value))
			return;
	if (*values == NULL)
		*values = arena_alloc(&slot->arena, LISTS_VALUES_MAX * sizeof(**values), sizeof(void *));
	(*values)[(*count)++] = kept(slot, value, VALUE_MAX);
}

static void take_value(struct slot *slot, const struct record_value *value)
{
	struct holding *holding = &slot->holding;

	if (value->term == DC_TITLE && holding->title.n == 0) {
		holding->title = kept(slot, value->value, TITLE_MAX);
		holding->title_language = kept(slot, value->language, LANGUAGE_MAX);
	} else if (value->term == DC_CREATOR || value->term == DC_CONTRIBUTOR) {
		add_value(slot, &holding->creators, &holding->creator_count, value->value);
	} else if (value->term == DC_SPATIAL || value->term == DC_COVERAGE) {
		add_value(slot, &holding->places, &holding->place_count, value->value);
	} else if ((value->term == DC_DATE || value->term == DC_CREATED || value->term == DC_ISSUED) && holding->date.n == 0) {
		holding->date = kept(slot, value->written.n > 0 ? value->written : value->value, VALUE_MAX);
		holding->date_edtf = kept(slot, value->value, VALUE_MAX);
	} else if (dc_term_is_relation(value->term) && holding->relation_count < LISTS_VALUES_MAX) {
		if (holding->relations == NULL)
			holding->relations =
				arena_alloc(&slot->arena, LISTS_VALUES_MAX * sizeof(*holding->relations), sizeof(void *));
		holding->relations[holding->relation_count].term = (int)value->term;
		holding->relations[holding->relation_count++].id = kept(slot, value->value, VALUE_MAX);
	}
}

static void take_record(struct slot *slot, struct record *record)
{
	struct holding *holding = &slot->holding;
	struct edtf_range ranges[LISTS_VALUES_MAX];
	struct str languages[LISTS_VALUES_MAX];
	size_t count;

	holding->level = kept(slot, record_field(record, RECORD_LEVEL), VALUE_MAX);
	holding->reference_code = kept(slot, record_field(record, RECORD_REFERENCE_CODE), VALUE_MAX);
	holding->part_of = kept(slot, record_field(record, RECORD_IS_PART_OF), VALUE_MAX);
	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;

		record_value(record, i, &value);
		take_value(slot, &value);
	}
	if (holding->title.n == 0) {
		struct buf called = BUF_INIT;

		original_name(record, &called);
		holding->title = kept(slot, buf_view(&called), TITLE_MAX);
		buf_release(&called);
	}
	holding->first_day = INT64_MAX;
	holding->last_day = INT64_MIN;
	count = record_dates(record, ranges, LISTS_VALUES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].first != EDTF_OPEN_FIRST && ranges[i].first < holding->first_day)
			holding->first_day = ranges[i].first;
		if (ranges[i].last != EDTF_OPEN_LAST && ranges[i].last > holding->last_day)
			holding->last_day = ranges[i].last;
	}
	if (holding->first_day == INT64_MAX && holding->last_day != INT64_MIN)
		holding->first_day = holding->last_day;
	if (holding->last_day == INT64_MIN && holding->first_day != INT64_MAX)
		holding->last_day = holding->first_day;
	count = record_languages(record, languages, LISTS_VALUES_MAX);
	for (size_t i = 0; i < count; i++)
		add_value(slot, &holding->languages, &holding->language_count, languages[i]);
	holding->files = record_file_count(record);
	for (size_t i = 0; i < record_file_count(record) && !holding->pictures; i++) {
		struct record_file file;

		record_file(record, i, &file);
		holding->pictures = str_starts(file.media_type, STR("image/"));
	}
}

/* Absent, closed, or damaged, which only the keeper can mend: one such must not take the lists from all others. Anything else (no descriptor is left, no memory, an
 * expunge is under way) passes, and says nothing of the record. */
static bool is_not_to_be_had(const struct err *why)
{
	return why->code == ERR_NOT_FOUND || why->code == ERR_SYNTAX || why->code == ERR_LIMIT || why->code == ERR_MISMATCH ||
	       (why->code == ERR_SYSTEM && why->sys == EIO);
}

/* Puts it in as the public may see it now; if it may not at all, or nothing is left of it, takes it out. */
static int bring_record(struct lists *lists, struct desk *desk, struct str id, struct err *err)
{
	struct err why = ERR_INIT;
	struct access_view *view = NULL;
	struct archive_version version;
	struct record *record = NULL;
	struct slot slot = {.arena = ARENA_INIT};
	bool gone = false;
	int result;

	if (access_admit(&view, desk->archive, id, 0, AUDIENCE_PUBLIC, &version, &why) == 0 &&
		access_version_gone(view, desk->archive, id, &version, &gone, &why) == 0 && !gone &&
		archive_get_record(desk->archive, id, version.version, &record, &why) == 0 &&
		access_withhold(view, record, &why) == 0) {
		slot.holding.id = id;
		slot.holding.version_index = version.index;
		take_record(&slot, record);
		result = lists_put(lists, &slot.holding, err);
	} else if (gone || is_not_to_be_had(&why)) {
		result = lists_remove(lists, id, err);
	} else {
		result = -1;
		if (err != NULL)
			*err = why;
	}
	record_free(record);
	access_view_free(view);
	arena_release(&slot.arena);
	return result;
}

/* ---- following ------------------------------------------------------------------------------------------------------------------------------------ */

struct following {
	struct holdings *holdings;
	struct desk *desk;
	uint64_t looked_at;
};

/* Before each record. */
static int go_on(struct following *following, struct err *err)
{
	struct lists *lists = following->holdings->lists;

	if (atomic_load(&following->holdings->stop))
		return err_set(err, ERR_INTERRUPTED, "the room is being closed");
	if (++following->looked_at % COMMIT != 0)
		return 0;
	return lists_commit(lists, err) == 0 && lists_begin(lists, err) == 0 ? 0 : -1;
}

static int take_each(void *context, uint64_t place, const struct catalogue_record *record, struct err *err)
{
	struct following *following = context;
	struct buf id = BUF_INIT;
	int result;

	(void)place;
	if (go_on(following, err) != 0)
		return -1;
	buf_str(&id, record->id); /* it lives until the next call with this catalogue */
	result = bring_record(following->holdings->lists, following->desk, buf_view(&id), err);
	buf_release(&id);
	return result;
}

static int take_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct following *following = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	int result = go_on(following, err);

	(void)index;
	if (result == 0 && entry_parse(&entry, text, &arena, NULL) == 0 && entry.record.n > 0)
		result = bring_record(following->holdings->lists, following->desk, entry.record, err);
	arena_release(&arena);
	return result;
}

/* A holder's content comes after its log: what of the entries is known here. */
static uint64_t known(struct desk *desk)
{
	uint64_t size = log_size(archive_log(desk->archive)), have = archive_known(desk->archive);

	return have < size ? have : size;
}

static int open_lists(struct holdings *holdings, struct err *err)
{
	struct buf path = BUF_INIT;
	int result;

	/* Below derived/ the server may write, and nowhere else. A name of this process's own: it stands there for an instant only. */
	buf_printf(&path, "%s/derived/lists-%ld.sqlite", holdings->room->path, (long)getpid());
	result = lists_open(&holdings->lists, path.p, NULL);
	if (result != 0)
		result = lists_open(&holdings->lists, "", err); /* an archive that nobody may write to */
	buf_release(&path);
	return result;
}

static void fail(struct holdings *holdings)
{
	forget(holdings);
	holdings->failed = true;
	holdings->again = os_now() + AGAIN_SECONDS;
}

/* Embargoes end with a day; what a holder decided of an expunction, or what came to it late, no entry tells. */
static bool is_of_now(const struct holdings *holdings, struct desk *desk)
{
	return holdings->day == os_now() / 86400 && holdings->mark == archive_without_mark(desk->archive);
}

/* All records, or those that something may have happened to since: by entries; or all are looked at again. */
static int bring_up(struct holdings *holdings, struct desk *desk)
{
	struct following following = {.holdings = holdings, .desk = desk};
	uint64_t size = known(desk);
	uint64_t mark = archive_without_mark(desk->archive);
	int64_t day = os_now() / 86400;
	bool of_now = is_of_now(holdings, desk);
	int result = 0;

	if (size < holdings->size)
		forget(holdings);
	if (!holdings->ready && holdings->lists != NULL)
		forget(holdings);
	if (holdings->lists == NULL)
		result = open_lists(holdings, NULL);
	if (result == 0)
		result = lists_begin(holdings->lists, NULL);
	if (result == 0 && !holdings->ready)
		result = catalogue_each_record_after(desk->catalogue, 0, 0, take_each, &following, NULL);
	else if (result == 0)
		result = log_each(archive_log(desk->archive), holdings->size, size, take_entry, &following, NULL);
	if (result == 0 && holdings->ready && !of_now)
		result = catalogue_each_record_after(
			desk->catalogue, 0, holdings->mark == mark ? size : 0, take_each, &following, NULL);
	if (result == 0)
		result = lists_commit(holdings->lists, NULL);
	holdings->size = size;
	holdings->mark = mark;
	holdings->day = day;
	holdings->ready = result == 0;
	if (result == 0)
		holdings->failed = false;
	else
		fail(holdings);
	return result;
}

/* Whether a page would wait too long for it. The numbers stand for closed ones too: they are told to nobody. */
static bool is_much(const struct holdings *holdings, struct desk *desk)
{
	uint64_t records = 0, size = known(desk);

	if (holdings->ready && size >= holdings->size && size - holdings->size <= AT_ONCE && is_of_now(holdings, desk))
		return false;
	return catalogue_count(desk->catalogue, &records, NULL) != 0 || records > AT_ONCE;
}

static bool is_current(const struct holdings *holdings, struct desk *desk)
{
	/* Somebody may have seen more of the log than this desk: that is as good, for what is shown is never older. */
	return is_of_now(holdings, desk) && holdings->size >= known(desk);
}

static bool is_due(const struct holdings *holdings, struct desk *desk)
{
	int64_t wait = holdings->again - os_now();

	if (holdings->failed)
		return wait <= 0 || wait > AGAIN_SECONDS; /* the clock ran back */
	return !holdings->ready || !is_current(holdings, desk);
}

static void *fill(void *context)
{
	struct holdings *holdings = context;
	struct desk desk;

	/* What comes in meanwhile is little beside the rest; the next look takes it, or begins this again. */
	if (desk_borrow(holdings->room, &desk, NULL) == 0) {
		(void)bring_up(holdings, &desk);
		desk_give_back(holdings->room, &desk);
	} else {
		fail(holdings);
	}
	pthread_mutex_lock(&holdings->lock);
	holdings->filling = false;
	pthread_mutex_unlock(&holdings->lock);
	return NULL;
}

/* Under the lock. */
static void start(struct holdings *holdings)
{
	if (holdings->started)
		pthread_join(holdings->thread, NULL);
	holdings->filling = true;
	holdings->started = pthread_create(&holdings->thread, NULL, fill, holdings) == 0;
	if (!holdings->started)
		holdings->filling = false;
}

bool holdings_look(struct holdings *holdings, struct desk *desk)
{
	pthread_mutex_lock(&holdings->lock);
	if (!holdings->filling && is_due(holdings, desk)) {
		if (is_much(holdings, desk))
			start(holdings);
		else
			(void)bring_up(holdings, desk);
	}
	if (!holdings->filling && holdings->ready)
		return true;
	desk->waiting = true; /* what is made now may soon be made better */
	pthread_mutex_unlock(&holdings->lock);
	return false;
}

void holdings_let_go(struct holdings *holdings)
{
	arena_release(holdings->arena);
	pthread_mutex_unlock(&holdings->lock);
}

uint64_t holdings_count(const struct holdings *holdings)
{
	return lists_count(holdings->lists);
}

struct lists *holdings_lists(const struct holdings *holdings)
{
	return holdings->lists;
}

struct arena *holdings_arena(const struct holdings *holdings)
{
	return holdings->arena;
}

const struct holding *holdings_find(const struct holdings *holdings, struct str id)
{
	return lists_find(holdings->lists, id, holdings->arena);
}
