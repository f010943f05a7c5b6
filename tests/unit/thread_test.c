/* SPDX-License-Identifier: MIT */
/* Real threads that run the trampoline; what the hooks would tell is told by hand. */
#include "probe/thread.h"

#include <check.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "base/self.h"
#include "probe/tracker.h"

static sem_t started, go;

static void setup(void)
{
	lk_tracker.threads = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	sem_init(&started, 0, 0);
	sem_init(&go, 0, 0);
}

static __attribute__((noinline)) struct lk_thread *creating(bool detached)
{
	return lk_thread_creating(detached, __builtin_frame_address(0));
}

static void *wait_for_go(void *argument)
{
	sem_post(&started);
	sem_wait(&go);
	return argument;
}

static void tell_created(struct lk_thread *row, pthread_t handle)
{
	lk_thread_created(row, &handle);
}

/* As the hook of pthread_create; CREATED is told at the end if TELL. */
static struct lk_thread *start(bool detached, void *(*routine)(void *), bool tell, pthread_t *ret)
{
	struct lk_thread *row = creating(detached);
	pthread_attr_t attributes;

	ck_assert_ptr_nonnull(row);
	row->start = routine;
	row->argument = row;
	pthread_attr_init(&attributes);
	if (detached)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	ck_assert_int_eq(pthread_create(ret, &attributes, lk_thread_main, row), 0);
	pthread_attr_destroy(&attributes);
	if (tell)
		lk_thread_created(row, ret);
	return row;
}

static struct lk_thread *start_waiting(bool detached, pthread_t *ret)
{
	struct lk_thread *row = start(detached, wait_for_go, true, ret);

	sem_wait(&started);
	return row;
}

static void count(void *context, const struct lk_thread *row)
{
	(void)row;
	++*(unsigned *)context;
}

static unsigned left(uint32_t epoch)
{
	unsigned rows = 0;

	lk_thread_each(epoch, count, &rows);
	return rows;
}

static bool is_finished(const struct lk_thread *row)
{
	return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE) & LK_THREAD_FINISHED;
}

/* A thread that was joined is still known to the kernel for a moment. */
static void wait_for_running(unsigned threads)
{
	while (lk_thread_running() != threads)
		sched_yield();
}

static void wait_for_left(unsigned rows)
{
	while (left(lk_tracker.epoch) != rows)
		sched_yield();
}

START_TEST(a_row_lives_until_the_thread_is_joined)
{
	pthread_t thread;
	struct lk_thread *row = start_waiting(false, &thread);
	void *result;

	ck_assert_uint_eq(row->epoch, lk_tracker.epoch);
	ck_assert_uint_ne(row->created, LK_STACK_NONE);
	ck_assert_int_ne(row->tid, 0);
	ck_assert_int_ne(row->tid, getpid());
	ck_assert_uint_eq(lk_thread_running(), 1);
	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
	sem_post(&go);
	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, row); /* what the start routine returned */
	/* Ended, but leakcheck was not told of the join: a leak. */
	ck_assert(is_finished(row));
	wait_for_running(0);
	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
	ck_assert_ptr_eq(lk_thread_claim(thread), row);
	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
	lk_thread_joined(row);
	ck_assert_uint_eq(left(lk_tracker.epoch), 0);
	ck_assert_ptr_null(lk_thread_claim(thread));
	ck_assert_uint_eq(lk_thread_creations(), 1);
	ck_assert_uint_eq(lk_thread_lost(), 0);
}
END_TEST

START_TEST(detached_at_birth_leaves_when_it_ends)
{
	pthread_t thread;

	start_waiting(true, &thread);
	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
	ck_assert_uint_eq(lk_thread_running(), 1);
	ck_assert_ptr_null(lk_thread_claim(thread)); /* it cannot be joined */
	sem_post(&go);
	wait_for_left(0);
	wait_for_running(0);
}
END_TEST

START_TEST(detached_while_it_runs)
{
	pthread_t thread;
	struct lk_thread *row = start_waiting(false, &thread);

	ck_assert_ptr_eq(lk_thread_claim(thread), row);
	pthread_detach(thread);
	lk_thread_detached(row);
	ck_assert(row->state & LK_THREAD_DETACHED);
	ck_assert_ptr_null(lk_thread_claim(thread));
	ck_assert_uint_eq(lk_thread_running(), 1);
	sem_post(&go);
	wait_for_left(0);
	wait_for_running(0);
}
END_TEST

