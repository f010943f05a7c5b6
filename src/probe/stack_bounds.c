/* SPDX-License-Identifier: MIT */
#include "probe/stack_bounds.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include "base/attributes.h"
#include "base/light.h"

/* Asked at most so far at once: a frame bigger than this ends the walk, and a
 * stack pointer this far below the own stack belongs to another one. */
enum { PAGE = 4096, REACH = 16 << 20 };

bool lk_bounds_readable(uintptr_t address)
{
	enum { NO_SUCH_ACTION = -1, KERNEL_SET_SIZE = 8 };
	int saved = errno;

	if (RUNNING_ON_VALGRIND) {
		/* It would report the question below; its own frames stay in core. */
		unsigned char in_core;
		bool mapped = syscall(SYS_mincore, address & ~(uintptr_t)(PAGE - 1), PAGE,
				      &in_core) == 0;
		errno = saved;
		return mapped;
	}
	/* The kernel copies the set before it looks at the action, but none from 0. */
	if (address < KERNEL_SET_SIZE)
		return false;
	long result = syscall(SYS_rt_sigprocmask, NO_SUCH_ACTION, address & ~(uintptr_t)7, NULL,
			      KERNEL_SET_SIZE);
	bool readable = result == 0 || errno == EINVAL;

	errno = saved;
	return readable;
}

bool lk_bounds_are_watched(void)
{
	char byte = 0;

	/* Only memcheck answers this, with -1. */
	return RUNNING_ON_VALGRIND && (int)VALGRIND_MAKE_MEM_DEFINED(&byte, sizeof byte) == -1;
}

/* Extends downwards to ADDRESS, and keeps the part it came to. */
static bool extend_down(struct lk_stretch *stretch, uintptr_t address)
{
	uintptr_t target = address & ~(uintptr_t)(PAGE - 1);

	if (stretch->low - target > REACH)
		return false;
	while (stretch->low > target) {
		uintptr_t below = (stretch->low - 1) & ~(uintptr_t)(PAGE - 1);

		if (!lk_bounds_readable(below))
			return false;
		stretch->low = below;
	}
	return true;
}

LK_COLD bool lk_bounds_extend(struct lk_stretch *stretch, uintptr_t address)
{
	if (stretch->ends_here || address - stretch->high > REACH)
		return false;
	while (stretch->high <= address) {
		if (!lk_bounds_readable(stretch->high))
			return false;
		stretch->high += PAGE;
	}
	return true;
}

static bool holds(const struct lk_stretch *stretch, uintptr_t sp)
{
	return sp >= stretch->low && sp < stretch->high;
}

void lk_bounds_enter(struct lk_bounds *bounds, uintptr_t sp, uintptr_t stack_end)
{
	struct lk_stretch *own = &bounds->own, *foreign = &bounds->foreign;

	if (stack_end && own->high != stack_end)
		*own = (struct lk_stretch){ stack_end, stack_end, true };
	bounds->now = own;
	if (holds(own, sp)) {
		*foreign = (struct lk_stretch){ 0 };
		return;
	}
	if (!holds(foreign, sp)) {
		if (sp < own->high && extend_down(own, sp))
			return;
		uintptr_t page = sp & ~(uintptr_t)(PAGE - 1);
		*foreign = (struct lk_stretch){ page, page + PAGE, false };
	}
	bounds->now = foreign;
}
