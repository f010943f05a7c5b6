/* SPDX-License-Identifier: MIT */
#include "api/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/real.h"
#include "base/self.h"
#include "probe/tracker.h"

bool lk_ledger_wants(unsigned kind)
{
	return lk_tracker.run_is_named && (lk_tracker.run->ledger_wanted & kind);
}

/* No descriptor stays open in the program, so the file is opened each time. */
void lk_ledger_append(const char *text, size_t size)
{
	struct lk_run *run = lk_tracker.run;
	uint64_t place = __atomic_fetch_add(&run->ledger_used, size, __ATOMIC_RELAXED);
	int saved = lk_quiet_begin();
	int fd = LK_REAL(open)(lk_tracker.run_path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0;

	for (size_t done = 0; ok && done < size;) {
		ssize_t written = pwrite(fd, text + done, size - done,
					 (off_t)(LK_LEDGER_START + place + done));

		ok = written > 0;
		done += ok ? (size_t)written : 0;
	}
	if (fd >= 0)
		LK_REAL(close)(fd);
	if (!ok)
		__atomic_fetch_add(&run->ledger_lost, 1, __ATOMIC_RELAXED);
	lk_quiet_end(saved);
}
