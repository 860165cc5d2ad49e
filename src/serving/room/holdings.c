/* What is open of the whole archive, in memory. */
#include "holdings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define VALUES_MAX 64u  /* of each kind, of one record */
#define VALUE_MAX 2000u /* bytes */
#define TITLE_MAX 1000u

/* Made with an arena, kept in one piece: there are many, and most are small. */
struct slot {
	struct holding holding;
	struct arena arena; /* while it is made */
	char bytes[];       /* all that the holding points to */
};

struct holdings {
	pthread_rwlock_t lock;
	bool ready, failed;
	uint64_t size; /* of the log that it follows */
	int64_t day;
	struct slot **slots; /* by id */
	struct slot **order; /* of arrangement */
	size_t count, capacity;
};

struct holdings *holdings_new(void)
{
	struct holdings *holdings = mem_alloc(sizeof(*holdings));

	pthread_rwlock_init(&holdings->lock, NULL);
	return holdings;
}

static void free_slot(struct slot *slot)
{
	free(slot);
}

static void forget(struct holdings *holdings)
{
	for (size_t i = 0; i < holdings->count; i++)
		free_slot(holdings->slots[i]);
	holdings->count = 0;
	holdings->ready = false;
}

void holdings_free(struct holdings *holdings)
{
	if (holdings == NULL)
		return;
	forget(holdings);
	free(holdings->slots);
	free(holdings->order);
	pthread_rwlock_destroy(&holdings->lock);
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
	if (value.n == 0 || *count == VALUES_MAX)
		return;
	for (unsigned i = 0; i < *count; i++)
		if (str_equal((*values)[i], value))
			return;
	if (*values == NULL)
		*values = arena_alloc(&slot->arena, VALUES_MAX * sizeof(**values), sizeof(void *));
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
	} else if (dc_term_is_relation(value->term) && holding->relation_count < VALUES_MAX) {
		if (holding->relations == NULL)
			holding->relations = arena_alloc(&slot->arena, VALUES_MAX * sizeof(*holding->relations), sizeof(void *));
		holding->relations[holding->relation_count].term = value->term;
		holding->relations[holding->relation_count++].id = kept(slot, value->value, VALUE_MAX);
	}
}

static void take_record(struct slot *slot, struct record *record)
{
	struct holding *holding = &slot->holding;
	struct edtf_range ranges[VALUES_MAX];
	struct str languages[VALUES_MAX];
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
	count = record_dates(record, ranges, VALUES_MAX);
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
	count = record_languages(record, languages, VALUES_MAX);
	for (size_t i = 0; i < count; i++)
		add_value(slot, &holding->languages, &holding->language_count, languages[i]);
	holding->files = record_file_count(record);
	for (size_t i = 0; i < record_file_count(record) && !holding->pictures; i++) {
		struct record_file file;

		record_file(record, i, &file);
		holding->pictures = str_starts(file.media_type, STR("image/"));
	}
}

static void *packed(char **at, const void *from, size_t n, size_t align)
{
	char *start = *at + (size_t)(-(uintptr_t)*at & (align - 1));

	if (n > 0)
		memcpy(start, from, n);
	*at = start + n;
	return start;
}

static void pack_str(char **at, struct str *text)
{
	text->p = packed(at, text->p, text->n, 1);
}

static size_t weight(const struct holding *holding)
{
	size_t n = 4 * sizeof(void *) + holding->relation_count * sizeof(*holding->relations);
	const struct str *lists[] = {holding->creators, holding->places, holding->languages};
	const unsigned counts[] = {holding->creator_count, holding->place_count, holding->language_count};

	for (size_t i = 0; i < 3; i++) {
		n += counts[i] * sizeof(struct str);
		for (unsigned k = 0; k < counts[i]; k++)
			n += lists[i][k].n;
	}
	for (unsigned i = 0; i < holding->relation_count; i++)
		n += holding->relations[i].id.n;
	return n + holding->id.n + holding->title.n + holding->title_language.n + holding->level.n + holding->reference_code.n +
	       holding->part_of.n + holding->date.n + holding->date_edtf.n;
}

static struct slot *pack(struct slot *made)
{
	struct slot *slot = mem_array(1, sizeof(*slot) + weight(&made->holding));
	struct holding *holding = &slot->holding;
	char *at = slot->bytes;
	struct str *texts[] = {&holding->id, &holding->title, &holding->title_language, &holding->level, &holding->reference_code,
		&holding->part_of, &holding->date, &holding->date_edtf};
	struct {
		struct str **values;
		unsigned count;
	} lists[] = {{&holding->creators, made->holding.creator_count}, {&holding->places, made->holding.place_count},
		{&holding->languages, made->holding.language_count}};

