/* SPDX-License-Identifier: MIT */
#include "probe/open_numbers.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/light.h"

/* Beyond, reading the list costs no more than asking for each number. */
enum { POLLED_MAX = 4096, LISTED_MAX = 1 << 20 };

static struct pollfd asked[POLLED_MAX];

/* Asks for the numbers 0..HIGHEST; how many of them are open, -1 if it failed. */
static int ask(int highest)
{
	static const struct timespec at_once;
	int open_count = 0;

	for (int fd = 0; fd <= highest; fd++)
		asked[fd] = (struct pollfd){ .fd = fd };
	if (syscall(SYS_ppoll, asked, highest + 1, &at_once, NULL, 0) < 0)
		return -1;
	for (int fd = 0; fd <= highest; fd++)
		open_count += !(asked[fd].revents & POLLNVAL);
	return open_count;
}

static bool each_asked(int highest, void (*visit)(void *context, int fd), void *context)
{
	struct stat list;

	if (highest >= POLLED_MAX)
		return false;
	int open_count = ask(highest);
	if (open_count < 0 || stat("/proc/self/fd", &list) != 0 || list.st_size != open_count)
		return false;
	for (int fd = 0; fd <= highest; fd++)
		if (!(asked[fd].revents & POLLNVAL))
			visit(context, fd);
	return true;
}

static bool each_tried(int highest, void (*visit)(void *context, int fd), void *context)
{
	struct rlimit limits;
	long limit = getrlimit(RLIMIT_NOFILE, &limits) == 0 ? (long)limits.rlim_cur : 0;

	/* A process may have lowered its limit below what it has open. */
	for (int fd = 0; (fd < limit && fd < LISTED_MAX) || fd <= highest; fd++) {
		struct stat status;

		if (fstat(fd, &status) == 0)
			visit(context, fd);
	}
	return limit > 0;
}

bool lk_open_numbers_each(int highest, void (*visit)(void *context, int fd), void *context)
{
	int saved = errno;
	bool ok = each_asked(highest, visit, context) ||
		  lk_proc_each("/proc/self/fd", visit, context) ||
		  each_tried(highest, visit, context);

	errno = saved;
	return ok;
}
