/* SPDX-License-Identifier: MIT */
#include "check/summary.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/watch.h"
#include "check/runner.h"
#include "report/summary.h"

static bool expected;
static pid_t runner;
static int program_status = -1;

static void remember_status(int status, void *unused)
{
	(void)unused;
	program_status = status;
}

void lk_summary_expect(void)
{
	int saved = lk_quiet_begin();

	if (!lk_tracker.run_is_named && !expected) {
		expected = on_exit(remember_status, NULL) == 0;
		runner = getpid();
	}
	lk_quiet_end(saved);
}

/* Runs after the program's own exit handlers, because our object was initialised
 * first. */
__attribute__((destructor)) static void finish(void)
{
	const struct lk_run *run = lk_tracker.run;

	if (!expected || runner != getpid() ||
	    run->tests_checked + run->misuses + lk_summary_not_checked(run) == 0)
		return;
	int saved = lk_quiet_begin();
	lk_summary_print(run, stderr);
	enum lk_status status = lk_summary_status(run, lk_tracker.options.require);
	if (program_status == 0 && status != LK_STATUS_CLEAN) {
		LK_REAL(fflush)(NULL);
		_exit(status);
	}
	lk_quiet_end(saved);
}
