/* SPDX-License-Identifier: MIT */
#include "report/protobuf.h"

#include <stdlib.h>
#include <string.h>

#include "judge/array.h"

enum { VARINT = 0, LENGTH = 2, VARINT_MAX = 10 };

static void add(struct lk_protobuf *message, const void *bytes, size_t size)
{
	if (message->failed ||
	    !LK_ARRAY_RESERVE(message->bytes, message->size, message->room, size)) {
		message->failed = true;
		return;
	}
	if (size > 0)
		memcpy(message->bytes + message->size, bytes, size);
	message->size += size;
}

static size_t encode(uint8_t *to, uint64_t number)
{
	size_t size = 0;

	for (; number >= 0x80; number >>= 7)
		to[size++] = (uint8_t)(number | 0x80);
	to[size++] = (uint8_t)number;
	return size;
}

static void add_varint(struct lk_protobuf *message, uint64_t number)
{
	uint8_t bytes[VARINT_MAX];

	add(message, bytes, encode(bytes, number));
}

static void add_key(struct lk_protobuf *message, unsigned field, unsigned type)
{
	add_varint(message, field << 3 | type);
}

void lk_protobuf_number(struct lk_protobuf *message, unsigned field, uint64_t number)
{
	if (number == 0)
		return;
	add_key(message, field, VARINT);
	add_varint(message, number);
}

void lk_protobuf_bytes(struct lk_protobuf *message, unsigned field, const void *bytes, size_t size)
{
	add_key(message, field, LENGTH);
	add_varint(message, size);
	add(message, bytes, size);
}

void lk_protobuf_numbers(struct lk_protobuf *message, unsigned field, const uint64_t *numbers,
			 size_t count)
{
	uint8_t bytes[VARINT_MAX];
	size_t size = 0;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		size += encode(bytes, numbers[i]);
	add_key(message, field, LENGTH);
	add_varint(message, size);
	for (size_t i = 0; i < count; i++)
		add_varint(message, numbers[i]);
}

void lk_protobuf_message(struct lk_protobuf *message, unsigned field, struct lk_protobuf *inner)
{
	message->failed |= inner->failed;
	lk_protobuf_bytes(message, field, inner->bytes, inner->size);
	inner->size = 0;
}

void lk_protobuf_deinit(struct lk_protobuf *message)
{
	free(message->bytes);
	*message = (struct lk_protobuf){ 0 };
}
