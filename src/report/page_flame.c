/* SPDX-License-Identifier: MIT */
/* Where memory comes from: a flame graph that can be read without the script, which draws
 * it anew from the numbers behind it, and a table of all sites. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/flame.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"

enum { ROW_HEIGHT = 18 };
/* Of the whole: what is narrower is in the numbers only, and drawn when it is zoomed to. */
static const double narrowest = 0.002;

static const char *const kinds[] = { "o0", "o1", "l0", "l1", "s", "all" };

/* The class of colours; two for each origin, so that neighbours can be told apart. */
static unsigned kind_of(const struct lk_flame_node *node)
{
	if (node->depth == 0)
		return 5;
	if (node->origin == LK_FLAME_SYSTEM)
		return 4;
	unsigned other = (unsigned)node->offset;
	for (const char *byte = node->function; byte && *byte; byte++)
		other += (unsigned char)*byte;
	return (node->origin == LK_FLAME_OWN ? 0 : 2) + other % 2;
}

static void print_name(FILE *out, const struct lk_flame_node *node,
		       void (*print)(FILE *out, const char *text))
{
	char text[64];

	if (node->depth == 0) {
		print(out, "all");
	} else if (node->function) {
		print(out, node->function);
	} else {
		/* As one text: JSON needs it in one piece. */
		snprintf(text, sizeof text, "%.40s+0x%" PRIx64, node->module ? node->module : "?",
			 node->offset);
		print(out, text);
	}
}

static double share(const struct lk_flame *flame, size_t node, enum lk_value value)
{
	uint64_t all = flame->nodes[0].values[value];

	return all ? (double)flame->nodes[node].values[value] / (double)all : 0;
}

static void print_box(FILE *out, const struct lk_flame *flame, size_t i, double start,
		      enum lk_value value)
{
	const struct lk_flame_node *node = &flame->nodes[i];
	double width = i == 0 ? 1 : share(flame, i, value);

	fprintf(out,
		"<svg x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%d\" class=\"%s\"><title>",
		start * 100, node->depth * ROW_HEIGHT, width * 100, ROW_HEIGHT,
		kinds[kind_of(node)]);
	print_name(out, node, lk_html_text);
	fputs(" \u2014 ", out);
	lk_html_amount(out, (double)node->values[value]);
	fprintf(out, ", %.1f %%</title><rect width=\"100%%\" height=\"100%%\"/>", width * 100);
	if (width > 0.02) {
		fputs("<text x=\"4\" y=\"13\">", out);
		print_name(out, node, lk_html_text);
		fputs("</text>", out);
	}
	fputs("</svg>\n", out);
}

/* Deeper than these the script shows. */
enum { DEPTH_MAX = 300 };

static size_t skip(const struct lk_flame *flame, size_t i)
{
	uint32_t depth = flame->nodes[i].depth;

	for (i++; i < flame->count && flame->nodes[i].depth > depth; i++)
		;
	return i;
}

static void print_boxes(FILE *out, const struct lk_flame *flame, enum lk_value value)
{
	double ends[DEPTH_MAX + 2] = { 0 };
	uint32_t rows = 0;

	for (size_t i = 0; i < flame->count;) {
		uint32_t depth = flame->nodes[i].depth;
		double width = i == 0 ? 1 : share(flame, i, value), start = ends[depth];

		ends[depth] += width;
		if (width < narrowest || depth == DEPTH_MAX) {
			i = skip(flame, i);
			continue;
		}
		ends[depth + 1] = start;
		rows = depth + 1 > rows ? depth + 1 : rows;
		i++;
	}
	fprintf(out,
		"<svg id=\"flame\" class=\"flame\" height=\"%u\" role=\"group\" "
		"aria-label=\"Flame graph: callers above what they call\">\n",
		rows * ROW_HEIGHT);
	ends[0] = 0;
	for (size_t i = 0; i < flame->count;) {
		uint32_t depth = flame->nodes[i].depth;
		double width = i == 0 ? 1 : share(flame, i, value), start = ends[depth];

		ends[depth] += width;
		if (width < narrowest || depth == DEPTH_MAX) {
			i = skip(flame, i);
			continue;
		}
		ends[depth + 1] = start;
		print_box(out, flame, i, start, value);
		i++;
	}
	fputs("</svg>\n", out);
}

static void print_column(FILE *out, const struct lk_flame *flame, enum lk_value value)
{
	for (size_t i = 0; i < flame->count; i++)
		fprintf(out, "%s%" PRIu64, i > 0 ? "," : "", flame->nodes[i].values[value]);
}

/* What a name is known by. */
struct name {
	const struct lk_flame_node *node;
	size_t number; /* of the node, then of the name */
};

static int by_name(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	const struct lk_flame_node *left = one->node, *right = other->node;

	if (left->function != right->function)
		return !left->function	? -1 :
		       !right->function ? 1 :
					  strcmp(left->function, right->function);
	if (left->function)
		return 0;
	if (left->module != right->module)
		return !left->module  ? -1 :
		       !right->module ? 1 :
					strcmp(left->module, right->module);
	return (left->offset > right->offset) - (left->offset < right->offset);
}

