/* SPDX-License-Identifier: MIT */
#include "check/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/session.h"
#include "api/rules.h"
#include "api/watch.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "check/ledger.h"
#include "check/output.h"
#include "check/plant.h"
#include "check/rerun.h"
#include "check/runner.h"
#include "check/test_name.h"
#include "report/rules.h"
#include "report/text.h"

/* The whole report, with the test's place above it; the caller frees it. */
static char *make_report(const struct lk_findings *findings, size_t *ret_size)
{
	struct lk_test_place place;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	fputs("leakcheck: ", out);
	lk_test_name_find(&place);
	lk_test_name_print(out, &place);
	fputs(": ", out);
	lk_report_headline(out, findings);
	fputc('\n', out);
	lk_report_findings(out, findings, "  ");
	if (lk_tracker.options.gen_suppressions)
		lk_report_rules_for(out, findings);
	if (LK_REAL(fclose)(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool print_to_file(const struct lk_findings *findings)
{
	size_t size;
	char *text = lk_tracker.options.report[0] ? make_report(findings, &size) : NULL;
	bool done = text && lk_output_append(text, size);

	free(text);
	return done;
}

static void print_to_standard_error(const struct lk_findings *findings)
{
	size_t size;
	char *text = make_report(findings, &size);

	if (text)
		lk_output_say(text, size);
	free(text);
}

/* Check's line points at the suspect frame of the first leak that has one with a
 * source line, else at START_TEST. */
static void choose_place(const struct lk_findings *findings, const char **file, unsigned *line)
{
	*file = lk_runner.file[0] ? lk_runner.file : "leakcheck";
	*line = lk_runner.line;
	for (size_t i = 0; i < findings->count; i++) {
		const struct lk_finding *row = &findings->rows[i];
		const struct lk_frame *frame = &row->frames[row->suspect];

		if (row->ruling == LK_RULING_fail && row->suspect < row->frames_count &&
		    frame->file && frame->line) {
			*file = frame->file;
			*line = frame->line;
			return;
		}
	}
}

static bool is_open_as(const struct lk_message_file *file, int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_dev == file->device &&
	       status.st_ino == file->inode;
}

/* A forked test may close every descriptor, Check's message file among them: the
 * runner still has it open under the same number. */
static void reopen_message_file(void)
{
	const struct lk_message_file *file = lk_runner_file();
	int fd = file->fd;
	char path[64];

	if (lk_runner.role != LK_ROLE_TEST || is_open_as(file, fd))
		return;
	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getppid(), fd);
	int again = LK_REAL(open)(path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (again < 0)
		return;
	if (again != fd && is_open_as(file, again))
		LK_REAL(dup2)(again, fd);
	if (again != fd)
		LK_REAL(close)(again);
}

static void tell_check(const struct lk_findings *findings)
{
	const char *report = lk_tracker.options.report;
	bool in_file = print_to_file(findings), cut = false;
	const char *file;
	unsigned line;
	char *text = lk_report_message(findings, lk_message_text_max(),
				       in_file ? report : "on standard error", &cut);

	choose_place(findings, &file, &line);
	reopen_message_file();
	bool told = text && lk_message_write_failure(lk_runner_file()->stream, file, line,
						     text);
	if (!told)
		lk_say("the leaks of the test at %s:%u could not be told to Check", lk_runner.file,
		       lk_runner.line);
	/* Where a signal was expected, Check puts words of its own for ours. */
	bool is_wanted = cut || !told || lk_tracker.options.gen_suppressions;
	if ((is_wanted || lk_runner.test.signal != 0) && !in_file)
		print_to_standard_error(findings);
	free(text);
}

/* Settling must not bring the test into Check's time-out: a third of what is left of
 * its time remains for the report. */
static unsigned settle_limit(void)
{
	uint64_t limit = lk_tracker.options.settle, now = lk_clock_ms();
	uint64_t deadline = lk_runner.role == LK_ROLE_TEST && lk_runner.shared ?
				    lk_runner.shared->deadline_ms :
				    0;

	if (deadline != 0) {
		uint64_t left = deadline > now ? (deadline - now) / 3 * 2 : 0;
		limit = left < limit ? left : limit;
	}
	return (unsigned)limit;
}

static bool is_left_out(const char *test)
{
	struct lk_run *run = lk_tracker.run;

	/* Without rules no page of heavy code is touched. */
	if (!test || lk_rules()->count == 0 ||
	    !lk_suppressions_cover_test(lk_rules(), test, run->rules))
		return false;
	__atomic_fetch_add(&run->tests_ignored, 1, __ATOMIC_RELAXED);
	return true;
}

/* Notes of a test that passes: Check has no place for them. */
static void tell_user(const struct lk_findings *findings)
{
	if (!print_to_file(findings))
		print_to_standard_error(findings);
}

static void ask_rules(const char *test)
{
	if (test && lk_suppressions_run_once(lk_rules(), test, lk_tracker.run->rules) &&
	    !lk_runner.runs_once)
		lk_runner.runs_once = "a rule says so (once:)";
}

bool lk_report_test(void)
{
	const char *test = lk_runner.test.known ? lk_runner.test.name : NULL;
	struct lk_outcome outcome;

	if ((!lk_tracker.options.verify_all && !lk_runner.verify) || is_left_out(test))
		return false;
	ask_rules(test);
	lk_session_close(&(struct lk_session_end){ settle_limit(), test, lk_runner.expected,
						   lk_rerun_test },
			 &outcome);
	bool leaked = outcome.verdict == LK_LEAKED;
	int saved = lk_quiet_begin();
	if (leaked)
		tell_check(&outcome.findings);
	else if (outcome.findings.count > outcome.findings.hidden)
		tell_user(&outcome.findings);
	lk_quiet_end(saved);
	lk_tell_ledger(&outcome);
	lk_plant_harvest(&outcome.findings);
	lk_outcome_release(&outcome);
	return leaked;
}
