/* Checkpoints (tlog-checkpoint, Note text). */
#include "internal.h"

int checkpoint_parse(struct checkpoint *out, struct str text, struct err *err)
{
	struct str rest = text, line;

	*out = (struct checkpoint){.origin = {"", 0}, .extension = {"", 0}};
	if (!str_take_line(&rest, &out->origin) || out->origin.n == 0)
		return err_set(err, ERR_SYNTAX, "not a checkpoint: its first line, the log's origin, is missing or empty");
	if (!str_take_line(&rest, &line) || !decimal_parse(line, UINT64_MAX, &out->size))
		return err_set(err, ERR_SYNTAX, "not a checkpoint: its second line is not the size of a tree");
	if (!str_take_line(&rest, &line) || !base64_decode_fixed(line, out->root.b, sizeof(out->root.b)))
		return err_set(err, ERR_SYNTAX, "not a checkpoint: its third line is not a root hash in base64");
	out->extension = rest;
	while (str_take_line(&rest, &line))
		if (line.n == 0)
			return err_set(err, ERR_SYNTAX, "not a checkpoint: it has an empty extension line");
	if (rest.n != 0)
		return err_set(err, ERR_SYNTAX, "not a checkpoint: its last line does not end with a newline");
	return 0;
}

void checkpoint_format(struct buf *buf, struct str origin, uint64_t size, const struct hash *root)
{
	buf_str(buf, origin);
	buf_char(buf, '\n');
	buf_u64(buf, size);
	buf_char(buf, '\n');
	buf_base64(buf, root->b, sizeof(root->b));
	buf_char(buf, '\n');
}
