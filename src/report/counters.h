/* SPDX-License-Identifier: MIT */
/* The counters of a moment (model/moment.h) as reports tell them, once. */
#ifndef LK_REPORT_COUNTERS_H
#define LK_REPORT_COUNTERS_H

/* X(field of struct lk_counts, is it bytes, is it counted on request only, meaning) */
#define LK_COUNTERS(X)                                                               \
	X(allocations, false, false, "calls that gave a block")                      \
	X(releases, false, true, "calls that took one back")                         \
	X(allocated_bytes, true, true, "asked for by those calls, freed ones too")  \
	X(live_blocks, false, false, "alive")                                        \
	X(live_bytes, true, false, "alive")                                          \
	X(peak_bytes, true, false, "the most that was alive at once")                \
	X(heap_used, true, false, "in use, as the allocator counts")                 \
	X(heap_system, true, false, "that the allocator has of the kernel")          \
	X(resident_peak, true, false, "the most memory that the process occupied")  \
	X(descriptors, false, false, "open")                                         \
	X(opened, false, false, "were opened in all")                                \
	X(threads, false, false, "there are")                                        \
	X(started, false, false, "were started in all")                              \
	X(children, false, false, "there are")                                       \
	X(spawned, false, false, "were started in all")

#endif
