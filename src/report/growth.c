/* SPDX-License-Identifier: MIT */
#include "report/growth.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"
#include "report/plural.h"

/* A number with its unit; bytes in the unit that fits. */
static void print_amount(FILE *out, double number, const char *const units[2])
{
	static const char *const sizes[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t step = 0;

	if (strcmp(units[0], "B") != 0) {
		fprintf(out, "%.4g %s", number, units[number != 1]);
		return;
	}
	for (; (number >= 1024 || number <= -1024) && step < 4; step++)
		number /= 1024;
	fprintf(out, "%.*f %s", step > 0 ? 1 : 0, number, sizes[step]);
}

static void print_range(FILE *out, const struct lk_trend *trend, const char *const units[2])
{
	print_amount(out, (double)trend->least, units);
	fputs(" and ", out);
	print_amount(out, (double)trend->most, units);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

void lk_report_trend(FILE *out, const struct lk_trend *trend, const char *const units[2])
{
	fprintf(out, "%s: ", lk_trend_words[trend->verdict]);
	switch (trend->shape) {
	case LK_TREND_IS_rising:
		fputs("rises by ", out);
		print_amount(out, trend->rate, units);
		fprintf(out, " a second, in each part of the %.1f s", seconds(trend->span_ns));
		break;
	case LK_TREND_IS_peak:
		fputs("was at ", out);
		print_amount(out, (double)trend->most, units);
		fprintf(out, " from %.1f s to %.1f s and came back", seconds(trend->from_ns),
			seconds(trend->to_ns));
		break;
	case LK_TREND_IS_level:
		fputs("stays at ", out);
		print_amount(out, (double)trend->median, units);
		break;
	case LK_TREND_IS_wavering:
		fputs("goes up and down between ", out);
		print_range(out, trend, units);
		break;
	case LK_TREND_IS_step:
		fprintf(out, "rose once, at %.1f s, and stays", seconds(trend->from_ns));
		break;
	case LK_TREND_IS_falling:
		fputs("falls from ", out);
		print_amount(out, (double)trend->first, units);
		fputs(" to ", out);
		print_amount(out, (double)trend->last, units);
		break;
	case LK_TREND_IS_few:
		fprintf(out, "%zu snapshot%s, and at least %d are needed", trend->points,
			lk_plural(trend->points), LK_TREND_LEAST);
		break;
	case LK_TREND_IS_late:
		fprintf(out, "rose at %.1f s of %.1f s: too late to tell how it goes on",
			seconds(trend->from_ns), seconds(trend->span_ns));
		break;
	case LK_TREND_SHAPE_COUNT:
		break;
	}
}

const char *lk_report_hold_word(enum lk_hold hold)
{
	static const char *const words[LK_HOLD_COUNT] = {
		[LK_HOLD_UNSCANNED] = "",
		[LK_HOLD_LOST] = "lost",
		[LK_HOLD_MEMCHECK] = "lost",
		[LK_HOLD_INDIRECT] = "lost with others",
		[LK_HOLD_RETAINED] = "held by the program",
		[LK_HOLD_THREAD] = "held by a thread",
		[LK_HOLD_LIBC] = "held by the C library",
	};

	return words[hold];
}

const char *const *lk_report_units(enum lk_kind kind)
{
	static const char *const things[2] = { "of them", "of them" };

	switch (kind) {
	case LK_KIND_heap:
		return lk_growth_units[LK_GROWTH_live_bytes];
	case LK_KIND_descriptor:
		return lk_growth_units[LK_GROWTH_descriptors];
	case LK_KIND_thread:
		return lk_growth_units[LK_GROWTH_threads];
	case LK_KIND_child:
		return lk_growth_units[LK_GROWTH_children];
	default:
		return things;
	}
}

static void print_totals(FILE *out, const struct lk_growth *growth)
{
	for (int total = 0; total < LK_GROWTH_TOTAL_COUNT; total++) {
		const struct lk_trend *trend = &growth->trends[total];
		const char *const *units = lk_growth_units[total];

		if (trend->most == 0)
			continue;
		fprintf(out, "  %-20s ", lk_growth_words[total]);
		lk_report_trend(out, trend, units);
		fputs("; median ", out);
		print_amount(out, (double)trend->median, units);
		fputs(", 95 % below ", out);
		print_amount(out, (double)trend->p95, units);
		fputs(", deviation ", out);
		print_amount(out, trend->deviation, units);
		fputc('\n', out);
	}
}

static void print_frame(FILE *out, const struct lk_profile_line *line)
{
	lk_escape(out, line->function ? line->function : "??");
	if (line->file) {
		fputc(' ', out);
		lk_escape(out, line->file);
		fprintf(out, ":%u", line->line);
	}
}

static void print_stack(FILE *out, const struct lk_profile *profile,
			const struct lk_profile_stack *stack)
{
	enum { SHOWN_MAX = 6 };
	size_t shown = 0;

	for (size_t i = stack->suspect; i < stack->count && shown < SHOWN_MAX; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[stack->first + i]];

		for (size_t line = shown == 0 ? stack->suspect_line : 0;
		     line < location->lines_count && shown < SHOWN_MAX; line++, shown++) {
			fprintf(out, "    %c ", shown == 0 ? '>' : ' ');
			print_frame(out, &profile->lines[location->first_line + line]);
			fputc('\n', out);
		}
	}
}

static void print_row(FILE *out, const struct lk_profile *profile, const struct lk_growth_row *row)
{
	const char *hold = row->kind == LK_KIND_heap ? lk_report_hold_word(row->hold) : "";

	fprintf(out, "  %s ", lk_kind_name(row->kind));
	lk_report_trend(out, &row->trend, lk_report_units(row->kind));
	fprintf(out, "%s%s, from\n", hold[0] ? "; " : "", hold);
	print_stack(out, profile, &profile->stacks[row->stack]);
}

static void print_growth(FILE *out, const struct lk_profile *profile,
			 const struct lk_growth *growth)
{
	enum { ROWS_MAX = 20 };
	size_t shown = 0, loud = 0;

	fprintf(out, "process %d: %zu snapshots in %.1f s\n", (int)growth->process, growth->points,
		seconds(growth->trends[0].span_ns));
	print_totals(out, growth);
	for (size_t i = 0; i < growth->rows_count; i++) {
		const struct lk_growth_row *row = &growth->rows[i];

		if (row->trend.verdict == LK_TREND_flat || row->trend.shape == LK_TREND_IS_few)
			continue;
		loud++;
		if (shown == ROWS_MAX)
			continue;
		print_row(out, profile, row);
		shown++;
	}
	if (loud > shown)
		fprintf(out, "  ... and %zu more\n", loud - shown);
}

bool lk_report_growth(FILE *out, const struct lk_profile *profile, bool *ret_some)
{
	enum { PROCESSES_MAX = 8 };
	struct lk_growth growth;
	size_t count = 0;

	for (size_t first = 0;; first++) {
		if (!lk_growth_next(profile, &first, &growth))
			return false;
		if (first == SIZE_MAX)
			break;
		if (count++ < PROCESSES_MAX)
			print_growth(out, profile, &growth);
		lk_growth_release(&growth);
	}
	if (count > PROCESSES_MAX)
		fprintf(out, "... and %zu more processes\n", count - PROCESSES_MAX);
	*ret_some = count > 0;
	return true;
}
