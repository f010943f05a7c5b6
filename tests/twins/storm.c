/* SPDX-License-Identifier: MIT */
/* 8 threads allocate, open and start threads while others fork. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define TWINS_CASE(tcase, name) (tcase_set_timeout(tcase, 60), (void)(name))
#define TWIN_CASE "storm"
#include "twins.h"

enum { WORKERS = 8, FORKERS = 2, FORKS = 60, KEPT = 64, TURNS = 20000 };

static volatile int forkers_left;

static void *nothing(void *argument) { return argument; }

static void *work(void *argument)
{
	void *blocks[KEPT] = { 0 };
	unsigned seed = 1 + *(unsigned *)argument;

	for (int turn = 0; turn < TURNS || forkers_left > 0; turn++) {
		void **block = &blocks[rand_r(&seed) % KEPT];

		if (turn % 3 == 0) {
			*block = realloc(*block, 1 + (size_t)rand_r(&seed) % 5000);
		} else {
			free(*block);
			*block = malloc((size_t)rand_r(&seed) % 500);
		}
		if (turn % 500 == 0)
			close(open("/dev/null", O_RDONLY));
		if (turn % 5000 == 0) {
			pthread_t thread;
			if (pthread_create(&thread, NULL, nothing, NULL) == 0)
				pthread_join(thread, NULL);
		}
	}
	for (int i = 0; i < KEPT; i++)
		free(blocks[i]);
	return NULL;
}

/* In the child only this thread is left, whatever the others held. */
static void live_in_child(void)
{
	pthread_t thread;
	void *blocks[20];

	for (int i = 0; i < 20; i++)
		blocks[i] = use(malloc((size_t)i * 100));
	for (int i = 0; i < 20; i++)
		free(blocks[i]);
	close(open("/dev/null", O_RDONLY));
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	_exit(7);
}

static void *split(void *failures)
{
	for (int i = 0; i < FORKS; i++) {
		int status;
		pid_t child = fork();

		if (child == 0)
			live_in_child();
		if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 7)
			__atomic_fetch_add((int *)failures, 1, __ATOMIC_RELAXED);
	}
	__atomic_fetch_sub(&forkers_left, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void storm(void)
{
	pthread_t workers[WORKERS], forkers[FORKERS];
	unsigned seeds[WORKERS];
	int failures = 0;

	forkers_left = FORKERS;
	for (unsigned i = 0; i < WORKERS; i++) {
		seeds[i] = i;
		need(pthread_create(&workers[i], NULL, work, &seeds[i]) == 0);
	}
	for (int i = 0; i < FORKERS; i++)
		need(pthread_create(&forkers[i], NULL, split, &failures) == 0);
	for (int i = 0; i < FORKERS; i++)
		pthread_join(forkers[i], NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	ck_assert_int_eq(failures, 0);
}

MUST_PASS(storm) { storm(); } END_TEST
MUST_LEAK(one_block_in_a_storm, "heap 90 B in 1 block", BODY)
{
	lose(malloc(90));
	storm();
}
END_TEST

/* Code comes and goes while stacks are walked through it and beside it. */
enum { LOADERS = 3, LOADS = 150 };
static void *load(void *path)
{
	for (int i = 0; i < LOADS; i++) {
		void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *block;
		void *(*take)(size_t);

		need(library);
		*(void **)&take = dlsym(library, "library_take");
		block = take(100);
		dlclose(library);
		free(block);
	}
	__atomic_fetch_sub(&forkers_left, 1, __ATOMIC_RELAXED);
	return NULL;
}
static void come_and_go(void)
{
	static char *const paths[LOADERS] = { "./libone.so", "./libtwo.so", "./libthree.so" };
	pthread_t workers[WORKERS], loaders[LOADERS];
	unsigned seeds[WORKERS];

	forkers_left = LOADERS;
	for (unsigned i = 0; i < WORKERS; i++) {
		seeds[i] = i;
		need(pthread_create(&workers[i], NULL, work, &seeds[i]) == 0);
	}
	for (int i = 0; i < LOADERS; i++)
		need(pthread_create(&loaders[i], NULL, load, paths[i]) == 0);
	for (int i = 0; i < LOADERS; i++)
		pthread_join(loaders[i], NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
}
MUST_PASS(code_comes_and_goes) { come_and_go(); } END_TEST
MUST_LEAK(code_comes_and_goes, "heap 93 B in 1 block", BODY)
{
	lose(malloc(93));
	come_and_go();
}
END_TEST

/* A handler that opens and closes interrupts us anywhere, 20 times in a ms; once in
 * a turn, or on a busy machine there would be handlers only. */
static volatile sig_atomic_t alarms, turns, last_turn;
static void on_alarm(int number)
{
	int saved = errno;

	(void)number;
	if (turns == last_turn)
		return;
	last_turn = turns;
	close(open("/dev/null", O_RDONLY));
	alarms++;
	errno = saved;
}
static void under_alarms(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct itimerspec often = { { 0, 50000 }, { 0, 50000 } };
	void *blocks[KEPT] = { 0 };
	timer_t timer;

	alarms = turns = 0;
	last_turn = -1;
	need(sigaction(SIGUSR2, &action, NULL) == 0);
	need(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	need(timer_settime(timer, 0, &often, NULL) == 0);
	for (int turn = 0; alarms < 2000; turns = ++turn) {
		void **block = &blocks[turn % KEPT];
		*block = realloc(*block, (size_t)(turn % 7) * 100 + 1);
		close(dup(STDIN_FILENO));
		if (turn % 3 == 0) {
			free(*block);
			*block = NULL;
		}
	}
	timer_delete(timer);
	signal(SIGUSR2, SIG_IGN);
	for (int i = 0; i < KEPT; i++)
		free(blocks[i]);
}
MUST_PASS(under_alarms) { under_alarms(); } END_TEST
MUST_LEAK(under_alarms, "heap 92 B in 1 block", BODY)
{
	under_alarms();
	lose(malloc(92));
}
END_TEST

/* Blocks change hands between threads: one takes, another gives back. */
enum { PASSED_ON = 20000 };
static void *slots[PASSED_ON];
static void *give_back(void *argument)
{
	for (int i = 0; i < PASSED_ON; i++) {
		void *block;
		while (!(block = __atomic_exchange_n(&slots[i], NULL, __ATOMIC_ACQ_REL)))
			sched_yield();
		free(block);
	}
	return argument;
}
static void pass_on(void)
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, give_back, NULL) == 0);
	for (int i = 0; i < PASSED_ON; i++)
		__atomic_store_n(&slots[i], malloc(32), __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}
MUST_PASS(freed_by_another_thread) { pass_on(); } END_TEST
MUST_LEAK(one_not_passed_on, "heap 91 B in 1 block", BODY)
{
	pass_on();
	lose(malloc(91));
	pass_on();
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
