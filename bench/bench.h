/* SPDX-License-Identifier: MIT */
/* What the fixed-work programs share.  Each does the work that its arguments name,
 * times its loop itself and prints one line:
 *
 *     bench NAME ns_per_op=NUMBER cpu=NUMBER [KEY=NUMBER]...
 *
 * cpu is the processor time of an operation in nanoseconds, all threads together.
 * Nothing here allocates, so what is measured is the program's own work. */
#ifndef BENCH_H
#define BENCH_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

/* A statement of its own: a call before it is no tail call, and two calls with
 * different TEXT after them are not merged into one. */
#define KEEP(value, text) __asm__ volatile("# " text : "+r"(value) : : "memory")

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Argument INDEX as a number, OTHERWISE if it is not there. */
static inline unsigned long number(int argc, char **argv, int index, unsigned long otherwise)
{
	return index < argc ? strtoul(argv[index], NULL, 10) : otherwise;
}

/* The next of a series of numbers that looks random; STATE is not 0. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Bytes of memory that this process has resident, 0 if the kernel does not say. */
static inline size_t resident_bytes(void)
{
	char text[128];
	unsigned long size, resident;
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	if (sscanf(text, "%lu %lu", &size, &resident) != 2)
		return 0;
	return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Nanoseconds of processor time that this process and the children it has waited for
 * have used: they say the same as the clock does on an idle machine, and nearly the
 * same on a busy one. */
static inline uint64_t processor_ns(void)
{
	struct rusage children;

	getrusage(RUSAGE_CHILDREN, &children);
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) +
	       (uint64_t)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1000;
}

/* A loop's time, of both kinds. */
struct stopwatch {
	uint64_t wall, processor;
};

static inline struct stopwatch start_watch(void)
{
	return (struct stopwatch){ now_ns(), processor_ns() };
}

static inline void stop_watch(struct stopwatch *watch)
{
	watch->wall = now_ns() - watch->wall;
	watch->processor = processor_ns() - watch->processor;
}

/* Prints the line without its end, for programs that add to it. */
static inline void print_bench(const char *name, const struct stopwatch *watch,
			       unsigned long operations)
{
	printf("bench %s ns_per_op=%.2f cpu=%.2f", name, (double)watch->wall / (double)operations,
	       (double)watch->processor / (double)operations);
}

#endif
