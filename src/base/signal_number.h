/* SPDX-License-Identifier: MIT */
/* Signals by their names. */
#ifndef LK_BASE_SIGNAL_NUMBER_H
#define LK_BASE_SIGNAL_NUMBER_H

#include <stdbool.h>

/* The number of the signal that TEXT names, as kill(1) takes it: "USR1", "SIGUSR1",
 * "10".  False if there is none, or it cannot be handled. */
bool lk_signal_number(const char *text, int *ret);

#endif
