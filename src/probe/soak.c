/* SPDX-License-Identifier: MIT */
#include "probe/soak.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/proc.h"
#include "base/self.h"
#include "probe/counters.h"
#include "base/light.h"

/* To look takes some stack; a small one is spared, and another thread may come. */
enum { STACK_NEEDED = 96 << 10, WAIT_US = 200, WAITS_MAX = 50000 };

static struct {
	void (*look)(void); /* NULL: nobody wants to */
	uint64_t period_ns, next_ns;
	pid_t busy; /* the process in which a thread looks: what it forks does not */
} soak;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void lk_soak_begin(unsigned milliseconds, void (*look)(void))
{
	soak.period_ns = (uint64_t)milliseconds * 1000000;
	soak.next_ns = now_ns() + soak.period_ns;
	__atomic_store_n(&soak.look, look, __ATOMIC_RELEASE);
	lk_counters_detour();
}

struct place {
	uintptr_t sp;
	bool has_room;
};

/* The main thread's stack, which grows, is mapped as far as it was ever used. */
static void see_map(void *context, const struct lk_map *map)
{
	struct place *place = context;

	if (place->sp >= map->start && place->sp < map->end)
		place->has_room = place->sp - map->start >= STACK_NEEDED || map->name[0] == '[';
}

static bool has_room(void)
{
	struct place place = { .sp = (uintptr_t)__builtin_frame_address(0) };
	stack_t alternate;

	if (syscall(SYS_sigaltstack, NULL, &alternate) == 0 && (alternate.ss_flags & SS_ONSTACK))
		return false;
	return lk_proc_maps(see_map, &place) && place.has_room;
}

static LK_COLD void look(void (*work)(void), uint64_t now)
{
	pid_t process = (pid_t)syscall(SYS_getpid), busy = soak.busy;
	int saved = lk_quiet_begin();

	if (busy != process && __atomic_compare_exchange_n(&soak.busy, &busy, process, false,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		bool ready = has_room();

		__atomic_store_n(&soak.next_ns,
				 now + (ready ? soak.period_ns : soak.period_ns / 16),
				 __ATOMIC_RELAXED);
		if (ready)
			work();
		__atomic_store_n(&soak.busy, 0, __ATOMIC_RELEASE);
	}
	lk_quiet_end(saved);
}

void lk_soak_event(void)
{
	void (*work)(void) = __atomic_load_n(&soak.look, __ATOMIC_ACQUIRE);

	if (!work || lk_self.quiet || lk_self.recording || lk_self.in_vfork_child)
		return;
	uint64_t now = now_ns();
	if (now >= __atomic_load_n(&soak.next_ns, __ATOMIC_RELAXED))
		look(work, now);
}

void lk_soak_end(void)
{
	const struct timespec nap = { 0, WAIT_US * 1000 };
	int saved = errno;
	pid_t process = (pid_t)syscall(SYS_getpid);

	if (!__atomic_exchange_n(&soak.look, NULL, __ATOMIC_ACQ_REL))
		return;
	for (int i = 0; i < WAITS_MAX; i++) {
		if (__atomic_load_n(&soak.busy, __ATOMIC_ACQUIRE) != process)
			break;
		syscall(SYS_nanosleep, &nap, NULL);
	}
	errno = saved;
}
