/* SPDX-License-Identifier: MIT */
#include "check/runner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/rules.h"
#include "api/watch.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "check/check_records.h"
#include "check/summary.h"

LK_HOT_PAGE struct lk_runner lk_runner = { .pending_fd = -1, .expected = -1 };

const struct lk_message_file *lk_runner_file(void)
{
	for (unsigned i = lk_runner.files_count; i > 0; i--)
		if (lk_runner.files[i - 1].is_checks)
			return &lk_runner.files[i - 1];
	return NULL;
}

unsigned lk_runner_level(void)
{
	unsigned level = 0;

	for (unsigned i = 0; i < lk_runner.files_count; i++)
		level += lk_runner.files[i].is_checks;
	return level;
}

struct lk_message_file *lk_runner_file_of(FILE *stream)
{
	for (unsigned i = 0; i < lk_runner.files_count; i++)
		if (lk_runner.files[i].stream == stream)
			return &lk_runner.files[i];
	return NULL;
}

void lk_runner_close_window(void)
{
	if (lk_runner.is_counted)
		__atomic_fetch_sub(&lk_tracker.run->tests_open, 1, __ATOMIC_RELAXED);
	/* A failed assertion may have jumped over the end of a bracket. */
	if (lk_runner.window_open)
		lk_self.ignoring = lk_runner.ignoring;
	/* Asked for in a fixture that is not checked: for the tests that come. */
	if (lk_runner.runs_once && !lk_runner.test_seen)
		lk_tracker.options.rerun = false;
	lk_totals_window_end();
	lk_runner.is_counted = false;
	lk_runner.window_open = false;
	lk_runner.user_code = false;
	lk_runner.test_seen = false;
	lk_runner.duration_seen = false;
	lk_runner.failed = false;
	lk_runner.runs_once = NULL;
	lk_runner.verify = false;
	lk_runner.expected = -1;
}

/* Is the entry our library: libleakcheck.so, or that with a version? */
static bool is_ours(const char *entry, size_t length)
{
	static const char name[] = "libleakcheck.so";
	const char *slash = memrchr(entry, '/', length);
	const char *base = slash ? slash + 1 : entry;
	size_t rest = length - (size_t)(base - entry);

	if (rest < sizeof name - 1 || strncmp(base, name, sizeof name - 1) != 0)
		return false;
	base += sizeof name - 1;
	rest -= sizeof name - 1;
	return rest == 0 || (base[0] == '.' && strspn(base, ".0123456789") >= rest);
}

/* Copies LIST without our entries to REST (as long as LIST); true if one was there. */
static bool without_us(const char *list, char *rest)
{
	bool found = false;
	char *write = rest;

	for (const char *read = list; *read;) {
		size_t length = strcspn(read, ": ");

		if (length > 0 && is_ours(read, length)) {
			found = true;
		} else if (length > 0) {
			if (write != rest)
				*write++ = ':';
			memcpy(write, read, length);
			write += length;
		}
		read += length + strspn(read + length, ": ");
	}
	*write = '\0';
	return found;
}

static void leave_environment(void)
{
	const char *list = getenv("LD_PRELOAD");
	int saved = lk_quiet_begin();
	char *rest = list ? malloc(strlen(list) + 1) : NULL;

	unsetenv(LK_RUN_VARIABLE);
	if (rest && without_us(list, rest)) {
		if (rest[0])
			setenv("LD_PRELOAD", rest, 1);
		else
			unsetenv("LD_PRELOAD");
	}
	free(rest);
	lk_quiet_end(saved);
}

void lk_runner_recognised(void)
{
	lk_runner.role = LK_ROLE_RUNNER;
	lk_runner_close_window();
	if (lk_runner.process == getpid())
		return;
	/* A process that a runner forked shares the parent's; it needs its own. */
	lk_runner.process = getpid();
	lk_rules_load();
	if (!lk_tracker.run_is_named && lk_runner.process != lk_tracker.process)
		lk_tracker_renew_run();
	struct stat status;
	if (fstat(STDERR_FILENO, &status) == 0) {
		lk_runner.error_device = status.st_dev;
		lk_runner.error_inode = status.st_ino;
	}
	lk_runner.shared = lk_tracker_share(sizeof *lk_runner.shared);
	if (lk_runner.shared)
		lk_runner.shared->report = lk_pages_map_shared(LK_SHARED_REPORT_MAX);
	lk_lessons_begin(lk_tracker_share(sizeof(struct lk_lessons)));
	__atomic_fetch_add(&lk_tracker.run->runners, 1, __ATOMIC_RELAXED);
	leave_environment();
	lk_descriptor_baseline(); /* learns the highest number, for all children */
	lk_summary_expect();
}

static int iteration_of(const void *record, int loop_start, int loop_end)
{
	if (record != lk_runner.last_record || lk_runner.last_iteration + 1 >= loop_end)
		return loop_start;
	return lk_runner.last_iteration + 1;
}

void lk_runner_count_iteration(struct lk_test_case *test)
{
	test->iteration = iteration_of(test->record, test->loop_start, test->loop_end);
}

void lk_runner_test_ended(const void *record)
{
	const struct lk_check_test *test = record;

	if (!test)
		return;
	lk_runner.last_iteration = iteration_of(test, test->loop_start, test->loop_end);
	lk_runner.last_record = test;
}

void lk_runner_misuse(const char *file, int line, const char *why)
{
	lk_say("%s:%d: LEAKCHECK_VERIFY_NONE() cannot work here: %s", file, line, why);
	__atomic_fetch_add(&lk_tracker.run->misuses, 1, __ATOMIC_RELAXED);
	if (lk_runner.role == LK_ROLE_NONE && getpid() == lk_tracker.process)
		lk_summary_expect();
}
