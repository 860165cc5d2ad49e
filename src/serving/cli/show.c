/* photostat show */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "extract/extract.h"

static const struct cli_option options[] = {
	{"--public", NULL, "only what a reader without rights may see", false},
	{NULL, NULL, NULL, false},
};

static void line(const char *key, struct str value)
{
	if (value.n == 0)
		return;
	(void)printf("%-14s ", key);
	cli_put(stdout, value);
	(void)fputc('\n', stdout);
}

static void show_values(const struct record *record)
{
	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;
		struct buf text = BUF_INIT;

		record_value(record, i, &value);
		buf_str(&text, value.value);
		if (value.written.n > 0)
			buf_printf(&text, "%s(as written: %.*s)", value.value.n > 0 ? "  " : "", STR_ARG(value.written));
		if (value.language.n > 0)
			buf_printf(&text, "  [%.*s]", STR_ARG(value.language));
		line(dc_term_name(value.term), buf_view(&text));
		buf_release(&text);
	}
}

static void show_events(const struct record *record)
{
	for (size_t i = 0; i < record_event_count(record); i++) {
		struct record_event event;
		struct buf text = BUF_INIT;

		record_event(record, i, &event);
		buf_printf(&text, "%u. %.*s", event.number, STR_ARG(event.type));
		if (event.date.n > 0)
			buf_printf(&text, ", %.*s", STR_ARG(event.date));
		if (event.agent.n > 0)
			buf_printf(&text, ", %.*s", STR_ARG(event.agent));
		if (event.accession.n > 0)
			buf_printf(&text, ", number %.*s", STR_ARG(event.accession));
		if (event.from.n > 0)
			buf_printf(&text, ", from %.*s", STR_ARG(event.from));
		if (event.agreement.n > 0)
			buf_printf(&text, ", %.*s", STR_ARG(event.agreement));
		if (event.note.n > 0)
			buf_printf(&text, ": %.*s", STR_ARG(event.note));
		if (event.evidence.n > 0)
			buf_printf(&text, " (evidence: %.*s)", STR_ARG(event.evidence));
		if (event.supersedes > 0)
			buf_printf(&text, " (in place of %u)", event.supersedes);
		if (record_event_superseded(record, event.number))
			buf_text(&text, " (superseded)");
		line(i == 0 ? "events" : "", buf_view(&text));
		buf_release(&text);
	}
}

/* What was changed with this version, in the words of who did: it stands in the inventory, and is read by who may read that. */
static void show_change(const struct object_version *object, const struct archive_version *version, const struct access_view *view)
{
	struct inventory_version written;

	if (!access_may_read_inventory(view))
		return;
	inventory_version(object_inventory(object), (uint32_t)version->version, &written);
	line("change", written.message);
}

static int show_files(struct archive *archive, const struct object_version *object, const struct access_view *view,
	struct record *record, struct err *err)
{
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;
		struct stat status;
		struct buf text = BUF_INIT;
		char bytes[HUMAN_TEXT], until[16];
		struct str text_type = {"", 0};
		enum extract_state state;
		const char *word;
		size_t at;

		object_file(object, i, &file);
		if (str_equal(file.path, STR("photostat.json")) || str_equal(file.path, STR("photostat.seed")) ||
			!access_may_read_file(view, file.path))
			continue;
		if (os_stat(object_fd(object), file.content_path.p, &status, err) != 0)
			return -1;
		human_bytes((uint64_t)status.st_size, bytes);
		buf_str(&text, file.path);
		buf_printf(&text, "  %s", bytes);
		if (record_find_file(record, file.path, &at)) {
			struct record_file described;

			record_file(record, at, &described);
			text_type = described.media_type;
			if (described.media_type.n > 0)
				buf_printf(&text, "  %.*s", STR_ARG(described.media_type));
			if (described.role.n > 0)
				buf_printf(&text, "  %.*s", STR_ARG(described.role));
			if (described.language.n > 0)
				buf_printf(&text, "  %.*s", STR_ARG(described.language));
		}
		/* Of a file without it, that is not worth a word: it may be waiting, or have none. */
		if (extract_look(archive, &file.digest, text_type, file.path, &state, NULL) == 0 &&
			(state == EXTRACT_DONE || state == EXTRACT_FAILED))
			buf_text(&text, state == EXTRACT_DONE ? "  text" : "  gives no text");
		word = access_word(view, file.path, until);
		if (strcmp(word, "open") != 0)
			buf_printf(&text, "  (%s%s%s)", word, until[0] == '\0' ? "" : " until ", until);
		line("file", buf_view(&text));
		buf_release(&text);
	}
	return 0;
}

