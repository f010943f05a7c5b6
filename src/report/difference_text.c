/* SPDX-License-Identifier: MIT */
#include "report/profile_report.h"

#include <inttypes.h>

#include "judge/escape.h"
#include "report/plural.h"
#include "report/row.h"

static void print_heap_totals(FILE *out, const struct lk_selection *selection,
			      const struct lk_difference *difference)
{
	bool is_live = selection->sort == LK_VALUE_live_bytes ||
		       selection->sort == LK_VALUE_live_blocks;
	enum lk_value bytes = is_live ? LK_VALUE_live_bytes : LK_VALUE_alloc_bytes;
	enum lk_value blocks = lk_value_other(bytes);

	fprintf(out,
		"heap: %" PRIu64 " -> %" PRIu64 " bytes (%+" PRId64 "), %" PRIu64 " -> %" PRIu64
		" blocks (%+" PRId64 ") %s\n",
		difference->old_total[bytes], difference->total[bytes],
		(int64_t)(difference->total[bytes] - difference->old_total[bytes]),
		difference->old_total[blocks], difference->total[blocks],
		(int64_t)(difference->total[blocks] - difference->old_total[blocks]),
		is_live ? "alive" : "allocated");
}

static void print_totals(FILE *out, const struct lk_selection *selection,
			 const struct lk_difference *difference)
{
	uint64_t old = difference->old_total[LK_VALUE_live_blocks];
	uint64_t now = difference->total[LK_VALUE_live_blocks];

	if (selection->kind == LK_KIND_heap)
		print_heap_totals(out, selection, difference);
	else
		fprintf(out, "%s: %" PRIu64 " -> %" PRIu64 " (%+" PRId64 ")\n",
			lk_report_kind_word(selection->kind), old, now, (int64_t)(now - old));
}

static const char *word_for(const struct lk_changed_row *row)
{
	return !row->was_there ? "new  " : !row->is_there ? "gone " : "     ";
}

/* A descriptor, a thread or a child process. */
static void print_thing(FILE *out, const struct lk_profile *profile, enum lk_kind kind,
			const struct lk_changed_row *row)
{
	const struct lk_profile_location *location;
	const struct lk_profile_line *line = lk_profile_suspect(profile, row->row.stack, &location);

	lk_escape(out, row->row.label);
	if (row->row.state) {
		fputs(" [", out);
		if (row->old_state && row->old_state != row->row.state) {
			lk_escape(out, row->old_state);
			fputs(" -> ", out);
		}
		lk_escape(out, row->row.state);
		fputc(']', out);
	}
	if (line) {
		fprintf(out, ", %s ", lk_report_origin_word(kind));
		lk_print_place(out, profile, location, line);
	}
}

/* A thread that does something else than before is worth a line, too. */
static bool is_shown(const struct lk_changed_row *row, const struct lk_selection *selection)
{
	return lk_is_changed(row, selection) ||
	       (row->is_there && row->was_there && row->old_state != row->row.state);
}

static void print_rows(FILE *out, const struct lk_profile_report *report,
		       const struct lk_selection *selection, const struct lk_difference *difference)
{
	size_t shown = 0, left_out = 0;

	for (size_t i = 0; i < difference->count; i++) {
		const struct lk_changed_row *row = &difference->rows[i];

		if (!is_shown(row, selection))
			continue;
		if (report->top && shown == report->top) {
			left_out++;
			continue;
		}
		shown++;
		fputs(word_for(row), out);
		if (selection->group == LK_GROUP_each)
			print_thing(out, report->profile, selection->kind, row);
		else if (selection->kind == LK_KIND_heap)
			lk_print_changed_row(out, selection, row);
		else {
			lk_print_row_label(out, selection->group, &row->row);
			fprintf(out, ": count=%" PRIu64 " (%+" PRId64 ")",
				row->now[LK_VALUE_live_blocks],
				lk_change(row, LK_VALUE_live_blocks));
		}
		fputc('\n', out);
		if (selection->group == LK_GROUP_stack)
			lk_print_profile_stack(out, report->profile, row->row.stack, "       ");
	}
	if (left_out > 0)
		fprintf(out, "     ... %zu more row%s\n", left_out, lk_plural(left_out));
}

bool lk_report_difference_text(FILE *out, const struct lk_profile_report *report)
{
	if (report->profile->complaint[0]) {
		lk_escape(out, report->profile->complaint);
		fputc('\n', out);
	}
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		struct lk_selection selection = lk_report_selection(report, kind);
		struct lk_difference difference;

		if (!lk_report_has(report, kind))
			continue;
		if (!lk_difference_make(report->profile, &selection, report->first_new,
					&difference))
			return false;
		print_totals(out, &selection, &difference);
		print_rows(out, report, &selection, &difference);
		lk_difference_release(&difference);
	}
	return true;
}
