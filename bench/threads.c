/* SPDX-License-Identifier: MIT */
/* threads TIMES: creates a thread that takes and releases a block, and joins it. */
#include <pthread.h>

#include "bench.h"

static void *start(void *argument)
{
	char *block = malloc(40);

	KEEP(block, "the block is used");
	free(block);
	return argument;
}

int main(int argc, char **argv)
{
	unsigned long times = number(argc, argv, 1, 5000);
	struct stopwatch watch = start_watch();

	for (unsigned long i = 0; i < times; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, start, NULL) != 0 ||
		    pthread_join(thread, NULL) != 0)
			return 1;
	}
	stop_watch(&watch);
	print_bench("threads", &watch, times);
	putchar('\n');
	return 0;
}
