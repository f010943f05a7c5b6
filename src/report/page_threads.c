/* SPDX-License-Identifier: MIT */
/* Threads: patterns in words, a picture of who waits for whom, and each one with its
 * stacks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/describe.h"
#include "judge/thread_patterns.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"

/* Of one snapshot; more are counted. */
enum { PICTURED_MAX = 100, THREADS_MAX = 1000 };
/* In pixels, as the style sheet has them: a box and the gap below it, the column beside. */
enum { BOX = 66, STEP = 74, COLUMN = 64, LANES = 5, LANE = 10 };

/* Writes what PRINT prints, which is escaped for terminals, as HTML. */
static void print_who(FILE *out, const struct lk_thread_left *thread)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return;
	lk_describe_who(memory, thread);
	if (fclose(memory) == 0)
		lk_html_text(out, text);
	free(text);
}

static bool print_patterns(FILE *out, const struct lk_waits *waits)
{
	struct lk_thread_patterns patterns;

	if (!lk_thread_patterns_find(waits, &patterns))
		return false;
	fputs(patterns.count > 0 ? "<ul>\n" : "", out);
	for (size_t i = 0; i < patterns.count; i++) {
		char *text = NULL;
		size_t size;
		FILE *memory = open_memstream(&text, &size);

		if (!memory)
			break;
		lk_thread_pattern_print(memory, waits, &patterns, i);
		if (fclose(memory) == 0) {
			fprintf(out, "<li data-row=\"\" class=\"%s\">",
				patterns.rows[i].kind <= LK_THREAD_PATTERN_mixed_cycle ? "bad"
										       : "");
			lk_html_text(out, text);
			fputs("</li>\n", out);
		}
		free(text);
	}
	fputs(patterns.count > 0 ? "</ul>\n" : "", out);
	lk_thread_patterns_release(&patterns);
	return true;
}

/* The threads of the picture, and the row in it of each; SIZE_MAX: none. */
struct picture {
	const struct lk_waits *waits;
	size_t *rows, *at;
	size_t count;
};

static void place(struct picture *picture, size_t thread)
{
	if (picture->at[thread] != SIZE_MAX || picture->count == PICTURED_MAX)
		return;
	picture->at[thread] = picture->count;
	picture->rows[picture->count++] = thread;
}

/* Cycles first, each in its order; then who is waited for, followed by who waits. */
static void place_all(struct picture *picture)
{
	const struct lk_waits *waits = picture->waits;

	for (size_t cycle = 1; cycle <= waits->cycles; cycle++)
		for (size_t i = 0; i < waits->count; i++)
			if (waits->rows[i].cycle == cycle)
				for (size_t at = i;
				     picture->at[at] == SIZE_MAX && picture->count < PICTURED_MAX;
				     at = waits->rows[at].holder)
					place(picture, at);
	for (size_t i = 0; i < waits->count; i++)
		if (waits->rows[i].holder != LK_WAITS_NONE)
			place(picture, waits->rows[i].holder);
	for (size_t i = 0; i < waits->count; i++)
		if (waits->rows[i].holder != LK_WAITS_NONE)
			place(picture, i);
}

/* From the box of FROM to that of TO, by way of a lane of its own if there is one. */
static void print_arrow(FILE *out, size_t from, size_t to, size_t lane, bool is_cycle)
{
	const char *class = is_cycle ? "cycle" : "edge";
	long x = COLUMN - 12 - (long)(lane % LANES) * LANE;
	long start = (long)from * STEP + BOX / 2 - 8, end = (long)to * STEP + BOX / 2 + 8;

	fprintf(out,
		"<path class=\"%s\" d=\"M%d %ldC%ld %ld %ld %ld %ld %ldL%ld %ldC%ld %ld %ld %ld %d "
		"%ld\"/>",
		class, COLUMN, start, x, start, x, start, x, start + (end > start ? 10 : -10), x,
		end - (end > start ? 10 : -10), x, end, x, end, COLUMN - 6, end);
	fprintf(out, "<path class=\"%s head\" d=\"M%d %ldl-8 -4v8z\"/>\n", class, COLUMN, end);
}

static void print_box(FILE *out, const struct lk_thread_waits *row)
{
	fprintf(out, "<li%s><b>", row->cycle ? " class=\"cycle\"" : "");
	print_who(out, row->thread);
	fputs("</b><span>", out);
	lk_html_text(out, row->state);
	fputs("</span>", out);
	if (row->now.count > 0) {
		size_t shown = 0;

		while (shown + 1 < row->now.count && row->now.frames[shown].module &&
		       lk_module_is_libc(row->now.frames[shown].module))
			shown++;
		fputs("<span class=\"weak\">in ", out);
		lk_html_text(out, row->now.frames[shown].function);
		fputc(' ', out);
		lk_html_place(out, &row->now.frames[shown]);
		fputs("</span>", out);
	}
	fputs("</li>\n", out);
}

