/* SPDX-License-Identifier: MIT */
/* What a descriptor is, as far as the kernel tells. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

#define TWIN_CASE "described"
#include "twins.h"

int pidfd_open(pid_t process, unsigned flags);

/* A pair for each kind: EXPRESSION is the descriptor. */
#define KIND(name, what, expression)                                                 \
	static __attribute__((noinline)) int open_##name(void)                       \
	{                                                                            \
		int fd = (expression);                                               \
		need(fd >= 0);                                                       \
		return fd;                                                           \
	}                                                                            \
	MUST_LEAK(name, what, "open_" #name) { open_##name(); } END_TEST             \
	MUST_PASS(name) { close(open_##name()); } END_TEST

static int file_at(const char *name, int gone)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	need(fd >= 0 && write(fd, "hello", 5) == 5 && lseek(fd, 2, SEEK_SET) == 2);
	if (gone)
		unlink(name);
	return fd;
}
static int locked(int fd)
{
	need(flock(fd, LOCK_SH) == 0);
	return fd;
}
KIND(file, "/plain O_RDWR|O_APPEND, offset 2 of 5", file_at("plain", 0))
KIND(deleted_file, "/gone (deleted) O_RDWR|O_APPEND, offset 2 of 5", file_at("gone", 1))
KIND(locked_file, "offset 2 of 5, locked (FLOCK READ)", locked(file_at("locked", 0)))
KIND(hostile_name, "/a\\nok 1 - b\\x1b[31m\\xff (deleted)", file_at("a\nok 1 - b\x1b[31m\xff", 1))

static void *loopback(struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return ret;
}
static int listener(void)
{
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	need(bind(fd, loopback(&address), sizeof address) == 0 && listen(fd, 1) == 0);
	return fd;
}
/* A connection; END 0 is the caller's, 1 the listener's.  The other one is closed. */
static int connection(int end)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;
	int fds[2] = { socket(AF_INET, SOCK_STREAM, 0), -1 }, from = listener();

	need(getsockname(from, (void *)&address, &size) == 0);
	need(connect(fds[0], (void *)&address, size) == 0);
	need((fds[1] = accept(from, NULL, NULL)) >= 0);
	close(from);
	close(fds[!end]);
	return fds[end];
}
KIND(listening, "TCP listening on 127.0.0.1:", listener())
KIND(half_closed, ", CLOSE_WAIT, the peer has closed", connection(1))
KIND(connected, "TCP connected from 127.0.0.1:", connection(0))
KIND(unconnected, "O_RDWR, TCP not connected", socket(AF_INET, SOCK_STREAM, 0))
KIND(datagram, "O_RDWR, UDP not connected", socket(AF_INET, SOCK_DGRAM, 0))

static int at_name(const char *name, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, name, length);
	need(bind(fd, (void *)&address, (socklen_t)(sizeof address.sun_family + length)) == 0);
	need(listen(fd, 1) == 0);
	if (name[0])
		unlink(name);
	return fd;
}
KIND(unix_path, "unix stream listening on ./so\\tck", at_name("./so\tck", 7))
static int abstract(void)
{
	char name[32] = "";
	static int times;
	snprintf(name + 1, sizeof name - 1, "leakcheck%d-%d", (int)getpid(), times++);
	memcpy(name + strlen(name + 1) + 1, "\x1b\0b", 3);
	return at_name(name, strlen(name + 1) + 3);
}
KIND(unix_abstract, "\\x1b\\x00b, ", abstract())

static int one_of_pair(int type)
{
	int fds[2];
	need(socketpair(AF_UNIX, type, 0, fds) == 0);
	close(fds[1]);
	return fds[0];
}
KIND(unix_pair, "unix seqpacket connected, the peer has closed", one_of_pair(SOCK_SEQPACKET))

static int end_of_pipe(int end)
{
	int fds[2];
	need(pipe(fds) == 0);
	close(fds[!end]);
	return fds[end];
}
KIND(pipe_to_nobody, "O_WRONLY, other end: closed", end_of_pipe(1))
KIND(pipe_from_nobody, "O_RDONLY, other end: closed", end_of_pipe(0))
MUST_LEAK(pipe_both, AMONG "O_RDONLY, other end: fd ", BODY) { int fds[2]; pipe(fds); } END_TEST
static pid_t child;
static int end_of_child(void)
{
	int fds[2];
	need(pipe(fds) == 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (close(fds[0]);;)
			pause();
	}
	close(fds[1]);
	return fds[0];
}
MUST_LEAK(pipe_from_child, AMONG "O_RDONLY, other end: in another process", "end_of_child")
{
	end_of_child();
}
END_TEST
MUST_PASS(pipe_from_child)
{
	close(end_of_child());
	need(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}
END_TEST

KIND(event_count, "anon_inode:[eventfd] O_RDWR, count 171", eventfd(171, 0))
static int timer(long first, long interval)
{
	struct itimerspec times = { { interval, 500000000 }, { first, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	need(timerfd_settime(fd, 0, &times, NULL) == 0);
	return fd;
}
KIND(timer, ", every 7.500 s", timer(1000, 7))
KIND(idle_timer, ", CLOCK_REALTIME, not armed", timerfd_create(CLOCK_REALTIME, 0))
static int signals(void)
{
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGTERM);
	return signalfd(-1, &mask, 0);
}
KIND(signals, ", for SIGUSR1 SIGTERM", signals())
static int watching(void)
{
	int fd = epoll_create1(0), event = dup2(eventfd(0, 0), 700);
	need(epoll_ctl(fd, EPOLL_CTL_ADD, 700, &(struct epoll_event){ .events = EPOLLIN }) == 0);
	(void)event;
	return fd;
}
MUST_LEAK(watching, AMONG ", watches fd 700", "watching") { watching(); } END_TEST
KIND(idle_epoll, ", watches nothing", epoll_create1(0))
static int watched_folder(void)
{
	int fd = inotify_init1(IN_CLOEXEC);
	need(inotify_add_watch(fd, "/", IN_CREATE) >= 0);
	return fd;
}
KIND(watches, ", watches: 1", watched_folder())
static int of_process(int ended)
{
	child = fork();
	if (child == 0)
		_exit(0);
	int fd = pidfd_open(ended ? child : getpid(), 0);
	need(waitpid(child, NULL, 0) == child);
	return fd;
}
KIND(own_process, ", of process ", of_process(0))
KIND(ended_process, ", of a process that has ended", of_process(1))

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
