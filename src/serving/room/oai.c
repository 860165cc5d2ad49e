/* OAI-PMH 2.0 (http://www.openarchives.org/OAI/openarchivesprotocol.html). What was expunged and is not closed is told as deleted, as its page says it too (P6); what was
 * closed and what never was are alike (P7). So a deletion that was told may be told no longer, when the record is closed later: "transient" (2.5.1). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "machines.h"
#include "oai.h"

#define PIECE 100u
#define SETS_PIECE 200u

struct oai {
	struct desk *desk;
	struct arguments arguments;
	struct buf *out;
	struct buf body; /* of the verb, or errors */
	struct str verb;
	const char *error;  /* code of the first */
	bool wrong_request; /* badVerb or badArgument: the request's attributes are left out (3.2) */
};

static void refuse(struct oai *oai, const char *code, const char *text)
{
	if (oai->error == NULL) {
		oai->error = code;
		buf_clear(&oai->body);
	}
	if (strcmp(code, "badVerb") == 0 || strcmp(code, "badArgument") == 0)
		oai->wrong_request = true;
	buf_printf(&oai->body, "<error code=\"%s\">", code);
	xml_text(&oai->body, str_from(text));
	buf_text(&oai->body, "</error>\n");
}

/* ---- sets ------------------------------------------------------------------------------------------------------------------------------- */

/* NAME with '!' for '/', or '~' and a UUID: what setSpecs may hold (2.7.2) and names do not. */
static void put_set(struct buf *out, struct oai *oai, struct str id)
{
	struct str name = machine_name(oai->desk, id);

	if (str_starts(name, STR("urn:uuid:"))) {
		buf_char(out, '~');
		buf_add(out, name.p + 9, name.n - 9);
		return;
	}
	for (size_t i = 0; i < name.n; i++)
		buf_char(out, name.p[i] == '/' ? '!' : name.p[i]);
}

static bool set_id(struct oai *oai, struct str set, struct buf *id)
{
	if (set.n > 0 && set.p[0] == '~') {
		buf_text(id, "urn:uuid:");
		buf_add(id, set.p + 1, set.n - 1);
	} else {
		machine_url(id, oai->desk, "r/");
		for (size_t i = 0; i < set.n; i++) {
			if (set.p[i] == '/')
				return false;
			buf_char(id, set.p[i] == '!' ? '/' : set.p[i]);
		}
	}
	return record_id_valid(archive_origin(oai->desk->archive), buf_view(id));
}

static bool is_open(struct oai *oai, struct str id)
{
	struct listed listed;
	bool open = listed_open(oai->desk, id, false, &listed, NULL) == 0;

	listed_release(&listed);
	return open;
}

/* The records that this one is part of, as far as they are open. */
static void put_sets_of(struct oai *oai, struct str id)
{
	struct buf at = BUF_INIT;
	struct str parent;

	buf_str(&at, id);
	for (unsigned depth = 0; depth < ARRANGEMENT_DEPTH_MAX; depth++) {
		if (catalogue_part_of(oai->desk->catalogue, buf_view(&at), &parent, NULL) != 0 || parent.n == 0)
			break;
		buf_clear(&at);
		buf_str(&at, parent);
		if (!record_id_valid(archive_origin(oai->desk->archive), buf_view(&at)) || !is_open(oai, buf_view(&at)))
			continue;
		buf_text(&oai->body, "<setSpec>");
		put_set(&oai->body, oai, buf_view(&at));
		buf_text(&oai->body, "</setSpec>");
	}
	buf_release(&at);
}

#define PARTS_LOOKED_AT 1000u
#define ENOUGH 1

struct parts {
	struct oai *oai;
	unsigned seen;
	bool open;
};

static int look_at_part(void *context, struct str given, struct err *err)
{
	struct parts *parts = context;
	struct buf id = BUF_INIT;

	(void)err;
	buf_str(&id, given);
	parts->open = is_open(parts->oai, buf_view(&id));
	buf_release(&id);
	return parts->open || ++parts->seen == PARTS_LOOKED_AT ? ENOUGH : 0;
}

