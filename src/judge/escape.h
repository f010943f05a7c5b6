/* SPDX-License-Identifier: MIT */
/* Text from outside, made safe for terminals, TAP and logs. */
#ifndef LK_JUDGE_ESCAPE_H
#define LK_JUDGE_ESCAPE_H

#include <stdio.h>

/* Writes TEXT with control characters, DEL, backslashes and bytes that are not
 * UTF-8 as \n, \t, \xHH; a name cannot end its line or reach the terminal. */
void lk_escape(FILE *out, const char *text);

#endif
