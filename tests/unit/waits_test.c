/* SPDX-License-Identifier: MIT */
/* Threads made by hand, which wait in this program's C library. */
#include "judge/waits.h"

#include <check.h>
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "probe/modules.h"
#include "report/threads.h"

enum { MODULES_MAX = 100, THREADS_MAX = 8, STACKS = 4 };
enum { IN_MUTEX = 1, IN_CONDITION, IN_JOIN };

static struct lk_module modules[MODULES_MAX];
static struct lk_thread_left threads[THREADS_MAX];
static struct lk_stack stacks[STACKS];
static uintptr_t frames[STACKS];
static struct lk_snapshot snapshot;
static struct lk_symbols *symbols;
static struct lk_waits waits;

static void set_stack(size_t stack, const char *function)
{
	void *address = dlsym(RTLD_DEFAULT, function);

	ck_assert_ptr_nonnull(address);
	frames[stack] = (uintptr_t)address + 2;
	stacks[stack] = (struct lk_stack){ .first = (uint32_t)stack, .count = 1 };
}

static void setup(void)
{
	memset(threads, 0, sizeof threads);
	snapshot = (struct lk_snapshot){
		.threads = threads,
		.stacks = stacks,
		.stacks_count = STACKS,
		.frames = frames,
		.frames_count = STACKS,
		.modules = modules,
		.modules_count = lk_modules_list(modules, MODULES_MAX),
	};
	set_stack(IN_MUTEX, "pthread_mutex_lock");
	set_stack(IN_CONDITION, "pthread_cond_wait");
	set_stack(IN_JOIN, "pthread_join");
	symbols = lk_symbols_open(modules, snapshot.modules_count);
	ck_assert_ptr_nonnull(symbols);
}

static void teardown(void)
{
	lk_waits_release(&waits);
	lk_waits_release(&waits);
	lk_symbols_close(symbols);
}

static struct lk_thread_left *add(pid_t tid)
{
	struct lk_thread_left *row = &threads[snapshot.threads_seen++];

	row->tid = tid;
	row->now.call = -1;
	row->now.sure = UINT32_MAX;
	row->now.activity = LK_ACTIVITY_RUNNING;
	return row;
}

/* A thread that waits for a futex of its own. */
static struct lk_thread_left *add_waiter(pid_t tid, size_t stack, int operation)
{
	struct lk_thread_left *row = add(tid);

	row->now.activity = LK_ACTIVITY_CALL;
	row->now.call = SYS_futex;
	row->now.arguments[0] = 0x10000u * (unsigned)tid;
	row->now.arguments[1] = (unsigned)operation;
	row->now.memory_known = true;
	row->now.stack = stack;
	return row;
}

static struct lk_thread_left *add_locker(pid_t tid, pid_t owner)
{
	struct lk_thread_left *row = add_waiter(tid, IN_MUTEX, FUTEX_WAIT | FUTEX_PRIVATE_FLAG);

	row->now.arguments[2] = 2;
	memcpy(row->now.memory + LK_FUTEX_BEFORE + 8, &owner, sizeof owner);
	return row;
}

static void add_joiner(pid_t tid, pid_t target)
{
	add_waiter(tid, IN_JOIN, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME)->now.arguments[2] =
		(unsigned)target;
}

static void make(bool test_is_over)
{
	lk_waits_release(&waits);
	ck_assert(lk_waits_make(&snapshot, symbols, test_is_over, &waits));
	ck_assert_uint_eq(waits.count, snapshot.threads_seen);
}

/* The text of all cycles, or of the dump by thread or by stack. */
enum what { CYCLES, DUMP, COUNTED };
static bool says(enum what what, const char *part)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (what == CYCLES)
		lk_report_deadlocks(out, &waits, false, "# ");
	else if (what == DUMP)
		lk_report_threads(out, &waits, "");
	else
		ck_assert(lk_report_threads_counted(out, &waits, ""));
	fclose(out);
	bool found = strstr(text, part) != NULL;
	free(text);
	return found;
}

START_TEST(nobody_waits_for_nobody)
{
	make(true);
	ck_assert_uint_eq(waits.cycles, 0);
	add(10);
	make(true);
	ck_assert_int_eq(waits.rows[0].wait.kind, LK_WAIT_running);
	ck_assert_str_eq(waits.rows[0].state, "running");
	ck_assert_ptr_null(waits.rows[0].stuck);
	ck_assert(!says(CYCLES, "DEADLOCK"));
}
END_TEST

START_TEST(a_lock_and_who_holds_it)
{
	add(10)->is_main = true;
	strcpy(add_locker(11, 12)->name, "not me");
	strcpy(add(12)->name, "me\n");
	make(false);
	ck_assert_int_eq(waits.rows[1].wait.kind, LK_WAIT_mutex);
	ck_assert_str_eq(waits.rows[1].state, "mutex 0xb0000 held by thread 12 \"me\\n\"");
	ck_assert_uint_eq(waits.rows[1].holder, 2);
	ck_assert_ptr_null(waits.rows[1].stuck);
	ck_assert(says(DUMP, "thread 11 \"not me\" [mutex 0xb0000 held by thread 12 \"me\\n\"]:\n"
			     "pthread_mutex_lock\n\t"));
	ck_assert(says(DUMP, "main thread 10 [running]:\n"));
}
END_TEST