START_TEST(detached_after_it_ended)
{
	pthread_t thread;
	struct lk_thread *row = start_waiting(false, &thread);

	sem_post(&go);
	while (!is_finished(row))
		sched_yield();
	ck_assert_ptr_eq(lk_thread_claim(thread), row);
	pthread_detach(thread);
	lk_thread_detached(row);
	wait_for_left(0); /* until the kernel has forgotten it, its destructors may run */
}
END_TEST

START_TEST(what_failed_to_start_leaves_no_row)
{
	struct lk_thread *row = creating(false);

	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
	lk_thread_failed(row);
	ck_assert_uint_eq(left(lk_tracker.epoch), 0);
	lk_thread_joined(NULL);
	lk_thread_detached(NULL);
	lk_thread_unclaim(NULL);
}
END_TEST

/* Two threads that join the same one, and a join that fails. */
START_TEST(is_claimed_by_one)
{
	const pthread_t handle = (pthread_t)0x1234000;
	struct lk_thread *row = creating(false);

	tell_created(row, handle);
	ck_assert_ptr_eq(lk_thread_claim(handle), row);
	ck_assert_ptr_null(lk_thread_claim(handle));
	ck_assert_uint_eq(lk_thread_running(), 1);
	lk_thread_unclaim(row);
	ck_assert_ptr_eq(lk_thread_claim(handle), row);
	lk_thread_detached(row);
	ck_assert_ptr_null(lk_thread_claim(handle));
	ck_assert_uint_eq(left(lk_tracker.epoch), 1);
}
END_TEST

enum { CLAIMERS = 4, CLAIMS = 2000 };
static pthread_barrier_t together;

static void *claim_many(void *context)
{
	(void)context;
	uintptr_t claimed = 0;

	for (uintptr_t handle = 1; handle <= CLAIMS; handle++) {
		if (handle % 100 == 1)
			pthread_barrier_wait(&together);
		claimed += lk_thread_claim((pthread_t)handle) != NULL;
	}
	return (void *)claimed;
}

START_TEST(is_claimed_by_one_of_many)
{
	pthread_t claimers[CLAIMERS];
	uintptr_t claimed = 0;
	void *result;

	for (uintptr_t handle = 1; handle <= CLAIMS; handle++)
		tell_created(creating(false), (pthread_t)handle);
	pthread_barrier_init(&together, NULL, CLAIMERS);
	for (int i = 0; i < CLAIMERS; i++)
		pthread_create(&claimers[i], NULL, claim_many, NULL);
	for (int i = 0; i < CLAIMERS; i++) {
		pthread_join(claimers[i], &result);
		claimed += (uintptr_t)result;
	}
	ck_assert_uint_eq(claimed, CLAIMS);
}
END_TEST

/* pthread_join may be called before the thread has run at all. */
START_TEST(is_known_by_its_handle_before_it_runs)
{
	struct lk_thread *row = creating(false);
	const pthread_t handle = (pthread_t)0x1234000;

	tell_created(row, handle);
	ck_assert_ptr_null(lk_thread_claim((pthread_t)0x1235000));
	ck_assert_ptr_eq(lk_thread_claim(handle), row);
	lk_thread_joined(row);
	ck_assert_ptr_null(lk_thread_claim(handle));
}
END_TEST

START_TEST(is_known_although_the_creation_was_not_told_yet)
{
	pthread_t thread;
	struct lk_thread *row = start(false, wait_for_go, false, &thread);

	sem_wait(&started);
	ck_assert_ptr_eq(lk_thread_claim(thread), row);
	lk_thread_unclaim(row);
	tell_created(row, thread);
	ck_assert_ptr_eq(lk_thread_claim(thread), row);
	sem_post(&go);
	pthread_join(thread, NULL);
	lk_thread_joined(row);
}
END_TEST

START_TEST(a_row_is_used_again_without_a_trace)
{
	pthread_t thread;
	struct lk_thread *first = start_waiting(false, &thread), *second = creating(false);
	uint64_t state = first->state;

	ck_assert_ptr_ne(first, second);
	sem_post(&go);
	ck_assert_ptr_eq(lk_thread_claim(thread), first);
	pthread_join(thread, NULL);
	lk_thread_joined(first);
	wait_for_running(1);
	struct lk_thread *again = creating(true);
	ck_assert_ptr_eq(again, first);
	ck_assert_uint_ne(again->state & ~(uint64_t)LK_THREAD_FLAGS,
			  state & ~(uint64_t)LK_THREAD_FLAGS);
	ck_assert(again->state & LK_THREAD_DETACHED);
	ck_assert(!(again->state & (LK_THREAD_FINISHED | LK_THREAD_CLAIMED)));
	ck_assert_int_eq(again->tid, 0);
	ck_assert(again->handle == 0);
	ck_assert(again->start == NULL);
	ck_assert(again->start_c11 == NULL);
	ck_assert_uint_eq(left(lk_tracker.epoch), 2);
}
END_TEST

