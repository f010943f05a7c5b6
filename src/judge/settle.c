/* SPDX-License-Identifier: MIT */
#include "judge/settle.h"

bool lk_settle(bool (*is_settled)(void *context), void *context,
	       void (*wait)(unsigned long microseconds), unsigned limit_ms)
{
	enum { LOOKS_MAX = 20, WAIT_MAX_US = 100000 };
	unsigned long left_us = limit_ms * 1000ul, next_us = 1;

	for (int look = 1; !is_settled(context); look++) {
		if (look == LOOKS_MAX || left_us == 0)
			return false;
		if (next_us > left_us)
			next_us = left_us;
		wait(next_us);
		left_us -= next_us;
		next_us = next_us * 2 > WAIT_MAX_US ? WAIT_MAX_US : next_us * 2;
	}
	return true;
}
