/* SPDX-License-Identifier: MIT */
/* No leak, but a burst of temporaries: a new block for each byte. */
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

char *stars(size_t count)
{
	char *text = calloc(1, 1);

	for (size_t i = 0; i < count; i++) {
		char *longer = malloc(i + 2);

		memcpy(longer, text, i);
		strcpy(longer + i, "*");
		free(text);
		text = longer;
	}
	return text;
}

char *stars_mended(size_t count)
{
	char *text = malloc(count + 1);

	memset(text, '*', count);
	text[count] = '\0';
	return text;
}
