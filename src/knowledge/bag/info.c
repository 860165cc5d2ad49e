/* bag-info.txt (RFC 8493 section 2.2.2); before 0.96 it was package-info.txt. */
#include "internal.h"

/* Elements of which one is enough. */
enum once { ONCE_OXUM, ONCE_BAGGING_DATE, ONCE_BAG_SIZE, ONCE_GROUP, ONCE_COUNT, ONCE_KINDS };
static const char *const once_labels[ONCE_KINDS] = {
	"Payload-Oxum", "Bagging-Date", "Bag-Size", "Bag-Group-Identifier", "Bag-Count"};

struct info {
	struct check *check;
	const char *file;
	bool open; /* an element is being read */
	bool too_long;
	uint64_t line; /* where it begins */
	struct buf label, value;
	unsigned seen[ONCE_KINDS];
};

bool bag_label_generated(struct str label)
{
	return same_label(label, STR("Payload-Oxum")) || same_label(label, STR("Bagging-Date"));
}

static void take_oxum(struct info *info)
{
	struct check *check = info->check;
	struct str rest = buf_view(&info->value), octets, streams;
	uint64_t a = 0, b = 0;

	if (!str_take_until(&rest, '.', &octets) || rest.p == NULL || !decimal_parse(octets, UINT64_MAX, &a)) {
		streams = (struct str){"", 0};
	} else {
		streams = rest;
	}
	if (!decimal_parse(streams, UINT64_MAX, &b)) {
		report(check, BAG_ERROR, "BAG-OXUM", str_from(info->file), info->line,
			"Payload-Oxum \"%.*s\" is not two numbers, octets and files, with a point between them",
			STR_ARG(buf_view(&info->value)));
		return;
	}
	if (check->has_oxum && (a != check->oxum_octets || b != check->oxum_streams))
		report(check, BAG_ERROR, "BAG-OXUM", str_from(info->file), info->line, "another Payload-Oxum than above");
	check->has_oxum = true;
	check->oxum_octets = a;
	check->oxum_streams = b;
}

static void look_at_reserved(struct info *info)
{
	struct check *check = info->check;
	struct str label = buf_view(&info->label), value = buf_view(&info->value);
	int64_t time;

	for (unsigned i = 0; i < ONCE_KINDS; i++) {
		if (!same_label(label, str_from(once_labels[i])))
			continue;
		if (info->seen[i]++ == 1 && (check->strict || i == ONCE_OXUM))
			report(check, i == ONCE_OXUM ? must(check) : BAG_WARNING, "BAG-INFO", str_from(info->file), info->line,
				"%s must stand here only once", once_labels[i]);
		if (i == ONCE_OXUM)
			take_oxum(info);
		if (i == ONCE_BAGGING_DATE && check->strict && !date_parse(value, &time))
			report(check, BAG_WARNING, "BAG-INFO", str_from(info->file), info->line,
				"Bagging-Date \"%.*s\" is not YYYY-MM-DD", STR_ARG(value));
	}
}

static int end_element(struct info *info, struct err *err)
{
	struct check *check = info->check;

	if (!info->open)
		return 0;
	info->open = false;
	if (info->too_long) {
		report(check, BAG_ERROR, "BAG-INFO", str_from(info->file), info->line, "a value longer than %zu octets",
			BAG_VALUE_MAX);
		return 0;
	}
	look_at_reserved(info);
	if (check->options->info == NULL)
		return 0;
	return check->options->info(check->options->context, buf_view(&info->label), buf_view(&info->value), err);
}

static void begin_element(struct info *info, struct str line, uint64_t number)
{
	struct check *check = info->check;
	struct str value = line, label;

	if (!str_take_until(&value, ':', &label) || value.p == NULL || trim(label).n == 0) {
		report(check, BAG_ERROR, "BAG-INFO", str_from(info->file), number, "\"%.*s\" is not \"Label: value\"",
			STR_ARG(line));
		return;
	}
	if (check->strict && trim(label).n != label.n)
		report(check, BAG_ERROR, "BAG-INFO", str_from(info->file), number, "white space around the label \"%.*s\"",
			STR_ARG(trim(label)));
	if (value.n > 0 && is_blank(value.p[0])) {
		value.p++;
		value.n--;
	} else {
		report(check, must(check), "BAG-INFO", str_from(info->file), number,
			"no white space between the colon and the value of \"%.*s\"", STR_ARG(trim(label)));
	}
	/* Before 1.0 any white space around the colon was left out; in 1.0 more than one in front belongs to the value. */
	if (!check->strict)
		value = trim(value);
	info->open = true;
	info->too_long = false;
	info->line = number;
	buf_clear(&info->label);
	buf_str(&info->label, trim(label));
	buf_clear(&info->value);
	buf_str(&info->value, value);
}

static int take_line(void *context, struct str line, uint64_t number, struct err *err)
{
	struct info *info = context;
	struct check *check = info->check;

	if (line.n == 0) {
		if (end_element(info, err) != 0)
			return -1;
		report(check, BAG_WARNING, "BAG-INFO", str_from(info->file), number, "an empty line");
		return 0;
	}
	if (!is_blank(line.p[0])) {
		if (end_element(info, err) != 0)
			return -1;
		begin_element(info, line, number);
		return 0;
	}
	if (!info->open) {
		report(check, BAG_ERROR, "BAG-INFO", str_from(info->file), number, "a continuation line that continues nothing");
		return 0;
	}
	struct str more = line;
	while (more.n > 0 && is_blank(more.p[0])) {
		more.p++;
		more.n--;
	}
	if (info->value.n + 1 + more.n > BAG_VALUE_MAX) {
		info->too_long = true;
		return 0;
	}
	buf_char(&info->value, '\n');
	buf_str(&info->value, more);
	return 0;
}

int read_info(struct check *check, struct err *err)
{
	struct info info = {.check = check, .label = BUF_INIT, .value = BUF_INIT};
	bool old = check->version != 0 && check->version < 96 && check->has_package_info;
	int result = 0;

	if (!old && !check->has_bag_info)
		return 0;
	info.file = old ? "package-info.txt" : "bag-info.txt";
	if (read_text(check, info.file, false, take_line, &info, err) != 0 || end_element(&info, err) != 0) {
		check->stopped = true;
		result = -1;
	}
	buf_release(&info.label);
	buf_release(&info.value);
	return result;
}
