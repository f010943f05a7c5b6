/* SPDX-License-Identifier: MIT */
/* A file that is written under another name first, so that a reader never sees half of it
 * and a failure leaves what was there. */
#ifndef LK_CLI_OUTPUT_H
#define LK_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct lk_output {
	const char *name; /* the caller's */
	char *temporary;
	FILE *stream;
};

/* Begins to write the file NAME.  False after one sentence. */
bool lk_output_begin(struct lk_output *output, const char *name);
/* Puts it in its place.  False after one sentence, if anything could not be written. */
bool lk_output_end(struct lk_output *output);
/* Throws it away. */
void lk_output_cancel(struct lk_output *output);

#endif