	*holding = made->holding;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		*lists[i].values = packed(&at, *lists[i].values, lists[i].count * sizeof(struct str), sizeof(void *));
	holding->relations = packed(&at, holding->relations, holding->relation_count * sizeof(*holding->relations), sizeof(void *));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		pack_str(&at, texts[i]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (unsigned k = 0; k < lists[i].count; k++)
			pack_str(&at, &(*lists[i].values)[k]);
	for (unsigned i = 0; i < holding->relation_count; i++)
		pack_str(&at, &holding->relations[i].id);
	arena_release(&made->arena);
	free(made);
	return slot;
}

/* The record as the public may see it now; NULL: not at all. */
static struct slot *read_record(struct desk *desk, struct str id)
{
	struct archive_version version;
	struct access_view *view = NULL;
	struct record *record = NULL;
	struct slot *slot = NULL;

	if (access_admit(&view, desk->archive, id, 0, AUDIENCE_PUBLIC, &version, NULL) == 0 &&
		archive_get_record(desk->archive, id, version.version, &record, NULL) == 0 &&
		access_withhold(view, record, NULL) == 0) {
		slot = mem_alloc(sizeof(*slot));
		slot->holding.id = arena_str(&slot->arena, id);
		slot->holding.version_index = version.index;
		take_record(slot, record);
		slot = pack(slot);
	}
	record_free(record);
	access_view_free(view);
	return slot;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------------------------------ */

int natural_compare(struct str one, struct str other)
{
	size_t i = 0, k = 0;

	while (i < one.n && k < other.n) {
		bool number = one.p[i] >= '0' && one.p[i] <= '9' && other.p[k] >= '0' && other.p[k] <= '9';
		size_t from, until, n, m;

		if (!number) {
			if (one.p[i] != other.p[k])
				return (unsigned char)one.p[i] < (unsigned char)other.p[k] ? -1 : 1;
			i++;
			k++;
			continue;
		}
		while (i < one.n && one.p[i] == '0')
			i++;
		while (k < other.n && other.p[k] == '0')
			k++;
		for (from = i; i < one.n && one.p[i] >= '0' && one.p[i] <= '9';)
			i++;
		for (until = k; k < other.n && other.p[k] >= '0' && other.p[k] <= '9';)
			k++;
		n = i - from;
		m = k - until;
		if (n != m)
			return n < m ? -1 : 1;
		if (memcmp(one.p + from, other.p + until, n) != 0)
			return memcmp(one.p + from, other.p + until, n) < 0 ? -1 : 1;
	}
	return (i < one.n) - (k < other.n);
}

static int compare_order(const void *a, const void *b)
{
	const struct holding *one = &(*(struct slot *const *)a)->holding, *other = &(*(struct slot *const *)b)->holding;
	int order = 0;

	if ((one->reference_code.n == 0) != (other->reference_code.n == 0))
		return one->reference_code.n == 0 ? 1 : -1;
	if (one->reference_code.n > 0)
		order = natural_compare(one->reference_code, other->reference_code);
	return order != 0 ? order : str_compare(one->id, other->id);
}

static int compare_id(const void *a, const void *b)
{
	return str_compare((*(struct slot *const *)a)->holding.id, (*(struct slot *const *)b)->holding.id);
}

/* Where this id stands, or would. */
static bool find(const struct holdings *holdings, struct str id, size_t *at)
{
	size_t low = 0, high = holdings->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(holdings->slots[middle]->holding.id, id);

		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return false;
}

static void grow(struct holdings *holdings)
{
	if (holdings->count < holdings->capacity)
		return;
	holdings->capacity = holdings->capacity == 0 ? 256 : holdings->capacity * 2;
	holdings->slots = mem_grow(holdings->slots, holdings->capacity, sizeof(struct slot *));
	holdings->order = mem_grow(holdings->order, holdings->capacity, sizeof(struct slot *));
}

static void arrange(struct holdings *holdings)
{
	if (holdings->count == 0)
		return;
	memcpy(holdings->order, holdings->slots, holdings->count * sizeof(struct slot *));
	if (holdings->count > 1)
		qsort(holdings->order, holdings->count, sizeof(struct slot *), compare_order);
}

struct filling {
	struct holdings *holdings;
	struct desk *desk;
};

static int take_each(void *context, const struct catalogue_record *record, struct err *err)
{
	struct filling *filling = context;
	struct holdings *holdings = filling->holdings;
	struct buf id = BUF_INIT;
	struct slot *slot;

	buf_str(&id, record->id); /* it lives until the next call with this catalogue */
	slot = read_record(filling->desk, buf_view(&id));
	buf_release(&id);
	if (slot == NULL)
		return 0;
	grow(holdings);
	holdings->slots[holdings->count++] = slot;
	return holdings->count > HOLDINGS_MAX ? err_set(err, ERR_LIMIT, "too many records for lists") : 0;
}

static int fill_all(struct holdings *holdings, struct desk *desk)
{
	struct filling filling = {holdings, desk};
	uint64_t records;

	forget(holdings);
	/* The count stands for closed ones too: it is told to nobody. */
	if (catalogue_count(desk->catalogue, &records, NULL) != 0 || records > HOLDINGS_MAX ||
		catalogue_each_record(desk->catalogue, take_each, &filling, NULL) != 0)
		return -1;
	if (holdings->count > 0)
		qsort(holdings->slots, holdings->count, sizeof(struct slot *), compare_id);
	return 0;
}

static int take_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct filling *filling = context;
	struct holdings *holdings = filling->holdings;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	struct slot *slot;
	size_t at;
	int result = 0;

