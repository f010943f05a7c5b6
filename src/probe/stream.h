/* SPDX-License-Identifier: MIT */
/* The heap memory of a FILE or DIR: with its descriptor it is one leak, not three. */
#ifndef LK_PROBE_STREAM_H
#define LK_PROBE_STREAM_H

#include <stddef.h>

#include "model/snapshot.h"
#include "probe/heap.h"

enum { LK_STREAM_BLOCKS_MAX = 8 };

/* Fills RET with the live blocks of HOLDER, which is of TYPE and was said to hold
 * descriptor FD: the object itself and what libc allocated for it, not a buffer that
 * the program gave it.  Returns how many; 0 if there is no such stream any more. */
size_t lk_stream_blocks(const void *holder, enum lk_held type, int fd,
			struct lk_block ret[LK_STREAM_BLOCKS_MAX]);

#endif
