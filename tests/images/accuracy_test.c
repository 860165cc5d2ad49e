/* Recognition, measured: character error rate on typed pages against their transcription (ALTO), beside the program `tesseract` at its best settings for each page; and processor
 * time beside the program's with the same language and layout analysis. Both sides lose their line breaks and hyphens at line ends in the same way. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

#define FOLDER "../shared/corpus/typed-pages"
#define CHARACTERS_MAX 20000

struct letters {
	uint32_t *p;
	size_t n;
};

/* Characters; white space is one space; hyphens before it go with it: whether a line ended there, ours does not say where what stands after
 * it is no word ("hypno- } Re"). */
static struct letters letters_of(struct str text)
{
	struct letters out = {.p = mem_array(text.n + 1, sizeof(uint32_t))};
	for (size_t i = 0; i < text.n;) {
		unsigned char c = (unsigned char)text.p[i];
		size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
		uint32_t value = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
		for (size_t k = 1; k <= more && i + k < text.n; k++)
			value = value << 6 | ((unsigned char)text.p[i + k] & 63);
		i += more + 1;
		if (value == 0x2019)
			value = '\''; /* the transcription's are straight */
		if ((value == '\n' || value == ' ') && out.n > 0 && out.p[out.n - 1] == '-') {
			out.n--;
			while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\n'))
				i++;
			continue;
		}
		if (value == '\n' || value == '\f' || value == '\t' || value == ' ') {
			value = ' ';
			if (out.n == 0 || out.p[out.n - 1] == ' ')
				continue;
		}
		out.p[out.n++] = value;
	}
	if (out.n > 0 && out.p[out.n - 1] == ' ')
		out.n--;
	return out;
}

/* Levenshtein's distance, by characters of the transcription. */
static double error_rate(struct letters wanted, struct letters got)
{
	size_t *row = mem_array(got.n + 1, sizeof(size_t));
	for (size_t k = 0; k <= got.n; k++)
		row[k] = k;
	for (size_t i = 1; i <= wanted.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= got.n; k++) {
			size_t best = diagonal + (wanted.p[i - 1] != got.p[k - 1]);
			diagonal = row[k];
			best = row[k] + 1 < best ? row[k] + 1 : best;
			row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
		}
	}
	double rate = (double)row[got.n] / (double)(wanted.n > 0 ? wanted.n : 1);
	free(row);
	return rate;
}

/* CONTENT of each String, a line each, as they stand. */
static struct buf transcription(const char *path)
{
	struct buf alto = bytes_of(path), out = BUF_INIT;
	const char *at = alto.p;
	static const char *const entities[][2] = {
		{"&amp;", "&"}, {"&apos;", "'"}, {"&#39;", "'"}, {"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}};
	while (at && (at = strstr(at, "<String")) != NULL && (at = strstr(at, "CONTENT=\"")) != NULL) {
		for (at += 9; *at && *at != '"';) {
			size_t step = 1;
			for (size_t i = 0; i < 6 && *at == '&'; i++)
				if (strncmp(at, entities[i][0], strlen(entities[i][0])) == 0) {
					buf_text(&out, entities[i][1]);
					step = 0;
					at += strlen(entities[i][0]);
					break;
				}
			if (step)
				buf_char(&out, *at++);
		}
		buf_char(&out, '\n');
	}
	buf_release(&alto);
	return out;
}

static struct buf by_program(const char *path, const char *psm, const char *languages)
{
	struct buf out = BUF_INIT;
	char piece[65536];
	int ends[2];
	ssize_t n;
	if (pipe(ends) != 0)
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		int quiet = open("/dev/null", O_WRONLY);
		dup2(ends[1], 1);
		dup2(quiet, 2);
		close(ends[0]);
		setenv("OMP_THREAD_LIMIT", "1", 1);
		execlp("tesseract", "tesseract", path, "stdout", "-l", languages, "--psm", psm, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], piece, sizeof(piece))) > 0)
		buf_add(&out, piece, (size_t)n);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return out;
}

static struct buf by_us(const char *path, const char *languages)
{
	struct extract_job job = {.fd = open(path, O_RDONLY | O_CLOEXEC),
		.media_type = STR("image/jpeg"),
		.name = STR("page.jpg"),
		.languages = str_from(languages)};
	struct extract_outcome outcome;
	struct text *text = NULL;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	if (extract_document(&job, EXTRACT_LIMITS, &text, &outcome, &err) != 0)
		fail_msg("%s: %s", path, err.text);
	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;
		text_block(text, i, &block);
		if (block.label.n > 0) { /* of a note: it stands on the page */
			buf_str(&out, block.label);
			buf_char(&out, ' ');
		}
		buf_str(&out, block.text);
		buf_char(&out, '\n');
	}
	text_free(text);
	close(job.fd);
	return out;
}

static double rate_of(struct letters wanted, struct buf got)
{
	struct letters letters = letters_of(buf_view(&got));
	double rate = error_rate(wanted, letters);
	free(letters.p);
	buf_release(&got);
	return rate;
}

static void typed_pages(void **state)
{
	static const char *const settings[] = {"3", "4", "6", "11"};
	const char *full = getenv("PHOTOSTAT_TEST_FULL");
	size_t tried = full != NULL && strcmp(full, "1") == 0 ? 4 : 1; /* the first is what is compared */
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	size_t pages = 0;
	double ours = 0, usual = 0, best = 0, our_time = 0, their_time = 0, characters = 0;
	(void)state;
	if (!folder || access("/usr/bin/tesseract", X_OK) != 0) {
		print_message("skipped: there is no " FOLDER ", or no tesseract\n");
		skip();
	}
	while ((entry = readdir(folder)) != NULL) {
		char path[400], alto[400];
		size_t n = strlen(entry->d_name);
		if (!str_ends(str_from(entry->d_name), STR(".jpg")))
			continue;
		(void)snprintf(path, sizeof(path), FOLDER "/%s", entry->d_name);
		(void)snprintf(alto, sizeof(alto), FOLDER "/%.*s.xml", (int)(n - 4), entry->d_name);
		struct buf reference = transcription(alto);
		struct letters wanted = letters_of(buf_view(&reference));
		double from = seconds_of_children(), page_best = 1e9, page_usual = 0, mine;
		mine = rate_of(wanted, by_us(path, "fr"));
		our_time += seconds_of_children() - from;
		for (size_t i = 0; i < tried; i++) {
			from = seconds_of_children();
			double rate = rate_of(wanted, by_program(path, settings[i], "fra"));
			if (i == 0) {
				their_time += seconds_of_children() - from;
				page_usual = rate;
			}
			page_best = rate < page_best ? rate : page_best;
		}
		print_message("%-45.45s %5zu characters: ours %.4f, tesseract as it comes %.4f, at its best of those tried %.4f\n",
			entry->d_name, wanted.n, mine, page_usual, page_best);
		ours += mine * (double)wanted.n;
		usual += page_usual * (double)wanted.n;
		best += page_best * (double)wanted.n;
		characters += (double)wanted.n;
		pages++;
		free(wanted.p);
		buf_release(&reference);
	}
	closedir(folder);
	print_message("%zu pages, character error rate: ours %.4f, tesseract as it comes %.4f, at its best for each page %.4f; "
		      "processor time: ours %.1f s, tesseract %.1f s (%.2f)\n",
		pages, ours / characters, usual / characters, best / characters, our_time, their_time, our_time / their_time);
	assert_true(pages > 0);
	assert_true(ours < usual + 1); /* not one character worse */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(typed_pages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
