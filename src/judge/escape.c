/* SPDX-License-Identifier: MIT */
#include "judge/escape.h"

#include <stddef.h>

size_t lk_escape_sequence(const unsigned char *text)
{
	size_t length = text[0] >= 0xf0 && text[0] < 0xf5 ? 4 :
			text[0] >= 0xe0			  ? 3 :
			text[0] >= 0xc2			  ? 2 :
							    text[0] < 0x80;

	if (text[0] >= 0xf5 || (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	/* Overlong forms, halves of surrogates, beyond U+10FFFF. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] >= 0xa0) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] >= 0x90))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void lk_escape(FILE *out, const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	while (*byte) {
		size_t length = lk_escape_sequence(byte);

		if (length > 1) {
			fwrite(byte, 1, length, out);
		} else if (*byte == '\n' || *byte == '\t' || *byte == '\\') {
			fprintf(out, "\\%c", *byte == '\n' ? 'n' : *byte == '\t' ? 't' : '\\');
		} else if (length == 0 || *byte < 0x20 || *byte == 0x7f) {
			fprintf(out, "\\x%02x", *byte);
			length = 1;
		} else {
			fputc(*byte, out);
		}
		byte += length;
	}
}
