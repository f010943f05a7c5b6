/* SPDX-License-Identifier: MIT */
/* Inputs that are capture files.
 *
 * If the first byte is odd, the rest is a file as it is; else the rest is the body of a
 * record, for which a right header is made, so that its checksum hides nothing. */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/capture.h"
#include "model/checksum.h"

static inline void put_fixed(uint8_t *at, uint64_t number, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> 8 * i);
}

static inline int read_input(const uint8_t *data, size_t size,
			     void (*read_all)(const void *bytes, size_t size))
{
	if (size == 0)
		return -1;
	if (data[0] & 1) {
		read_all(data + 1, size - 1);
		return 0;
	}
	size_t whole = LK_CAPTURE_HEAD_SIZE + size - 1;
	uint8_t *record = calloc(1, whole);
	if (!record)
		return -1;
	memcpy(record, LK_CAPTURE_MAGIC, LK_CAPTURE_MAGIC_SIZE);
	memcpy(record + LK_CAPTURE_HEAD_SIZE, data + 1, size - 1);
	put_fixed(record + LK_CAPTURE_AT_MAJOR, LK_CAPTURE_MAJOR, 2);
	record[LK_CAPTURE_AT_ORDER] = 'l';
	record[LK_CAPTURE_AT_WORD] = sizeof(uintptr_t);
	put_fixed(record + LK_CAPTURE_AT_SIZE, size - 1, 8);
	put_fixed(record + LK_CAPTURE_AT_BODY_SUM,
		  lk_checksum(record + LK_CAPTURE_HEAD_SIZE, size - 1), 4);
	put_fixed(record + LK_CAPTURE_AT_HEAD_SUM, lk_checksum(record, LK_CAPTURE_AT_HEAD_SUM), 4);
	read_all(record, whole);
	free(record);
	return 0;
}

#endif