/* The files that not everybody may read, as an array. */
static void restricted_files(struct record *record, const struct access_view *view, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < record_file_count(record); i++) {
		struct record_file file;
		char until[16];
		const char *word;

		record_file(record, i, &file);
		word = access_word(view, file.path, until);
		if (strcmp(word, "open") == 0)
			continue;
		buf_text(out, out->n > 1 ? ",{\"path\":" : "{\"path\":");
		buf_json(out, file.path);
		buf_printf(out, ",\"access\":\"%s\"", word);
		if (until[0] != '\0')
			buf_printf(out, ",\"until\":\"%s\"", until);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void show_json(struct record *record, const struct archive_version *version, const struct access_view *view)
{
	struct buf text = BUF_INIT, tag = BUF_INIT, restricted = BUF_INIT;
	struct json json;
	char time[TIME_TEXT], until[16];

	record_format(record, &text);
	while (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	for (size_t i = 0; i < text.n; i++) /* strings hold no raw newline: these are between tokens */
		if (text.p[i] == '\n')
			text.p[i] = ' ';
	time_format(version->time, time);
	digest_tag(&tag, &version->inventory);
	json_begin(&json, "version");
	json_string(&json, "id", record_field(record, RECORD_ID));
	json_number(&json, "version", version->version);
	json_number(&json, "index", version->index);
	json_text(&json, "claimedTime", time);
	json_text(&json, "access", access_word(view, STR(""), until));
	if (until[0] != '\0')
		json_text(&json, "until", until);
	restricted_files(record, view, &restricted);
	json_raw(&json, "restricted", buf_view(&restricted));
	json_bool(&json, "expunged", version->expunged);
	if (access_may_read_inventory(view))
		json_string(&json, "inventory", buf_view(&tag));
	json_end_with(&json, "record", buf_view(&text), stdout);
	buf_release(&text);
	buf_release(&tag);
	buf_release(&restricted);
}

static int run(struct invocation *invocation)
{
	struct archive *archive;
	struct archive_name name = {.id = BUF_INIT};
	struct archive_version version;
	struct object_version *object = NULL;
	struct access_view *view = NULL;
	struct record *record = NULL;
	struct err err = ERR_INIT;
	char time[TIME_TEXT], until[16];
	const char *word;
	int status;

	if (invocation->count != 1)
		return cli_usage(invocation, "name one record");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 ||
		access_admit(&view, archive, buf_view(&name.id), name.version,
			cli_given(invocation, "--public") ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER, &version, &err) != 0 ||
		object_open(&object, archive_store(archive), buf_view(&name.id), version.version, &version.inventory, &err) != 0 ||
		archive_get_record(archive, buf_view(&name.id), version.version, &record, &err) != 0)
		goto fail;
	if (access_withhold(view, record, &err) != 0)
		goto fail;
	if (invocation->json) {
		/* Of a record of many files it would stay beside the text. */
		object_free(object);
		object = NULL;
		show_json(record, &version, view);
		goto out;
	}
	time_format(version.time, time);
	word = access_word(view, STR(""), until);
	line("id", buf_view(&name.id));
	(void)printf("%-14s %" PRIu64 ", entry %" PRIu64 ", logged %s by the keeper's clock\n", "version", version.version,
		version.index, time);
	show_change(object, &version, view);
	(void)printf("%-14s %s%s%s%s\n", "access", word, until[0] == '\0' ? "" : " until ", until,
		version.expunged ? "; something was expunged" : "");
	line("level", record_field(record, RECORD_LEVEL));
	line("referenceCode", record_field(record, RECORD_REFERENCE_CODE));
	line("isPartOf", record_field(record, RECORD_IS_PART_OF));
	show_values(record);
	line("deposited as", record_field(record, RECORD_ORIGINAL_NAME));
	show_events(record);
	if (show_files(archive, object, view, record, &err) == 0)
		goto out;
	(void)archive_explain(archive, buf_view(&name.id), &err);
fail:
	status = cli_fail(invocation, &err);
out:
	record_free(record);
	access_view_free(view);
	object_free(object);
	archive_name_release(&name);
	archive_close(archive);
	return status;
}

const struct command command_show = {
	.name = "show",
	.summary = "show what is known of a record",
	.usage = "ID[@N] [--public]",
	.details = "Description, dates, events, files and access of a record's newest version, or of version N, and what was "
		   "changed with it.\n",
	.options = options,
	.example = "photostat show anna-1913",
	.example_says = "shows the record anna-1913",
	.run = run,
};
