/* SPDX-License-Identifier: MIT */
/* How the leakcheck program tells what is wrong. */
#ifndef LK_CLI_COMPLAIN_H
#define LK_CLI_COMPLAIN_H

#include <stdbool.h>

/* Writes "leakcheck: ", the text and a newline to standard error.  The text
 * is escaped as a whole (it may hold file names), so that nothing but one line
 * reaches a terminal.  Returns false, so that a function
 * that fails can say why and return at once. */
bool lk_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
