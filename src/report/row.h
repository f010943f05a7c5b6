/* SPDX-License-Identifier: MIT */
/* Rows of statistics and differences as lines of text, in the form of tracemalloc. */
#ifndef LK_REPORT_ROW_H
#define LK_REPORT_ROW_H

#include <stdint.h>
#include <stdio.h>

#include "judge/difference.h"

/* Writes SIZE bytes as tracemalloc does: "119 B", "9.8 KiB", "940 KiB"; with its sign, also
 * where it is not negative, if SIGNED. */
void lk_print_size(FILE *out, int64_t size, bool is_signed);

/* Writes what ROW stands for, escaped: "parse.c:88", "header_add (parse.c)". */
void lk_print_row_label(FILE *out, enum lk_group group, const struct lk_row *row);

/* "parse.c:88: size=940 KiB, count=8106, average=119 B", without end of line. The
 * selection says whether that is what is alive or what was allocated. */
void lk_print_row(FILE *out, const struct lk_selection *selection, const struct lk_row *row);

/* "parse.c:88: size=940 KiB (+940 KiB), count=8106 (+8106), average=119 B" */
void lk_print_changed_row(FILE *out, const struct lk_selection *selection,
			  const struct lk_changed_row *row);

/* One frame of a profile: "function  file:line", "function  library+0x12" or the latter
 * alone, escaped. */
void lk_print_place(FILE *out, const struct lk_profile *profile,
		    const struct lk_profile_location *location, const struct lk_profile_line *line);

/* The frames of STACK, innermost first, each on a line that begins with PREFIX; the
 * suspect is marked by `>`. */
void lk_print_profile_stack(FILE *out, const struct lk_profile *profile, size_t stack,
			    const char *prefix);

#endif
