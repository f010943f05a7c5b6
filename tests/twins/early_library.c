/* SPDX-License-Identifier: MIT */
/* A library whose resolver and constructor run before most of the process is
 * there, and whose destructor runs late. */
#include <stdlib.h>

int library_resolved(void);
void *library_early_block(void);

static void *early, *built;

static int answer(void)
{
	return 43;
}

__attribute__((used)) static int (*resolve(void))(void)
{
	early = malloc(50);
	if (early)
		early = realloc(early, 100);
	free(calloc(2, 20));
	return answer;
}
int library_resolved(void) __attribute__((ifunc("resolve")));

__attribute__((constructor)) static void construct(void)
{
	built = malloc(60);
}

__attribute__((destructor)) static void destroy(void)
{
	free(built);
	free(early);
}

void *library_early_block(void)
{
	return early;
}
