/* SPDX-License-Identifier: MIT */
/* A limit that a test has broken, or that could not be measured. */
#ifndef LK_MODEL_BREACH_H
#define LK_MODEL_BREACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

enum { LK_SHARES_MAX = 3, LK_BREACH_PLACE_MAX = 256 };

/* What one stack has of it. */
struct lk_share {
	size_t stack; /* index into the snapshot's stacks */
	uint64_t blocks, bytes;
};

struct lk_breach {
	enum lk_measure measure;
	bool is_measured; /* else nobody knows whether it was kept */
	uint64_t measured, allowed;
	struct lk_share shares[LK_SHARES_MAX]; /* the biggest first */
	size_t shares_count;
	char file[LK_BREACH_PLACE_MAX]; /* where the limit was set; "": by an option; cut */
	unsigned line;
};

#endif
