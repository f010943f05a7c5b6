/* SPDX-License-Identifier: MIT */
/* What stands behind a snapshot of leakcheck.h. */
#ifndef LK_API_SNAPSHOT_H
#define LK_API_SNAPSHOT_H

#include <stddef.h>

#include "model/snapshot.h"

/* One that was taken, or all of a file. */
struct leakcheck_snapshot {
	struct lk_snapshot *parts; /* by lk_capture_copy or lk_capture_next */
	size_t count, room;
};

#endif
