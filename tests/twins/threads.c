/* SPDX-License-Identifier: MIT */
/* Threads: who runs, ends, is joined or detached, and how. */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>

#define TWINS_CASE(tcase, name) \
	(strcmp(name, "in a hurry") == 0 ? tcase_set_timeout(tcase, 0.4) : (void)0)
#include "twins.h"

/* In C++: std::thread that is joined, or leaks its own end. */
void cpp_thread_joined(void);
void cpp_thread_detached_for_ever(void);

static sem_t go_on, told;
static void *of_test;
static int fd_of_test;

/* Whoever starts a thread may wait until it posts ARRIVED. */
static void *run_for_ever(void *arrived)
{
	if (arrived)
		sem_post(arrived);
	for (;;)
		pause();
	return NULL;
}

static void *run_short(void *argument) { return argument; }

static void *run_until_told(void *argument)
{
	sem_wait(&go_on);
	return argument;
}

static pthread_t start(void *(*routine)(void *))
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, routine, NULL) == 0);
	return thread;
}

/* Returns when the thread runs. */
static pthread_t start_and_see(void *(*routine)(void *))
{
	pthread_t thread;
	sem_t arrived;
	sem_init(&arrived, 0, 0);
	need(pthread_create(&thread, NULL, routine, &arrived) == 0);
	sem_wait(&arrived);
	return thread;
}

static pthread_t start_detached(void *(*routine)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	need(pthread_create(&thread, &attributes, routine, NULL) == 0);
	pthread_attr_destroy(&attributes);
	return thread;
}

/* Until the kernel has forgotten the thread: joinable, finished, not joined. */
static void wait_until_ended(pid_t tid)
{
	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		sched_yield();
	need(errno == ESRCH);
}

static volatile pid_t told_tid;
static void *tell_tid(void *arrived)
{
	told_tid = gettid();
	sem_post(arrived);
	return NULL;
}
static pthread_t start_and_see_end(void)
{
	pthread_t thread = start_and_see(tell_tid);
	wait_until_ended(told_tid);
	return thread;
}

#define TWIN_CASE "ending"
MUST_PASS(running)
{
	pthread_t thread = start(run_until_told);
	sem_post(&go_on);
	pthread_join(thread, NULL);
}
END_TEST
MUST_PASS(detached_short) { start_detached(run_short); } END_TEST
MUST_PASS(detached_later_short) { pthread_detach(start(run_short)); } END_TEST
MUST_PASS(detached_after_end) { pthread_detach(start_and_see_end()); } END_TEST
/* It ends while leakcheck waits for it. */
MUST_PASS(detached_until_told)
{
	start_detached(run_until_told);
	sem_post(&go_on);
}
END_TEST
/* It still holds what the test took. */
static void *give_back(void *argument)
{
	sem_wait(&go_on);
	free(of_test);
	close(fd_of_test);
	return argument;
}
MUST_PASS(detached_gives_back)
{
	of_test = malloc(100);
	fd_of_test = dup(STDIN_FILENO);
	start_detached(give_back);
	sem_post(&go_on);
}
END_TEST

static void *detach_itself(void *argument)
{
	pthread_detach(pthread_self());
	return argument;
}
static pthread_key_t at_end;
static void give_back_at_end(void *block)
{
	sem_wait(&go_on);
	free(block);
}
static void *end_late(void *argument)
{
	pthread_setspecific(at_end, use(malloc(55)));
	return argument;
}
MUST_PASS(detached_in_destructor)
{
	need(pthread_key_create(&at_end, give_back_at_end) == 0);
	start_detached(end_late);
	sem_post(&go_on);
}
END_TEST
MUST_PASS(detaches_itself) { start(detach_itself); } END_TEST

MUST_LEAK(finished, "finished, never joined", "start_and_see_end") { start_and_see_end(); } END_TEST
MUST_PASS(finished) { pthread_join(start_and_see_end(), NULL); } END_TEST
MUST_LEAK(one_of_many, "finished, never joined, started in run_short", "start")
{
	for (int i = 0; i < 9; i++)
		pthread_join(start(run_short), NULL);
	start(run_short);
	for (int i = 0; i < 9; i++)
		pthread_join(start(run_short), NULL);
}
END_TEST
MUST_PASS(many)
{
	pthread_t threads[50];
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 50; i++)
			threads[i] = start(run_short);
		for (int i = 0; i < 50; i++)
			pthread_join(threads[i], NULL);
	}
}
END_TEST
/* Handles are used again at once, by others. */
static void *start_and_join(void *argument)
{
	for (int i = 0; i < 200; i++)
		pthread_join(start(run_short), NULL);
	return argument;
}
MUST_PASS(many_at_once)
{
	pthread_t threads[8];
	for (int i = 0; i < 8; i++)
		threads[i] = start(start_and_join);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}