/* A record all of whose parts are closed looks as one that has none (P7). */
static bool has_open_part(struct oai *oai, struct str id)
{
	struct parts parts = {.oai = oai};

	(void)catalogue_each_part(oai->desk->catalogue, id, look_at_part, &parts, NULL);
	return parts.open;
}

struct set_walk {
	struct oai *oai;
	unsigned given;
	struct buf last;
	bool more;
};

static int put_set_row(void *context, struct str given, struct err *err)
{
	struct set_walk *walk = context;
	struct oai *oai = walk->oai;
	struct buf id = BUF_INIT;
	struct listed listed = {0};
	int result = 0;

	buf_str(&id, given);
	if (!record_id_valid(archive_origin(oai->desk->archive), given) ||
		listed_open(oai->desk, buf_view(&id), true, &listed, NULL) != 0 || !has_open_part(oai, buf_view(&id)))
		goto out;
	if (walk->given == SETS_PIECE) {
		walk->more = true;
		result = 1;
		goto out;
	}
	struct label label;
	label_take(&label, oai->desk, listed.record, buf_view(&id));
	buf_text(&oai->body, "<set><setSpec>");
	put_set(&oai->body, oai, buf_view(&id));
	buf_text(&oai->body, "</setSpec>");
	xml_element(&oai->body, "setName", label.text);
	label_release(&label);
	buf_text(&oai->body, "</set>\n");
	buf_clear(&walk->last);
	buf_str(&walk->last, buf_view(&id));
	walk->given++;
	(void)err;
out:
	listed_release(&listed);
	buf_release(&id);
	return result;
}

static void list_sets(struct oai *oai)
{
	struct set_walk walk = {.oai = oai};
	struct buf after = BUF_INIT;
	struct str token;
	bool resumed = arguments_get(&oai->arguments, "resumptionToken", &token);

	if (resumed && !set_id(oai, token, &after)) {
		refuse(oai, "badResumptionToken", "that is no token of this list");
		goto out;
	}
	buf_text(&oai->body, "<ListSets>\n");
	(void)catalogue_each_whole(oai->desk->catalogue, buf_view(&after), put_set_row, &walk, NULL);
	if (walk.given == 0) {
		if (resumed)
			refuse(oai, "badResumptionToken", "nothing follows any more");
		else
			refuse(oai, "noSetHierarchy", "no record of this archive is part of another");
		goto out;
	}
	if (walk.more) {
		buf_text(&oai->body, "<resumptionToken>");
		put_set(&oai->body, oai, buf_view(&walk.last));
		buf_text(&oai->body, "</resumptionToken>\n");
	} else if (resumed) {
		buf_text(&oai->body, "<resumptionToken/>\n");
	}
	buf_text(&oai->body, "</ListSets>\n");
out:
	buf_release(&walk.last);
	buf_release(&after);
}

/* ---- records ---------------------------------------------------------------------------------------------------------------------------- */

static void put_header(struct oai *oai, const struct listed *listed)
{
	char time[TIME_TEXT];

	time_format(listed->stamp, time);
	buf_text(&oai->body, listed->gone ? "<header status=\"deleted\">" : "<header>");
	xml_element(&oai->body, "identifier", listed->id);
	xml_element(&oai->body, "datestamp", str_from(time));
	put_sets_of(oai, listed->id);
	buf_text(&oai->body, "</header>\n");
}

static void put_record(struct oai *oai, const struct listed *listed)
{
	struct str part = record_field(listed->record, RECORD_IS_PART_OF);

	buf_text(&oai->body, "<record>");
	put_header(oai, listed);
	/* What is deleted must not have metadata (2.5.1). */
	if (!listed->gone) {
		buf_text(&oai->body, "<metadata>");
		oai_dc_write(&oai->body, listed->record, listed->id, part.n > 0 && is_open(oai, part) ? part : STR(""));
		buf_text(&oai->body, "</metadata>");
	}
	buf_text(&oai->body, "</record>\n");
}

