/* SPDX-License-Identifier: MIT */
/* What a call instruction called, read from the code of this very process. */
#ifndef LK_BASE_CALLEE_H
#define LK_BASE_CALLEE_H

#include <stdint.h>

/* The function that the direct call before RETURN_ADDRESS leads to, through the
 * procedure linkage table if it goes there; 0 if it is no such call, or on a
 * machine whose code is not known here (only x86-64 is).
 *
 * A stack does not show it: when libc's setenv jumps to an internal function, the
 * frame is that function's, and a stripped libc has no name for it. */
uintptr_t lk_callee(uintptr_t return_address);

#endif
