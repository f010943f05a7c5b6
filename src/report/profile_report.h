/* SPDX-License-Identifier: MIT */
/* The forms in which `leakcheck report` and `leakcheck diff` print a profile. */
#ifndef LK_REPORT_PROFILE_REPORT_H
#define LK_REPORT_PROFILE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "judge/statistics.h"

struct lk_profile_report {
	const struct lk_profile *profile;
	/* What was added, a snapshot for each of the profile's parts; NULL where no form
	 * needs them. */
	bool is_damaged; /* there was more, which could not be read */
	const struct lk_snapshot *snapshots;
	/* Without its kind; its group is that of memory alone unless it was asked for. */
	struct lk_selection selection;
	bool has_group;
	unsigned kinds; /* bits 1 << enum lk_kind: what is to be told of */
	size_t top;	/* rows of a table at most; 0: all */
	size_t first_new; /* of a difference: the first part that is new */
};

/* What REPORT wants to know of KIND. */
struct lk_selection lk_report_selection(const struct lk_profile_report *report, enum lk_kind kind);

/* Of a form that can tell of one kind only: the first that was asked for. */
enum lk_kind lk_report_kind(const struct lk_profile_report *report);

/* How a report calls what is counted of KIND: "heap", "descriptors". */
const char *lk_report_kind_word(enum lk_kind kind);

/* What its stack says of one: "opened in". */
const char *lk_report_origin_word(enum lk_kind kind);

/* Does a report have a part about KIND? */
bool lk_report_has(const struct lk_profile_report *report, enum lk_kind kind);

/* Each writes REPORT to OUT; false when out of memory. */

/* Tables as pprof's -top has them; of what is no memory a line for each. */
bool lk_report_profile_text(FILE *out, const struct lk_profile_report *report);
/* One object, on one line. */
bool lk_report_profile_json(FILE *out, const struct lk_profile_report *report);
/* A line for each stack, "test_one;parse;xmalloc 100": outermost frame first, and the
 * value that is sorted by, of one kind; for flame graphs. */
bool lk_report_profile_folded(FILE *out, const struct lk_profile_report *report);
/* The source lines where memory was taken, with bytes and blocks beside them. */
bool lk_report_profile_annotate(FILE *out, const struct lk_profile_report *report);

/* What the threads do, snapshot by snapshot (report/threads.h): a paragraph for each
 * thread, or equal stacks counted. */
bool lk_report_profile_threads(FILE *out, const struct lk_profile_report *report);
bool lk_report_profile_threads_by_stack(FILE *out, const struct lk_profile_report *report);

/* What is new, gone and changed: rows in the form of tracemalloc. */
bool lk_report_difference_text(FILE *out, const struct lk_profile_report *report);
/* One object, on one line. */
bool lk_report_difference_json(FILE *out, const struct lk_profile_report *report);

#endif
