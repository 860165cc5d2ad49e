/* Image requests of the IIIF Image API 3.0, and info.json. */
#include "iiif.h"

#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------------------------------------------- */

/* Digits alone. What is larger than any picture is taken as that: regions are cropped, sizes refused, alike. */
static bool whole(struct str s, uint32_t *out)
{
	uint64_t value = 0;
	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s.p[i] - '0');
		if (value > UINT32_MAX)
			value = UINT32_MAX;
	}
	*out = (uint32_t)value;
	return true;
}

/* Section 4.7: decimal digits and one ".", nothing else; ".5" should be "0.5", but is taken. */
static bool fraction(struct str s, double *out)
{
	double value = 0, weight = 1;
	bool point = false, digit = false;
	if (s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		digit = true;
		if (point)
			weight /= 10;
		value = point ? value + weight * (s.p[i] - '0') : value * 10 + (s.p[i] - '0');
	}
	*out = value;
	return digit;
}

static uint32_t part_of(double percent, uint32_t of)
{
	double pixels = percent * of / 100 + 0.5;
	return pixels >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)pixels;
}

/* a × b / c to the nearest; all at most 2^32, so it never overflows. Of nothing it is nothing. */
static uint32_t scaled(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t product = (uint64_t)a * b, divisor = c > 0 ? c : 1;
	uint64_t rest = product % divisor, result = product / divisor + (rest >= divisor - divisor / 2 && rest != 0 ? 1 : 0);
	if (c == 0)
		return 0;
	return result > UINT32_MAX ? UINT32_MAX : (uint32_t)result;
}

static bool take(struct str *rest, char separator, struct str *piece)
{
	const char *end = rest->n == 0 ? NULL : memchr(rest->p, separator, rest->n);
	if (end == NULL)
		return false;
	*piece = (struct str){rest->p, (size_t)(end - rest->p)};
	rest->n -= piece->n + 1;
	rest->p = end + 1;
	return true;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct str in, char out[IIIF_REQUEST_MAX], struct str *decoded)
{
	size_t n = 0;
	if (in.n > IIIF_REQUEST_MAX)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '%') {
			if (in.n - i < 3 || nibble(in.p[i + 1]) < 0 || nibble(in.p[i + 2]) < 0)
				return false;
			c = (char)(nibble(in.p[i + 1]) * 16 + nibble(in.p[i + 2]));
			i += 2;
			if (c == '/') /* an encoded slash separates nothing, and none of the parts has one */
				return false;
		}
		out[n++] = c;
	}
	*decoded = (struct str){out, n};
	return true;
}

/* ---- region, section 4.1 ----------------------------------------------------------------------------------------------------------- */

static bool region(const struct iiif_image *image, struct str s, struct iiif_request *request)
{
	uint32_t value[4];
	struct str piece, percent = STR("pct:");
	bool parts = str_starts(s, percent);
	if (str_equal(s, STR("full"))) {
		request->x = request->y = 0;
		request->width = image->width;
		request->height = image->height;
		return true;
	}
	if (str_equal(s, STR("square"))) {
		request->width = request->height = image->width < image->height ? image->width : image->height;
		request->x = (image->width - request->width) / 2;
		request->y = (image->height - request->height) / 2;
		return true;
	}
	if (parts)
		s = (struct str){s.p + percent.n, s.n - percent.n};
	for (unsigned i = 0; i < 4; i++) {
		double number;
		if (i == 3)
			piece = s;
		else if (!take(&s, ',', &piece))
			return false;
		if (parts ? !fraction(piece, &number) : !whole(piece, &value[i]))
			return false;
		if (parts)
			value[i] = part_of(number, i % 2 == 0 ? image->width : image->height);
	}
	if (value[2] == 0 || value[3] == 0 || value[0] >= image->width || value[1] >= image->height)
		return false;
	request->x = value[0];
	request->y = value[1];
	request->width = value[2] < image->width - value[0] ? value[2] : image->width - value[0];
	request->height = value[3] < image->height - value[1] ? value[3] : image->height - value[1];
	return true;
}

/* ---- size, section 4.2 -------------------------------------------------------------------------------------------------------------- */

