/* SPDX-License-Identifier: MIT */
/* Tells when another thread of the program waits in a system call. */
#ifndef BLOCKED_H
#define BLOCKED_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline bool is_blocked(pid_t thread)
{
	char path[64], text[8] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)thread);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		abort();
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	/* Under a tracer it may still be in the call that told it its number. */
	return size > 0 && text[0] >= '0' && text[0] <= '9' && atoi(text) != SYS_gettid;
}

/* Returns when the thread that writes its number to *TID, and waits for nothing
 * between that and what it is to wait for, waits for it. */
static inline void wait_until_blocked(const volatile pid_t *tid)
{
	while (*tid == 0 || !is_blocked(*tid) || !is_blocked(*tid))
		sched_yield();
}

#endif
