/* SPDX-License-Identifier: MIT */
/* Handles that the program has told of by leakcheck_track() and not taken back: chunks of
 * its pools, sessions, slots.  Those of one stack and kind together. */
#ifndef LK_MODEL_HANDLE_H
#define LK_MODEL_HANDLE_H

#include <stddef.h>
#include <stdint.h>

enum { LK_HANDLE_KIND_MAX = 40 };

struct lk_handles_left {
	size_t stack;  /* index into the snapshot's stacks: where they were tracked */
	size_t series; /* index into the snapshot's series */
	uint64_t count, bytes;
	uintptr_t first; /* one of them */
	char kind[LK_HANDLE_KIND_MAX]; /* as the program calls them; cut, not escaped */
};

#endif
