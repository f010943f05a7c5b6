/* SPDX-License-Identifier: MIT */
#include "judge/trim.h"

static size_t shared_frames(const struct lk_snapshot *snapshot, const struct lk_stack *one,
			    const struct lk_stack *other)
{
	const uintptr_t *a = snapshot->frames + one->first + one->count;
	const uintptr_t *b = snapshot->frames + other->first + other->count;
	size_t shared = 0;

	while (shared < one->count && shared < other->count && *--a == *--b)
		shared++;
	return shared;
}

static const struct lk_module *module_of(const struct lk_snapshot *snapshot,
					 const struct lk_stack *row, size_t frame)
{
	return lk_module_find(snapshot->modules, snapshot->modules_count,
			      snapshot->frames[row->first + frame] - 1);
}

/* A thread's stack ends in our own trampoline and the C library's start of threads. */
static size_t before_thread_start(const struct lk_snapshot *snapshot, const struct lk_stack *row)
{
	size_t frame = row->count;

	while (frame > 0) {
		const struct lk_module *module = module_of(snapshot, row, --frame);

		if (!module || !lk_module_is_libc(module))
			return module && module->is_ours ? frame : row->count;
	}
	return row->count;
}

size_t lk_trim(const struct lk_snapshot *snapshot, size_t stack)
{
	const struct lk_stack *row = &snapshot->stacks[stack];
	size_t shared =
		shared_frames(snapshot, row, &snapshot->stacks[snapshot->window_stack]);

	if (shared == 0)
		return before_thread_start(snapshot, row);
	return row->count > shared + 1 ? row->count - shared - 1 : row->count;
}

bool lk_trim_is_ours(const struct lk_snapshot *snapshot, size_t stack, size_t frame)
{
	const struct lk_module *module = module_of(snapshot, &snapshot->stacks[stack], frame);

	return module && module->is_ours;
}
