/* SPDX-License-Identifier: MIT */
/* In a folder that has no /proc.  Ends with 77 if it may not go there. */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TWIN_CASE "rooted"
#include "twins.h"

static int go(void)
{
	return chroot("empty") == 0 || (unshare(CLONE_NEWUSER) == 0 && chroot("empty") == 0);
}
static __attribute__((noinline)) int one_end(void)
{
	int fds[2];
	need(go() && pipe(fds) == 0 && close(fds[0]) == 0);
	return fds[1];
}
MUST_LEAK(rooted, "pipe without a visible name (inode ", NOWHERE) { one_end(); } END_TEST
MUST_PASS(rooted) { close(one_end()); } END_TEST
MUST_LEAK(rooted_heap, "heap 10 B in 1 block", NOWHERE) { need(go()); lose(malloc(10)); } END_TEST

int main(int argc, char **argv)
{
	int status = 0;
	mkdir("empty", 0700);
	pid_t child = fork();
	if (child == 0)
		_exit(go() ? 0 : 77);
	if (waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 77)
		return 77;
	return twins_main(argc, argv);
}
