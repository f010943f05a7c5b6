/* SPDX-License-Identifier: MIT */
/* Looking at the process again and again while it runs.
 *
 * Without a thread, a timer or a signal in the program: an event of the heap notices that
 * it is time, and the thread whose event it is looks.  A process that does not touch its
 * heap does not change it either; it is looked at when it goes on.  As in probe/totals.h,
 * it costs nothing until it is requested; then each event reads a clock. */
#ifndef LK_PROBE_SOAK_H
#define LK_PROBE_SOAK_H

/* From now on LOOK is called every MILLISECONDS, by one thread at a time, from inside of
 * calls that take or give back memory.  A child of fork() goes on so. */
void lk_soak_begin(unsigned milliseconds, void (*look)(void));

/* No more calls; waits for one that another thread is in. */
void lk_soak_end(void);

/* For the live table: an event of the heap. */
void lk_soak_event(void);

#endif
