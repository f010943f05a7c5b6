/* SPDX-License-Identifier: MIT */
#include "check/message.h"

#include <stdlib.h>
#include <string.h>

#include "api/watch.h"

/* A FAIL is its type, the text's length, the text; a LOCATION has the line too. */
enum { FAIL_OVERHEAD = 8, LOCATION_OVERHEAD = 12, SIZE_STANDARD = 4096 };

/* Check's numbers on the wire for the contexts 1, 2 and 3. */
enum { WIRE_CONTEXT_FIRST = 1 };

static uint32_t read_word(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void keep(const unsigned char *text, uint32_t length, struct lk_message *ret)
{
	size_t kept = length < sizeof ret->text ? length : sizeof ret->text - 1;

	memcpy(ret->text, text, kept);
	ret->text[kept] = '\0';
}

static bool parse_location(const unsigned char *bytes, size_t size, struct lk_message *ret)
{
	uint32_t length = read_word(bytes + 4);

	if (size < LOCATION_OVERHEAD || length > size - LOCATION_OVERHEAD)
		return false;
	keep(bytes + 8, length, ret);
	ret->line = read_word(bytes + 8 + length);
	return true;
}

bool lk_message_parse(const void *message, size_t size, struct lk_message *ret)
{
	const unsigned char *bytes = message;

	if (size < 8)
		return false;
	switch (read_word(bytes)) {
	case LK_MESSAGE_CONTEXT: {
		uint32_t context = read_word(bytes + 4) - WIRE_CONTEXT_FIRST;
		if (context > LK_CONTEXT_TEARDOWN)
			return false;
		ret->context = (enum lk_context)context;
		break;
	}
	case LK_MESSAGE_LOCATION:
		if (!parse_location(bytes, size, ret))
			return false;
		break;
	case LK_MESSAGE_FAIL: {
		uint32_t length = read_word(bytes + 4), there = (uint32_t)size - FAIL_OVERHEAD;
		keep(bytes + FAIL_OVERHEAD, length < there ? length : there, ret);
		break;
	}
	case LK_MESSAGE_DURATION:
		break;
	default:
		return false;
	}
	ret->type = (enum lk_message_type)read_word(bytes);
	return true;
}

/* check_msg.c copies a file's name and a failure's text, with the final zero. */
size_t lk_message_copied(const struct lk_message *message, size_t size)
{
	switch (message->type) {
	case LK_MESSAGE_LOCATION:
		return size - LOCATION_OVERHEAD + 1;
	case LK_MESSAGE_FAIL:
		return size - FAIL_OVERHEAD + 1;
	default:
		return 0;
	}
}

/* As check_pack.c's get_max_msg_size, but for what the program itself set with
 * check_set_max_msg_size, which cannot be seen from outside. */
static size_t packet_max(void)
{
	const char *text = getenv("CK_MAX_MSG_SIZE");
	size_t size = text ? (size_t)strtoul(text, NULL, 10) : 0;

	return size ? size : SIZE_STANDARD;
}

size_t lk_message_text_max(void)
{
	size_t size = packet_max();

	return size > FAIL_OVERHEAD ? size - FAIL_OVERHEAD : 0;
}

static void put_word(unsigned char **at, uint32_t word)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*(*at)++ = (unsigned char)(word >> shift);
}

static void put_string(unsigned char **at, const char *text, size_t length)
{
	put_word(at, (uint32_t)length);
	memcpy(*at, text, length);
	*at += length;
}

bool lk_message_write_failure(FILE *stream, const char *file, unsigned line, const char *text)
{
	size_t room = packet_max(), file_length = strlen(file), length = strlen(text);

	if (room < LOCATION_OVERHEAD)
		return false;
	if (file_length > room - LOCATION_OVERHEAD)
		file_length = room - LOCATION_OVERHEAD;
	size_t size = 8 + LOCATION_OVERHEAD + file_length + FAIL_OVERHEAD + length;
	unsigned char *bytes = malloc(size), *at = bytes;

	if (!bytes)
		return false;
	put_word(&at, LK_MESSAGE_CONTEXT);
	put_word(&at, LK_CONTEXT_TEARDOWN + WIRE_CONTEXT_FIRST);
	put_word(&at, LK_MESSAGE_LOCATION);
	put_string(&at, file, file_length);
	put_word(&at, line);
	put_word(&at, LK_MESSAGE_FAIL);
	put_string(&at, text, length);
	bool ok = LK_REAL(fwrite)(bytes, 1, size, stream) == size && LK_REAL(fflush)(stream) == 0;
	free(bytes);
	return ok;
}
