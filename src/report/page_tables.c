/* SPDX-License-Identifier: MIT */
/* Descriptors and children, counters, tests, and what is not known for sure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/counters.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"

/* More are counted only, and behind a click if there are more than FIRST_ROWS. */
enum { ROWS_MAX = 5000, FIRST_ROWS = 100 };

static void begin_table(FILE *out, const char *heads)
{
	fprintf(out,
		"<div class=\"wide\" tabindex=\"0\"><table><thead><tr>%s</tr></thead><tbody>\n",
		heads);
}

static void end_table(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

/* After FIRST_ROWS a new table begins, inside of details. */
static void break_table(FILE *out, size_t row, const char *heads)
{
	if (row != FIRST_ROWS)
		return;
	end_table(out);
	fputs("<details class=\"more\"><summary>more</summary>\n", out);
	begin_table(out, heads);
}

static size_t print_samples(FILE *out, const struct lk_page_view *view, enum lk_kind kind,
			    const char *heads)
{
	const struct lk_profile *profile = view->page->profile;
	size_t rows = 0;

	for (size_t i = 0; i < profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &profile->samples[i];

		if (sample->kind != kind || !view->is_last[sample->part] || rows++ >= ROWS_MAX)
			continue;
		if (rows == 1)
			begin_table(out, heads);
		break_table(out, rows - 1, heads);
		fputs("<tr data-row=\"\"><td class=\"path\">", out);
		lk_html_text(out, sample->what);
		fputs("</td><td>", out);
		lk_html_text(out, sample->state ? sample->state : "");
		fputs("</td><td class=\"path\">", out);
		lk_page_origin(out, profile, sample->stack, "outside what is watched");
		fputs("</td><td>", out);
		lk_page_part_name(out, &view->page->parts[sample->part]);
		fputs("</td></tr>\n", out);
	}
	if (rows > 0)
		end_table(out);
	if (rows > FIRST_ROWS)
		fputs("</details>\n", out);
	if (rows > ROWS_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more</p>\n", rows - ROWS_MAX);
	return rows;
}

bool lk_page_descriptors(FILE *out, const struct lk_page_view *view)
{
	if (print_samples(out, view, LK_KIND_descriptor,
			  "<th>descriptor</th><th>kind</th><th>opened at</th><th>in</th>") == 0)
		fprintf(out, "<p>%s</p>\n",
			view->tests ? "No test left a descriptor." : "No descriptor is known.");
	for (size_t i = 0; i < view->page->profile->samples_count; i++)
		if (view->page->profile->samples[i].kind == LK_KIND_child) {
			fputs("<h3>Child processes</h3>\n", out);
			print_samples(
				out, view, LK_KIND_child,
				"<th>process</th><th>state</th><th>started at</th><th>in</th>");
			break;
		}
	return true;
}

static void print_counter(FILE *out, const char *name, uint64_t number, bool is_bytes,
			  const char *meaning)
{
	fprintf(out, "<tr data-row=\"\"><td>%s</td><td class=\"n\">", name);
	if (is_bytes)
		lk_html_bytes(out, number);
	else
		fprintf(out, "%" PRIu64, number);
	fprintf(out, "</td><td class=\"weak\">%s</td></tr>\n", meaning);
}

static void print_counts(FILE *out, const struct lk_moment *moment)
{
	const struct lk_counts *counts = &moment->counts;

	begin_table(out, "<th>counter</th><th class=\"n\">value</th><th>meaning</th>");
#define PRINT(field, is_bytes, needs_totals, meaning)                                        \
	if ((!(needs_totals) || moment->totals_known) && (counts->field > 0 || !(is_bytes))) \
		print_counter(out, #field, counts->field, is_bytes, meaning);
	LK_COUNTERS(PRINT)
#undef PRINT
	end_table(out);
}

bool lk_page_counters(FILE *out, const struct lk_page_view *view)
{
	enum { PARTS_MAX = 20 };
	size_t parts = 0;

	for (size_t i = 0; i < view->page->parts_count; i++) {
		const struct lk_page_part *part = &view->page->parts[i];
		const struct lk_moment *moment = &part->snapshot->moment;

		if (!view->is_last[i] || moment->scope != LK_SCOPE_PROCESS || parts++ >= PARTS_MAX)
			continue;
		fprintf(out, "<details class=\"part\"%s><summary>", parts == 1 ? " open=\"\"" : "");
		lk_page_part_name(out, part);
		fputs(" <bdi class=\"weak\">", out);
		lk_html_text(out, moment->program);
		fprintf(out,
			"</bdi></summary><div>\n<p class=\"weak\">Since the process started; all "
			"looked at within %.1f ms.</p>\n",
			(double)moment->span_ns / 1e6);
		print_counts(out, moment);
		fputs("</div></details>\n", out);
	}
	if (parts == 0)
		fputs("<p>No snapshot is of a whole process; the tests' counters stand "
		      "below.</p>\n",
		      out);
	if (parts > PARTS_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more processes</p>\n",
			parts - PARTS_MAX);
	return true;
}

static void print_number(FILE *out, uint64_t number)
{
	fprintf(out, "<td class=\"n\">%" PRIu64 "</td>", number);
}

static void print_size(FILE *out, uint64_t bytes, bool is_known)
{
	fputs("<td class=\"n\">", out);
	if (is_known)
		lk_html_bytes(out, bytes);
	else
		fputs("-", out);
	fputs("</td>", out);
}

static void print_test(FILE *out, const struct lk_page_part *part)
{
	const struct lk_moment *moment = &part->snapshot->moment;
	const struct lk_counts *counts = &moment->counts;
	uint64_t leaks = lk_findings_leaks(part->findings);
	uint64_t unproven = part->findings->rulings[LK_RULING_unproven];

	fputs("<tr data-row=\"\"><td class=\"path\">", out);
	lk_page_part_name(out, part);
	fprintf(out, "</td><td class=\"%s\">%s</td>",
		leaks	   ? "bad"
		: unproven ? "doubt"
			   : "good",
		leaks	   ? "leaked"
		: unproven ? "unsure"
			   : "clean");
	print_number(out, leaks);
	print_number(out, counts->allocations);
	print_size(out, counts->allocated_bytes, moment->totals_known);
	print_size(out, counts->peak_bytes, moment->peak_known);
	print_size(out, counts->live_bytes, true);
	print_number(out, counts->opened);
	print_number(out, counts->started);
	fprintf(out, "<td class=\"n\">%.1f ms</td></tr>\n", (double)moment->duration_ns / 1e6);
}

bool lk_page_tests(FILE *out, const struct lk_page_view *view)
{
	static const char heads[] = "<th>test</th><th>verdict</th><th class=\"n\">leaks</th>"
				    "<th class=\"n\">allocations</th><th class=\"n\">allocated</th>"
				    "<th class=\"n\">peak</th><th class=\"n\">left</th>"
				    "<th class=\"n\">opened</th><th class=\"n\">threads</th>"
				    "<th class=\"n\">time</th>";
	size_t rows = 0;

	if (view->tests == 0) {
		fputs("<p>The snapshots are of no test.</p>\n", out);
		return true;
	}
	begin_table(out, heads);
	for (size_t i = 0; i < view->page->parts_count; i++) {
		if (lk_page_moment(view, i)->scope != LK_SCOPE_WINDOW || rows >= ROWS_MAX)
			continue;
		break_table(out, rows++, heads);
		print_test(out, &view->page->parts[i]);
	}
	end_table(out);
	if (rows > FIRST_ROWS)
		fputs("</details>\n", out);
	if (view->tests > rows)
		fprintf(out, "<p class=\"doubt\">... and %zu more</p>\n", view->tests - rows);
	return true;
}

/* X(condition on the snapshot, sentence) */
#define DOUBTS(X)                                                                         \
	X(events_lost > 0, "Some events did not fit and are missing: there was no room.") \
	X(is_unscanned, "Who holds the memory could not be looked for.")                  \
	X(descriptors_unknown, "The kernel's list of descriptors could not be read.")     \
	X(descriptors_beyond > 0, "There was no room for all descriptors.")               \
	X(threads_unknown, "The kernel's list of threads could not be read.")             \
	X(children_unknown, "There are child processes that nothing is known about.")

static const char *const doubts[] = {
#define SENTENCE(condition, sentence) sentence,
	DOUBTS(SENTENCE)
#undef SENTENCE
};

static bool is_so(const struct lk_snapshot *snapshot, size_t doubt)
{
	const bool conditions[] = {
#define CONDITION(condition, sentence) snapshot->condition,
		DOUBTS(CONDITION)
#undef CONDITION
	};

	return conditions[doubt];
}

static size_t print_doubt(FILE *out, const struct lk_page_view *view, size_t doubt)
{
	size_t parts = 0;

	for (size_t i = 0; i < view->page->parts_count; i++) {
		if (!is_so(view->page->parts[i].snapshot, doubt))
			continue;
		if (parts++ == 0) {
			fprintf(out, "<li>%s <span class=\"weak\">", doubts[doubt]);
			lk_page_part_name(out, &view->page->parts[i]);
		}
	}
	if (parts > 1)
		fprintf(out, " and %zu more", parts - 1);
	fputs(parts > 0 ? "</span></li>\n" : "", out);
	return parts;
}

/* Why a test could not be run again, each reason once. */
static size_t print_not_again(FILE *out, const struct lk_page_view *view)
{
	enum { REASONS_MAX = 50 };
	const char *told[REASONS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < view->page->parts_count && count < REASONS_MAX; i++) {
		const char *reason = view->page->parts[i].snapshot->not_again;
		size_t k = 0;

		while (k < count && strcmp(told[k], reason) != 0)
			k++;
		if (!reason[0] || k < count)
			continue;
		told[count++] = reason;
		fputs("<li>A test could not be run again: <bdi>", out);
		lk_html_text(out, reason);
		fputs("</bdi> <span class=\"weak\">", out);
		lk_page_part_name(out, &view->page->parts[i]);
		fputs("</span></li>\n", out);
	}
	return count;
}

bool lk_page_doubts(FILE *out, const struct lk_page_view *view)
{
	size_t count = view->page->doubts_count;

	fputs("<ul>\n", out);
	for (size_t i = 0; i < view->page->doubts_count; i++) {
		fputs("<li><bdi>", out);
		lk_html_text(out, view->page->doubts[i]);
		fputs("</bdi></li>\n", out);
	}
	for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++)
		count += print_doubt(out, view, i);
	count += print_not_again(out, view);
	if (view->page->profile->complaint[0]) {
		fputs("<li>Names are missing: <bdi>", out);
		lk_html_text(out, view->page->profile->complaint);
		fputs("</bdi></li>\n", out);
		count++;
	}
	if (view->page->parts_count == 0) {
		fputs("<li>There is no snapshot.</li>\n", out);
		count++;
	}
	fputs("</ul>\n", out);
	if (count == 0)
		fputs("<p class=\"good\">All that was looked at is known for sure.</p>\n", out);
	return true;
}
