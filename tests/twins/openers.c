/* SPDX-License-Identifier: MIT */
/* The rarer ways to get a descriptor: through a socket, from a terminal, by functions
 * of their own for one kind, and by syscall(). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <netdb.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TWIN_CASE "openers"
#include "twins.h"

int __mq_open_2(const char *name, int flags);
int pidfd_open(pid_t process, unsigned flags);
int pidfd_getfd(int process, int fd, unsigned flags);

/* Kernels, containers and users differ in what they allow: where something cannot be
 * had, a copy of standard input takes its place, and standard error says so. */
static int or_copy(int fd, const char *what)
{
	if (fd >= 0)
		return fd;
	need(errno == EPERM || errno == EACCES || errno == ENOSYS || errno == ENODEV ||
	     errno == EOPNOTSUPP || errno == ENOENT || errno == EINVAL);
	fprintf(stderr, "%s cannot be had here\n", what);
	return dup(STDIN_FILENO);
}

/* A pair for each function that opens: EXPRESSION is the descriptor. */
#define OPENER(name, what, expression)                                               \
	static __attribute__((noinline)) int open_by_##name(void)                    \
	{                                                                            \
		int fd = (expression);                                               \
		need(fd >= 0);                                                       \
		return fd;                                                           \
	}                                                                            \
	MUST_LEAK(name, what, "open_by_" #name) { open_by_##name(); } END_TEST       \
	MUST_PASS(name) { close(open_by_##name()); } END_TEST
#define RARE_OPENER(name, expression) OPENER(name, "fd ", or_copy((expression), #name))

RARE_OPENER(fanotify_init, fanotify_init(FAN_CLASS_NOTIF, O_RDONLY))
RARE_OPENER(fsopen, fsopen("tmpfs", 0))
RARE_OPENER(fspick, fspick(AT_FDCWD, "/", 0))
RARE_OPENER(open_tree, open_tree(AT_FDCWD, "/", 0))
OPENER(pidfd_open, "pid", pidfd_open(getpid(), 0))

static int mounted(void)
{
	int system = fsopen("tmpfs", 0);
	if (system < 0 || fsconfig(system, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) {
		close(system);
		errno = EPERM;
		return -1;
	}
	int fd = fsmount(system, 0, 0);
	close(system);
	return fd;
}
RARE_OPENER(fsmount, mounted())

static int taken_from_process(void)
{
	int process = pidfd_open(getpid(), 0);
	int fd = pidfd_getfd(process, STDIN_FILENO, 0);
	close(process);
	return fd;
}
RARE_OPENER(pidfd_getfd, taken_from_process())

static int by_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} at = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int mount, root = open("/", O_RDONLY | O_DIRECTORY), fd = -1;
	if (name_to_handle_at(AT_FDCWD, "/", &at.handle, &mount, 0) == 0)
		fd = open_by_handle_at(root, &at.handle, O_RDONLY);
	close(root);
	return fd;
}
RARE_OPENER(open_by_handle_at, by_handle())

static const char *queue_name(void)
{
	static char name[64];
	snprintf(name, sizeof name, "/leakcheck-%d", (int)getpid());
	return name;
}
static int queue(int again)
{
	int fd = mq_open(queue_name(), O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
	if (fd >= 0 && again) {
		close(fd);
		fd = __mq_open_2(queue_name(), O_RDONLY);
	}
	mq_unlink(queue_name());
	return fd;
}
RARE_OPENER(mq_open, queue(0))
RARE_OPENER(__mq_open_2, queue(1))

OPENER(getpt, "ptmx", getpt())
static int one_end_of_terminal(void)
{
	int master, slave;
	need(openpty(&master, &slave, NULL, NULL, NULL) == 0);
	close(master);
	return slave;
}
OPENER(openpty, "/dev/pts", one_end_of_terminal())
static int terminal_of_child(void)
{
	int master;
	pid_t child = forkpty(&master, NULL, NULL, NULL);
	need(child >= 0);
	if (child == 0)
		exit(0);
	need(waitpid(child, NULL, 0) == child);
	return master;
}
OPENER(forkpty, "ptmx", terminal_of_child())

/* Two descriptors travel in one message; both arrive, one is kept. */
static void send_two(int to)
{
	union { char bytes[CMSG_SPACE(2 * sizeof(int))]; struct cmsghdr header; } control = {
		.header = { CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS }
	};
	int sent[2] = { open("/dev/null", O_RDONLY), open("/dev/zero", O_RDONLY) };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };

	memcpy(CMSG_DATA(&control.header), sent, sizeof sent);
	need(sendmsg(to, &message, 0) == 1);
	close(sent[0]);
	close(sent[1]);
}
static ssize_t with_recvmsg(int from, struct msghdr *message)
{
	return recvmsg(from, message, 0);
}
static ssize_t with_recvmmsg(int from, struct msghdr *message)
{
	struct mmsghdr many = { .msg_hdr = *message };
	int count = recvmmsg(from, &many, 1, 0, NULL);
	*message = many.msg_hdr;
	return count;
}
static ssize_t with_syscall(int from, struct msghdr *message)
{
	return syscall(SYS_recvmsg, from, message, 0);
}
static int receive(ssize_t (*how)(int from, struct msghdr *message))
{
	union {
		char bytes[CMSG_SPACE(16) + CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr header;
	} control;
	int ends[2], received[2];
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };

	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
	/* Another header stands before the one with the descriptors. */
	need(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) == 0);
	send_two(ends[0]);
	need(how(ends[1], &message) == 1);
	close(ends[0]);
	close(ends[1]);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	while (header && header->cmsg_type != SCM_RIGHTS)
		header = CMSG_NXTHDR(&message, header);
	need(header);
	memcpy(received, CMSG_DATA(header), sizeof received);
	close(received[0]);
	return received[1];
}
OPENER(recvmsg, "/dev/zero", receive(with_recvmsg))
OPENER(recvmmsg, "/dev/zero", receive(with_recvmmsg))
OPENER(recvmsg_by_syscall, "/dev/zero", receive(with_syscall))
MUST_PASS(recvmsg_without_control)
{
	int ends[2];
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
	need(sendmsg(ends[0], &message, 0) == 1 && recvmsg(ends[1], &message, 0) == 1);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* What libc opens for itself, or for a child, and closes again. */
MUST_PASS(for_a_moment)
{
	posix_spawn_file_actions_t actions;
	char *words[] = { "true", NULL };
	struct addrinfo *found = NULL;
	pid_t process;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 5, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, 5, 6);
	posix_spawn_file_actions_addclose(&actions, 5);
	need(posix_spawnp(&process, "true", &actions, NULL, words, environ) == 0);
	need(waitpid(process, NULL, 0) == process);
	posix_spawn_file_actions_destroy(&actions);
	need(system("exit 0") == 0);
	void *library = dlopen("libm.so.6", RTLD_NOW);
	need(library && dlclose(library) == 0);
	need(getpwuid(0) != NULL);
	if (getaddrinfo("localhost", "80", NULL, &found) == 0)
		freeaddrinfo(found);
}
END_TEST

/* By number.  These have no function in libc, or are called so nonetheless. */
#define BY_SYSCALL(name, what, ...)                                                  \
	OPENER(syscall_##name, what, (int)syscall(SYS_##name, __VA_ARGS__))
#define RARE_BY_SYSCALL(name, ...)                                                   \
	RARE_OPENER(syscall_##name, (int)syscall(SYS_##name, __VA_ARGS__))

static struct { __u64 flags, mode, resolve; } how = { O_RDONLY | O_CLOEXEC, 0, 0 };
static struct perf_event_attr nothing = { .type = PERF_TYPE_SOFTWARE, .size = sizeof nothing,
					  .config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1 };
static struct io_uring_params ring;

BY_SYSCALL(openat, "/dev/null O_WRONLY", AT_FDCWD, "/dev/null", O_WRONLY)
RARE_BY_SYSCALL(openat2, AT_FDCWD, "/dev/null", &how, sizeof how)
BY_SYSCALL(memfd_create, "memfd:mine", "mine", 0)
BY_SYSCALL(socket, "socket:", AF_UNIX, SOCK_STREAM, 0)
BY_SYSCALL(dup, "fd ", 0)
BY_SYSCALL(dup3, "fd 900 ", 0, 900, 0)
BY_SYSCALL(fcntl, "fd 901 ", 0, F_DUPFD, 901)
BY_SYSCALL(epoll_create1, "eventpoll", 0)
BY_SYSCALL(eventfd2, "eventfd", 7, 0)
BY_SYSCALL(pidfd_open, "pid", getpid(), 0)
RARE_BY_SYSCALL(userfaultfd, O_CLOEXEC)
RARE_BY_SYSCALL(perf_event_open, &nothing, 0, -1, -1, 0)
RARE_BY_SYSCALL(io_uring_setup, 2, &ring)

static int pipe_by_syscall(void)
{
	int fds[2];
	need(syscall(SYS_pipe2, fds, 0) == 0 && syscall(SYS_close, fds[0]) == 0);
	return fds[1];
}
OPENER(syscall_pipe2, "pipe:", pipe_by_syscall())
static int socketpair_by_syscall(void)
{
	int fds[2];
	need(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	need(syscall(SYS_close_range, fds[0], fds[0], 0) == 0);
	return fds[1];
}
OPENER(syscall_socketpair, "socket:", socketpair_by_syscall())
MUST_PASS(syscall_close) { need(syscall(SYS_close, open("/dev/null", O_RDONLY)) == 0); } END_TEST

/* All six arguments arrive, results and errno come back, and what opens nothing is left
 * alone. */
MUST_PASS(syscall_is_what_it_was)
{
	char *page = (char *)syscall(SYS_mmap, NULL, 8192, 3, 0x22, -1, 0);
	int file = open("/proc/self/exe", O_RDONLY), fds[2];
	char bytes[4];

	need(page != (char *)-1 && page[8191] == 0);
	need(syscall(SYS_munmap, page, 8192) == 0);
	page = (char *)syscall(SYS_mmap, NULL, 4096, 1, 2, file, 0); /* the last is the offset */
	need(memcmp(page, "\177ELF", 4) == 0 && munmap(page, 4096) == 0);
	need(pipe(fds) == 0 && write(fds[1], "abc", 3) == 3);
	long length = 3;
	long moved = syscall(SYS_splice, fds[0], NULL, file, NULL, length, 0);
	need(moved == -1 && errno == EBADF); /* file is not open for writing */
	need(syscall(SYS_read, fds[0], bytes, 4) == 3 && bytes[2] == 'c');
	errno = 0;
	need(syscall(SYS_openat, AT_FDCWD, "/nowhere", O_RDONLY) == -1 && errno == ENOENT);
	need(syscall(SYS_close, -1) == -1 && errno == EBADF);
	need(syscall(100000L) == -1 && errno == ENOSYS && syscall(-1L) == -1);
	errno = 77;
	need(syscall(SYS_getpid) == getpid() && errno == 77);
	close(file);
	close(fds[0]);
	close(fds[1]);
}
END_TEST
MUST_PASS(syscall_forks)
{
	int status;
#ifdef SYS_fork
	pid_t child = (pid_t)syscall(SYS_fork);
#else
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
	if (child == 0)
		syscall(SYS_exit_group, 7);
	need(child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
