/* SPDX-License-Identifier: MIT */
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"

/* U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F: what turns the direction of what
 * follows. */
static bool is_override(const unsigned char *sequence, size_t length)
{
	if (length != 3 || sequence[0] != 0xe2)
		return false;
	if (sequence[1] == 0x80)
		return (sequence[2] >= 0xaa && sequence[2] <= 0xae) ||
		       (sequence[2] >= 0x8e && sequence[2] <= 0x8f);
	return sequence[1] == 0x81 && sequence[2] >= 0xa6 && sequence[2] <= 0xa9;
}

static void print_byte(FILE *out, unsigned char byte)
{
	switch (byte) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	case '\n':
		fputs("\\n", out);
		break;
	case '\t':
		fputs("\\t", out);
		break;
	default:
		if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\x%02x", byte);
		else
			fputc(byte, out);
		break;
	}
}

static void print(FILE *out, const char *text, bool tabs_stay)
{
	const unsigned char *byte = (const unsigned char *)text;

	for (size_t length; *byte; byte += length > 0 ? length : 1) {
		length = lk_escape_sequence(byte);
		if (length == 0)
			fprintf(out, "\\x%02x", *byte);
		else if (*byte == '\t' && tabs_stay)
			fputc('\t', out);
		else if (length == 1)
			print_byte(out, *byte);
		else if (is_override(byte, length))
			fprintf(out, "\\x%02x\\x%02x\\x%02x", byte[0], byte[1], byte[2]);
		else
			fwrite(byte, 1, length, out);
	}
}

void lk_html_text(FILE *out, const char *text)
{
	print(out, text ? text : "?", false);
}

void lk_html_source(FILE *out, const char *text)
{
	print(out, text, true);
}

void lk_html_json(FILE *out, const char *text)
{
	const unsigned char *byte = (const unsigned char *)(text ? text : "?");

	fputc('"', out);
	for (size_t length; *byte; byte += length > 0 ? length : 1) {
		length = lk_escape_sequence(byte);
		/* Twice: what is shown in the end are the backslash and the digits. */
		if (length == 0)
			fprintf(out, "\\\\x%02x", *byte);
		else if (length == 1 &&
			 (*byte < 0x20 || *byte == 0x7f || strchr("<>&'\"\\", *byte)))
			fprintf(out, "\\u%04x", *byte);
		else if (is_override(byte, length))
			fprintf(out, "\\\\x%02x\\\\x%02x\\\\x%02x", byte[0], byte[1], byte[2]);
		else
			fwrite(byte, 1, length, out);
	}
	fputc('"', out);
}

void lk_html_amount(FILE *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	for (; (bytes >= 1024 || bytes <= -1024) && unit < 4; unit++)
		bytes /= 1024;
	fprintf(out, "%.*f %s", unit > 0 ? 1 : 0, bytes, units[unit]);
}

void lk_html_bytes(FILE *out, uint64_t bytes)
{
	fprintf(out, "<span title=\"%" PRIu64 " B\">", bytes);
	lk_html_amount(out, (double)bytes);
	fputs("</span>", out);
}

void lk_html_place(FILE *out, const struct lk_frame *frame)
{
	if (frame->file) {
		lk_html_text(out, frame->file);
		if (frame->line)
			fprintf(out, ":%u", frame->line);
	} else if (frame->module) {
		lk_html_text(out, lk_module_name(frame->module));
		fprintf(out, "+0x%" PRIxPTR, frame->offset);
	} else
		fprintf(out, "0x%" PRIxPTR " in no loaded object", frame->pc);
}

static size_t width_of(const struct lk_frame *frames, size_t count)
{
	enum { WIDTH_MAX = 32 };
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		size_t length = frames[i].function ? strlen(frames[i].function) : 2;

		width = length > width && length <= WIDTH_MAX ? length : width;
	}
	return width;
}

static void print_frame(FILE *out, const struct lk_frame *frame, size_t width)
{
	const char *function = frame->function ? frame->function : "??";
	size_t length = strlen(function);

	lk_html_text(out, function);
	fprintf(out, "%*s  ", (int)(length < width ? width - length : 0), "");
	lk_html_place(out, frame);
	fputs(frame->inlined ? " (inlined)" : "", out);
}

/* One text and no elements for the frames: a page has many of them. */
void lk_html_stack(FILE *out, const struct lk_frame *frames, size_t count, size_t suspect,
		   size_t sure, bool cut)
{
	enum { SHOWN_MAX = 64 };
	size_t shown = count < SHOWN_MAX ? count : SHOWN_MAX, width = width_of(frames, shown);

	if (count == 0)
		return;
	fputs("<pre class=\"stack\">", out);
	for (size_t i = 0; i < shown; i++) {
		fputs(i == sure ? "probably called by\n" : "", out);
		fputs(i == suspect ? "<mark>" : "", out);
		print_frame(out, &frames[i], width);
		fputs(i == suspect ? "</mark>\n" : "\n", out);
	}
	fputs(cut || shown < count ? "... outer frames not shown</pre>\n" : "</pre>\n", out);
}
