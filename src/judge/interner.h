/* SPDX-License-Identifier: MIT */
/* Strings, each once: equal text is an equal pointer. */
#ifndef LK_JUDGE_INTERNER_H
#define LK_JUDGE_INTERNER_H

#include "judge/array.h"

struct lk_interner {
	char **strings;
	size_t count, room;
	struct lk_index index;
};

/* TEXT as the interner keeps it until it is released; NULL when out of memory.  TEXT may
 * be NULL, which stays NULL. */
const char *lk_intern(struct lk_interner *interner, const char *text);
/* All zeros is a valid empty interner. */
void lk_interner_deinit(struct lk_interner *interner);

#endif
