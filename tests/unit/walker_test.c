/* SPDX-License-Identifier: MIT */
/* What the reuse of a remembered walk must see; see also unwind_test.c. */
#include "probe/walker.h"

#include <alloca.h>
#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "base/self.h"
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/unwind.h"

#define NOINLINE __attribute__((noinline))
#define STAY __asm__ volatile("" ::: "memory")

/* Stands for an exported function. */
static NOINLINE lk_stack_id hook(void)
{
	lk_stack_id stack = lk_unwind(__builtin_frame_address(0));

	STAY;
	return stack;
}

static NOINLINE lk_stack_id call_hook(void)
{
	lk_stack_id stack = hook();

	STAY;
	return stack;
}

/* One function at the same place in memory, called by the same line of `from` or by
 * something in between: all that tells the two stacks apart is where the function's
 * frame ends, which it keeps in its frame pointer or, with its stack aligned, in
 * memory. */
typedef lk_stack_id ending(void);
typedef lk_stack_id variable(size_t size, ending *end);
static volatile char *place;

/* Functions that save the frame pointer, which is an outer one's. */
#define SAVER(name)                                                                          \
	static NOINLINE lk_stack_id name(void)                                               \
	{                                                                                    \
		volatile char *own = alloca(place ? 32 : 64);                                \
		own[0] = 1;                                                                  \
		lk_stack_id stack = hook();                                                  \
		own[1] = 1;                                                                  \
		return stack;                                                                \
	}
SAVER(save_here)
SAVER(save_there)

#ifdef __x86_64__
/* One function with two calls, between which only its rule for the frame pointer differs:
 * not saved, or saved and something else in it. */
