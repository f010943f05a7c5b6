/* SPDX-License-Identifier: MIT */
/* live RECORDS MODE: builds a set of RECORDS blocks that all stay alive.
 *
 * Mode `index`: a program's index in memory: each record of 24 to 152 bytes is
 * taken, filled, looked up in a hash table and entered.  Mode `bare`: nothing but
 * malloc and one byte written, the worst case.  Each malloc has one of 16 stacks
 * at depth 15.  Prints bytes_per_block, by which the process's resident memory
 * grew, and under LeakSanitizer find_ns, the time of its leak check. */
#include <string.h>

#include "bench.h"

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct record {
	struct record *next;
	uint64_t key;
	char text[];
};

static struct record **table;
static size_t table_mask;

static NOINLINE void *take(unsigned left, uint64_t path, size_t size)
{
	void *block;

	if (left == 0)
		block = malloc(size);
	else if (left <= 4 && (path & 1))
		block = take(left - 1, path >> 1, size);
	else {
		block = take(left - 1, path >> 1, size);
		KEEP(block, "other site");
	}
	KEEP(block, "take");
	return block;
}

static NOINLINE void enter(uint64_t key)
{
	enum { CALLS = 11 };
	size_t size = 24 + key % 129;
	struct record *record = take(CALLS, key >> 40, size);
	struct record **bucket = &table[(key * 0x9E3779B97F4A7C15u >> 20) & table_mask];

	if (!record)
		exit(1);
	record->key = key;
	memset(record->text, 'x', size - sizeof *record);
	while (*bucket && (*bucket)->key < key)
		bucket = &(*bucket)->next;
	record->next = *bucket;
	*bucket = record;
}

static NOINLINE void enter_bare(uint64_t key, size_t place)
{
	struct record *record = take(11, key >> 40, 24 + key % 129);

	if (!record)
		exit(1);
	record->next = NULL;
	table[place & table_mask] = record;
}

int main(int argc, char **argv)
{
	unsigned long records = number(argc, argv, 1, 1000000);
	int bare = argc > 2 && strcmp(argv[2], "bare") == 0;
	uint64_t state = 88172645463325252u;

	for (table_mask = 1; table_mask < records; table_mask = table_mask * 2 + 1)
		;
	table = malloc((table_mask + 1) * sizeof *table);
	if (!table)
		return 1;
	memset(table, 0, (table_mask + 1) * sizeof *table);

	size_t before = resident_bytes();
	struct stopwatch watch = start_watch();
	for (unsigned long i = 0; i < records; i++) {
		if (bare)
			enter_bare(next_random(&state), i);
		else
			enter(next_random(&state));
	}
	stop_watch(&watch);
	print_bench("live", &watch, records);
	printf(" bytes_per_block=%.1f", (double)(resident_bytes() - before) / (double)records);
	if (__lsan_do_recoverable_leak_check) {
		uint64_t start = now_ns();

		__lsan_do_recoverable_leak_check();
		printf(" find_ns=%llu", (unsigned long long)(now_ns() - start));
	}
	putchar('\n');
	fflush(stdout);
	/* Taking a million blocks down would be most of the wall time. */
	_exit(0);
}
