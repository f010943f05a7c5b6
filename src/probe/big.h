/* SPDX-License-Identifier: MIT */
/* Sizes of blocks too big for a row of the live table (16 MiB and more): few,
 * so a small fixed table without locks holds them. */
#ifndef LK_PROBE_BIG_H
#define LK_PROBE_BIG_H

#include <stddef.h>
#include <stdint.h>

void lk_big_put(uintptr_t address, size_t size);
void lk_big_take(uintptr_t address);
/* The size kept for ADDRESS; 16 MiB - 1 if it is not there. */
size_t lk_big_size(uintptr_t address);
/* Sizes that did not fit into the table. */
uint64_t lk_big_lost(void);

#endif
