/* SPDX-License-Identifier: MIT */
/* The table of all stacks that memory came from. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"

/* The first rows are there to see, the others behind a click, so that the page opens fast. */
enum { FIRST_ROWS = 50, CHUNK_ROWS = 1000, FRAMES_SHOWN = 8 };

struct site {
	size_t stack;
	uint64_t values[LK_VALUE_COUNT];
};

static int by_bytes(const void *a, const void *b)
{
	static const enum lk_value values[] = { LK_VALUE_live_bytes, LK_VALUE_alloc_bytes,
						LK_VALUE_live_blocks };
	const struct site *one = a, *other = b;

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (one->values[values[i]] != other->values[values[i]])
			return one->values[values[i]] > other->values[values[i]] ? -1 : 1;
	return (one->stack > other->stack) - (one->stack < other->stack);
}

/* Sums by stack; rows without anything go. */
static size_t collect(const struct lk_page_view *view, struct site *sites)
{
	const struct lk_profile *profile = view->page->profile;
	size_t count = 0;

	for (size_t i = 0; i < profile->stacks_count; i++)
		sites[i].stack = i;
	for (size_t i = 0; i < profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &profile->samples[i];

		for (int k = 0; sample->kind == LK_KIND_heap && view->is_summed[sample->part] &&
				k < LK_VALUE_COUNT;
		     k++)
			sites[sample->stack].values[k] += sample->values[k];
	}
	for (size_t i = 0; i < profile->stacks_count; i++)
		if (sites[i].values[LK_VALUE_live_blocks] || sites[i].values[LK_VALUE_alloc_blocks])
			sites[count++] = sites[i];
	qsort(sites, count, sizeof *sites, by_bytes);
	return count;
}

static void print_line(FILE *out, const struct lk_profile *profile,
		       const struct lk_profile_location *location, size_t line)
{
	const struct lk_profile_line *row = &profile->lines[location->first_line + line];

	if (row->function) {
		lk_html_text(out, row->function);
		return;
	}
	const char *path = location->module == LK_PROFILE_NONE ?
				   "?" :
				   profile->modules[location->module].path;
	const char *slash = strrchr(path, '/');
	lk_html_text(out, slash ? slash + 1 : path);
	fprintf(out, "+0x%" PRIx64, location->offset);
}

static void print_file(FILE *out, const struct lk_profile_line *line)
{
	if (!line->file)
		return;
	fputc(' ', out);
	lk_html_text(out, line->file);
	fprintf(out, ":%u", line->line);
}

/* The libraries' functions that were called from there, outermost first. */
static void print_inner(FILE *out, const struct lk_profile *profile,
			const struct lk_profile_stack *stack)
{
	enum { SHOWN_MAX = 3 };

	for (size_t i = stack->suspect, shown = 0; i-- > 0 && shown <= SHOWN_MAX; shown++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[stack->first + i]];

		fputs(" \u2192 ", out);
		if (shown == SHOWN_MAX)
			fputs("...", out);
		else
			print_line(out, profile, location, location->lines_count - 1);
	}
}

static void print_outer(FILE *out, const struct lk_profile *profile,
			const struct lk_profile_stack *stack)
{
	size_t shown = 0;

	for (size_t i = stack->suspect; i < stack->count; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[stack->first + i]];

		for (size_t line = i == stack->suspect ? stack->suspect_line + 1 : 0;
		     line < location->lines_count && shown < FRAMES_SHOWN; line++, shown++) {
			fputs(" \u2190 ", out);
			print_line(out, profile, location, line);
		}
	}
}

/* "header_add parse.c:88 -> xmalloc <- parse <- main" */
static void print_stack(FILE *out, const struct lk_profile *profile, size_t index)
{
	const struct lk_profile_stack *stack = &profile->stacks[index];

	if (stack->count == 0) {
		fputs("<span class=\"weak\">stack unknown</span>", out);
		return;
	}
	const struct lk_profile_location *location =
		&profile->locations[profile->paths[stack->first + stack->suspect]];
	fputs("<b>", out);
	print_line(out, profile, location, stack->suspect_line);
	fputs("</b>", out);
	print_file(out, &profile->lines[location->first_line + stack->suspect_line]);
	print_inner(out, profile, stack);
	print_outer(out, profile, stack);
}

/* Few elements for each row: there may be many. */
static void print_cells(FILE *out, const struct site *site, enum lk_value bytes,
			enum lk_value blocks)
{
	fprintf(out, "<td title=\"%" PRIu64 " B\">", site->values[bytes]);
	lk_html_amount(out, (double)site->values[bytes]);
	fprintf(out, "</td><td>%" PRIu64 "</td>", site->values[blocks]);
}

static void print_rows(FILE *out, const struct lk_page_view *view, const struct site *sites,
		       size_t count)
{
	bool totals = view->page->profile->totals_known;

	fprintf(out,
		"<div class=\"wide\" tabindex=\"0\"><table class=\"sites\"><thead><tr>"
		"<th class=\"n\">alive</th><th class=\"n\">blocks</th>%s<th>from</th></tr></thead>"
		"<tbody>\n",
		totals ? "<th class=\"n\">allocated</th><th class=\"n\">blocks</th>" : "");
	for (size_t i = 0; i < count; i++) {
		fputs("<tr data-row=\"\">", out);
		print_cells(out, &sites[i], LK_VALUE_live_bytes, LK_VALUE_live_blocks);
		if (totals)
			print_cells(out, &sites[i], LK_VALUE_alloc_bytes, LK_VALUE_alloc_blocks);
		fputs("<td>", out);
		print_stack(out, view->page->profile, sites[i].stack);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

void lk_page_origin(FILE *out, const struct lk_profile *profile, size_t index, const char *unknown)
{
	const struct lk_profile_stack *stack = &profile->stacks[index];

	if (stack->count == 0) {
		fprintf(out, "<span class=\"weak\">%s</span>", unknown);
		return;
	}
	const struct lk_profile_location *location =
		&profile->locations[profile->paths[stack->first + stack->suspect]];
	fputs("<bdi>", out);
	print_line(out, profile, location, stack->suspect_line);
	fputs("</bdi>", out);
	print_file(out, &profile->lines[location->first_line + stack->suspect_line]);
}

bool lk_page_sites(FILE *out, const struct lk_page_view *view)
{
	struct site *sites = calloc(view->page->profile->stacks_count + 1, sizeof *sites);

	if (!sites)
		return false;
	size_t count = collect(view, sites);
	fprintf(out, "<h3>%zu place%s that memory came from</h3>\n", count, lk_plural(count));
	print_rows(out, view, sites, count < FIRST_ROWS ? count : FIRST_ROWS);
	for (size_t i = FIRST_ROWS; i < count; i += CHUNK_ROWS) {
		size_t rows = count - i < CHUNK_ROWS ? count - i : CHUNK_ROWS;

		fprintf(out, "<details class=\"more\"><summary>%zu to %zu</summary>\n", i + 1,
			i + rows);
		print_rows(out, view, sites + i, rows);
		fputs("</details>\n", out);
	}
	free(sites);
	return true;
}
