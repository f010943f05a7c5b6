/* SPDX-License-Identifier: MIT */
#include "probe/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/self.h"
#include "probe/arch.h"
#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/lessons.h"
#include "probe/rules.h"
#include "probe/walker.h"
#include "probe/walker_pool.h"

#include "base/light.h"

/* Stack end of the main thread, from the dynamic loader. */
extern void *__libc_stack_end;

static LK_HOT uint64_t walkers_refused;

void lk_unwind_set_depth(unsigned frames)
{
	lk_walker_pool_set_depth(frames);
	/* What was walked before the options were read has the default depth. */
	lk_unwind_thread_end();
}

void lk_unwind_forget_modules(void)
{
	lk_rules_forget();
}

void lk_unwind_forked(void)
{
	lk_lessons_forked();
	if (lk_self.walker)
		lk_walker_forked(lk_self.walker);
	/* A signal handler that forks may have interrupted a walk, which goes on here. */
	if (!lk_self.recording)
		lk_depot_forked();
}

unsigned lk_unwind_generation(void)
{
	return lk_code_generation_now();
}

uint64_t lk_unwind_lost(void)
{
	return lk_depot_refused() + __atomic_load_n(&walkers_refused, __ATOMIC_RELAXED);
}

/* A thread's thread-local memory lies above its stack in the same mapping, so it
 * serves as the end of a stack that nobody told us about.  Where it does not,
 * lk_bounds_enter finds a gap in between. */
static uintptr_t stack_end(void)
{
	if (!lk_self.thread && syscall(SYS_getpid) == syscall(SYS_gettid))
		return (uintptr_t)__libc_stack_end;
	return (uintptr_t)&lk_self & ~(uintptr_t)15;
}

static struct lk_walker *take_walker(void)
{
	struct lk_walker *walker = lk_walker_pool_take();

	if (walker)
		walker->stack_end = stack_end();
	else
		__atomic_fetch_add(&walkers_refused, 1, __ATOMIC_RELAXED);
	return walker;
}

/* In a signal handler that interrupted a walk: the thread's walker is not to be
 * touched, so this walk takes another one and remembers nothing. */
static LK_COLD lk_stack_id walk_nested(struct lk_walker_hook hook)
{
	struct lk_walker *walker = take_walker();

	if (!walker)
		return LK_STACK_NONE;
	lk_stack_id stack = lk_walker_walk(walker, hook);
	lk_walker_pool_put(walker);
	return stack;
}

static LK_COLD lk_stack_id walk_first(struct lk_walker_hook hook)
{
	lk_stack_id stack = LK_STACK_NONE;

	lk_self.recording = 1;
	struct lk_walker *walker = take_walker();
	if (walker) {
		stack = lk_walker_walk(walker, hook);
		lk_self.walker = walker;
	}
	lk_self.recording = 0;
	return stack;
}

/* A walk of this thread is under way, or was: a signal handler that interrupted
 * it may have left by siglongjmp. */
static LK_COLD lk_stack_id walk_again(struct lk_walker_hook hook)
{
	struct lk_walker *walker = lk_self.walker;

	if (!walker || !lk_walker_was_abandoned(walker, hook.frame))
		return walk_nested(hook);
	lk_self.walker = NULL;
	lk_walker_pool_put(walker);
	return walk_first(hook);
}

lk_stack_id lk_unwind(const void *frame)
{
	struct lk_walker *walker = lk_self.walker;
	struct lk_walker_hook hook = {
		.frame = frame,
#ifndef LK_ARCH_CALL_PUSHES
		.pc = lk_arch_pc((uintptr_t)__builtin_return_address(0)),
		.sp = (uintptr_t)__builtin_dwarf_cfa(),
		.fp = *(const uintptr_t *)__builtin_frame_address(0),
#endif
	};

	if (LK_UNLIKELY(lk_self.recording > 0))
		return walk_again(hook);
	if (LK_UNLIKELY(!walker))
		return walk_first(hook);
	walker->under_way = (uintptr_t)frame;
	lk_self.recording = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	lk_stack_id stack = lk_walker_walk(walker, hook);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	lk_self.recording = 0;
	return stack;
}

void lk_unwind_thread_end(void)
{
	struct lk_walker *walker = lk_self.walker;

	lk_self.recording = 1;
	lk_self.walker = NULL;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (walker)
		lk_walker_pool_put(walker);
	lk_self.recording = 0;
}
