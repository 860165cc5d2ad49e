/* P1, P6: a clock that runs back, stands at the beginning of time or far ahead costs no document and ends no embargo early. */
#include <stdio.h>
#include <string.h>

#include "fault/fault.h"
#include "world.h"

#define ID "https://example.org/world/r/alpha"

static int64_t now;
static unsigned failures;

static int64_t told_time(void)
{
	return now;
}

static void expect(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "FAILED: %s\n", what);
	failures++;
}

static int64_t at(const char *text)
{
	int64_t seconds = 0;

	expect(time_parse(str_from(text), &seconds), text);
	return seconds;
}

static void embargo(const struct world *world, const char *until)
{
	struct archive *archive = NULL;
	struct withdrawal withdrawal = {
		.id = STR(ID), .access = ACCESS_EMBARGO, .authority = STR("the keeper"), .reason = STR("privacy")};
	struct archive_done done = {.id = BUF_INIT};
	struct err err = ERR_INIT;

	(void)snprintf(withdrawal.until, sizeof(withdrawal.until), "%s", until);
	expect(archive_open(&archive, world->archive, ARCHIVE_WRITE, NULL, NULL, &err) == 0 &&
			archive_access(archive, &withdrawal, &done, &err) == 0,
		err.text);
	archive_done_release(&done);
	archive_close(archive);
}

/* What a reader without rights may have at this moment. */
static bool is_open(const struct world *world, const char *moment)
{
	struct archive *archive = NULL;
	struct access_view *view = NULL;
	struct err err = ERR_INIT;
	bool may = false;

	now = at(moment);
	if (archive_open(&archive, world->archive, ARCHIVE_READ, NULL, NULL, &err) == 0 &&
		access_view_open(&view, archive, STR(ID), AUDIENCE_PUBLIC, &err) == 0)
		may = access_may_read_file(view, STR("alpha.txt"));
	expect(view != NULL, err.text);
	expect(view == NULL || access_may_read_inventory(view) == may, "file and inventory are not open together");
	access_view_free(view);
	archive_close(archive);
	return may;
}

static void test_embargo(struct world *world)
{
	now = at("2031-05-01T10:00:00Z");
	embargo(world, "2031-06-01");
	expect(!is_open(world, "2031-05-31T23:59:59Z"), "open a second too early");
	expect(is_open(world, "2031-06-01T00:00:00Z"), "not open at its date");
	/* the clock ran back after it had ended: closed again, whatever was open before */
	expect(!is_open(world, "2031-05-31T23:59:59Z"), "open before its date since it was open once");
	expect(!is_open(world, "1970-01-01T00:00:00Z"), "open at the beginning of time");
	/* an entry made while the clock was ahead opens nothing either, once the clock is right */
	now = at("2090-01-01T00:00:00Z");
	expect(world_act(world, ACTION_DEPOSIT, NULL) == 0, "no deposit with a clock that is ahead");
	expect(!is_open(world, "2031-05-31T23:59:59Z"), "open since an entry bears a later time");
	expect(is_open(world, "2031-06-01T00:00:00Z"), "not open at its date, after all");
}

/* Every writing command with a clock behind that of the entries before. */
static void test_writing(struct world *world, const char *moment)
{
	for (int action = ACTION_DEPOSIT; action < ACTION_OPEN; action++) {
		struct err err = ERR_INIT;

		world_reset(world);
		now = at(moment);
		if (world_act(world, (enum world_action)action, &err) != 0 || world_sound(world->archive) != 0 ||
			world_done(world->archive, (enum world_action)action) != (int)world_action_all((enum world_action)action)) {
			(void)fprintf(
				stderr, "FAILED: %s at %s: %s\n", world_action_name((enum world_action)action), moment, err.text);
			failures++;
		}
	}
}

int main(void)
{
	static const char *const moments[] = {"1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"};
	struct os_calls clock = os_real;
	struct world world;

	now = at("2031-01-01T00:00:00Z");
	clock.now = told_time;
	os_calls = &clock;
	world_begin(&world, NULL);
	test_embargo(&world);
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		test_writing(&world, moments[i]);
	world_end(&world);
	return failures == 0 ? 0 : 1;
}
