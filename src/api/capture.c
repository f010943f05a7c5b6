/* SPDX-License-Identifier: MIT */
#include "api/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "api/room.h"
#include "base/fmt.h"
#include "base/real.h"
#include "base/self.h"
#include "model/capture.h"
#include "probe/freeze.h"
#include "probe/tracker.h"

bool lk_capture_is_wanted(void)
{
	return lk_tracker.options.capture[0] != '\0';
}

/* A file that grows beyond the program's limit would end it by a signal. */
static bool write_within(int fd, const struct lk_snapshot *snapshot)
{
	struct rlimit limits, most;

	if (getrlimit(RLIMIT_FSIZE, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY)
		return lk_capture_write(fd, snapshot);
	most = (struct rlimit){ limits.rlim_max, limits.rlim_max };
	errno = EFBIG;
	if (limits.rlim_max != RLIM_INFINITY || setrlimit(RLIMIT_FSIZE, &most) != 0)
		return false;
	bool ok = lk_capture_write(fd, snapshot);
	int error = errno;
	setrlimit(RLIMIT_FSIZE, &limits);
	errno = error;
	return ok;
}

/* No descriptor stays open in the program, so the file is opened each time. */
void lk_capture_append(const struct lk_snapshot *snapshot)
{
	const char *path = lk_tracker.options.capture;
	int saved = lk_quiet_begin();
	struct lk_room room;

	lk_room_make(&room);
	int fd = LK_REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	bool ok = fd >= 0 && write_within(fd, snapshot);
	int error = errno;
	if (fd >= 0)
		LK_REAL(close)(fd);
	lk_room_give_back(&room);
	struct lk_run *run = lk_tracker.run;
	uint64_t before = __atomic_fetch_add(ok ? &run->captures : &run->captures_lost, 1,
					     __ATOMIC_RELAXED);
	if (!ok && before == 0)
		lk_say("%s: %s; what was captured is lost", path, strerror(error));
	lk_quiet_end(saved);
}

void lk_capture_heap_use(struct lk_counts *counts)
{
#if __GLIBC_PREREQ(2, 33)
	struct mallinfo2 info = mallinfo2();

	counts->heap_used = info.uordblks + info.hblkhd;
	counts->heap_system = info.arena + info.hblkhd;
#else
	(void)counts;
#endif
}

void lk_capture_process(void)
{
	struct lk_snapshot snapshot;
	int saved = lk_quiet_begin();

	if (lk_freeze_whole(true, &snapshot)) {
		lk_capture_heap_use(&snapshot.moment.counts);
		lk_capture_append(&snapshot);
		lk_freeze_release(&snapshot);
	} else {
		__atomic_fetch_add(&lk_tracker.run->captures_lost, 1, __ATOMIC_RELAXED);
		lk_say("what is alive could not be captured: no copy of the process could be made");
	}
	lk_quiet_end(saved);
}
