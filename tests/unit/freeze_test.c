/* SPDX-License-Identifier: MIT */
/* Rows put by hand; none of the blocks exists. */
#include "probe/freeze.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/descriptor.h"
#include "probe/heap.h"
#include "probe/thread.h"
#include "probe/tracker.h"
#include "probe/unwind.h"

static struct lk_snapshot snapshot;
static uintptr_t next_address = 0x10000000000;

static void setup(void)
{
	lk_tracker.heap = lk_tracker.descriptors = lk_tracker.threads = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	lk_unwind_set_depth(32);
	ck_assert(lk_descriptor_baseline());
}

static void freeze(void)
{
	ck_assert(lk_freeze(LK_STACK_NONE, &snapshot));
	ck_assert_uint_eq(snapshot.events_lost, 0);
	ck_assert(!snapshot.descriptors_unknown);
}

/* The hook of a function that takes a block and a descriptor at once. */
static __attribute__((noinline)) void *take(size_t size, int fd)
{
	void *block = (void *)next_address;

	lk_heap_put(block, size, __builtin_frame_address(0));
	lk_descriptor_opened(fd, LK_DESCRIPTOR_LOWEST, __builtin_frame_address(0));
	next_address += 32;
	return block;
}

static __attribute__((noinline)) lk_stack_id here(void)
{
	return lk_unwind(__builtin_frame_address(0));
}

static __attribute__((noinline)) void *take_two(size_t size)
{
	void *first = take(size, -1);

	take(size + 1, -1);
	return first;
}

START_TEST(nothing_young_is_an_empty_snapshot)
{
	take(5, -1);
	lk_tracker_mark();
	ck_assert(lk_descriptor_baseline());
	ck_assert(!lk_freeze_anything_young());
	freeze();
	ck_assert_uint_eq(snapshot.sites_count, 0);
	ck_assert_uint_eq(snapshot.descriptors_count, 0);
	ck_assert_uint_eq(snapshot.threads_count, 0);
	ck_assert_uint_eq(snapshot.stacks_count, 1);
	ck_assert_uint_eq(snapshot.stacks[0].count, 0);
	ck_assert_uint_eq(snapshot.window_stack, 0);
	ck_assert_uint_gt(snapshot.modules_count, 1);
	lk_freeze_release(&snapshot);
}
END_TEST

/* Is every frame of STACK an address, and the innermost one in this program? */
static void check_stack(size_t stack)
{
	ck_assert_uint_gt(stack, 0);
	ck_assert_uint_lt(stack, snapshot.stacks_count);
	const struct lk_stack *row = &snapshot.stacks[stack];
	ck_assert_uint_gt(row->count, 1);
	ck_assert_uint_le(row->first + row->count, snapshot.frames_count);
	const struct lk_module *module = lk_module_find(snapshot.modules, snapshot.modules_count,
							snapshot.frames[row->first] - 1);
	ck_assert_ptr_nonnull(module);
	ck_assert(module->is_program);
}

