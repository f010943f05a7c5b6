/* SPDX-License-Identifier: MIT */
/* Descriptors for leakcheck's own work, where a test has used up all it may have. */
#ifndef LK_API_ROOM_H
#define LK_API_ROOM_H

#include <stdbool.h>
#include <sys/resource.h>

struct lk_room {
	bool is_made;
	struct rlimit before;
};

/* Raises the limit of descriptors of this process if none can be opened, as far as
 * the system allows.  lk_room_give_back, also for a zeroed struct, puts it back. */
void lk_room_make(struct lk_room *ret);
void lk_room_give_back(struct lk_room *room);

#endif
