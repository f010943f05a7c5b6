/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/light.h"

void lk_text_init(struct lk_text *text, char *bytes, size_t size)
{
	*text = (struct lk_text){ .bytes = bytes, .size = size };
	bytes[0] = '\0';
}

void lk_text_add_bytes(struct lk_text *text, const char *bytes, size_t count)
{
	size_t room = text->size - 1 - text->used;

	if (count > room) {
		count = room;
		text->cut = true;
	}
	memcpy(text->bytes + text->used, bytes, count);
	text->used += count;
	text->bytes[text->used] = '\0';
}

void lk_text_add(struct lk_text *text, const char *string)
{
	lk_text_add_bytes(text, string, strlen(string));
}

static void add_in_base(struct lk_text *text, uint64_t number, unsigned base)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = "0123456789abcdef"[number % base];
	while (number /= base);
	lk_text_add_bytes(text, digits + at, sizeof digits - at);
}

void lk_text_add_number(struct lk_text *text, uint64_t number)
{
	add_in_base(text, number, 10);
}

void lk_text_add_hex(struct lk_text *text, uint64_t number)
{
	add_in_base(text, number, 16);
}

static void add_signed(struct lk_text *text, int number)
{
	if (number < 0)
		lk_text_add_bytes(text, "-", 1);
	add_in_base(text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

/* Writes the conversion that FORMAT points to (behind the '%') and returns what
 * follows it. */
static const char *convert(struct lk_text *text, const char *format, va_list *arguments)
{
	bool is_long = *format == 'l' || *format == 'z';
	char byte;

	format += is_long;
	switch (*format) {
	case 's':
		lk_text_add(text, va_arg(*arguments, const char *));
		break;
	case 'd':
		add_signed(text, va_arg(*arguments, int));
		break;
	case 'u':
	case 'x':
		add_in_base(text,
			    is_long ? va_arg(*arguments, unsigned long)
				    : va_arg(*arguments, unsigned),
			    *format == 'x' ? 16 : 10);
		break;
	case 'p':
		lk_text_add(text, "0x");
		lk_text_add_hex(text, (uintptr_t)va_arg(*arguments, void *));
		break;
	case 'c':
		byte = (char)va_arg(*arguments, int);
		lk_text_add_bytes(text, &byte, 1);
		break;
	default:
		lk_text_add_bytes(text, format, 1);
	}
	return format + 1;
}

void lk_text_vformat(struct lk_text *text, const char *format, va_list arguments)
{
	va_list rest;

	va_copy(rest, arguments);
	while (*format) {
		const char *percent = strchrnul(format, '%');

		lk_text_add_bytes(text, format, (size_t)(percent - format));
		format = *percent ? convert(text, percent + 1, &rest) : percent;
	}
	va_end(rest);
}

void lk_text_format(struct lk_text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	lk_text_vformat(text, format, arguments);
	va_end(arguments);
}

void lk_say(const char *format, ...)
{
	char line[1024];
	struct lk_text text;
	va_list arguments;
	int saved = errno;

	lk_text_init(&text, line, sizeof line - 1);
	lk_text_add(&text, "leakcheck: ");
	va_start(arguments, format);
	lk_text_vformat(&text, format, arguments);
	va_end(arguments);
	text.size++;
	lk_text_add_bytes(&text, "\n", 1);
	if (write(STDERR_FILENO, line, text.used) < 0)
		errno = 0; /* there is nobody left to tell */
	errno = saved;
}
