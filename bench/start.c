/* SPDX-License-Identifier: MIT */
/* start: does nothing but its first allocation, which it times. */
#include "bench.h"

int main(void)
{
	struct stopwatch watch = start_watch();
	char *block = malloc(100);

	KEEP(block, "the block is used");
	stop_watch(&watch);
	free(block);
	print_bench("start", &watch, 1);
	putchar('\n');
	return 0;
}
