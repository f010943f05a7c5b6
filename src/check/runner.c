/* SPDX-License-Identifier: MIT */
#include "check/runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/watch.h"
#include "base/arena.h"
#include "base/fmt.h"
#include "check/summary.h"

struct lk_runner lk_runner = { .pending_fd = -1 };

FILE *lk_runner_stream(void)
{
	return lk_runner.files_count ? lk_runner.files[lk_runner.files_count - 1].stream : NULL;
}

void lk_runner_close_window(void)
{
	lk_runner.window_open = false;
	lk_runner.user_code = false;
	lk_runner.test_seen = false;
	lk_runner.duration_seen = false;
	lk_runner.failed = false;
	lk_runner.verify = false;
}

static bool is_ours(const char *entry, size_t length)
{
	static const char name[] = "libleakcheck.so";

	for (size_t i = 0; i + sizeof name - 1 <= length; i++)
		if ((i == 0 || entry[i - 1] == '/') &&
		    strncmp(entry + i, name, sizeof name - 1) == 0)
			return true;
	return false;
}

/* Takes our entry out of LD_PRELOAD where it stands: the text only gets shorter. */
static void leave_environment(void)
{
	char *list = getenv("LD_PRELOAD"), *write = list;

	unsetenv(LK_RUN_VARIABLE);
	if (!list)
		return;
	for (const char *read = list; *read;) {
		size_t length = strcspn(read, ": ");

		if (length > 0 && !is_ours(read, length)) {
			if (write != list)
				*write++ = ':';
			memmove(write, read, length);
			write += length;
		}
		read += length + strspn(read + length, ": ");
	}
	*write = '\0';
	if (write == list)
		unsetenv("LD_PRELOAD");
}

void lk_runner_recognised(void)
{
	lk_runner.role = LK_ROLE_RUNNER;
	lk_runner_close_window();
	if (lk_runner.record)
		return;
	/* Without it, tests that end by themselves are not told apart. */
	lk_runner.record = lk_pages_map_shared(sizeof *lk_runner.record);
	__atomic_fetch_add(&lk_tracker.run->runners, 1, __ATOMIC_RELAXED);
	leave_environment();
	lk_summary_expect();
}

void lk_runner_misuse(const char *file, int line, const char *why)
{
	lk_say("%s:%d: LEAKCHECK_VERIFY_NONE() cannot work here: %s", file, line, why);
	__atomic_fetch_add(&lk_tracker.run->misuses, 1, __ATOMIC_RELAXED);
}
