/* SPDX-License-Identifier: MIT */
/* A shared library that allocates for the program. */
#include <stdlib.h>

void *library_take(size_t size);
void library_give(void *block);

void *library_take(size_t size)
{
	void *volatile block = malloc(size);
	return block;
}

void library_give(void *block)
{
	free(block);
}
