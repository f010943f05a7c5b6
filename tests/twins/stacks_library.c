/* SPDX-License-Identifier: MIT */
/* For stacks.c: a function that the dynamic linker binds late, and plugins of which
 * one comes to lie where the other was. */
#include <stdlib.h>
#include <string.h>

#ifdef PLUGIN

void *take_in_plugin(size_t size);

static __attribute__((noinline)) void *PLUGIN(size_t size)
{
	volatile char room[ROOM];

	room[0] = 1;
	void *block = malloc(size);
	room[1] = 1;
	return block;
}

void *take_in_plugin(size_t size)
{
	void *block = PLUGIN(size);

	__asm__ volatile("" ::: "memory");
	return block;
}

#else

static void *volatile lost;

static void *nothing(void)
{
	return NULL;
}

static void *(*resolve(void))(void)
{
	lost = malloc(47);
	lost = NULL;
	return nothing;
}

void *bound_late(void) __attribute__((ifunc("resolve")));

#endif
