/* SPDX-License-Identifier: MIT */
/* What the command makes of the records of a run that has ended: profiles and a table of
 * what each test did. */
#ifndef LK_CLI_PRODUCTS_H
#define LK_CLI_PRODUCTS_H

#include <stdbool.h>

#include "base/options.h"

/* Do OPTIONS ask for anything that is made of records? */
bool lk_products_are_wanted(const struct lk_options *options);

/* Call before the program runs: has counted in it what is wanted.  False after one sentence
 * if a file cannot be written, as far as can be told. */
bool lk_products_begin(struct lk_options *options);

/* Makes them.  False after one sentence. */
bool lk_products_write(const struct lk_options *options);

#endif
