/* SPDX-License-Identifier: MIT */
/* descriptors open|dup|pipe|socket TIMES: makes descriptors and closes them. */
#include <string.h>
#include <sys/socket.h>

#include "bench.h"

static NOINLINE int cycle(char what)
{
	int fds[2] = { -1, -1 };

	switch (what) {
	case 'o':
		fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		break;
	case 'd':
		fds[0] = dup(STDERR_FILENO);
		break;
	case 's':
		fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		break;
	default:
		if (pipe(fds) != 0)
			return 1;
	}
	if (fds[1] >= 0)
		close(fds[1]);
	return fds[0] < 0 || close(fds[0]) != 0;
}

static NOINLINE int descend(unsigned left, char what, unsigned long times)
{
	int failures = 0;

	if (left > 0)
		failures = descend(left - 1, what, times);
	else
		for (; times > 0; times--)
			failures += cycle(what);
	KEEP(failures, "descend");
	return failures;
}

int main(int argc, char **argv)
{
	char what = argc > 1 ? argv[1][0] : 'p';
	unsigned long times = number(argc, argv, 2, 10000);
	struct stopwatch watch = start_watch();

	if (descend(10, what, times))
		return 1;
	stop_watch(&watch);
	print_bench("descriptors", &watch, times);
	putchar('\n');
	return 0;
}
