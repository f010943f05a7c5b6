/* SPDX-License-Identifier: MIT */
/* trends CAPTURE MODE: a program that is captured again and again, until CAPTURES more
 * snapshots stand in the file CAPTURE, or for half a minute.  What it has alive grows,
 * stays, is filled once, or bursts. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CAPTURES = 14, SECONDS_MAX = 30, RING = 50, BIG = 5000000 };

static void *kept, *ring[RING], *big;

static __attribute__((noinline)) void keep(void)
{
	void **one = malloc(100);

	*one = kept;
	kept = one;
}

static __attribute__((noinline)) void turn_ring(int turn)
{
	free(ring[turn % RING]);
	ring[turn % RING] = malloc((size_t)(100 + turn % 7));
}

static __attribute__((noinline)) void fill(void)
{
	if (!big)
		big = calloc(1, BIG);
}

static void empty(void)
{
	free(big);
	big = NULL;
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (long)status.st_size : 0;
}

/* A turn after CAPTURED snapshots. */
static void work(const char *mode, int turn, int captured)
{
	static int opened;

	turn_ring(turn);
	if (strcmp(mode, "grows") == 0)
		keep();
	if (strcmp(mode, "opens") == 0)
		for (; opened < captured; opened++)
			open("/dev/null", O_RDONLY);
	if (strcmp(mode, "once") == 0 && captured >= 5)
		fill();
	if (strcmp(mode, "burst") == 0) {
		if (captured >= 5 && captured < 7)
			fill();
		else
			empty();
	}
}

int main(int argc, char **argv)
{
	const struct timespec nap = { 0, 500000 };
	time_t start = time(NULL);

	if (argc < 3)
		return 2;
	long size = size_of(argv[1]);
	for (int turn = 0, captured = 0; captured < CAPTURES && time(NULL) - start < SECONDS_MAX;
	     turn++) {
		work(argv[2], turn, captured);
		nanosleep(&nap, NULL);
		captured += size_of(argv[1]) != size;
		size = size_of(argv[1]);
	}
	return 0;
}
