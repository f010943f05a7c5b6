/* SPDX-License-Identifier: MIT */
/* Which processes end with a record of all that is alive in them: programs, and Check's
 * runners, but no process of a test. */
#ifndef LK_CHECK_CAPTURED_H
#define LK_CHECK_CAPTURED_H

/* This process ends: writes the record if it is to have one and has none yet. */
void lk_captured_end(void);

#endif
