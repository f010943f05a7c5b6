/* SPDX-License-Identifier: MIT */
/* Where the C library keeps what is not for programs to see: found by looking at
 * what changes, not by the layout of a version. */
#ifndef LK_PROBE_LIBC_DATA_H
#define LK_PROBE_LIBC_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "probe/ranges.h"

/* A thread's own record, struct pthread, at its handle: so many bytes are enough. */
enum { LK_LIBC_THREAD_SIZE = 0x900, LK_LIBC_KEYS_INSIDE = 32 };

struct lk_libc_data {
	/* From a thread's handle to the row of its first 32 keys ({ sequence, value }),
	 * behind which stand pointers to the rows of the others; 0: not found. */
	size_t keys;
	/* From a thread's handle to its link in the loader's lists of stacks; 0. */
	size_t link;
	/* Heads of the lists of stacks: in use, given by the program, cached. */
	uintptr_t lists;
	void **streams; /* where stdio's list of streams begins, or NULL */
};
extern struct lk_libc_data lk_libc_data;

/* Anonymous memory that was mapped before any code of the program ran. */
extern struct lk_ranges lk_libc_early;

/* From the library's constructor, in the process's first thread. */
void lk_libc_data_boot(void);

/* Calls VISIT with the handle of each thread whose stack the C library has, in use
 * or cached for the next one. */
void lk_libc_each_stack(void (*visit)(void *context, uintptr_t handle), void *context);

#endif
