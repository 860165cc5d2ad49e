/* What tests of images share: files in memory, a PNG of one's own, time. */
#ifndef PHOTOSTAT_TEST_IMAGES_SUPPORT_H
#define PHOTOSTAT_TEST_IMAGES_SUPPORT_H

#include "extract/extract.h"

/* A descriptor of a file without a name that holds these bytes. */
int file_of(struct str bytes);
struct buf bytes_of(const char *path);
/* A PNG of this size, `rows` rows of it there (fewer: cut off), each pixel as `pixel` says. */
struct buf png_of(uint32_t width, uint32_t height, uint32_t rows, void (*pixel)(uint32_t x, uint32_t y, unsigned char rgb[3]));
/* Red tells the column, green the row, blue both. */
void told(uint32_t x, uint32_t y, unsigned char rgb[3]);
double seconds_now(void);
double seconds_of_children(void); /* of processor time */

#endif
