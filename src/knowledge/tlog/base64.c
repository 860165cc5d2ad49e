/* Judging base64 without keeping what it decodes to: signatures of unknown keys and `extra` data may be long. */
#include "internal.h"

#define STEP ((size_t)4096)

bool base64_canonical(struct str text, size_t *bytes)
{
	unsigned char rubbish[STEP / 4 * 3];
	size_t padding = 0;

	*bytes = 0;
	if (text.n % 4 != 0)
		return false;
	/* Every step but the last must decode to its full size, so padding is at the end or nowhere. */
	while (text.n > STEP) {
		if (!base64_decode_fixed((struct str){text.p, STEP}, rubbish, sizeof(rubbish)))
			return false;
		*bytes += sizeof(rubbish);
		text.p += STEP;
		text.n -= STEP;
	}
	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;
	if (!base64_decode_fixed(text, rubbish, text.n / 4 * 3 - padding))
		return false;
	*bytes += text.n / 4 * 3 - padding;
	return true;
}
