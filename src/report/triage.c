/* SPDX-License-Identifier: MIT */
#include "report/triage.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"
#include "judge/growth.h"
#include "judge/thread_patterns.h"
#include "report/counters.h"
#include "report/frames.h"
#include "report/json.h"
#include "report/plural.h"
#include "report/growth.h"
#include "report/text.h"
#include "report/threads.h"

static void print_name(FILE *out, const struct lk_moment *moment)
{
	if (moment->test[0])
		lk_escape(out, moment->test);
	else
		fprintf(out, "process %d", (int)moment->process);
}

static void print_headline(FILE *out, const struct lk_page *page)
{
	uint64_t leaks = 0, unproven = 0, tests = 0, leaking = 0;

	for (size_t i = 0; i < page->parts_count; i++) {
		const struct lk_page_part *part = &page->parts[i];
		uint64_t here = lk_findings_leaks(part->findings);

		if (!lk_page_is_last(page, i))
			continue;
		leaks += here;
		unproven += part->findings->rulings[LK_RULING_unproven];
		tests += part->snapshot->moment.scope == LK_SCOPE_WINDOW;
		leaking += part->snapshot->moment.scope == LK_SCOPE_WINDOW && here > 0;
	}
	fprintf(out, "%" PRIu64 " leak%s, %" PRIu64 " unsure, in %zu snapshot%s", leaks,
		lk_plural(leaks), unproven, page->parts_count, lk_plural(page->parts_count));
	if (tests > 0)
		fprintf(out, "; %" PRIu64 " of %" PRIu64 " test%s leaked", leaking, tests,
			lk_plural(tests));
	fputc('\n', out);
}

/* Findings of one id and ruling: what is the same in several tests is told once. */
struct told {
	const struct lk_finding *finding;
	const struct lk_page_part *part;
	uint64_t more;
};

static void print_told(FILE *out, const struct told *told)
{
	const struct lk_finding *finding = told->finding;

	fprintf(out, "  %s %08" PRIx32 " ", finding->ruling == LK_RULING_fail ? "LEAK" : "UNSURE",
		finding->id);
	lk_report_sentence(out, finding);
	if (finding->suspect < finding->frames_count) {
		const struct lk_frame *frame = &finding->frames[finding->suspect];

		fputc(' ', out);
		lk_escape(out, frame->function ? frame->function : "??");
		if (frame->file) {
			fputc(' ', out);
			lk_escape(out, frame->file);
			fprintf(out, ":%u", frame->line);
		}
	}
	fputs(" (", out);
	print_name(out, &told->part->snapshot->moment);
	if (told->more > 0)
		fprintf(out, ", and %" PRIu64 " more", told->more);
	fputs(")\n", out);
}

enum { TOLD_MAX = 20 };

/* False if there is no room for it. */
static bool tell(struct told *told, size_t *count, const struct lk_page_part *part,
		 const struct lk_finding *finding)
{
	for (size_t i = 0; i < *count; i++)
		if (told[i].finding->id == finding->id &&
		    told[i].finding->ruling == finding->ruling) {
			told[i].more++;
			return true;
		}
	if (*count == TOLD_MAX)
		return false;
	told[(*count)++] = (struct told){ finding, part, 0 };
	return true;
}

/* Leaks first. */
static void print_findings(FILE *out, const struct lk_page *page)
{
	struct told told[TOLD_MAX];
	uint64_t left_out = 0;
	size_t count = 0;

	for (int ruling = LK_RULING_fail; ruling <= LK_RULING_unproven; ruling++)
		for (size_t i = 0; i < page->parts_count; i++) {
			const struct lk_findings *findings = page->parts[i].findings;

			for (size_t k = 0; lk_page_is_last(page, i) && k < findings->count; k++)
				if ((int)findings->rows[k].ruling == ruling)
					left_out += !tell(told, &count, &page->parts[i],
							  &findings->rows[k]);
		}
	for (size_t i = 0; i < count; i++)
		print_told(out, &told[i]);
	if (left_out > 0)
		fprintf(out, "  ... and %" PRIu64 " more\n", left_out);
}

bool lk_triage_text(FILE *out, const struct lk_page *page)
{
	bool some;

	print_headline(out, page);
	print_findings(out, page);
	for (size_t i = 0; i < page->parts_count; i++)
		if (lk_page_is_last(page, i) &&
		    !lk_report_thread_patterns(out, &page->parts[i].findings->waits, false, "  "))
			return false;
	for (size_t i = 0; i < page->doubts_count; i++) {
		fputs("  note: ", out);
		lk_escape(out, page->doubts[i]);
		fputc('\n', out);
	}
	return lk_report_growth(out, page->profile, &some);
}

