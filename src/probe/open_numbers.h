/* SPDX-License-Identifier: MIT */
/* The kernel's list of this process's open descriptors. */
#ifndef LK_PROBE_OPEN_NUMBERS_H
#define LK_PROBE_OPEN_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Word N stands for the numbers 64 N to 64 N + 63, its lowest bit for the first. */
typedef void lk_open_numbers_visit(void *context, unsigned word, uint64_t open);

/* Calls VISIT with the open numbers, lowest first, one or more times for a word and
 * never twice with the same number, except descriptors that the reading itself needs.
 * The first time, /proc/self/fd is read.  From then on poll() tells which numbers are
 * open, and select() that the kernel's table has no room for others: nothing is opened,
 * and /proc, which is slow in a process just forked, is not touched.  poll() does not
 * see what was opened with O_PATH, so those numbers of a word which LIKELY names are
 * asked for by themselves.  Where that cannot be done (a table for more than 4096
 * numbers, a limit below 65) /proc/self/fd is read each time; without /proc every
 * number up to the limit is tried, and up to HIGHEST, the highest number known to have
 * been open.  False if nothing could be asked.  Keeps errno.  One caller at a time. */
bool lk_open_numbers_each(int highest, uint64_t (*likely)(unsigned word),
			  lk_open_numbers_visit *visit, void *context);

#endif
