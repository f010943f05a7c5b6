/* SPDX-License-Identifier: MIT */
/* How much was left behind each time when a test ran again. */
#ifndef LK_MODEL_SERIES_H
#define LK_MODEL_SERIES_H

#include <stdint.h>

enum { LK_RUNS_MAX = 40 };

struct lk_series {
	/* Further runs that were counted; 0: the test was not run again. */
	uint32_t runs;
	/* Live at the end of the test's own run [0] and of each further one: blocks and
	 * bytes of a site; the net count of descriptors, threads or children, bytes 0. */
	uint32_t count[LK_RUNS_MAX + 1];
	uint64_t bytes[LK_RUNS_MAX + 1];
	/* What a scan after the last run found lost, out of all that is counted above. */
	uint32_t lost;
};

#endif
