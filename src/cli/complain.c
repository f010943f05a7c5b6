/* SPDX-License-Identifier: MIT */
#include "cli/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge/escape.h"

bool lk_complain(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);

	fputs("leakcheck: ", stderr);
	lk_escape(stderr, length < 0 ? "out of memory" : text);
	fputc('\n', stderr);
	if (length >= 0)
		free(text);
	return false;
}
