/* What is proven of a record, in one honest sentence; the receipts to take along; the check in the reader's own browser. P4. */
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"

#define FILES_SHOWN 200u /* the rest is in the version's receipt */

struct proof {
	struct buf policy;
	struct policy *rules;
	struct policy_verdict verdict;
	bool signed_by_key; /* the checkpoint is what the policy wants it to be, the quorum aside */
};

static void look(struct proof *proof, struct archive *archive)
{
	archive_policy(archive, &proof->policy);
	proof->signed_by_key = policy_parse(&proof->rules, buf_view(&proof->policy), NULL) == 0 &&
			       policy_check(proof->rules, log_checkpoint(archive_log(archive)), &proof->verdict, NULL) == 0;
}

static void release(struct proof *proof)
{
	policy_free(proof->rules);
	buf_release(&proof->policy);
}

static void paragraph(struct page *page, const char *class_name, enum word word, struct str one, struct str two, struct str three)
{
	html_begin(&page->html, "p");
	if (class_name != NULL)
		html_set(&page->html, "class", class_name);
	page_say_with(page, word, one, two, three);
	html_end(&page->html);
}

/* Who vouches for it decides what may be said: a time only where a quorum cosigned. */
static void write_sentence(struct page *page, const struct shown *shown, const struct proof *proof)
{
	struct str origin = archive_origin(page->desk->archive);
	struct buf day = BUF_INIT, count = BUF_INIT;
	const struct policy_verdict *verdict = &proof->verdict;
	char time[TIME_TEXT], index[24];

	buf_printf(&count, "%u/%u", verdict->witnesses, verdict->witnesses_known);
	if (!proof->signed_by_key)
		paragraph(page, "proven", WORD_PROOF_UNSIGNED, origin, STR(""), STR(""));
	else if (verdict->quorum && verdict->quorum_time > 0 && verdict->quorum_time < INT64_MAX) {
		word_day(&day, page->language, (int64_t)verdict->quorum_time);
		paragraph(page, "proven", WORD_PROOF_WITNESSED, origin, buf_view(&day), buf_view(&count));
	} else if (verdict->witnesses > 0)
		paragraph(page, "proven", WORD_PROOF_FEW, origin, buf_view(&count), STR(""));
	else
		paragraph(page, "proven", WORD_PROOF_ALONE, origin, STR(""), STR(""));
	time_format(shown->version.time, time);
	(void)snprintf(index, sizeof(index), "%" PRIu64, shown->version.index);
	paragraph(page, NULL, WORD_PROOF_CLAIM, str_from(time), str_from(index), STR(""));
	paragraph(page, NULL, WORD_PROOF_NOT, STR(""), STR(""), STR(""));
	buf_release(&day);
	buf_release(&count);
}

/* A list's row: what it is, its receipt, and what a script makes a check of. */
static void write_row(struct page *page, const struct shown *shown, const struct shown_file *file)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT, query = BUF_INIT;
	struct str id = buf_view(&shown->name.id);

	html_begin(html, "li");
	path_of_record(page, &path, id, shown->version.version, "/receipt");
	if (file != NULL)
		query_add(&query, "file", file->described.path);
	page_href(page, "data-receipt", buf_view(&path), buf_view(&query), NULL);
	if (file == NULL) {
		html_set(html, "data-all", "");
	} else {
		struct buf bytes = BUF_INIT;

		path_of_record(page, &bytes, id, shown->version.version, "/files/");
		buf_str(&bytes, file->described.path);
		page_href(page, "data-file", buf_view(&bytes), STR(""), NULL);
		html_attribute(html, "data-name", file->described.path);
		buf_release(&bytes);
	}
	html_begin(html, "span");
	html_set(html, "class", "proof-name");
	if (file != NULL)
		html_text(html, file->described.path);
	else
		page_say(page, WORD_PROOF_WHOLE);
	html_end(html);
	html_words(html, " ");
	html_begin(html, "a");
	page_href(page, "href", buf_view(&path), buf_view(&query), NULL);
	html_set(html, "download", file != NULL ? "file.tlog-proof" : "version.tlog-proof");
	page_say(page, WORD_PROOF_RECEIPT);
	html_end(html);
	html_words(html, " ");
	html_begin(html, "button");
	html_set(html, "type", "button");
	html_flag(html, "hidden");
	if (file != NULL) { /* of many buttons with the same words a listener wants to know which */
		struct buf label = BUF_INIT;

		buf_text(&label, word_texts[page->language][WORD_PROOF_CHECK]);
		buf_text(&label, ": ");
		buf_str(&label, file->described.path);
		html_attribute(html, "aria-label", buf_view(&label));
		buf_release(&label);
	}
	page_say(page, WORD_PROOF_CHECK);
	html_end(html);
	html_words(html, " ");
	html_begin(html, "output");
	html_end(html);
	html_end(html);
	buf_release(&path);
	buf_release(&query);
}

