/* What commands say about witnesses, and the submission after each change. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "submission.h"

#define AFTER_SECONDS 5

const char *submission_word(enum submit_outcome outcome)
{
	static const char *const words[] = {"not-asked", "cosigned", "unreachable", "refused", "wrong", "ahead"};

	return words[outcome];
}

bool submission_stop(void *context)
{
	(void)context;
	return os_interrupted();
}

void submission_say(const struct invocation *invocation, const struct submission *submission, bool chatter)
{
	char sentence[512];
	int n;

	if (invocation->json) {
		struct json json;

		json_begin(&json, "submission");
		json_number(&json, "size", submission->size);
		json_text(&json, "state", submission->witnessed ? "witnessed" : "received");
		json_number(&json, "witnesses", submission->cosigned);
		json_number(&json, "witnessesKnown", submission->count);
		json_bool(&json, "quorumWanted", submission->wanted);
		json_end(&json, stdout);
		return;
	}
	n = snprintf(sentence, sizeof(sentence), "%s: %u of %zu witness%s cosigned the checkpoint of %" PRIu64 " entries",
		submission->witnessed ? "witnessed" : "received", submission->cosigned, submission->count,
		submission->count == 1 ? "" : "es", submission->size);
	if (!submission->witnessed && n > 0 && (size_t)n < sizeof(sentence))
		(void)snprintf(sentence + n, sizeof(sentence) - (size_t)n, "%s",
			submission->wanted ? "; that is not the quorum, so it is not witnessed yet"
					   : "; archive.conf asks for no quorum, so nothing is called witnessed");
	if (chatter)
		cli_say(invocation, "%s", sentence);
	else
		cli_line("%s", sentence);
}

static void say_why(const struct invocation *invocation, const struct submission *submission)
{
	for (size_t i = 0; i < submission->count; i++)
		if (submission->witnesses[i].outcome != SUBMIT_COSIGNED)
			cli_say(invocation, "photostat: witness %s: %s", submission->witnesses[i].name,
				submission->witnesses[i].why.text);
}

void submission_after(struct invocation *invocation)
{
	const struct submit_options options = {.seconds = AFTER_SECONDS, .stop = submission_stop};
	struct submission submission = {.count = 0};
	struct archive *archive = NULL;
	struct err err = ERR_INIT;

	if (invocation->written == NULL || os_interrupted() ||
		archive_open(&archive, invocation->written, ARCHIVE_READ, NULL, NULL, NULL) != 0)
		return;
	if (log_size(archive_log(archive)) > invocation->written_from && submission_look(archive, &submission, NULL) == 0 &&
		submission.count > 0) {
		submission_release(&submission);
		(void)fflush(stdout); /* what is acknowledged is said before anybody is waited for */
		if (submission_make(archive, &options, &submission, &err) != 0)
			cli_say(invocation, "photostat: not witnessed: %s", err.text);
		if (submission.count > 0) {
			say_why(invocation, &submission);
			submission_say(invocation, &submission, true);
		}
	}
	submission_release(&submission);
	archive_close(archive);
}
