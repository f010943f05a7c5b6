/* SPDX-License-Identifier: MIT */
#include "report/rules.h"

#include <inttypes.h>

#include "judge/escape.h"
#include "report/plural.h"

static void print_rule(FILE *out, const struct lk_suppression *rule)
{
	fputs("leakcheck: ", out);
	lk_escape(out, rule->file);
	fprintf(out, ":%u: the rule '", rule->line);
	lk_escape(out, rule->text);
	fputs("' ", out);
}

size_t lk_report_stale_rules(FILE *out, const struct lk_suppressions *list,
			     const struct lk_rule_use *uses, size_t first)
{
	size_t lines = 0;

	for (size_t i = first; i < list->count; i++) {
		uint32_t blind = uses[i].blind;

		if (uses[i].hits > 0)
			continue;
		print_rule(out, &list->rows[i]);
		if (blind > 0)
			fprintf(out,
				"could not be evaluated for %" PRIu32
				" leak%s whose functions have no names\n",
				blind, lk_plural(blind));
		else
			fputs("matched nothing\n", out);
		lines++;
	}
	return lines;
}

/* A name with what a pattern would take for more than itself as `?`. */
static void print_literally(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc(*name == '*' || (unsigned char)*name < ' ' ? '?' : *name, out);
}

static void print_frame(FILE *out, const struct lk_frame *frame)
{
	if (frame->function) {
		fputs("   fun:", out);
		print_literally(out, frame->function);
	} else if (frame->module) {
		fputs("   obj:", out);
		print_literally(out, frame->module->path);
	} else {
		fputs("   ...", out);
	}
	fputc('\n', out);
}

static void print_rule_for(FILE *out, const struct lk_finding *finding)
{
	bool is_heap = finding->kind == LK_KIND_heap;

	if ((!is_heap && finding->kind != LK_KIND_descriptor) || finding->frames_count == 0) {
		fprintf(out, "id:%08x  # %s", finding->id, lk_kind_name(finding->kind));
		if (finding->what)
			fprintf(out, " %s", finding->what);
		fputc('\n', out);
		return;
	}
	fprintf(out, "{\n   <name, or why this is no leak>\n   %s\n",
		is_heap ? "Memcheck:Leak" : "CoreError:FdNotClosed");
	if (is_heap)
		fputs("   fun:*alloc*\n", out);
	for (size_t i = 0; i < finding->frames_count; i++)
		print_frame(out, &finding->frames[i]);
	fputs("}\n", out);
}

void lk_report_rules_for(FILE *out, const struct lk_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (lk_findings_is_first(findings, i))
			print_rule_for(out, &findings->rows[i]);
}
