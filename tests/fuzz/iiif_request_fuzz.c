/* fuzz-links: room base */
/* A viewer's request for a picture: "WIDTH HEIGHT PATH". What is understood lies within the image and its limits, and its canonical path means the
 * same picture and is its own canonical path. */
#include "base/base.h"
#include "room/iiif.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint32_t side(struct str *rest)
{
	struct str word = {"", 0};
	uint64_t value = 0;
	(void)str_take_until(rest, ' ', &word);
	if (!decimal_parse(word, IIIF_PIXELS_MAX, &value) || value == 0)
		value = 1927;
	return (uint32_t)value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	struct iiif_image image = {.width = side(&rest), .height = side(&rest), .max_area = IIIF_AREA_MAX};
	struct iiif_request request, again;
	struct buf path = BUF_INIT, second = BUF_INIT;
	memset(&request, 0, sizeof(request));
	memset(&again, 0, sizeof(again));
	enum iiif_answer answer = iiif_parse(&image, rest, &request);
	require(answer == IIIF_FINE || answer == IIIF_BAD || answer == IIIF_NOT_DONE);
	if (answer == IIIF_FINE) {
		require(request.width > 0 && request.height > 0 && request.x < image.width && request.y < image.height);
		require(request.width <= image.width - request.x && request.height <= image.height - request.y);
		require(request.out_width > 0 && request.out_height > 0);
		require(request.out_width <= request.width && request.out_height <= request.height);
		require((uint64_t)request.out_width * request.out_height <= IIIF_AREA_MAX);
		require(request.rotation % 90 == 0 && request.rotation < 360);
		iiif_canonical(&image, &request, &path);
		require(!path.failed && path.n <= IIIF_REQUEST_MAX);
		require(iiif_parse(&image, buf_view(&path), &again) == IIIF_FINE);
		require(again.x == request.x && again.y == request.y && again.width == request.width &&
			again.height == request.height);
		require(again.out_width == request.out_width && again.out_height == request.out_height);
		require(again.rotation == request.rotation && again.grey == request.grey && again.png == request.png);
		iiif_canonical(&image, &again, &second);
		require(str_equal(buf_view(&path), buf_view(&second)));
	}
	buf_release(&path);
	buf_release(&second);
	return 0;
}
