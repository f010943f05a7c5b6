/* SPDX-License-Identifier: MIT */
/* tree DEPTH PAIRS [bare]: walks a binary tree of calls again and again, its leaves at
 * DEPTH; each call takes a block of 16 to 271 bytes, calls its two children and
 * releases the block, having filled it.  From one malloc to the next about two frames
 * change.  At least PAIRS pairs.  `bare`: the blocks are not filled. */
#include <string.h>

#include "bench.h"

enum { LEVELS = 8, NODES = (1 << LEVELS) - 1 };

static int bare;

static NOINLINE void visit(unsigned level, uint64_t *state)
{
	size_t size = 16 + (next_random(state) >> 32) % 256;
	char *block = malloc(size);

	if (block)
		memset(block, 1, bare ? 1 : size);
	KEEP(block, "the block is used");
	if (level > 1) {
		visit(level - 1, state);
		KEEP(level, "first child");
		visit(level - 1, state);
		KEEP(level, "second child");
	}
	free(block);
	KEEP(level, "visit");
}

static NOINLINE void descend(unsigned left, unsigned long walks, uint64_t *state)
{
	if (left > 0)
		descend(left - 1, walks, state);
	else
		for (; walks > 0; walks--)
			visit(LEVELS, state);
	KEEP(left, "descend");
}

int main(int argc, char **argv)
{
	unsigned depth = (unsigned)number(argc, argv, 1, 30);
	unsigned long walks = number(argc, argv, 2, 1000000) / NODES + 1;
	uint64_t state = 88172645463325252u;

	if (depth < LEVELS + 2)
		return 2;
	bare = argc > 3 && strcmp(argv[3], "bare") == 0;

	struct stopwatch watch = start_watch();
	descend(depth - LEVELS - 2, walks, &state);
	stop_watch(&watch);
	print_bench("tree", &watch, walks * NODES);
	putchar('\n');
	return 0;
}
