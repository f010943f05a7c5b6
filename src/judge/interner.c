/* SPDX-License-Identifier: MIT */
#include "judge/interner.h"

#include <stdlib.h>
#include <string.h>

const char *lk_intern(struct lk_interner *interner, const char *text)
{
	size_t at = 0, row;

	if (!text)
		return NULL;
	uint64_t hash = lk_hash(0, text, strlen(text));
	while ((row = lk_index_next(&interner->index, hash, &at)) != LK_INDEX_NONE)
		if (strcmp(interner->strings[row], text) == 0)
			return interner->strings[row];
	if (!LK_ARRAY_RESERVE(interner->strings, interner->count, interner->room, 1))
		return NULL;
	char *copy = strdup(text);
	if (!copy || !lk_index_put(&interner->index, hash, interner->count)) {
		free(copy);
		return NULL;
	}
	return interner->strings[interner->count++] = copy;
}

void lk_interner_deinit(struct lk_interner *interner)
{
	for (size_t i = 0; i < interner->count; i++)
		free(interner->strings[i]);
	free(interner->strings);
	lk_index_deinit(&interner->index);
	*interner = (struct lk_interner){ 0 };
}
