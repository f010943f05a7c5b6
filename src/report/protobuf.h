/* SPDX-License-Identifier: MIT */
/* Messages in the encoding of Protocol Buffers (protobuf.dev, "Encoding"), written only.
 *
 * A message inside another is built in a buffer of its own and then added.  Running out
 * of memory is kept: what is added afterwards is ignored. */
#ifndef LK_REPORT_PROTOBUF_H
#define LK_REPORT_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros is a valid empty message. */
struct lk_protobuf {
	uint8_t *bytes;
	size_t size, room;
	bool failed; /* out of memory: the message is of no use */
};

/* A number that is 0 is left out, as it is the default; likewise a flag that is false. */
void lk_protobuf_number(struct lk_protobuf *message, unsigned field, uint64_t number);
/* SIZE bytes, also when there are none. */
void lk_protobuf_bytes(struct lk_protobuf *message, unsigned field, const void *bytes, size_t size);
/* A repeated field, packed. */
void lk_protobuf_numbers(struct lk_protobuf *message, unsigned field, const uint64_t *numbers,
			 size_t count);
/* Adds INNER and empties it, so that it can be used for the next one. */
void lk_protobuf_message(struct lk_protobuf *message, unsigned field, struct lk_protobuf *inner);
void lk_protobuf_deinit(struct lk_protobuf *message);

#endif
