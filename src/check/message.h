/* SPDX-License-Identifier: MIT */
/* Check's message protocol, as its version 0.10 to 0.15 speak it
 * (check_pack.c: big-endian words, strings with their length in front). */
#ifndef LK_CHECK_MESSAGE_H
#define LK_CHECK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum lk_message_type {
	LK_MESSAGE_CONTEXT,
	LK_MESSAGE_FAIL,
	LK_MESSAGE_LOCATION,
	LK_MESSAGE_DURATION,
};

enum lk_context { LK_CONTEXT_SETUP, LK_CONTEXT_TEST, LK_CONTEXT_TEARDOWN };

enum { LK_MESSAGE_TEXT_MAX = 256 };

struct lk_message {
	enum lk_message_type type;
	enum lk_context context;	/* of a CONTEXT */
	/* A LOCATION's file, a FAIL's text; cut if it is longer. */
	char text[LK_MESSAGE_TEXT_MAX];
	unsigned line;
};

/* Reads the message in BYTES; false if it is none. */
bool lk_message_parse(const void *bytes, size_t size, struct lk_message *ret);

/* MESSAGE has SIZE bytes: before Check packed it, of how many bytes was the copy that it
 * made of its text?  0: it made none. */
size_t lk_message_copied(const struct lk_message *message, size_t size);

/* The longest text that a FAIL message may hold: Check ends the whole runner with
 * status 2 when it meets a longer one.  Read anew each time, as Check does. */
size_t lk_message_text_max(void);

/* Writes a failure in the teardown at FILE:LINE with TEXT (at most
 * lk_message_text_max() bytes) to Check's message stream and flushes it. */
bool lk_message_write_failure(FILE *stream, const char *file, unsigned line, const char *text);

#endif
