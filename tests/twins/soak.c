/* SPDX-License-Identifier: MIT */
/* soak CAPTURE COUNT [fork]: a program without tests that keeps one block more in each
 * turn, and stops when COUNT times more was written to the file CAPTURE, or after half a
 * minute.  With `fork`, a child does the same beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURNS_MAX = 60000, SECONDS_MAX = 30, KEPT = 100 };

static struct kept {
	struct kept *next;
	char rest[KEPT - sizeof(struct kept *)];
} * all;

static __attribute__((noinline)) void keep(void)
{
	struct kept *one = malloc(sizeof *one);

	one->next = all;
	all = one;
}

static __attribute__((noinline)) void churn(void)
{
	free(malloc(40));
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (long)status.st_size : 0;
}

static void work(const char *path, int count)
{
	const struct timespec nap = { 0, 500000 };
	time_t start = time(NULL);
	long size = size_of(path);

	for (int turn = 0; count > 0 && turn < TURNS_MAX && time(NULL) - start < SECONDS_MAX;
	     turn++) {
		keep();
		churn();
		nanosleep(&nap, NULL);
		if (size_of(path) != size) {
			size = size_of(path);
			count--;
		}
	}
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 0;

	if (argc > 3 && strcmp(argv[3], "fork") == 0 && fork() == 0) {
		work(argv[1], count);
		exit(0);
	}
	work(argv[1], count);
	while (wait(NULL) > 0)
		;
	return 0;
}
