/* SPDX-License-Identifier: MIT */
/* snapshot BLOCKS: how long it takes to look at BLOCKS live blocks of 1024 stacks, in
 * processor time, that of the copy of the process included.
 *
 *   take_ns     leakcheck_snapshot_take
 *   compare_ns  leakcheck_snapshot_compare of two such, names looked up within
 * ns_per_op and cpu are take_ns.  Without the library both are nothing. */
#include "bench.h"

struct leakcheck_snapshot;
struct leakcheck_query;
struct leakcheck_statistics;

extern struct leakcheck_snapshot *leakcheck_snapshot_take(void) __attribute__((weak));
extern struct leakcheck_statistics *leakcheck_snapshot_compare(const struct leakcheck_snapshot *,
							       const struct leakcheck_snapshot *,
							       const struct leakcheck_query *)
	__attribute__((weak));

enum { DEPTH = 10, STACKS = 1 << DEPTH };

static NOINLINE void *take(unsigned left, uint64_t path)
{
	void *block;

	if (left == 0)
		block = malloc(24);
	else if (path & 1)
		block = take(left - 1, path >> 1);
	else {
		block = take(left - 1, path >> 1);
		KEEP(block, "other site");
	}
	KEEP(block, "take");
	return block;
}

int main(int argc, char **argv)
{
	unsigned long blocks = number(argc, argv, 1, 1000000);
	struct leakcheck_snapshot *before = NULL, *now = NULL;
	struct leakcheck_statistics *changes = NULL;
	void **kept = malloc(blocks * sizeof *kept);

	if (!kept)
		return 2;
	for (unsigned long i = 0; i < blocks; i++)
		kept[i] = take(DEPTH, i % STACKS);
	struct stopwatch taking = start_watch();
	if (leakcheck_snapshot_take)
		before = leakcheck_snapshot_take();
	stop_watch(&taking);
	for (unsigned long i = 0; i < blocks; i += 1000) {
		free(kept[i]);
		kept[i] = take(DEPTH, (i + 7) % STACKS);
	}
	if (leakcheck_snapshot_take)
		now = leakcheck_snapshot_take();
	struct stopwatch comparing = start_watch();
	if (before && now)
		changes = leakcheck_snapshot_compare(now, before, NULL);
	stop_watch(&comparing);
	print_bench("snapshot", &taking, 1);
	printf(" take_ns=%.0f compare_ns=%.0f\n", (double)taking.processor,
	       (double)comparing.processor);
	return leakcheck_snapshot_take && !changes;
}
