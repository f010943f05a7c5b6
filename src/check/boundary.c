/* SPDX-License-Identifier: MIT */
/* Recognises Check by the libc calls it makes, and opens and closes the window of
 * each test.  None of Check's symbols is used: Debian ships it as an archive, and
 * a stripped program has none.
 *
 * Check announces itself by a temporary file check_XXXXXX that becomes a stream,
 * the message file.  In fork mode a test is a child that calls setpgid(0, 0) first
 * and exit(0) last, after a DURATION message.  In no-fork mode a context message
 * follows the flush of Check's logs, and the message file is rewound at the end.
 * Fixtures that are not checked run in the runner and belong to no test. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/session.h"
#include "api/watch.h"
#include "base/clock.h"
#include "check/break_at.h"
#include "check/captured.h"
#include "check/hang.h"
#include "check/left.h"
#include "check/not_checked.h"
#include "check/output.h"
#include "check/plant.h"
#include "check/report.h"
#include "check/rerun.h"
#include "check/runner.h"

/* The status of a child whose test leaked: rare, and never 1, which exit tests
 * may expect.  A test that expects even the first of them gets the second: Check
 * takes the expected status for success, whatever else was said. */
enum { EXIT_LEAKED = 99, EXIT_LEAKED_TOO = 98 };

static const char unchecked[] =
	"it is in an unchecked fixture; put it into a checked teardown or the test itself";

static void temporary_made(const char *name, int fd)
{
	/* mkstemp has replaced the X of "check_XXXXXX" by now. */
	static const char prefix[] = "/check_";
	const size_t tail = sizeof prefix - 1 + 6;
	size_t length = strlen(name);

	if (fd >= 0 && length >= tail &&
	    memcmp(name + length - tail, prefix, sizeof prefix - 1) == 0)
		lk_runner.pending_fd = fd;
}

/* Is it the runner itself that calls, and not a thread beside it? */
static bool in_runner(void)
{
	return lk_runner.role == LK_ROLE_RUNNER && lk_runner.thread == &lk_self;
}

/* Does a test's or fixture's own code run here?  Then a file is Check's only if a
 * run begins inside the test, and that shows when the first message is written. */
static bool in_user_code(void)
{
	return lk_runner.role == LK_ROLE_TEST || lk_runner.role == LK_ROLE_BYSTANDER ||
	       (lk_runner.role == LK_ROLE_RUNNER && lk_runner.window_open && lk_runner.user_code);
}

static bool owns_descriptor(int fd)
{
	return fd >= 0 && fd == lk_runner.pending_fd && !in_user_code();
}

static bool owns_stream(FILE *stream)
{
	const struct lk_message_file *file = lk_runner_file_of(stream);

	return file && file->is_checks;
}

static void claim(struct lk_message_file *file)
{
	file->is_checks = true;
	lk_descriptor_exempt(file->fd);
	lk_child_token(file->fd, file->device, file->inode);
	lk_heap_forgive(file->stream);
}

