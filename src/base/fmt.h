/* SPDX-License-Identifier: MIT */
/* Text in a buffer of fixed size, without stdio, locale or malloc.
 *
 * A text that does not fit is cut, always zero-terminated, and says so. */
#ifndef LK_BASE_FMT_H
#define LK_BASE_FMT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_text {
	char *bytes;
	size_t size; /* room, the final zero included; at least 1 */
	size_t used; /* bytes written, without the final zero */
	bool cut;    /* something did not fit */
};

void lk_text_init(struct lk_text *text, char *bytes, size_t size);
void lk_text_add(struct lk_text *text, const char *string);
void lk_text_add_bytes(struct lk_text *text, const char *bytes, size_t count);
void lk_text_add_number(struct lk_text *text, uint64_t number);
void lk_text_add_hex(struct lk_text *text, uint64_t number);

/* %s, %u (unsigned), %d (int), %zu, %lu (unsigned long), %x (unsigned), %lx, %p, %c, %%. */
void lk_text_format(struct lk_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void lk_text_vformat(struct lk_text *text, const char *format, va_list arguments);

/* Writes one line to standard error: "leakcheck: ", the text, a newline. */
void lk_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
