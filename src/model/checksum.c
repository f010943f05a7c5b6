/* SPDX-License-Identifier: MIT */
#include "model/checksum.h"

#include <stdbool.h>

#include "base/attributes.h"
#include "base/light.h"

/* Eight bytes at a time: tables[k][b] is the sum of byte b and k zeros behind it. */
enum { AT_ONCE = 8, BITS = 8 };
static LK_FAR uint32_t tables[AT_ONCE][256];
static bool is_ready;

/* Two threads at once write the same. */
static LK_COLD void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;

		for (int bit = 0; bit < BITS; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
		tables[0][byte] = sum;
	}
	for (uint32_t byte = 0; byte < 256; byte++)
		for (int k = 1; k < AT_ONCE; k++)
			tables[k][byte] =
				tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
	__atomic_store_n(&is_ready, true, __ATOMIC_RELEASE);
}

static uint32_t read_word(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

uint32_t lk_checksum(const void *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = at + size;
	uint32_t sum = UINT32_MAX;

	if (!__atomic_load_n(&is_ready, __ATOMIC_ACQUIRE))
		make_tables();
	for (; end - at >= AT_ONCE; at += AT_ONCE) {
		uint32_t low = sum ^ read_word(at), high = read_word(at + 4);

		sum = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^
		      tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^ tables[3][high & 255] ^
		      tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^
		      tables[0][high >> 24];
	}
	for (; at < end; at++)
		sum = sum >> 8 ^ tables[0][(sum ^ *at) & 255];
	return ~sum;
}
