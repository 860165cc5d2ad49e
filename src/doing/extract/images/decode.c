/* Image files to pictures in memory. */
#include "images.h"

#include <allheaders.h>
#include <string.h>
#include <sys/mman.h>

#include "os/os.h"

int image_open(struct image_file *file, int fd, struct err *err)
{
	struct stat what;
	void *p;
	*file = (struct image_file){.p = NULL};
	if (os_stat_fd(fd, "the image", &what, err) < 0)
		return -1;
	if (!S_ISREG(what.st_mode) || what.st_size == 0)
		return err_set(err, ERR_SYNTAX, "there is nothing in it");
	if (what.st_size > (off_t)(512 << 20))
		return err_set(err, ERR_LIMIT, "an image of more than 512 MiB is not read");
	p = mmap(NULL, (size_t)what.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(err, "the image");
	file->map = p;
	file->p = p;
	file->n = (size_t)what.st_size;
	file->tiff = file->n > 4 && (memcmp(p, "II*\0", 4) == 0 || memcmp(p, "MM\0*", 4) == 0 || memcmp(p, "II+\0", 4) == 0 ||
					    memcmp(p, "MM\0+", 4) == 0);
	setMsgSeverity(L_SEVERITY_NONE);
	return 0;
}

void image_close(struct image_file *file)
{
	if (file->map)
		munmap(file->map, file->n);
	file->map = NULL;
	file->p = NULL;
}

/* ---- EXIF's orientation: how the picture must be turned to be upright -------------------------------------------------------------------- */

static unsigned number(const unsigned char *p, unsigned bytes, bool big)
{
	unsigned value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (unsigned)p[big ? bytes - 1 - i : i] << (8 * i);
	return value;
}

static unsigned tiff_orientation(const unsigned char *p, size_t n)
{
	bool big = n > 8 && p[0] == 'M';
	size_t at = n > 8 ? number(p + 4, 4, big) : n;
	unsigned count = at < n && n - at >= 2 ? number(p + at, 2, big) : 0;
	for (unsigned i = 0; i < count && n - at - 2 >= 12 * ((size_t)i + 1); i++) {
		const unsigned char *entry = p + at + 2 + (size_t)12 * i;
		unsigned value = number(entry + 8, 2, big);
		if (number(entry, 2, big) == 0x0112)
			return value >= 1 && value <= 8 ? value : 1;
	}
	return 1;
}

unsigned image_orientation(const unsigned char *p, size_t n)
{
	size_t at = 2;
	if (n < 4 || p[0] != 0xFF || p[1] != 0xD8)
		return 1;
	while (n - at >= 4 && p[at] == 0xFF) {
		unsigned marker = p[at + 1];
		size_t length = number(p + at + 2, 2, true);
		if (marker == 0xDA || length < 2 || length > n - at - 2)
			break;
		if (marker == 0xE1 && length > 16 && memcmp(p + at + 4, "Exif\0\0", 6) == 0)
			return tiff_orientation(p + at + 10, length - 8);
		at += 2 + length;
	}
	return 1;
}

static PIX *upright(PIX *picture, unsigned orientation)
{
	static const struct {
		bool flip;
		int turns;
	} steps[9] = {{false, 0}, {false, 0}, {true, 0}, {false, 2}, {true, 2}, {true, 3}, {false, 1}, {true, 1}, {false, 3}};
	PIX *turned;
	if (steps[orientation].flip)
		pixFlipLR(picture, picture);
	if (steps[orientation].turns == 0)
		return picture;
	turned = pixRotateOrth(picture, steps[orientation].turns);
	pixDestroy(&picture);
	return turned;
}

/* ---- pages -------------------------------------------------------------------------------------------------------------------------------- */

int image_next(struct image_file *file, PIX **out, struct err *err)
{
	l_int32 format = 0, width = 0, height = 0, depth, samples, mapped;
	size_t before = file->offset;
	if (file->page > 0 && (!file->tiff || file->offset == 0))
		return 0;
	if (file->page >= IMAGE_PAGES_MAX)
		return 0;
	if (file->page == 0 && (pixReadHeaderMem(file->p, file->n, &format, &width, &height, &depth, &samples, &mapped) != 0 ||
				       width <= 0 || height <= 0))
		return err_set(err, ERR_SYNTAX, "it is no image that is known, or damaged");
	if ((uint64_t)width * (uint64_t)height > OCR_PIXELS_MAX)
		return err_set(err, ERR_LIMIT, "an image of %d by %d pixels is not recognised; up to %u million are", width, height,
			OCR_PIXELS_MAX / 1000000);
	*out = file->tiff ? pixReadMemFromMultipageTiff(file->p, file->n, &file->offset) : pixReadMem(file->p, file->n);
	file->page++;
	if (!*out)
		return err_set(err, ERR_SYNTAX, "the image cannot be decoded");
	/* Directories that lead back would never end. */
	if (file->tiff && file->offset != 0 && file->offset <= before)
		file->offset = 0;
	if (format == IFF_JFIF_JPEG)
		*out = upright(*out, image_orientation(file->p, file->n));
	return *out ? 1 : err_set(err, ERR_MEMORY, "no memory for the image");
}
