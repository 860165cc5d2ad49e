/* One document through one worker: what comes back is as trustworthy as the document. */
#include "internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define LINES_MAX (size_t)(192u << 20) /* bytes of a text as it is written: every count at its maximum stays below */

static const char *const programs[] = {"photostat-extract", "photostat-extract-images", "photostat-extract-pictures"};

/* Where the programs lie, seen from the folder of the one that runs: installed, then in a build. */
static const char *const beside[] = {"/../libexec/photostat/", "/../doing/extract/worker/", "/../doing/extract/images/", "/"};

int extract_program(enum reader_program program, struct buf *path, struct err *err)
{
	const char *given = getenv("PHOTOSTAT_EXTRACT");
	struct buf own = BUF_INIT;
	int there = 0;
	if (given && *given) {
		buf_text(path, given);
		buf_char(path, '/');
		buf_text(path, programs[program]);
		there = os_exists(AT_FDCWD, path->p, err);
	} else if (os_own_folder(&own, err) == 0) {
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]) && there == 0; i++) {
			buf_clear(path);
			buf_str(path, buf_view(&own));
			buf_text(path, beside[i]);
			buf_text(path, programs[program]);
			there = os_exists(AT_FDCWD, path->p, err);
		}
	} else {
		there = -1;
	}
	buf_release(&own);
	if (there == 0)
		return err_set(
			err, ERR_NOT_FOUND, "%s is not installed: without it no text is read out of documents", programs[program]);
	return there < 0 ? -1 : 0;
}

/* ---- what it says ---- */

/* Cuts the first line off. False: it is not the one. */
static bool take_level(struct str *rest, enum extract_level *level)
{
	static const char begin[] = "{\"format\":\"photostat.extract/v1\",\"level\":";
	struct str line;
	if (!str_take_line(rest, &line) || line.n != sizeof(begin) + 1 || memcmp(line.p, begin, sizeof(begin) - 1) != 0 ||
		line.p[line.n - 1] != '}')
		return false;
	char digit = line.p[sizeof(begin) - 1];
	if (digit < '0' + EXTRACT_LIMITS || digit > '0' + EXTRACT_LANDLOCK)
		return false;
	*level = (enum extract_level)(digit - '0');
	return true;
}

/* {"error":"WORD","why":"…"}: true if the rest is that. */
static bool take_error(struct str rest, struct str *word, struct buf *why)
{
	static const char begin[] = "{\"error\":\"", middle[] = "\",\"why\":\"";
	if (!str_starts(rest, str_from(begin)))
		return false;
	rest.p += sizeof(begin) - 1;
	rest.n -= sizeof(begin) - 1;
	const char *end = memmem(rest.p, rest.n, middle, sizeof(middle) - 1);
	if (!end || !str_ends(rest, STR("\"}\n")))
		return false;
	*word = (struct str){rest.p, (size_t)(end - rest.p)};
	const char *p = end + sizeof(middle) - 1, *stop = rest.p + rest.n - 3;
	for (; p < stop && why->n < 240; p++)
		if (*p != '\\' || ++p < stop)
			buf_char(why, *p);
	return true;
}

static int refuse(struct extract_outcome *outcome, struct err *err, enum err_code code, const char *why)
{
	err_set(err, code, "%s", why);
	const char *sentence = err ? err->text : why;
	size_t n = strnlen(sentence, sizeof(outcome->why) - 1);
	memcpy(outcome->why, sentence, n);
	outcome->why[n] = '\0';
	return -1;
}

static int said_error(struct str word, const struct buf *why, struct extract_outcome *outcome, struct err *err)
{
	enum err_code code = str_equal(word, STR("limit"))   ? ERR_LIMIT
			     : str_equal(word, STR("busy"))  ? ERR_BUSY
			     : str_equal(word, STR("kind"))  ? ERR_NOT_FOUND
			     : str_equal(word, STR("usage")) ? ERR_USAGE
							     : ERR_SYNTAX;
	return refuse(outcome, err, code, why->p ? why->p : "it could not be read");
}

/* The kernel's limit of processor time kills as well as whoever needs the memory, or stops what runs: the time that it had tells them apart. As the kernel counts it, by its clock's
 * ticks, a second may be a little less. */
bool extract_had_its_time(uint64_t seconds, uint64_t used_milliseconds)
{
	return used_milliseconds >= seconds * 750;
}

static int killed(int signal, uint64_t seconds, uint64_t used, struct extract_outcome *outcome, struct err *err)
{
	char why[120];
	if (signal == SIGKILL && !extract_had_its_time(seconds, used))
		return refuse(outcome, err, ERR_BUSY, "its reader was stopped from outside: perhaps there was no memory for it");
	if (signal == SIGXCPU || signal == SIGKILL)
		(void)snprintf(why, sizeof(why), "reading it took more than %" PRIu64 " seconds of processor time", seconds);
	else if (signal == SIGSYS)
		(void)snprintf(
			why, sizeof(why), "its reader tried what no reader does, and was stopped: the document may be an attack");
	else
		(void)snprintf(why, sizeof(why), "its reader crashed, or ran out of memory (signal %d)", signal);
	return refuse(outcome, err, ERR_SYNTAX, why);
}

