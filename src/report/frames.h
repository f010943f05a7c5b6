/* SPDX-License-Identifier: MIT */
/* Named frames as lines of text. */
#ifndef LK_REPORT_FRAMES_H
#define LK_REPORT_FRAMES_H

#include <stddef.h>
#include <stdio.h>

#include "judge/named_stack.h"

/* Writes "PREFIX  > function  file:line", with the mark at the frame SUSPECT only;
 * names are escaped. */
void lk_report_frames(FILE *out, const struct lk_frame *frames, size_t count, size_t suspect,
		      const char *prefix);

/* FRAME within a sentence: "at file:line in function", "in function, module+0x12" or
 * "at module+0x12 (build-id)". */
void lk_report_place(FILE *out, const struct lk_frame *frame);

/* Lines for a whole stack, saying where it becomes a guess and where it is cut. */
void lk_report_named_stack(FILE *out, const struct lk_named_stack *named, const char *prefix);

#endif
