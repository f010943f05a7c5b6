/* SPDX-License-Identifier: MIT */
/* Descriptors at the limits: none left to open, all that are allowed, high numbers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#define TWIN_CASE "numbers"
#include "twins.h"

static int opened;
static __attribute__((noinline)) int some_file(void)
{
	int fd = open("/dev/null", O_RDONLY);
	opened += fd >= 0;
	return fd;
}

/* As many as the limit allows; the lowest and highest number. */
static int fill(int *ret_last)
{
	int first = some_file(), fd = first;
	while ((*ret_last = fd, fd = some_file()) >= 0)
		;
	need(first >= 0 && errno == EMFILE);
	return first;
}
static rlim_t limit(rlim_t most)
{
	struct rlimit limits;
	getrlimit(RLIMIT_NOFILE, &limits);
	rlim_t before = limits.rlim_cur;
	/* leakcheck may need some of those that are left. */
	rlim_t all = limits.rlim_max > 200 ? limits.rlim_max - 100 : limits.rlim_max;
	limits.rlim_cur = most < all ? most : all;
	need(setrlimit(RLIMIT_NOFILE, &limits) == 0);
	return before;
}
/* A number above those of the harness; some more must fit. */
static rlim_t a_few(void)
{
	int fd = some_file();
	close(fd);
	return (rlim_t)fd + 4;
}

MUST_LEAK(all_of_few, AMONG "/dev/null O_RDONLY", "some_file")
{
	int last;
	limit(a_few());
	fill(&last);
}
END_TEST
MUST_PASS(all_of_few)
{
	int last;
	rlim_t before = limit(a_few());
	for (int fd = fill(&last); fd <= last; fd++)
		need(close(fd) == 0);
	limit(before);
}
END_TEST
MUST_LEAK(highest, "/dev/null O_RDONLY", "highest_number")
{
	void highest_number(void);
	highest_number();
}
END_TEST
__attribute__((noinline)) void highest_number(void)
{
	struct rlimit limits;
	int fd = some_file();
	limit(1 << 20);
	getrlimit(RLIMIT_NOFILE, &limits);
	need(dup2(fd, (int)limits.rlim_cur - 1) >= 0);
	close(fd);
}
MUST_LEAK(all_of_many, AMONG "/dev/null O_RDONLY", "some_file")
{
	int last;
	limit(1 << 20);
	opened = 0;
	fill(&last);
	fprintf(stderr, "opened: %d\n", opened);
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
