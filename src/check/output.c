/* SPDX-License-Identifier: MIT */
#include "check/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/watch.h"
#include "base/fmt.h"
#include "check/runner.h"

/* At once if the system lets us, so that reports of tests that run at the same time
 * do not mix. */
static void write_all(int fd, const char *text, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t written = write(fd, text + done, size - done);

		if (written <= 0)
			break;
		done += (size_t)written;
	}
}

bool lk_output_append(const char *text, size_t size)
{
	const char *path = lk_tracker.options.report;

	if (!path[0])
		return false;
	int fd = LK_REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		lk_say("%s: %s; the report goes to standard error", path, strerror(errno));
		return false;
	}
	write_all(fd, text, size);
	LK_REAL(close)(fd);
	return true;
}

static bool is_standard_error(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_dev == lk_runner.error_device &&
	       status.st_ino == lk_runner.error_inode;
}

void lk_output_say(const char *text, size_t size)
{
	struct lk_shared *shared = lk_runner.shared;

	if (is_standard_error(STDERR_FILENO)) {
		write_all(STDERR_FILENO, text, size);
	} else if (lk_runner.role == LK_ROLE_TEST && shared && shared->report) {
		shared->report_size = size < LK_SHARED_REPORT_MAX ? size : LK_SHARED_REPORT_MAX;
		memcpy(shared->report, text, shared->report_size);
	}
}

void lk_output_for_test(void)
{
	struct lk_shared *shared = lk_runner.shared;

	if (shared->report_size > 0 && is_standard_error(STDERR_FILENO))
		write_all(STDERR_FILENO, shared->report, shared->report_size);
	shared->report_size = 0;
}
