/* SPDX-License-Identifier: MIT */
/* Signal handlers: raised and by timer, on the normal and an alternate stack,
 * nested, and left by siglongjmp. */
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { TICK = 150 };

static volatile sig_atomic_t ticks;
static sigjmp_buf escape;

static NOINLINE void inner(int depth)
{
	volatile char buffer[40];

	buffer[0] = 1;
	if (depth > 0)
		inner(depth - 1);
	else
		allocate_somewhere((unsigned)ticks);
	buffer[1] = 1;
}

static void on_raised(int signal)
{
	inner(4);
	if (signal == SIGUSR1)
		raise(SIGUSR2);
	inner(2);
}

static void on_escape(int signal)
{
	(void)signal;
	inner(1);
	siglongjmp(escape, 1);
}

/* One tick: were they to come by themselves, a slow machine would do nothing else. */
static void set_timer(long microseconds)
{
	struct itimerval once = { { 0, 0 }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &once, NULL);
}

/* It may have interrupted malloc, so it only captures. */
static void on_tick(int signal)
{
	(void)signal;
	ticks++;
	if (lk_oracle_capture)
		lk_oracle_capture();
	set_timer(TICK);
}

static NOINLINE void raise_below(int depth, int signal)
{
	volatile char buffer[24];

	buffer[0] = 1;
	allocate(9);
	if (depth > 0)
		raise_below(depth - 1, signal);
	else
		raise(signal);
	allocate(10);
	buffer[1] = 1;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(signal, &action, NULL);
}

static void by_timer(int ticks_wanted)
{
	set_timer(TICK);
	for (uint64_t seed = 1; ticks < ticks_wanted;) {
		inner((int)(next_random(&seed) % 20));
		/* The call through the PLT, libc's and the kernel's code too. */
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		program_sink = (void *)(uintptr_t)getppid();
	}
	set_timer(0);
	ticks = 0;
}

int main(int argc, char **argv)
{
	enum { STACK = 65536 };
	stack_t alternate = { .ss_size = STACK };
	int rounds = rounds_of(argc, argv);

	alternate.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	sigaltstack(&alternate, NULL);
	for (int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK) {
		handle(SIGUSR1, on_raised, flags);
		handle(SIGUSR2, on_raised, flags);
		handle(SIGHUP, on_escape, flags);
		handle(SIGALRM, on_tick, flags | SA_RESTART);
		for (int i = 0; i < rounds * 10; i++) {
			raise_below(i % 25, SIGUSR1);
			if (!sigsetjmp(escape, 1))
				raise_below(i % 10, SIGHUP);
			raise_below(i % 7, SIGUSR2);
		}
		by_timer(rounds * 20);
	}
	return 0;
}
