/* SPDX-License-Identifier: MIT */
/* A file that is written under another name first, so that a reader never sees half of it
 * and a failure leaves what was there; but what is no plain file - a pipe, /dev/stdout - is
 * written itself. */
#ifndef LK_CLI_OUTPUT_H
#define LK_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct lk_output {
	const char *name; /* the caller's */
	char *temporary; /* NULL: NAME itself is written */
	FILE *stream;
};

/* Can the file NAME be written, as far as can be told?  False after one sentence. */
bool lk_output_check(const char *name);

/* Begins to write the file NAME.  False after one sentence. */
bool lk_output_begin(struct lk_output *output, const char *name);
/* Puts it in its place.  False after one sentence, if anything could not be written. */
bool lk_output_end(struct lk_output *output);
/* Throws it away. */
void lk_output_cancel(struct lk_output *output);

#endif
