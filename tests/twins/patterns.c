/* SPDX-License-Identifier: MIT */
/* Threads that are left in a pattern that has a name, and beside each the like that has
 * none.  All of them are leaks. */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

static void setup(void);
#define TWINS_CASE(tcase, name) tcase_add_checked_fixture(tcase, setup, NULL)
#include "blocked.h"
#include "twins.h"

#define NOINLINE __attribute__((noinline))
#define TWIN_CASE "patterns"
#define THREADS AMONG "thread"

/* What a thread is given: it tells its number, and then waits for one of these. */
struct task {
	volatile pid_t tid;
	pthread_t *other;
	pthread_mutex_t *held, *wanted;
	sem_t *sem;
	int fd;
};
static struct task tasks[32];
static int used, first;
static pthread_barrier_t both;
static volatile int sink;

/* Each test has tasks of its own: in no-fork mode threads of others are still there. */
static void setup(void)
{
	first = used;
	pthread_barrier_init(&both, NULL, 2);
}
static NOINLINE pthread_t launch(void *(*routine)(void *), struct task task)
{
	struct task *row = &tasks[used++];
	pthread_t thread;

	*row = task;
	need(pthread_create(&thread, NULL, routine, row) == 0);
	return thread;
}
static void wait_until_all_blocked(void)
{
	for (int i = first; i < used; i++)
		wait_until_blocked(&tasks[i].tid);
}

static NOINLINE void *take_two(void *argument)
{
	struct task *task = argument;

	pthread_mutex_lock(task->held);
	pthread_barrier_wait(&both);
	task->tid = gettid();
	pthread_mutex_lock(task->wanted);
	sink++;
	return NULL;
}
static NOINLINE void *join_other(void *argument)
{
	struct task *task = argument;

	if (task->held)
		pthread_mutex_lock(task->held);
	pthread_barrier_wait(&both);
	task->tid = gettid();
	pthread_join(*task->other, NULL);
	return NULL;
}
static NOINLINE void *take_after_both(void *argument)
{
	struct task *task = argument;

	pthread_barrier_wait(&both);
	task->tid = gettid();
	pthread_mutex_lock(task->wanted);
	sink++;
	return NULL;
}
static NOINLINE void *wait_for_post(void *argument)
{
	struct task *task = argument;

	task->tid = gettid();
	sem_wait(task->sem);
	sink++;
	return NULL;
}
static NOINLINE void *wait_for_post_in_time(void *argument)
{
	struct task *task = argument;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1000;
	task->tid = gettid();
	sem_timedwait(task->sem, &until);
	sink++;
	return NULL;
}
static NOINLINE void *read_byte(void *argument)
{
	struct task *task = argument;
	char byte;

	task->tid = gettid();
	sink += (int)read(task->fd, &byte, 1);
	return NULL;
}
static NOINLINE void *poll_it(void *argument)
{
	struct task *task = argument;
	struct pollfd row = { .fd = task->fd, .events = POLLPRI };

	task->tid = gettid();
	sink += poll(&row, 1, -1);
	return NULL;
}
static NOINLINE void *fill(void *argument)
{
	static const char bytes[65536];
	struct task *task = argument;

	need(write(task->fd, bytes, sizeof bytes) == sizeof bytes);
	task->tid = gettid();
	sink += (int)write(task->fd, bytes, sizeof bytes);
	return NULL;
}
static NOINLINE void *sleep_long(void *argument)
{
	struct task *task = argument;
	struct timespec time = { .tv_sec = 1000 };

	task->tid = gettid();
	nanosleep(&time, NULL);
	sink++;
	return NULL;
}
static NOINLINE void *end(void *argument)
{
	struct task *task = argument;

	task->tid = gettid();
	return NULL;
}
static bool has_ended(const struct task *task)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/task/%d", (int)task->tid);
	return task->tid != 0 && access(path, F_OK) != 0;
}
static NOINLINE void *spin(void *argument)
{
	struct task *task = argument;

	task->tid = gettid();
	for (;;)
		sink++;
	return NULL;
}

static pthread_mutex_t locks[] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
				   PTHREAD_MUTEX_INITIALIZER };
