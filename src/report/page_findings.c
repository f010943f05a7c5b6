/* SPDX-License-Identifier: MIT */
/* What was found in all parts; what is the same in several tests is told once. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/source_text.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"
#include "report/text.h"

/* More are counted only. */
enum { GROUPS_MAX = 1000, OPEN_MAX = 8, NAMES_MAX = 8 };

struct entry {
	const struct lk_finding *finding;
	const struct lk_page_part *part;
};

/* Entries of one id and ruling. */
struct group {
	const struct entry *first;
	size_t count;
	uint64_t bytes;
};

static int by_id(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	const struct lk_finding *left = one->finding, *right = other->finding;

	if (left->ruling != right->ruling)
		return left->ruling < right->ruling ? -1 : 1;
	if (left->class != right->class)
		return left->class < right->class ? -1 : 1;
	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return (one->part > other->part) - (one->part < other->part);
}

static int in_order(const void *a, const void *b)
{
	const struct group *one = a, *other = b;
	const struct lk_finding *left = one->first->finding, *right = other->first->finding;

	if (left->ruling != right->ruling)
		return left->ruling < right->ruling ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (one->bytes != other->bytes)
		return one->bytes > other->bytes ? -1 : 1;
	return (one->first > other->first) - (one->first < other->first);
}

static void print_sentence(FILE *out, const struct lk_finding *finding)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return;
	lk_report_sentence(memory, finding);
	if (fclose(memory) == 0) {
		/* Here the stack stands below. */
		if (size > 6 && strcmp(text + size - 6, ", from") == 0)
			text[size - 6] = '\0';
		lk_html_text(out, text);
	}
	free(text);
}

static void print_lines(FILE *out, const struct lk_source_text *text, unsigned here)
{
	enum { AROUND = 3 };
	const char *line;

	if (text->is_newer)
		fputs("<p class=\"doubt\">The source is newer than the program: lines may have "
		      "moved.</p>\n",
		      out);
	fputs("<pre class=\"source\">", out);
	for (unsigned i = here > AROUND ? here - AROUND : 1; i <= here + AROUND; i++) {
		if (!(line = lk_source_text_line(text, i)))
			break;
		fprintf(out, "<span%s><i>%u</i><b>", i == here ? " class=\"here\"" : "", i);
		lk_html_source(out, line);
		fputs("</b></span>", out);
	}
	fputs("</pre>\n", out);
}

/* The lines around the suspect frame. */
static void print_source(FILE *out, const struct lk_finding *finding)
{
	struct lk_source_text text;

	if (finding->suspect >= finding->frames_count)
		return;
	const struct lk_frame *frame = &finding->frames[finding->suspect];
	if (!frame->file || !lk_source_text_open(frame->file, frame->directory,
						 frame->module ? frame->module->path : NULL, &text))
		return;
	if (lk_source_text_line(&text, frame->line))
		print_lines(out, &text, frame->line);
	lk_source_text_close(&text);
}

static void print_doing(FILE *out, const struct lk_thread_waits *doing)
{
	if (doing->stuck)
		fprintf(out, "<p class=\"bad\">%snever goes on: %s</p>\n",
			doing->stuck_is_sure ? "" : "probably ", doing->stuck);
	if (doing->now.count > 0)
		fputs("<p>now in</p>\n", out);
	lk_html_stack(out, doing->now.frames, doing->now.count, SIZE_MAX, doing->now.sure,
		      doing->now.cut);
}

static void print_body(FILE *out, const struct lk_finding *finding)
{
	const struct lk_sibling_release *released = &finding->released;

	fputs("<p>", out);
	print_sentence(out, finding);
	fputs("</p>\n", out);
	lk_html_stack(out, finding->frames, finding->frames_count, finding->suspect, SIZE_MAX,
		      finding->cut);
	print_source(out, finding);
	if (released->blocks > 0) {
		fprintf(out, "<p>others from here are %sfreed at ",
			released->blocks < released->all ? "mostly " : "");
		lk_html_place(out, &released->frame);
		fputs(" in <bdi>", out);
		lk_html_text(out, released->frame.function);
		fputs("</bdi></p>\n", out);
	}
	for (size_t i = 0; i < LK_EARLIER_MAX; i++)
		if (finding->earlier[i].what[0]) {
			fputs("<p>", out);
			lk_html_text(out, finding->earlier[i].what);
			fputs("</p>\n", out);
			lk_html_stack(out, finding->earlier[i].frames,
				      finding->earlier[i].frames_count, SIZE_MAX, SIZE_MAX, false);
		}
	if (finding->doing)
		print_doing(out, finding->doing);
}

static void print_tests(FILE *out, const struct group *group)
{
	const struct lk_page_part *before = NULL;
	size_t shown = 0, parts = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct lk_page_part *part = group->first[i].part;

		if (part == before)
			continue;
		before = part;
		if (parts++ >= NAMES_MAX)
			continue;
		fputs(shown++ > 0 ? ", " : "", out);
		lk_page_part_name(out, part);
	}
	if (parts > shown)
		fprintf(out, " and %zu more", parts - shown);
}

static void print_amount(FILE *out, const struct group *group)
{
	const struct lk_finding *finding = group->first->finding;

	fputs(lk_kind_name(finding->kind), out);
	if (group->bytes > 0) {
		fputs(" ", out);
		lk_html_bytes(out, group->bytes);
	}
	if (group->count > 1)
		fprintf(out, " \u00d7 %zu", group->count);
	fprintf(out, ", %s", lk_class_rows[finding->class].word);
}

