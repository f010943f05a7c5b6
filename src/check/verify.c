/* SPDX-License-Identifier: MIT */
/* The part of leakcheck.h that speaks of tests. */
#include "leakcheck.h"

#include "api/session.h"
#include "api/watch.h"
#include "base/attributes.h"
#include "check/rerun.h"
#include "check/runner.h"

LK_EXPORT void leakcheck_verify_none(const char *file, int line)
{
	switch (lk_runner.role) {
	case LK_ROLE_TEST:
	case LK_ROLE_RUNNER:
		/* A window of the runner is a test's in no-fork mode, or that of an
		 * unchecked fixture: which one, only its end tells. */
		if (lk_runner.window_open) {
			lk_runner.verify = true;
			lk_runner.verify_file = file;
			lk_runner.verify_line = line;
			if (lk_runner.role == LK_ROLE_TEST && lk_runner.shared)
				lk_runner.shared->test.verify = true;
			return;
		}
		lk_runner_misuse(file, line, "no test is running");
		return;
	case LK_ROLE_NONE:
		lk_runner_misuse(file, line, "no Check runner was recognised in this process");
		return;
	case LK_ROLE_CANDIDATE:
	case LK_ROLE_BYSTANDER:
		lk_runner_misuse(file, line, "this process was forked by a test");
		return;
	}
}

LK_EXPORT void leakcheck_expect_leaks(unsigned count, const char *file, int line)
{
	leakcheck_verify_none(file, line);
	if (lk_runner.verify)
		lk_runner.expected = count;
}

LK_EXPORT void leakcheck_ignore_current(void)
{
	/* What further runs leave must add up. */
	if (lk_rerun_is_copy() || lk_runner.role == LK_ROLE_BYSTANDER)
		return;
	lk_session_ignore_current();
}

LK_EXPORT void leakcheck_run_once(void)
{
	if (lk_runner.window_open && lk_runner.user_code)
		lk_runner.runs_once = "it asked for it by leakcheck_run_once()";
	else
		lk_tracker.options.rerun = false;
}

LK_EXPORT void leakcheck_verify_all(void)
{
	lk_tracker.options.verify_all = true;
}
