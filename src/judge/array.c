/* SPDX-License-Identifier: MIT */
#include "judge/array.h"

#include <stdlib.h>
#include <string.h>

bool lk_array_reserve(void *array, size_t *room, size_t needed, size_t size)
{
	size_t more = *room < 8 ? 16 : *room * 2;
	void *old, *now;

	if (needed <= *room)
		return true;
	if (more < needed)
		more = needed;
	memcpy(&old, array, sizeof old);
	now = reallocarray(old, more, size);
	if (!now)
		return false;
	memcpy(array, &now, sizeof now);
	*room = more;
	return true;
}

size_t lk_index_next(const struct lk_index *index, uint64_t hash, size_t *at)
{
	while (index->room > 0) {
		size_t place = (hash + (*at)++) & (index->room - 1);

		if (index->places[place].row == 0)
			break;
		if (index->places[place].hash == hash)
			return index->places[place].row - 1;
	}
	return LK_INDEX_NONE;
}

static void put(struct lk_index *index, uint64_t hash, size_t row)
{
	size_t place = hash & (index->room - 1);

	while (index->places[place].row)
		place = (place + 1) & (index->room - 1);
	index->places[place] = (struct lk_index_place){ hash, row + 1 };
}

static bool grow(struct lk_index *index)
{
	struct lk_index larger = { .room = index->room ? index->room * 2 : 64,
				   .count = index->count };

	larger.places = calloc(larger.room, sizeof *larger.places);
	if (!larger.places)
		return false;
	for (size_t i = 0; i < index->room; i++)
		if (index->places[i].row)
			put(&larger, index->places[i].hash, index->places[i].row - 1);
	free(index->places);
	*index = larger;
	return true;
}

bool lk_index_put(struct lk_index *index, uint64_t hash, size_t row)
{
	if (index->count >= index->room / 2 && !grow(index))
		return false;
	put(index, hash, row);
	index->count++;
	return true;
}

void lk_index_deinit(struct lk_index *index)
{
	free(index->places);
	*index = (struct lk_index){ 0 };
}

uint64_t lk_hash(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t number;

	for (; size >= sizeof number; size -= sizeof number, at += sizeof number) {
		memcpy(&number, at, sizeof number);
		hash = lk_hash_number(hash, number);
	}
	number = size;
	for (; size > 0; size--)
		number = number << 8 | *at++;
	return lk_hash_number(hash, number);
}