static void write_rows(struct page *page, const struct shown *shown)
{
	struct html *html = &page->html;
	/* photostat.json is a file of the version too: without it a version's receipt is not checked in full, so that all files are asked for. */
	bool whole = access_may_read_inventory(shown->view) && shown->file_count <= FILES_SHOWN;

	html_begin(html, "ul");
	html_set(html, "class", "proofs");
	if (whole && shown->file_count != 1)
		write_row(page, shown, NULL);
	for (size_t i = 0; i < shown->file_count && i < FILES_SHOWN; i++)
		write_row(page, shown, &shown->files[i]);
	html_end(html);
}

static void write_policy(struct page *page, const struct proof *proof)
{
	struct html *html = &page->html;

	html_begin(html, "details");
	html_flag(html, "data-policy");
	html_flag(html, "hidden");
	html_begin(html, "summary");
	page_say(page, WORD_PROOF_KEYS);
	html_end(html);
	html_begin(html, "label");
	html_set(html, "for", "proof-policy");
	page_say(page, WORD_PROOF_POLICY_OWN);
	html_end(html);
	html_begin(html, "textarea");
	html_set(html, "id", "proof-policy");
	html_set(html, "rows", "4");
	html_set(html, "spellcheck", "false");
	html_set(html, "autocomplete", "off");
	html_words(html, "\n"); /* the first newline of a textarea is not its text */
	html_text(html, buf_view(&proof->policy));
	html_end(html);
	html_begin(html, "label");
	html_set(html, "for", "proof-policy-file");
	page_say(page, WORD_PROOF_POLICY_FILE);
	html_end(html);
	html_begin(html, "input");
	html_set(html, "type", "file");
	html_set(html, "id", "proof-policy-file");
	html_end(html);
}

static void write_downloads(struct page *page)
{
	struct html *html = &page->html;

	html_begin(html, "p");
	page_link(page, NULL, STR("policy"), STR(""), str_from(word_texts[page->language][WORD_PROOF_POLICY]));
	html_words(html, " · ");
	html_begin(html, "a");
	page_href(page, "href", STR("verifier.html"), STR(""), NULL);
	html_set(html, "download", "photostat-verifier.html");
	page_say(page, WORD_PROOF_OFFLINE);
	html_end(html);
	html_end(html);
	html_begin(html, "p");
	page_say(page, WORD_PROOF_COMMAND);
	html_words(html, " ");
	html_element(html, "code", NULL, STR("photostat verify FILE --receipt R --policy P"));
	html_end(html);
}

void extension_proof(struct page *page, struct shown *shown)
{
	struct proof proof = {.rules = NULL};

	look(&proof, page->desk->archive);
	html_begin(&page->html, "section");
	html_set(&page->html, "id", "proof");
	html_set(&page->html, "aria-labelledby", "proof-title");
	page_heading(page, "h2", "proof-title", WORD_PROOF_TITLE);
	write_sentence(page, shown, &proof);
	if (shown->file_count > 0)
		write_rows(page, shown);
	write_policy(page, &proof);
	write_downloads(page);
	html_end(&page->html);
	release(&proof);
}
