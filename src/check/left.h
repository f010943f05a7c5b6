/* SPDX-License-Identifier: MIT */
/* What a test leaves that never reached its end: shown when asked, judged never. */
#ifndef LK_CHECK_LEFT_H
#define LK_CHECK_LEFT_H

#include <stdbool.h>

/* Prints what the test of this process holds at the moment, if --on-failure asks for
 * it and the test holds something.  REASON is of model/run.h.  Call it below Check's
 * own frames, at most once in a window. */
void lk_left_report(int reason);

/* Is it asked for? */
bool lk_left_is_wanted(void);

#endif
