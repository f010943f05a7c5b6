/* SPDX-License-Identifier: MIT */
#include "cli/record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/complain.h"
#include "report/summary.h"

/* A file in memory that is none of the standard streams, which the caller may
 * have closed. */
static int open_memory(void)
{
	int first = memfd_create("leakcheck-run", MFD_CLOEXEC);
	int fd = first < 0 ? -1 : fcntl(first, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (first >= 0)
		close(first);
	return fd;
}

static int record_fd = -1;

struct lk_run *lk_record_create(void)
{
	int fd = record_fd = open_memory();
	struct lk_run *run = MAP_FAILED;
	char name[64];

	if (fd >= 0 && ftruncate(fd, sizeof *run) == 0)
		run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* By way of this process, so that the program has no descriptor more. */
	snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)getpid(), fd);
	if (run == MAP_FAILED || setenv(LK_RUN_VARIABLE, name, 1) != 0) {
		lk_complain("cannot share memory with the program: %s", strerror(errno));
		return NULL;
	}
	run->magic = LK_RUN_MAGIC;
	return run;
}

ssize_t lk_record_read(size_t offset, void *to, size_t size)
{
	return pread(record_fd, to, size, (off_t)offset);
}

void lk_record_close(struct lk_run *run, int status)
{
	enum lk_not_checked reason = WIFEXITED(status)		   ? LK_NOT_CHECKED_exited :
				     WTERMSIG(status) == SIGKILL ? LK_NOT_CHECKED_killed :
								   LK_NOT_CHECKED_signalled;

	run->not_checked[reason] += run->tests_open;
	for (size_t i = 0; i < LK_NOT_CHECKED_NAMES_MAX && run->tests_open == 1; i++)
		if (run->names[reason][i].taken == 0) {
			run->names[reason][i] = run->open;
			break;
		}
	run->tests_open = 0;
}

static bool has_tests(const struct lk_run *run)
{
	return run->tests_checked > 0 || run->tests_ignored > 0 || lk_summary_not_checked(run) > 0;
}

void lk_record_complain_if_empty(const struct lk_run *run, bool verify_all)
{
	if (has_tests(run) || lk_summary_is_capture(run))
		return;
	if (run->processes == 0)
		lk_complain("nothing was watched: no process of this run loaded the library; "
			    "is the program linked statically?");
	else if (run->runners == 0)
		lk_complain("nothing was watched: no Check test was seen; "
			    "leakcheck watches programs that run their tests with Check");
	else if (!verify_all)
		lk_complain("nothing was verified: no test asked for it, "
			    "and verify-all is switched off");
	else
		lk_complain("nothing was watched: Check ran no test; "
			    "does CK_RUN_SUITE, CK_RUN_CASE or a tag leave all of them out?");
}

int lk_record_status(const struct lk_run *run, const struct lk_options *options)
{
	enum lk_status status = lk_summary_status(run, options);


	if (status == LK_STATUS_LEAKED)
		lk_complain("the program returned 0 all the same, so the exit status is %d",
			    LK_STATUS_LEAKED);
	else if (status == LK_STATUS_STALE_RULE)
		lk_complain("a rule is stale, so with --strict-suppressions the exit status is %d",
			    LK_STATUS_STALE_RULE);
	else if (status == LK_STATUS_UNSURE && has_tests(run))
		lk_complain("a test got no sure verdict, so with --require the exit status is %d",
			    LK_STATUS_UNSURE);
	return status;
}