	(void)index;
	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.record.n > 0) {
		slot = read_record(filling->desk, entry.record);
		if (find(holdings, entry.record, &at)) {
			free_slot(holdings->slots[at]);
			if (slot != NULL)
				holdings->slots[at] = slot;
			else if (--holdings->count > at)
				memmove(holdings->slots + at, holdings->slots + at + 1,
					(holdings->count - at) * sizeof(struct slot *));
		} else if (slot != NULL) {
			grow(holdings);
			memmove(holdings->slots + at + 1, holdings->slots + at, (holdings->count - at) * sizeof(struct slot *));
			holdings->slots[at] = slot;
			if (++holdings->count > HOLDINGS_MAX)
				result = err_set(err, ERR_LIMIT, "too many records for lists");
		}
	}
	arena_release(&arena);
	return result;
}

/* A holder's content comes after its log: what of the entries is known here. */
static uint64_t known(struct desk *desk)
{
	uint64_t size = log_size(archive_log(desk->archive)), have = archive_known(desk->archive);

	return have < size ? have : size;
}

static int bring_up(struct holdings *holdings, struct desk *desk)
{
	struct filling filling = {holdings, desk};
	uint64_t size = known(desk);
	int64_t day = os_now() / 86400;
	int result = 0;

	if (holdings->size == size && holdings->day == day && (holdings->ready || holdings->failed))
		return holdings->ready ? 0 : -1;
	if (!holdings->ready || holdings->day != day || size < holdings->size || size - holdings->size > 1000)
		result = fill_all(holdings, desk);
	else
		result = log_each(archive_log(desk->archive), holdings->size, size, take_entry, &filling, NULL);
	holdings->size = size;
	holdings->day = day;
	holdings->ready = result == 0;
	holdings->failed = result != 0;
	if (result == 0)
		arrange(holdings);
	else
		forget(holdings);
	return result;
}

bool holdings_look(struct holdings *holdings, struct desk *desk)
{
	for (;;) {
		bool good, current;

		pthread_rwlock_rdlock(&holdings->lock);
		/* Somebody may have seen more of the log than this desk: that is as good, for what is shown is never older. */
		current = holdings->day == os_now() / 86400 && holdings->size >= known(desk);
		if (current && holdings->ready)
			return true;
		good = !(current && holdings->failed);
		pthread_rwlock_unlock(&holdings->lock);
		if (!good)
			return false;
		pthread_rwlock_wrlock(&holdings->lock);
		if (!(holdings->day == os_now() / 86400 && holdings->size >= known(desk) && (holdings->ready || holdings->failed)))
			(void)bring_up(holdings, desk);
		pthread_rwlock_unlock(&holdings->lock);
	}
}

void holdings_let_go(struct holdings *holdings)
{
	pthread_rwlock_unlock(&holdings->lock);
}

size_t holdings_count(const struct holdings *holdings)
{
	return holdings->count;
}

const struct holding *holdings_at(const struct holdings *holdings, size_t i)
{
	return &holdings->order[i]->holding;
}

const struct holding *holdings_find(const struct holdings *holdings, struct str id)
{
	size_t at;

	return find(holdings, id, &at) ? &holdings->slots[at]->holding : NULL;
}
