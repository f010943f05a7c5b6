/* SPDX-License-Identifier: MIT */
#include "probe/rival.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <valgrind/valgrind.h>

#include "base/real.h"
#include "base/self.h"
#include "probe/heap.h"
#include "base/light.h"

/* Does a block that this process takes show up in the live table? */
static bool heap_is_seen(void)
{
	struct lk_block row;
	void *volatile block = malloc(1);
	bool seen = lk_heap_find(block, &row);

	free(block);
	return seen;
}

static bool has_sanitizer(void)
{
	static const char *const names[] = { "__asan_init", "__lsan_init", "__tsan_init",
					     "__msan_init" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (dlsym(RTLD_DEFAULT, names[i]))
			return true;
	return false;
}

const char *lk_rival_of_heap(void)
{
	bool seen = heap_is_seen();
	const char *sentence = NULL;
	int saved = lk_quiet_begin();

	if (RUNNING_ON_VALGRIND && !seen)
		sentence = "heap memory is not watched: a tool of valgrind's replaces malloc; "
			   "run it under memcheck, or without valgrind";
	else if (!seen && has_sanitizer())
		sentence = "heap memory is not watched: the program is built with a sanitizer "
			   "that owns malloc and does not tell of it; build it without -fsanitize";
	else if (!seen)
		sentence = "heap memory is not watched: the program brings its own malloc; "
			   "link it without that allocator";
	dlerror(); /* what was not found is not the program's mistake */
	lk_quiet_end(saved);
	return sentence;
}

bool lk_rival_allocator(void)
{
	Dl_info theirs, libc;
	int saved = lk_quiet_begin();
	bool other = dladdr((void *)(uintptr_t)lk_real.malloc, &theirs) &&
		     dladdr((void *)(uintptr_t)lk_real.exit, &libc) &&
		     theirs.dli_fbase != libc.dli_fbase;

	lk_quiet_end(saved);
	return other;
}
