/* How far texts and search index are, as readers may know it: numbers of the log's entries, which are public, and one word; never how many documents (P6). */
#include <inttypes.h>
#include <string.h>

#include "desk.h"
#include "indexing.h"
#include "os/os.h"

#define STATE_FILE "derived/indexing"
#define STATE_SECONDS 60 /* what was not written for so long is nobody's any more */

void indexing_look(struct page *page, struct indexing *indexing)
{
	static const char *const words[] = {"off", "reading", "idle", "failing"};
	static const char begin[] = "{\"v\":1,\"type\":\"indexing\",\"state\":\"";
	struct buf text = BUF_INIT;
	struct stat status;

	memset(indexing, 0, sizeof(*indexing));
	indexing->word = words[0];
	indexing->size = archive_known(page->desk->archive);
	if (page->desk->search != NULL)
		(void)search_position(page->desk->search, &indexing->position, NULL);
	if (os_read_file(archive_fd(page->desk->archive), STATE_FILE, 4096, &text, NULL) == 0 &&
		str_starts(buf_view(&text), str_from(begin)) &&
		os_stat(archive_fd(page->desk->archive), STATE_FILE, &status, NULL) == 0 &&
		os_now() - status.st_mtim.tv_sec < STATE_SECONDS)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (str_starts((struct str){text.p + sizeof(begin) - 1, text.n - sizeof(begin) + 1}, str_from(words[i])))
				indexing->word = words[i];
	buf_release(&text);
}

void indexing_answer(struct page *page)
{
	struct indexing indexing;

	indexing_look(page, &indexing);
	page->type = "application/json";
	page->kept = false;
	buf_printf(&page->body, "{\"v\":1,\"type\":\"indexing\",\"state\":\"%s\",\"position\":%" PRIu64 ",\"size\":%" PRIu64 "}\n",
		indexing.word, indexing.position, indexing.size);
}
