/* SPDX-License-Identifier: MIT */
/* Text from outside as HTML.  Whatever a name holds, it stays text: neither markup, nor the
 * end of a script, nor a control character or an override of the direction of writing. */
#ifndef LK_REPORT_HTML_H
#define LK_REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "judge/symbols.h"

/* TEXT as text of an element or in a quoted attribute; NULL is "?". */
void lk_html_text(FILE *out, const char *text);
/* The same for a line of a source file: tabs stay. */
void lk_html_source(FILE *out, const char *text);
/* TEXT in quotes, as JSON that may stand in a script element. */
void lk_html_json(FILE *out, const char *text);

/* "4.2 KiB", the exact number in the title. */
void lk_html_bytes(FILE *out, uint64_t bytes);
/* The same without markup. */
void lk_html_amount(FILE *out, double bytes);

/* "parse.c:88", "libx.so+0x12". */
void lk_html_place(FILE *out, const struct lk_frame *frame);
/* Lines, innermost first, the frame SUSPECT marked; what is outside of the first SURE ones
 * is a guess, and if it is CUT, outer ones are missing. */
void lk_html_stack(FILE *out, const struct lk_frame *frames, size_t count, size_t suspect,
		   size_t sure, bool cut);

#endif
