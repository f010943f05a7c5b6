/* SPDX-License-Identifier: MIT */
/* --break-at: the allocation that a report names. */
#ifndef LK_CHECK_BREAK_AT_H
#define LK_CHECK_BREAK_AT_H

#include <stdint.h>

/* The test has made its allocation SERIAL, by the hook whose frame is FRAME: prints its
 * stack; stops in the debugger that is there, or says how one is brought there. */
void lk_break_at(uint64_t serial, const void *frame);

#endif
