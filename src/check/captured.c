/* SPDX-License-Identifier: MIT */
#include "check/captured.h"

#include <unistd.h>

#include "api/capture.h"
#include "api/watch.h"
#include "base/attributes.h"
#include "check/rerun.h"
#include "check/runner.h"

static pid_t written_by;

bool lk_captured_may(void)
{
	switch (lk_runner.role) {
	case LK_ROLE_NONE:
		return true;
	case LK_ROLE_RUNNER:
		return getpid() == lk_runner.process && !lk_rerun_is_copy();
	default:
		return false;
	}
}

void lk_captured_end(void)
{
	if (!lk_capture_is_wanted() || lk_self.in_vfork_child)
		return;
	pid_t process = getpid();
	if (written_by == process || !lk_captured_may())
		return;
	lk_soak_end();
	written_by = process;
	lk_capture_process();
}
