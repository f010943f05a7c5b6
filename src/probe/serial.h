/* SPDX-License-Identifier: MIT */
/* A number for each allocation of a test, so that a report can name one and a debugger
 * can be stopped at it.
 *
 * On request only, at no cost otherwise: the pointers through which the hooks call the
 * allocator are exchanged at boot for functions that count.  The numbers lie beside the
 * live table, four bytes for every eight of heap, and are never taken out: a row of the
 * live table says whether its block is alive. */
#ifndef LK_PROBE_SERIAL_H
#define LK_PROBE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers allocations from now on; call once, after lk_real_init and before there is a
 * second thread.  False when memory is refused. */
bool lk_serial_boot(void);

/* A test begins: the next allocation is the first.  The one with the number STOP (0: none)
 * is told by calling TOLD, once, in the thread that makes it; FRAME is its hook's. */
void lk_serial_begin(uint64_t stop, void (*told)(uint64_t serial, const void *frame));
/* It has ended: from here on nothing is told. */
void lk_serial_end(void);

/* The number of the allocation that gave ADDRESS; 0 if it has none. */
uint64_t lk_serial_of(uintptr_t address);

#endif
