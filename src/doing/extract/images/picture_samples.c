/* Samples that say nothing of what is black and what is white: floating point, signed, or of 32 bits, as TIFF may have them. */
#include "picture.h"

#include <math.h>
#include <vips/vips.h>

/* What measuring programs write where there is no value: NaN, infinities, and the ends of the numbers. */
#define NO_VALUE 1e30

static bool is_colour(const VipsImage *image)
{
	return image->Bands >= 3 && (image->Type == VIPS_INTERPRETATION_sRGB || image->Type == VIPS_INTERPRETATION_RGB16 ||
					    image->Type == VIPS_INTERPRETATION_scRGB);
}

/* Lab and the like have ranges of their own, which libvips knows. */
static bool is_open_ended(const VipsImage *image)
{
	return image->BandFmt != VIPS_FORMAT_UCHAR && image->BandFmt != VIPS_FORMAT_USHORT &&
	       (is_colour(image) || image->Type == VIPS_INTERPRETATION_B_W || image->Type == VIPS_INTERPRETATION_GREY16 ||
		       image->Type == VIPS_INTERPRETATION_MULTIBAND);
}

/* Steps that end together: each picture on the way is let go with the last one. */
static VipsImage **steps_of(VipsObject *all, int count)
{
	return (VipsImage **)vips_object_local_array(all, count);
}

/* Grey or the three colours, without what may follow (transparency), and where they have a value. */
static int values_of(VipsImage *image, VipsObject *all, VipsImage **values, VipsImage **there)
{
	VipsImage **step = steps_of(all, 4);
	double most = NO_VALUE, least = -NO_VALUE;
	if (vips_extract_band(image, &step[0], 0, "n", is_colour(image) ? 3 : 1, NULL) ||
		vips_relational_const(step[0], &step[1], VIPS_OPERATION_RELATIONAL_LESS, &most, 1, NULL) ||
		vips_relational_const(step[0], &step[2], VIPS_OPERATION_RELATIONAL_MORE, &least, 1, NULL) ||
		vips_andimage(step[1], step[2], &step[3], NULL))
		return -1;
	*values = step[0];
	*there = step[3];
	return 0;
}

/* Pixels come only once: the least and the greatest are looked for side by side. */
static int look(VipsImage *image, VipsObject *all, double *low, double *high)
{
	VipsImage **step = steps_of(all, 6), *values, *there;
	if (values_of(image, all, &values, &there) || !(step[0] = vips_image_new_from_image1(values, NO_VALUE)) ||
		!(step[1] = vips_image_new_from_image1(values, -NO_VALUE)) ||
		vips_ifthenelse(there, values, step[0], &step[2], NULL) ||
		vips_ifthenelse(there, values, step[1], &step[3], NULL) || vips_bandjoin2(step[2], step[3], &step[4], NULL) ||
		vips_stats(step[4], &step[5], NULL))
		return -1;
	*low = INFINITY;
	*high = -INFINITY;
	for (int band = 0; band < values->Bands; band++) {
		/* A row for each band after one for all; the first column is the minimum, the second the maximum. */
		*low = fmin(*low, *VIPS_MATRIX(step[5], 0, band + 1));
		*high = fmax(*high, *VIPS_MATRIX(step[5], 1, band + 1 + values->Bands));
	}
	return 0;
}

int picture_samples_look(const struct picture *picture, struct picture_samples *samples, struct err *err)
{
	VipsImage *image = NULL;
	VipsObject *all;
	unsigned shrunk;
	int result = 0;
	*samples = (struct picture_samples){.spread = false};
	if (picture->kind != PICTURE_TIFF)
		return 0;
	if (picture_load(picture, 1, &image, &shrunk, err) < 0)
		return -1;
	if (is_open_ended(image)) {
		bool broken = image->BandFmt == VIPS_FORMAT_FLOAT;
		all = VIPS_OBJECT(vips_image_new());
		samples->spread = true;
		if (look(image, all, &samples->low, &samples->high))
			result = picture_fail(err, "the picture cannot be shown");
		else if (samples->low > samples->high || (broken && samples->low >= 0 && samples->high <= 1))
			*samples = (struct picture_samples){.spread = true, .low = 0, .high = 1};
		else if (samples->high - samples->low < 1e-30)
			samples->high = samples->low + 1;
		g_object_unref(all);
	}
	g_object_unref(image);
	return result;
}

static int spread(VipsImage *image, const struct picture_samples *samples, VipsObject *all, VipsImage **out)
{
	VipsImage **step = steps_of(all, 5), *values, *there;
	/* Colours of floating point are light, as libvips takes them, unless a profile says what they are. */
	bool light = image->Type == VIPS_INTERPRETATION_scRGB && vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0;
	double width = samples->high - samples->low, most = light ? 1 : 65535, half = light ? 0 : 0.5;
	if (values_of(image, all, &values, &there) || !(step[0] = vips_image_new_from_image1(values, samples->low)) ||
		vips_ifthenelse(there, values, step[0], &step[1], NULL) ||
		vips_cast(step[1], &step[2], VIPS_FORMAT_DOUBLE, NULL) || /* a small range far from 0 */
		vips_linear1(step[2], &step[3], most / width, -samples->low * most / width + half, NULL) ||
		vips_cast(step[3], &step[4], light ? VIPS_FORMAT_FLOAT : VIPS_FORMAT_USHORT, NULL))
		return -1;
	return vips_copy(step[4], out, "interpretation",
		light                ? VIPS_INTERPRETATION_scRGB
		: values->Bands == 3 ? VIPS_INTERPRETATION_RGB16
				     : VIPS_INTERPRETATION_GREY16,
		NULL);
}

int picture_samples_spread(struct _VipsImage **image, const struct picture_samples *samples, struct err *err)
{
	VipsImage *next = NULL;
	VipsObject *all;
	int failed;
	if (!samples->spread)
		return 0;
	all = VIPS_OBJECT(vips_image_new());
	failed = spread(*image, samples, all, &next);
	g_object_unref(all);
	if (failed) {
		if (next)
			g_object_unref(next);
		return picture_fail(err, "the picture cannot be shown");
	}
	g_object_unref(*image);
	*image = next;
	return 0;
}
