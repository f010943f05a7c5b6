/* SPDX-License-Identifier: MIT */
#include "check/break_at.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/watch.h"
#include "api/whence.h"
#include "base/arena.h"
#include "base/fmt.h"
#include "base/proc_status.h"
#include "check/output.h"
#include "check/rerun.h"
#include "check/runner.h"
#include "judge/pattern.h"

/* In any thread, in the middle of anything, with little stack: names are looked up in a
 * copy. */
static void print_place(uint64_t serial, const void *frame)
{
	char headline[512], *answer = lk_pages_map(LK_WHENCE_TEXT_MAX);
	struct lk_text text;

	if (!answer)
		return;

	lk_text_init(&text, headline, sizeof headline);
	lk_text_format(&text, "allocation %lu", (unsigned long)serial);
	if (lk_runner.test.known)
		lk_text_format(&text, " of %s", lk_runner.test.name);
	else
		lk_text_add(&text, lk_runner.test_seen ? " of the test" : " of a test's set-up");
	if (lk_runner.file[0])
		lk_text_format(&text, " at %s:%u", lk_runner.file, lk_runner.line);
	lk_whence_here(headline, frame, answer);
	lk_output_say(answer, strlen(answer));
	lk_pages_unmap(answer, LK_WHENCE_TEXT_MAX);
}

/* In a set-up the name of its test is not known yet. */
static bool is_wanted(void)
{
	const char *name = lk_tracker.options.break_in;

	return !lk_rerun_is_copy() && (!name[0] || !lk_runner.test.known ||
				       lk_pattern_is(name, lk_runner.test.name));
}

void lk_break_at(uint64_t serial, const void *frame)
{
	if (!is_wanted())
		return;
	int saved = lk_quiet_begin();
	print_place(serial, frame);
	if (lk_proc_tracer() == 0)
		lk_say("no debugger is here; to stop there, put this before the same command: "
		       "CK_DEFAULT_TIMEOUT=0 gdb -ex 'set detach-on-fork off' "
		       "-ex 'set schedule-multiple on' -ex run --args");
	lk_quiet_end(saved);
	if (lk_proc_tracer() != 0)
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGTRAP);
}
