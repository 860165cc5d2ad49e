/* Pictures by their content. */
#include "picture.h"

#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include "images.h"
#include "os/os.h"

#undef picture_fail

int picture_fail(struct err *err, const char *what)
{
	char said[160] = "";
	const char *text = vips_error_buffer();
	size_t n = strcspn(text, "\n");
	memcpy(said, text, n < sizeof(said) ? n : sizeof(said) - 1);
	vips_error_clear();
	return err_set(err, ERR_SYNTAX, "%s (%s)", what, said);
}

static enum picture_kind kind_of(const unsigned char *p, size_t n)
{
	static const struct {
		struct str begins;
		enum picture_kind kind;
	} kinds[] = {
		{{"\xFF\xD8\xFF", 3}, PICTURE_JPEG},
		{{"\x89PNG\r\n\x1A\n", 8}, PICTURE_PNG},
		{{"II*\0", 4}, PICTURE_TIFF},
		{{"MM\0*", 4}, PICTURE_TIFF},
		{{"II+\0", 4}, PICTURE_TIFF},
		{{"MM\0+", 4}, PICTURE_TIFF},
		{{"\0\0\0\x0CjP  \r\n\x87\n", 12}, PICTURE_JP2},
		{{"\xFF\x4F\xFF\x51", 4}, PICTURE_JP2},
		{{"GIF8", 4}, PICTURE_GIF},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= kinds[i].begins.n && memcmp(p, kinds[i].begins.p, kinds[i].begins.n) == 0)
			return kinds[i].kind;
	if (n >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return PICTURE_WEBP;
	/* Readers of PDF look for it in the first KiB. */
	return memmem(p, n, "%PDF-", 5) ? PICTURE_PDF : PICTURE_UNKNOWN;
}

int picture_load(const struct picture *picture, unsigned shrink, VipsImage **out, unsigned *shrunk, struct err *err)
{
	VipsSource *source;
	int page = picture->page > 0 ? (int)picture->page - 1 : 0, level = 0, failed = -1;
	if (lseek(picture->fd, 0, SEEK_SET) < 0 || !(source = vips_source_new_from_descriptor(picture->fd)))
		return err_sys(err, "the picture");
	*shrunk = 1;
	*out = NULL;
	switch (picture->kind) {
	case PICTURE_JPEG:
		*shrunk = shrink > 8 ? 8 : shrink;
		failed = vips_jpegload_source(source, out, "shrink", (int)*shrunk, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
		break;
	case PICTURE_PNG:
		failed = vips_pngload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
		break;
	case PICTURE_TIFF:
		failed = vips_tiffload_source(source, out, "page", page, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
		break;
	case PICTURE_JP2:
		/* Its pages are its resolutions. */
		while ((2u << level) <= shrink && level < 5)
			level++;
		for (; failed != 0 && level >= 0; level--) {
			vips_error_clear();
			*shrunk = 1u << level;
			failed = vips_jp2kload_source(source, out, "page", level, NULL);
		}
		break;
	case PICTURE_WEBP:
		failed = vips_webpload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
		break;
	case PICTURE_GIF:
		failed = vips_gifload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
		break;
	case PICTURE_UNKNOWN:
	case PICTURE_PDF:
	default:
		break;
	}
	g_object_unref(source);
	return failed ? picture_fail(err, "the picture cannot be decoded") : 0;
}

static int open_image(struct picture *picture, struct err *err)
{
	VipsImage *image = NULL;
	unsigned shrunk;
	if (picture_load(picture, 1, &image, &shrunk, err) < 0)
		return -1;
	picture->width = (uint32_t)vips_image_get_width(image);
	picture->height = (uint32_t)vips_image_get_height(image);
	if (picture->kind == PICTURE_JPEG || picture->kind == PICTURE_TIFF)
		picture->orientation = (unsigned)vips_image_get_orientation(image);
	if (picture->orientation >= 5) {
		uint32_t turned = picture->width;
		picture->width = picture->height;
		picture->height = turned;
	}
	g_object_unref(image);
	return 0;
}

int picture_open(struct picture *picture, int fd, unsigned page, struct err *err)
{
	unsigned char first[1024];
	ssize_t n;
	*picture = (struct picture){.fd = fd, .page = page, .orientation = 1};
	n = os_read_at(fd, first, sizeof(first), 0, "the picture", err);
	if (n < 0)
		return -1;
	picture->kind = kind_of(first, (size_t)n);
	if (picture->kind == PICTURE_UNKNOWN)
		return err_set(err, ERR_SYNTAX, n == 0 ? "there is nothing in it" : "it is no picture that is known");
	if (picture->kind == PICTURE_PDF) {
		struct pdf_page what;
		unsigned pages;
		if (pdf_look(fd, page > 0 ? page : 1, &what, &pages, err) < 0)
			return -1;
		picture->width = what.width;
		picture->height = what.height;
		return 0;
	}
	if (page > 1 && picture->kind != PICTURE_TIFF)
		return err_set(err, ERR_NOT_FOUND, "the picture has no page %u", page);
	if (open_image(picture, err) < 0)
		return -1;
	bool by_rows = picture->kind == PICTURE_JPEG || picture->kind == PICTURE_TIFF || picture->kind == PICTURE_PNG;
	unsigned most = by_rows ? PICTURE_ROWS_PIXELS_MAX : PICTURE_PIXELS_MAX;
	if ((uint64_t)picture->width * picture->height > most)
		return err_set(err, ERR_LIMIT, "a picture of %u by %u pixels is not shown; up to %u million are", picture->width,
			picture->height, most / 1000000);
	return 0;
}
