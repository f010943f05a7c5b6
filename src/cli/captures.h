/* SPDX-License-Identifier: MIT */
/* The records that a run's processes write, for what the command makes of them when the
 * run has ended. */
#ifndef LK_CLI_CAPTURES_H
#define LK_CLI_CAPTURES_H

#include <stdbool.h>

#include "base/options.h"
#include "import/capture.h"

/* Call before the program runs: empties the file of --capture, whose path is to be
 * absolute; without one, but if ARE_WANTED, makes a file in memory and sets the option to
 * it.  False after one sentence. */
bool lk_captures_begin(struct lk_options *options, bool are_wanted);

/* Opens the records of the run, from the first on.  False after one sentence. */
bool lk_captures_open(struct lk_capture_file *ret);

#endif
