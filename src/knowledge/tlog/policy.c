/* Trust policies: reading (tlog-policy, Policy file syntax and structure). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Words of a line: "group", its name and threshold, and members. */
#define WORDS_MAX (POLICY_ITEMS_MAX + 3)

struct line {
	struct str words[WORDS_MAX];
	size_t count;
};

static int check_octets(struct str line, struct err *err)
{
	for (size_t i = 0; i < line.n; i++) {
		unsigned char octet = (unsigned char)line.p[i];
		if ((octet < ' ' && octet != '\t') || octet == 0x7f)
			return err_set(err, ERR_SYNTAX, "the control character 0x%02x is not allowed", octet);
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int split_words(struct line *out, struct str text, struct err *err)
{
	size_t i = 0;

	out->count = 0;
	for (;;) {
		while (i < text.n && is_blank(text.p[i]))
			i++;
		if (i == text.n || (out->count == 0 && text.p[i] == '#'))
			return 0;
		if (out->count == WORDS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d words", WORDS_MAX);
		size_t start = i;
		while (i < text.n && !is_blank(text.p[i]))
			i++;
		out->words[out->count++] = (struct str){text.p + start, i - start};
	}
}

static int want_words(const struct line *line, size_t least, size_t most, const char *form, struct err *err)
{
	if (line->count >= least && line->count <= most)
		return 0;
	return err_set(err, ERR_SYNTAX, "the form of this line is \"%s\"", form);
}

/* Doubles the room of an array when `count` has reached a power of two. */
static void *more_room(void *array, size_t count, size_t size)
{
	return (count & (count - 1)) == 0 ? mem_grow(array, count == 0 ? 1 : 2 * count, size) : array;
}

static struct policy_item *find_item(const struct policy *policy, struct str name)
{
	for (size_t i = 0; i < policy->item_count; i++)
		if (str_equal(policy->items[i].name, name))
			return &policy->items[i];
	return NULL;
}

static int add_item(struct policy *policy, struct str name, struct policy_item **out, struct err *err)
{
	const struct policy_item *same;

	if (str_equal(name, STR("none")))
		return err_set(err, ERR_SYNTAX, "the name \"none\" is taken: it stands for no witnesses");
	same = find_item(policy, name);
	if (same != NULL)
		return err_set(err, ERR_SYNTAX, "the name \"%.*s\" is already that of a %s", STR_ARG(name),
			same->is_group ? "group" : "witness");
	policy->items = more_room(policy->items, policy->item_count, sizeof(*policy->items));
	*out = &policy->items[policy->item_count++];
	**out = (struct policy_item){.name = arena_str(&policy->arena, name)};
	return 0;
}

static const struct vkey *same_key(const struct vkey *keys, size_t count, const struct vkey *key)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(keys[i].public_key, key->public_key, sizeof(key->public_key)) == 0)
			return &keys[i];
	return NULL;
}

static int too_many(struct err *err, const char *what)
{
	return err_set(err, ERR_LIMIT, "more than the %d %s we take", POLICY_ITEMS_MAX, what);
}

static int add_key(struct vkey **keys, size_t count, struct str text, enum note_type type, const char *what, struct err *err)
{
	struct vkey key;
	const struct vkey *same;

	if (vkey_read(&key, text, key_name_opaque, err) != 0)
		return -1;
	if (key.type != type) {
		err_set(err, ERR_SYNTAX, "the key of a %s must be of type 0x%02x (%s), this one is of type 0x%02x", what,
			(unsigned)type, type == NOTE_ED25519 ? "Ed25519" : "Ed25519 cosignature", (unsigned)key.type);
		goto refused;
	}
	same = same_key(*keys, count, &key);
	if (same != NULL) {
		err_set(err, ERR_SYNTAX, "this %s has the same public key as %s+%08x above", what, same->name, same->id);
		goto refused;
	}
	*keys = more_room(*keys, count, sizeof(**keys));
	(*keys)[count] = key;
	return 0;
refused:
	vkey_release(&key);
	return -1;
}

static int read_log(struct policy *policy, const struct line *line, struct err *err)
{
	if (want_words(line, 2, 3, "log VKEY [URL]", err) != 0)
		return -1;
	if (policy->log_count == POLICY_ITEMS_MAX)
		return too_many(err, "logs");
	if (add_key(&policy->logs, policy->log_count, line->words[1], NOTE_ED25519, "log", err) != 0)
		return -1;
	policy->log_count++;
	return 0;
}

static int read_witness(struct policy *policy, const struct line *line, struct err *err)
{
	struct policy_item *item;
	size_t at = policy->witness_count;

	if (want_words(line, 3, 4, "witness NAME VKEY [URL]", err) != 0)
		return -1;
	if (at == POLICY_ITEMS_MAX)
		return too_many(err, "witnesses");
	if (add_key(&policy->witness_keys, at, line->words[2], NOTE_COSIGNATURE_V1, "witness", err) != 0)
		return -1;
	policy->witness_count++;
	policy->witnesses = more_room(policy->witnesses, at, sizeof(*policy->witnesses));
	policy->witnesses[at] = (struct policy_witness){.name = {"", 0}, .key = NULL, .url = {"", 0}};
	if (add_item(policy, line->words[1], &item, err) != 0)
		return -1;
	item->witness = at;
	policy->witnesses[at].name = item->name;
	if (line->count == 4)
		policy->witnesses[at].url = arena_str(&policy->arena, line->words[3]);
	return 0;
}

static int read_threshold(struct str word, size_t members, size_t *out, struct err *err)
{
	uint64_t k;

	if (str_equal(word, STR("any")))
		*out = 1;
	else if (str_equal(word, STR("all")))
		*out = members;
	else if (decimal_parse(word, members, &k) && k >= 1)
		*out = (size_t)k;
	else
		return err_set(err, ERR_SYNTAX,
			"the threshold \"%.*s\" is not \"any\", \"all\" or a number from 1 to %zu, the members listed",
			STR_ARG(word), members);
	return 0;
}

static int read_group(struct policy *policy, const struct line *line, struct err *err)
{
	size_t count = line->count < 4 ? 0 : line->count - 3, threshold = 0;
	struct policy_item *group;
	size_t *members;

	if (want_words(line, 4, WORDS_MAX, "group NAME all|any|NUMBER MEMBER...", err) != 0)
		return -1;
	if (policy->group_count == POLICY_ITEMS_MAX)
		return too_many(err, "groups");
	if (read_threshold(line->words[2], count, &threshold, err) != 0)
		return -1;
	members = arena_alloc(&policy->arena, count * sizeof(*members), _Alignof(size_t));
	for (size_t i = 0; i < count; i++) {
		struct str name = line->words[3 + i];
		struct policy_item *member;

		if (str_equal(name, STR("none")))
			return err_set(err, ERR_SYNTAX, "\"none\" cannot be a member of a group");
		member = find_item(policy, name);
		if (member == NULL)
			return err_set(err, ERR_SYNTAX, "no line above defines \"%.*s\"", STR_ARG(name));
		if (member->is_member)
			return err_set(
				err, ERR_SYNTAX, "\"%.*s\" is already a member of a group: it can count only once", STR_ARG(name));
		member->is_member = true;
		members[i] = (size_t)(member - policy->items);
	}
	if (add_item(policy, line->words[1], &group, err) != 0)
		return -1;
	group->is_group = true;
	group->members = members;
	group->member_count = count;
	group->threshold = threshold;
	policy->group_count++;
	return 0;
}

static int read_quorum(struct policy *policy, const struct line *line, struct err *err)
{
	const struct policy_item *item;

	if (want_words(line, 2, 2, "quorum NAME", err) != 0)
		return -1;
	if (policy->has_quorum)
		return err_set(err, ERR_SYNTAX, "a second quorum line: there must be exactly one");
	policy->has_quorum = true;
	policy->needs_none = str_equal(line->words[1], STR("none"));
	if (policy->needs_none)
		return 0;
	item = find_item(policy, line->words[1]);
	if (item == NULL)
		return err_set(err, ERR_SYNTAX, "no line above defines \"%.*s\"", STR_ARG(line->words[1]));
	policy->quorum = (size_t)(item - policy->items);
	return 0;
}

static int read_line(struct policy *policy, struct line *line, struct str text, struct err *err)
{
	if (check_octets(text, err) != 0 || split_words(line, text, err) != 0)
		return -1;
	if (line->count == 0)
		return 0;
	struct str keyword = line->words[0];
	if (str_equal(keyword, STR("log")))
		return read_log(policy, line, err);
	if (str_equal(keyword, STR("witness")))
		return read_witness(policy, line, err);
	if (str_equal(keyword, STR("group")))
		return read_group(policy, line, err);
	if (str_equal(keyword, STR("quorum")))
		return read_quorum(policy, line, err);
	return err_set(err, ERR_SYNTAX, "\"%.*s\" is not one of log, witness, group, quorum", STR_ARG(keyword));
}

static int read_lines(struct policy *policy, struct str rest, struct err *err)
{
	struct line *line = mem_alloc(sizeof(*line));
	size_t number = 1;
	struct str text;
	int result = 0;

	for (; result == 0 && str_take_line(&rest, &text); number++)
		if (read_line(policy, line, text, err) != 0)
			result = err_note(err, "policy line %zu", number);
	free(line);
	if (result == 0 && rest.n != 0)
		return err_set(err, ERR_SYNTAX, "policy line %zu: the last line does not end with a newline", number);
	if (result == 0 && !policy->has_quorum)
		return err_set(err, ERR_SYNTAX,
			"policy line %zu: the file ends without a quorum line; \"quorum none\" asks for no witness", number);
	return result;
}

int policy_parse(struct policy **out, struct str text, struct err *err)
{
	struct policy *policy;

	*out = NULL;
	if (text.n > POLICY_MAX)
		return err_set(err, ERR_LIMIT, "a policy of %zu bytes is larger than the %u we take", text.n, POLICY_MAX);
	policy = mem_alloc(sizeof(*policy));
	*policy = (struct policy){.arena = ARENA_INIT};
	if (read_lines(policy, text, err) != 0) {
		policy_free(policy);
		return -1;
	}
	for (size_t i = 0; i < policy->witness_count; i++)
		policy->witnesses[i].key = &policy->witness_keys[i];
	*out = policy;
	return 0;
}

void policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	for (size_t i = 0; i < policy->log_count; i++)
		vkey_release(&policy->logs[i]);
	for (size_t i = 0; i < policy->witness_count; i++)
		vkey_release(&policy->witness_keys[i]);
	free(policy->logs);
	free(policy->witness_keys);
	free(policy->witnesses);
	free(policy->items);
	arena_release(&policy->arena);
	free(policy);
}

size_t policy_log_count(const struct policy *policy)
{
	return policy->log_count;
}

const struct vkey *policy_log(const struct policy *policy, size_t i)
{
	return &policy->logs[i];
}

size_t policy_witness_count(const struct policy *policy)
{
	return policy->witness_count;
}

struct policy_witness policy_witness(const struct policy *policy, size_t i)
{
	return policy->witnesses[i];
}

bool policy_needs_no_witness(const struct policy *policy)
{
	return policy->needs_none;
}
