/* A keeper's archive that is behind takes over what lacks from holders of its copies: as they once took it from here. C1 to C4 in archive/behind.c. */
#include "sync.h"

int holder_catch_up(struct archive *archive, const struct holder_sync *options, struct holder_synced *done, struct err *err)
{
	int result;

	if (archive_catch_up_begin(archive, err) != 0)
		return -1;
	result = holder_sync(archive, options, done, err);
	/* What came stays. Where all of it has come, or nothing did, it is the keeper's archive again. */
	if (archive_known(archive) == log_size(archive_log(archive)) &&
		archive_catch_up_end(archive, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result == 0)
		look_again(archive);
	return result;
}
