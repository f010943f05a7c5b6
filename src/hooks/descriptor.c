/* SPDX-License-Identifier: MIT */
/* The names that open and close descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "probe/descriptor.h"
#include "probe/listener.h"
#include "probe/received.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

/* The descriptor of a stream; -1, with errno kept, for one in memory. */
static int number_of(FILE *stream)
{
	int saved = errno;
	int fd = fileno(stream);

	errno = saved;
	return fd;
}

static int opened(int fd, const void *frame)
{
	lk_descriptor_opened(fd, LK_DESCRIPTOR_LOWEST, frame);
	return fd;
}

static void opened_pair(const int fds[2], const void *frame)
{
	lk_descriptor_opened(fds[0], LK_DESCRIPTOR_LOWEST, frame);
	lk_descriptor_opened(fds[1], LK_DESCRIPTOR_LOWEST, frame);
}

#define LK_HOOK(result, name, parameters)
#define LK_OPENER(result, name, parameters, arguments)               \
	LK_EXPORT result name parameters;                            \
	LK_EXPORT result name parameters                             \
	{                                                            \
		return opened(LK_REAL(name) arguments, FRAME);       \
	}
#define LK_STREAM(result, name, parameters, arguments, number, type) \
	LK_EXPORT result name parameters                             \
	{                                                            \
		result object = LK_REAL(name) arguments;             \
		if (object)                                          \
			lk_descriptor_held(opened(number(object), FRAME), object, \
					   LK_HELD_##type);          \
		return object;                                       \
	}
#include "base/hooked.def"
#undef LK_HOOK
#undef LK_OPENER
#undef LK_STREAM

/* The mode is passed on unread when the flags ask for none: on our ABIs an
 * absent argument reads as garbage, which the kernel then ignores. */
#define TAKE_MODE(last)                        \
	va_list arguments;                     \
	va_start(arguments, last);             \
	mode_t mode = va_arg(arguments, mode_t); \
	va_end(arguments)

LK_EXPORT int open(const char *path, int flags, ...)
{
	TAKE_MODE(flags);
	return opened(LK_REAL(open)(path, flags, mode), FRAME);
}

LK_EXPORT int open64(const char *path, int flags, ...)
{
	TAKE_MODE(flags);
	return opened(LK_REAL(open64)(path, flags, mode), FRAME);
}

LK_EXPORT int openat(int directory, const char *path, int flags, ...)
{
	TAKE_MODE(flags);
	return opened(LK_REAL(openat)(directory, path, flags, mode), FRAME);
}

LK_EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	TAKE_MODE(flags);
	return opened(LK_REAL(openat64)(directory, path, flags, mode), FRAME);
}

static int controlled(int fd, int command, const void *frame)
{
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		lk_descriptor_opened(fd, LK_DESCRIPTOR_COPIED, frame);
	return fd;
}

LK_EXPORT int fcntl(int fd, int command, ...)
{
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return controlled(LK_REAL(fcntl)(fd, command, argument), command, FRAME);
}

LK_EXPORT int fcntl64(int fd, int command, ...)
{
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return controlled(LK_REAL(fcntl64)(fd, command, argument), command, FRAME);
}

LK_EXPORT int signalfd(int fd, const sigset_t *mask, int flags)
{
	int result = LK_REAL(signalfd)(fd, mask, flags);

	return fd == -1 ? opened(result, FRAME) : result;
}

LK_EXPORT mqd_t mq_open(const char *name, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = va_arg(arguments, mode_t);
	struct mq_attr *attributes = va_arg(arguments, struct mq_attr *);
	va_end(arguments);
	return opened(LK_REAL(mq_open)(name, flags, mode, attributes), FRAME);
}

LK_EXPORT int openpty(int *master, int *slave, char *name, const struct termios *terminal,
		      const struct winsize *size)
{
	int status = LK_REAL(openpty)(master, slave, name, terminal, size);

	if (status == 0)
		opened_pair((int[]){ *master, *slave }, FRAME);
	return status;
}

LK_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t size = LK_REAL(recvmsg)(fd, message, flags);

	if (size >= 0)
		lk_received_descriptors(message, FRAME);
	return size;
}

LK_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
		       struct timespec *timeout)
{
	int received = LK_REAL(recvmmsg)(fd, messages, count, flags, timeout);

	for (int i = 0; i < received; i++)
		lk_received_descriptors(&messages[i].msg_hdr, FRAME);
	return received;
}

LK_EXPORT int pipe(int fds[2])
{
	int status = LK_REAL(pipe)(fds);

	if (status == 0)
		opened_pair(fds, FRAME);
	return status;
}

