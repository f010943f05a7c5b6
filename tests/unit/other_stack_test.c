/* SPDX-License-Identifier: MIT */
/* Stacks of all shapes, walked by the thread itself and then by another one while it
 * is blocked: what the other one is sure of must be the same. */
#include "probe/other_stack.h"

#include <alloca.h>
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model/thread.h"
#include "probe/depot.h"
#include "probe/thread_state.h"
#include "probe/unwind.h"

#ifdef __clang__
#define UNOPTIMIZED __attribute__((noinline, optnone))
#else
#define UNOPTIMIZED __attribute__((noinline, optimize("O0", "no-omit-frame-pointer")))
#endif
#define OPTIMIZED __attribute__((noinline))

typedef int shape(int depth, unsigned seed);
static shape step;
static shape *volatile by_pointer = step;

static int ends[2];
static volatile pid_t tid;
static volatile lk_stack_id truth;
static volatile int sink;

/* As a hook would. */
static OPTIMIZED void note(void)
{
	truth = lk_unwind(__builtin_frame_address(0));
	sink++;
}

#define BLOCK(name, how)                              \
	static how int name(void)                     \
	{                                             \
		char byte;                            \
		note();                               \
		tid = gettid();                       \
		sink += (int)read(ends[0], &byte, 1); \
		return sink;                          \
	}
BLOCK(block, OPTIMIZED)
BLOCK(block_unoptimized, UNOPTIMIZED)

/* Leaves return addresses of its own below the caller's frame. */
static UNOPTIMIZED int dirty(int depth, unsigned seed)
{
	volatile char bytes[48];

	bytes[0] = (char)seed;
	if (depth % 5 > 0)
		sink += dirty(depth - 1, seed);
	return bytes[0];
}
static shape *volatile dirty_by_pointer = dirty;

static OPTIMIZED int many(int a, int b, int c, int d, int e, int f, int depth, unsigned seed, int g)
{
	int result = step(depth, seed);

	return result + a + b + c + d + e + f + g;
}
static UNOPTIMIZED int many_unoptimized(int a, int b, int c, int d, int e, int f, int depth,
					unsigned seed, int g)
{
	return step(depth, seed) + a + b + c + d + e + f + g;
}

/* The ways to call the next step, each in optimized code and in code that is not. */
#define SHAPE(name, ...)                                                    \
	static OPTIMIZED int name(int depth, unsigned seed)                 \
	{                                                                   \
		__VA_ARGS__                                                 \
		return sink;                                                \
	}                                                                   \
	static UNOPTIMIZED int name##_unoptimized(int depth, unsigned seed) \
	{                                                                   \
		__VA_ARGS__                                                 \
		return sink;                                                \
	}
SHAPE(plain, sink += step(depth, seed);)
SHAPE(pointer, sink += by_pointer(depth, seed);)
SHAPE(big, volatile char bytes[3000]; bytes[seed % 3000] = 1; sink += step(depth, seed) + bytes[7];)
SHAPE(variable, volatile char *bytes = alloca(seed % 700 + 1); bytes[0] = 1;
      sink += step(depth, seed) + bytes[0];)
SHAPE(variable_pointer, volatile char *bytes = alloca(seed % 300 + 1); bytes[0] = 1;
      sink += by_pointer(depth, seed) + bytes[0];)
SHAPE(arguments, sink += many(1, 2, 3, 4, 5, 6, depth, seed, 7);)
SHAPE(arguments_unoptimized_callee, sink += many_unoptimized(1, 2, 3, 4, 5, 6, depth, seed, 7);)
SHAPE(after_dirt, sink += dirty(depth + 3, seed); sink += step(depth, seed);)
SHAPE(after_dirt_pointer, sink += dirty_by_pointer(depth + 3, seed);
      volatile char *bytes = alloca(seed % 300 + 200); sink += bytes == NULL;
      sink += by_pointer(depth, seed);)

static shape *const shapes[] = {
	plain,
	plain_unoptimized,
	pointer,
	pointer_unoptimized,
	big,
	big_unoptimized,
	variable,
	variable_unoptimized,
	variable_pointer,
	variable_pointer_unoptimized,
	arguments,
	arguments_unoptimized,
	arguments_unoptimized_callee,
	arguments_unoptimized_callee_unoptimized,
	after_dirt,
	after_dirt_unoptimized,
	after_dirt_pointer,
	after_dirt_pointer_unoptimized,
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static OPTIMIZED int step(int depth, unsigned seed)
{
	unsigned next = seed * 1103515245 + 12345;

	if (depth == 0)
		sink += next >> 16 & 1 ? block() : block_unoptimized();
	else
		sink += shapes[(next >> 16) % SHAPES](depth - 1, next);
	return sink;
}

struct walk {
	int depth;
	unsigned seed;
};

static void *run(void *argument)
{
	const struct walk *walk = argument;

	sink += step(walk->depth, walk->seed);
	return NULL;
}

static struct lk_other_stack stack;
static struct lk_thread_now now;

static void look_at(struct walk *walk)
{
	pthread_t thread;

	tid = 0;
	now.call = -1;
	ck_assert_int_eq(pthread_create(&thread, NULL, run, walk), 0);
	do {
		sched_yield();
		if (tid)
			lk_thread_look(tid, &now, &stack);
	} while (now.call != SYS_read);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	pthread_join(thread, NULL);
}

START_TEST(what_is_sure_is_right)
{
	enum { WALKS = 400 };
	unsigned whole = 0, wrong = 0;

	for (int i = 0; i < WALKS; i++) {
		struct walk walk = { i % 10, (unsigned)(_i * WALKS + i) * 2654435761u };
		uintptr_t frames[LK_STACK_FRAMES_MAX];

		look_at(&walk);
		size_t count = lk_depot_frames(truth, frames, LK_STACK_FRAMES_MAX, NULL);
		/* The first is in read(), the second where block() called it. */
		for (size_t k = 2; k < stack.sure; k++)
			if (k - 1 >= count || stack.frames[k] != frames[k - 1]) {
				wrong++;
				break;
			}
		whole += stack.sure == count + 1 && !stack.cut;
	}
	ck_assert_uint_eq(wrong, 0);
#ifdef __x86_64__
	/* Arrays of variable size in functions that are called through a pointer leave it
	 * open where the frame ends. */
	ck_assert_uint_gt(whole, WALKS / 3);
#endif
}
END_TEST

START_TEST(an_address_that_is_not_there)
{
	lk_other_stack_walk(&stack, (uintptr_t)read, 16);
	ck_assert_uint_ge(stack.count, 1);
	ck_assert(stack.cut);
	lk_other_stack_walk(&stack, 16, (uintptr_t)&stack);
	ck_assert_uint_eq(stack.count, 1);
	ck_assert(stack.cut);
}
END_TEST

static void setup(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	lk_unwind_set_depth(LK_STACK_FRAMES_MAX);
}

int main(void)
{
	Suite *suite = suite_create("other_stack");
	TCase *tests = tcase_create("other_stack");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, what_is_sure_is_right, 0, 5);
	tcase_add_test(tests, an_address_that_is_not_there);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
