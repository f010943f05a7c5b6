/* SPDX-License-Identifier: MIT */
#include "report/stats.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "judge/escape.h"
#include "judge/pattern.h"
#include "report/json.h"

/* What is told of a test, once: X(name, title of the column, how it adds up).  Bytes are
 * those that were asked for. */
#define COLUMNS(X)                       \
	X(allocations, "allocs", SUM)    \
	X(bytes, "bytes", SUM)           \
	X(peak_bytes, "peak", MOST)      \
	X(temporary, "temporary", SUM)   \
	X(left_blocks, "left", SUM)      \
	X(left_bytes, "left bytes", SUM) \
	X(descriptors, "fds", SUM)       \
	X(threads, "threads", SUM)       \
	X(children, "children", SUM)     \
	X(microseconds, "ms", SUM)

enum column {
#define NAME(name, ...) COLUMN_##name,
	COLUMNS(NAME)
#undef NAME
		COLUMN_COUNT
};
enum adding { SUM, MOST };

static const struct {
	const char *name, *title;
	enum adding adding;
} columns[COLUMN_COUNT] = {
#define ROW(name, title, adding) { #name, title, adding },
	COLUMNS(ROW)
#undef ROW
};

struct row {
	bool known[COLUMN_COUNT];
	uint64_t values[COLUMN_COUNT];
};

static bool is_told(const struct lk_profile_report *report, const struct lk_profile_part *part)
{
	const char *wanted = report->selection.test;

	return part->moment.scope == LK_SCOPE_WINDOW &&
	       (!wanted || lk_pattern_is(wanted, part->test ? part->test : ""));
}

static uint64_t without(uint64_t count, uint64_t less)
{
	return count > less ? count - less : 0;
}

static struct row row_of(const struct lk_profile_part *part)
{
	const struct lk_moment *moment = &part->moment;
	const struct lk_counts *counts = &moment->counts;
	uint64_t allocations = without(counts->allocations, part->check_blocks);
	struct row row = {
		.values = {
			[COLUMN_allocations] = allocations,
			[COLUMN_bytes] = without(counts->allocated_bytes, part->check_bytes),
			[COLUMN_peak_bytes] = counts->peak_bytes,
			/* Taken and given back by the test itself. */
			[COLUMN_temporary] = without(allocations, counts->live_blocks),
			[COLUMN_left_blocks] = counts->live_blocks,
			[COLUMN_left_bytes] = counts->live_bytes,
			[COLUMN_descriptors] = counts->opened,
			[COLUMN_threads] = counts->started,
			[COLUMN_children] = counts->spawned,
			[COLUMN_microseconds] = moment->duration_ns / 1000,
		},
	};

	/* Check's messages are among the most at once, but not among the bytes. */
	if (moment->totals_known && row.values[COLUMN_peak_bytes] > row.values[COLUMN_bytes])
		row.values[COLUMN_peak_bytes] = row.values[COLUMN_bytes];
	memset(row.known, true, sizeof row.known);
	row.known[COLUMN_bytes] = moment->totals_known;
	row.known[COLUMN_peak_bytes] = moment->peak_known;
	return row;
}

/* What is unknown of one test is unknown of all of them. */
static void add(struct row *total, const struct row *row)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		total->known[i] &= row->known[i];
		if (columns[i].adding == SUM)
			total->values[i] += row->values[i];
		else if (row->values[i] > total->values[i])
			total->values[i] = row->values[i];
	}
}

static struct row total_of(const struct lk_profile_report *report)
{
	const struct lk_profile *profile = report->profile;
	struct row total = { 0 };

	memset(total.known, true, sizeof total.known);
	for (size_t i = 0; i < profile->parts_count; i++) {
		struct row row = row_of(&profile->parts[i]);

		if (is_told(report, &profile->parts[i]))
			add(&total, &row);
	}
	return total;
}

/* One number as the table has it; returns its width. */
static int word(char *to, size_t size, const struct row *row, int column)
{
	uint64_t value = row->values[column];

	if (!row->known[column])
		return snprintf(to, size, "-");
	if (column == COLUMN_microseconds)
		return snprintf(to, size, "%" PRIu64 ".%03" PRIu64, value / 1000, value % 1000);
	return snprintf(to, size, "%" PRIu64, value);
}

static void print_row(FILE *out, const struct row *row, const int *widths, const char *test)
{
	char text[32];

	for (int i = 0; i < COLUMN_COUNT; i++) {
		word(text, sizeof text, row, i);
		fprintf(out, "%*s  ", widths[i], text);
	}
	lk_escape(out, test);
	fputc('\n', out);
}

/* Makes WIDTHS no less than what ROW needs. */
static void widen(int *widths, const struct row *row)
{
	char text[32];

	for (int i = 0; i < COLUMN_COUNT; i++) {
		int width = word(text, sizeof text, row, i);

		widths[i] = width > widths[i] ? width : widths[i];
	}
}

static void print_titles(FILE *out, const struct lk_profile_report *report, const struct row *total,
			 int *widths)
{
	const struct lk_profile *profile = report->profile;

	for (int i = 0; i < COLUMN_COUNT; i++)
		widths[i] = (int)strlen(columns[i].title);
	widen(widths, total);
	/* The sum may be a dash. */
	for (size_t i = 0; i < profile->parts_count; i++) {
		struct row row = row_of(&profile->parts[i]);

		if (is_told(report, &profile->parts[i]))
			widen(widths, &row);
	}
	for (int i = 0; i < COLUMN_COUNT; i++)
		fprintf(out, "%*s  ", widths[i], columns[i].title);
	fputs("test\n", out);
}

bool lk_report_stats(FILE *out, const struct lk_profile_report *report)
{
	const struct lk_profile *profile = report->profile;
	struct row total = total_of(report);
	int widths[COLUMN_COUNT];

	print_titles(out, report, &total, widths);
	for (size_t i = 0; i < profile->parts_count; i++) {
		const struct lk_profile_part *part = &profile->parts[i];
		struct row row = row_of(part);

		if (is_told(report, part))
			print_row(out, &row, widths, part->test ? part->test : "(unknown)");
	}
	print_row(out, &total, widths, "(all)");
	return true;
}

static void print_members(FILE *out, const struct row *row)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		fprintf(out, "%s\"%s\":", i > 0 ? "," : "", columns[i].name);
		if (row->known[i])
			fprintf(out, "%" PRIu64, row->values[i]);
		else
			fputs("null", out);
	}
}

static void print_test(FILE *out, const struct lk_profile_part *part)
{
	struct row row = row_of(part);

	fputs("{\"program\":", out);
	lk_json_text(out, part->moment.program);
	fputs(",\"test\":", out);
	if (part->test)
		lk_json_text(out, part->test);
	else
		fputs("null", out);
	fputc(',', out);
	print_members(out, &row);
	fputc('}', out);
}

bool lk_report_stats_json(FILE *out, const struct lk_profile_report *report)
{
	const struct lk_profile *profile = report->profile;
	struct row total = total_of(report);
	const char *separator = "\n";

	fputs("{\"version\":1,\"tests\":[", out);
	for (size_t i = 0; i < profile->parts_count; i++)
		if (is_told(report, &profile->parts[i])) {
			fputs(separator, out);
			print_test(out, &profile->parts[i]);
			separator = ",\n";
		}
	fputs("\n],\n\"all\":{", out);
	print_members(out, &total);
	fputs("}}\n", out);
	return true;
}