void iiif_fit(uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height, uint32_t *out_width, uint32_t *out_height)
{
	*out_width = width;
	*out_height = height;
	if (width <= box_width && height <= box_height)
		return;
	if ((uint64_t)width * box_height >= (uint64_t)height * box_width) {
		*out_width = box_width;
		*out_height = scaled(height, box_width, width);
		if (*out_height > box_height)
			*out_height = box_height;
	} else {
		*out_height = box_height;
		*out_width = scaled(width, box_height, height);
		if (*out_width > box_width)
			*out_width = box_width;
	}
	if (*out_width == 0)
		*out_width = 1;
	if (*out_height == 0)
		*out_height = 1;
}

static uint32_t width_limit(const struct iiif_image *image)
{
	return image->max_width != 0 ? image->max_width : UINT32_MAX;
}

static uint32_t height_limit(const struct iiif_image *image)
{
	return image->max_height != 0 ? image->max_height : width_limit(image);
}

static bool too_large(const struct iiif_image *image, uint32_t width, uint32_t height)
{
	return width > width_limit(image) || height > height_limit(image) ||
	       (image->max_area != 0 && (uint64_t)width * height > image->max_area);
}

/* The largest picture of that shape inside the box and the image's limits. */
static void largest(const struct iiif_image *image, uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height,
	uint32_t *out_width, uint32_t *out_height)
{
	uint32_t least = 1, most;
	if (box_width > width_limit(image))
		box_width = width_limit(image);
	if (box_height > height_limit(image))
		box_height = height_limit(image);
	iiif_fit(width, height, box_width, box_height, out_width, out_height);
	if (!too_large(image, *out_width, *out_height))
		return;
	/* Area grows with the longer side. */
	most = *out_width > *out_height ? *out_width : *out_height;
	while (least < most) {
		uint32_t middle = most - (most - least) / 2;
		iiif_fit(width, height, middle, middle, out_width, out_height);
		if (too_large(image, *out_width, *out_height))
			most = middle - 1;
		else
			least = middle;
	}
	iiif_fit(width, height, least, least, out_width, out_height);
}

static enum iiif_answer size(const struct iiif_image *image, struct str s, struct iiif_request *request)
{
	const uint32_t width = request->width, height = request->height;
	uint32_t w = 0, h = 0;
	double percent;
	struct str first;
	bool up = s.n > 0 && s.p[0] == '^', within;
	if (up)
		s = (struct str){s.p + 1, s.n - 1};
	if (str_equal(s, STR("max"))) {
		largest(image, width, height, width, height, &request->out_width, &request->out_height);
		/* The largest that is permitted: if nothing but the region's own size keeps it from being larger, that is to scale up. */
		return up && request->out_width == width && request->out_height == height &&
				       !too_large(image, width + 1, height + 1)
			       ? IIIF_NOT_DONE
			       : IIIF_FINE;
	}
	if (str_starts(s, STR("pct:"))) {
		if (!fraction((struct str){s.p + 4, s.n - 4}, &percent))
			return IIIF_BAD;
		if (percent > 100)
			return up ? IIIF_NOT_DONE : IIIF_BAD;
		w = part_of(percent, width);
		h = part_of(percent, height);
	} else {
		within = s.n > 0 && s.p[0] == '!';
		if (within)
			s = (struct str){s.p + 1, s.n - 1};
		if (!take(&s, ',', &first) || (first.n != 0 && !whole(first, &w)) || (s.n != 0 && !whole(s, &h)))
			return IIIF_BAD;
		if ((first.n == 0 && s.n == 0) || (first.n != 0 && w == 0) || (s.n != 0 && h == 0))
			return IIIF_BAD;
		if (within) {
			if (first.n == 0 || s.n == 0)
				return IIIF_BAD;
			if (up && w > width && h > height)
				return IIIF_NOT_DONE;
			largest(image, width, height, w, h, &request->out_width, &request->out_height);
			return IIIF_FINE;
		}
		if (w > width || h > height)
			return up ? IIIF_NOT_DONE : IIIF_BAD;
		if (first.n == 0)
			w = scaled(width, h, height);
		else if (s.n == 0)
			h = scaled(height, w, width);
	}
	if (w == 0 || h == 0 || too_large(image, w, h))
		return IIIF_BAD;
	request->out_width = w;
	request->out_height = h;
	return IIIF_FINE;
}

/* ---- the request ------------------------------------------------------------------------------------------------------------------- */

