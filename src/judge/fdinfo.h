/* SPDX-License-Identifier: MIT */
/* Words for what /proc/self/fdinfo says of descriptors that are no files. */
#ifndef LK_JUDGE_FDINFO_H
#define LK_JUDGE_FDINFO_H

#include <stdio.h>

/* ", count 3" for an eventfd; so for timers, signals, epoll, inotify, processes and
 * locks.  TARGET is what the descriptor leads to, as the kernel names it.  TEXT may be
 * cut or empty: what is not there is not said. */
void lk_fdinfo_print(FILE *out, const char *target, const char *text);

#endif
