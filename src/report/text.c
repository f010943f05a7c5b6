/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/escape.h"
#include "judge/series.h"
#include "report/frames.h"
#include "report/plural.h"
#include "report/threads.h"

static void print_heap(FILE *out, uint64_t bytes, uint64_t blocks)
{
	fprintf(out, "heap %" PRIu64 " B in %" PRIu64 " block%s", bytes, blocks, lk_plural(blocks));
}

void lk_report_headline(FILE *out, const struct lk_findings *findings)
{
	uint64_t budgets = findings->leaks[LK_KIND_budget];
	uint64_t leaks = lk_findings_leaks(findings) - budgets;
	uint64_t unproven = findings->rulings[LK_RULING_unproven];
	const char *separator = ": ";

	if (budgets > 0)
		fprintf(out, "%" PRIu64 " limit%s exceeded%s", budgets, lk_plural(budgets),
			leaks > 0 ? ", " : "");
	if (leaks > 0)
		fprintf(out, "%" PRIu64 " leak%s", leaks, lk_plural(leaks));
	else if (unproven > 0 && budgets == 0)
		fprintf(out, "no leak, %" PRIu64 " not proven", unproven);
	else if (budgets == 0)
		fputs("no leak", out);
	if (findings->leaks[LK_KIND_heap] > 0) {
		fputs(separator, out);
		print_heap(out, findings->bytes, findings->blocks);
		separator = ", ";
	}
	for (int kind = LK_KIND_heap + 1; kind < LK_KIND_COUNT; kind++) {
		if (findings->leaks[kind] == 0 || kind == LK_KIND_budget)
			continue;
		fprintf(out, "%s%s %" PRIu64, separator, lk_kind_name(kind), findings->leaks[kind]);
		separator = ", ";
	}
	if (findings->expected >= 0)
		fprintf(out, " (%ld expected)", findings->expected);
}

/* Where a thread is now, and why it stays there. */
static void print_doing(FILE *out, const struct lk_thread_waits *doing, const char *prefix)
{
	if (doing->stuck)
		fprintf(out, "%s  %snever goes on: %s\n", prefix,
			doing->stuck_is_sure ? "" : "probably ", doing->stuck);
	if (doing->now.count > 0) {
		fprintf(out, "%s  now in\n", prefix);
		lk_report_named_stack(out, &doing->now, prefix);
	}
}

/* Where it decides: ", rises each time [+1 +1 +1]". */
static void print_again(FILE *out, const struct lk_finding *finding)
{
	if (finding->again == LK_AGAIN_unknown || lk_class_is_constant(finding->class))
		return;
	fprintf(out, ", %s ", lk_again_words[finding->again]);
	lk_series_print(out, finding->series);
	if (finding->series->lost > 0)
		fputs(", lost by the next run", out);
}

/* ", lost: nothing points to it; 999 more blocks (15984 B) are reached through it" */
static void print_hold(FILE *out, const struct lk_finding *finding)
{
	const char *them = finding->blocks == 1 ? "it" : "them";

	switch (finding->class) {
	case LK_CLASS_lost:
		fprintf(out, ", lost: nothing points to %s", them);
		break;
	case LK_CLASS_retained:
	case LK_CLASS_held:
	case LK_CLASS_libc:
		fprintf(out, ", %s%s by ", finding->class == LK_CLASS_libc ? "libc: " : "",
			finding->class == LK_CLASS_retained ? "retained" : "held");
		fputs(finding->holder ? finding->holder : "somebody", out);
		if (finding->inner == finding->blocks)
			fprintf(out, ", only by a pointer into %s", them);
		break;
	default:
		break;
	}
	if (finding->through_blocks > 0)
		fprintf(out, "; %" PRIu64 " more block%s (%" PRIu64 " B) through %s",
			finding->through_blocks, lk_plural(finding->through_blocks),
			finding->through_bytes, them);
}

/* "others from here are freed at parse.c:120 in node_free" */
static void print_released(FILE *out, const struct lk_sibling_release *released,
			   const char *prefix)
{
	if (released->blocks == 0)
		return;
	fprintf(out, "%s  others from here are %sfreed ", prefix,
		released->blocks < released->all ? "mostly " : "");
	lk_report_place(out, &released->frame);
	fputc('\n', out);
}

static void print_earlier(FILE *out, const struct lk_finding *finding, const char *prefix)
{
	for (size_t i = 0; i < LK_EARLIER_MAX; i++) {
		const struct lk_earlier *earlier = &finding->earlier[i];
		/* The stack of the biggest share is the finding's own. */
		bool is_own = finding->kind == LK_KIND_budget && i == 0;

		if (!earlier->what[0])
			continue;
		fprintf(out, "%s  %s\n", prefix, earlier->what);
		lk_report_frames(out, earlier->frames, earlier->frames_count,
				 is_own ? finding->suspect : SIZE_MAX, prefix);
	}
}

void lk_report_sentence(FILE *out, const struct lk_finding *finding)
{
	if (finding->kind == LK_KIND_heap) {
		print_heap(out, finding->bytes, finding->blocks);
		print_hold(out, finding);
	} else
		fputs(finding->what, out);
	if (finding->known > 0)
		fprintf(out, " (%" PRIu64 " known)", finding->known);
	print_again(out, finding);
	if (finding->serial > 0)
		fprintf(out, ", first at serial %" PRIu64, finding->serial);
	fputs(finding->kind == LK_KIND_budget	 ? "" :
	      finding->frames_count > 0		 ? ", from" :
	      finding->kind == LK_KIND_descriptor ? ", opened outside what is watched" :
	      finding->class == LK_CLASS_memcheck ? ": its stacks are in valgrind's log" :
	      finding->kind == LK_KIND_child	  ? ", started outside what is watched" :
						   ", stack unknown",
	      out);
}