/* "names":[...],"name":[...]: each name once, and by node its number. */
static bool print_names(FILE *out, const struct lk_flame *flame)
{
	struct name *names = calloc(flame->count, sizeof *names);
	size_t *numbers = calloc(flame->count, sizeof *numbers), next = 0;
	bool ok = names && numbers;

	for (size_t i = 0; ok && i < flame->count; i++)
		names[i] = (struct name){ &flame->nodes[i], i };
	if (ok) {
		qsort(names + 1, flame->count - 1, sizeof *names, by_name);
		fputs("\"names\":[", out);
		for (size_t i = 0; i < flame->count; i++) {
			if (i < 2 || by_name(&names[i - 1], &names[i]) != 0) {
				fputs(next++ > 0 ? "," : "", out);
				print_name(out, names[i].node, lk_html_json);
			}
			numbers[names[i].number] = next - 1;
		}
		fputs("],\"name\":[", out);
		for (size_t i = 0; i < flame->count; i++)
			fprintf(out, "%s%zu", i > 0 ? "," : "", numbers[i]);
		fputs("],\n", out);
	}
	free(numbers);
	free(names);
	return ok;
}

static bool print_data(FILE *out, const struct lk_flame *flame, enum lk_value first)
{
	const char *separator = "";

	fputs("<script type=\"application/json\" id=\"flame-data\">{", out);
	if (!print_names(out, flame))
		return false;
	fputs("\"kinds\":[", out);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		fprintf(out, "%s\"%s\"", i > 0 ? "," : "", kinds[i]);
	fputs("],\"kind\":[", out);
	for (size_t i = 0; i < flame->count; i++)
		fprintf(out, "%s%u", i > 0 ? "," : "", kind_of(&flame->nodes[i]));
	fputs("],\n\"depth\":[", out);
	for (size_t i = 0; i < flame->count; i++)
		fprintf(out, "%s%" PRIu32, i > 0 ? "," : "", flame->nodes[i].depth);
	fprintf(out, "],\n\"metric\":\"%s\",\"units\":{", lk_value_names[first]);
	for (int i = 0; i < LK_VALUE_COUNT; i++)
		fprintf(out, "%s\"%s\":\"%s\"", i > 0 ? "," : "", lk_value_names[i],
			lk_value_units[i]);
	fputs("},\"values\":{", out);
	for (int i = 0; i < LK_VALUE_COUNT; i++) {
		if (flame->nodes[0].values[i] == 0)
			continue;
		fprintf(out, "%s\n\"%s\":[", separator, lk_value_names[i]);
		print_column(out, flame, (enum lk_value)i);
		fputc(']', out);
		separator = ",";
	}
	fputs("}}</script>\n", out);
	return true;
}

static void print_tools(FILE *out, const struct lk_flame *flame, enum lk_value first)
{
	static const char *const words[LK_VALUE_COUNT] = {
		[LK_VALUE_live_bytes] = "alive, by bytes",
		[LK_VALUE_live_blocks] = "alive, by blocks",
		[LK_VALUE_alloc_bytes] = "allocated, by bytes",
		[LK_VALUE_alloc_blocks] = "allocated, by blocks",
	};
	static const enum lk_value order[] = { LK_VALUE_live_bytes, LK_VALUE_live_blocks,
					       LK_VALUE_alloc_bytes, LK_VALUE_alloc_blocks };

	fputs("<div id=\"flame-tools\" class=\"tools hidden\"><label>show <select "
	      "id=\"flame-metric\">",
	      out);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (flame->nodes[0].values[order[i]] > 0)
			fprintf(out, "<option value=\"%s\"%s>%s</option>", lk_value_names[order[i]],
				order[i] == first ? " selected=\"\"" : "", words[order[i]]);
	fputs("</select></label> <button id=\"flame-out\" type=\"button\">whole "
	      "picture</button></div>\n",
	      out);
}

static bool print_flame(FILE *out, const struct lk_flame *flame)
{
	enum lk_value first = flame->nodes[0].values[LK_VALUE_live_bytes] > 0
				      ? LK_VALUE_live_bytes
				      : LK_VALUE_alloc_bytes;

	fputs("<p class=\"weak\">Callers stand above what they call; as wide as the memory that "
	      "came "
	      "through them. Warm colours: the program's own code.</p>\n",
	      out);
	print_tools(out, flame, first);
	print_boxes(out, flame, first);
	fputs("<p id=\"flame-now\" class=\"weak\" aria-live=\"polite\"></p>\n", out);
	return print_data(out, flame, first);
}

bool lk_page_flame(FILE *out, const struct lk_page_view *view)
{
	struct lk_flame flame;

	if (!lk_flame_make(view->page->profile, view->is_summed, LK_KIND_heap, &flame))
		return false;
	bool ok = true;
	if (flame.count <= 1)
		fputs("<p>No memory is there.</p>\n", out);
	else
		ok = print_flame(out, &flame) && lk_page_sites(out, view);
	lk_flame_release(&flame);
	return ok;
}
