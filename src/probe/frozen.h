/* SPDX-License-Identifier: MIT */
/* A frozen picture of the process: a copy of it, forked by the raw system call without an
 * exit signal, in which nobody else runs and whose memory may be edited.  The program sees
 * neither the copy nor its end. */
#ifndef LK_PROBE_FROZEN_H
#define LK_PROBE_FROZEN_H

#include <stdbool.h>

/* Calls WORK in a copy and waits for its end.  In the copy nothing may be called but system
 * calls; what WORK finds it leaves in shared memory (lk_pages_map_shared).  It has no handlers of
 * the program's, dies if it hangs, and has the memory that it needs whatever the program's
 * limits are.  False if no copy can be made, if WORK returns false, or if the copy ends
 * otherwise.  Keeps errno. */
bool lk_frozen_run(bool (*work)(void *context), void *context);

/* In the copy: gives up a descriptor, for WORK that opens files where the program may have
 * used up all it may have. */
void lk_frozen_make_room(void);

#endif
