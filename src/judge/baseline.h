/* SPDX-License-Identifier: MIT */
/* Leaks that are known: only new ones, and those that have grown, fail a test.
 *
 * The file of a baseline is a line for each leak: its stable id, the test that leaves
 * it, how much of it (blocks of memory; descriptors, threads or processes with that
 * id), and after ` #` what it was when it was recorded.
 *
 *     c88a6d1b test_header 2  # heap, header_add at parse.c:88
 */
#ifndef LK_JUDGE_BASELINE_H
#define LK_JUDGE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "judge/finding.h"

enum { LK_BASELINE_ERROR_MAX = 512 };

struct lk_baseline_row {
	uint32_t id;
	uint64_t count;
	uint64_t left; /* of COUNT, while one test is judged */
	char *test;
	char *line; /* as the file has it */
};

struct lk_baseline {
	struct lk_baseline_row *rows;
	size_t count; /* LK_RULES_MAX at most */
};

/* Reads the file NAME.  False after a sentence in ERROR (LK_BASELINE_ERROR_MAX bytes). */
bool lk_baseline_read(struct lk_baseline *baseline, const char *name, char *error);
/* Also for a zeroed struct. */
void lk_baseline_release(struct lk_baseline *baseline);

/* Another test is about to be judged: what is known is known anew. */
void lk_baseline_begin(struct lk_baseline *baseline);

/* What FINDING counts as: its blocks, or 1. */
uint64_t lk_baseline_amount(const struct lk_finding *finding);

/* How much of FINDING in TEST is known: takes it out of what is left, and notes in
 * COVERED, a row for each of the baseline's and maybe shared, the most that a row has
 * covered in one test. */
uint64_t lk_baseline_cover(struct lk_baseline *baseline, const struct lk_finding *finding,
			   const char *test, uint64_t *covered);

/* Writes the rows for FINDINGS that fail TEST, each behind the digit MARK; the same id
 * twice makes one row. */
void lk_baseline_write(FILE *out, const struct lk_findings *findings, const char *test, int mark);

#endif
