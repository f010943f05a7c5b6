/* SPDX-License-Identifier: MIT */
/* The stack of the thread that opened the window: which part of it is older than
 * the window, and what stood there.
 *
 * All frames inside of the innermost one that existed then are dead, or newer than
 * the test, and what they left behind is no reference. */
#ifndef LK_PROBE_WINDOW_STACK_H
#define LK_PROBE_WINDOW_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* The calling thread opens a window; it has just walked its stack from FRAME by
 * lk_unwind. */
void lk_window_stack_open(const void *frame);

/* The part [*START, *END) of the calling thread's stack, which opened the window,
 * that belongs to frames of then.  Call in lk_quiet_begin. */
void lk_window_stack_part(uintptr_t *start, uintptr_t *end);

/* The same without a window: all of the stack that is in use. */
void lk_window_stack_all(uintptr_t *start, uintptr_t *end);

/* Does the word at ADDRESS have the value that it had then?  If so it is no
 * reference to anything younger. */
bool lk_window_stack_unchanged(uintptr_t address);

#endif
