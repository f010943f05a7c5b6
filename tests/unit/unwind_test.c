/* SPDX-License-Identifier: MIT */
/* The comparison with libunwind, on whole programs, is tests/oracle/run.sh. */
#include "probe/unwind.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/self.h"
#include "probe/depot.h"
#include "probe/expression.h"
#include "probe/walker.h"

#define NOINLINE __attribute__((noinline))
#define STAY __asm__ volatile("" ::: "memory")

struct stack {
	lk_stack_id id;
	size_t count;
	bool cut;
	uintptr_t frames[LK_STACK_FRAMES_MAX];
};

/* Stands for an exported function. */
static NOINLINE lk_stack_id hook(void)
{
	lk_stack_id stack = lk_unwind(__builtin_frame_address(0));

	STAY;
	return stack;
}

static void look_up(struct stack *stack, lk_stack_id id)
{
	stack->id = id;
	stack->count = lk_depot_frames(id, stack->frames, LK_STACK_FRAMES_MAX, &stack->cut);
}

static NOINLINE lk_stack_id call_hook(void)
{
	lk_stack_id stack = hook();

	STAY;
	return stack;
}

static NOINLINE lk_stack_id recurse(int depth)
{
	lk_stack_id stack = depth > 0 ? recurse(depth - 1) : hook();

	STAY;
	return stack;
}

static bool is_inside(uintptr_t pc, lk_stack_id (*function)(void))
{
	return pc > (uintptr_t)function && pc < (uintptr_t)function + 64;
}

START_TEST(begins_with_the_caller_of_the_hook)
{
	struct stack stack;

	look_up(&stack, call_hook());
	ck_assert(is_inside(stack.frames[0], call_hook));
	ck_assert_uint_ge(stack.count, 3);
	ck_assert(!stack.cut);
}
END_TEST

START_TEST(names_equal_stacks_alike_and_others_not)
{
	lk_stack_id ids[3], other;

	for (volatile int i = 0; i < 3; i++)
		ids[i] = call_hook();
	other = call_hook();
	ck_assert_uint_eq(ids[1], ids[0]);
	ck_assert_uint_eq(ids[2], ids[0]);
	ck_assert_uint_ne(other, ids[0]);
	ck_assert_uint_eq(lk_depot_parent(lk_depot_parent(other)),
			  lk_depot_parent(lk_depot_parent(ids[0])));
}
END_TEST

static NOINLINE lk_stack_id from_here(int depth)
{
	lk_stack_id stack = recurse(depth);

	STAY;
	return stack;
}

static NOINLINE lk_stack_id from_there(int depth)
{
	lk_stack_id stack = recurse(depth);

	STAY;
	return stack;
}

/* The innermost frames and their places in memory are the same. */
START_TEST(sees_a_change_far_outside)
{
	lk_stack_id here = from_here(9), there = from_there(9);

	lk_stack_id same_here = 0, same_there = 0;

	ck_assert_uint_ne(here, there);
	for (volatile int i = 0; i < 3; i++) {
		lk_stack_id now_here = from_here(9), now_there = from_there(9);

		ck_assert(i == 0 || (now_here == same_here && now_there == same_there));
		ck_assert_uint_ne(now_here, now_there);
		same_here = now_here;
		same_there = now_there;
	}
}
END_TEST

START_TEST(keeps_the_innermost_frames_and_says_so)
{
	struct stack whole, cut;

	look_up(&whole, recurse(20));
	ck_assert(!whole.cut);
	look_up(&cut, recurse(200));
	ck_assert(cut.cut);
	ck_assert_uint_eq(cut.count, LK_STACK_FRAMES_DEFAULT);
	ck_assert_uint_eq(recurse(201), cut.id);
	lk_unwind_set_depth(LK_STACK_FRAMES_MAX);
	look_up(&whole, recurse(200));
	ck_assert(!whole.cut);
	ck_assert_uint_gt(whole.count, 200);
	lk_unwind_set_depth(5);
	look_up(&cut, recurse(20));
	ck_assert_uint_eq(cut.count, 5);
	ck_assert(cut.cut);
	lk_unwind_set_depth(LK_STACK_FRAMES_DEFAULT);
}
END_TEST

