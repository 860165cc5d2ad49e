/* Every PDF of a collection that broke other readers: text and picture of its first page, or one sentence; nothing else is hurt (P9). */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

#define FOLDER "../shared/corpus/hostile-pdf"

/* A fifth of them, by the seed; with PHOTOSTAT_TEST_FULL=1 all. */
static bool is_drawn(const char *name)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed = getenv("PHOTOSTAT_TEST_SEED");
	unsigned long sum = 0;

	for (size_t i = 0; name[i] != '\0'; i++)
		sum = sum * 31 + (unsigned char)name[i];
	return (full != NULL && strcmp(full, "1") == 0) || sum % 5 == (seed != NULL ? strtoul(seed, NULL, 10) : 0) % 5;
}

static void all(void **state)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	unsigned files = 0, texts = 0, words = 0, pictures = 0;
	double begun = seconds_now(), longest = 0;
	(void)state;
	if (!folder) {
		print_message("skipped: there is no " FOLDER "\n");
		skip();
	}
	while ((entry = readdir(folder)) != NULL) {
		char path[400];
		struct err err = ERR_INIT;
		struct extract_outcome outcome;
		struct text *text = NULL;
		struct buf out = BUF_INIT;
		uint32_t width, height;
		double from = seconds_now(), took;
		if (!str_ends(str_from(entry->d_name), STR(".pdf")) || !is_drawn(entry->d_name))
			continue;
		(void)snprintf(path, sizeof(path), FOLDER "/%s", entry->d_name);
		struct extract_job job = {.fd = open(path, O_RDONLY | O_CLOEXEC),
			.media_type = STR("application/pdf"),
			.name = str_from(entry->d_name),
			.languages = STR("en"),
			.seconds = 60};
		assert_true(job.fd >= 0);
		files++;
		if (extract_document(&job, EXTRACT_LIMITS, &text, &outcome, &err) == 0) {
			texts++;
			words += text_block_count(text) > 0;
			assert_true(text_page_count(text) > 0);
			assert_true(outcome.level >= EXTRACT_LIMITS);
		} else {
			print_message("no text: %s: %s\n", entry->d_name, outcome.why);
			assert_true(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
			assert_true(outcome.why[0] != '\0');
		}
		text_free(text);
		err_clear(&err);
		lseek(job.fd, 0, SEEK_SET);
		struct extract_picture wish = {.fd = job.fd, .page = 1, .least = EXTRACT_LIMITS};
		bool shown = extract_picture_size(&wish, &width, &height, &err) == 0;
		if (shown) {
			wish.width = width;
			wish.height = height;
			/* As a thumbnail. */
			wish.out_width = width > height ? (width > 200 ? 200 : width)
							: (uint32_t)((uint64_t)width * (height > 200 ? 200 : height) / height);
			wish.out_height = (uint32_t)((uint64_t)height * wish.out_width / width);
			wish.out_width = wish.out_width ? wish.out_width : 1;
			wish.out_height = wish.out_height ? wish.out_height : 1;
			shown = extract_picture(&wish, &out, &err) == 0;
		}
		if (!shown) {
			print_message("no picture: %s: %s\n", entry->d_name, err.text);
			assert_true(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		}
		pictures += shown;
		took = seconds_now() - from;
		longest = took > longest ? took : longest;
		buf_release(&out);
		close(job.fd);
	}
	closedir(folder);
	print_message("%u files: %u texts (%u with words), %u pictures, in %.0f s, the longest %.1f s; %.0f s of processor time\n",
		files, texts, words, pictures, seconds_now() - begun, longest, seconds_of_children());
	/* Most of them are sound enough for poppler. */
	assert_true(texts * 10 >= files * 8);
	assert_true(pictures * 10 >= files * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
