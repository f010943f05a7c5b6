/* SPDX-License-Identifier: MIT */
/* measure [-r TIMES] [-e NAME=VALUE]... COMMAND [ARGUMENT...]: runs COMMAND TIMES
 * times with NAME=VALUE in its environment and prints, after what it prints,
 *
 *     measure wall_ns=MEDIAN cpu_ns=MEDIAN rss_kib=LARGEST status=LAST faults=LAST
 *
 * wall_ns is from fork to the child's end, cpu_ns the processor time of the child and
 * its children, rss_kib its peak resident memory, faults their page faults without
 * reading from a disk, as wait4 tells.  A status above 128 is a signal. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

enum { TIMES_MAX = 1000 };

static int by_size(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static int run(char **command, char **settings, int settings_count, struct stopwatch *ret,
	       struct rusage *largest)
{
	struct rusage usage;
	int status;
	uint64_t start = now_ns();
	pid_t child = fork();

	if (child == 0) {
		for (int i = 0; i < settings_count; i++)
			putenv(settings[i]);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child) {
		perror("measure");
		exit(1);
	}
	ret->wall = now_ns() - start;
	ret->processor = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
			 (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
	if (usage.ru_maxrss > largest->ru_maxrss)
		largest->ru_maxrss = usage.ru_maxrss;
	largest->ru_minflt = usage.ru_minflt;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static uint64_t walls[TIMES_MAX], processors[TIMES_MAX];
	int times = 1, status = 0, settings_count = 0, option;
	char **settings = calloc((size_t)argc, sizeof *settings);
	struct rusage usage = { 0 };

	while (settings && (option = getopt(argc, argv, "+r:e:")) != -1) {
		if (option == 'r')
			times = atoi(optarg);
		else if (option == 'e')
			settings[settings_count++] = optarg;
		else
			return 2;
	}
	if (!settings || optind == argc || times < 1 || times > TIMES_MAX)
		return 2;
	for (int i = 0; i < times; i++) {
		struct stopwatch watch;

		status = run(&argv[optind], settings, settings_count, &watch, &usage);
		walls[i] = watch.wall;
		processors[i] = watch.processor;
	}
	qsort(walls, (size_t)times, sizeof *walls, by_size);
	qsort(processors, (size_t)times, sizeof *processors, by_size);
	printf("measure wall_ns=%llu cpu_ns=%llu rss_kib=%ld status=%d faults=%ld\n",
	       (unsigned long long)walls[times / 2], (unsigned long long)processors[times / 2],
	       usage.ru_maxrss, status, usage.ru_minflt);
	free(settings);
	return 0;
}
