/* SPDX-License-Identifier: MIT */
/* How much was there at the end of each run, when a test ran again and again. */
#ifndef LK_MODEL_SERIES_H
#define LK_MODEL_SERIES_H

#include <stdint.h>

enum { LK_SERIES_SHOWN = 8 };

struct lk_series {
	/* Further runs that were counted; 0: the test was not run again. */
	uint32_t runs;
	/* The last of them, counted from 1, in which neither rose; 0: none. */
	uint32_t last_rest;
	/* Blocks and bytes of a site; descriptors, threads or children of a stack, bytes 0.
	 * What all runs left together, at the end of the last one. */
	int64_t count, bytes;
	/* By how much both changed in each of the first further runs. */
	int64_t count_change[LK_SERIES_SHOWN], bytes_change[LK_SERIES_SHOWN];
	/* What a scan after the last run found lost, out of `count`. */
	uint64_t lost;
};

/* One more run has ended, and there are COUNT and BYTES now. */
void lk_series_add(struct lk_series *series, int64_t count, int64_t bytes);

#endif
