/* SPDX-License-Identifier: MIT */
/* Records of this process in the capture file that the option `capture` names. */
#ifndef LK_API_CAPTURE_H
#define LK_API_CAPTURE_H

#include <stdbool.h>

#include "model/snapshot.h"

/* Is there a file to be written? */
bool lk_capture_is_wanted(void);

/* Appends SNAPSHOT to it.  What cannot be written is counted in the run, and said once. */
void lk_capture_append(const struct lk_snapshot *snapshot);

/* Appends a record of all that is alive in this process. */
void lk_capture_process(void);

/* Bytes that the allocator has given out, its own overhead included, and has of the
 * kernel; 0 if it does not tell.  Takes malloc's locks: not in a signal handler. */
void lk_capture_heap_use(struct lk_counts *counts);

#endif