lk_stack_id end_unsaved(void) __attribute__((visibility("hidden")));
lk_stack_id end_saved(void) __attribute__((visibility("hidden")));
lk_stack_id end_hook(void) __attribute__((visibility("hidden"), used));
lk_stack_id end_hook(void)
{
	return call_hook();
}
__asm__(".pushsection .text\n"
	".globl end_unsaved, end_saved\n"
	".hidden end_unsaved, end_saved\n"
	".type end_unsaved, @function\n"
	".type end_saved, @function\n"
	"end_saved:\n"
	"	.cfi_startproc\n"
	"	sub $24, %rsp\n"
	"	.cfi_adjust_cfa_offset 24\n"
	"	mov %rbp, 8(%rsp)\n"
	"	.cfi_rel_offset %rbp, 8\n"
	"	xor %ebp, %ebp\n"
	"	call end_hook\n"
	"	mov 8(%rsp), %rbp\n"
	"	.cfi_restore %rbp\n"
	"	add $24, %rsp\n"
	"	.cfi_adjust_cfa_offset -24\n"
	"	ret\n"
	"end_unsaved:\n"
	"	sub $24, %rsp\n"
	"	.cfi_adjust_cfa_offset 24\n"
	"	call end_hook\n"
	"	add $24, %rsp\n"
	"	.cfi_adjust_cfa_offset -24\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".popsection\n");
#endif

static NOINLINE lk_stack_id with_alloca(size_t size, ending *end)
{
	place = alloca(size);
	place[0] = 1;
	lk_stack_id stack = end();
	STAY;
	return stack;
}

static NOINLINE lk_stack_id aligned(size_t size, ending *end)
{
	volatile char buffer[64] __attribute__((aligned(64)));

	place = alloca(size);
	place[0] = buffer[size % 64] = 1;
	lk_stack_id stack = end();
	buffer[0] = 2;
	return stack;
}

#define BETWEEN(name, inner)                                                                 \
	static NOINLINE lk_stack_id name(size_t size, ending *end)                           \
	{                                                                                    \
		lk_stack_id stack = inner(size, end);                                        \
		STAY;                                                                        \
		return stack;                                                                \
	}
BETWEEN(before_alloca, with_alloca)
BETWEEN(before_aligned, aligned)

static NOINLINE lk_stack_id from(variable *way, size_t size, size_t shift, ending *end)
{
	volatile char *unused = alloca(shift);

	unused[0] = 1;
	lk_stack_id stack = way(size, end);
	unused[1] = 1;
	return stack;
}

static struct {
	variable *near, *far;
	size_t shift;
} const pairs[] = {
	{ with_alloca, before_alloca, 16 }, { aligned, before_aligned, 16 },
	{ aligned, before_aligned, 32 },    { aligned, before_aligned, 48 },
};
static ending *const endings[] = {
	hook, call_hook, save_here, save_there,
#ifdef __x86_64__
	end_saved, end_unsaved,
#endif
};
enum { PAIRS = sizeof pairs / sizeof *pairs, ENDINGS = sizeof endings / sizeof *endings };

static size_t count_of(lk_stack_id id)
{
	uintptr_t frames[LK_STACK_FRAMES_MAX];
	bool cut;
	size_t count = lk_depot_frames(id, frames, LK_STACK_FRAMES_MAX, &cut);

	ck_assert(!cut);
	return count;
}

START_TEST(sees_where_a_frame_ends)
{
	enum { SIZE = 1024 };
	unsigned same_place = 0;
	for (volatile int i = 0; i < PAIRS * ENDINGS * ENDINGS; i++) {
		int pair = i % PAIRS, warm = i / PAIRS % ENDINGS, now = i / PAIRS / ENDINGS;
		variable *near = pairs[pair].near, *far = pairs[pair].far;
		size_t shift = pairs[pair].shift, moved = 0;

		from(far, SIZE, shift, endings[warm]);
		uintptr_t far_place = (uintptr_t)place;
		from(near, SIZE, shift, endings[warm]);
		if (near == with_alloca)
			moved = (uintptr_t)place - far_place;
		/* A call site for all, and a walk of it before. */
		lk_stack_id stacks[3] = { 0 };
		for (volatile int turn = 0; turn < 3; turn++) {
			variable *way = turn < 2 ? near : far;
			ending *end = endings[turn == 0 ? warm : now];
			stacks[turn] = from(way, turn < 2 ? SIZE : SIZE - moved, shift, end);
			if (turn == 1)
				far_place = (uintptr_t)place;
		}
		same_place += far_place == (uintptr_t)place;
		ck_assert_uint_eq(count_of(stacks[2]), count_of(stacks[1]) + 1);
	}
	ck_assert_uint_ge(same_place, ENDINGS * ENDINGS);
}
END_TEST

/* On another stack, too, the walk before is believed only as far as it is the same. */
static ucontext_t scheduler, coroutine;
static lk_stack_id two_stacks[3];

static void call_from_two_lines(void)
{
	for (volatile int i = 0; i < 2; i++)
		two_stacks[i] = call_hook();
	two_stacks[2] = call_hook();
	swapcontext(&coroutine, &scheduler);
}

START_TEST(sees_another_caller_on_another_stack)
{
	enum { SIZE = 1 << 16 };
	char *memory = malloc(SIZE);

	getcontext(&coroutine);
	coroutine.uc_stack = (stack_t){ .ss_sp = memory, .ss_size = SIZE };
	coroutine.uc_link = NULL;
	makecontext(&coroutine, call_from_two_lines, 0);
	swapcontext(&scheduler, &coroutine);
	ck_assert_uint_eq(two_stacks[0], two_stacks[1]);
	ck_assert_uint_ne(two_stacks[0], two_stacks[2]);
	free(memory);
}
END_TEST

static NOINLINE lk_stack_id recurse(int depth)
{
	lk_stack_id stack = depth > 0 ? recurse(depth - 1) : hook();

	STAY;
	return stack;
}

/* Deeper than ever before, and from elsewhere. */
static NOINLINE lk_stack_id come_from(lk_stack_id (*function)(int), int depth)
{
	lk_stack_id stack = function(depth);

	STAY;
	return stack;
}
static NOINLINE lk_stack_id here(int depth)
{
	lk_stack_id stack = come_from(recurse, depth);

	STAY;
	return stack;
}
static NOINLINE lk_stack_id there(int depth)
{
	lk_stack_id stack = come_from(recurse, depth);

	STAY;
	return stack;
}

static void *go_deeper(void *stacks)
{
	enum { DEEP = 240 }; /* frames, of more than a page */
	lk_stack_id *ids = stacks;

	lk_unwind_set_depth(LK_STACK_FRAMES_MAX);
	here(0);
	for (volatile int i = 0; i < 2; i++) {
		ids[i] = there(DEEP);
		lk_unwind_forget_modules();
	}
	lk_unwind_thread_end();
	return NULL;
}

START_TEST(sees_another_caller_where_the_stack_was_never_so_deep)
{
	lk_stack_id ids[2];
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, go_deeper, ids), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(ids[0], ids[1]);
}
END_TEST

