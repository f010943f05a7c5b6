/* SPDX-License-Identifier: MIT */
/* The body of one record of a capture file -> snapshot.  Nothing in it is believed: each
 * number is bounded before it is used, and memory stays below a hundred times the size of
 * the body and what LK_RECORD_FRAMES_MAX allows. */
#ifndef LK_IMPORT_RECORD_H
#define LK_IMPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "model/snapshot.h"

/* Frames of all stacks together, 8 bytes each. */
enum { LK_RECORD_FRAMES_MAX = 1 << 26 };

/* Reads SIZE bytes at BODY.  On failure *WHY is the rest of a sentence that begins with
 * "the record".  The result is one block of memory, released by lk_record_release. */
bool lk_record_decode(const unsigned char *body, size_t size, struct lk_snapshot *ret,
		      const char **why);

/* SNAPSHOT in one block of memory, without room for more; false if memory is refused. */
bool lk_record_copy(const struct lk_snapshot *snapshot, struct lk_snapshot *ret);

void lk_record_release(struct lk_snapshot *snapshot);

#endif
