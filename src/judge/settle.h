/* SPDX-License-Identifier: MIT */
/* Asks again until what is on its way out has gone, as goleak does. */
#ifndef LK_JUDGE_SETTLE_H
#define LK_JUDGE_SETTLE_H

#include <stdbool.h>

/* Calls IS_SETTLED(CONTEXT) up to 20 times, calling WAIT with 1 microsecond
 * doubling to 100 milliseconds in between, for at most LIMIT_MS milliseconds in
 * all.  Returns at once when it is settled; the last answer is the result. */
bool lk_settle(bool (*is_settled)(void *context), void *context,
	       void (*wait)(unsigned long microseconds), unsigned limit_ms);

#endif
