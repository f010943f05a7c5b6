/* SPDX-License-Identifier: MIT */
/* Heap memory where a sanitizer owns malloc: it tells of each block.
 *
 * Of AddressSanitizer, that is.  LeakSanitizer alone does not tell of what realloc gives
 * back, and ThreadSanitizer does not bear copies of a process. */
#ifndef LK_PROBE_SANITIZER_H
#define LK_PROBE_SANITIZER_H

#include <stdbool.h>

/* From here on a sanitizer in this process fills the live table; false if there is
 * none that does.  Call once. */
bool lk_sanitizer_listen(void);

#endif
