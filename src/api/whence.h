/* SPDX-License-Identifier: MIT */
/* Where something came from, for people. */
#ifndef LK_API_WHENCE_H
#define LK_API_WHENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/stack.h"

enum { LK_WHENCE_TEXT_MAX = 1 << 14 };

/* Writes STACK with names into TEXT (LK_WHENCE_TEXT_MAX bytes), below a line HEADLINE;
 * without names if they cannot be looked up. */
void lk_whence_stack(const char *headline, lk_stack_id stack, char *text);

#endif
