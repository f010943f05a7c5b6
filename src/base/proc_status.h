/* SPDX-License-Identifier: MIT */
/* What /proc tells about another process. */
#ifndef LK_BASE_PROC_STATUS_H
#define LK_BASE_PROC_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lk_proc_status {
	pid_t pid, parent, group;
	uint64_t started; /* clock ticks (hundredths of a second) since the system booted */
	char state;	  /* R, S, D, T, t, Z, X or I: proc(5) */
	char name[16];	  /* not escaped */
};

/* False if there is no process PID, or it cannot be told. */
bool lk_proc_status(pid_t pid, struct lk_proc_status *ret);

/* The process that traces this one - a debugger, strace - or 0. */
pid_t lk_proc_tracer(void);

/* Finds the numbers in the text of a file such as task/T/children: the next one at
 * *TEXT, which moves behind it; 0 at the end. */
pid_t lk_proc_next_number(const char **text);

#endif
