/* SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <dlfcn.h>

#include "base/attributes.h"
#include "base/self.h"
#include "base/light.h"

struct lk_real lk_real;

/* Where only a library of the program is linked with us, libc may come before us:
 * then our hooks are reached by nobody, but what we call ourselves is there. */
static void *find(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	return next ? next : dlsym(RTLD_DEFAULT, name);
}

void lk_real_init(void)
{
	struct lk_real found = { 0 };
	int saved = lk_quiet_begin();

#define LK_HOOK(result, name, parameters) *(void **)&found.name = find(#name);
#define LK_OPENER(result, name, parameters, arguments) LK_HOOK(result, name, parameters)
#define LK_STREAM(result, name, parameters, arguments, number, type) \
	LK_HOOK(result, name, parameters)
#include "base/hooked.def"
#undef LK_HOOK
#undef LK_OPENER
#undef LK_STREAM

	dlerror(); /* a name that is missing is not the program's mistake */
	/* While `free` is NULL the heap hooks serve from early memory. */
	__typeof__(found.free) release = found.free;
	found.free = NULL;
	lk_real = found;
	__atomic_store_n(&lk_real.free, release, __ATOMIC_RELEASE);
	lk_quiet_end(saved);
}
