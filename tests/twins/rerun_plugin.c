/* SPDX-License-Identifier: MIT */
/* Loaded by each run of a test anew. */
#include <stdlib.h>

void *plugin_take(size_t size);

void *plugin_take(size_t size)
{
	return malloc(size);
}
