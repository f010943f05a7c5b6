/* SPDX-License-Identifier: MIT */
/* A call stack as a value: return addresses, innermost first. */
#ifndef LK_MODEL_STACK_H
#define LK_MODEL_STACK_H

#include <stdint.h>

/* Name of a stack in the depot of the process that recorded it. */
typedef uint32_t lk_stack_id;
#define LK_STACK_NONE ((lk_stack_id)0)

/* Ids fit into 24 bits, so that a row of the live table fits into 8 bytes. */
#define LK_STACK_ID_BITS 24

enum { LK_STACK_FRAMES_MAX = 256, LK_STACK_FRAMES_DEFAULT = 64 };

#endif
