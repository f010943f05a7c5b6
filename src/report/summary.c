/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <inttypes.h>
#include <string.h>

#include "judge/escape.h"
#include "report/plural.h"

bool lk_summary_is_capture(const struct lk_run *run)
{
	return run->captures > 0 && run->runners == 0;
}

static void print_verdicts(const struct lk_run *run, FILE *stream)
{
	char sites[48] = "", children[48] = "";

	if (run->sites > 0)
		snprintf(sites, sizeof sites, " (%" PRIu64 " site%s)", run->sites,
			 lk_plural(run->sites));
	if (run->children > 0)
		snprintf(children, sizeof children, ", %" PRIu64 " child%s", run->children,
			 run->children == 1 ? "" : "ren");
	fprintf(stream,
		"leakcheck: %" PRIu64 " test%s checked, %" PRIu64 " leaked%s, %" PRIu64
		" unsure; %" PRIu64 " allocation%s, %" PRIu64 " descriptor%s, %" PRIu64
		" thread%s%s seen\n",
		run->tests_checked, lk_plural(run->tests_checked), run->tests_leaked, sites,
		run->tests_unsure, run->allocations, lk_plural(run->allocations), run->descriptors,
		lk_plural(run->descriptors), run->threads, lk_plural(run->threads), children);
}

uint64_t lk_summary_not_checked(const struct lk_run *run)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LK_NOT_CHECKED_COUNT; i++)
		sum += run->not_checked[i];
	return sum;
}

static void print_ignored(const struct lk_run *run, FILE *stream)
{
	if (run->ignored > 0)
		fprintf(stream, "leakcheck: %" PRIu64 " leak%s ignored by rules\n", run->ignored,
			lk_plural(run->ignored));
	if (run->known_leaks > 0)
		fprintf(stream, "leakcheck: %" PRIu64 " known leak%s of the baseline\n",
			run->known_leaks, lk_plural(run->known_leaks));
	if (run->tests_ignored > 0)
		fprintf(stream, "leakcheck: %" PRIu64 " test%s left out by rules\n",
			run->tests_ignored, lk_plural(run->tests_ignored));
}

enum lk_status lk_summary_status(const struct lk_run *run, const struct lk_options *options)
{
	uint64_t not_checked = lk_summary_not_checked(run);

	if (run->tests_leaked > 0 || run->misuses > 0)
		return LK_STATUS_LEAKED;
	if (run->tests_checked + not_checked + run->tests_ignored == 0)
		return lk_summary_is_capture(run) && !options->require ? LK_STATUS_CLEAN :
									 LK_STATUS_UNSURE;
	if (options->require && (run->tests_unsure > 0 || run->events_lost > 0 || not_checked > 0))
		return LK_STATUS_UNSURE;
	if (options->strict_suppressions && run->stale_rules > 0)
		return LK_STATUS_STALE_RULE;
	return LK_STATUS_CLEAN;
}

static const char *const reasons[] = {
#define LK_TEXT(name, text) text,
	LK_NOT_CHECKED_LIST(LK_TEXT)
#undef LK_TEXT
};

/* A line for each test that is named, and one for those that are not. */
static void print_names(const struct lk_run *run, size_t reason, FILE *stream)
{
	uint64_t shown = 0;

	for (size_t i = 0; i < LK_NOT_CHECKED_NAMES_MAX; i++) {
		const struct lk_not_checked_name *name = &run->names[reason][i];
		char text[LK_NOT_CHECKED_NAME_SIZE + 1] = "";

		if (name->taken != 2)
			continue;
		/* Another process wrote it: it need not end. */
		memcpy(text, name->text, LK_NOT_CHECKED_NAME_SIZE);
		fprintf(stream, "leakcheck:   %s: ", reasons[reason]);
		lk_escape(stream, text);
		fputc('\n', stream);
		shown++;
	}
	if (shown > 0 && run->not_checked[reason] > shown)
		fprintf(stream, "leakcheck:   %s: ... and %" PRIu64 " more\n", reasons[reason],
			run->not_checked[reason] - shown);
}

static void print_not_checked(const struct lk_run *run, FILE *stream)
{
	/* Up to 20 digits, a blank and a comma for each reason. */
	char list[LK_NOT_CHECKED_COUNT * 64] = "";
	size_t used = 0;
	uint64_t sum = lk_summary_not_checked(run);

	if (sum == 0)
		return;
	for (size_t i = 0; i < LK_NOT_CHECKED_COUNT && used < sizeof list; i++)
		if (run->not_checked[i] > 0)
			used += (size_t)snprintf(list + used, sizeof list - used,
						 "%s%" PRIu64 " %s", used > 0 ? ", " : "",
						 run->not_checked[i], reasons[i]);
	fprintf(stream, "leakcheck: %" PRIu64 " test%s not checked: %s\n", sum, lk_plural(sum),
		list);
	for (size_t i = 0; i < LK_NOT_CHECKED_COUNT; i++)
		print_names(run, i, stream);
}

static void print_notice(const struct lk_notice *notice, FILE *stream)
{
	char text[LK_NOTICE_SIZE + 1] = "";

	/* Another process wrote it: it need not end. */
	memcpy(text, notice->text, LK_NOTICE_SIZE);
	fputs("leakcheck: ", stream);
	lk_escape(stream, text);
	if (notice->tests > 0)
		fprintf(stream, " (%" PRIu32 " test%s)", notice->tests, lk_plural(notice->tests));
	fputc('\n', stream);
}

void lk_summary_print_doubts(const struct lk_run *run, FILE *stream)
{
	print_not_checked(run, stream);
	if (run->events_lost > 0)
		fprintf(stream, "leakcheck: %" PRIu64 " event%s lost, so a leak may be missing\n",
			run->events_lost, lk_plural(run->events_lost));
	for (size_t i = 0; i < LK_NOTICES_MAX; i++)
		if (run->notices[i].taken == 2)
			print_notice(&run->notices[i], stream);
}

void lk_summary_print(const struct lk_run *run, FILE *stream)
{
	if (lk_summary_is_capture(run))
		fprintf(stream,
			"leakcheck: %" PRIu64 " snapshot%s captured; no Check test was seen\n",
			run->captures, lk_plural(run->captures));
	else
		print_verdicts(run, stream);
	print_ignored(run, stream);
	lk_summary_print_doubts(run, stream);
	if (run->misuses > 0)
		fprintf(stream,
			"leakcheck: LEAKCHECK_VERIFY_NONE() was used %" PRIu32
			" time%s where it cannot work\n",
			run->misuses, lk_plural(run->misuses));
}
