/* SPDX-License-Identifier: MIT */
/* Words for who holds a block. */
#ifndef LK_JUDGE_HOLDER_H
#define LK_JUDGE_HOLDER_H

#include "judge/symbols.h"
#include "model/snapshot.h"

/* "cache.c 'g_cache'.items[3] -> .next -> +8": the pointer stands 8 bytes into a block, of
 * unknown type, the pointer to which is the member next of another one, which
 * g_cache.items[3] points to.  The caller frees it; NULL when out of memory.  Names from
 * outside are escaped. */
char *lk_holder_describe(const struct lk_path *path, struct lk_symbols *symbols);

#endif