START_TEST(blocks_are_grouped_by_stack)
{
	/* volatile: unrolled loops would make other stacks. */
	for (volatile int i = 0; i < 10; i++)
		take_two(100);
	for (volatile int i = 0; i < 3; i++)
		take(7, -1);
	ck_assert(lk_freeze_anything_young());
	freeze();
	ck_assert_uint_eq(snapshot.sites_count, 3);
	ck_assert_uint_eq(snapshot.stacks_count, 4);
	ck_assert_uint_eq(snapshot.sites[0].blocks, 10);
	ck_assert_uint_eq(snapshot.sites[0].bytes, 1000);
	ck_assert_uint_eq(snapshot.sites[1].blocks, 10);
	ck_assert_uint_eq(snapshot.sites[1].bytes, 1010);
	ck_assert_uint_eq(snapshot.sites[2].blocks, 3);
	ck_assert_uint_eq(snapshot.sites[2].bytes, 21);
	for (size_t i = 0; i < 3; i++) {
		check_stack(snapshot.sites[i].stack);
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(snapshot.sites[i].stack, snapshot.sites[k].stack);
	}
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(old_and_forgiven_blocks_are_left_out)
{
	take_two(10);
	lk_tracker_mark();
	ck_assert(lk_descriptor_baseline());
	void *forgiven = take_two(100), *released = take_two(1000);
	ck_assert(lk_heap_forgive(forgiven));
	ck_assert(lk_heap_take(released, NULL));
	freeze();
	uint64_t blocks = 0, bytes = 0;
	for (size_t i = 0; i < snapshot.sites_count; i++) {
		blocks += snapshot.sites[i].blocks;
		bytes += snapshot.sites[i].bytes;
	}
	ck_assert_uint_eq(blocks, 2);
	ck_assert_uint_eq(bytes, 101 + 1001);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(a_stack_is_stored_once)
{
	int fd = open("/dev/null", O_RDONLY);

	take(5, fd);
	freeze();
	ck_assert_uint_eq(snapshot.sites_count, 1);
	ck_assert_uint_eq(snapshot.descriptors_count, 1);
	ck_assert_uint_eq(snapshot.stacks_count, 2);
	ck_assert_uint_eq(snapshot.sites[0].stack, snapshot.descriptors[0].stack);
	ck_assert_uint_eq(snapshot.frames_count, snapshot.stacks[1].count);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(the_stack_of_the_window_is_there)
{
	lk_stack_id window = here();

	take(5, -1);
	ck_assert(lk_freeze(window, &snapshot));
	ck_assert_uint_eq(snapshot.stacks_count, 3);
	check_stack(snapshot.window_stack);
	ck_assert_uint_eq(snapshot.stacks[snapshot.window_stack].id, window);
	ck_assert_uint_ne(snapshot.sites[0].stack, snapshot.window_stack);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(a_deep_stack_is_cut)
{
	lk_unwind_set_depth(2);
	take(5, -1);
	freeze();
	const struct lk_stack *stack = &snapshot.stacks[snapshot.sites[0].stack];
	ck_assert_uint_eq(stack->count, 2);
	ck_assert(stack->cut);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(descriptors_are_described)
{
	int null = open("/dev/null", O_RDWR | O_APPEND | O_CLOEXEC);

	take(1, null);
	int unseen = dup(null), ends[2];
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert(lk_freeze_anything_young());
	freeze();
	ck_assert_uint_eq(snapshot.descriptors_count, 4);
	const struct lk_descriptor *row = snapshot.descriptors;
	ck_assert_int_eq(row[0].fd, null);
	ck_assert_int_eq(row[1].fd, unseen);
	ck_assert_int_eq(row[2].fd, ends[0]);
	ck_assert_str_eq(row[0].target, "/dev/null");
	ck_assert_str_eq(row[1].target, "/dev/null");
	ck_assert_int_eq(strncmp(row[2].target, "pipe:[", 6), 0);
	ck_assert_int_eq(row[0].flags & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	ck_assert_int_eq(row[2].flags & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	ck_assert_int_eq(row[3].flags & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	ck_assert(row[0].close_on_exec);
	ck_assert(!row[1].close_on_exec);
	check_stack(row[0].stack);
	ck_assert_uint_eq(row[1].stack, 0);
	ck_assert(!row[0].replaced);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(a_long_target_is_cut)
{
	enum { DEPTH = 3, NAME = 250 };
	char path[64 + DEPTH * NAME], name[NAME];
	size_t lengths[DEPTH], length;

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	length = (size_t)snprintf(path, sizeof path, "/tmp/leakcheck-%d", (int)getpid());
	for (int i = 0; i < DEPTH; i++) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
		lengths[i] = length;
		length += (size_t)snprintf(path + length, sizeof path - length, "/%s", name);
	}
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	unlink(path);
	for (int i = DEPTH; i-- > 0;) {
		path[lengths[i]] = '\0';
		rmdir(path);
	}
	ck_assert_int_ge(fd, 0);
	freeze();
	ck_assert_uint_eq(snapshot.descriptors_count, 1);
	ck_assert_uint_eq(strlen(snapshot.descriptors[0].target), LK_TARGET_MAX - 1);
	lk_freeze_release(&snapshot);
}
END_TEST

static sem_t ready, leave;
static pid_t waiting_tid;
static const char *waiting_name;

static void *wait_named(void *argument)
{
	prctl(PR_SET_NAME, waiting_name);
	waiting_tid = (pid_t)syscall(SYS_gettid);
	sem_post(&ready);
	sem_wait(&leave);
	return argument;
}

static void *finish(void *argument)
{
	return argument;
}

static __attribute__((noinline)) pthread_t start(void *(*routine)(void *))
{
	struct lk_thread *row = lk_thread_creating(false, __builtin_frame_address(0));
	pthread_t thread;

	row->start = routine;
	ck_assert_int_eq(pthread_create(&thread, NULL, lk_thread_main, row), 0);
	lk_thread_created(row, &thread);
	return thread;
}

START_TEST(threads_are_described)
{
	sem_init(&ready, 0, 0);
	sem_init(&leave, 0, 0);
	waiting_name = _i == 0 ? "fifteen letters" : "short";
	pthread_t waiting = start(wait_named);
	sem_wait(&ready);
	pthread_join(start(finish), NULL);
	ck_assert(lk_freeze_anything_young());
	freeze();
	sem_post(&leave);
	pthread_join(waiting, NULL);
	ck_assert_uint_eq(snapshot.threads_count, 2);
	const struct lk_thread_left *row = snapshot.threads;
	ck_assert_str_eq(row[0].name, waiting_name);
	ck_assert_int_eq(row[0].tid, waiting_tid);
	ck_assert_uint_eq(row[0].start, (uintptr_t)wait_named);
	ck_assert(!row[0].finished);
	ck_assert(!row[0].detached);
	check_stack(row[0].stack);
	ck_assert(row[1].finished);
	ck_assert_uint_eq(row[1].start, (uintptr_t)finish);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(what_is_not_watched_is_left_out)
{
	take(5, open("/dev/null", O_RDONLY));
	lk_thread_creating(false, __builtin_frame_address(0));
	lk_tracker.heap = lk_tracker.descriptors = lk_tracker.threads = false;
	ck_assert(!lk_freeze_anything_young());
	freeze();
	ck_assert_uint_eq(snapshot.sites_count, 0);
	ck_assert_uint_eq(snapshot.descriptors_count, 0);
	ck_assert_uint_eq(snapshot.threads_count, 0);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(is_released_twice_without_harm)
{
	static const struct lk_snapshot empty;

	take(5, -1);
	freeze();
	lk_freeze_release(&snapshot);
	ck_assert_int_eq(memcmp(&snapshot, &empty, sizeof empty), 0);
	lk_freeze_release(&snapshot);
}
END_TEST

START_TEST(counts_what_was_lost)
{
	uint64_t before = lk_freeze_losses();

	lk_heap_put((void *)((uintptr_t)1 << 50), 5, __builtin_frame_address(0));
	ck_assert_uint_eq(lk_freeze_losses(), before + 1);
}
END_TEST

static int ends[2];
static void *read_byte(void *argument)
{
	char byte;

	return read(ends[0], &byte, 1) == 1 ? argument : NULL;
}

/* No hook made this thread, and it is not young. */
START_TEST(a_dump_has_all_threads)
{
	const struct lk_thread_left *main_row = NULL, *other = NULL;
	pthread_t thread;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_byte, NULL), 0);
	do {
		lk_freeze_release(&snapshot);
		ck_assert(lk_freeze_dump(LK_STACK_NONE, &snapshot));
		ck_assert_uint_eq(snapshot.threads_seen, 2);
		main_row = &snapshot.threads[!snapshot.threads[0].is_main];
		other = &snapshot.threads[snapshot.threads[0].is_main];
	} while (other->now.activity == LK_ACTIVITY_RUNNING);
	ck_assert_uint_eq(snapshot.threads_count, 0);
	ck_assert(main_row->is_main && !main_row->is_known);
	ck_assert_int_eq(main_row->tid, getpid());
	ck_assert_int_eq(main_row->now.activity, LK_ACTIVITY_LOOKING);
	ck_assert_uint_gt(snapshot.stacks[main_row->now.stack].count, 1);
	ck_assert(!other->is_main && !other->is_known && !other->finished);
#ifdef __x86_64__
	ck_assert_int_eq(other->now.activity, LK_ACTIVITY_CALL);
	ck_assert_uint_gt(snapshot.stacks[other->now.stack].count, 1);
#endif
	lk_freeze_release(&snapshot);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("freeze");
	TCase *tests = tcase_create("freeze");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, nothing_young_is_an_empty_snapshot);
	tcase_add_test(tests, blocks_are_grouped_by_stack);
	tcase_add_test(tests, old_and_forgiven_blocks_are_left_out);
	tcase_add_test(tests, a_stack_is_stored_once);
	tcase_add_test(tests, the_stack_of_the_window_is_there);
	tcase_add_test(tests, a_deep_stack_is_cut);
	tcase_add_test(tests, descriptors_are_described);
	tcase_add_test(tests, a_long_target_is_cut);
	tcase_add_loop_test(tests, threads_are_described, 0, 2);
	tcase_add_test(tests, a_dump_has_all_threads);
	tcase_add_test(tests, what_is_not_watched_is_left_out);
	tcase_add_test(tests, is_released_twice_without_harm);
	tcase_add_test(tests, counts_what_was_lost);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
