/* SPDX-License-Identifier: MIT */
/* What a thread that is left waits for: each way to wait, told by its name, with the
 * whole stack of the waiting thread; and the same thread, woken and joined. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>

#include "blocked.h"
#include "twins.h"

#define NOINLINE __attribute__((noinline))

/* What there is to wait for, made before the first test: for the threads that are
 * woken, and for those that are left, which without fork stay where they are. */
static struct world {
	pthread_mutex_t mutex, timed_mutex, robust_mutex, careful_mutex, of_condition;
	mtx_t c11_mutex;
	pthread_cond_t condition, timed_condition;
	pthread_rwlock_t read_locked, write_locked, written;
	pthread_barrier_t barrier;
	pthread_once_t once;
	sem_t semaphore;
	int ends[2], full[2], pair[2], listener, waiter, file[2], busy;
	struct sockaddr_un name;
	socklen_t name_size;
} woken, left, *of;

static volatile pid_t tid;
static volatile long sink;

static pthread_t start_blocked(void *(*routine)(void *), void *argument)
{
	pthread_t thread;
	tid = 0;
	need(pthread_create(&thread, NULL, routine, argument) == 0);
	wait_until_blocked(&tid);
	return thread;
}

/* A waiter is two functions deep: the inner one waits, the outer one is the start
 * routine, and does something after the call so that it stays on the stack. */
#define WAITER(name, ...)                                    \
	static NOINLINE void block_in_##name(void *argument) \
	{                                                    \
		(void)argument;                              \
		tid = gettid();                              \
		__VA_ARGS__;                                 \
		sink++;                                      \
	}                                                    \
	static NOINLINE void *wait_in_##name(void *argument) \
	{                                                    \
		block_in_##name(argument);                   \
		sink++;                                      \
		return argument;                             \
	}
