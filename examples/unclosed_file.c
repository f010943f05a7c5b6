/* SPDX-License-Identifier: MIT */
/* A file that is closed on all ways out but one. */
#include <stdio.h>

#include "patterns.h"

int number_read(const char *path)
{
	FILE *file = fopen(path, "r");
	int number;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		return -1; /* the mistake: it stays open */
	fclose(file);
	return number;
}

int number_read_mended(const char *path)
{
	FILE *file = fopen(path, "r");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}