static int ended(enum os_worked worked, int code, uint64_t seconds, uint64_t used, struct extract_outcome *outcome, struct err *err)
{
	switch (worked) {
	case OS_WORK_KILLED:
		return killed(code, seconds, used, outcome, err);
	case OS_WORK_LATE:
		return extract_had_its_time(seconds, used)
			       ? refuse(outcome, err, ERR_SYNTAX, "reading it took too long")
			       : refuse(outcome, err, ERR_BUSY, "reading it took too long: perhaps the machine was busy");
	case OS_WORK_TOO_MUCH:
		return refuse(outcome, err, ERR_LIMIT, "it gives more than is taken of one document");
	case OS_WORK_EXITED:
		break;
	}
	if (code == 3)
		return err_set(err, ERR_SYSTEM, "a worker could not shut itself in");
	return code > 1 && code != 4 ? refuse(outcome, err, ERR_SYNTAX, "its reader gave up") : 0;
}

/* ---- running ---- */

int extract_work(const struct extract_work *work, struct buf *out, struct extract_outcome *outcome, struct err *err)
{
	struct buf path = BUF_INIT, said = BUF_INIT, why = BUF_INIT;
	char level[24], seconds[24], memory[24];
	uint64_t most_seconds = work->seconds ? work->seconds : EXTRACT_SECONDS, used = 0;
	const char *arguments[16] = {level, seconds, memory};
	size_t count = 3;
	enum os_worked worked;
	int code, result = -1;
	struct str rest, word;

	memset(outcome, 0, sizeof(*outcome));
	(void)snprintf(level, sizeof(level), "%d", (int)work->least);
	(void)snprintf(seconds, sizeof(seconds), "%" PRIu64, most_seconds);
	(void)snprintf(memory, sizeof(memory), "%" PRIu64, work->memory ? work->memory : (uint64_t)EXTRACT_MEMORY);
	while (count < 15 && work->arguments[count - 3]) {
		arguments[count] = work->arguments[count - 3];
		count++;
	}
	if (extract_program(work->program, &path, err) < 0)
		goto out;
	struct os_work run = {.program = path.p,
		.arguments = arguments,
		.input = work->fd,
		.output_max = work->output_max,
		/* Waiting for a busy machine is not the document's fault. */
		.milliseconds = work->milliseconds ? work->milliseconds : (2 * most_seconds + 30) * 1000,
		.used = &used};
	if (os_work(&run, &said, &worked, &code, err) < 0)
		goto out;
	rest = buf_view(&said);
	bool shut_in = take_level(&rest, &outcome->level);
	if (ended(worked, code, most_seconds, used, outcome, err) < 0)
		goto out;
	if (!shut_in) {
		refuse(outcome, err, ERR_SYNTAX, "its reader said nothing that makes sense");
	} else if (outcome->level < work->least) {
		err_set(err, ERR_CONFLICT, "this kernel shuts workers in to level %d of 3, and %d is wanted", (int)outcome->level,
			(int)work->least);
	} else if (take_error(rest, &word, &why)) {
		said_error(word, &why, outcome, err);
	} else if (code != 0) {
		refuse(outcome, err, ERR_SYNTAX, "its reader gave up");
	} else {
		buf_str(out, rest);
		result = buf_check(out, "what a worker wrote", err);
	}
out:
	buf_release(&path);
	buf_release(&said);
	buf_release(&why);
	return result;
}

int extract_lines(const struct extract_job *job, enum extract_level least, struct buf *lines, struct text **text,
	struct extract_outcome *outcome, struct err *err)
{
	const struct reader_kind *kind = reader_kind(job->media_type, job->name);
	char *media_type, *name, *languages;
	struct err wrong = ERR_INIT;
	*text = NULL;
	memset(outcome, 0, sizeof(*outcome));
	if (!kind)
		return err_set(err, ERR_NOT_FOUND, "nothing reads documents of the kind %.*s", STR_ARG(job->media_type));
	media_type = mem_dup(job->media_type);
	name = mem_dup(job->name);
	languages = mem_dup(job->languages);
	const char *arguments[] = {"text", media_type, name, languages, NULL};
	struct extract_work work = {.program = kind->program,
		.arguments = arguments,
		.fd = job->fd,
		.seconds = job->seconds || kind->program == READER_TEXT ? job->seconds : EXTRACT_IMAGES_SECONDS,
		.memory = job->memory,
		.output_max = LINES_MAX,
		.least = least};
	int result = extract_work(&work, lines, outcome, err);
	if (result == 0 && text_read(text, buf_view(lines), &wrong) < 0)
		result = refuse(outcome, err, ERR_SYNTAX, "its reader gave what is no text");
	if (result == 0)
		outcome->cut = text_cut(*text);
	free(media_type);
	free(name);
	free(languages);
	return result;
}

int extract_document(const struct extract_job *job, enum extract_level least, struct text **out, struct extract_outcome *outcome,
	struct err *err)
{
	struct buf lines = BUF_INIT;
	int result = extract_lines(job, least, &lines, out, outcome, err);
	buf_release(&lines);
	return result;
}

bool extract_can(struct str media_type, struct str name)
{
	return reader_kind(media_type, name) != NULL;
}
