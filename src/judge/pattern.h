/* SPDX-License-Identifier: MIT */
/* The two ways in which rules spell names. */
#ifndef LK_JUDGE_PATTERN_H
#define LK_JUDGE_PATTERN_H

#include <stdbool.h>

/* LeakSanitizer's: PATTERN may stand anywhere in TEXT; `*` is any run of bytes, a
 * leading `^` is the start of TEXT, a trailing `$` its end.  As
 * https://clang.llvm.org/docs/AddressSanitizer.html#suppressing-memory-leaks says.
 * Time is at most the product of the two lengths. */
bool lk_pattern_in(const char *pattern, const char *text);

/* valgrind's: PATTERN is the whole of TEXT; `*` is any run of bytes, `?` any byte. */
bool lk_pattern_is(const char *pattern, const char *text);

#endif
