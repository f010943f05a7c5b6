/* SPDX-License-Identifier: MIT */
/* Tests that ended in a way that leaves nothing to judge. */
#ifndef LK_CHECK_NOT_CHECKED_H
#define LK_CHECK_NOT_CHECKED_H

/* The test that has just ended was not checked, for REASON (model/run.h): counts it
 * and, while there is room, puts its name into the run's record.  Call it below
 * Check's own frames. */
void lk_not_checked(int reason);

/* The test of this window runs in the runner's own process and may take it along: puts
 * its name where whoever survives finds it. */
void lk_not_checked_prepare(void);

#endif
