/* SPDX-License-Identifier: MIT */
/* Arrays that grow, and look-up in them by hash. */
#ifndef LK_JUDGE_ARRAY_H
#define LK_JUDGE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes *ARRAY, which malloc gave or which is NULL and has *ROOM for elements of SIZE
 * bytes, hold NEEDED of them at least.  False when out of memory; then nothing has
 * changed. */
bool lk_array_reserve(void *array, size_t *room, size_t needed, size_t size);

/* Room for MORE elements behind the first COUNT. */
#define LK_ARRAY_RESERVE(array, count, room, more) \
	lk_array_reserve(&(array), &(room), (count) + (more), sizeof *(array))

/* Rows of an array by the hash of what they hold; which of those with one hash is meant,
 * the caller compares.  All zeros is a valid empty index. */
struct lk_index {
	struct lk_index_place {
		uint64_t hash;
		size_t row; /* and 1; 0: the place is free */
	} *places;
	size_t room, count;
};
#define LK_INDEX_NONE SIZE_MAX

/* The rows with HASH one after the other, LK_INDEX_NONE behind the last.  *AT is 0 at
 * the start and kept by the caller. */
size_t lk_index_next(const struct lk_index *index, uint64_t hash, size_t *at);
/* False when out of memory. */
bool lk_index_put(struct lk_index *index, uint64_t hash, size_t row);
void lk_index_deinit(struct lk_index *index);

/* A good hash of SIZE bytes, going on from HASH. */
uint64_t lk_hash(uint64_t hash, const void *bytes, size_t size);
static inline uint64_t lk_hash_number(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 29;
}

#endif
