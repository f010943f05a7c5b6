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

#include "judge/symbols.h"
#include "model/snapshot.h"

/* Kinds of leaks: X(name, how a report calls one). */
#define LK_KINDS(X)                  \
	X(heap, "heap")              \
	X(descriptor, "fd")          \
	X(thread, "thread")

enum lk_kind {
#define LK_NAME(name, text) LK_KIND_##name,
	LK_KINDS(LK_NAME)
#undef LK_NAME
	LK_KIND_COUNT
};

/* How a report calls KIND: "heap", "fd", "thread". */
const char *lk_kind_name(enum lk_kind kind);

struct lk_finding {
	enum lk_kind kind;
	uint64_t blocks, bytes; /* heap only */
	char *what;		/* descriptor, thread: which one, in words; else NULL */
	uint32_t id;		/* stable: kind, modules and functions, no line numbers */
	struct lk_frame *frames; /* innermost first, our own and Check's left out */
	size_t frames_count;
	size_t suspect; /* index of the suspect frame; frames_count if there is none */
	bool cut;	/* outer frames are missing */
};

struct lk_findings {
	struct lk_finding *rows; /* heap by bytes, then descriptors, then threads */
	size_t count;
	/* Leaks over all rows and those beyond LK_FINDINGS_MAX, which have no row. */
	uint64_t leaks[LK_KIND_COUNT]; /* sites of heap; descriptors; threads */
	uint64_t blocks, bytes;	       /* heap */
	uint64_t left_out;	       /* leaks without a row */
	struct lk_symbols *symbols;
};

/* Rows beyond this only count, so that a report stays bounded. */
enum { LK_FINDINGS_MAX = 1000 };

/* Names and groups what SNAPSHOT holds.  IGNORE_LIBC leaves out what the C library
 * keeps once (judge/libc_once.h).  False when out of memory. */
bool lk_findings_make(const struct lk_snapshot *snapshot, bool ignore_libc,
		      struct lk_findings *ret);
/* Also for a zeroed struct, and twice. */
void lk_findings_release(struct lk_findings *findings);

/* Leaks of all kinds. */
uint64_t lk_findings_leaks(const struct lk_findings *findings);

#endif
