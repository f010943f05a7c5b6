/* SPDX-License-Identifier: MIT */
#include "report/row.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"

/* Units and places as Lib/tracemalloc.py/_format_size has them. */
void lk_print_size(FILE *out, int64_t size, bool is_signed)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	enum { LAST = sizeof units / sizeof *units - 1 };
	double amount = (double)size;

	for (size_t i = 0;; i++) {
		double positive = amount < 0 ? -amount : amount;

		if (i > 0 && positive < 100) {
			fprintf(out, is_signed ? "%+.1f %s" : "%.1f %s", amount, units[i]);
			return;
		}
		if (positive < 10 * 1024 || i == LAST) {
			fprintf(out, is_signed ? "%+.0f %s" : "%.0f %s", amount, units[i]);
			return;
		}
		amount /= 1024;
	}
}

void lk_print_row_label(FILE *out, enum lk_group group, const struct lk_row *row)
{
	lk_escape(out, row->label);
	if ((group == LK_GROUP_function || group == LK_GROUP_stack) && row->function && row->file) {
		fputs(" (", out);
		lk_escape(out, row->file);
		if (row->line > 0)
			fprintf(out, ":%u", row->line);
		fputc(')', out);
	}
}

static bool is_of_allocations(const struct lk_selection *selection)
{
	return selection->sort == LK_VALUE_alloc_bytes || selection->sort == LK_VALUE_alloc_blocks;
}

static enum lk_value bytes_of(const struct lk_selection *selection)
{
	return is_of_allocations(selection) ? LK_VALUE_alloc_bytes : LK_VALUE_live_bytes;
}

static void print_average(FILE *out, uint64_t bytes, uint64_t blocks)
{
	if (blocks == 0)
		return;
	fputs(", average=", out);
	lk_print_size(out, (int64_t)(bytes / blocks), false);
}

void lk_print_row(FILE *out, const struct lk_selection *selection, const struct lk_row *row)
{
	const uint64_t *values = selection->cumulative ? row->cumulative : row->values;
	enum lk_value bytes = bytes_of(selection), blocks = lk_value_other(bytes);

	lk_print_row_label(out, selection->group, row);
	fputs(": size=", out);
	lk_print_size(out, (int64_t)values[bytes], false);
	fprintf(out, ", count=%" PRIu64, values[blocks]);
	print_average(out, values[bytes], values[blocks]);
}

void lk_print_changed_row(FILE *out, const struct lk_selection *selection,
			  const struct lk_changed_row *row)
{
	enum lk_value bytes = bytes_of(selection), blocks = lk_value_other(bytes);

	lk_print_row_label(out, selection->group, &row->row);
	fputs(": size=", out);
	lk_print_size(out, (int64_t)row->now[bytes], false);
	fputs(" (", out);
	lk_print_size(out, lk_change(row, bytes), true);
	fprintf(out, "), count=%" PRIu64 " (%+" PRId64 ")", row->now[blocks],
		lk_change(row, blocks));
	print_average(out, row->now[bytes], row->now[blocks]);
}

void lk_print_place(FILE *out, const struct lk_profile *profile,
		    const struct lk_profile_location *location, const struct lk_profile_line *line)
{
	const char *path;

	if (line->function) {
		lk_escape(out, line->function);
		fputs("  ", out);
	}
	if (line->file) {
		lk_escape(out, line->file);
		if (line->line)
			fprintf(out, ":%u", line->line);
		return;
	}
	path = location->module == LK_PROFILE_NONE ? "" : profile->modules[location->module].path;
	lk_escape(out, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	fprintf(out, "%s0x%" PRIx64, *path ? "+" : "", location->offset);
}

void lk_print_profile_stack(FILE *out, const struct lk_profile *profile, size_t stack,
			    const char *prefix)
{
	const struct lk_profile_location *there;
	const struct lk_profile_line *suspect = lk_profile_suspect(profile, stack, &there);
	const struct lk_profile_stack *row = &profile->stacks[stack];

	for (size_t i = 0; i < row->count; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[row->first + i]];

		for (size_t k = 0; k < location->lines_count; k++) {
			const struct lk_profile_line *line =
				&profile->lines[location->first_line + k];

			fprintf(out, "%s%c ", prefix,
				i == row->suspect && line == suspect ? '>' : ' ');
			lk_print_place(out, profile, location, line);
			fputs(k + 1 < location->lines_count ? " (inlined)\n" : "\n", out);
		}
	}
	if (row->cut)
		fprintf(out, "%s  ... outer frames not known\n", prefix);
}