static void stream_made(int fd, FILE *stream)
{
	struct stat status;
	bool is_user = in_user_code();

	if (fd < 0 || fd != lk_runner.pending_fd)
		return;
	lk_runner.pending_fd = -1;
	if (lk_runner.files_count == sizeof lk_runner.files / sizeof *lk_runner.files)
		return;
	if (lk_runner.role != LK_ROLE_RUNNER && lk_runner.role != LK_ROLE_TEST) {
		lk_runner_recognised();
		lk_hang_listen();
	}
	lk_runner.armed |= !lk_runner.window_open;

	struct lk_message_file *file = &lk_runner.files[lk_runner.files_count++];
	*file = (struct lk_message_file){ .stream = stream, .fd = fd };
	if (fstat(fd, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
	}
	if (is_user)
		return;
	/* Check makes one between two tests, and another when a fixture or a run came in
	 * between, whose code may have opened what nobody told of. */
	if (lk_runner.streams_made++ > 0)
		lk_descriptor_disturbed();
	if (lk_runner_level() == 0)
		lk_runner.thread = &lk_self; /* a run begins, or goes on */
	claim(file);
}

static void forget(struct lk_message_file *file)
{
	unsigned at = (unsigned)(file - lk_runner.files);

	lk_runner.files_count--;
	memmove(file, file + 1, (lk_runner.files_count - at) * sizeof *file);
}

static void stream_closing(FILE *stream)
{
	struct lk_message_file *file = lk_runner_file_of(stream);

	if (file)
		forget(file);
}

/* A request made in a window that turned out to be no test's. */
static void refuse_stray_request(void)
{
	if (lk_runner.verify && !lk_runner.test_seen && lk_runner.role == LK_ROLE_RUNNER)
		lk_runner_misuse(lk_runner.verify_file, lk_runner.verify_line, unchecked);
	lk_runner.verify = false;
}

static void open_window(const void *frame)
{
	lk_runner_close_window();
	lk_runner.window_open = true;
	lk_runner.ignoring = lk_self.ignoring;
	lk_runner.level = lk_runner_level();
	lk_runner.armed = false;
	lk_runner.file[0] = '\0';
	lk_runner.line = 0;
	lk_runner.test = (struct lk_test_case){ 0 };
	/* In a copy, all runs of the test are one window. */
	if (lk_rerun_is_copy())
		return;
	lk_runner.opened_ms = lk_clock_ms();
	lk_session_open(frame);
	lk_serial_begin(lk_tracker.options.break_at, lk_break_at);
}

static void test_begins(void)
{
	lk_runner.test_seen = true;
	lk_plant();
	/* A test that runs in the runner's process may take that with it. */
	if (lk_runner.role == LK_ROLE_RUNNER && lk_tracker.options.verify_all) {
		lk_runner.is_counted = true;
		__atomic_fetch_add(&lk_tracker.run->tests_open, 1, __ATOMIC_RELAXED);
	}
}

static void context_changed(enum lk_context context, const void *frame)
{
	lk_runner.context = context;
	if (lk_runner.role == LK_ROLE_RUNNER) {
		if (context == LK_CONTEXT_TEARDOWN && !lk_runner.test_seen) {
			/* An unchecked teardown: between windows. */
			refuse_stray_request();
			lk_descriptor_disturbed();
			lk_runner_close_window();
			lk_runner.user_code = true;
			return;
		}
		if (lk_runner.armed) {
			refuse_stray_request();
			open_window(frame);
		}
	}
	lk_budget_go_on();
	lk_runner.user_code = true;
	if (context == LK_CONTEXT_TEST && !lk_runner.test_seen)
		test_begins();
	if (lk_runner.role == LK_ROLE_TEST && lk_runner.shared)
		lk_runner.shared->test.in_setup = !lk_runner.test_seen;
}

/* What Check keeps in registers is spilled just below this function's frame
 * address, so the search begins there. */
static __attribute__((noinline)) void find_test(void)
{
	enum { SAVED_WORDS = 16 };

	__builtin_unwind_init();
	lk_test_case_find((const uintptr_t *)__builtin_frame_address(0) - SAVED_WORDS,
			  lk_runner.file, lk_runner.line, &lk_runner.test);
}

static void note_test(void)
{
	lk_runner_count_iteration(&lk_runner.test);
	if (lk_runner.role == LK_ROLE_TEST && lk_runner.shared)
		lk_runner.shared->test.record = lk_runner.test.record;
	if (lk_runner.is_counted)
		lk_not_checked_prepare();
}

/* The messages of a run that a test starts inside itself are not about the test. */
static bool is_nested(void)
{
	return lk_runner.window_open && lk_runner_level() > lk_runner.level;
}

static void read_message(const struct lk_message *message, const void *frame)
{
	switch (message->type) {
	case LK_MESSAGE_CONTEXT:
		context_changed(message->context, frame);
		break;
	case LK_MESSAGE_LOCATION:
		if (lk_runner.context == LK_CONTEXT_TEST && !lk_runner.file[0]) {
			memcpy(lk_runner.file, message->text, sizeof lk_runner.file);
			lk_runner.line = message->line;
			find_test();
			note_test();
		}
		break;
	case LK_MESSAGE_FAIL:
		if (lk_rerun_is_copy())
			lk_rerun_failed("failed: ", message->text);
		lk_runner.failed = true;
		if (lk_runner.role == LK_ROLE_TEST && lk_runner.shared)
			lk_runner.shared->test.failed = true;
		break;
	case LK_MESSAGE_DURATION:
		lk_runner.duration_seen = true;
		break;
	}
}

static bool writing(const void *bytes, size_t size, FILE *stream, const void *frame)
{
	struct lk_message_file *file = lk_runner_file_of(stream);
	struct lk_message message;

	if (LK_LIKELY(!file))
		return false;
	bool is_message = lk_message_parse(bytes, size, &message);
	if (!file->is_checks) {
		/* The first bytes tell whose file it is. */
		if (!is_message || message.type != LK_MESSAGE_CONTEXT) {
			forget(file);
			return false;
		}
		claim(file);
	}
	if (is_message)
		lk_budget_discount(bytes, lk_message_copied(&message, size));
	if (is_message && file == lk_runner_file() && !is_nested())
		read_message(&message, frame);
	return true;
}

static void flushing(FILE *stream)
{
	/* Check flushes its logs around each event; inside a window, while no fixture
	 * and no test runs, nobody else can. */
	if (!in_runner() || owns_stream(stream) ||
	    (lk_runner.window_open && lk_runner.user_code))
		return;
	lk_rerun_mark();
	lk_runner.armed = true;
	lk_runner.user_code = false;
}

/* No-fork mode: a fixture or test has ended, its messages are about to be read. */
static void rewinding(FILE *stream)
{
	const struct lk_message_file *file = lk_runner_file();

	if (!in_runner() || !file || file->stream != stream || is_nested())
		return;
	lk_runner.user_code = false;
	if (!lk_runner.window_open)
		return;
	if (!lk_runner.test_seen) {
		if (lk_runner.failed) {
			lk_not_checked(LK_NOT_CHECKED_setup_failed);
			lk_left_report(LK_NOT_CHECKED_setup_failed);
			lk_runner_close_window();
		}
		lk_budget_pause();
		return;
	}
	if (lk_rerun_is_copy())
		lk_rerun_ended();
	if (lk_runner.failed) {
		lk_not_checked(LK_NOT_CHECKED_failed);
		lk_left_report(LK_NOT_CHECKED_failed);
	} else {
		lk_report_test();
	}
	lk_runner.streams_made = 0;
	lk_runner_test_ended(lk_runner.test.record);
	lk_runner_close_window();
}

static bool forking(void)
{
	bool by_check = in_runner() && !lk_runner.user_code;

	if (by_check)
		refuse_stray_request();
	return !by_check;
}

static void forked_child(void)
{
	bool by_check = in_runner() && !lk_runner.user_code;

	lk_runner.is_counted = false; /* the parent counts it */
	lk_rerun_forked();
	if (by_check && lk_runner_file()) {
		lk_runner.role = LK_ROLE_CANDIDATE;
		return;
	}
	if (lk_runner.role == LK_ROLE_NONE)
		return;
	/* Between two runs it may begin one of its own like any program. */
	lk_runner.role = by_check ? LK_ROLE_NONE : LK_ROLE_BYSTANDER;
	lk_runner.files_count = 0;
	lk_runner.window_open = false;
}

static void group_set(pid_t process, pid_t group, const void *frame)
{
	if (lk_runner.role != LK_ROLE_CANDIDATE || process != 0 || group != 0)
		return;
	lk_runner.role = LK_ROLE_TEST;
	/* Where the system lets only ancestors look into a process, a copy of the runner
	 * is to see why this one hangs. */
	int saved = errno;
	prctl(PR_SET_PTRACER, lk_runner.process);
	errno = saved;
	if (lk_runner.shared)
		lk_runner.shared->test =
			(struct lk_test_record){ .process = getpid(), .in_setup = true };
	lk_rerun_mark();
	if (lk_left_is_wanted())
		lk_hang_watch_crashes();
	open_window(frame);
}

static int why_not_checked(const struct lk_test_record *record, int status)
{
	if (record->failed)
		return record->in_setup ? LK_NOT_CHECKED_setup_failed : LK_NOT_CHECKED_failed;
	if (WIFEXITED(status))
		return LK_NOT_CHECKED_exited;
	return WTERMSIG(status) == SIGKILL ? LK_NOT_CHECKED_killed : LK_NOT_CHECKED_signalled;
}

/* The process of a test has ended: count it if it could not be judged. */
static void waited(pid_t process, int status)
{
	struct lk_test_record *record = lk_runner.shared ? &lk_runner.shared->test : NULL;

	if (lk_runner.role != LK_ROLE_RUNNER || !record || record->process != process ||
	    !(WIFEXITED(status) || WIFSIGNALED(status)))
		return;
	lk_runner.verify = record->verify;
	if (!record->judged)
		lk_not_checked(why_not_checked(record, status));
	lk_runner.verify = false;
	lk_output_for_test();
	lk_runner_test_ended(record->record);
	record->process = 0;
	lk_runner.shared->deadline_ms = 0;
}

/* Check's limit for the test that it has just forked. */
static void timer_set(uint64_t milliseconds)
{
	if (in_runner() && lk_runner.shared && milliseconds > 0)
		lk_runner.shared->deadline_ms = lk_clock_ms() + milliseconds;
}

/* Check's handler of its alarm ends a test, while the runner waits for it. */
static void killing(pid_t group, int number)
{
	struct lk_shared *shared = lk_runner.shared;

	bool is_wanted = lk_tracker.options.dump_timeouts &&
			 (lk_tracker.options.verify_all || (shared && shared->test.verify));

	if (!is_wanted || !in_runner() || number != SIGKILL || !lk_self.in_waitpid || !shared ||
	    shared->test.process != group || shared->deadline_ms == 0 ||
	    lk_clock_ms() < shared->deadline_ms)
		return;
	lk_hang_report(group);
}

/* Check's last call in the process of a test that passed. */
static bool ends_test(int status)
{
	return lk_runner.role == LK_ROLE_TEST && lk_runner.window_open && status == 0 &&
	       lk_runner.duration_seen && !lk_runner.failed && lk_runner_file();
}

/* A process that no hook saw begin has our memory, but is no test and no runner. */
static bool is_stray(void)
{
	const struct lk_shared *shared = lk_runner.shared;

	return (lk_runner.role == LK_ROLE_RUNNER && getpid() != lk_runner.process) ||
	       (lk_runner.role == LK_ROLE_TEST && shared && getpid() != shared->test.process);
}

/* The process of a test ends before Check ends it. */
static void report_left(void)
{
	if (lk_runner.role != LK_ROLE_TEST || !lk_runner.window_open || !lk_left_is_wanted() ||
	    lk_rerun_is_copy() || is_stray())
		return;
	lk_left_report(!lk_runner.failed	? LK_NOT_CHECKED_exited :
		       !lk_runner.test_seen ? LK_NOT_CHECKED_setup_failed :
						LK_NOT_CHECKED_failed);
	lk_runner_close_window();
}

static void leaving(void)
{
	int saved = errno;

	report_left();
	if (getpid() == lk_tracker.process)
		lk_captured_end();
	errno = saved;
}

static int exiting(int status)
{
	if (is_stray())
		return status;
	if (lk_rerun_is_copy() && ends_test(status))
		lk_rerun_ended();
	if (lk_rerun_is_copy())
		lk_rerun_failed("called exit", "");
	if (lk_runner.role == LK_ROLE_RUNNER) {
		if (lk_runner.window_open && lk_runner.test_seen) {
			lk_not_checked(LK_NOT_CHECKED_exited);
			lk_left_report(LK_NOT_CHECKED_exited);
		}
		lk_runner_close_window();
		return status;
	}
	if (!ends_test(status)) {
		report_left();
		return status;
	}
	bool leaked = lk_report_test();
	if (lk_runner.shared)
		lk_runner.shared->test.judged = true;
	lk_runner_close_window();
	if (!leaked)
		return status;
	return lk_runner.test.exit_status == EXIT_LEAKED ? EXIT_LEAKED_TOO : EXIT_LEAKED;
}

const struct lk_listener lk_listener = {
	.temporary_made = temporary_made,
	.owns_stream = owns_stream,
	.owns_descriptor = owns_descriptor,
	.stream_made = stream_made,
	.stream_closing = stream_closing,
	.writing = writing,
	.flushing = flushing,
	.rewinding = rewinding,
	.forking = forking,
	.forked_child = forked_child,
	.group_set = group_set,
	.waited = waited,
	.killing = killing,
	.timer_set = timer_set,
	.leaving = leaving,
	.exiting = exiting,
};
