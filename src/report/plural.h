/* SPDX-License-Identifier: MIT */
#ifndef LK_REPORT_PLURAL_H
#define LK_REPORT_PLURAL_H

#include <stdint.h>

/* The ending of a word that stands behind COUNT. */
static inline const char *lk_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

#endif
