/* The small files beside inventories: sidecars. */
#include "ocfl/internal.h"

#include <stdio.h>

void ocfl_sidecar_name(enum digest_alg alg, char out[OCFL_SIDECAR_NAME])
{
	snprintf(out, OCFL_SIDECAR_NAME, OCFL_INVENTORY ".%s", digest_name(alg));
}

void ocfl_sidecar_write(struct buf *out, const struct digest *digest)
{
	buf_hex(out, digest->bytes, digest_size(digest->alg));
	buf_text(out, " " OCFL_INVENTORY "\n");
}

int ocfl_sidecar_parse(struct str text, enum digest_alg alg, struct digest *out, struct err *err)
{
	size_t n = 2 * digest_size(alg), i = n;
	bool lower;
	*out = (struct digest){.alg = alg};
	if (text.n <= n || !hex_any_case((struct str){text.p, n}, out->bytes, n / 2, &lower))
		return err_set(err, ERR_SYNTAX, "the sidecar does not begin with a %s digest (OCFL E061)", digest_name(alg));
	while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t'))
		i++;
	struct str rest = {text.p + i, text.n - i};
	/* Other programs end the line in either way, or not at all. */
	if (str_ends(rest, STR("\n")))
		rest.n--;
	if (str_ends(rest, STR("\r")))
		rest.n--;
	if (i == n || !str_equal(rest, STR(OCFL_INVENTORY)))
		return err_set(err, ERR_SYNTAX, "the sidecar's form is not \"DIGEST " OCFL_INVENTORY "\" (OCFL E061)");
	return 0;
}
