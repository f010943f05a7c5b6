/* SPDX-License-Identifier: MIT */
/* What is said of a finding, and of a test.
 *
 * A finding has a class (verdict.def).  If the test was run again, that says
 * whether the finding grows.  Both lead to a word of --fail-on (base/fail_on.def),
 * and that to a ruling.  Never green on missing data: what could not be proven or
 * watched makes a test unsure, not clean. */
#ifndef LK_JUDGE_VERDICT_H
#define LK_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/options.h"
#include "model/run.h"

/* Kinds of findings: X(name, how a report calls one). */
#define LK_KINDS(X)         \
	X(heap, "heap")     \
	X(descriptor, "fd") \
	X(thread, "thread") \
	X(child, "child")   \
	X(misuse, "fd-misuse") \
	X(handle, "handle") \
	X(budget, "budget")

enum lk_kind {
#define LK_NAME(name, text) LK_KIND_##name,
	LK_KINDS(LK_NAME)
#undef LK_NAME
		LK_KIND_COUNT
};

_Static_assert((int)LK_KIND_COUNT <= (int)LK_RUN_KINDS_MAX, "a run counts all kinds");

/* How a report calls KIND: "heap", "fd", "thread", "child". */
const char *lk_kind_name(enum lk_kind kind);

enum lk_class {
#define LK_CLASS(name, ...) LK_CLASS_##name,
#include "judge/verdict.def"
#undef LK_CLASS
	LK_CLASS_COUNT
};

/* What running the test again showed: X(name, in words).  The order is that of the
 * columns of verdict.def. */
#define LK_AGAIN_LIST(X)                     \
	X(unknown, "could not be run again") \
	X(once, "happens once")              \
	X(settles, "rises, then stops")      \
	X(grows, "rises each time")

enum lk_again {
#define LK_NAME(name, text) LK_AGAIN_##name,
	LK_AGAIN_LIST(LK_NAME)
#undef LK_NAME
		LK_AGAIN_COUNT
};

enum lk_ruling {
	LK_RULING_fail,
	LK_RULING_unproven,
	LK_RULING_note,
	LK_RULING_ignored, /* a rule of the user's covers it (judge/suppression.h) */
	LK_RULING_known,   /* the baseline has it (judge/baseline.h) */
	LK_RULING_COUNT
};

/* One row of the policy. */
struct lk_class_row {
	enum lk_kind kind;
	const char *word, *known_by;
	enum lk_fail_on leads_to[LK_AGAIN_COUNT];
};
extern const struct lk_class_row lk_class_rows[LK_CLASS_COUNT];
extern const char *const lk_again_words[LK_AGAIN_COUNT];
/* "leak", "unsure", "note", "ignored", "known" */
extern const char *const lk_ruling_words[LK_RULING_COUNT];

/* The ruling when tests are failed for the words of FAIL_ON (bits 1 << enum
 * lk_fail_on). */
enum lk_ruling lk_rule(enum lk_class class, enum lk_again again, unsigned fail_on);

/* Is the ruling on CLASS the same, whatever running again shows? */
bool lk_class_is_constant(enum lk_class class);

/* The whole policy as a table for people, under FAIL_ON. */
void lk_policy_print(FILE *out, unsigned fail_on);

enum lk_verdict { LK_CLEAN, LK_LEAKED, LK_UNSURE };
/* "clean", "leaked", "unsure" */
extern const char *const lk_verdict_words[LK_UNSURE + 1];

/* LEAKS findings fail the test; BLIND_SPOTS counts findings that are unproven, and
 * kinds of resources or events that were not seen. */
static inline enum lk_verdict lk_judge(uint64_t leaks, uint64_t blind_spots)
{
	if (leaks > 0)
		return LK_LEAKED;
	return blind_spots > 0 ? LK_UNSURE : LK_CLEAN;
}

#endif
