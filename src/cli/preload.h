/* SPDX-License-Identifier: MIT */
/* The environment in which the dynamic loader puts libleakcheck into a program. */
#ifndef LK_CLI_PRELOAD_H
#define LK_CLI_PRELOAD_H

#include <stdbool.h>

/* Finds the library that belongs to this leakcheck program: built with it,
 * installed beside it (also when the installation was moved), or where it was
 * installed; and puts it in front of what LD_PRELOAD names already.  False
 * after one sentence. */
bool lk_preload_library(void);

#endif