struct record_walk {
	struct oai *oai;
	bool whole;
	unsigned given;
};

static int put_row(void *context, const struct listed *listed, struct err *err)
{
	struct record_walk *walk = context;

	(void)err;
	if (walk->whole)
		put_record(walk->oai, listed);
	else
		put_header(walk->oai, listed);
	walk->given++;
	return 0;
}

/* "YYYY-MM-DD" or to the second; `last`: the end of that day. */
static bool take_time(struct str text, bool last, int64_t *out)
{
	if (text.n == 10 && date_parse(text, out)) {
		*out += last ? 86399 : 0;
		return true;
	}
	return time_parse(text, out);
}

/* PLACE~FROM~UNTIL~SET: all that a list goes on from. */
static void put_token(struct oai *oai, const struct listing *listing)
{
	buf_printf(&oai->body, "<resumptionToken>%" PRIu64 "~", listing->last);
	for (int i = 0; i < 2; i++) {
		int64_t time = i == 0 ? listing->from : listing->until;
		char text[TIME_TEXT];

		time_format(time, text);
		if (time != INT64_MIN && time != INT64_MAX)
			buf_text(&oai->body, text);
		buf_char(&oai->body, '~');
	}
	if (listing->whole.n > 0)
		put_set(&oai->body, oai, listing->whole);
	buf_text(&oai->body, "</resumptionToken>\n");
}

static bool take_token(struct oai *oai, struct str token, struct listing *listing, struct buf *whole)
{
	struct str place, from, until;

	if (!str_take_until(&token, '~', &place) || !str_take_until(&token, '~', &from) || !str_take_until(&token, '~', &until) ||
		token.p == NULL)
		return false;
	if (!decimal_parse(place, INT64_MAX, &listing->after) || listing->after == 0)
		return false;
	if ((from.n > 0 && !time_parse(from, &listing->from)) || (until.n > 0 && !time_parse(until, &listing->until)))
		return false;
	/* Anybody can write a token: of what is closed nothing is part, as of what is absent. */
	return token.n == 0 || (set_id(oai, token, whole) && is_open(oai, buf_view(whole)));
}

