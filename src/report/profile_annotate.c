/* SPDX-License-Identifier: MIT */
/* Source lines with what they hold beside them, in the shape of memory_profiler. */
#include "report/profile_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/escape.h"
#include "judge/source_text.h"
#include "report/row.h"

enum { CONTEXT = 2 }; /* lines shown around one that holds something */

/* The rows of one file, by line. */
struct page {
	const char *file, *directory, *program;
	const struct lk_row **rows;
	size_t count;
	uint64_t bytes; /* that count in the file itself */
};

struct pages {
	struct page *pages;
	size_t count, room;
	const struct lk_row **rows; /* of all pages, one page after the other */
};

static int by_file_and_line(const void *a, const void *b)
{
	const struct lk_row *const *one = a, *const *other = b;
	int order = strcmp((*one)->file, (*other)->file);

	return order ? order : ((*one)->line > (*other)->line) - ((*one)->line < (*other)->line);
}

static int by_bytes(const void *a, const void *b)
{
	const struct page *one = a, *other = b;
	int order = (one->bytes < other->bytes) - (one->bytes > other->bytes);

	return order ? order : strcmp(one->file, other->file);
}

/* Where the file is, as the lines of the profile tell. */
static void locate(struct page *page, const struct lk_profile *profile)
{
	for (size_t i = 0; i < profile->locations_count; i++) {
		const struct lk_profile_location *location = &profile->locations[i];

		for (size_t k = 0; k < location->lines_count; k++) {
			const struct lk_profile_line *line =
				&profile->lines[location->first_line + k];

			if (line->file != page->file)
				continue;
			page->directory = line->directory;
			page->program = location->module == LK_PROFILE_NONE ?
						NULL :
						profile->modules[location->module].path;
			return;
		}
	}
}

static bool make_pages(const struct lk_profile *profile, const struct lk_statistics *table,
		       enum lk_value value, struct pages *pages)
{
	size_t count = 0;

	pages->rows = calloc(table->count + 1, sizeof *pages->rows);
	if (!pages->rows)
		return false;
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].file && table->rows[i].line > 0)
			pages->rows[count++] = &table->rows[i];
	qsort(pages->rows, count, sizeof *pages->rows, by_file_and_line);
	for (size_t i = 0; i < count; i++) {
		const struct lk_row *row = pages->rows[i];

		if (i == 0 || row->file != pages->rows[i - 1]->file) {
			if (!LK_ARRAY_RESERVE(pages->pages, pages->count, pages->room, 1))
				return false;
			pages->pages[pages->count] =
				(struct page){ .file = row->file, .rows = &pages->rows[i] };
			locate(&pages->pages[pages->count++], profile);
		}
		pages->pages[pages->count - 1].count++;
		pages->pages[pages->count - 1].bytes += row->values[value];
	}
	if (pages->count > 1)
		qsort(pages->pages, pages->count, sizeof *pages->pages, by_bytes);
	return true;
}

static void print_size_column(FILE *out, uint64_t size)
{
	char text[32] = "";
	FILE *memory = size > 0 ? fmemopen(text, sizeof text, "w") : NULL;

	if (memory) {
		lk_print_size(memory, (int64_t)size, false);
		fclose(memory);
	}
	fprintf(out, "%10s ", text);
}

/* One line, which holds nothing if ROW is NULL. */
static void print_line(FILE *out, unsigned number, const char *text, const struct lk_row *row,
		       enum lk_value value)
{
	fprintf(out, "%6u ", number);
	print_size_column(out, row ? row->values[value] : 0);
	if (row && row->values[lk_value_other(value)] > 0)
		fprintf(out, "%9" PRIu64 " ", row->values[lk_value_other(value)]);
	else
		fprintf(out, "%9s ", "");
	print_size_column(out, row ? row->cumulative[value] : 0);
	fputs(text && *text ? " " : "", out);
	for (const char *at = text ? text : ""; *at; at++) {
		char byte[2] = { *at };

		if (*at == '\t')
			fputs("        ", out);
		else if ((unsigned char)*at < ' ')
			lk_escape(out, byte);
		else
			fputc(*at, out);
	}
	fputc('\n', out);
}

/* The lines around those that hold something; between groups of them `...`. */
static void print_lines(FILE *out, const struct page *page, const struct lk_source_text *source,
			enum lk_value value)
{
	unsigned last = 0;

	for (size_t i = 0; i < page->count; i++) {
		unsigned here = page->rows[i]->line;
		unsigned next = i + 1 < page->count ? page->rows[i + 1]->line : 0;
		unsigned from = here > CONTEXT ? here - CONTEXT : 1, to = here + CONTEXT;

		if (!source) {
			print_line(out, here, NULL, page->rows[i], value);
			continue;
		}
		from = from > last ? from : last + 1;
		to = next && to >= next ? next - 1 : to;
		if (last > 0 && from > last + 1)
			fprintf(out, "%6s\n", "...");
		for (unsigned number = from; number <= to; number++)
			if (number == here || lk_source_text_line(source, number))
				print_line(out, number, lk_source_text_line(source, number),
					   number == here ? page->rows[i] : NULL, value);
		last = to;
	}
}

static void print_page(FILE *out, const struct page *page, enum lk_value value)
{
	struct lk_source_text source = { 0 };
	bool is_open = lk_source_text_open(page->file, page->directory, page->program, &source);

	lk_escape(out, page->file);
	fputs(": ", out);
	lk_print_size(out, (int64_t)page->bytes, false);
	fputs(!is_open		 ? " (the source cannot be read here)\n" :
	      source.is_newer ? " (the source is newer than the program: lines may have moved)\n" :
				 "\n",
	      out);
	fprintf(out, "%6s %10s %9s %10s\n", "line", "bytes", "blocks", "cumulative");
	print_lines(out, page, is_open ? &source : NULL, value);
	fputc('\n', out);
	lk_source_text_close(&source);
}

bool lk_report_profile_annotate(FILE *out, const struct lk_profile_report *report)
{
	struct lk_selection selection = lk_report_selection(report, LK_KIND_heap);
	struct lk_statistics table;
	struct pages pages = { 0 };
	bool ok;

	selection.group = LK_GROUP_line;
	selection.cumulative = true;
	if (selection.sort != LK_VALUE_alloc_bytes)
		selection.sort = LK_VALUE_live_bytes;
	if (!lk_statistics_make(report->profile, &selection, &table))
		return false;
	ok = make_pages(report->profile, &table, selection.sort, &pages);
	if (ok) {
		size_t shown = report->top && report->top < pages.count ? report->top : pages.count;

		fprintf(out, "heap: %" PRIu64 " bytes in %" PRIu64 " blocks\n\n",
			table.total[selection.sort], table.total[lk_value_other(selection.sort)]);
		for (size_t i = 0; i < shown; i++)
			print_page(out, &pages.pages[i], selection.sort);
		for (size_t i = 0; i < table.count; i++)
			if (!(table.rows[i].file && table.rows[i].line > 0) &&
			    table.rows[i].values[selection.sort] > 0) {
				lk_print_row(out, &selection, &table.rows[i]);
				fputc('\n', out);
			}
	}
	free(pages.pages);
	free(pages.rows);
	lk_statistics_release(&table);
	return ok;
}
