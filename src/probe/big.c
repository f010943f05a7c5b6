/* SPDX-License-Identifier: MIT */
#include "probe/big.h"

#include "base/attributes.h"
#include "base/light.h"

/* 16 MiB each: 16384 of them are 256 GiB of heap. */
enum { ROWS = 1 << 14, SIZE_UNKNOWN = (1 << 24) - 1 };
static const uintptr_t gone = 1; /* a row whose block was released */

static LK_FAR struct row {
	uintptr_t address;
	size_t size;
} rows[ROWS];
static uint64_t lost;

static size_t first_place(uintptr_t address)
{
	return (address >> 4) * 0x9E3779B97F4A7C15u >> 50;
}

void lk_big_put(uintptr_t address, size_t size)
{
	size_t place = first_place(address);

	for (size_t tries = 0; tries < ROWS; tries++, place = (place + 1) % ROWS) {
		uintptr_t seen = __atomic_load_n(&rows[place].address, __ATOMIC_RELAXED);

		if (seen > gone && seen != address)
			continue;
		if (seen != address &&
		    !__atomic_compare_exchange_n(&rows[place].address, &seen, address, 0,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&rows[place].size, size, __ATOMIC_RELEASE);
		return;
	}
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
}

static struct row *find(uintptr_t address)
{
	size_t place = first_place(address);

	for (size_t tries = 0; tries < ROWS; tries++, place = (place + 1) % ROWS) {
		uintptr_t seen = __atomic_load_n(&rows[place].address, __ATOMIC_ACQUIRE);

		if (seen == address)
			return &rows[place];
		if (!seen)
			break;
	}
	return NULL;
}

void lk_big_take(uintptr_t address)
{
	struct row *row = find(address);

	if (row)
		__atomic_store_n(&row->address, gone, __ATOMIC_RELEASE);
}

size_t lk_big_size(uintptr_t address)
{
	struct row *row = find(address);

	return row ? __atomic_load_n(&row->size, __ATOMIC_RELAXED) : SIZE_UNKNOWN;
}

uint64_t lk_big_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
