/* Files that pages refer to, part of the program (embed.py). */
#ifndef PHOTOSTAT_ROOM_ASSETS_H
#define PHOTOSTAT_ROOM_ASSETS_H

#include <stddef.h>

struct asset {
	const char *name;   /* in assets/ */
	const char *served; /* with a part of its digest: what is served under it never changes */
	const char *type;
	const unsigned char *plain;
	size_t plain_n;
	const unsigned char *packed; /* gzip */
	size_t packed_n;
};
extern const struct asset assets[]; /* ends with one without a name */

#endif
