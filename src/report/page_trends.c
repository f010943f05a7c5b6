/* SPDX-License-Identifier: MIT */
/* What grows over time, with a curve of each total. */
#include <inttypes.h>
#include <stdlib.h>

#include "judge/growth.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"
#include "report/growth.h"

enum { ROWS_MAX = 500, PROCESSES_MAX = 20 };

static const char *class_of(const struct lk_trend *trend)
{
	switch (trend->verdict) {
	case LK_TREND_grows:
		return "bad";
	case LK_TREND_flat:
		return "good";
	default:
		return "doubt";
	}
}

/* Over the time from left to right, from 0 up to the most. */
static void print_curve(FILE *out, const struct lk_trend *trend,
			const struct lk_trend_point *points)
{
	double span = trend->span_ns ? (double)trend->span_ns : 1;

	fputs("<svg class=\"chart\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" "
	      "role=\"img\" aria-label=\"Curve over time\"><polyline points=\"",
	      out);
	for (size_t i = 0; i < trend->points; i++)
		fprintf(out, "%.1f,%.1f ",
			1000 * (double)(points[i].time_ns - points[0].time_ns) / span,
			97 - 94 * (double)points[i].value / (double)trend->most);
	fputs("\"/></svg>\n", out);
}

static void print_value(FILE *out, double number, bool is_bytes)
{
	fputs("<td class=\"n\">", out);
	if (is_bytes)
		lk_html_amount(out, number);
	else
		fprintf(out, "%.4g", number);
	fputs("</td>", out);
}

static void print_statistics(FILE *out, const struct lk_trend *trend, bool is_bytes)
{
	print_value(out, (double)trend->median, is_bytes);
	print_value(out, (double)trend->p95, is_bytes);
	print_value(out, trend->deviation, is_bytes);
	print_value(out, trend->rate, is_bytes);
}

static const char heads[] = "<th class=\"n\">median</th><th class=\"n\">95 % below</th>"
			    "<th class=\"n\">deviation</th><th class=\"n\">a second</th>";

static void print_totals(FILE *out, const struct lk_growth *growth)
{
	fprintf(out,
		"<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>total</th>%s"
		"<th>verdict</th></tr></thead><tbody>\n",
		heads);
	for (int total = 0; total < LK_GROWTH_TOTAL_COUNT; total++) {
		const struct lk_trend *trend = &growth->trends[total];

		if (trend->most == 0)
			continue;
		fprintf(out, "<tr data-row=\"\"><td>%s</td>", lk_growth_words[total]);
		print_statistics(out, trend, lk_growth_units[total][0][0] == 'B');
		fprintf(out, "<td class=\"%s\">", class_of(trend));
		lk_report_trend(out, trend, lk_growth_units[total]);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void print_rows(FILE *out, const struct lk_profile *profile, const struct lk_growth *growth)
{
	if (growth->rows_count == 0)
		return;
	fprintf(out,
		"<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>from</th><th>kind</th>%s"
		"<th>verdict</th><th>held</th></tr></thead><tbody>\n",
		heads);
	for (size_t i = 0; i < growth->rows_count && i < ROWS_MAX; i++) {
		const struct lk_growth_row *row = &growth->rows[i];
		bool is_heap = row->kind == LK_KIND_heap;

		fputs("<tr data-row=\"\"><td class=\"path\">", out);
		lk_page_origin(out, profile, row->stack, "stack unknown");
		fprintf(out, "</td><td>%s</td>", lk_kind_name(row->kind));
		print_statistics(out, &row->trend, is_heap);
		fprintf(out, "<td class=\"%s\">", class_of(&row->trend));
		lk_report_trend(out, &row->trend, lk_report_units(row->kind));
		fprintf(out, "</td><td>%s</td></tr>\n",
			is_heap ? lk_report_hold_word(row->hold) : "");
	}
	fputs("</tbody></table></div>\n", out);
	if (growth->rows_count > ROWS_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more</p>\n",
			growth->rows_count - ROWS_MAX);
}

bool lk_page_trends(FILE *out, const struct lk_page_view *view)
{
	const struct lk_profile *profile = view->page->profile;
	struct lk_growth growth;
	size_t count = 0;

	for (size_t first = 0;; first++) {
		if (!lk_growth_next(profile, &first, &growth))
			return false;
		if (first == SIZE_MAX)
			break;
		if (count++ < PROCESSES_MAX) {
			fprintf(out, "<h3>process %d: %zu snapshots</h3>\n", (int)growth.process,
				growth.points);
			if (growth.trends[LK_GROWTH_live_bytes].most > 0)
				print_curve(out, &growth.trends[LK_GROWTH_live_bytes],
					    growth.totals[LK_GROWTH_live_bytes]);
			print_totals(out, &growth);
			print_rows(out, profile, &growth);
		}
		lk_growth_release(&growth);
	}
	if (count == 0)
		fputs("<p>No process was looked at several times; <code>leakcheck run "
		      "--every=SECONDS "
		      "--capture=FILE</code> does that.</p>\n",
		      out);
	if (count > PROCESSES_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more processes</p>\n",
			count - PROCESSES_MAX);
	return true;
}
