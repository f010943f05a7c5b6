/* SPDX-License-Identifier: MIT */
/* The library starts.  It is linked with -z initfirst, so this constructor runs
 * before those of every other object, libc among them: getenv knows nothing yet. */
#include <errno.h>

#include "base/real.h"
#include "hooks/early.h"
#include "probe/release.h"
#include "probe/tracker.h"
#include "base/light.h"

__attribute__((constructor(101))) static void boot(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	int saved = errno;

	lk_tracker.early_start = (uintptr_t)lk_early_bytes;
	lk_tracker.early_end = (uintptr_t)lk_early_bytes + LK_EARLY_SIZE;
	lk_real_init();
	lk_release_range = (struct lk_release_range){ lk_tracker.early_start, LK_EARLY_SIZE };
	lk_tracker_boot(environment);
	errno = saved;
}