/* Back on the thread's own stack, which lies below or above the other one. */
static char *other_stack;

static void walk_on_other_stack(void)
{
	uintptr_t frames[LK_STACK_FRAMES_MAX];
	bool cut;

	ck_assert_uint_ge(lk_depot_frames(call_hook(), frames, LK_STACK_FRAMES_MAX, &cut), 2);
	ck_assert(!cut);
	swapcontext(&coroutine, &scheduler);
}

static void *come_back(void *size)
{
	lk_stack_id ids[2];

	for (volatile int i = 0; i < 2; i++) {
		const struct lk_walker *walker;

		ids[i] = call_hook();
		walker = lk_self.walker;
		ck_assert(!walker->is_foreign);
		if (i == 1)
			break;
		getcontext(&coroutine);
		coroutine.uc_stack = (stack_t){ .ss_sp = other_stack, .ss_size = *(size_t *)size };
		coroutine.uc_link = NULL;
		makecontext(&coroutine, walk_on_other_stack, 0);
		swapcontext(&scheduler, &coroutine);
	}
	ck_assert_uint_eq(ids[0], ids[1]);
	return NULL;
}

START_TEST(comes_back_from_another_stack)
{
	size_t size = 1 << 16;
	pthread_t thread;

	other_stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(other_stack, MAP_FAILED);
	/* Mappings go downwards: below the main stack, above a thread's. */
	come_back(&size);
	ck_assert_int_eq(pthread_create(&thread, NULL, come_back, &size), 0);
	pthread_join(thread, NULL);
}
END_TEST

/* Who decides in a signal handler whether the walk that it interrupted will go on. */
START_TEST(a_walk_was_abandoned_only_if_its_frame_is_gone)
{
	const struct lk_walker *walker;
	uintptr_t low, high, here;

	call_hook();
	walker = lk_self.walker;
	low = walker->bounds.own.low;
	high = walker->bounds.own.high;
	here = low + (high - low) / 2;
	const struct {
		uintptr_t inner, outer;
		bool abandoned;
	} cases[] = {
		{ here - 64, here, true },
		{ here, here - 64, false }, /* the handler runs below the walk */
		{ low - 4096, here, false }, /* on another stack, which may be gone back to */
		{ here, high + 64, false }, /* the handler has another stack */
		{ high + 64, here, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lk_walker copy = *walker;

		copy.under_way = cases[i].inner;
		ck_assert(lk_walker_was_abandoned(&copy, (const void *)cases[i].outer) ==
			  cases[i].abandoned);
	}
}
END_TEST

START_TEST(a_walk_that_interrupts_another_leaves_it_as_it_was)
{
	call_hook();
	const struct lk_walker *walker = lk_self.walker;
	const struct lk_walker before = *walker;
	const struct lk_walker_frame top = *walker->top;

	lk_self.recording = 1;
	recurse(9);
	lk_self.recording = 0;
	ck_assert_mem_eq(walker, &before, sizeof before);
	ck_assert_mem_eq(walker->top, &top, sizeof top);
}
END_TEST

/* No memory for the depot: a stack that has no name is not what the next is compared with,
 * although its inner frames have been seen below another. */
START_TEST(a_stack_that_cannot_be_kept_is_not_remembered)
{
	const struct rlimit none = { 1 << 20, RLIM_INFINITY };

	recurse(1);
	setrlimit(RLIMIT_AS, &none);
	/* An emulator may give memory all the same. */
	if (mmap(NULL, 1 << 16, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return;
	for (uintptr_t pc = 1; lk_depot_refused() == 0; pc++)
		lk_rules_child(LK_DEPOT_ROOT, pc);
	for (volatile int i = 0; i < 3; i++)
		ck_assert_uint_eq(recurse(1), LK_STACK_NONE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walker");
	TCase *tests = tcase_create("walker");

	tcase_add_test(tests, sees_where_a_frame_ends);
	tcase_add_test(tests, sees_another_caller_on_another_stack);
	tcase_add_test(tests, sees_another_caller_where_the_stack_was_never_so_deep);
	tcase_add_test(tests, comes_back_from_another_stack);
	tcase_add_test(tests, a_walk_was_abandoned_only_if_its_frame_is_gone);
	tcase_add_test(tests, a_walk_that_interrupts_another_leaves_it_as_it_was);
	tcase_add_test(tests, a_stack_that_cannot_be_kept_is_not_remembered);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
