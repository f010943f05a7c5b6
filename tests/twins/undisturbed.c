/* SPDX-License-Identifier: MIT */
/* Threads in calls that a signal or a tracer would interrupt, left there. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

#include "blocked.h"
#include "twins.h"

static int ends[2], pair[2], waiter, nowhere;
static sem_t semaphore;
static volatile pid_t tid;

/* Each thread writes its name first, for the reader of the trace, and allocates. */
static void begin(const char *name)
{
	free(use(malloc(100)));
	need(write(nowhere, name, strlen(name)) > 0);
	tid = gettid();
}

#define THREAD(name, ...)                                    \
	static void *name(void *argument)                    \
	{                                                    \
		begin("in " #name);                          \
		__VA_ARGS__;                                 \
		need(write(nowhere, "interrupted", 11) > 0); \
		return argument;                             \
	}
static char byte;
static struct timespec hour = { 3600, 0 };
THREAD(in_read, read(ends[0], &byte, 1))
THREAD(in_recv, recv(pair[0], &byte, 1, 0))
THREAD(in_poll, struct pollfd row = { pair[0], POLLIN, 0 }; poll(&row, 1, -1))
THREAD(in_select, fd_set set; FD_ZERO(&set); FD_SET(pair[0], &set);
       select(pair[0] + 1, &set, NULL, NULL, NULL))
THREAD(in_epoll, struct epoll_event event; epoll_wait(waiter, &event, 1, -1))
THREAD(in_nanosleep, nanosleep(&hour, NULL))
THREAD(in_sem_wait, sem_wait(&semaphore))
THREAD(in_sem_timedwait, struct timespec until; clock_gettime(CLOCK_REALTIME, &until);
       until.tv_sec += 3600; sem_timedwait(&semaphore, &until))
THREAD(in_sigtimedwait, sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR2);
       sigtimedwait(&set, NULL, &hour))
THREAD(in_pause, pause())

#define TWIN_CASE "undisturbed"
MUST_LEAK(threads, AMONG "[poll of fd ", "in_poll")
{
	void *(*const routines[])(void *) = { in_read,	   in_recv,	     in_poll,
					      in_select,   in_epoll,	     in_nanosleep,
					      in_sem_wait, in_sem_timedwait, in_sigtimedwait,
					      in_pause };
	for (size_t i = 0; i < sizeof routines / sizeof *routines; i++) {
		pthread_t thread;
		tid = 0;
		need(pthread_create(&thread, NULL, routines[i], NULL) == 0);
		wait_until_blocked(&tid);
	}
}
END_TEST

int main(int argc, char **argv)
{
	need(pipe(ends) == 0 && (waiter = epoll_create1(0)) >= 0);
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	need((nowhere = open("/dev/null", O_WRONLY)) >= 0);
	sem_init(&semaphore, 0, 0);
	return twins_main(argc, argv);
}
