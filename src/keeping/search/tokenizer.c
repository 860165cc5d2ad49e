/* The tokenizer that FTS5 is given: words come to it made already, parted by one byte. */
#include "internal.h"

#include <string.h>

static int create(void *context, const char **arguments, int count, Fts5Tokenizer **out)
{
	(void)arguments;
	(void)count;
	*out = context; /* nothing of its own */
	return SQLITE_OK;
}

static void delete(Fts5Tokenizer *tokenizer)
{
	(void)tokenizer;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length,
	int (*token)(void *, int, const char *, int, int, int))
{
	const char *end = length > 0 ? text + length : text;
	int result = SQLITE_OK;

	(void)tokenizer;
	(void)flags;
	for (const char *p = text; p < end && result == SQLITE_OK;) {
		const char *separator = memchr(p, WORD_SEPARATOR, (size_t)(end - p));
		const char *stop = separator != NULL ? separator : end;

		if (stop > p)
			result = token(context, 0, p, (int)(stop - p), (int)(p - text), (int)(stop - text));
		p = stop + 1;
	}
	return result;
}

int tokenizer_register(sqlite3 *db)
{
	fts5_tokenizer tokenizer = {.xCreate = create, .xDelete = delete, .xTokenize = tokenize};
	fts5_api *api = NULL;
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement) == SQLITE_ROW && api != NULL ? SQLITE_OK : SQLITE_ERROR;
	sqlite3_finalize(statement);
	return result != SQLITE_OK ? result : api->xCreateTokenizer(api, "photostat", db, &tokenizer, NULL);
}
