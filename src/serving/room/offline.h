/* The verifier that is saved and used without a network (offline.py): one HTML file. */
#ifndef PHOTOSTAT_ROOM_OFFLINE_H
#define PHOTOSTAT_ROOM_OFFLINE_H

#include <stddef.h>

extern const unsigned char offline_page[];
extern const size_t offline_page_n;
extern const char offline_policy[]; /* its Content-Security-Policy: its own script by its hash, and nothing from anywhere */

#endif