END_TEST
static void *start_and_detach(void *argument)
{
	for (int i = 0; i < 200; i++)
		pthread_detach(start(run_short));
	return argument;
}
MUST_PASS(many_detached_at_once)
{
	pthread_t threads[8];
	for (int i = 0; i < 8; i++)
		threads[i] = start(start_and_detach);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

/* Other ways to join. */
MUST_PASS(joined_by_try)
{
	pthread_t thread = start(run_short);
	while (pthread_tryjoin_np(thread, NULL) == EBUSY)
		sched_yield();
}
END_TEST
MUST_PASS(joined_in_time)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	need(pthread_timedjoin_np(start(run_short), NULL, &until) == 0);
	need(pthread_clockjoin_np(start(run_short), NULL, CLOCK_REALTIME, &until) == 0);
}
END_TEST
/* Other ways to end. */
static void *exit_early(void *argument) { pthread_exit(argument); }
MUST_PASS(pthread_exit) { pthread_join(start(exit_early), NULL); } END_TEST
MUST_LEAK(pthread_exit, "finished, never joined, started in exit_early", "start")
{
	start(exit_early);
}
END_TEST
static pthread_t cancel(pthread_t thread)
{
	need(pthread_cancel(thread) == 0);
	return thread;
}
MUST_PASS(cancelled) { pthread_join(cancel(start_and_see(run_for_ever)), NULL); } END_TEST
MUST_LEAK(cancelled, "finished, never joined", "start_and_see")
{
	cancel(start_and_see(run_for_ever));
}
END_TEST
MUST_PASS(cancelled_detached) { cancel(start_detached(run_for_ever)); } END_TEST

static void *with_cleanup(void *arrived)
{
	void *block = use(malloc(10));
	pthread_cleanup_push(free, block);
	run_for_ever(arrived);
	pthread_cleanup_pop(1);
	return NULL;
}
MUST_PASS(cleanup_of_cancelled)
{
	pthread_join(cancel(start_and_see(with_cleanup)), NULL);
}
END_TEST

/* What a thread leaves behind, whether or not it is joined. */
static pthread_key_t key;
static void *keep_in_key(void *argument)
{
	pthread_setspecific(key, use(malloc(66)));
	return argument;
}
MUST_PASS(thread_specific)
{
	need(pthread_key_create(&key, free) == 0);
	pthread_join(start(keep_in_key), NULL);
	pthread_key_delete(key);
}
END_TEST
MUST_LEAK(thread_specific, "heap 66 B in 1 block", "keep_in_key")
{
	need(pthread_key_create(&key, NULL) == 0);
	pthread_join(start(keep_in_key), NULL);
	pthread_key_delete(key);
}
END_TEST
static void *start_another(void *argument)
{
	start(run_for_ever);
	return argument;
}
MUST_PASS(failing_create)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	/* More memory than there are addresses. */
	need(pthread_attr_setstacksize(&attributes, (size_t)1 << 47) == 0);
	need(pthread_create(&thread, &attributes, run_short, NULL) != 0);
	pthread_attr_destroy(&attributes);
}
END_TEST

