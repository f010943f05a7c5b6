/* SPDX-License-Identifier: MIT */
#include "judge/stack_room.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <valgrind/valgrind.h>

enum { PAGE = 4096, SMALL_STACK = 1 << 20 };

/* The address where the calling thread's stack ends; HERE is on it. */
static uintptr_t find_lowest(uintptr_t here)
{
	pthread_attr_t attributes;
	struct rlimit limit;
	void *start = NULL;
	size_t size = 0;

	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		int error = pthread_attr_getstack(&attributes, &start, &size);
		pthread_attr_destroy(&attributes);
		if (error == 0 && here >= (uintptr_t)start && here - (uintptr_t)start <= size)
			return (uintptr_t)start;
		/* A stack of the program's own making: nobody knows its end. */
		if (error == 0)
			return here;
	}
	/* Only the first thread's stack needs /proc, which may be out of reach; a
	 * little of it has been used by now. */
	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < SMALL_STACK)
		return here;
	return here - SMALL_STACK / 2;
}

__attribute__((noinline)) static void touch(size_t size)
{
	volatile char *area = __builtin_alloca(size);

	for (size_t i = size; i > PAGE; i -= PAGE)
		area[i - 1] = 0;
	area[0] = 0;
}

bool lk_stack_room_ensure(struct lk_stack_room *room, size_t size)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (RUNNING_ON_VALGRIND)
		return true; /* it makes the stack grow itself; what maps show says nothing */
	if (!room->known || !pthread_equal(room->thread, pthread_self())) {
		room->known = true;
		room->thread = pthread_self();
		room->lowest = find_lowest(here);
		room->touched = here;
	}
	if (here < room->lowest || here - room->lowest < size + 2 * PAGE)
		return false;
	if (here - size >= room->touched)
		return true;
	/* Would the kernel give that much?  If it does, take it at once. */
	void *probe = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (probe == MAP_FAILED)
		return false;
	munmap(probe, size);
	touch(size);
	room->touched = here - size;
	return true;
}
