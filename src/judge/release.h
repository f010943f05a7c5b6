/* SPDX-License-Identifier: MIT */
/* Where the siblings of a leak are released: blocks that came from the same place and
 * went when the test ran again. */
#ifndef LK_JUDGE_RELEASE_H
#define LK_JUDGE_RELEASE_H

#include <stdint.h>

#include "judge/symbols.h"
#include "model/snapshot.h"

struct lk_sibling_release {
	uint64_t blocks;       /* siblings released there; 0: none is known */
	uint64_t all;	       /* siblings released anywhere */
	struct lk_frame frame; /* the suspect frame of the most frequent release */
};

/* The siblings of a block from STACK (index into SNAPSHOT's stacks), the suspect frame of
 * which returns to PC: their stacks are the same from the innermost frame to that one. */
void lk_release_find(const struct lk_snapshot *snapshot, struct lk_symbols *symbols, size_t stack,
		     uintptr_t pc, struct lk_sibling_release *ret);

#endif
