/* SPDX-License-Identifier: MIT */
/* File descriptors, by every way that they are opened and closed. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#define TWIN_CASE "descriptors"
#include "twins.h"

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

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

OPENER(open, "/dev/null O_RDWR|O_CLOEXEC", open("/dev/null", O_RDWR | O_CLOEXEC))
OPENER(open64, "/dev/null O_RDONLY", open64("/dev/null", O_RDONLY))
OPENER(openat, "/dev/null O_WRONLY", openat(AT_FDCWD, "/dev/null", O_WRONLY))
OPENER(openat64, "/dev/null", openat64(AT_FDCWD, "/dev/null", O_RDONLY))
OPENER(__open_2, "/dev/null", __open_2("/dev/null", O_RDONLY))
OPENER(__open64_2, "/dev/null", __open64_2("/dev/null", O_RDONLY))
OPENER(__openat_2, "/dev/null", __openat_2(AT_FDCWD, "/dev/null", O_RDONLY))
OPENER(__openat64_2, "/dev/null", __openat64_2(AT_FDCWD, "/dev/null", O_RDONLY))
OPENER(open_tmpfile, "O_RDWR", open(".", O_TMPFILE | O_RDWR, 0600))
OPENER(open_path, "O_PATH", open("/", O_PATH))
OPENER(creat, "/created O_WRONLY", creat("created", 0600))
OPENER(creat64, "/created O_WRONLY", creat64("created", 0600))

static char name[64];
static char *template(const char *suffix)
{
	snprintf(name, sizeof name, "./file_XXXXXX%s", suffix);
	return name;
}

/* The descriptor of a file that need not stay. */
static int unlinked(int fd)
{
	unlink(name);
	return fd;
}
OPENER(mkstemp, "/file_", unlinked(mkstemp(template(""))))
OPENER(mkstemp64, "/file_", unlinked(mkstemp64(template(""))))
OPENER(mkostemp, "/file_", unlinked(mkostemp(template(""), O_CLOEXEC)))
OPENER(mkostemp64, "/file_", unlinked(mkostemp64(template(""), O_CLOEXEC)))
OPENER(mkstemps, "/file_", unlinked(mkstemps(template(".c"), 2)))
OPENER(mkstemps64, "/file_", unlinked(mkstemps64(template(".c"), 2)))
OPENER(mkostemps, "/file_", unlinked(mkostemps(template(".c"), 2, 0)))
OPENER(mkostemps64, "/file_", unlinked(mkostemps64(template(".c"), 2, 0)))
static int answer(int (*accept_one)(int listener))
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof address;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), caller = socket(AF_UNIX, SOCK_STREAM, 0);

	/* The kernel chooses an abstract name. */
	need(bind(listener, (void *)&address, offsetof(struct sockaddr_un, sun_path)) == 0);
	need(getsockname(listener, (void *)&address, &length) == 0);
	need(listen(listener, 1) == 0 && connect(caller, (void *)&address, length) == 0);
	int fd = accept_one(listener);
	close(caller);
	close(listener);
	return fd;
}
static int with_accept(int listener) { return accept(listener, NULL, NULL); }
static int with_accept4(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
OPENER(socket, "socket:", socket(AF_UNIX, SOCK_STREAM, 0))
OPENER(accept, "socket:", answer(with_accept))
OPENER(accept4, "socket:", answer(with_accept4))
OPENER(dup, "fd ", dup(STDIN_FILENO))
OPENER(dup2, "fd 40 ", dup2(STDIN_FILENO, 40))
OPENER(dup3, "fd 41 ", dup3(STDIN_FILENO, 41, O_CLOEXEC))
OPENER(fcntl, "fd 42 ", fcntl(STDIN_FILENO, F_DUPFD, 42))
OPENER(fcntl_cloexec, "O_CLOEXEC", fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 43))
OPENER(fcntl64, "fd ", fcntl64(STDIN_FILENO, F_DUPFD, 44))
OPENER(epoll_create, "eventpoll", epoll_create(1))
OPENER(epoll_create1, "eventpoll", epoll_create1(0))
OPENER(eventfd, "eventfd", eventfd(0, 0))
OPENER(timerfd_create, "timerfd", timerfd_create(CLOCK_MONOTONIC, 0))
OPENER(inotify_init, "inotify", inotify_init())
OPENER(inotify_init1, "inotify", inotify_init1(0))
OPENER(memfd_create, "memfd:mine", memfd_create("mine", 0))

