/* SPDX-License-Identifier: MIT */
#include "report/profile_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/row.h"

/* A name may hold neither what stands between frames nor an end of line. */
static void print_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;

		fputc(byte == ';' ? ':' : byte < ' ' || byte == 0x7f ? '?' : byte, out);
	}
}

static void print_frame(FILE *out, const struct lk_profile *profile,
			const struct lk_profile_location *location,
			const struct lk_profile_line *line)
{
	if (line->function)
		print_name(out, line->function);
	else
		lk_print_place(out, profile, location, line);
}

static void print_stack(FILE *out, const struct lk_profile *profile, size_t stack)
{
	const struct lk_profile_stack *row = &profile->stacks[stack];

	if (row->count == 0)
		fputs("(stack not known)", out);
	for (size_t i = row->count; i-- > 0;) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[row->first + i]];

		for (size_t k = location->lines_count; k-- > 0;) {
			print_frame(out, profile, location,
				    &profile->lines[location->first_line + k]);
			fputs(i > 0 || k > 0 ? ";" : "", out);
		}
	}
}

bool lk_report_profile_folded(FILE *out, const struct lk_profile_report *report)
{
	struct lk_selection selection = lk_report_selection(report, lk_report_kind(report));
	struct lk_statistics table;

	selection.group = LK_GROUP_stack;
	if (!lk_statistics_make(report->profile, &selection, &table))
		return false;
	for (size_t i = 0; i < table.count; i++) {
		const struct lk_row *row = &table.rows[i];

		if (row->values[selection.sort] == 0)
			continue;
		print_stack(out, report->profile, row->stack);
		fprintf(out, " %" PRIu64 "\n", row->values[selection.sort]);
	}
	lk_statistics_release(&table);
	return true;
}