/* It is joined when WAKE lets it go; or it is left waiting. */
#define STATE_AFTER(before, name, state, wake)                          \
	MUST_PASS(name)                                                 \
	{                                                               \
		of = &woken;                                            \
		before;                                                 \
		pthread_t thread = start_blocked(wait_in_##name, NULL); \
		wake;                                                   \
		need(pthread_join(thread, NULL) == 0);                  \
	}                                                               \
	END_TEST                                                        \
	MUST_LEAK(name, state, "wait_in_" #name)                        \
	{                                                               \
		of = &left;                                             \
		before;                                                 \
		start_blocked(wait_in_##name, NULL);                    \
	}                                                               \
	END_TEST
#define STATE(name, state, wake) STATE_AFTER((void)0, name, state, wake)
/* Nothing else helps. */
#define CANCEL pthread_cancel(thread)

static char byte;

#define TWIN_CASE "states"
WAITER(mutex, pthread_mutex_lock(&of->mutex); pthread_mutex_unlock(&of->mutex))
STATE_AFTER(pthread_mutex_lock(&of->mutex), mutex, "[mutex 0x", pthread_mutex_unlock(&of->mutex))
static struct timespec later(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	time.tv_sec += 1000;
	return time;
}
WAITER(timed_mutex, struct timespec until = later(CLOCK_REALTIME);
       pthread_mutex_timedlock(&of->timed_mutex, &until); pthread_mutex_unlock(&of->timed_mutex))
STATE_AFTER(pthread_mutex_lock(&of->timed_mutex), timed_mutex, "[mutex 0x",
	    pthread_mutex_unlock(&of->timed_mutex))
/* These two hold the thread in the word that is waited for. */
WAITER(robust_mutex, pthread_mutex_lock(&of->robust_mutex); pthread_mutex_unlock(&of->robust_mutex))
STATE_AFTER(pthread_mutex_lock(&of->robust_mutex), robust_mutex, " held by main thread ",
	    pthread_mutex_unlock(&of->robust_mutex))
WAITER(careful_mutex, pthread_mutex_lock(&of->careful_mutex);
       pthread_mutex_unlock(&of->careful_mutex))
STATE_AFTER(pthread_mutex_lock(&of->careful_mutex), careful_mutex, " held by main thread ",
	    pthread_mutex_unlock(&of->careful_mutex))
WAITER(c11_mutex, mtx_lock(&of->c11_mutex); mtx_unlock(&of->c11_mutex))
STATE_AFTER(mtx_lock(&of->c11_mutex), c11_mutex, "[mutex 0x", mtx_unlock(&of->c11_mutex))

#define WAKE_ALL(condition)                              \
	do {                                             \
		pthread_mutex_lock(&of->of_condition);   \
		pthread_cond_broadcast(&of->condition);  \
		pthread_mutex_unlock(&of->of_condition); \
	} while (0)
WAITER(condition, pthread_mutex_lock(&of->of_condition);
       pthread_cond_wait(&of->condition, &of->of_condition);
       pthread_mutex_unlock(&of->of_condition))
STATE(condition, "[condition 0x", WAKE_ALL(condition))
WAITER(timed_condition, struct timespec until = later(CLOCK_REALTIME);
       pthread_mutex_lock(&of->of_condition);
       pthread_cond_timedwait(&of->timed_condition, &of->of_condition, &until);
       pthread_mutex_unlock(&of->of_condition))
STATE(timed_condition, "[condition 0x", WAKE_ALL(timed_condition))

WAITER(semaphore, sem_wait(&of->semaphore))
STATE(semaphore, "[semaphore 0x", sem_post(&of->semaphore))

WAITER(read_lock, pthread_rwlock_rdlock(&of->write_locked);
       pthread_rwlock_unlock(&of->write_locked))
STATE_AFTER(pthread_rwlock_wrlock(&of->write_locked), read_lock, "[read lock 0x",
	    pthread_rwlock_unlock(&of->write_locked))
WAITER(write_lock, pthread_rwlock_wrlock(&of->read_locked); pthread_rwlock_unlock(&of->read_locked))
STATE_AFTER(pthread_rwlock_rdlock(&of->read_locked), write_lock, "[write lock 0x",
	    pthread_rwlock_unlock(&of->read_locked))
WAITER(write_lock_of_writer, pthread_rwlock_wrlock(&of->written);
       pthread_rwlock_unlock(&of->written))
STATE_AFTER(pthread_rwlock_wrlock(&of->written), write_lock_of_writer, " held by main thread ",
	    pthread_rwlock_unlock(&of->written))

WAITER(barrier, pthread_barrier_wait(&of->barrier))
STATE(barrier, "1 of 2 there]", pthread_barrier_wait(&of->barrier))

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}
WAITER(once, pthread_once(&of->once, sleep_for_ever))
MUST_LEAK(once, AMONG "[once 0x", "wait_in_once")
{
	of = &left;
	start_blocked(wait_in_once, NULL);
	start_blocked(wait_in_once, NULL);
}
END_TEST

static void *sleep_in_thread(void *argument)
{
	sleep_for_ever();
	return argument;
}
static pthread_t joined;
WAITER(join, pthread_join(joined, NULL))
MUST_LEAK(join, AMONG "[join of thread ", "wait_in_join")
{
	need(pthread_create(&joined, NULL, sleep_in_thread, NULL) == 0);
	start_blocked(wait_in_join, NULL);
}
END_TEST
MUST_PASS(join)
{
	need(pthread_create(&joined, NULL, sleep_in_thread, NULL) == 0);
	pthread_t thread = start_blocked(wait_in_join, NULL);
	pthread_cancel(joined);
	pthread_join(thread, NULL);
	joined = 0; /* the next thread's handle may be the same */
}
END_TEST

WAITER(pause, pause())
STATE(pause, "[signal wait", CANCEL)
WAITER(signal, sigset_t set; int signal; sigemptyset(&set); sigaddset(&set, SIGUSR2);
       pthread_sigmask(SIG_BLOCK, &set, NULL); sigwait(&set, &signal))
STATE(signal, "[signal wait", pthread_kill(thread, SIGUSR2))
WAITER(sleep, sleep(1000))
STATE(sleep, "[sleep for 1000 s", CANCEL)
WAITER(until, struct timespec until = later(CLOCK_MONOTONIC);
       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
STATE(until, "[sleep until ", CANCEL)

WAITER(read, read(of->ends[0], &byte, 1))
STATE(read, "[read of fd ", write(of->ends[1], "x", 1))
WAITER(read_opened, read(of->ends[0], &byte, 1))
MUST_LEAK(read_opened, "] opened at ", "wait_in_read_opened")
{
	of = &left;
	start_blocked(wait_in_read_opened, NULL);
}
END_TEST
WAITER(write, write(of->full[1], &byte, 1))
STATE(write, "[write of fd ", CANCEL)
WAITER(receive, recv(of->pair[0], &byte, 1, 0))
STATE(receive, "[receive of fd ", send(of->pair[1], "x", 1, 0))
WAITER(accept, accept(of->listener, NULL, NULL))
STATE(accept, "[accept of fd ", CANCEL)
WAITER(connect, connect(of->busy, (struct sockaddr *)&of->name, of->name_size))
STATE(connect, "[connect of fd ", CANCEL)
WAITER(poll, struct pollfd polled[2] = { { of->pair[1], POLLIN, 0 }, { of->ends[1], 0, 0 } };
       poll(polled, 2, -1))
STATE(poll, "[poll of fd ", CANCEL)
WAITER(select, fd_set set; FD_ZERO(&set); FD_SET(of->pair[1], &set);
       select(of->pair[1] + 1, &set, NULL, NULL, NULL))
STATE(select, "[select of fd ", CANCEL)
WAITER(epoll, struct epoll_event event; epoll_wait(of->waiter, &event, 1, -1))
STATE(epoll, "[epoll of fd ", CANCEL)

WAITER(flock, flock(of->file[1], LOCK_EX); flock(of->file[1], LOCK_UN))
STATE_AFTER(flock(of->file[0], LOCK_EX), flock, "[flock of fd ", flock(of->file[0], LOCK_UN))
static struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
static struct flock nothing = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
WAITER(file_lock, fcntl(of->file[1], F_OFD_SETLKW, &whole);
       fcntl(of->file[1], F_OFD_SETLK, &nothing))
STATE_AFTER(fcntl(of->file[0], F_OFD_SETLK, &whole), file_lock, "[file lock of fd ",
	    fcntl(of->file[0], F_OFD_SETLK, &nothing))

/* A child that ends when nobody can write to the pipe any more. */
static pid_t child;
static int leash[2];
static void fork_on_leash(void)
{
	need(pipe(leash) == 0);
	child = fork();
	if (child == 0) {
		close(leash[1]);
		read(leash[0], &byte, 1);
		_exit(0);
	}
	close(leash[0]);
}
WAITER(child, waitpid(child, NULL, 0))
MUST_PASS(child)
{
	fork_on_leash();
	pthread_t thread = start_blocked(wait_in_child, NULL);
	close(leash[1]);
	pthread_join(thread, NULL);
}
END_TEST

/* One that does not wait at all. */
static void *spin(void *argument)
{
	tid = gettid();
	for (;;)
		sink++;
	return argument;
}
MUST_LEAK(running, "[running], still running", BODY)
{
	pthread_t thread;
	tid = 0;
	need(pthread_create(&thread, NULL, spin, NULL) == 0);
	while (tid == 0)
		sched_yield();
}
END_TEST

static void init_locks(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutex_init(&of->mutex, NULL);
	pthread_mutex_init(&of->timed_mutex, NULL);
	pthread_mutex_init(&of->of_condition, NULL);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	need(pthread_mutex_init(&of->robust_mutex, &attributes) == 0);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	need(pthread_mutex_init(&of->careful_mutex, &attributes) == 0);
	pthread_mutexattr_destroy(&attributes);
	need(mtx_init(&of->c11_mutex, mtx_plain) == thrd_success);
	pthread_cond_init(&of->condition, NULL);
	pthread_cond_init(&of->timed_condition, NULL);
	pthread_rwlock_init(&of->read_locked, NULL);
	pthread_rwlock_init(&of->write_locked, NULL);
	pthread_rwlock_init(&of->written, NULL);
	need(pthread_barrier_init(&of->barrier, NULL, 2) == 0);
	sem_init(&of->semaphore, 0, 0);
}

static void init_files(void)
{
	static char bytes[4096];
	char path[] = "states_XXXXXX";

	need(pipe(of->ends) == 0 && pipe(of->full) == 0);
	int flags = fcntl(of->full[1], F_GETFL);
	fcntl(of->full[1], F_SETFL, flags | O_NONBLOCK);
	while (write(of->full[1], bytes, sizeof bytes) > 0 || write(of->full[1], bytes, 1) > 0)
		;
	fcntl(of->full[1], F_SETFL, flags);
	need((of->waiter = epoll_create1(0)) >= 0);
	need((of->file[0] = mkostemp(path, O_CLOEXEC)) >= 0);
	need((of->file[1] = open(path, O_RDWR)) >= 0);
	unlink(path);
}

/* A listener that nobody connects to, and one whose queue is full. */
static void init_sockets(void)
{
	struct sockaddr *name = (struct sockaddr *)&of->name;

	need((of->listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	name->sa_family = AF_UNIX;
	need(bind(of->listener, name, sizeof name->sa_family) == 0);
	need(listen(of->listener, 5) == 0);
	int crowded = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
	need(bind(crowded, name, sizeof name->sa_family) == 0);
	of->name_size = sizeof of->name;
	need(getsockname(crowded, name, &of->name_size) == 0);
	need(listen(crowded, 0) == 0);
	need(connect(first, name, of->name_size) == 0);
	need((of->busy = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, of->pair) == 0);
}

int main(int argc, char **argv)
{
	struct world *worlds[] = { &woken, &left };

	for (int i = 0; i < 2; i++) {
		of = worlds[i];
		init_locks();
		init_files();
		init_sockets();
	}
	return twins_main(argc, argv);
}
