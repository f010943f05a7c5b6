/* SPDX-License-Identifier: MIT */
#include "probe/libc_data.h"

#include <dlfcn.h>
#include <pthread.h>
#include <valgrind/valgrind.h>

#include "base/proc.h"
#include "probe/stack_bounds.h"
#include "base/light.h"

struct lk_libc_data lk_libc_data;
struct lk_ranges lk_libc_early;

/* A list of stacks is a ring of links { next, before }. */
struct link {
	struct link *next, *before;
};

static void find_keys(uintptr_t self)
{
	const uintptr_t magic = 0x5aa5c33c6996f00f;
	pthread_key_t key;

	if (pthread_key_create(&key, NULL) != 0)
		return;
	if (key < LK_LIBC_KEYS_INSIDE && pthread_setspecific(key, (void *)magic) == 0) {
		for (size_t at = 0; at < LK_LIBC_THREAD_SIZE; at += sizeof magic)
			if (*(const uintptr_t *)(self + at) == magic)
				lk_libc_data.keys = at - sizeof magic - key * 2 * sizeof magic;
		pthread_setspecific(key, NULL);
	}
	pthread_key_delete(key);
}

static bool is_link(const struct link *link)
{
	return link && (uintptr_t)link % sizeof(uintptr_t) == 0 &&
	       lk_bounds_readable((uintptr_t)link);
}

static bool is_ring(struct link *link)
{
	return is_link(link) && is_link(link->next) && link->next->before == link &&
	       is_link(link->before) && link->before->next == link;
}

/* The first thread's stack was given, so it is alone on the second list. */
static void find_lists(uintptr_t self)
{
	for (size_t at = 0x80; at < LK_LIBC_THREAD_SIZE / 2; at += sizeof(struct link *)) {
		struct link *link = (struct link *)(self + at);
		struct link *head = link->next;

		if (head != link->before || head == link || !is_link(head) || head->next != link ||
		    head->before != link)
			continue;
		if (!is_ring(head - 1) || !is_ring(head + 1))
			continue;
		lk_libc_data.link = at;
		lk_libc_data.lists = (uintptr_t)(head - 1);
		return;
	}
}

static void add_early(void *context, const struct lk_map *map)
{
	(void)context;
	if (map->readable && map->writable && !map->shared && map->name[0] == '\0')
		lk_ranges_add(&lk_libc_early, map->start, map->end);
}

void lk_libc_data_boot(void)
{
	enum { EARLY_MAX = 256 };
	uintptr_t self = (uintptr_t)pthread_self();

	/* It has the heap, and would complain of what we look at. */
	if (RUNNING_ON_VALGRIND)
		return;
	if (lk_ranges_make(&lk_libc_early, EARLY_MAX) && lk_proc_maps(add_early, NULL))
		lk_ranges_sort(&lk_libc_early);
	find_keys(self);
	find_lists(self);
	lk_libc_data.streams = dlsym(RTLD_DEFAULT, "_IO_list_all");
}

void lk_libc_each_stack(void (*visit)(void *context, uintptr_t handle), void *context)
{
	enum { LISTS = 3, LINKS_MAX = 1 << 16 };
	struct link *heads = (struct link *)lk_libc_data.lists;

	for (unsigned i = 0; heads && i < LISTS; i++) {
		struct link *link = heads[i].next;

		for (unsigned n = 0; n < LINKS_MAX && is_ring(link) && link != &heads[i]; n++) {
			visit(context, (uintptr_t)link - lk_libc_data.link);
			link = link->next;
		}
	}
}
