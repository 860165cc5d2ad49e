/* photostat-extract-images: its readers, and what it may read and run. */
#include "images.h"

#include "extract/worker/worker.h"

const struct reader readers[] = {
	{.name = "pdf", .read_job = read_pdf},
	{.name = "image", .read_job = read_image},
	{.name = NULL},
};
const struct worker_program worker_program = {.programs = true, .readable = images_readable};
