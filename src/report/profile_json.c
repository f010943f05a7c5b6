/* SPDX-License-Identifier: MIT */
#include "report/profile_report.h"

#include <inttypes.h>

#include "judge/difference.h"
#include "report/json.h"

static void print_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	if (text)
		lk_json_text(out, text);
	else
		fputs("null", out);
}

static void print_values(FILE *out, const char *name, const uint64_t *values)
{
	fprintf(out, ",\"%s\":{", name);
	for (int value = 0; value < LK_VALUE_COUNT; value++)
		fprintf(out, "%s\"%s\":%" PRIu64, value > 0 ? "," : "", lk_value_names[value],
			values[value]);
	fputc('}', out);
}

static void print_changes(FILE *out, const struct lk_changed_row *row)
{
	fputs(",\"change\":{", out);
	for (int value = 0; value < LK_VALUE_COUNT; value++)
		fprintf(out, "%s\"%s\":%" PRId64, value > 0 ? "," : "", lk_value_names[value],
			lk_change(row, value));
	fputc('}', out);
}

static void print_frames(FILE *out, const struct lk_profile *profile, size_t stack)
{
	const struct lk_profile_stack *row = &profile->stacks[stack];
	const char *separator = "";

	fprintf(out, ",\"cut\":%s,\"frames\":[", row->cut ? "true" : "false");
	for (size_t i = 0; i < row->count; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[row->first + i]];

		for (size_t k = 0; k < location->lines_count; k++) {
			const struct lk_profile_line *line =
				&profile->lines[location->first_line + k];

			fprintf(out, "%s{\"offset\":\"0x%" PRIx64 "\"", separator,
				location->offset);
			print_member(out, "function", line->function);
			print_member(out, "file", line->file);
			fprintf(out, ",\"line\":%u", line->line);
			print_member(out, "module",
				     location->module == LK_PROFILE_NONE ?
					     NULL :
					     profile->modules[location->module].path);
			fputc('}', out);
			separator = ",";
		}
	}
	fputc(']', out);
}

/* What ROW stands for, without the closing brace. */
static void print_label(FILE *out, const struct lk_profile *profile,
			const struct lk_selection *selection, const struct lk_row *row)
{
	fputs("{\"label\":", out);
	lk_json_text(out, row->label);
	if (row->function)
		print_member(out, "function", row->function);
	if (row->file)
		print_member(out, "file", row->file);
	if (row->line)
		fprintf(out, ",\"line\":%u", row->line);
	if (row->state)
		print_member(out, "state", row->state);
	if (selection->group == LK_GROUP_stack || selection->group == LK_GROUP_each)
		print_frames(out, profile, row->stack);
}

static size_t rows_shown(const struct lk_profile_report *report, size_t count)
{
	return report->top && report->top < count ? report->top : count;
}

static void print_table(FILE *out, const struct lk_profile_report *report,
			const struct lk_selection *selection, const struct lk_statistics *table)
{
	size_t shown = rows_shown(report, table->count);

	fprintf(out, "{\"group\":\"%s\",\"samples\":%" PRIu64 ",\"filtered_out\":%" PRIu64,
		lk_group_names[selection->group], table->samples, table->left_out);
	print_values(out, "total", table->total);
	fprintf(out, ",\"rows_left_out\":%zu,\"rows\":[", table->count - shown);
	for (size_t i = 0; i < shown; i++) {
		fputs(i > 0 ? "," : "", out);
		print_label(out, report->profile, selection, &table->rows[i]);
		print_values(out, "flat", table->rows[i].values);
		print_values(out, "cumulative", table->rows[i].cumulative);
		fputc('}', out);
	}
	fputs("]}", out);
}

static void print_parts(FILE *out, const struct lk_profile *profile, size_t first, size_t end)
{
	fputc('[', out);
	for (size_t i = first; i < end; i++) {
		const struct lk_profile_part *part = &profile->parts[i];
		const struct lk_moment *moment = &part->moment;

		fprintf(out, "%s{\"process\":%d,\"scope\":\"%s\"", i > first ? "," : "",
			(int)moment->process,
			moment->scope == LK_SCOPE_WINDOW ? "test" : "process");
		print_member(out, "test", part->test);
		print_member(out, "program", moment->program[0] ? moment->program : NULL);
		fprintf(out,
			",\"realtime_ns\":%" PRIu64 ",\"monotonic_ns\":%" PRIu64
			",\"events_lost\":%" PRIu64 "}",
			moment->realtime_ns, moment->monotonic_ns, part->events_lost);
	}
	fputc(']', out);
}

static void print_rest(FILE *out, const struct lk_profile *profile)
{
	fprintf(out, ",\"totals_known\":%s", profile->totals_known ? "true" : "false");
	print_member(out, "complaint", profile->complaint[0] ? profile->complaint : NULL);
}

bool lk_report_profile_json(FILE *out, const struct lk_profile_report *report)
{
	fputs("{\"version\":1,\"snapshots\":", out);
	print_parts(out, report->profile, 0, report->profile->parts_count);
	print_rest(out, report->profile);
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		struct lk_selection selection = lk_report_selection(report, kind);
		struct lk_statistics table;

		if (!lk_report_has(report, kind))
			continue;
		if (!lk_statistics_make(report->profile, &selection, &table))
			return false;
		fprintf(out, ",\"%s\":", lk_kind_name(kind));
		print_table(out, report, &selection, &table);
		lk_statistics_release(&table);
	}
	fputs("}\n", out);
	return true;
}

static void print_difference(FILE *out, const struct lk_profile_report *report,
			     const struct lk_selection *selection,
			     const struct lk_difference *difference)
{
	size_t shown = 0;

	fprintf(out, "{\"group\":\"%s\"", lk_group_names[selection->group]);
	print_values(out, "old_total", difference->old_total);
	print_values(out, "total", difference->total);
	fprintf(out, ",\"unchanged\":%zu,\"rows\":[", difference->count - difference->changed);
	for (size_t i = 0; i < difference->count; i++) {
		const struct lk_changed_row *row = &difference->rows[i];

		if (!lk_is_changed(row, selection) || (report->top && shown == report->top))
			continue;
		fputs(shown++ > 0 ? "," : "", out);
		print_label(out, report->profile, selection, &row->row);
		fprintf(out, ",\"status\":\"%s\"",
			!row->was_there ? "new" : !row->is_there ? "gone" : "changed");
		print_values(out, "old", row->old);
		print_values(out, "new", row->now);
		print_changes(out, row);
		fputc('}', out);
	}
	fprintf(out, "],\"rows_left_out\":%zu}", difference->changed - shown);
}

bool lk_report_difference_json(FILE *out, const struct lk_profile_report *report)
{
	const struct lk_profile *profile = report->profile;

	fputs("{\"version\":1,\"old_snapshots\":", out);
	print_parts(out, profile, 0, report->first_new);
	fputs(",\"new_snapshots\":", out);
	print_parts(out, profile, report->first_new, profile->parts_count);
	print_rest(out, profile);
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		struct lk_selection selection = lk_report_selection(report, kind);
		struct lk_difference difference;

		if (!lk_report_has(report, kind))
			continue;
		if (!lk_difference_make(profile, &selection, report->first_new, &difference))
			return false;
		fprintf(out, ",\"%s\":", lk_kind_name(kind));
		print_difference(out, report, &selection, &difference);
		lk_difference_release(&difference);
	}
	fputs("}\n", out);
	return true;
}