/* As little stack as a thread may have. */
static void *use_little(void *argument)
{
	void *block = use(malloc(33));
	close(dup(STDIN_FILENO));
	if (argument)
		free(block);
	return NULL;
}
static void run_on_little(void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	need(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
	need(pthread_create(&thread, &attributes, use_little, argument) == 0);
	pthread_attr_destroy(&attributes);
	pthread_join(thread, NULL);
}
MUST_PASS(little_stack) { run_on_little(&go_on); } END_TEST
MUST_LEAK(little_stack, "heap 33 B in 1 block", "use_little") { run_on_little(NULL); } END_TEST

/* The C language's own threads. */
static int c11_short(void *argument) { return argument != NULL; }
static int c11_for_ever(void *argument) { return argument != run_for_ever(NULL); }
static thrd_t start_c11(thrd_start_t routine)
{
	thrd_t thread;
	need(thrd_create(&thread, routine, &key) == thrd_success);
	return thread;
}
MUST_PASS(thrd_join)
{
	int result = 0;
	need(thrd_join(start_c11(c11_short), &result) == thrd_success);
	ck_assert_int_eq(result, 1);
}
END_TEST
MUST_LEAK(thrd_never_joined, "finished, never joined, started in c11_short", "start_c11")
{
	start_c11(c11_short);
}
END_TEST
MUST_PASS(thrd_detach) { thrd_detach(start_c11(c11_short)); } END_TEST

MUST_PASS(std_thread) { cpp_thread_joined(); } END_TEST

/* The C library's own threads: some stay for ever. */
static void tell(union sigval value)
{
	(void)value;
	sem_post(&told);
}
static struct sigevent by_thread(void)
{
	return (struct sigevent){ .sigev_notify = SIGEV_THREAD, .sigev_notify_function = tell };
}
static void run_timer(void)
{
	struct itimerspec soon = { .it_value = { 0, 1 } };
	struct sigevent event = by_thread();
	timer_t timer;
	need(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	need(timer_settime(timer, 0, &soon, NULL) == 0);
	sem_wait(&told);
	timer_delete(timer);
}
MUST_PASS(timer) { run_timer(); } END_TEST
MUST_LEAK(beside_timer, "finished, never joined, started in run_short", "start")
{
	run_timer();
	start(run_short);
}
END_TEST
MUST_PASS(asynchronous_read)
{
	char byte;
	struct aiocb request = { .aio_buf = &byte, .aio_nbytes = 1 };
	const struct aiocb *const list[] = { &request };
	need((request.aio_fildes = open("/dev/zero", O_RDONLY)) >= 0);
	need(aio_read(&request) == 0);
	while (aio_suspend(list, 1, NULL) != 0)
		;
	need(aio_return(&request) == 1);
	close(request.aio_fildes);
}
END_TEST
MUST_PASS(asynchronous_name)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
	struct gaicb request = { .ar_name = "127.0.0.1", .ar_request = &hints }, *list = &request;
	need(getaddrinfo_a(GAI_WAIT, &list, 1, NULL) == 0);
	freeaddrinfo(request.ar_result);
}
END_TEST
/* What a thread returns, and its name, come through. */
MUST_PASS(result)
{
	void *result;
	pthread_t thread;
	need(pthread_create(&thread, NULL, run_short, &key) == 0);
	need(pthread_join(thread, &result) == 0);
	ck_assert_ptr_eq(result, &key);
}
END_TEST

/* Threads that never end: leakcheck waits for each of them in vain. */
#undef TWIN_CASE
#define TWIN_CASE "for ever"
MUST_LEAK(running, "still running, not joined, started in run_for_ever", "start_and_see")
{
	start_and_see(run_for_ever);
}
END_TEST
MUST_LEAK(running_not_awaited, "still running, not joined, started in run_for_ever", "start")
{
	start(run_for_ever);
}
END_TEST
MUST_LEAK(named, "\"worker-7\" [", "start_and_see")
{
	pthread_setname_np(start_and_see(run_for_ever), "worker-7");
}
END_TEST
MUST_LEAK(detached_for_ever, "detached, still running, started in run_for_ever", "start_detached")
{
	start_detached(run_for_ever);
}
END_TEST
MUST_LEAK(detached_later_for_ever, "detached, still running", "start")
{
	pthread_detach(start(run_for_ever));
}
END_TEST
MUST_LEAK(try_too_early, "still running", "start")
{
	need(pthread_tryjoin_np(start(run_for_ever), NULL) == EBUSY);
}
END_TEST
MUST_LEAK(not_joined_in_time, "still running", "start")
{
	struct timespec past = { 0 };
	need(pthread_timedjoin_np(start(run_for_ever), NULL, &past) == ETIMEDOUT);
}
END_TEST
MUST_LEAK(grandchild, "started in run_for_ever", "start_another")
{
	pthread_join(start(start_another), NULL);
}
END_TEST
MUST_LEAK(thrd_running, "still running, not joined, started in c11_for_ever", "start_c11")
{
	start_c11(c11_for_ever);
}
END_TEST
MUST_LEAK(std_thread, AMONG "detached, still running", "cpp_thread_detached_for_ever")
{
	cpp_thread_detached_for_ever();
}
END_TEST

/* Threads that have returned, but whose destructors do not. */
static void linger(void *unused)
{
	run_for_ever(unused);
	need(!"reached");
}
static void *end_with_key(void *argument)
{
	pthread_setspecific(key, argument);
	return argument;
}
static void start_lingering(bool detached)
{
	pthread_t thread;
	need(pthread_key_create(&key, linger) == 0);
	need(pthread_create(&thread, NULL, end_with_key, &told) == 0);
	sem_wait(&told);
	if (detached)
		pthread_detach(thread);
}
MUST_LEAK(in_destructor, "still running, not joined", "linger")
{
	start_lingering(false);
}
END_TEST
MUST_LEAK(detached_in_destructor, "detached, still running", "linger")
{
	start_lingering(true);
}
END_TEST

/* Waiting for the thread must not use up the test's time. */
#undef TWIN_CASE
#define TWIN_CASE "in a hurry"
MUST_LEAK(in_a_hurry, "still running", "start_and_see") { start_and_see(run_for_ever); } END_TEST

int main(int argc, char **argv)
{
	sem_init(&go_on, 0, 0);
	sem_init(&told, 0, 0);
	return twins_main(argc, argv);
}
