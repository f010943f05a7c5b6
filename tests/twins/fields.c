/* SPDX-License-Identifier: MIT */
/* Tests that keep a block, by fields of variables whose types debug information knows. */
#include <stdlib.h>

#define TWIN_CASE "fields"
#include "twins.h"

struct link {
	struct link *next, *previous;
};
struct item {
	int key;
	union {
		void *pointer;
		long number;
	};
	struct link link;
	char *name;
};
struct cache {
	int count;
	struct item items[4];
	struct item *first;
	void *grid[2][3];
	struct item **table;
	char bytes[64];
};
struct cache shared_cache;
static struct cache *cache;
static __thread struct cache of_thread;
static struct link links;
static void *unknown;

MUST_PASS(element)
{
	if (!shared_cache.items[2].name)
		shared_cache.items[2].name = malloc(10);
}
END_TEST
MUST_PASS(grid)
{
	if (!shared_cache.grid[1][2])
		shared_cache.grid[1][2] = malloc(10);
}
END_TEST
MUST_PASS(bytes)
{
	void **place = (void **)(shared_cache.bytes + 8);
	if (!*place)
		*place = malloc(10);
}
END_TEST
MUST_PASS(chain)
{
	if (cache->first->name)
		return;
	cache->first->name = malloc(10);
}
END_TEST
MUST_PASS(table)
{
	if (!cache->table[3])
		cache->table[3] = malloc(10);
}
END_TEST
MUST_PASS(thread_local)
{
	if (!of_thread.items[1].link.previous)
		of_thread.items[1].link.previous = malloc(10);
}
END_TEST
static void *in_function_of(int twice)
{
	static struct cache *kept;
	if (!kept)
		kept = calloc(2, sizeof *kept);
	return twice ? &kept[1].items[3].pointer : NULL;
}
MUST_PASS(in_function)
{
	void **place = in_function_of(1);
	if (!*place)
		*place = malloc(10);
}
END_TEST
/* A link in the middle of an item: what stands behind it is no other link. */
MUST_PASS(links)
{
	struct item *item = (struct item *)((char *)links.next - offsetof(struct item, link));
	if (!item->name)
		item->name = malloc(10);
}
END_TEST
/* Nor behind one at the beginning. */
struct led {
	struct link link;
	void *what, *more;
};
static struct link leds;
MUST_PASS(leds)
{
	struct led *led = (struct led *)leds.next;
	if (!led->what)
		led->what = malloc(10);
}
END_TEST
MUST_PASS(unknown)
{
	if (!((void **)unknown)[4])
		((void **)unknown)[4] = malloc(10);
}
END_TEST

/* Only declared here. */
struct hidden;
struct hidden *hidden_new(void);
void **hidden_place(struct hidden *hidden);
static struct hidden *hidden;
MUST_PASS(hidden)
{
	if (!*hidden_place(hidden))
		*hidden_place(hidden) = malloc(10);
}
END_TEST

int main(int argc, char **argv)
{
	struct item *item = calloc(1, sizeof *item);
	struct led *led = calloc(1, sizeof *led);

	links.next = &item->link;
	leds.next = &led->link;
	unknown = calloc(10, sizeof(void *));
	cache = calloc(1, sizeof *cache);
	cache->first = calloc(1, sizeof *cache->first);
	cache->table = calloc(5, sizeof *cache->table);
	in_function_of(0);
	hidden = hidden_new();
	return twins_main(argc, argv);
}
