/* Events: PREMIS, numbered, never changed. */
#include "internal.h"

#include <string.h>

size_t record_event_count(const struct record *record)
{
	return record->event_count;
}

void record_event(const struct record *record, size_t i, struct record_event *out)
{
	*out = record->events[i];
}

bool record_event_superseded(const struct record *record, uint32_t number)
{
	for (size_t i = 0; i < record->event_count; i++)
		if (record->events[i].supersedes == number)
			return true;
	return false;
}

static int supersedes_check(const struct record *record, uint32_t number, struct err *err)
{
	if (number == 0)
		return 0;
	if (number > record->event_count)
		return err_set(
			err, ERR_NOT_FOUND, "there is no event %u to supersede; the record has %zu", number, record->event_count);
	for (size_t i = 0; i < record->event_count; i++)
		if (record->events[i].supersedes == number)
			return err_set(err, ERR_EXISTS, "event %u is superseded by event %u already; supersede that one", number,
				record->events[i].number);
	return 0;
}

static int event_check(const struct record *record, struct record_event *event, struct buf *store, struct err *err)
{
	struct edtf date;
	const struct {
		struct str *text;
		const char *what;
		bool one_line;
	} texts[] = {{&event->type, "event type", true}, {&event->date, "event date", true}, {&event->agent, "event agent", true},
		{&event->note, "event note", false}, {&event->evidence, "event evidence", true},
		{&event->accession, "accession number", true}, {&event->from, "accession giver (from)", true},
		{&event->agreement, "accession agreement", false}};
	size_t room = 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		room += texts[i].text->n;
	/* Reserved at once, so that what was put there does not move. */
	if (!buf_reserve(store, room))
		return buf_check(store, "event", err);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct str *text = texts[i].text;
		if (text_clean(text, store, texts[i].what, err) < 0)
			return -1;
		if (texts[i].one_line && text->n && memchr(text->p, '\n', text->n))
			return err_set(
				err, ERR_SYNTAX, "%s: “%.*s” goes over several lines; one is taken", texts[i].what, STR_ARG(*text));
	}
	if (event->type.n == 0)
		return err_set(err, ERR_SYNTAX, "an event has no type; name one, such as accession, custody or loss");
	if (vocabulary_check(record, "event type", event->type, event_types, err) < 0)
		return -1;
	if (event->date.n && edtf_parse(event->date, &date, err) < 0)
		return err_note(err, "event date");
	if ((event->accession.n || event->from.n || event->agreement.n) && !str_equal(event->type, STR("accession")))
		return err_set(err, ERR_SYNTAX,
			"an event of type “%.*s” has an accession number, giver or agreement; only an accession has them",
			STR_ARG(event->type));
	return supersedes_check(record, event->supersedes, err);
}

int record_insert_event(struct record *record, struct record_event event, struct err *err)
{
	void *array = record->events;
	if (record->event_count >= RECORD_EVENTS_MAX)
		return err_set(err, ERR_LIMIT, "a record takes at most %u events", RECORD_EVENTS_MAX);
	struct str *texts[] = {&event.type, &event.date, &event.agent, &event.note, &event.evidence, &event.accession, &event.from,
		&event.agreement};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (record_keep(record, texts[i], err) < 0)
			return -1;
	if (record_room(record, &array, &record->event_cap, record->event_count, sizeof(event), err) < 0)
		return -1;
	record->events = array;
	event.number = (uint32_t)record->event_count + 1;
	record->events[record->event_count++] = event;
	return 0;
}

int record_add_event(struct record *record, const struct record_event *given, uint32_t *number, struct err *err)
{
	struct record_event event = *given;
	struct buf store = BUF_INIT;
	int result = event_check(record, &event, &store, err);
	if (result == 0)
		result = record_insert_event(record, event, err);
	if (result == 0 && number)
		*number = (uint32_t)record->event_count;
	buf_release(&store);
	return result;
}

bool record_accession(const struct record *record, struct record_event *out)
{
	for (size_t i = record->event_count; i > 0; i--) {
		const struct record_event *event = &record->events[i - 1];
		if (str_equal(event->type, STR("accession")) && !record_event_superseded(record, event->number)) {
			*out = *event;
			return true;
		}
	}
	return false;
}
