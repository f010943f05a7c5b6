/* SPDX-License-Identifier: MIT */
#include "check/summary.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/rules.h"
#include "api/watch.h"
#include "base/attributes.h"
#include "check/runner.h"
#include "report/rules.h"
#include "report/summary.h"

static bool expected;
static pid_t runner;
static LK_HOT int program_status = -1;

static void remember_status(int status, void *unused)
{
	(void)unused;
	program_status = status;
}

void lk_summary_expect(void)
{
	int saved = lk_quiet_begin();

	if (!expected) {
		runner = getpid();
		expected = lk_tracker.run_is_named || on_exit(remember_status, NULL) == 0;
	}
	lk_quiet_end(saved);
}

/* Those of the program itself the leakcheck command does not know. */
static void tell_stale_rules(void)
{
	struct lk_run *run = lk_tracker.run;
	size_t first = lk_tracker.run_is_named ? lk_rules_from_files() : 0;
	size_t stale = lk_report_stale_rules(stderr, lk_rules(), run->rules, first);

	__atomic_fetch_add(&run->stale_rules, stale, __ATOMIC_RELAXED);
}

static void tell_all(void)
{
	const struct lk_run *run = lk_tracker.run;

	lk_summary_print(run, stderr);
	tell_stale_rules();
	enum lk_status status = lk_summary_status(run, &lk_tracker.options);
	if (program_status == 0 && status != LK_STATUS_CLEAN) {
		LK_REAL(fflush)(NULL);
		_exit(status);
	}
}

/* Runs after the program's own exit handlers, because our object was initialised
 * first. */
__attribute__((destructor)) static void finish(void)
{
	const struct lk_run *run = lk_tracker.run;

	if (!expected || runner != getpid())
		return;
	int saved = lk_quiet_begin();
	if (lk_tracker.run_is_named)
		tell_stale_rules();
	else if (run->tests_checked + run->misuses + run->tests_ignored +
			 lk_summary_not_checked(run) >
		 0)
		tell_all();
	lk_quiet_end(saved);
}