static void print_picture(FILE *out, const struct picture *picture)
{
	const struct lk_waits *waits = picture->waits;
	size_t lane = 0;

	fprintf(out,
		"<div class=\"waits\"><svg height=\"%zu\" role=\"img\" "
		"aria-label=\"Arrows lead from who waits to who is waited for\">\n",
		picture->count * STEP);
	for (size_t i = 0; i < picture->count; i++) {
		const struct lk_thread_waits *row = &waits->rows[picture->rows[i]];

		if (row->holder != LK_WAITS_NONE && picture->at[row->holder] != SIZE_MAX)
			print_arrow(out, i, picture->at[row->holder], lane++, row->cycle != 0);
	}
	fputs("</svg><ol>\n", out);
	for (size_t i = 0; i < picture->count; i++)
		print_box(out, &waits->rows[picture->rows[i]]);
	fputs("</ol></div>\n", out);
}

static bool draw(FILE *out, const struct lk_waits *waits)
{
	struct picture picture = { .waits = waits,
				   .rows = calloc(waits->count + 1, sizeof(size_t)),
				   .at = malloc((waits->count + 1) * sizeof(size_t)) };
	bool ok = picture.rows && picture.at;

	if (ok) {
		memset(picture.at, 0xff, (waits->count + 1) * sizeof(size_t));
		place_all(&picture);
		if (picture.count > 0)
			print_picture(out, &picture);
		else
			fputs("<p class=\"weak\">No thread waits for another one.</p>\n", out);
		if (picture.count == PICTURED_MAX)
			fprintf(out, "<p class=\"doubt\">Only %d threads are drawn.</p>\n",
				PICTURED_MAX);
	}
	free(picture.rows);
	free(picture.at);
	return ok;
}

static void print_thread(FILE *out, const struct lk_thread_waits *row)
{
	const struct lk_thread_left *thread = row->thread;

	fprintf(out, "<details class=\"thread%s\" data-row=\"\"><summary>",
		row->stuck ? row->stuck_is_sure ? " fail" : " unproven" : "");
	print_who(out, thread);
	fputs(" <span class=\"weak\">[", out);
	lk_html_text(out, row->state);
	fputs(thread->detached ? ", detached]" : thread->finished ? ", never joined]" : "]", out);
	fputs("</span></summary><div>\n", out);
	if (row->stuck)
		fprintf(out, "<p class=\"bad\">%snever goes on: %s</p>\n",
			row->stuck_is_sure ? "" : "probably ", row->stuck);
	lk_html_stack(out, row->now.frames, row->now.count, SIZE_MAX, row->now.sure, row->now.cut);
	if (row->created.count > 0) {
		fputs("<p>created by", out);
		if (thread->creator)
			fprintf(out, " thread %d", (int)thread->creator);
		fputs("</p>\n", out);
		lk_html_stack(out, row->created.frames, row->created.count, SIZE_MAX, SIZE_MAX,
			      row->created.cut);
	}
	fputs("</div></details>\n", out);
}

static bool print_part(FILE *out, const struct lk_page_part *part)
{
	const struct lk_waits *waits = &part->findings->waits;

	if (!print_patterns(out, waits) || !draw(out, waits))
		return false;
	for (size_t i = 0; i < waits->count && i < THREADS_MAX; i++)
		print_thread(out, &waits->rows[i]);
	if (waits->count > THREADS_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more</p>\n",
			waits->count - THREADS_MAX);
	return true;
}

bool lk_page_threads(FILE *out, const struct lk_page_view *view)
{
	enum { PARTS_MAX = 100 };
	size_t parts = 0;
	bool ok = true;

	for (size_t i = 0; i < view->page->parts_count && ok; i++) {
		const struct lk_page_part *part = &view->page->parts[i];
		size_t threads = part->findings->waits.count;

		if (!view->is_last[i] || threads == 0 || parts++ >= PARTS_MAX)
			continue;
		fprintf(out, "<details class=\"part\"%s><summary>", parts == 1 ? " open=\"\"" : "");
		lk_page_part_name(out, part);
		fprintf(out, " <span class=\"weak\">%zu thread%s</span></summary><div>\n", threads,
			lk_plural(threads));
		ok = print_part(out, part);
		fputs("</div></details>\n", out);
	}
	if (parts == 0)
		fputs(view->tests ? "<p>No test left a thread.</p>\n"
				  : "<p>No thread is known.</p>\n",
		      out);
	if (parts > PARTS_MAX)
		fprintf(out, "<p class=\"doubt\">... and %zu more tests with threads</p>\n",
			parts - PARTS_MAX);
	return ok;
}
