/* SPDX-License-Identifier: MIT */
/* syscall(): the way to what libc has no function for - userfaultfd, perf_event_open,
 * io_uring_setup, openat2 - and around our other hooks.
 *
 * Every other call goes on by a jump with all its six arguments, so that the kernel
 * and libc see what they would see without us: also when it returns twice. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/real.h"
#include "probe/descriptor.h"
#include "probe/received.h"
#include "base/light.h"

enum effect {
	NOTHING,
	OPENS,	/* the result */
	COPIES, /* so, too: dup */
	CHOOSES, /* the second argument says which: dup2, dup3 */
	CONTROLS, /* fcntl */
	OPENS_UNLESS_GIVEN, /* signalfd: the first argument is -1 or one that is open */
	OPENS_PAIR, /* into the array that the first argument points to */
	OPENS_SOCKETS, /* so, the fourth */
	RECEIVES,
	RECEIVES_MANY,
	CLOSES,
	CLOSES_RANGE,
};

static const unsigned char effects[] = {
#ifdef SYS_open
	[SYS_open] = OPENS,
	[SYS_creat] = OPENS,
	[SYS_pipe] = OPENS_PAIR,
	[SYS_dup2] = CHOOSES,
	[SYS_epoll_create] = OPENS,
	[SYS_eventfd] = OPENS,
	[SYS_signalfd] = OPENS_UNLESS_GIVEN,
	[SYS_inotify_init] = OPENS,
#endif
	[SYS_openat] = OPENS,
	[SYS_openat2] = OPENS,
	[SYS_open_by_handle_at] = OPENS,
	[SYS_open_tree] = OPENS,
	[SYS_fsopen] = OPENS,
	[SYS_fsmount] = OPENS,
	[SYS_fspick] = OPENS,
	[SYS_socket] = OPENS,
	[SYS_socketpair] = OPENS_SOCKETS,
	[SYS_accept] = OPENS,
	[SYS_accept4] = OPENS,
	[SYS_pipe2] = OPENS_PAIR,
	[SYS_dup] = COPIES,
	[SYS_dup3] = CHOOSES,
	[SYS_fcntl] = CONTROLS,
	[SYS_epoll_create1] = OPENS,
	[SYS_eventfd2] = OPENS,
	[SYS_signalfd4] = OPENS_UNLESS_GIVEN,
	[SYS_timerfd_create] = OPENS,
	[SYS_inotify_init1] = OPENS,
	[SYS_fanotify_init] = OPENS,
	[SYS_memfd_create] = OPENS,
#ifdef SYS_memfd_secret
	[SYS_memfd_secret] = OPENS,
#endif
	[SYS_userfaultfd] = OPENS,
	[SYS_pidfd_open] = OPENS,
	[SYS_pidfd_getfd] = OPENS,
	[SYS_perf_event_open] = OPENS,
	[SYS_io_uring_setup] = OPENS,
	[SYS_mq_open] = OPENS,
	[SYS_recvmsg] = RECEIVES,
	[SYS_recvmmsg] = RECEIVES_MANY,
	[SYS_close] = CLOSES,
	[SYS_close_range] = CLOSES_RANGE,
};

static void opened_pair(const int *fds, const void *frame)
{
	lk_descriptor_opened(fds[0], LK_DESCRIPTOR_LOWEST, frame);
	lk_descriptor_opened(fds[1], LK_DESCRIPTOR_LOWEST, frame);
}

static bool closing(long number, long a, long b, long c, const void *frame)
{
	if (effects[number] == CLOSES)
		return lk_descriptor_closing((int)a, frame);
	if (effects[number] == CLOSES_RANGE && !(c & CLOSE_RANGE_CLOEXEC))
		lk_descriptor_closing_range((unsigned)a, (unsigned)b, frame);
	return false;
}

static void succeeded(long number, long result, const long arguments[4], const void *frame)
{
	const struct mmsghdr *messages = (void *)arguments[1];
	int fd = (int)result;

	switch (effects[number]) {
	case OPENS_UNLESS_GIVEN:
		if ((int)arguments[0] != -1)
			break;
		/* fall through */
	case OPENS:
		lk_descriptor_opened(fd, LK_DESCRIPTOR_LOWEST, frame);
		break;
	case CONTROLS:
		if (arguments[1] != F_DUPFD && arguments[1] != F_DUPFD_CLOEXEC)
			break;
		/* fall through */
	case COPIES:
		lk_descriptor_opened(fd, LK_DESCRIPTOR_COPIED, frame);
		break;
	case CHOOSES:
		if ((int)arguments[0] != fd)
			lk_descriptor_opened(fd, LK_DESCRIPTOR_CHOSEN, frame);
		break;
	case OPENS_PAIR:
		opened_pair((const int *)arguments[0], frame);
		break;
	case OPENS_SOCKETS:
		opened_pair((const int *)arguments[3], frame);
		break;
	case RECEIVES:
		lk_received_descriptors((const struct msghdr *)arguments[1], frame);
		break;
	case RECEIVES_MANY:
		for (long i = 0; i < result; i++)
			lk_received_descriptors(&messages[i].msg_hdr, frame);
		break;
	}
}

static __attribute__((noinline)) long watched(const void *frame, long number, long a, long b,
					      long c, long d, long e, long f)
{
	bool again = closing(number, a, b, c, frame);
	long result = LK_REAL(syscall)(number, a, b, c, d, e, f);
	if (effects[number] == CLOSES && (again || result != 0))
		lk_descriptor_close_ended((int)a, again, result == 0 ? 0 : errno, frame);
	else if (result >= 0)
		succeeded(number, result, (const long[]){ a, b, c, d }, frame);
	return result;
}

/* The arguments are read as if all were given, as libc's own function does. */
long lk_hook_syscall(long number, long a, long b, long c, long d, long e,
		     long f) __asm__("syscall");

LK_EXPORT long lk_hook_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (LK_LIKELY((unsigned long)number >= sizeof effects || effects[number] == NOTHING))
		return LK_REAL(syscall)(number, a, b, c, d, e, f);
	return watched(__builtin_frame_address(0), number, a, b, c, d, e, f);
}