LK_EXPORT int pipe2(int fds[2], int flags)
{
	int status = LK_REAL(pipe2)(fds, flags);

	if (status == 0)
		opened_pair(fds, FRAME);
	return status;
}

LK_EXPORT int socketpair(int domain, int type, int protocol, int fds[2])
{
	int status = LK_REAL(socketpair)(domain, type, protocol, fds);

	if (status == 0)
		opened_pair(fds, FRAME);
	return status;
}

LK_EXPORT int dup(int fd)
{
	int copy = LK_REAL(dup)(fd);

	lk_descriptor_opened(copy, LK_DESCRIPTOR_COPIED, FRAME);
	return copy;
}

LK_EXPORT int dup2(int fd, int number)
{
	int result = LK_REAL(dup2)(fd, number);

	if (fd != number)
		lk_descriptor_opened(result, LK_DESCRIPTOR_CHOSEN, FRAME);
	return result;
}

LK_EXPORT int dup3(int fd, int number, int flags)
{
	int result = LK_REAL(dup3)(fd, number, flags);

	lk_descriptor_opened(result, LK_DESCRIPTOR_CHOSEN, FRAME);
	return result;
}

/* STATUS is what closing FD returned. */
static int closed(int fd, bool again, int status, const void *frame)
{
	if (LK_UNLIKELY(again || status == -1))
		lk_descriptor_close_ended(fd, again, status == -1 ? errno : 0, frame);
	return status;
}

/* So, for what has more to do than to close it, and other reasons to fail. */
static int closed_with(int fd, bool again, int status, const void *frame)
{
	return again ? closed(fd, again, status, frame) : status;
}

LK_EXPORT int close(int fd)
{
	bool again = lk_descriptor_closing(fd, FRAME);

	return closed(fd, again, LK_REAL(close)(fd), FRAME);
}

LK_EXPORT int mq_close(mqd_t queue)
{
	bool again = lk_descriptor_closing(queue, FRAME);

	return closed(queue, again, LK_REAL(mq_close)(queue), FRAME);
}

LK_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	if (!(flags & CLOSE_RANGE_CLOEXEC))
		lk_descriptor_closing_range(first, last, FRAME);
	return LK_REAL(close_range)(first, last, flags);
}

LK_EXPORT void closefrom(int first)
{
	lk_descriptor_closing_range(first < 0 ? 0 : (unsigned)first, ~0u, FRAME);
	LK_REAL(closefrom)(first);
}

static FILE *reopened(FILE *stream, const void *frame)
{
	int fd = stream ? number_of(stream) : -1;

	lk_descriptor_opened(fd, LK_DESCRIPTOR_CHOSEN, frame);
	lk_descriptor_held(fd, stream, LK_HELD_FILE);
	return stream;
}

LK_EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	return reopened(LK_REAL(freopen)(path, mode, stream), FRAME);
}

LK_EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	return reopened(LK_REAL(freopen64)(path, mode, stream), FRAME);
}

LK_EXPORT int closedir(DIR *directory)
{
	/* libc answers NULL with EINVAL, whatever its header promises. */
	DIR *volatile given = directory;

	int fd = given ? dirfd(directory) : -1;
	bool again = lk_descriptor_closing(fd, FRAME);

	return closed_with(fd, again, LK_REAL(closedir)(directory), FRAME);
}

/* Check keeps its message file in a stream made by mkstemp and fdopen. */
LK_EXPORT int mkstemp(char *template)
{
	int fd = opened(LK_REAL(mkstemp)(template), FRAME);

	lk_listener.temporary_made(template, fd);
	return fd;
}

LK_EXPORT int mkstemp64(char *template)
{
	int fd = opened(LK_REAL(mkstemp64)(template), FRAME);

	lk_listener.temporary_made(template, fd);
	return fd;
}

LK_EXPORT FILE *fdopen(int fd, const char *mode)
{
	bool own = lk_listener.owns_descriptor(fd);

	lk_self.quiet += own;
	FILE *stream = LK_REAL(fdopen)(fd, mode);
	lk_self.quiet -= own;
	if (stream) {
		lk_descriptor_held(fd, stream, LK_HELD_FILE);
		lk_listener.stream_made(fd, stream);
	}
	return stream;
}

LK_EXPORT DIR *fdopendir(int fd)
{
	DIR *directory = LK_REAL(fdopendir)(fd);

	lk_descriptor_held(directory ? fd : -1, directory, LK_HELD_DIR);
	return directory;
}

LK_EXPORT int fclose(FILE *stream)
{
	lk_listener.stream_closing(stream);
	int fd = number_of(stream);
	bool again = lk_descriptor_closing(fd, FRAME);

	return closed_with(fd, again, LK_REAL(fclose)(stream), FRAME);
}
