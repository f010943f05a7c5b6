/* SPDX-License-Identifier: MIT */
/* What is said of one test.  Never green on missing data: what could not be
 * watched makes a test unsure, not clean. */
#ifndef LK_JUDGE_VERDICT_H
#define LK_JUDGE_VERDICT_H

#include <stdint.h>

enum lk_verdict { LK_CLEAN, LK_LEAKED, LK_UNSURE };

/* LEAKS were found; BLIND_SPOTS kinds of resources or events were not seen. */
static inline enum lk_verdict lk_judge(uint64_t leaks, uint64_t blind_spots)
{
	if (leaks > 0)
		return LK_LEAKED;
	return blind_spots > 0 ? LK_UNSURE : LK_CLEAN;
}

#endif
