/* SPDX-License-Identifier: MIT */
/* What is opened once and kept is none; what is opened again each time is. */
#include <fcntl.h>
#include <stddef.h>

#define TWIN_CASE "kept"
#include "twins.h"

static FILE *log_file;
static int null = -1;

MUST_PASS(stream)
{
	if (!log_file)
		log_file = fopen("/dev/null", "w");
	fputs("hello", log_file);
}
END_TEST
MUST_LEAK(stream, "(FILE, ", BODY) { log_file = fopen("/dev/null", "w"); } END_TEST
MUST_PASS(number)
{
	if (null < 0)
		null = open("/dev/null", O_RDONLY);
}
END_TEST
MUST_LEAK(number, "/dev/null O_RDONLY, rises each time", BODY)
{
	null = open("/dev/null", O_RDONLY);
}
END_TEST
/* How many are open does not rise: each one is put over the last. */
MUST_LEAK(same_number, "fd 800 /dev/null O_RDONLY", BODY)
{
	int fd = open("/dev/null", O_RDONLY);
	need(dup2(fd, 800) == 800);
	close(fd);
}
END_TEST
MUST_PASS(redirected_and_kept)
{
	static int saved = -1;
	int fd = open("/dev/null", O_RDONLY);
	if (saved < 0)
		saved = dup(STDIN_FILENO);
	dup2(fd, STDIN_FILENO);
	close(fd);
	dup2(saved, STDIN_FILENO);
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