/* False: refused. */
static bool take_selection(struct oai *oai, struct listing *listing, struct buf *whole)
{
	struct str from = STR(""), until = STR(""), set = STR(""), prefix = STR("");
	bool has_from = arguments_get(&oai->arguments, "from", &from), has_until = arguments_get(&oai->arguments, "until", &until);

	if (!arguments_get(&oai->arguments, "metadataPrefix", &prefix))
		refuse(oai, "badArgument", "metadataPrefix is wanted");
	if ((has_from && !take_time(from, false, &listing->from)) || (has_until && !take_time(until, true, &listing->until)))
		refuse(oai, "badArgument", "from and until are written YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
	else if (has_from && has_until && from.n != until.n)
		refuse(oai, "badArgument", "from and until want the same granularity");
	else if (listing->from > listing->until)
		refuse(oai, "badArgument", "from is later than until");
	if (oai->error != NULL)
		return false;
	if (!str_equal(prefix, STR("oai_dc"))) {
		refuse(oai, "cannotDisseminateFormat", "metadata are given as oai_dc");
		return false;
	}
	if (arguments_get(&oai->arguments, "set", &set) && (!set_id(oai, set, whole) || !is_open(oai, buf_view(whole)))) {
		refuse(oai, "noRecordsMatch", "nothing matches");
		return false;
	}
	return true;
}

static void list_records(struct oai *oai, bool whole)
{
	struct listing listing = {.from = INT64_MIN, .until = INT64_MAX, .records = whole, .gone = true, .limit = PIECE};
	struct record_walk walk = {.oai = oai, .whole = whole};
	struct buf within = BUF_INIT;
	struct err err = ERR_INIT;
	struct str token;
	bool resumed = arguments_get(&oai->arguments, "resumptionToken", &token);

	if (resumed && !take_token(oai, token, &listing, &within))
		refuse(oai, "badResumptionToken", "that is no token of this list");
	else if (!resumed && !take_selection(oai, &listing, &within))
		goto out;
	if (oai->error != NULL)
		goto out;
	listing.whole = buf_view(&within);
	buf_printf(&oai->body, "<%.*s>\n", STR_ARG(oai->verb));
	if (listing_run(oai->desk, &listing, put_row, &walk, &err) != 0 || walk.given == 0) {
		refuse(oai, resumed ? "badResumptionToken" : "noRecordsMatch",
			resumed ? "nothing follows any more" : "nothing matches");
		goto out;
	}
	if (listing.more)
		put_token(oai, &listing);
	else if (resumed)
		buf_text(&oai->body, "<resumptionToken/>\n");
	buf_printf(&oai->body, "</%.*s>\n", STR_ARG(oai->verb));
out:
	buf_release(&within);
}

static void get_record(struct oai *oai)
{
	struct str identifier, prefix;
	struct listed listed = {0};

	if (!arguments_get(&oai->arguments, "identifier", &identifier) ||
		!arguments_get(&oai->arguments, "metadataPrefix", &prefix)) {
		refuse(oai, "badArgument", "identifier and metadataPrefix are wanted");
	} else if (!str_equal(prefix, STR("oai_dc"))) {
		refuse(oai, "cannotDisseminateFormat", "metadata are given as oai_dc");
	} else if (listed_open(oai->desk, identifier, true, &listed, NULL) != 0) {
		refuse(oai, "idDoesNotExist", "nothing of that name is open to readers");
	} else {
		buf_text(&oai->body, "<GetRecord>\n");
		put_record(oai, &listed);
		buf_text(&oai->body, "</GetRecord>\n");
	}
	listed_release(&listed);
}

/* ---- what it is ------------------------------------------------------------------------------------------------------------------------- */

static void identify(struct oai *oai)
{
	struct archive *archive = oai->desk->archive;
	struct str origin = archive_origin(archive), host;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	char time[TIME_TEXT];
	int64_t earliest = 0;

	if (log_entry(archive_log(archive), 0, &text, NULL) == 0 && entry_parse(&entry, buf_view(&text), &arena, NULL) == 0)
		earliest = entry.time;
	time_format(earliest, time);
	buf_text(&oai->body, "<Identify>\n");
	xml_element(&oai->body, "repositoryName", archive_title(archive).n > 0 ? archive_title(archive) : origin);
	buf_clear(&text);
	machine_url(&text, oai->desk, "oai");
	xml_element(&oai->body, "baseURL", buf_view(&text));
	buf_text(&oai->body, "<protocolVersion>2.0</protocolVersion>");
	/* An address is wanted (4.2); the one that every domain has to have (RFC 5321 section 4.5.1). */
	(void)str_take_until(&origin, '/', &host);
	origin = host;
	(void)str_take_until(&origin, ':', &host);
	buf_text(&oai->body, "<adminEmail>postmaster@");
	xml_text(&oai->body, host);
	buf_printf(&oai->body, "%s</adminEmail>", memchr(host.p, '.', host.n) == NULL ? ".invalid" : "");
	xml_element(&oai->body, "earliestDatestamp", str_from(time));
	buf_text(&oai->body,
		"<deletedRecord>transient</deletedRecord><granularity>YYYY-MM-DDThh:mm:ssZ</granularity>\n</Identify>\n");
	arena_release(&arena);
	buf_release(&text);
}

static void list_formats(struct oai *oai)
{
	struct str identifier;

	if (arguments_get(&oai->arguments, "identifier", &identifier) && !is_open(oai, identifier)) {
		refuse(oai, "idDoesNotExist", "nothing of that name is open to readers");
		return;
	}
	buf_text(&oai->body, "<ListMetadataFormats><metadataFormat><metadataPrefix>oai_dc</metadataPrefix>"
			     "<schema>http://www.openarchives.org/OAI/2.0/oai_dc.xsd</schema>"
			     "<metadataNamespace>http://www.openarchives.org/OAI/2.0/oai_dc/</metadataNamespace></metadataFormat>"
			     "</ListMetadataFormats>\n");
}

/* ---- requests --------------------------------------------------------------------------------------------------------------------------- */

static void list_identifiers(struct oai *oai)
{
	list_records(oai, false);
}

static void list_whole_records(struct oai *oai)
{
	list_records(oai, true);
}

static const char *const none[] = {"verb", NULL}, *const of_formats[] = {"verb", "identifier", NULL},
			 *const of_sets[] = {"verb", "resumptionToken", NULL},
			 *const of_lists[] = {"verb", "from", "until", "metadataPrefix", "set", "resumptionToken", NULL},
			 *const of_one[] = {"verb", "identifier", "metadataPrefix", NULL};
static const struct {
	const char *verb;
	const char *const *arguments;
	void (*answer)(struct oai *);
} verbs[] = {
	{"Identify", none, identify},
	{"ListMetadataFormats", of_formats, list_formats},
	{"ListSets", of_sets, list_sets},
	{"ListIdentifiers", of_lists, list_identifiers},
	{"ListRecords", of_lists, list_whole_records},
	{"GetRecord", of_one, get_record},
};

static void perform(struct oai *oai, bool readable)
{
	struct str token;
	size_t i = 0, count = sizeof(verbs) / sizeof(verbs[0]), given = 0;

	for (size_t k = 0; k < oai->arguments.count; k++)
		given += str_equal(oai->arguments.one[k].name, STR("verb"));
	if (!readable) {
		refuse(oai, "badArgument", "the arguments cannot be read");
		return;
	}
	if (given != 1 || !arguments_get(&oai->arguments, "verb", &oai->verb)) {
		refuse(oai, "badVerb", given == 0 ? "a verb is wanted" : "more than one verb");
		return;
	}
	while (i < count && !str_equal(oai->verb, str_from(verbs[i].verb)))
		i++;
	if (i == count)
		refuse(oai, "badVerb", "this protocol has no such verb");
	else if (oai->arguments.repeated)
		refuse(oai, "badArgument", "an argument is given twice");
	else if (!arguments_only(&oai->arguments, verbs[i].arguments))
		refuse(oai, "badArgument", "this verb has no such argument");
	else if (arguments_get(&oai->arguments, "resumptionToken", &token) && oai->arguments.count > 2)
		refuse(oai, "badArgument", "resumptionToken stands alone");
	else
		verbs[i].answer(oai);
}

void oai_answer(struct desk *desk, struct str query, int64_t now, struct buf *out)
{
	struct oai oai = {.desk = desk, .out = out};
	struct buf url = BUF_INIT;
	char time[TIME_TEXT];
	bool readable = arguments_read(&oai.arguments, query);

	perform(&oai, readable);
	time_format(now, time);
	machine_url(&url, desk, "oai");
	buf_text(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ "
		"http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">\n");
	xml_element(out, "responseDate", str_from(time));
	buf_text(out, "<request");
	if (!oai.wrong_request)
		for (size_t i = 0; i < oai.arguments.count; i++) {
			char *name = mem_dup(oai.arguments.one[i].name); /* one of those that the verb has */

			xml_attribute(out, name, oai.arguments.one[i].value);
			free(name);
		}
	buf_char(out, '>');
	xml_text(out, buf_view(&url));
	buf_text(out, "</request>\n");
	buf_str(out, buf_view(&oai.body));
	out->failed = out->failed || oai.body.failed;
	buf_text(out, "</OAI-PMH>\n");
	buf_release(&oai.body);
	buf_release(&url);
	arguments_release(&oai.arguments);
}
