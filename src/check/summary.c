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

/* Stale rules of the program itself the leakcheck command does not know. */
static void print_stale_rules(FILE *out)
{
	struct lk_run *run = lk_tracker.run;
	size_t first = lk_tracker.run_is_named ? lk_rules_from_files() : 0;
	size_t stale = lk_report_stale_rules(out, lk_rules(), run->rules, first);

	__atomic_fetch_add(&run->stale_rules, stale, __ATOMIC_RELAXED);
}

static void print_all(FILE *out)
{
	lk_summary_print(lk_tracker.run, out);
	print_stale_rules(out);
}

/* In one piece, because other runners may end at the same time. */
static void say(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		print(stderr);
		return;
	}
	print(out);
	if (LK_REAL(fclose)(out) == 0)
		LK_REAL(fwrite)(text, 1, size, stderr);
	free(text);
}

/* Ends the process if the program returned 0 and its tests say otherwise. */
static void leave(void)
{
	enum lk_status status = lk_summary_status(lk_tracker.run, &lk_tracker.options);

	if (program_status == 0 && status != LK_STATUS_CLEAN) {
		LK_REAL(fflush)(NULL);
		_exit(status);
	}
}

static bool has_tests(const struct lk_run *run)
{
	return run->tests_checked + run->misuses + run->tests_ignored +
		       lk_summary_not_checked(run) >
	       0;
}

void lk_summary_finish(void)
{
	if (!expected || runner != getpid())
		return;
	int saved = lk_quiet_begin();
	if (lk_tracker.run_is_named) {
		say(print_stale_rules);
	} else if (has_tests(lk_tracker.run)) {
		say(print_all);
		leave();
	}
	lk_quiet_end(saved);
}
