/* What names records that are not open, taken out of what is shown to programs (P6, P7). */
#include <stdlib.h>

#include "internal.h"
#include "machines.h"

int machine_redact_shown(struct desk *desk, struct shown *shown, bool *redacted, struct err *err)
{
	struct record *copy = record_new();

	record_copy(copy, shown->record);
	if (access_redact(desk->archive, copy, redacted, err) != 0) {
		record_free(copy);
		return -1;
	}
	shown->whole = shown->record;
	shown->record = copy;
	return 0;
}
