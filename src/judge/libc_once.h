/* SPDX-License-Identifier: MIT */
/* What the C library allocates once and keeps: not the test's leak.
 *
 * A stopgap until it is known who holds a block: the verdict is the bare
 * difference less this table.  Everything about it is in this file, so that it
 * can go; `leakcheck ignores` prints it, ignore_libc=no switches it off. */
#ifndef LK_JUDGE_LIBC_ONCE_H
#define LK_JUDGE_LIBC_ONCE_H

#include <stddef.h>

#include "judge/symbols.h"

struct lk_libc_once_row {
	const char *function; /* libc's entry point or allocating function */
	const char *keeps;    /* what it keeps */
	const char *evidence; /* blocks/bytes young after the 1st call, then after the 2nd */
};
extern const struct lk_libc_once_row lk_libc_once_rows[];
extern const size_t lk_libc_once_count;

/* The row for a block allocated on the stack FRAMES (COUNT, innermost first), or
 * NULL.  A row applies when its function is one of the C library's own frames at
 * the inner end of the stack, before any frame of the program, or the one that the
 * first frame of the program called. */
const struct lk_libc_once_row *lk_libc_once_find(const struct lk_frame *frames, size_t count,
						 struct lk_symbols *symbols);

#endif
