/* SPDX-License-Identifier: MIT */
/* The kernel's list of this process's open descriptors. */
#ifndef LK_PROBE_OPEN_NUMBERS_H
#define LK_PROBE_OPEN_NUMBERS_H

#include <stdbool.h>

/* Calls VISIT for each open number, lowest first, except descriptors that the
 * reading itself needs.  HIGHEST is the highest number known to have been open: up
 * to it, one poll() tells all, if the kernel's count of open descriptors agrees
 * (Linux 6.2 and later tell it); otherwise /proc/self/fd is read; without /proc
 * every number up to the limit is tried.  False if nothing could be asked.  Keeps
 * errno.  One caller at a time. */
bool lk_open_numbers_each(int highest, void (*visit)(void *context, int fd), void *context);

#endif
