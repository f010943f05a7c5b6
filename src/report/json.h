/* SPDX-License-Identifier: MIT */
/* A test's outcome as one line of JSON (RFC 8259). */
#ifndef LK_REPORT_JSON_H
#define LK_REPORT_JSON_H

#include <stdio.h>

#include "judge/finding.h"

struct lk_json_test {
	const char *name; /* NULL if it is unknown */
	const char *file; /* where START_TEST stands; empty if that is unknown */
	unsigned line;
	enum lk_verdict verdict;
};

/* {"test": ..., "verdict": ..., "findings": [...]}, without a newline.  Bytes that are
 * not UTF-8 become U+FFFD. */
void lk_json_test(FILE *out, const struct lk_json_test *test, const struct lk_findings *findings);

/* The members of an object that tell what a thread does, without braces. */
void lk_json_thread(FILE *out, const struct lk_thread_waits *doing);

/* TEXT in quotes. */
void lk_json_text(FILE *out, const char *text);

#endif
