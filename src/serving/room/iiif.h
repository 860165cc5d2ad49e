/* iiif: what the International Image Interoperability Framework asks of a server, as functions that know nothing of HTTP or files: Image API 3.0
 * (level 1, and all of level 2), Presentation API 3.0, Content Search API 2.0. Whoever answers requests decides what may be seen (P6) before he
 * comes here. All JSON is appended to a buffer that its caller checks. */
#ifndef PHOTOSTAT_ROOM_IIIF_H
#define PHOTOSTAT_ROOM_IIIF_H

#include "base/base.h"

#define IIIF_TILE 512u            /* width and height of tiles */
#define IIIF_AREA_MAX 16000000u   /* pixels of an answer: what a worker scales in about a second */
#define IIIF_REQUEST_MAX 255u     /* bytes of `{region}/{size}/{rotation}/{quality}.{format}` */
#define IIIF_PIXELS_MAX 10000000u /* width or height of an image; larger ones are not served */
/* The media type of info.json; with Accept application/json it is application/json. */
#define IIIF_IMAGE_TYPE "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\""
#define IIIF_MANIFEST_TYPE "application/ld+json;profile=\"http://iiif.io/api/presentation/3/context.json\""
#define IIIF_SEARCH_TYPE "application/ld+json;profile=\"http://iiif.io/api/search/2/context.json\""

/* ---- Image API 3.0 ------------------------------------------------------------------------------------------------------------ */

struct iiif_image {
	uint32_t width, height; /* from 1 to IIIF_PIXELS_MAX */
	uint32_t max_width,
		max_height; /* of an answer; 0: any. max_height 0 beside a max_width: the same, as the specification has it */
	uint64_t max_area;  /* pixels; 0: any */
};
struct iiif_request {
	uint32_t x, y, width, height;   /* of the full image, inside it */
	uint32_t out_width, out_height; /* to which the region is scaled, before it is turned; never larger than it */
	unsigned rotation;              /* clockwise: 0, 90, 180, 270 */
	bool grey;
	bool png; /* else JPEG */
};
/* HTTP's numbers. */
enum iiif_answer { IIIF_FINE = 200, IIIF_BAD = 400, IIIF_NOT_DONE = 501 /* to scale up (section 4.2) */ };
/* `path` is what follows the identifier's slash in the request's URI, percent-encoded as it came: `pct:10,10,50,50/!200,200/90/gray.jpg`.
 * Regions that go over the edge are cropped. Fractions of pixels are rounded to the nearest. */
enum iiif_answer iiif_parse(const struct iiif_image *, struct str path, struct iiif_request *);
/* Section 4.8: the one path of those that give the same picture. Two requests are alike if and only if these are. */
void iiif_canonical(const struct iiif_image *, const struct iiif_request *, struct buf *);
/* info.json. `id`: the image's base URI without a slash at its end. */
void iiif_info(const struct iiif_image *, struct str id, struct buf *);
/* The largest size not above the box (and the image's own limits) that keeps the region's shape, never below 1 by 1: for thumbnails. */
void iiif_fit(uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height, uint32_t *out_width, uint32_t *out_height);

/* ---- Presentation API 3.0 ----------------------------------------------------------------------------------------------------- */

struct iiif_page {
	struct str image;       /* base URI of its image service */
	struct str label;       /* empty: its number */
	uint32_t width, height; /* of the image, and of the canvas */
	struct str text;        /* URI of an annotation page with its lines; empty: none */
	size_t number;          /* of its canvas, where others are left out; 0: its place */
};
struct iiif_document {
	struct str id;        /* URI of the manifest; canvases are ID/canvas/1… */
	struct str title;     /* never empty */
	struct str language;  /* of the title, BCP 47; empty: none */
	struct str summary;   /* may be empty */
	struct str page;      /* URI of the record's page for people; empty: none */
	struct str search;    /* URI of its Content Search service; empty: none */
	struct str direction; /* "left-to-right", "right-to-left"; empty: not said */
	const struct iiif_page *pages;
	size_t page_count;
	/* Label and value by turns: what a viewer shows beside the pages. */
	const struct str *metadata;
	size_t metadata_count; /* of pairs */
};
void iiif_manifest(const struct iiif_document *, struct buf *);

/* ---- annotations: the text of a page, Content Search API 2.0 --------------------------------------------------------------------- */

struct iiif_place {
	struct str canvas; /* URI */
	uint32_t x, y, width, height;
	struct str text;          /* what stands there */
	struct str before, after; /* of a hit: what stands around it; may be empty */
};
/* An AnnotationPage of supplementing text: `id` is its URI. */
void iiif_text(struct str id, const struct iiif_place *, size_t count, struct buf *);
/* An answer to a search: `id` is the request's URI. Each hit is an annotation with its place, and its context as Content Search has it. `next`: URI of the answer that goes on where
 * this one was cut (empty: there is none); `first` is the one that all begins with. */
void iiif_found(struct str id, struct str first, struct str next, const struct iiif_place *, size_t count, struct buf *);

#endif