START_TEST(is_exact_at_every_depth_around_the_limit)
{
	enum { LIMIT = LK_STACK_FRAMES_DEFAULT, TURNS = 3, DEPTHS = 14 };
	lk_stack_id ids[DEPTHS] = { 0 };
	struct stack stack;
	size_t outside = 0;

	for (volatile int call = 0; call < TURNS * DEPTHS; call++) {
		int turn = call / DEPTHS, step = call % DEPTHS;
		int depth = LIMIT - DEPTHS + (turn == 1 ? DEPTHS - 1 - step : step);
		lk_stack_id *id = &ids[depth - LIMIT + DEPTHS];

		look_up(&stack, recurse(depth));
		if (call == 0)
			outside = stack.count - (size_t)depth;
		size_t whole = outside + (size_t)depth;
		ck_assert_uint_eq(stack.count, whole < LIMIT ? whole : LIMIT);
		ck_assert_uint_eq(stack.cut, whole > LIMIT);
		ck_assert(turn == 0 || stack.id == *id);
		*id = stack.id;
	}
}
END_TEST

START_TEST(keeps_errno)
{
	errno = 1234;
	call_hook();
	recurse(100);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

static volatile lk_stack_id handler_stack;

static void on_signal(int signal)
{
	(void)signal;
	handler_stack = recurse(3);
}

static NOINLINE void raise_once(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	STAY;
}

START_TEST(walks_through_signal_frames)
{
	enum { SIZE = 65536 };
	stack_t alternate = { .ss_sp = malloc(SIZE), .ss_size = SIZE };
	struct stack normal, on_alternate;

	sigaltstack(&alternate, NULL);
	raise_once(0);
	look_up(&normal, handler_stack);
	ck_assert(!normal.cut);
	/* Four of recurse, the handler, the trampoline, two of raise, then ours. */
	ck_assert_uint_gt(normal.count, 9);
	raise_once(SA_ONSTACK);
	look_up(&on_alternate, handler_stack);
	ck_assert_uint_eq(on_alternate.count, normal.count);
	ck_assert(!on_alternate.cut);
	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
	free(alternate.ss_sp);
}
END_TEST

START_TEST(remembers_the_walk_before_that_of_a_signal_handler)
{
	const struct lk_walker_frame *frames;
	lk_stack_id stack = LK_STACK_NONE;

	for (volatile int i = 0; i < 3; i++) {
		lk_stack_id before = stack;

		stack = from_here(5);
		if (i > 0)
			ck_assert_uint_eq(stack, before);
		const struct lk_walker *walker = lk_self.walker;
		unsigned count = lk_walker_frames(walker, &frames);
		ck_assert_uint_gt(count, 7);
		raise_once(0);
		ck_assert_uint_eq(lk_walker_frames(walker, &frames), 0);
		ck_assert_uint_eq((size_t)(walker->top - walker->frames), count);
	}
}
END_TEST

/* The hook is called at the place in memory of a remembered frame, and where there were
 * return addresses now are other words. */
static NOINLINE lk_stack_id beside_words(uintptr_t word, size_t size)
{
	volatile uintptr_t *words = __builtin_alloca(size);

	for (size_t i = 0; i < size / sizeof *words; i++)
		words[i] = word + i;
	lk_stack_id stack = hook();
	STAY;
	return stack;
}

START_TEST(learns_nothing_from_words_in_the_place_of_frames)
{
	enum { SIZE_MAX_TRIED = 1024, ROUNDS = 4 };
	size_t size_before = 0;

	for (uintptr_t round = 0; round < ROUNDS; round++) {
		if (round == 1)
			size_before = lk_depot_size();
		for (size_t size = 16; size < SIZE_MAX_TRIED; size += 16) {
			recurse(12);
			ck_assert_uint_ne(beside_words((round + 1) << 20 | size << 8, size),
					  LK_STACK_NONE);
		}
	}
	ck_assert_uint_eq(lk_depot_size(), size_before);
}
END_TEST

START_TEST(leaves_an_interrupted_walk_alone)
{
	lk_stack_id plain[2], nested;

	for (volatile int i = 0; i < 2; i++) {
		void *walker = lk_self.walker;

		lk_self.recording = i;
		plain[i] = call_hook();
		lk_self.recording = 0;
		if (i == 1)
			ck_assert_ptr_eq(lk_self.walker, walker);
	}
	ck_assert_uint_eq(plain[0], plain[1]);
	lk_self.recording = 1;
	nested = recurse(4);
	lk_self.recording = 0;
	ck_assert_uint_ne(nested, LK_STACK_NONE);
}
END_TEST

/* As when a handler that interrupted a walk in open() leaves by siglongjmp. */
static NOINLINE void leave_a_walk_under_way(int depth)
{
	if (depth > 0) {
		leave_a_walk_under_way(depth - 1);
		STAY;
		return;
	}
	recurse(3);
	struct lk_walker *walker = lk_self.walker;
	walker->under_way = (uintptr_t)__builtin_frame_address(0);
	lk_self.recording = 1;
}

START_TEST(recovers_from_a_walk_that_never_ended)
{
	lk_stack_id before = from_here(2);

	leave_a_walk_under_way(30);
	ck_assert_uint_ne(from_here(2), before);
	ck_assert_int_eq(lk_self.recording, 0);
}
END_TEST

START_TEST(survives_longjmp_past_remembered_frames)
{
	jmp_buf escape;
	lk_stack_id before = from_here(3);

	for (volatile int i = 0; i < 3; i++) {
		if (!setjmp(escape)) {
			recurse(30);
			longjmp(escape, 1);
		}
		lk_stack_id after = from_here(3);
		ck_assert_uint_ne(after, LK_STACK_NONE);
		ck_assert_uint_ne(after, before);
	}
}
END_TEST

static ucontext_t scheduler, coroutine;
static struct stack coroutine_stack;

static void coroutine_body(void)
{
	look_up(&coroutine_stack, recurse(5));
	swapcontext(&coroutine, &scheduler);
}

static void run_coroutine(char *memory, size_t size)
{
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = memory;
	coroutine.uc_stack.ss_size = size;
	coroutine.uc_link = &scheduler;
	makecontext(&coroutine, coroutine_body, 0);
	swapcontext(&scheduler, &coroutine);
}

/* The second stack ends where the first had its outermost frames. */
START_TEST(reads_nothing_of_a_stack_that_is_gone)
{
	enum { PAGE = 4096, BIG = 32 * PAGE, SMALL = 8 * PAGE };
	char *memory = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t count;

	for (int i = 0; i < 3; i++) {
		run_coroutine(memory, BIG);
		count = coroutine_stack.count;
		ck_assert_uint_ge(count, 7);
		mprotect(memory + SMALL, BIG - SMALL, PROT_NONE);
		run_coroutine(memory, SMALL);
		ck_assert_uint_eq(coroutine_stack.count, count);
		mprotect(memory + SMALL, BIG - SMALL, PROT_READ | PROT_WRITE);
	}
	munmap(memory, BIG);
}
END_TEST

static void *walk_and_end(void *end)
{
	recurse(5);
	void *walker = lk_self.walker;

	if (end)
		lk_unwind_thread_end();
	return walker;
}

/* How many walkers 300 threads need, one after the other. */
static int walkers_used(void *end)
{
	void *walkers[300];
	int distinct = 0;

	for (int i = 0; i < 300; i++) {
		pthread_t thread;
		bool is_new = true;

		pthread_create(&thread, NULL, walk_and_end, end);
		pthread_join(thread, &walkers[i]);
		ck_assert_ptr_nonnull(walkers[i]);
		for (int other = 0; other < i; other++)
			is_new = is_new && walkers[other] != walkers[i];
		distinct += is_new;
	}
	return distinct;
}

START_TEST(lends_a_walker_to_the_next_thread)
{
	ck_assert_int_eq(walkers_used(&scheduler), 1);
}
END_TEST

START_TEST(finds_the_walkers_of_threads_that_just_ended)
{
	ck_assert_int_le(walkers_used(NULL), 20);
}
END_TEST

START_TEST(keeps_ids_when_other_modules_come_and_go)
{
	lk_stack_id ids[2];

	for (volatile int i = 0; i < 2; i++) {
		ids[i] = call_hook();
		lk_unwind_forget_modules();
	}
	ck_assert_uint_eq(ids[0], ids[1]);
	ck_assert_uint_ge(lk_depot_generation(ids[0]), 1);
	ck_assert_uint_gt(lk_unwind_generation(), lk_depot_generation(ids[0]));
}
END_TEST

static NOINLINE pid_t fork_second(int turn)
{
	return turn == 0 ? -1 : fork();
}

START_TEST(goes_on_in_a_forked_child)
{
	lk_stack_id ids[2];
	pid_t child = -1;
	int status;

	for (volatile int i = 0; i < 2; i++) {
		child = fork_second(i);
		ids[i] = call_hook();
	}
	if (child == 0)
		_exit(ids[0] != ids[1]);
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(ids[0], ids[1]);
}
END_TEST

#ifdef __x86_64__
/* Code that no table describes: push %rbp; call *%rdi; pop %rbp; ret */
START_TEST(cuts_the_stack_at_code_without_information)
{
	static const unsigned char code[] = { 0x55, 0xff, 0xd7, 0x5d, 0xc3 };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stack stack;

	memcpy(page, code, sizeof code);
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	lk_stack_id (*generated)(lk_stack_id (*)(void)) =
		(lk_stack_id(*)(lk_stack_id(*)(void)))(uintptr_t)page;
	for (int i = 0; i < 2; i++) {
		look_up(&stack, generated(call_hook));
		ck_assert_uint_eq(stack.count, 2);
		ck_assert_uint_eq(stack.frames[1], (uintptr_t)page + 3);
		ck_assert(stack.cut);
	}
	munmap(page, 4096);
}
END_TEST

static bool load_nothing(void *context, uintptr_t address, unsigned size, uintptr_t *value)
{
	(void)context;
	(void)address;
	(void)size;
	(void)value;
	return false;
}

/* What the linker writes for the procedure linkage table:
 * rsp + 8 + (((rip & 15) >= 11) << 3) */
START_TEST(evaluates_the_expression_of_the_plt)
{
	static const uint8_t block[] = { 11,   0x77, 8,	   0x80, 0,    0x3f,
					 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22 };
	struct lk_registers registers = { .known = 1u << 7 | 1u << 16 };
	uintptr_t cfa;

	for (uintptr_t pc = 0x1000; pc < 0x1010; pc++) {
		registers.value[7] = 0x7000;
		registers.value[16] = pc;
		ck_assert(lk_expression_evaluate(block, &registers, NULL, load_nothing, NULL,
						 &cfa));
		ck_assert_uint_eq(cfa, 0x7008u + (pc % 16 >= 11 ? 8 : 0));
	}
	registers.known = 1u << 7;
	ck_assert(!lk_expression_evaluate(block, &registers, NULL, load_nothing, NULL, &cfa));
}
END_TEST
#endif

int main(void)
{
	Suite *suite = suite_create("unwind");
	TCase *tests = tcase_create("unwind");

	tcase_add_test(tests, begins_with_the_caller_of_the_hook);
	tcase_add_test(tests, names_equal_stacks_alike_and_others_not);
	tcase_add_test(tests, sees_a_change_far_outside);
	tcase_add_test(tests, keeps_the_innermost_frames_and_says_so);
	tcase_add_test(tests, is_exact_at_every_depth_around_the_limit);
	tcase_add_test(tests, keeps_errno);
	tcase_add_test(tests, walks_through_signal_frames);
	tcase_add_test(tests, remembers_the_walk_before_that_of_a_signal_handler);
	tcase_add_test(tests, learns_nothing_from_words_in_the_place_of_frames);
	tcase_add_test(tests, leaves_an_interrupted_walk_alone);
	tcase_add_test(tests, recovers_from_a_walk_that_never_ended);
	tcase_add_test(tests, survives_longjmp_past_remembered_frames);
	tcase_add_test(tests, reads_nothing_of_a_stack_that_is_gone);
	tcase_add_test(tests, lends_a_walker_to_the_next_thread);
	tcase_add_test(tests, finds_the_walkers_of_threads_that_just_ended);
	tcase_add_test(tests, keeps_ids_when_other_modules_come_and_go);
	tcase_add_test(tests, goes_on_in_a_forked_child);
#ifdef __x86_64__
	tcase_add_test(tests, cuts_the_stack_at_code_without_information);
	tcase_add_test(tests, evaluates_the_expression_of_the_plt);
#endif
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
