/* SPDX-License-Identifier: MIT */
/* What another thread of this process does at this moment, seen from outside: no
 * signal is sent and nobody is stopped, so that no system call of the program
 * is interrupted. */
#ifndef LK_PROBE_THREAD_STATE_H
#define LK_PROBE_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/thread.h"
#include "probe/other_stack.h"

/* Looks at thread TID, which is not the caller; its stack goes into STACK (count 0:
 * unknown), which the caller puts into the snapshot.  Keeps errno. */
void lk_thread_look(pid_t tid, struct lk_thread_now *now, struct lk_other_stack *stack);

/* Is the first argument of the system call CALL the descriptor it waits for? */
bool lk_thread_call_has_descriptor(int call);

/* Processor time that thread TID of this process has used, in nanoseconds; 0 when
 * there is no such thread. */
uint64_t lk_thread_cpu_ns(pid_t tid);

#endif