static void print_counts(FILE *out, const struct lk_moment *moment)
{
	const char *separator = "";

	fputs("\"counters\":{", out);
#define PRINT(field, is_bytes, is_on_request, meaning)                                      \
	if (!(is_on_request) || moment->totals_known) {                                     \
		fprintf(out, "%s\"" #field "\":%" PRIu64, separator, moment->counts.field); \
		separator = ",";                                                            \
	}
	LK_COUNTERS(PRINT)
#undef PRINT
	fputc('}', out);
}

static bool print_patterns(FILE *out, const struct lk_waits *waits)
{
	struct lk_thread_patterns patterns;

	if (!lk_thread_patterns_find(waits, &patterns))
		return false;
	fputs("\"patterns\":[", out);
	for (size_t i = 0; i < patterns.count; i++) {
		const struct lk_thread_pattern *row = &patterns.rows[i];

		fprintf(out, "%s{\"pattern\":\"%s\",\"threads\":[", i > 0 ? "," : "",
			lk_thread_pattern_words[row->kind]);
		for (size_t k = 0; k < row->count; k++) {
			size_t member = patterns.members[row->first + k];

			fprintf(out, "%s%d", k > 0 ? "," : "",
				(int)waits->rows[member].thread->tid);
		}
		fputs("]}", out);
	}
	fputc(']', out);
	lk_thread_patterns_release(&patterns);
	return true;
}

static bool print_part(FILE *out, const struct lk_page_part *part)
{
	const struct lk_moment *moment = &part->snapshot->moment;
	const struct lk_findings *findings = part->findings;
	struct lk_json_test test = { moment->test[0] ? moment->test : NULL, "", 0,
				     lk_judge(lk_findings_leaks(findings),
					      findings->rulings[LK_RULING_unproven] +
						      part->snapshot->events_lost) };

	fprintf(out,
		"{\"scope\":\"%s\",\"process\":%d,\"monotonic_ns\":%" PRIu64
		",\"realtime_ns\":%" PRIu64 ",\"span_ns\":%" PRIu64 ",\"duration_ns\":%" PRIu64
		",\"program\":",
		moment->scope == LK_SCOPE_WINDOW ? "test" : "process", (int)moment->process,
		moment->monotonic_ns, moment->realtime_ns, moment->span_ns, moment->duration_ns);
	lk_json_text(out, moment->program);
	fputc(',', out);
	print_counts(out, moment);
	fputs(",\"result\":", out);
	lk_json_test(out, &test, findings);
	fputs(",\"threads\":[", out);
	for (size_t i = 0; i < findings->waits.count; i++) {
		fputs(i > 0 ? ",{" : "{", out);
		lk_json_thread(out, &findings->waits.rows[i]);
		fputc('}', out);
	}
	fputs("],", out);
	bool ok = print_patterns(out, &findings->waits);
	fputc('}', out);
	return ok;
}

static void print_trend(FILE *out, const struct lk_trend *trend)
{
	fprintf(out,
		"\"verdict\":\"%s\",\"points\":%zu,\"span_ns\":%" PRIu64 ",\"first\":%" PRIu64
		",\"last\":%" PRIu64 ",\"least\":%" PRIu64 ",\"most\":%" PRIu64
		",\"median\":%" PRIu64 ",\"p95\":%" PRIu64
		",\"mean\":%.17g,\"deviation\":%.17g,\"per_second\":%.17g",
		lk_trend_words[trend->verdict], trend->points, trend->span_ns, trend->first,
		trend->last, trend->least, trend->most, trend->median, trend->p95, trend->mean,
		trend->deviation, trend->rate);
}

static void print_row(FILE *out, const struct lk_profile *profile, const struct lk_growth_row *row)
{
	const struct lk_profile_stack *stack = &profile->stacks[row->stack];

	fprintf(out, "{\"kind\":\"%s\",\"hold\":\"%s\",", lk_kind_name(row->kind),
		row->kind == LK_KIND_heap ? lk_report_hold_word(row->hold) : "");
	print_trend(out, &row->trend);
	if (stack->count > 0) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[stack->first + stack->suspect]];
		const struct lk_profile_line *line =
			&profile->lines[location->first_line + stack->suspect_line];

		fputs(",\"function\":", out);
		lk_json_text(out, line->function ? line->function : "");
		fputs(",\"file\":", out);
		lk_json_text(out, line->file ? line->file : "");
		fprintf(out, ",\"line\":%u", line->line);
	}
	fputc('}', out);
}

static void print_growth(FILE *out, const struct lk_profile *profile,
			 const struct lk_growth *growth)
{
	static const char *const names[] = {
#define LK_NAME(field, words, one, several) #field,
		LK_GROWTH_TOTALS(LK_NAME)
#undef LK_NAME
	};

	fprintf(out, "{\"process\":%d,\"totals\":{", (int)growth->process);
	for (int total = 0; total < LK_GROWTH_TOTAL_COUNT; total++) {
		fprintf(out, "%s\"%s\":{", total > 0 ? "," : "", names[total]);
		print_trend(out, &growth->trends[total]);
		fputc('}', out);
	}
	fputs("},\"rows\":[", out);
	for (size_t i = 0; i < growth->rows_count; i++) {
		fputs(i > 0 ? "," : "", out);
		print_row(out, profile, &growth->rows[i]);
	}
	fputs("]}", out);
}

bool lk_triage_json(FILE *out, const struct lk_page *page)
{
	struct lk_growth growth;
	const char *separator = "";

	fputs("{\"snapshots\":[", out);
	for (size_t i = 0; i < page->parts_count; i++) {
		if (!lk_page_is_last(page, i))
			continue;
		fputs(separator, out);
		if (!print_part(out, &page->parts[i]))
			return false;
		separator = ",\n";
	}
	fputs("],\n\"trends\":[", out);
	separator = "";
	for (size_t first = 0;; first++) {
		if (!lk_growth_next(page->profile, &first, &growth))
			return false;
		if (first == SIZE_MAX)
			break;
		fputs(separator, out);
		print_growth(out, page->profile, &growth);
		lk_growth_release(&growth);
		separator = ",\n";
	}
	fputs("],\n\"notes\":[", out);
	for (size_t i = 0; i < page->doubts_count; i++) {
		fputs(i > 0 ? "," : "", out);
		lk_json_text(out, page->doubts[i]);
	}
	fputs("]}\n", out);
	return true;
}
