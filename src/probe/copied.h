/* SPDX-License-Identifier: MIT */
/* Variables of a library that the linker copied into the program: `stdout`,
 * `environ`, std::cout.  They lie in the program's data and are the library's. */
#ifndef LK_PROBE_COPIED_H
#define LK_PROBE_COPIED_H

#include <link.h>

#include "probe/roots.h"

/* Adds those of the C library that lie in the program INFO to ROOTS->copies. */
void lk_copied_find(const struct dl_phdr_info *info, struct lk_roots *roots);

#endif