static void print_group(FILE *out, const struct group *group, bool is_open)
{
	static const char *const words[LK_RULING_COUNT] = { "LEAK", "UNSURE", "NOTE", "IGNORED",
							    "KNOWN" };
	const struct lk_finding *finding = group->first->finding;
	bool has_place = finding->suspect < finding->frames_count;

	fprintf(out,
		"<details class=\"finding %s\" data-row=\"\"%s><summary><span "
		"class=\"badge\">%s</span> "
		"<code>%08" PRIx32 "</code> ",
		finding->ruling == LK_RULING_fail	? "fail"
		: finding->ruling == LK_RULING_unproven ? "unproven"
							: "note",
		is_open ? " open=\"\"" : "", words[finding->ruling], finding->id);
	print_amount(out, group);
	if (has_place) {
		fputs(" <bdi class=\"where\">", out);
		lk_html_text(out, finding->frames[finding->suspect].function);
		fputs("</bdi> <bdi class=\"weak\">", out);
		lk_html_place(out, &finding->frames[finding->suspect]);
		fputs("</bdi>", out);
	}
	fputs(" <span class=\"weak\">", out);
	print_tests(out, group);
	fputs("</span></summary><div>\n", out);
	print_body(out, finding);
	fputs("</div></details>\n", out);
}

static size_t collect(const struct lk_page_view *view, struct entry *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < view->page->parts_count; i++) {
		const struct lk_page_part *part = &view->page->parts[i];

		for (size_t k = 0; view->is_last[i] && k < part->findings->count; k++)
			entries[count++] = (struct entry){ &part->findings->rows[k], part };
	}
	return count;
}

static size_t group_them(const struct entry *entries, size_t count, struct group *groups)
{
	size_t groups_count = 0;

	for (size_t i = 0; i < count; i++) {
		const struct lk_finding *finding = entries[i].finding;
		bool is_like = i > 0 && finding->ruling == entries[i - 1].finding->ruling &&
			       finding->class == entries[i - 1].finding->class &&
			       finding->id == entries[i - 1].finding->id;

		if (!is_like)
			groups[groups_count++] = (struct group){ .first = &entries[i] };
		groups[groups_count - 1].count++;
		groups[groups_count - 1].bytes += finding->bytes + finding->through_bytes;
	}
	qsort(groups, groups_count, sizeof *groups, in_order);
	return groups_count;
}

/* Is there memory of which nobody looked who holds it? */
static bool is_unknown(const struct lk_page_view *view)
{
	for (size_t i = 0; i < view->page->parts_count; i++)
		if (view->is_summed[i] && view->page->parts[i].snapshot->is_unscanned)
			return true;
	return view->page->parts_count == 0;
}

/* Leaks and what is not sure are there to see, the rest on request. */
static void print_groups(FILE *out, const struct group *groups, size_t count,
			 const struct lk_page_view *view)
{
	size_t notes = 0;

	while (notes < count && groups[notes].first->finding->ruling <= LK_RULING_unproven)
		notes++;
	if (view->growing > 0)
		fprintf(out,
			"<p class=\"bad\">What is alive grows from %zu place%s: <a "
			"href=\"#trends\">over "
			"time</a>.</p>\n",
			view->growing, lk_plural(view->growing));
	else if (notes == 0)
		fputs(is_unknown(view)
			      ? "<p class=\"doubt\">Who holds the memory was not looked for, so "
				"what of it leaked is not known.</p>\n"
			      : "<p class=\"good\">Nothing leaked.</p>\n",
		      out);
	for (size_t i = 0; i < notes && i < GROUPS_MAX; i++)
		print_group(out, &groups[i], i < OPEN_MAX);
	if (notes > GROUPS_MAX)
		fprintf(out, "<p>... and %zu more</p>\n", notes - GROUPS_MAX);
	if (notes == count)
		return;
	fprintf(out,
		"<details class=\"more\"><summary>%zu note%s: what is there and fails nothing"
		"</summary>\n",
		count - notes, lk_plural(count - notes));
	for (size_t i = notes; i < count && i < notes + GROUPS_MAX; i++)
		print_group(out, &groups[i], false);
	if (count - notes > GROUPS_MAX)
		fprintf(out, "<p>... and %zu more</p>\n", count - notes - GROUPS_MAX);
	fputs("</details>\n", out);
}

bool lk_page_findings(FILE *out, const struct lk_page_view *view)
{
	uint64_t left_out = 0;
	size_t room = 1;

	for (size_t i = 0; i < view->page->parts_count; i++) {
		room += view->page->parts[i].findings->count;
		left_out += view->is_last[i] ? view->page->parts[i].findings->left_out : 0;
	}
	struct entry *entries = calloc(room, sizeof *entries);
	struct group *groups = calloc(room, sizeof *groups);
	bool ok = entries && groups;
	if (ok) {
		size_t count = collect(view, entries);

		qsort(entries, count, sizeof *entries, by_id);
		count = group_them(entries, count, groups);
		print_groups(out, groups, count, view);
		if (left_out > 0)
			fprintf(out,
				"<p class=\"doubt\">... and %" PRIu64
				" leak%s without details</p>\n",
				left_out, lk_plural(left_out));
	}
	free(groups);
	free(entries);
	return ok;
}
