/* SPDX-License-Identifier: MIT */
/* Tests that do unusual things to what Check and leakcheck stand on: threads that
 * are hard to follow, limits that sink, streams that look like Check's, fixtures
 * with threads of their own. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define TWINS_CASE scrapes_case
static void scrapes_case(void *tcase, const char *name);
#include "twins.h"

static pthread_t start(void *(*routine)(void *))
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, routine, NULL) == 0);
	return thread;
}

#define TWIN_CASE "threads"
/* Whoever joins is cancelled while he waits; somebody else joins later. */
static sem_t go_on;
static pthread_t awaited;
static void *wait_until_told(void *argument)
{
	sem_wait(&go_on);
	return argument;
}
static void *join(void *unused)
{
	pthread_cancel(pthread_self());
	pthread_join(awaited, unused);
	return NULL;
}
static void *join_in_time(void *unused)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	pthread_cancel(pthread_self());
	pthread_timedjoin_np(awaited, unused, &until);
	return NULL;
}
static void *join_by_clock(void *unused)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 60;
	pthread_cancel(pthread_self());
	pthread_clockjoin_np(awaited, unused, CLOCK_MONOTONIC, &until);
	return NULL;
}
static void cancel_in(void *(*joiner)(void *))
{
	void *result;
	awaited = start(wait_until_told);
	need(pthread_join(start(joiner), &result) == 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	sem_post(&go_on);
}
#define CANCELLED(joiner)                                                            \
	MUST_PASS(cancelled_##joiner)                                                \
	{                                                                            \
		cancel_in(joiner);                                                   \
		need(pthread_join(awaited, NULL) == 0);                              \
	}                                                                            \
	END_TEST                                                                     \
	MUST_LEAK(cancelled_##joiner, "finished, never joined, started in wait_until_told", "start") \
	{                                                                            \
		cancel_in(joiner);                                                   \
	}                                                                            \
	END_TEST
CANCELLED(join)
CANCELLED(join_in_time)
CANCELLED(join_by_clock)

/* Its routine is done, but not what it left to the key: that takes longer than the
 * test.  (Were it quicker, the test would pass as well.) */
static pthread_key_t key;
static void free_later(void *block)
{
	static const struct timespec later = { 0, 20 * 1000 * 1000 };
	nanosleep(&later, NULL);
	free(block);
}
static void *keep_in_key(void *argument)
{
	pthread_setspecific(key, use(malloc(40)));
	return argument;
}
MUST_PASS(destructor_runs_on)
{
	need(pthread_key_create(&key, free_later) == 0);
	pthread_detach(start(keep_in_key));
}
END_TEST

/* Nothing of a detached thread may be taken for the next one's. */
static void *nothing(void *argument) { return argument; }
static void start_detached(pthread_t *thread, void *(*routine)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	need(pthread_create(thread, &attributes, routine, argument) == 0);
	pthread_attr_destroy(&attributes);
}
/* So many that some end before pthread_create() returns. */
enum { THREADS = 10000 };
MUST_PASS(detached_and_joined_by_turns)
{
	pthread_t detached;
	for (int i = 0; i < THREADS; i++) {
		start_detached(&detached, nothing, NULL);
		pthread_join(start(nothing), NULL);
	}
}
END_TEST
/* The thread takes away the memory into which its handle was written. */
static size_t page_size;
static void *unmap(void *handle)
{
	munmap(handle, page_size);
	return NULL;
}
MUST_PASS(handle_goes_away)
{
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	for (int i = 0; i < THREADS / 10; i++) {
		void *handle = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		need(handle != MAP_FAILED);
		start_detached(handle, unmap, handle);
	}
}
END_TEST

/* A stream that is named like Check's own, and was there before. */
#undef TWIN_CASE
#define TWIN_CASE "streams"
static FILE *main_stream;
static FILE *stream_like_checks(void)
{
	char path[] = "./check_XXXXXX";
	FILE *stream = fdopen(mkstemp(path), "w+");
	need(stream && unlink(path) == 0);
	return stream;
}
MUST_PASS(stream_of_main_closed) { need(fclose(main_stream) == 0); } END_TEST
MUST_LEAK(after_stream_of_main, "heap 201 B in 1 block", BODY) { lose(malloc(201)); } END_TEST
/* Stands first in the next case. */
START_TEST(fails_beside_open_stream)
{
	stream_like_checks();
	ck_abort_msg("on purpose");
}
END_TEST

#undef TWIN_CASE
#define TWIN_CASE "after failure"
MUST_PASS(after_failure) { free(use(malloc(1))); } END_TEST
MUST_LEAK(after_failure, "heap 202 B in 1 block", BODY) { lose(malloc(202)); } END_TEST
MUST_LEAK(fd_after_failure, "/dev/null", BODY) { need(open("/dev/null", O_RDONLY) >= 0); } END_TEST

/* A thread flushes a stream all the time: also between setup and test. */
#undef TWIN_CASE
#define TWIN_CASE "flushed"
static pthread_t flusher;
static volatile unsigned flushes;
static volatile bool flusher_ends;
static void *flush(void *argument)
{
	while (!flusher_ends) {
		fflush(stdout);
		flushes++;
	}
	return argument;
}
static void start_flusher(void) { flusher = start(flush); }
static void end_flusher(void)
{
	flusher_ends = true;
	pthread_join(flusher, NULL);
}
static void setup_loses(void) { lose(malloc(203)); }
MUST_LEAK(flushed_after_setup, "heap 203 B in 1 block", "setup_loses")
{
	/* In a forked test there is no such thread. */
	for (unsigned seen = flushes; getenv("CK_FORK")[0] == 'n' && flushes - seen < 2;)
		sched_yield();
}
END_TEST

/* A server, started before the tests, holds what is its own a little longer than
 * the test that asked it.  (Were it quicker, the test would pass as well.) */
#undef TWIN_CASE
#define TWIN_CASE "served"
static pthread_t server;
static sem_t request, answer;
static volatile bool server_ends;
static void *serve(void *argument)
{
	static const struct timespec while_working = { 0, 20 * 1000 * 1000 };

	for (sem_wait(&request); !server_ends; sem_wait(&request)) {
		void *block = use(malloc(50));
		int fd = open("/dev/null", O_RDONLY);
		sem_post(&answer);
		nanosleep(&while_working, NULL);
		free(block);
		close(fd);
	}
	return argument;
}
static void start_server(void) { server = start(serve); }
static void end_server(void)
{
	server_ends = true;
	sem_post(&request);
	pthread_join(server, NULL);
}
static void ask(void)
{
	sem_post(&request);
	sem_wait(&answer);
}
MUST_PASS(served) { ask(); } END_TEST
MUST_LEAK(served, "heap 204 B in 1 block", BODY)
{
	ask();
	lose(malloc(204));
}
END_TEST

/* These leave their process unfit for other tests; five seconds are plenty. */
#undef TWIN_CASE
#define TWIN_CASE "limits"
static void sink_limit_to(rlim_t number)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = number;
	need(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
/* Nothing can be opened that has the names of functions, so the stack has none. */
#define SOME_STACK "#   >"
MUST_LEAK(fd_above_limit_0, "/dev/null", SOME_STACK)
{
	need(open("/dev/null", O_RDONLY) >= 0);
	sink_limit_to(0);
}
END_TEST
MUST_LEAK(fd_above_all_below_limit, "fd 100 ", BODY)
{
	/* In the end all numbers below the limit are in use, except one. */
	need(dup2(STDIN_FILENO, 100) == 100);
	sink_limit_to(20);
	int fd = open("/dev/null", O_RDONLY), last = fd;
	for (int next = fd; next >= 0; next = open("/dev/null", O_RDONLY))
		last = next;
	need(last == 19);
	for (; last >= fd; last--)
		close(last);
}
END_TEST
/* The kernel answers at once, for there is nothing to close. */
MUST_PASS(closefrom_often)
{
	for (int i = 0; i < 20000; i++)
		closefrom(900);
}
END_TEST

#ifdef TWINS_LINKED
/* leakcheck_ignore_begin() without an end is over when the test is. */
#undef TWIN_CASE
#define TWIN_CASE "ignoring"
START_TEST(fails_while_ignoring)
{
	leakcheck_ignore_begin();
	ck_abort_msg("on purpose");
}
END_TEST
MUST_LEAK(after_ignoring_one_failed, "heap 205 B in 1 block", BODY) { lose(malloc(205)); } END_TEST
MUST_PASS(ignoring_for_ever)
{
	leakcheck_ignore_begin();
	lose(malloc(1));
}
END_TEST
MUST_LEAK(after_ignoring_for_ever, "/dev/null", BODY)
{
	need(open("/dev/null", O_RDONLY) >= 0);
}
END_TEST
#endif

static void scrapes_case(void *tcase, const char *name)
{
	if (strcmp(name, "after failure") == 0) {
		tcase_add_test(tcase, fails_beside_open_stream);
	} else if (strcmp(name, "flushed") == 0) {
		tcase_add_unchecked_fixture(tcase, start_flusher, end_flusher);
		tcase_add_checked_fixture(tcase, setup_loses, NULL);
	} else if (strcmp(name, "served") == 0) {
		tcase_add_unchecked_fixture(tcase, start_server, end_server);
	} else if (strcmp(name, "limits") == 0) {
		tcase_set_timeout(tcase, 5);
	}
#ifdef TWINS_LINKED
	else if (strcmp(name, "ignoring") == 0)
		tcase_add_test(tcase, fails_while_ignoring);
#endif
}

int main(int argc, char **argv)
{
	main_stream = stream_like_checks();
	sem_init(&go_on, 0, 0);
	sem_init(&request, 0, 0);
	sem_init(&answer, 0, 0);
	return twins_main(argc, argv);
}
