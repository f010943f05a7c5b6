/* SPDX-License-Identifier: MIT */
/* Which processes are captured as a whole, with all that is alive in them, when they end:
 * programs, and Check's runners, but no process of a test. */
#ifndef LK_CHECK_CAPTURED_H
#define LK_CHECK_CAPTURED_H

#include <stdbool.h>

/* Is this process one of them? */
bool lk_captured_may(void);

/* This process ends: writes the record if it is to have one and has none yet. */
void lk_captured_end(void);

#endif