/* A detached thread may be over before the hook of pthread_create goes on. */
START_TEST(told_late_of_a_detached_thread)
{
	const pthread_t next = (pthread_t)0x1234000;
	struct lk_thread *row = creating(true), *other;
	pthread_t thread;

	row->start = wait_for_go;
	ck_assert_int_eq(pthread_create(&thread, NULL, lk_thread_main, row), 0);
	sem_post(&go);
	pthread_join(thread, NULL);
	wait_for_running(0);
	/* Its creator still has the row in hand. */
	other = creating(false);
	ck_assert_ptr_ne(other, row);
	lk_thread_failed(other);
	lk_thread_created(row, &thread);
	ck_assert_uint_eq(left(lk_tracker.epoch), 0);
	/* The next one has not run yet when it is to be joined. */
	row = creating(false);
	tell_created(row, next);
	ck_assert_ptr_null(lk_thread_claim(thread));
	ck_assert_ptr_eq(lk_thread_claim(next), row);
}
END_TEST

static void *exit_early(void *argument)
{
	pthread_exit(argument);
}

static void *be_cancelled(void *argument)
{
	sem_post(&started);
	for (;;)
		pause();
	return argument;
}

START_TEST(leaves_by_exit_and_by_cancellation)
{
	pthread_t thread;
	void *result;
	struct lk_thread *row = start(false, exit_early, true, &thread);

	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, row);
	ck_assert(is_finished(row));
	lk_thread_joined(row);

	row = start(false, be_cancelled, true, &thread);
	sem_wait(&started);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert(is_finished(row));
}
END_TEST

static int return_seven(void *argument)
{
	return *(int *)argument;
}

static void *count_running(void *argument)
{
	(void)argument;
	return (void *)(uintptr_t)lk_thread_running();
}

START_TEST(does_not_count_itself_as_running)
{
	pthread_t thread, waiting;
	void *running;

	start(false, count_running, true, &thread);
	pthread_join(thread, &running);
	ck_assert_uint_eq((uintptr_t)running, 0);
	wait_for_running(0);
	start_waiting(false, &waiting);
	start(false, count_running, true, &thread);
	pthread_join(thread, &running);
	ck_assert_uint_eq((uintptr_t)running, 1);
	sem_post(&go);
	pthread_join(waiting, NULL);
	wait_for_running(0);
}
END_TEST

static pthread_key_t key;

static void destroy(void *value)
{
	wait_for_go(value);
}

static void *set_key(void *argument)
{
	pthread_setspecific(key, argument);
	return argument;
}

/* Destructors of thread-local data run after the last code of the hooks. */
START_TEST(counts_a_thread_in_its_destructors_as_running)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_key_create(&key, destroy), 0);
	struct lk_thread *row = start(true, set_key, true, &thread);
	sem_wait(&started);
	ck_assert(is_finished(row));
	ck_assert_uint_eq(lk_thread_running(), 1);
	ck_assert_ptr_ne(creating(false), row);
	sem_post(&go);
	wait_for_running(1); /* the one that was never started */
}
END_TEST

START_TEST(runs_a_thread_of_c11)
{
	struct lk_thread *row = creating(false);
	int seven = 7, result = 0;
	thrd_t thread;

	row->start_c11 = return_seven;
	row->argument = &seven;
	ck_assert_int_eq(thrd_create(&thread, lk_thread_main_c11, row), thrd_success);
	thrd_join(thread, &result);
	ck_assert_int_eq(result, 7);
	ck_assert(is_finished(row));
}
END_TEST

START_TEST(belongs_to_the_epoch_of_its_creation)
{
	creating(false);
	lk_tracker_mark();
	creating(false);
	creating(true);
	lk_self.ignoring = 1;
	creating(false);
	lk_self.ignoring = 0;
	ck_assert_uint_eq(left(lk_tracker.epoch), 2);
	ck_assert_uint_eq(lk_thread_running(), 4);
	ck_assert_uint_eq(left(lk_tracker.epoch - 1), 1);
	ck_assert_uint_eq(left(LK_EPOCH_OLD), 1);
	ck_assert_uint_eq(lk_thread_creations(), 4);
}
END_TEST

