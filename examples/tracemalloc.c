/* SPDX-License-Identifier: MIT */
/* A session with Python's tracemalloc, line by line in C.  Nothing has to be started: the
 * library knows of each block since the program began. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leakcheck.h"

struct entry {
	struct entry *next;
	char *name;
};
static struct entry *cache;
static void *volatile buffers[10]; /* for the compiler to keep them */

/* The function that leaks. */
static void work(int requests)
{
	char name[32];

	for (int i = 0; i < requests; i++) {
		struct entry *entry = malloc(sizeof *entry);

		if (!entry)
			return;
		snprintf(name, sizeof name, "request %05d", i);
		entry->name = strdup(name);
		entry->next = cache;
		cache = entry;
		if (i % 100 == 0)
			buffers[i / 100] = calloc(1, 512);
	}
}

int main(void)
{
	struct leakcheck_query lineno = { .group = LEAKCHECK_BY_LINE };
	char text[256];

	/* snapshot1 = tracemalloc.take_snapshot() */
	struct leakcheck_snapshot *snapshot1 = leakcheck_snapshot_take();

	work(1000);

	/* snapshot2 = tracemalloc.take_snapshot() */
	struct leakcheck_snapshot *snapshot2 = leakcheck_snapshot_take();
	if (!snapshot1 || !snapshot2)
		return 1;

	/* top_stats = snapshot2.compare_to(snapshot1, 'lineno') */
	struct leakcheck_statistics *top_stats =
		leakcheck_snapshot_compare(snapshot2, snapshot1, &lineno);
	if (!top_stats)
		return 1;

	/* print("[ Top 3 differences ]") */
	puts("[ Top 3 differences ]");

	/* for stat in top_stats[:3]: print(stat) */
	for (size_t i = 0; i < 3 && i < leakcheck_statistics_count(top_stats); i++) {
		leakcheck_statistics_text(top_stats, i, text, sizeof text);
		puts(text);
	}

	leakcheck_statistics_free(top_stats);
	leakcheck_snapshot_free(snapshot2);
	leakcheck_snapshot_free(snapshot1);
	return 0;
}
