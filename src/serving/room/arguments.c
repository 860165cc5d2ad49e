/* Arguments of a request, strictly: what a name or value could hide in is refused. */
#include <string.h>

#include "machines.h"

#define QUERY_MAX 8192u

static bool decode(struct arena *arena, struct str text, struct str *out)
{
	struct buf plain = BUF_INIT;
	bool good = url_decode(text, true, &plain);

	*out = arena_str(arena, buf_view(&plain));
	buf_release(&plain);
	return good && utf8_valid(*out);
}

bool arguments_read(struct arguments *arguments, struct str query)
{
	struct str pair, name;

	memset(arguments, 0, sizeof(*arguments));
	if (query.n > QUERY_MAX)
		return false;
	while (query.n > 0 && str_take_until(&query, '&', &pair)) {
		struct str value = pair, known;

		if (pair.n == 0)
			continue;
		if (arguments->count == ARGUMENTS_MAX)
			return false;
		(void)str_take_until(&value, '=', &name);
		if (value.p == NULL)
			value = STR("");
		if (!decode(&arguments->arena, name, &name) || !decode(&arguments->arena, value, &value))
			return false;
		for (size_t i = 0; i < arguments->count; i++) {
			known = arguments->one[i].name;
			arguments->repeated = arguments->repeated || str_equal(known, name);
		}
		arguments->one[arguments->count].name = name;
		arguments->one[arguments->count++].value = value;
	}
	return true;
}

void arguments_release(struct arguments *arguments)
{
	arena_release(&arguments->arena);
	memset(arguments, 0, sizeof(*arguments));
}

bool arguments_get(const struct arguments *arguments, const char *name, struct str *value)
{
	for (size_t i = 0; i < arguments->count; i++) {
		if (!str_equal(arguments->one[i].name, str_from(name)))
			continue;
		*value = arguments->one[i].value;
		return true;
	}
	return false;
}

bool arguments_only(const struct arguments *arguments, const char *const *names)
{
	for (size_t i = 0; i < arguments->count; i++) {
		bool known = false;

		for (size_t k = 0; names[k] != NULL && !known; k++)
			known = str_equal(arguments->one[i].name, str_from(names[k]));
		if (!known)
			return false;
	}
	return true;
}
