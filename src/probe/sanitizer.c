/* SPDX-License-Identifier: MIT */
#include "probe/sanitizer.h"

#include <dlfcn.h>
#include <stddef.h>

#include "base/self.h"
#include "probe/heap.h"
#include "probe/tracker.h"
#include "base/light.h"

/* As sanitizer/allocator_interface.h declares it; the runtime calls them after it took
 * and before it gives back, without a lock of its own. */
typedef void taken(const volatile void *block, size_t size);
typedef void given_back(const volatile void *block);
typedef int install(taken *taken, given_back *given_back);

static void hear_taken(const volatile void *block, size_t size)
{
	if (lk_tracker.heap && block)
		lk_heap_put((void *)(uintptr_t)block, size, __builtin_frame_address(0));
}

static void hear_given_back(const volatile void *block)
{
	if (lk_tracker.heap && block)
		lk_heap_take((void *)(uintptr_t)block, NULL);
}

bool lk_sanitizer_listen(void)
{
	int saved = lk_quiet_begin();
	bool is_there = dlsym(RTLD_DEFAULT, "__asan_init") != NULL;
	install *hooks = (install *)(uintptr_t)dlsym(
		RTLD_DEFAULT, "__sanitizer_install_malloc_and_free_hooks");

	dlerror(); /* what was not found is not the program's mistake */
	lk_quiet_end(saved);
	return is_there && hooks && hooks(hear_taken, hear_given_back) != 0;
}
