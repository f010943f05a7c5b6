/* SPDX-License-Identifier: MIT */
/* Tables from a profile: tracemalloc's statistics, pprof's -top.
 *
 * Each sample counts at one place - where a reader should look first, see struct
 * lk_profile_stack - and cumulatively at each place that its stack goes through, at each
 * once, also where a function calls itself. */
#ifndef LK_JUDGE_STATISTICS_H
#define LK_JUDGE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/profile.h"

/* What may stand for one row: X(name, meaning). */
#define LK_GROUPS(X)                                      \
	X(function, "function, of one source file")       \
	X(line, "source line")                            \
	X(file, "source file")                            \
	X(library, "program or library")                  \
	X(stack, "whole stack")                           \
	X(test, "test")                                   \
	X(state, "what a descriptor is, a thread does")   \
	X(each, "each descriptor, thread, child process")

enum lk_group {
#define LK_NAME(name, meaning) LK_GROUP_##name,
	LK_GROUPS(LK_NAME)
#undef LK_NAME
		LK_GROUP_COUNT
};
extern const char *const lk_group_names[LK_GROUP_COUNT];
extern const char *const lk_group_meanings[LK_GROUP_COUNT];

/* A sample is kept if one of the filters that include matches, or there is none of them,
 * and none that excludes.  A pattern is the whole of a function's name, of a file's, of
 * its base name, each also with ":LINE", or of a library's path or base name; `*` is any
 * run of bytes, `?` any byte. */
struct lk_filter {
	const char *pattern;
	bool excludes;
	bool first_only; /* looks at the place where the sample counts, not at all frames */
};

struct lk_selection {
	enum lk_kind kind;
	enum lk_group group;
	enum lk_value sort;
	bool cumulative; /* sort by cumulative values, and have rows for all frames */
	const struct lk_filter *filters;
	size_t filters_count;
	const char *test; /* glob; NULL: of all tests, and outside of tests */
	/* Indices into profile->parts: parts [first_part, end_part) only. */
	size_t first_part, end_part;
};

/* Strings belong to the profile or the statistics; not escaped. */
struct lk_row {
	const char *label;    /* "parse.c:88", "header_add", "libz.so.1+0x12", "test_header" */
	const char *function; /* of function and line, NULL unknown */
	const char *file;     /* of function, line and file, NULL unknown */
	unsigned line;	      /* of line, 0 unknown */
	size_t module;	      /* LK_PROFILE_NONE: none */
	size_t stack;	      /* of stack, each: index into the profile's; else of one sample */
	const char *state;    /* of state, each */
	uint64_t samples;
	uint64_t values[LK_VALUE_COUNT], cumulative[LK_VALUE_COUNT];
	uint64_t key[3]; /* what the row stands for, within the profile */
};

struct lk_statistics {
	/* As tracemalloc sorts: by bytes, blocks, label, each downwards; or by the value
	 * that was asked for, the other one of the same blocks, label. */
	struct lk_row *rows;
	size_t count, room;
	uint64_t total[LK_VALUE_COUNT]; /* of the samples that were kept */
	uint64_t samples, left_out;	/* kept; and not, though of the kind and parts */
	struct lk_interner strings;	/* its own */
};

/* Selects live heap by function, of the whole profile. */
void lk_selection_init(struct lk_selection *ret, const struct lk_profile *profile);
/* False when out of memory.  PROFILE must outlive the result. */
bool lk_statistics_make(const struct lk_profile *profile, const struct lk_selection *selection,
			struct lk_statistics *ret);
/* The same with rows in no order. */
bool lk_statistics_gather(const struct lk_profile *profile, const struct lk_selection *selection,
			  struct lk_statistics *ret);
/* Also for a zeroed struct, and twice. */
void lk_statistics_release(struct lk_statistics *statistics);

/* Orders labels as tracemalloc orders tracebacks: by file, line, function, label; stacks
 * frame by frame from the outermost. */
int lk_row_compare_labels(const struct lk_profile *profile, enum lk_group group,
			  const struct lk_row *one, const struct lk_row *other);
/* The value that breaks ties of VALUE: bytes and blocks of the same. */
enum lk_value lk_value_other(enum lk_value value);

/* The line on which the values of STACK count, and its location; NULL for the empty
 * stack. */
const struct lk_profile_line *lk_profile_suspect(const struct lk_profile *profile, size_t stack,
						 const struct lk_profile_location **location);

#endif
