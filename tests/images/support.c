#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

int file_of(struct str bytes)
{
	int fd = memfd_create("document", MFD_CLOEXEC);
	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

struct buf bytes_of(const char *path)
{
	struct buf bytes = BUF_INIT;
	char piece[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(&bytes, piece, (size_t)n);
	if (fd >= 0)
		close(fd);
	return bytes;
}

static void be32(struct buf *out, uint32_t value)
{
	buf_be16(out, (uint16_t)(value >> 16));
	buf_be16(out, (uint16_t)value);
}

static void chunk(struct buf *out, const char *kind, struct str bytes)
{
	size_t start;
	be32(out, (uint32_t)bytes.n);
	start = out->n;
	buf_text(out, kind);
	buf_str(out, bytes);
	be32(out, (uint32_t)crc32(0, (const unsigned char *)out->p + start, (unsigned)(out->n - start)));
}

struct buf png_of(uint32_t width, uint32_t height, uint32_t rows, void (*pixel)(uint32_t x, uint32_t y, unsigned char rgb[3]))
{
	struct buf out = BUF_INIT, head = BUF_INIT, raw = BUF_INIT;
	unsigned char rgb[3];
	uLongf packed_size;
	char *packed;
	buf_add(&out, "\x89PNG\r\n\x1A\n", 8);
	be32(&head, width);
	be32(&head, height);
	buf_add(&head, "\x08\x02\0\0\0", 5);
	chunk(&out, "IHDR", buf_view(&head));
	for (uint32_t y = 0; y < rows; y++) {
		buf_char(&raw, 0);
		for (uint32_t x = 0; x < width; x++) {
			pixel(x, y, rgb);
			buf_add(&raw, rgb, 3);
		}
	}
	packed_size = compressBound(raw.n);
	packed = mem_alloc(packed_size);
	if (compress2((Bytef *)packed, &packed_size, raw.p ? (const Bytef *)raw.p : (const Bytef *)"", raw.n, 1) != Z_OK)
		abort();
	chunk(&out, "tEXt", (struct str){"Comment\0secret", 14});
	chunk(&out, "IDAT", (struct str){packed, packed_size});
	chunk(&out, "IEND", (struct str){"", 0});
	free(packed);
	buf_release(&head);
	buf_release(&raw);
	return out;
}

void told(uint32_t x, uint32_t y, unsigned char rgb[3])
{
	rgb[0] = (unsigned char)x;
	rgb[1] = (unsigned char)y;
	rgb[2] = (unsigned char)((x >> 8) * 16 + (y >> 8));
}

double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double seconds_of_children(void)
{
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
	       (double)usage.ru_stime.tv_usec / 1e6;
}
