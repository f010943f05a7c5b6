/* SPDX-License-Identifier: MIT */
#include "probe/moment.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/proc.h"
#include "probe/child.h"
#include "probe/counters.h"
#include "probe/descriptor.h"
#include "probe/thread.h"
#include "base/light.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t booted_ns; /* 0: unknown */

void lk_moment_boot(void)
{
	booted_ns = lk_moment_now();
}

uint64_t lk_moment_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void count_number(void *context, int number)
{
	(void)number;
	++*(uint64_t *)context;
}

static void count_child(void *context, const struct lk_child_seen *child)
{
	(void)child;
	++*(uint64_t *)context;
}

void lk_moment_take(struct lk_moment *ret)
{
	struct rusage usage = { 0 };

	*ret = (struct lk_moment){
		.scope = LK_SCOPE_PROCESS,
		.process = lk_proc_process(),
		.monotonic_ns = clock_ns(CLOCK_MONOTONIC),
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.counts = {
			.allocations = lk_counters_allocations(),
			.opened = lk_descriptor_openings(),
			.started = lk_thread_creations(),
			.spawned = lk_child_starts(),
		},
	};
	if (booted_ns)
		ret->duration_ns = ret->monotonic_ns - booted_ns;
	lk_proc_link("/proc/self/exe", ret->program, sizeof ret->program);
	lk_descriptor_each_open(count_number, &ret->counts.descriptors);
	lk_proc_each("/proc/self/task", count_number, &ret->counts.threads);
	lk_child_each(count_child, &ret->counts.children);
	if (syscall(SYS_getrusage, RUSAGE_SELF, &usage) == 0)
		ret->counts.resident_peak = (uint64_t)usage.ru_maxrss * 1024;
}
