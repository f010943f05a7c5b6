/* SPDX-License-Identifier: MIT */
/* A finding: what one stack left behind, named and grouped.
 *
 * Made from a snapshot; owns everything it points to except the snapshot's
 * modules, which must outlive it. */
#ifndef LK_JUDGE_FINDING_H
#define LK_JUDGE_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/release.h"
#include "judge/symbols.h"
#include "judge/verdict.h"
#include "judge/waits.h"
#include "model/run.h"
#include "model/snapshot.h"

/* What had happened before, of a descriptor that was misused; who has how much, of a limit
 * that was broken. */
struct lk_earlier {
	char what[64]; /* "opened at"; empty: there is none */
	struct lk_frame *frames;
	size_t frames_count;
};
enum { LK_EARLIER_MAX = 3 };

struct lk_finding {
	enum lk_kind kind;
	enum lk_class class;
	enum lk_again again;
	enum lk_ruling ruling;
	const struct lk_series *series; /* in the snapshot; runs are 0 if it was not run again */
	uint64_t blocks, bytes; /* of heap and handles only */
	uint64_t serial; /* of the first block, among the allocations of the test; or 0 */
	uint64_t known;		/* how much of it the baseline has, if that is not all */
	uint64_t inner; /* of the blocks: only pointers into them, none to their start */
	uint64_t through_blocks, through_bytes; /* and lost with them */
	char *holder; /* of a block that is held, in words; else NULL */
	char *what;		/* descriptor, thread: which one, in words; else NULL */
	uint32_t id;		/* stable: kind, modules and functions, no line numbers */
	struct lk_frame *frames; /* innermost first, our own and Check's left out */
	size_t frames_count;
	size_t suspect; /* index of the suspect frame; frames_count if there is none */
	bool cut;	/* outer frames are missing */
	bool is_hidden; /* it has a row because the policy lists all; people do not ask for it */
	struct lk_sibling_release released; /* heap: where others from there go */
	struct lk_earlier earlier[LK_EARLIER_MAX]; /* latest first */
	/* Of a limit; in the snapshot.  Else NULL. */
	const struct lk_breach *limit;
	/* Of a thread: what it does now; among findings.waits.  Else NULL. */
	const struct lk_thread_waits *doing;
};

struct lk_findings {
	/* Those that fail the test first; heap by bytes, then descriptors, then threads. */
	struct lk_finding *rows;
	size_t count, hidden;
	uint64_t unproven; /* of the rows that are not hidden */
	/* Over all rows and those beyond LK_FINDINGS_MAX, which have no row. */
	uint64_t leaks[LK_KIND_COUNT]; /* that fail: sites of heap; descriptors; threads */
	uint64_t blocks, bytes;	       /* of the heap sites that fail */
	uint64_t left_out;	       /* leaks without a row */
	uint64_t rulings[LK_RULING_COUNT]; /* findings by ruling */
	char not_again[LK_NOT_AGAIN_MAX]; /* why it could not be run again; may be empty */
	long expected; /* leaks that the test said it leaves, or -1 */
	struct lk_waits waits; /* of all threads, if one was left */
	struct lk_symbols *symbols;
};

/* Rows beyond this only count, so that a report stays bounded. */
enum { LK_FINDINGS_MAX = 1000, LK_UNPROVEN_MAX = 10 };

struct lk_suppressions;
struct lk_baseline;

struct lk_policy {
	unsigned fail_on; /* bits 1 << enum lk_fail_on */
	bool is_dump;	  /* the test goes on; its threads are told by who prints the dump */
	bool notes;	  /* also make rows of what fails no test */
	bool lists_all;	  /* make rows of everything, for programs that read them */
	/* Rules that say what to ignore, NULL for none; what each one did goes to USES. */
	const struct lk_suppressions *suppressions;
	struct lk_rule_use *uses;
	/* Leaks that are known, NULL for none; how much of each was there goes to COVERED. */
	struct lk_baseline *baseline;
	uint64_t *covered;
	const char *test; /* the test's name, NULL if it is unknown */
};

/* The policy that OPTIONS ask for. */
struct lk_policy lk_policy_of(const struct lk_options *options);

/* Names, groups and judges what SNAPSHOT holds.  What fails no test is counted, and
 * named only if the policy wants notes.  False when out of memory. */
bool lk_findings_make(const struct lk_snapshot *snapshot, const struct lk_policy *policy,
		      struct lk_findings *ret);
/* Also for a zeroed struct, and twice. */
void lk_findings_release(struct lk_findings *findings);

/* Is ROW the first of its id that fails the test? */
bool lk_findings_is_first(const struct lk_findings *findings, size_t row);

/* Findings of all kinds that fail the test. */
uint64_t lk_findings_leaks(const struct lk_findings *findings);

#endif
