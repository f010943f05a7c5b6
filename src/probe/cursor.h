/* SPDX-License-Identifier: MIT */
/* Reads bytes one after the other and never past their end: what is missing reads
 * as zero. */
#ifndef LK_PROBE_CURSOR_H
#define LK_PROBE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct lk_cursor {
	const uint8_t *at, *end;
	bool is_short; /* something was missing */
};

/* The next SIZE bytes; NULL: there are fewer, and none is left. */
static inline const uint8_t *lk_cursor_take(struct lk_cursor *cursor, uint64_t size)
{
	const uint8_t *start = cursor->at;

	if (size > (uint64_t)(cursor->end - start)) {
		cursor->at = cursor->end;
		cursor->is_short = true;
		return NULL;
	}
	cursor->at += size;
	return start;
}

/* A number of SIZE bytes, 8 at most; both processors are little endian. */
static inline uint64_t lk_cursor_number(struct lk_cursor *cursor, unsigned size)
{
	const uint8_t *bytes = lk_cursor_take(cursor, size);
	uint64_t value = 0;

	if (bytes)
		memcpy(&value, bytes, size);
	return value;
}

/* The same with its sign. */
static inline int64_t lk_cursor_signed(struct lk_cursor *cursor, unsigned size)
{
	unsigned unused_bits = 64 - 8 * size;

	return (int64_t)(lk_cursor_number(cursor, size) << unused_bits) >> unused_bits;
}

/* Numbers of DWARF in seven bits a byte. */
static inline uint64_t lk_cursor_uleb128(struct lk_cursor *cursor)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = lk_cursor_number(cursor, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static inline int64_t lk_cursor_sleb128(struct lk_cursor *cursor)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = lk_cursor_number(cursor, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return (int64_t)value;
}

/* A block: its length in ULEB128, then as many bytes.  Where its length stands; NULL: it
 * is cut off. */
static inline const uint8_t *lk_cursor_block(struct lk_cursor *cursor)
{
	const uint8_t *start = cursor->at;

	return lk_cursor_take(cursor, lk_cursor_uleb128(cursor)) && !cursor->is_short ? start
										      : NULL;
}

/* What is in BLOCK, which lk_cursor_block has found whole. */
static inline struct lk_cursor lk_cursor_of_block(const uint8_t *block)
{
	enum { LENGTH_BYTES_MAX = 10 };
	struct lk_cursor length = { .at = block, .end = block + LENGTH_BYTES_MAX };
	uint64_t size = lk_cursor_uleb128(&length);

	return (struct lk_cursor){ .at = length.at, .end = length.at + size };
}

#endif
