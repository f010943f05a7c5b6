/* SPDX-License-Identifier: MIT */
/* Findings as text: the whole report, and the message that fits into Check's. */
#ifndef LK_REPORT_TEXT_H
#define LK_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "judge/finding.h"

/* "3 leaks: heap 128 B in 4 blocks, fd 1, thread 1"; "no leak, 2 not proven" */
void lk_report_headline(FILE *out, const struct lk_findings *findings);

/* What was found: "heap 128 B in 4 blocks, lost: nothing points to them, from"; its stack
 * is to follow.  Names from outside are escaped. */
void lk_report_sentence(FILE *out, const struct lk_finding *finding);

/* All findings with their stacks.  Each line starts with PREFIX; in a test's
 * message that is "  # ", so that no line can be taken for TAP. */
void lk_report_findings(FILE *out, const struct lk_findings *findings, const char *prefix);

/* The first of each kind, heap by bytes, without a judgement: what a test that was
 * never judged has at the moment. */
void lk_report_left(FILE *out, const struct lk_findings *findings, const char *prefix);

/* The message for Check: "leakcheck: ", the headline, the findings; at most SIZE
 * bytes without the final zero.  What does not fit is left out by whole lines, and
 * the last line then says how many leaks are missing and that the whole report is
 * in WHOLE ("standard error", a file's name).  The caller frees it; NULL when out
 * of memory.  *RET_CUT tells whether something was left out. */
char *lk_report_message(const struct lk_findings *findings, size_t size, const char *whole,
			bool *ret_cut);

#endif
