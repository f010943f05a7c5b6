/* SPDX-License-Identifier: MIT */
#include "report/profile_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/escape.h"
#include "report/plural.h"
#include "report/row.h"

/* SIZE in COLUMNS, to the right. */
static void print_column(FILE *out, uint64_t size, bool is_size, int columns)
{
	char text[32] = "";
	FILE *memory = fmemopen(text, sizeof text, "w");

	if (memory && is_size)
		lk_print_size(memory, (int64_t)size, false);
	else if (memory)
		fprintf(memory, "%" PRIu64, size);
	if (memory)
		fclose(memory);
	fprintf(out, "%*s", columns, text);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static const char *words_for(enum lk_value value)
{
	return value == LK_VALUE_live_bytes || value == LK_VALUE_live_blocks ? "alive" :
									       "allocated";
}

static bool is_size(enum lk_value value)
{
	return value == LK_VALUE_live_bytes || value == LK_VALUE_alloc_bytes;
}

/* A table as pprof's -top has it, and the other value of the same blocks. */
static void print_table(FILE *out, const struct lk_profile_report *report,
			const struct lk_selection *selection, const struct lk_statistics *table)
{
	enum lk_value value = selection->sort, other = lk_value_other(value);
	bool has_frames = selection->group <= LK_GROUP_library;
	size_t shown = report->top && report->top < table->count ? report->top : table->count;
	uint64_t sum = 0, whole = table->total[value];

	fprintf(out, "%10s  flat%%   sum%%", "flat");
	if (has_frames)
		fprintf(out, " %10s   cum%%", "cum");
	fprintf(out, " %9s\n", is_size(value) ? "blocks" : "bytes");
	for (size_t i = 0; i < shown; i++) {
		const struct lk_row *row = &table->rows[i];

		sum += row->values[value];
		print_column(out, row->values[value], is_size(value), 10);
		fprintf(out, " %5.1f%% %5.1f%%", percent(row->values[value], whole),
			percent(sum, whole));
		if (has_frames) {
			fputc(' ', out);
			print_column(out, row->cumulative[value], is_size(value), 10);
			fprintf(out, " %5.1f%%", percent(row->cumulative[value], whole));
		}
		fputc(' ', out);
		print_column(out, row->values[other], is_size(other), 9);
		fputs("  ", out);
		lk_print_row_label(out, selection->group, row);
		fputc('\n', out);
		if (selection->group == LK_GROUP_stack)
			lk_print_profile_stack(out, report->profile, row->stack,
					       "                                  ");
	}
	if (shown < table->count)
		fprintf(out, "%10s %zu more row%s\n", "...", table->count - shown,
			lk_plural(table->count - shown));
}

static void print_heap(FILE *out, const struct lk_profile_report *report,
		       const struct lk_selection *selection, const struct lk_statistics *table)
{
	enum lk_value bytes = is_size(selection->sort) ? selection->sort :
							 lk_value_other(selection->sort);
	uint64_t blocks = table->total[lk_value_other(bytes)];

	fprintf(out, "heap: %" PRIu64 " bytes in %" PRIu64 " block%s %s", table->total[bytes],
		blocks, lk_plural(blocks), words_for(bytes));
	if (bytes == LK_VALUE_live_bytes && report->profile->totals_known)
		fprintf(out, "; %" PRIu64 " bytes in %" PRIu64 " blocks were allocated",
			table->total[LK_VALUE_alloc_bytes], table->total[LK_VALUE_alloc_blocks]);
	if (table->left_out > 0)
		fprintf(out, "; %" PRIu64 " sample%s left out by the filters", table->left_out,
			lk_plural(table->left_out));
	fputc('\n', out);
	if (table->count > 0)
		print_table(out, report, selection, table);
}

/* One descriptor, thread or child process. */
static void print_thing(FILE *out, const struct lk_profile *profile, enum lk_kind kind,
			const struct lk_row *row)
{
	const struct lk_profile_location *location;
	const struct lk_profile_line *line = lk_profile_suspect(profile, row->stack, &location);

	fputs("  ", out);
	lk_escape(out, row->label);
	if (row->state) {
		fputs(" [", out);
		lk_escape(out, row->state);
		fputc(']', out);
	}
	if (row->samples > 1)
		fprintf(out, ", %" PRIu64 " times", row->samples);
	if (line) {
		fprintf(out, ", %s ", lk_report_origin_word(kind));
		lk_print_place(out, profile, location, line);
	}
	fputc('\n', out);
}

static void print_things(FILE *out, const struct lk_profile_report *report,
			 const struct lk_selection *selection, const struct lk_statistics *table)
{
	size_t shown = report->top && report->top < table->count ? report->top : table->count;

	fprintf(out, "%s: %" PRIu64 "\n", lk_report_kind_word(selection->kind),
		table->total[LK_VALUE_live_blocks]);
	for (size_t i = 0; i < shown; i++) {
		const struct lk_row *row = &table->rows[i];

		if (selection->group == LK_GROUP_each) {
			print_thing(out, report->profile, selection->kind, row);
			continue;
		}
		fprintf(out, "%8" PRIu64 "  ", selection->cumulative ?
						       row->cumulative[LK_VALUE_live_blocks] :
						       row->values[LK_VALUE_live_blocks]);
		lk_print_row_label(out, selection->group, row);
		fputc('\n', out);
		if (selection->group == LK_GROUP_stack)
			lk_print_profile_stack(out, report->profile, row->stack, "          ");
	}
	if (shown < table->count)
		fprintf(out, "     ... %zu more\n", table->count - shown);
}

static void print_head(FILE *out, const struct lk_profile *profile)
{
	uint64_t lost = 0;
	size_t tests = 0;

	for (size_t i = 0; i < profile->parts_count; i++) {
		tests += profile->parts[i].moment.scope == LK_SCOPE_WINDOW;
		lost += profile->parts[i].events_lost;
	}
	fprintf(out, "%zu snapshot%s", profile->parts_count, lk_plural(profile->parts_count));
	if (profile->parts_count > 0 && profile->parts[0].moment.program[0]) {
		fputs(" of ", out);
		lk_escape(out, profile->parts[0].moment.program);
	}
	fprintf(out, ": %s\n", tests == profile->parts_count ?
				       "what tests had left when they ended" :
				       tests > 0 ? "of tests and of processes" :
						   "all that was alive");
	if (lost > 0)
		fprintf(out, "incomplete: %" PRIu64 " events were lost\n", lost);
	if (profile->complaint[0]) {
		lk_escape(out, profile->complaint);
		fputc('\n', out);
	}
}

bool lk_report_profile_text(FILE *out, const struct lk_profile_report *report)
{
	print_head(out, report->profile);
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		struct lk_selection selection = lk_report_selection(report, kind);
		struct lk_statistics table;

		if (!lk_report_has(report, kind))
			continue;
		if (!lk_statistics_make(report->profile, &selection, &table))
			return false;
		if (kind == LK_KIND_heap)
			print_heap(out, report, &selection, &table);
		else
			print_things(out, report, &selection, &table);
		lk_statistics_release(&table);
	}
	return true;
}
