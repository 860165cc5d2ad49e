/* Inside room: how many pictures may be waited for. */
#ifndef PHOTOSTAT_ROOM_IMAGES_H
#define PHOTOSTAT_ROOM_IMAGES_H

#include "internal.h"

#define IMAGES_DRAWING_MAX 6u /* a browser's connections to one server */
/* False: ERR_CONFLICT. True: to be ended. */
bool images_begin_drawing(struct room *, struct err *);
void images_end_drawing(struct room *);

#endif
