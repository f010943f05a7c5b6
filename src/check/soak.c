/* SPDX-License-Identifier: MIT */
/* What is alive is captured again and again, on request, in the processes that end with
 * such a record too. */
#include "api/capture.h"
#include "api/watch.h"
#include "check/captured.h"

static void look(void)
{
	if (lk_captured_may())
		lk_capture_process();
}

__attribute__((constructor)) static void begin(void)
{
	if (lk_tracker.options.every > 0 && lk_tracker.heap && lk_capture_is_wanted())
		lk_soak_begin(lk_tracker.options.every, look);
}