/* Section 4.3: quarter turns; mirrored or skewed ones are not served, which is 400. */
static bool rotation(struct str s, struct iiif_request *request)
{
	double degrees;
	if (!fraction(s, &degrees))
		return false;
	for (unsigned turn = 0; turn <= 4; turn++)
		if (degrees == turn * 90.0) {
			request->rotation = turn % 4 * 90;
			return true;
		}
	return false;
}

enum iiif_answer iiif_parse(const struct iiif_image *image, struct str path, struct iiif_request *request)
{
	char bytes[IIIF_REQUEST_MAX];
	struct str part[3], quality, rest;
	enum iiif_answer answer;
	*request = (struct iiif_request){.grey = false};
	if (image->width == 0 || image->height == 0 || image->width > IIIF_PIXELS_MAX || image->height > IIIF_PIXELS_MAX ||
		!decode(path, bytes, &rest))
		return IIIF_BAD;
	for (unsigned i = 0; i < 3; i++)
		if (!take(&rest, '/', &part[i]))
			return IIIF_BAD;
	if (!take(&rest, '.', &quality) || !region(image, part[0], request) || !rotation(part[2], request))
		return IIIF_BAD;
	if (str_equal(quality, STR("gray")))
		request->grey = true;
	else if (!str_equal(quality, STR("default")) && !str_equal(quality, STR("color")))
		return IIIF_BAD;
	if (str_equal(rest, STR("png")))
		request->png = true;
	else if (!str_equal(rest, STR("jpg")))
		return IIIF_BAD;
	answer = size(image, part[1], request);
	return answer;
}

void iiif_canonical(const struct iiif_image *image, const struct iiif_request *request, struct buf *out)
{
	uint32_t width, height;
	if (request->width == image->width && request->height == image->height)
		buf_text(out, "full/");
	else
		buf_printf(out, "%u,%u,%u,%u/", request->x, request->y, request->width, request->height);
	largest(image, request->width, request->height, request->width, request->height, &width, &height);
	if (request->out_width == width && request->out_height == height)
		buf_text(out, "max/");
	else
		buf_printf(out, "%u,%u/", request->out_width, request->out_height);
	buf_printf(out, "%u/%s.%s", request->rotation, request->grey ? "gray" : "default", request->png ? "png" : "jpg");
}

/* ---- info.json, section 5 ----------------------------------------------------------------------------------------------------------- */

void iiif_info(const struct iiif_image *image, struct str id, struct buf *out)
{
	uint32_t longer = image->width > image->height ? image->width : image->height, factor, tile = IIIF_TILE;
	buf_text(out, "{\"@context\":\"http://iiif.io/api/image/3/context.json\",\"id\":");
	buf_json(out, id);
	buf_printf(out,
		",\"type\":\"ImageService3\",\"protocol\":\"http://iiif.io/api/"
		"image\",\"profile\":\"level2\",\"width\":%u,\"height\":%u",
		image->width, image->height);
	if (image->max_width != 0)
		buf_printf(out, ",\"maxWidth\":%u", image->max_width);
	if (image->max_width != 0 && image->max_height != 0)
		buf_printf(out, ",\"maxHeight\":%u", image->max_height);
	if (image->max_area != 0) {
		buf_text(out, ",\"maxArea\":");
		buf_u64(out, image->max_area);
	}
	/* The whole picture in halves, down to a tile: what a viewer without tiles takes. Only those inside the limits. */
	buf_text(out, ",\"sizes\":[");
	for (factor = 1; longer / factor > 128 && factor <= IIIF_PIXELS_MAX; factor *= 2)
		;
	for (bool any = false; factor > 0; factor /= 2) {
		uint32_t width = (image->width + factor - 1) / factor, height = (image->height + factor - 1) / factor;
		if (too_large(image, width, height))
			break;
		buf_printf(out, "%s{\"width\":%u,\"height\":%u}", any ? "," : "", width, height);
		any = true;
	}
	while (tile > 1 && too_large(image, tile, tile))
		tile /= 2;
	buf_printf(out, "],\"tiles\":[{\"width\":%u,\"height\":%u,\"scaleFactors\":[", tile, tile);
	for (factor = 1; factor == 1 || longer > (uint64_t)tile * (factor / 2); factor *= 2)
		buf_printf(out, "%s%u", factor == 1 ? "" : ",", factor);
	buf_text(out, "]}],\"extraFeatures\":[\"canonicalLinkHeader\",\"profileLinkHeader\"]}");
}
