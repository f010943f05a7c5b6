/* SPDX-License-Identifier: MIT */
/* A profile in the form that `go tool pprof` reads: a message perftools.profiles.Profile
 * (github.com/google/pprof, proto/profile.proto), not compressed; readers take it either
 * way.
 *
 * Heap memory has the four sample types of Go's heap profiles; descriptors, threads, children
 * and handles are counts, as Go's profiles of goroutines are.  Stacks begin, as Go's do, at
 * the first frame that is not of the C library and no wrapper around an allocator.  A
 * thread's stack is where it is, then where it was created. */
#ifndef LK_REPORT_PPROF_H
#define LK_REPORT_PPROF_H

#include "judge/statistics.h"
#include "report/protobuf.h"

/* Is there a profile of KIND? */
bool lk_pprof_tells_of(enum lk_kind kind);

/* Makes the message of what SELECTION keeps of PROFILE; its group and order do not matter.
 * False when out of memory.  RET is released with lk_protobuf_deinit. */
bool lk_pprof_make(const struct lk_profile *profile, const struct lk_selection *selection,
		   struct lk_protobuf *ret);

#endif