START_TEST(belongs_to_no_epoch_to_come)
{
	creating(false);
	creating(true);
	lk_thread_age();
	ck_assert_uint_eq(left(lk_tracker.epoch), 0);
	ck_assert_uint_eq(left(LK_EPOCH_OLD), 2);
	ck_assert_uint_eq(lk_thread_running(), 2);
}
END_TEST

START_TEST(tracks_nothing_of_leakcheck_nor_when_off)
{
	lk_self.quiet = 1;
	ck_assert_ptr_null(creating(false));
	lk_self.quiet = 0;
	lk_tracker.threads = false;
	ck_assert_ptr_null(creating(false));
	ck_assert_uint_eq(lk_thread_creations(), 0);
	ck_assert_uint_eq(lk_thread_lost(), 0);
}
END_TEST

enum { CREATORS = 4, ROWS = 500 };

static void *create_many(void *context)
{
	struct lk_thread **mine = context;

	for (int turn = 0; turn < 20; turn++)
		for (int i = 0; i < ROWS; i++) {
			if (mine[i])
				lk_thread_failed(mine[i]);
			mine[i] = creating(false);
			mine[i]->argument = &mine[i];
		}
	return NULL;
}

START_TEST(rows_taken_at_the_same_time_differ)
{
	static struct lk_thread *taken[CREATORS][ROWS];
	pthread_t creators[CREATORS];
	unsigned shared = 0;

	for (int i = 0; i < CREATORS; i++)
		pthread_create(&creators[i], NULL, create_many, taken[i]);
	for (int i = 0; i < CREATORS; i++)
		pthread_join(creators[i], NULL);
	for (int i = 0; i < CREATORS; i++)
		for (int k = 0; k < ROWS; k++)
			shared += taken[i][k]->argument != &taken[i][k];
	ck_assert_uint_eq(shared, 0);
	ck_assert_uint_eq(left(lk_tracker.epoch), CREATORS * ROWS);
	ck_assert_uint_eq(lk_thread_lost(), 0);
}
END_TEST

/* Only the thread that forked is in the child. */
static void *fork_once(void *argument)
{
	struct lk_thread *row = argument;
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		lk_thread_forked();
		_exit(left(lk_tracker.epoch) == 1 && lk_thread_claim(pthread_self()) == row ? 0
											    : 1);
	}
	waitpid(child, &status, 0);
	return status == 0 ? argument : NULL;
}

START_TEST(a_forked_child_has_one_thread)
{
	pthread_t waiting, forking;
	struct lk_thread *row = start_waiting(false, &waiting);
	void *result = NULL;

	start(false, fork_once, true, &forking);
	pthread_join(forking, &result);
	ck_assert_ptr_nonnull(result);
	ck_assert(!is_finished(row));
	sem_post(&go);
	pthread_join(waiting, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread");
	TCase *tests = tcase_create("thread");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, a_row_lives_until_the_thread_is_joined);
	tcase_add_test(tests, detached_at_birth_leaves_when_it_ends);
	tcase_add_test(tests, detached_while_it_runs);
	tcase_add_test(tests, detached_after_it_ended);
	tcase_add_test(tests, what_failed_to_start_leaves_no_row);
	tcase_add_test(tests, is_claimed_by_one);
	tcase_add_test(tests, is_claimed_by_one_of_many);
	tcase_add_test(tests, is_known_by_its_handle_before_it_runs);
	tcase_add_test(tests, is_known_although_the_creation_was_not_told_yet);
	tcase_add_test(tests, a_row_is_used_again_without_a_trace);
	tcase_add_test(tests, told_late_of_a_detached_thread);
	tcase_add_test(tests, leaves_by_exit_and_by_cancellation);
	tcase_add_test(tests, does_not_count_itself_as_running);
	tcase_add_test(tests, counts_a_thread_in_its_destructors_as_running);
	tcase_add_test(tests, runs_a_thread_of_c11);
	tcase_add_test(tests, belongs_to_the_epoch_of_its_creation);
	tcase_add_test(tests, belongs_to_no_epoch_to_come);
	tcase_add_test(tests, tracks_nothing_of_leakcheck_nor_when_off);
	tcase_add_test(tests, rows_taken_at_the_same_time_differ);
	tcase_add_test(tests, a_forked_child_has_one_thread);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
