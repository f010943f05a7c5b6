/* SPDX-License-Identifier: MIT */
/* What the programs under the oracle share. */
#ifndef LK_ORACLE_PROGRAM_H
#define LK_ORACLE_PROGRAM_H

#include <stdint.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline))
/* After a call, so that it is no tail call. */
#define STAY __asm__ volatile("" ::: "memory")

/* In the preloaded oracle: compares the stack of its caller.  NULL without it. */
extern void lk_oracle_capture(void) __attribute__((weak));

static __thread void *volatile program_sink;

static inline unsigned next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static inline __attribute__((always_inline)) void allocate(size_t size)
{
	program_sink = malloc(size);
	free(program_sink);
}

/* Four call sites. */
static NOINLINE __attribute__((unused)) void allocate_somewhere(unsigned choice)
{
	switch (choice & 3) {
	case 0:
		allocate(16);
		break;
	case 1:
		allocate(32);
		break;
	case 2:
		program_sink = calloc(3, 7);
		free(program_sink);
		break;
	default:
		program_sink = realloc(NULL, 40);
		free(program_sink);
	}
	STAY;
}

static inline int rounds_of(int argc, char **argv)
{
	return argc > 1 ? atoi(argv[1]) : 1;
}

#endif