/* What was found, and its stack; the line has begun. */
static void print_body(FILE *out, const struct lk_finding *finding, const char *prefix)
{
	lk_report_sentence(out, finding);
	fputc('\n', out);
	if (finding->kind != LK_KIND_budget)
		lk_report_frames(out, finding->frames, finding->frames_count, finding->suspect,
				 prefix);
	if (finding->cut && finding->frames_count > 0)
		fprintf(out, "%s    ... outer frames not kept\n", prefix);
	print_released(out, &finding->released, prefix);
	print_earlier(out, finding, prefix);
	if (finding->doing)
		print_doing(out, finding->doing, prefix);
}

static void print_finding(FILE *out, const struct lk_finding *finding, const char *prefix)
{
	static const char *const words[LK_RULING_COUNT] = { "LEAK", "UNSURE", "NOTE", "IGNORED",
							    "KNOWN" };

	bool is_limit = finding->kind == LK_KIND_budget && finding->ruling == LK_RULING_fail;

	fprintf(out, "%s%s %08x ", prefix, is_limit ? "OVER" : words[finding->ruling], finding->id);
	print_body(out, finding, prefix);
}

void lk_report_left(FILE *out, const struct lk_findings *findings, const char *prefix)
{
	enum { SHOWN_MAX = 10 };
	uint64_t shown[LK_KIND_COUNT] = { 0 };

	for (size_t i = 0; i < findings->count; i++)
		if (shown[findings->rows[i].kind]++ < SHOWN_MAX) {
			fputs(prefix, out);
			print_body(out, &findings->rows[i], prefix);
		}
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		uint64_t all = shown[kind] < findings->leaks[kind] ? findings->leaks[kind] :
								     shown[kind];
		if (all > SHOWN_MAX)
			fprintf(out, "%s... and %" PRIu64 " more of %s\n", prefix, all - SHOWN_MAX,
				lk_kind_name((enum lk_kind)kind));
	}
}

void lk_report_findings(FILE *out, const struct lk_findings *findings, const char *prefix)
{
	const char *complaint = lk_symbols_complaint(findings->symbols);

	for (size_t i = 0; i < findings->count; i++)
		if (!findings->rows[i].is_hidden)
			print_finding(out, &findings->rows[i], prefix);
	lk_report_deadlocks(out, &findings->waits, true, prefix);
	lk_report_thread_patterns(out, &findings->waits, true, prefix);
	if (findings->left_out > 0)
		fprintf(out, "%s... and %" PRIu64 " more leak%s\n", prefix, findings->left_out,
			lk_plural(findings->left_out));
	if (findings->rulings[LK_RULING_unproven] > findings->unproven)
		fprintf(out, "%s... and %" PRIu64 " more not proven (--notes names them)\n", prefix,
			findings->rulings[LK_RULING_unproven] - findings->unproven);
	if (findings->not_again[0]) {
		fprintf(out, "%snote: the test could not be run again: ", prefix);
		lk_escape(out, findings->not_again);
		fputc('\n', out);
	}
	if (complaint) {
		fprintf(out, "%snote: ", prefix);
		lk_escape(out, complaint);
		fputc('\n', out);
	}
}

static char *print_whole(const struct lk_findings *findings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("leakcheck: ", out);
	lk_report_headline(out, findings);
	fputc('\n', out);
	lk_report_findings(out, findings, "  # ");
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	size_t length = strlen(text);
	text[length - 1] = '\0'; /* Check ends the message's last line itself */
	return text;
}

/* How many findings begin in the first LENGTH bytes of TEXT. */
static uint64_t findings_in(const char *text, size_t length)
{
	static const char *const marks[] = { "\n  # LEAK ", "\n  # OVER " };
	uint64_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		const char *at = text;

		while ((at = strstr(at, marks[i])) &&
		       (size_t)(at - text) + strlen(marks[i]) < length) {
			count++;
			at++;
		}
	}
	return count;
}

static char *print_tail(const struct lk_findings *findings, uint64_t shown, const char *whole)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "\n  # ... cut: %" PRIu64 " of %" PRIu64 " leaks shown; the whole report: ",
		shown, lk_findings_leaks(findings));
	lk_escape(out, whole);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Cuts TEXT to SIZE bytes at the end of a line, leaving room for the last one. */
static void cut(char *text, size_t size, const struct lk_findings *findings, const char *whole)
{
	size_t end = size;
	char *tail = NULL;

	do {
		while (end > 0 && text[end] != '\n')
			end--;
		free(tail);
		tail = print_tail(findings, findings_in(text, end), whole);
		size_t length = tail ? strlen(tail) : 0;
		if (end > 0 && length > 0 && end + length <= size) {
			memcpy(text + end, tail, length + 1);
			free(tail);
			return;
		}
	} while (end-- > 0);
	free(tail);
	text[size] = '\0'; /* not even one line and the tail fit */
	char *line_end = strchr(text, '\n');
	if (line_end)
		*line_end = '\0';
}

char *lk_report_message(const struct lk_findings *findings, size_t size, const char *whole,
			bool *ret_cut)
{
	char *text = print_whole(findings);

	if (!text)
		return NULL;
	*ret_cut = strlen(text) > size;
	if (*ret_cut)
		cut(text, size, findings, whole);
	return text;
}
