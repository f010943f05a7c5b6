/* SPDX-License-Identifier: MIT */
#include "probe/window_stack.h"

#include <string.h>

#include "base/attributes.h"
#include "base/self.h"
#include "probe/unwind.h"
#include "probe/walker.h"
#include "base/light.h"

enum { WORDS_MAX = 8192, FRAMES_MAX = LK_STACK_FRAMES_MAX + 1 };

struct frame {
	uintptr_t sp, node;
};
enum { WORDS_OF_FRAME = sizeof(struct frame) / sizeof(uintptr_t) };

static LK_HOT_BIG struct {
	uintptr_t sp, end;     /* of the stack; end 0: it was not the thread's own */
	unsigned frames_count; /* outermost first; 0: the walk was not remembered */
	size_t words_count;
	/* The frames, and close behind them the words of the stack from sp on: each page
	 * that is written here is a copy. */
	uintptr_t memory[FRAMES_MAX * WORDS_OF_FRAME + WORDS_MAX];
} then;

static struct frame *frames_then(void)
{
	return (struct frame *)then.memory;
}

static uintptr_t *words_then(void)
{
	return then.memory + then.frames_count * WORDS_OF_FRAME;
}

void lk_window_stack_open(const void *frame)
{
	const struct lk_walker *walker = lk_self.walker;
	const struct lk_walker_frame *frames;

	then.frames_count = 0;
	then.end = 0;
	then.words_count = 0;
	if (!walker || walker->is_foreign || (uintptr_t)frame >= walker->stack_end)
		return;
	then.sp = (uintptr_t)frame + 2 * sizeof(uintptr_t);
	then.end = walker->stack_end;
	unsigned count = lk_walker_frames(walker, &frames);
	if (!walker->is_depth_cut && count <= FRAMES_MAX)
		then.frames_count = count;
	for (unsigned i = 0; i < then.frames_count; i++)
		frames_then()[i] = (struct frame){ frames[i].sp, frames[i].node->id };
	size_t words = (then.end - then.sp) / sizeof(uintptr_t);
	then.words_count = words < WORDS_MAX ? words : WORDS_MAX;
	memcpy(words_then(), (const void *)then.sp, then.words_count * sizeof(uintptr_t));
}

/* The frames of now and of then are the same from the outermost one inwards up to
 * the function that called both into the window and out of it: there only the call
 * differs. */
__attribute__((noinline)) void lk_window_stack_part(uintptr_t *start, uintptr_t *end)
{
	*start = then.sp;
	*end = then.end;
	lk_unwind(__builtin_frame_address(0));
	const struct lk_walker *walker = lk_self.walker;
	const struct lk_walker_frame *frames;
	unsigned same = 0;

	if (then.frames_count == 0 || !walker || walker->is_foreign || walker->is_depth_cut)
		return;
	unsigned count = lk_walker_frames(walker, &frames);
	while (same < then.frames_count && same < count &&
	       frames_then()[same].node == frames[same].node->id &&
	       frames_then()[same].sp == frames[same].sp)
		same++;
	if (same == 0 || same == then.frames_count || same == count)
		return;
	uintptr_t before = frames_then()[same].sp, now = frames[same].sp;
	*start = before > now ? before : now;
}

__attribute__((noinline)) void lk_window_stack_all(uintptr_t *start, uintptr_t *end)
{
	const struct lk_walker *walker;

	lk_unwind(__builtin_frame_address(0));
	walker = lk_self.walker;
	*start = (uintptr_t)__builtin_frame_address(0);
	*end = walker && *start < walker->stack_end ? walker->stack_end : *start;
}

bool lk_window_stack_unchanged(uintptr_t address)
{
	size_t word = (address - then.sp) / sizeof(uintptr_t);

	return address >= then.sp && word < then.words_count &&
	       words_then()[word] == *(const uintptr_t *)address;
}
