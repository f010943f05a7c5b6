/* SPDX-License-Identifier: MIT */
/* The threads of captured snapshots. */
#include "report/profile_report.h"


#include "judge/escape.h"
#include "judge/pattern.h"
#include "judge/waits.h"
#include "report/threads.h"

static void print_head(FILE *out, const struct lk_profile_part *part)
{
	fprintf(out, "process %d", (int)part->moment.process);
	if (part->moment.program[0]) {
		fputs(" of ", out);
		lk_escape(out, part->moment.program);
	}
	if (part->test) {
		fputs(", test ", out);
		lk_escape(out, part->test);
	}
	fputs("\n\n", out);
}

static bool print_waits(FILE *out, const struct lk_waits *waits, bool by_stack)
{
	bool ok = true;

	if (!by_stack) {
		lk_report_threads(out, waits, "");
	} else {
		ok = lk_report_threads_counted(out, waits, "");
		lk_report_deadlocks(out, waits, false, "");
		ok = lk_report_thread_patterns(out, waits, false, "") && ok;
	}
	fputc('\n', out);
	return ok;
}

static bool print_snapshot(FILE *out, const struct lk_profile_report *report, size_t part,
			   bool by_stack)
{
	const struct lk_snapshot *snapshot = &report->snapshots[part];
	const char *test = report->profile->parts[part].test;
	struct lk_waits waits;

	if (snapshot->threads_seen == 0 ||
	    (report->selection.test && !lk_pattern_is(report->selection.test, test ? test : "")))
		return true;
	struct lk_symbols *symbols =
		lk_symbols_open(snapshot->modules, snapshot->modules_count);
	bool ok = symbols && lk_waits_make(snapshot, symbols,
					   snapshot->moment.scope == LK_SCOPE_WINDOW, &waits);
	if (ok) {
		print_head(out, &report->profile->parts[part]);
		ok = print_waits(out, &waits, by_stack);
		lk_waits_release(&waits);
	}
	lk_symbols_close(symbols);
	return ok;
}

static bool print_all(FILE *out, const struct lk_profile_report *report, bool by_stack)
{
	for (size_t i = 0; i < report->profile->parts_count; i++)
		if (!print_snapshot(out, report, i, by_stack))
			return false;
	return true;
}

bool lk_report_profile_threads(FILE *out, const struct lk_profile_report *report)
{
	return print_all(out, report, false);
}

bool lk_report_profile_threads_by_stack(FILE *out, const struct lk_profile_report *report)
{
	return print_all(out, report, true);
}