static sem_t sems[9];
static sem_t *next_sem(void)
{
	static int next;

	sem_init(&sems[next], 0, 0);
	return &sems[next++];
}

MUST_LEAK(two_locks, THREADS, "launch")
{
	launch(take_two, (struct task){ .held = &locks[0], .wanted = &locks[1] });
	launch(take_two, (struct task){ .held = &locks[1], .wanted = &locks[0] });
	wait_until_all_blocked();
}
END_TEST

/* The C library refuses two threads that join each other, but not three. */
MUST_LEAK(three_joins, THREADS, "launch")
{
	static pthread_t ring[3];

	pthread_barrier_init(&both, NULL, 4);
	for (int i = 0; i < 3; i++)
		ring[i] = launch(join_other, (struct task){ .other = &ring[(i + 1) % 3] });
	pthread_barrier_wait(&both);
	wait_until_all_blocked();
}
END_TEST

MUST_LEAK(join_of_who_wants_the_lock, THREADS, "launch")
{
	static pthread_t other;

	other = launch(take_after_both, (struct task){ .wanted = &locks[2] });
	launch(join_other, (struct task){ .held = &locks[2], .other = &other });
	wait_until_all_blocked();
}
END_TEST

MUST_LEAK(three_at_one_semaphore, THREADS, "launch")
{
	sem_t *sem = next_sem();

	for (int i = 0; i < 3; i++)
		launch(wait_for_post, (struct task){ .sem = sem });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(two_at_one_semaphore, THREADS, "launch")
{
	sem_t *sem = next_sem();

	for (int i = 0; i < 2; i++)
		launch(wait_for_post, (struct task){ .sem = sem });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(three_at_three_semaphores, THREADS, "launch")
{
	for (int i = 0; i < 3; i++)
		launch(wait_for_post, (struct task){ .sem = next_sem() });
	wait_until_all_blocked();
}
END_TEST

MUST_LEAK(three_readers_of_one_pipe, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	for (int i = 0; i < 3; i++)
		launch(read_byte, (struct task){ .fd = ends[0] });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(three_readers_of_three_pipes, THREADS, "launch")
{
	for (int i = 0; i < 3; i++) {
		int ends[2];

		need(pipe(ends) == 0);
		launch(read_byte, (struct task){ .fd = ends[0] });
	}
	wait_until_all_blocked();
}
END_TEST

MUST_LEAK(waits_in_time, THREADS, "launch")
{
	launch(wait_for_post_in_time, (struct task){ .sem = next_sem() });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(ended_and_was_not_joined, THREADS, "launch")
{
	launch(end, (struct task){ 0 });
	while (!has_ended(&tasks[first]))
		sched_yield();
}
END_TEST

MUST_LEAK(writer_without_reader, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	launch(fill, (struct task){ .fd = ends[1] });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(writer_whose_reader_waits_elsewhere, THREADS, "launch")
{
	int ends[2], others[2];

	need(pipe(ends) == 0 && pipe(others) == 0);
	launch(fill, (struct task){ .fd = ends[1] });
	launch(read_byte, (struct task){ .fd = others[0] });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(writer_to_another_process, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	close(ends[0]);
	launch(fill, (struct task){ .fd = ends[1] });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(writer_whose_reader_sleeps, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	launch(fill, (struct task){ .fd = ends[1] });
	launch(sleep_long, (struct task){ .fd = ends[0] });
	wait_until_all_blocked();
}
END_TEST
/* In no-fork mode these would be readers for the tests above. */
#undef TWIN_CASE
#define TWIN_CASE "readers"

MUST_LEAK(writer_whose_reader_polls, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	launch(fill, (struct task){ .fd = ends[1] });
	launch(poll_it, (struct task){ .fd = ends[0] });
	wait_until_all_blocked();
}
END_TEST
MUST_LEAK(writer_whose_reader_runs, THREADS, "launch")
{
	int ends[2];

	need(pipe(ends) == 0);
	launch(fill, (struct task){ .fd = ends[1] });
	launch(spin, (struct task){ .fd = ends[0] });
	while (tasks[--used].tid == 0)
		sched_yield();
	wait_until_all_blocked();
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
