/* SPDX-License-Identifier: MIT */
/* Asks the kernel what a descriptor is, by calls that change nothing. */
#ifndef LK_PROBE_DESCRIPTOR_FACTS_H
#define LK_PROBE_DESCRIPTOR_FACTS_H

#include "model/descriptor.h"

/* Fills what ROW says of FD itself, any open number of the process; its place in the
 * tables (stack, replaced, held) is left alone, and the other end of a pipe too. */
void lk_descriptor_facts(int fd, struct lk_descriptor *row);

enum { LK_DESCRIPTOR_ENDS_MAX = 1 << 12 };

/* Looks among all open numbers for the other ends of the pipes in ROWS, at most
 * LK_DESCRIPTOR_ENDS_MAX.  Keeps errno; one caller at a time. */
void lk_descriptor_ends(struct lk_descriptor *rows, size_t count);

#endif
