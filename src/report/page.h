/* SPDX-License-Identifier: MIT */
/* The triage page: one HTML file, without network, that shows what snapshots hold - what
 * leaked, where memory comes from, threads and whom they wait for, descriptors, counters,
 * tests, trends, and what is not known for sure.
 *
 * Tables and details are plain HTML, so it can be read without scripts; the script adds
 * search and zoom.  Names from outside are text, never markup, and if one were, the page's
 * Content-Security-Policy would keep it from running or loading anything. */
#ifndef LK_REPORT_PAGE_H
#define LK_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "judge/finding.h"
#include "judge/profile.h"
#include "model/snapshot.h"

struct lk_page_part {
	const struct lk_snapshot *snapshot;
	/* Of that snapshot, notes included; of one that is not the last of its process
	 * they are not looked at. */
	const struct lk_findings *findings;
};

struct lk_page {
	const struct lk_page_part *parts; /* in the order in which they were taken */
	size_t parts_count;
	const struct lk_profile *profile; /* to which all of them were added, in that order */
	/* What the reader has to know besides: sentences, not escaped. */
	const char *const *doubts;
	size_t doubts_count;
};

/* Is PART the end of a test, or the last snapshot of a process? */
bool lk_page_is_last(const struct lk_page *page, size_t part);

/* Writes the page.  False when out of memory: the page is cut off. */
bool lk_page_write(FILE *out, const struct lk_page *page);

#endif
