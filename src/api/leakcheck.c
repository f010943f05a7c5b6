/* SPDX-License-Identifier: MIT */
#include "leakcheck.h"

#include <string.h>

#include "base/attributes.h"
#include "base/self.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/tracker.h"

LK_EXPORT int leakcheck_ignore(const void *pointer)
{
	return lk_heap_forgive(pointer);
}

LK_EXPORT void leakcheck_ignore_begin(void)
{
	lk_self.ignoring++;
}

LK_EXPORT void leakcheck_ignore_end(void)
{
	if (lk_self.ignoring > 0)
		lk_self.ignoring--;
}

static const char *kind_or_handle(const char *kind)
{
	return kind && kind[0] ? kind : "handle";
}

LK_EXPORT int leakcheck_track(const void *handle, size_t size, const char *kind)
{
	return lk_handle_put((uintptr_t)handle, size, kind_or_handle(kind),
			     __builtin_frame_address(0));
}

LK_EXPORT int leakcheck_untrack(const void *handle, const char *kind)
{
	return lk_handle_take((uintptr_t)handle, kind_or_handle(kind));
}

LK_EXPORT size_t leakcheck_untrack_within(const void *start, size_t size)
{
	return lk_handle_take_within((uintptr_t)start, size);
}

LK_EXPORT unsigned leakcheck_watching(char *why, size_t size)
{
	const char *blind = lk_tracker_heap_blind();

	if (why && size > 0) {
		strncpy(why, blind ? blind : "", size - 1);
		why[size - 1] = '\0';
	}
	return (lk_tracker.heap ? LEAKCHECK_HEAP : 0) |
	       (lk_tracker.descriptors ? LEAKCHECK_DESCRIPTORS : 0) |
	       (lk_tracker.threads ? LEAKCHECK_THREADS : 0) |
	       (lk_tracker.children ? LEAKCHECK_CHILDREN : 0);
}
