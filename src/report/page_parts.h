/* SPDX-License-Identifier: MIT */
/* The sections of the triage page: each in a file of its own.  Each begins with its
 * heading and says so if there is nothing; false when out of memory. */
#ifndef LK_REPORT_PAGE_PARTS_H
#define LK_REPORT_PAGE_PARTS_H

#include "report/page.h"

/* What a section works on. */
struct lk_page_view {
	const struct lk_page *page;
	/* By part: the last of its process, or the end of a test.  Earlier ones of a process
	 * are of interest for trends only. */
	bool *is_last;
	/* By part: what memory is summed up over: tests, or processes if there are none. */
	bool *is_summed;
	size_t tests;	/* parts that are the end of a test */
	size_t growing; /* places from which memory, descriptors or threads grow over time */
};

/* X(function, id, title) in the order of the page. */
#define LK_PAGE_SECTIONS(X)                       \
	X(findings, "leaks", "Leaks")             \
	X(flame, "memory", "Memory")              \
	X(threads, "threads", "Threads")          \
	X(descriptors, "descriptors", "Descriptors") \
	X(counters, "counters", "Counters")       \
	X(tests, "tests", "Tests")                \
	X(trends, "trends", "Over time")          \
	X(doubts, "doubts", "Not sure")

#define LK_NAME(name, id, title) bool lk_page_##name(FILE *out, const struct lk_page_view *view);
LK_PAGE_SECTIONS(LK_NAME)
#undef LK_NAME

/* Part of the section on memory: the table of all sites. */
bool lk_page_sites(FILE *out, const struct lk_page_view *view);

/* "header_add parse.c:88": where a reader should look first in STACK of PROFILE; UNKNOWN if
 * it is the empty one. */
void lk_page_origin(FILE *out, const struct lk_profile *profile, size_t stack,
		    const char *unknown);

/* "test_header", or "process 4711". */
void lk_page_part_name(FILE *out, const struct lk_page_part *part);

static inline const struct lk_moment *lk_page_moment(const struct lk_page_view *view, size_t part)
{
	return &view->page->parts[part].snapshot->moment;
}

#endif
