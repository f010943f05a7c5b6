/* SPDX-License-Identifier: MIT */
/* What the triage page shows, in short for a terminal and whole as JSON. */
#ifndef LK_REPORT_TRIAGE_H
#define LK_REPORT_TRIAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "report/page.h"

/* Leaks by number and kind, the first of them, patterns of threads, and what grows.  False
 * when out of memory. */
bool lk_triage_text(FILE *out, const struct lk_page *page);

/* One object: counters, findings, threads and patterns of each test's end and of the last
 * snapshot of each process, and trends.  False when out of memory: the object is cut off. */
bool lk_triage_json(FILE *out, const struct lk_page *page);

#endif
