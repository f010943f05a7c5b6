/* SPDX-License-Identifier: MIT */
#include "probe/lessons.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/attributes.h"
#include "model/stack.h"
#include "probe/code_map.h"
#include "probe/rules.h"

#include "base/light.h"

/* A process that forks for ever does not learn for ever: what recurs is told early. */
enum { FRAMES_TAKEN_MAX = 2048 };

static LK_HOT struct lk_lessons *lessons;
static LK_HOT bool is_child;
static unsigned taken;

void lk_lessons_begin(struct lk_lessons *shared)
{
	lessons = shared;
	is_child = false;
	taken = 0;
}

void lk_lessons_forked(void)
{
	is_child = true;
}

/* Words that MESSAGE's first one announces. */
static uint32_t frames_of(uintptr_t first)
{
	return (uint32_t)(first / 4);
}

void lk_lessons_tell(const struct lk_depot_node *stack)
{
	struct lk_lessons *to = lessons;
	uint32_t count = 0;
	lk_stack_id end = stack->id;

	if (!is_child || !to || __atomic_load_n(&to->used, __ATOMIC_RELAXED) >= LK_LESSONS_WORDS)
		return;
	for (; end > LK_DEPOT_CUT; end = lk_depot_parent(end))
		count++;
	uint32_t at = __atomic_fetch_add(&to->used, count + 1, __ATOMIC_RELAXED);
	if (at > LK_LESSONS_WORDS || count + 1 > LK_LESSONS_WORDS - at)
		return;
	uintptr_t first = (uintptr_t)count * 4 + end;
	for (lk_stack_id id = stack->id; id > LK_DEPOT_CUT; id = lk_depot_parent(id))
		to->words[at + count--] = lk_depot_node(id)->pc;
	__atomic_store_n(&to->words[at], first, __ATOMIC_RELEASE);
}

static void learn(lk_stack_id stack, const uintptr_t *frames, uint32_t count)
{
	struct lk_code code;

	for (uint32_t i = 0; i < count && taken < FRAMES_TAKEN_MAX; i++) {
		/* The child may have loaded what is not there. */
		if (!lk_code_find(frames[i] - 1, &code))
			return;
		stack = lk_rules_child(stack, frames[i]);
		if (stack == LK_STACK_NONE)
			return;
		taken++;
	}
}

/* A child may be writing still, or have been killed while it wrote. */
void lk_lessons_take(void)
{
	struct lk_lessons *from = lessons;

	if (!from || is_child || __atomic_load_n(&from->used, __ATOMIC_RELAXED) == 0)
		return;
	int saved = errno;
	for (uint32_t at = 0; at < LK_LESSONS_WORDS;) {
		uintptr_t first = __atomic_load_n(&from->words[at], __ATOMIC_ACQUIRE);
		uint32_t count = frames_of(first);
		lk_stack_id end = first % 4;

		if (count == 0 || count >= LK_LESSONS_WORDS - at ||
		    (end != LK_DEPOT_ROOT && end != LK_DEPOT_CUT))
			break;
		learn(end, &from->words[at + 1], count);
		at += count + 1;
	}
	memset(from->words, 0, sizeof from->words);
	__atomic_store_n(&from->used, 0, __ATOMIC_RELEASE);
	errno = saved;
}