static int shared_memory(void)
{
	int fd = shm_open(strcpy(name, "/leakcheck-twin"), O_RDWR | O_CREAT, 0600);
	shm_unlink(name);
	return fd;
}
OPENER(shm_open, "leakcheck-twin", shared_memory())
OPENER(posix_openpt, "ptmx", posix_openpt(O_RDWR | O_NOCTTY))

static int for_signals(int fd)
{
	sigset_t mask;
	sigemptyset(&mask);
	return signalfd(fd, &mask, 0);
}
OPENER(signalfd, "signalfd", for_signals(-1))
MUST_PASS(signalfd_changed)
{
	int fd = for_signals(-1);
	need(for_signals(fd) == fd);
	close(fd);
}
END_TEST

/* Two at once: one is kept. */
static int half(int status, const int fds[2])
{
	need(status == 0);
	close(fds[0]);
	return fds[1];
}
static int with_pipe(void) { int fds[2]; return half(pipe(fds), fds); }
static int with_pipe2(void) { int fds[2]; return half(pipe2(fds, O_CLOEXEC), fds); }
static int with_pair(void)
{
	int fds[2];
	return half(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), fds);
}
OPENER(pipe, "pipe:", with_pipe())
OPENER(pipe2, "pipe:", with_pipe2())
OPENER(socketpair, "socket:", with_pair())

/* Files like those that Check exchanges its messages through. */
static int named_like_checks(void)
{
	char path[] = "./check_XXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	return fd;
}
OPENER(mkstemp_like_check, "/check_", named_like_checks())
static FILE *stream_like_checks(void)
{
	FILE *stream = fdopen(named_like_checks(), "w+");
	need(stream && fputs("hello", stream) >= 0);
	rewind(stream);
	need(fgetc(stream) == 'h');
	return stream;
}
MUST_LEAK(fdopen_like_check, "/check_", "named_like_checks")
{
	lose(stream_like_checks());
}
END_TEST
MUST_PASS(fdopen_like_check) { fclose(stream_like_checks()); } END_TEST
MUST_LEAK(beside_one_like_check, "/dev/zero", BODY)
{
	need(open("/dev/zero", O_RDONLY) >= 0);
	fclose(stream_like_checks());
}
END_TEST

/* As code that goes around the C library does. */
static int open_unseen(const char *path)
{
	long flags = O_RDONLY, result;
#if defined(__x86_64__)
	register long mode __asm__("r10") = 0;
	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(SYS_openat), "D"(AT_FDCWD), "S"(path), "d"(flags), "r"(mode)
			 : "rcx", "r11", "memory");
#else
	register long x8 __asm__("x8") = SYS_openat;
	register long x0 __asm__("x0") = AT_FDCWD;
	register const char *x1 __asm__("x1") = path;
	register long x2 __asm__("x2") = flags;
	register long x3 __asm__("x3") = 0;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	result = x0;
#endif
	return (int)result;
}

