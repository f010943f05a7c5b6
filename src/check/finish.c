/* SPDX-License-Identifier: MIT */
/* The end of a process, after the program's own exit handlers, because our object was
 * initialised first. */
#include "check/captured.h"
#include "check/summary.h"

__attribute__((destructor)) static void finish(void)
{
	lk_captured_end();
	lk_summary_finish();
}
