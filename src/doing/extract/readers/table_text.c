/* The readers of photostat-extract. */
#include "readers.h"

const struct reader readers[] = {
	{.name = "plain", .read = read_plain},
	{.name = "markdown", .read = read_markdown},
	{.name = NULL},
};