/* Ways to close. */
static int some_file(void) { return open("/dev/null", O_RDONLY); }
MUST_PASS(close_range)
{
	int first = some_file(), last = some_file();
	need(last == first + 1 && close_range((unsigned)first, (unsigned)last, 0) == 0);
}
END_TEST
MUST_LEAK(close_range_to_exec, "fd ", "some_file")
{
	unsigned fd = (unsigned)some_file();
	need(close_range(fd, fd, CLOSE_RANGE_CLOEXEC) == 0);
}
END_TEST
MUST_PASS(closefrom) { closefrom(dup2(some_file(), 900)); closefrom(some_file() - 1); } END_TEST
MUST_PASS(close_by_syscall) { syscall(SYS_close, some_file()); } END_TEST
MUST_PASS(close_twice) { int fd = some_file(); close(fd); close(fd); } END_TEST
MUST_PASS(close_nothing) { close(-1); close(700); } END_TEST

/* Numbers that are used again. */
static int old_fd, replaced_fd;
MUST_LEAK(one_closed_another_opened, "/dev/zero", BODY)
{
	int fd = some_file();
	close(fd);
	need(open("/dev/zero", O_RDONLY) == fd);
}
END_TEST
MUST_LEAK(old_number_reopened, "/dev/zero", BODY)
{
	close(old_fd);
	need(open("/dev/zero", O_RDONLY) == old_fd);
}
END_TEST
MUST_LEAK(old_number_taken_unseen, "/etc/passwd O_RDONLY, offset 0", NOWHERE)
{
	close(old_fd);
	need(open_unseen("/etc/passwd") == old_fd);
}
END_TEST
MUST_LEAK(old_number_same_file, "/dev/zero", BODY)
{
	close(old_fd);
	need(open("/dev/zero", O_RDONLY) == old_fd);
}
END_TEST
MUST_PASS(dup2_over)
{
	int fd = some_file();
	need(dup2(STDIN_FILENO, fd) == fd);
	close(fd);
}
END_TEST
MUST_LEAK(dup2_over, "fd ", BODY) { int fd = some_file(); need(dup2(old_fd, fd) == fd); } END_TEST
MUST_PASS(dup2_onto_itself) { need(dup2(old_fd, old_fd) == old_fd); } END_TEST

MUST_PASS(old_one_replaced)
{
	int fd = open("/dev/zero", O_RDONLY);
	need(dup2(fd, replaced_fd) == replaced_fd);
	close(fd);
}
END_TEST

/* A test that looks at what is written to standard output, both usual ways. */
MUST_PASS(stream_redirected_and_back)
{
	int saved = dup(STDIN_FILENO), fd = some_file();
	dup2(fd, STDIN_FILENO);
	close(fd);
	dup2(saved, STDIN_FILENO);
	close(saved);
}
END_TEST
MUST_PASS(stream_closed_and_back)
{
	int saved = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	need(some_file() == STDIN_FILENO);
	close(STDIN_FILENO);
	need(dup(saved) == STDIN_FILENO);
	close(saved);
}
END_TEST
MUST_LEAK(stream_back_but_saved_kept, "fd ", BODY)
{
	int saved = dup(STDIN_FILENO);
	dup2(saved, STDIN_FILENO);
}
END_TEST

/* Openers that nobody watches. */
MUST_LEAK(unseen, "/dev/null O_RDONLY, opened outside what is watched", NOWHERE)
{
	need(open_unseen("/dev/null") >= 0);
}
END_TEST
MUST_PASS(unseen) { close(open_unseen("/dev/null")); } END_TEST
MUST_PASS(failing_openers)
{
	int fds[2];
	need(open("/nowhere/x", O_RDONLY) < 0 && !fopen("/nowhere/x", "r") && !opendir("/nowhere"));
	need(dup(-1) < 0 && dup2(-1, 5) < 0 && socket(-1, 0, 0) < 0 && pipe2(fds, ~0) < 0);
}
END_TEST
MUST_LEAK(many, AMONG "fd ", "some_file") { for (int i = 0; i < 10; i++) some_file(); } END_TEST

int main(int argc, char **argv)
{
	old_fd = open("/dev/null", O_RDONLY);
	replaced_fd = dup(old_fd);
	return twins_main(argc, argv);
}
