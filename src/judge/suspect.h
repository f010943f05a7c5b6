/* SPDX-License-Identifier: MIT */
/* The suspect frame: where a reader should look first. */
#ifndef LK_JUDGE_SUSPECT_H
#define LK_JUDGE_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/symbols.h"

/* The first of COUNT frames (innermost first) that is the program's own - not the
 * C library's, not of a library that the system installed or of one of its headers - and no
 * wrapper around an allocator or opener, such as xmalloc.  Without one: the first that
 * is not the C library's.  COUNT if there is none either. */
size_t lk_suspect(const struct lk_frame *frames, size_t count);

/* Is FUNCTION, by its name, a wrapper around an allocator or opener?  xmalloc, g_malloc0,
 * safe_calloc, my_strdup, xfopen, g_free, operator new(unsigned long)... */
bool lk_suspect_is_wrapper(const char *function);

#endif
