/* SPDX-License-Identifier: MIT */
#include "report/frames.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"

static size_t width_of_functions(const struct lk_frame *frames, size_t count)
{
	enum { WIDTH_MAX = 32 };
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		const char *function = frames[i].function;
		size_t length = function ? strlen(function) : 0;

		if (length > width && length <= WIDTH_MAX)
			width = length;
	}
	return width;
}

static void print_build_id(FILE *out, const struct lk_module *module)
{
	if (module->build_id_size == 0)
		return;
	fputs(" (", out);
	for (unsigned i = 0; i < module->build_id_size; i++)
		fprintf(out, "%02x", module->build_id[i]);
	fputc(')', out);
}

/* "file:line" or "module+0x12 (build-id)"; the latter only where there is no function. */
static void print_where(FILE *out, const struct lk_frame *frame)
{
	if (frame->file) {
		lk_escape(out, frame->file);
		if (frame->line)
			fprintf(out, ":%u", frame->line);
	} else if (frame->module) {
		lk_escape(out, lk_module_name(frame->module));
		fprintf(out, "+0x%" PRIxPTR, frame->offset);
		if (!frame->function)
			print_build_id(out, frame->module);
	} else {
		fprintf(out, "0x%" PRIxPTR " in no loaded object", frame->pc);
	}
}

void lk_report_place(FILE *out, const struct lk_frame *frame)
{
	bool has_place = frame->file || !frame->function;

	if (has_place) {
		fputs("at ", out);
		print_where(out, frame);
	}
	if (frame->function) {
		fputs(has_place ? " in " : "in ", out);
		lk_escape(out, frame->function);
	}
	if (!has_place) {
		fputs(", ", out);
		print_where(out, frame);
	}
}

/* "function  file:line", "function  module+0x12 (build-id)" or the latter alone. */
static void print_frame(FILE *out, const struct lk_frame *frame, size_t width)
{
	int padding = frame->function ? (int)width - (int)strlen(frame->function) : 0;

	if (frame->function) {
		lk_escape(out, frame->function);
		fprintf(out, "%*s  ", padding > 0 ? padding : 0, "");
	}
	print_where(out, frame);
	if (frame->inlined)
		fputs(" (inlined)", out);
}

void lk_report_frames(FILE *out, const struct lk_frame *frames, size_t count, size_t suspect,
		      const char *prefix)
{
	size_t width = width_of_functions(frames, count);

	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s  %c ", prefix, i == suspect ? '>' : ' ');
		print_frame(out, &frames[i], width);
		fputc('\n', out);
	}
}

void lk_report_named_stack(FILE *out, const struct lk_named_stack *named, const char *prefix)
{
	lk_report_frames(out, named->frames, named->sure, SIZE_MAX, prefix);
	if (named->sure < named->count) {
		fprintf(out, "%s    probably called by\n", prefix);
		lk_report_frames(out, named->frames + named->sure, named->count - named->sure,
				 SIZE_MAX, prefix);
	}
	if (named->cut && named->count > 0)
		fprintf(out, "%s    ... outer frames not known\n", prefix);
}