START_TEST(two_that_wait_for_each_other)
{
	add_locker(11, 12);
	add(13);
	add_locker(12, 11);
	make(false);
	ck_assert_uint_eq(waits.cycles, 1);
	ck_assert_uint_eq(waits.rows[0].cycle, 1);
	ck_assert_uint_eq(waits.rows[1].cycle, 0);
	ck_assert_uint_eq(waits.rows[2].cycle, 1);
	ck_assert(waits.rows[0].stuck_is_sure && waits.rows[2].stuck_is_sure);
	ck_assert(says(CYCLES, "# DEADLOCK of 2 threads\n# "));
	ck_assert(says(CYCLES, "thread 11 waits for mutex 0xb0000 held by thread 12, in\n"));
	ck_assert(says(CYCLES, "thread 12 waits for mutex 0xc0000 held by thread 11, in\n"));
	ck_assert(says(DUMP, "DEADLOCK of 2 threads\n"));
}
END_TEST

START_TEST(one_that_waits_for_itself)
{
	add_locker(11, 11);
	make(false);
	ck_assert_uint_eq(waits.cycles, 1);
	ck_assert_str_eq(waits.rows[0].stuck, "it waits for itself");
	ck_assert(says(CYCLES, "DEADLOCK of 1 thread\n"));
}
END_TEST

START_TEST(joins_and_locks_make_one_circle)
{
	add_joiner(11, 12);
	add_joiner(12, 13);
	add_locker(13, 11);
	/* Two that hang on it, and a circle of their own beside. */
	add_joiner(14, 11);
	add_locker(15, 14);
	add_locker(16, 16);
	make(false);
	ck_assert_uint_eq(waits.cycles, 2);
	ck_assert_str_eq(waits.rows[0].state, "join of thread 12");
	ck_assert_uint_eq(waits.rows[2].cycle, waits.rows[0].cycle);
	ck_assert_uint_eq(waits.rows[3].cycle, 0);
	ck_assert(waits.rows[3].stuck && waits.rows[4].stuck && waits.rows[4].stuck_is_sure);
	ck_assert_uint_ne(waits.rows[5].cycle, waits.rows[0].cycle);
}
END_TEST

START_TEST(time_and_other_processes_break_circles)
{
	add_locker(11, 12)->now.arguments[3] = 0x1000;
	add_locker(12, 11);
	/* Whose number it is may be another process's. */
	add_locker(13, 99)->now.arguments[1] = FUTEX_WAIT;
	make(true);
	ck_assert_uint_eq(waits.cycles, 0);
	ck_assert_ptr_null(waits.rows[0].stuck);
	ck_assert_ptr_null(waits.rows[1].stuck);
	ck_assert_ptr_null(waits.rows[2].stuck);
}
END_TEST

START_TEST(a_holder_that_has_ended)
{
	add_locker(11, 12);
	make(false);
	ck_assert(waits.rows[0].stuck && waits.rows[0].stuck_is_sure);
	snapshot.threads_unknown = true;
	make(false);
	ck_assert_ptr_null(waits.rows[0].stuck);
}
END_TEST

START_TEST(nobody_is_left_to_wake_it)
{
	add(10)->now.activity = LK_ACTIVITY_LOOKING;
	add_waiter(11, IN_CONDITION, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG);
	make(false);
	ck_assert_str_eq(waits.rows[1].state, "condition 0xaffd8");
	ck_assert_ptr_null(waits.rows[1].stuck);
	make(true);
	ck_assert(waits.rows[1].stuck && !waits.rows[1].stuck_is_sure);
	add(12);
	make(true);
	ck_assert_ptr_null(waits.rows[1].stuck);
}
END_TEST

START_TEST(a_pipe_that_only_the_test_could_fill)
{
	struct lk_thread_left *row = add(11);

	row->now.activity = LK_ACTIVITY_CALL;
	row->now.call = SYS_read;
	row->now.arguments[0] = 5;
	strcpy(row->now.target, "pipe:[7]\033");
	row->now.other_end = LK_END_HERE;
	make(false);
	ck_assert_str_eq(waits.rows[0].state, "read of fd 5 (pipe:[7]\\x1b)");
	ck_assert_ptr_null(waits.rows[0].stuck);
	make(true);
	ck_assert(waits.rows[0].stuck && !waits.rows[0].stuck_is_sure);
	row->now.other_end = LK_END_ELSEWHERE;
	make(true);
	ck_assert_ptr_null(waits.rows[0].stuck);
}
END_TEST

START_TEST(equal_stacks_are_counted)
{
	add_locker(11, 14);
	add(14);
	add_locker(12, 14);
	add_locker(13, 14);
	make(false);
	ck_assert(says(COUNTED, "thread profile: total 4\n3 @ 0x"));
	ck_assert(says(COUNTED, "\n# state: mutex\n#\t0x"));
	ck_assert(says(COUNTED, "\tpthread_mutex_lock\t"));
	ck_assert(says(COUNTED, "\n1 @\n# state: running\n"));
}
END_TEST

START_TEST(frames_that_are_a_guess_say_so)
{
	add_locker(11, 12)->now.sure = 0;
	make(false);
	ck_assert(says(DUMP, "probably called by:\npthread_mutex_lock\n"));
	ck_assert(says(COUNTED, "\tprobably\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waits");
	TCase *tests = tcase_create("waits");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nobody_waits_for_nobody);
	tcase_add_test(tests, a_lock_and_who_holds_it);
	tcase_add_test(tests, two_that_wait_for_each_other);
	tcase_add_test(tests, one_that_waits_for_itself);
	tcase_add_test(tests, joins_and_locks_make_one_circle);
	tcase_add_test(tests, time_and_other_processes_break_circles);
	tcase_add_test(tests, a_holder_that_has_ended);
	tcase_add_test(tests, nobody_is_left_to_wake_it);
	tcase_add_test(tests, a_pipe_that_only_the_test_could_fill);
	tcase_add_test(tests, equal_stacks_are_counted);
	tcase_add_test(tests, frames_that_are_a_guess_say_so);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
