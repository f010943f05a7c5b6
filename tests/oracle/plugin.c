/* SPDX-License-Identifier: MIT */
/* A plugin; each VARIANT has another frame size at the same addresses. */
#include "program.h"

#ifndef VARIANT
#define VARIANT 1
#endif

void plugin_run(void (*callback)(int), int depth);

void plugin_run(void (*callback)(int), int depth)
{
	volatile char buffer[VARIANT * 64];

	buffer[0] = 1;
	allocate(VARIANT);
	if (depth > 0)
		plugin_run(callback, depth - 1);
	else
		callback(VARIANT);
	buffer[VARIANT] = 1;
}
