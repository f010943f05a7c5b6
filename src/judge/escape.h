/* SPDX-License-Identifier: MIT */
/* Text from outside, made safe for terminals, TAP and logs. */
#ifndef LK_JUDGE_ESCAPE_H
#define LK_JUDGE_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Writes TEXT with control characters, DEL, backslashes and bytes that are not
 * UTF-8 as \n, \t, \xHH; a name cannot end its line or reach the terminal. */
void lk_escape(FILE *out, const char *text);

/* Length of the UTF-8 sequence at TEXT: 1 for a byte below 0x80, 0 for what is no UTF-8
 * or a control character of the upper half. */
size_t lk_escape_sequence(const unsigned char *text);

#endif
