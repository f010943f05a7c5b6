/* SPDX-License-Identifier: MIT */
/* Frames of Check itself. */
#ifndef LK_JUDGE_CHECK_FRAMES_H
#define LK_JUDGE_CHECK_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/symbols.h"

/* Is a stack of these COUNT frames one in which Check tells its runner something?  It does
 * at the start and end of a test and with each assertion that holds, and allocates for
 * that.  Known by the functions' names, so false where there are none. */
bool lk_check_frames_tell(const struct lk_frame *frames, size_t count);

#endif
