/* SPDX-License-Identifier: MIT */
/* The table of handles of the program's own: what leakcheck_track() told of.
 *
 * Buckets of rows, found by a hash of the handle; a bucket counts the rows of its own
 * that had to go into a later one, so that a search ends without marks of what is gone.
 * Rows are claimed and released by single words: callable in signal handlers, never
 * blocks, and half of a change that a fork interrupts does no harm. */
#ifndef LK_PROBE_HANDLE_H
#define LK_PROBE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"

struct lk_handle_row {
	uintptr_t handle;
	size_t size;
	lk_stack_id stack;
	uint32_t epoch;
	const char *kind; /* a copy that stays */
};

/* The caller of the exported function whose frame is FRAME has one more HANDLE of KIND,
 * of SIZE bytes.  One that is there already is there twice.  False if there is no room
 * (counted) or the thread is in lk_quiet_begin. */
bool lk_handle_put(uintptr_t handle, size_t size, const char *kind, const void *frame);

/* Takes one row of HANDLE and KIND out; false if there is none. */
bool lk_handle_take(uintptr_t handle, const char *kind);

/* Takes out all from START on, SIZE of them, whatever their kind; returns how many. */
size_t lk_handle_take_within(uintptr_t start, size_t size);

/* Calls VISIT for each row of EPOCH, or of LK_HANDLE_ANY. */
enum { LK_HANDLE_ANY = 0 };
void lk_handle_each(uint32_t epoch,
		    void (*visit)(void *context, const struct lk_handle_row *row), void *context);

/* Makes every row old, so that epochs can start over. */
void lk_handle_age(void);

/* Rows that could not be kept. */
uint64_t lk_handle_lost(void);

#endif
