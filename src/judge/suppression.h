/* SPDX-License-Identifier: MIT */
/* Rules that say which leaks are to be ignored, as files and code write them.
 *
 * One rule a line, LeakSanitizer's format with more kinds:
 *
 *     # a comment
 *     leak:png_create_info        # heap; why it is ignored
 *     fd:/var/log/app.log
 *     thread:worker [poll]        that is in poll: how the state of the report begins
 *     thread.created-by:pool_start
 *     leak.top:xstrdup            the innermost frame alone
 *     id:c88a6d1b                 what a report calls LEAK c88a6d1b
 *     test:test_cache             the whole test
 *     test:test_cache [heap fd]   these kinds in that test
 *     once:test_server            is never run again to see whether what it keeps grows
 *
 * or valgrind's braces: `Memcheck:Leak` and `CoreError:FdNotClosed` with
 * `match-leak-kinds:`, `fun:`, `obj:`, `src:` and `...`; entries of other tools or
 * errors are passed over, as valgrind does.  The name of such an entry is its reason.
 *
 * Patterns of the first form: judge/pattern.h, lk_pattern_in, against functions,
 * source files, modules and what the report says of a descriptor or thread. */
#ifndef LK_JUDGE_SUPPRESSION_H
#define LK_JUDGE_SUPPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/finding.h"
#include "model/run.h"

enum { LK_SUPPRESSION_ERROR_MAX = 512 };

enum lk_suppression_where {
	LK_ANYWHERE,
	/* The innermost frame; of a thread, where it is now: the first frame outside of the
	 * C library, and those inside of it. */
	LK_TOP,
	LK_CREATED_BY, /* the function that took it */
};

/* A line of a rule in braces. */
struct lk_suppression_frame {
	enum { LK_FRAME_FUNCTION, LK_FRAME_OBJECT, LK_FRAME_SOURCE, LK_FRAME_ANY } what;
	char *pattern; /* NULL for LK_FRAME_ANY */
};

struct lk_suppression {
	unsigned kinds; /* 1 << enum lk_kind of what it may match */
	bool is_test;	/* PATTERN names a test */
	bool is_whole_test; /* which is not verified at all */
	bool is_once; /* PATTERN names a test that is never run again; covers nothing */
	bool is_id;
	bool is_for_reachable; /* its match-leak-kinds: names only what is still held */
	enum lk_suppression_where where;
	char *pattern; /* NULL: FRAMES say it */
	char *state;   /* of a thread; NULL: any */
	struct lk_suppression_frame *frames; /* innermost first */
	size_t frames_count;
	char *text;   /* as written, for messages; the name of a rule in braces */
	char *reason; /* NULL: none was given */
	const char *file; /* belongs to the list */
	unsigned line;
};

struct lk_suppressions {
	struct lk_suppression *rows;
	size_t count;
	char **files; /* names, for the rows */
	size_t files_count;
};

/* Adds the rules of TEXT (SIZE bytes) to LIST; NAME is the file's, for messages.
 * On failure returns false, writes one sentence with file, line and what was expected
 * into ERROR (LK_SUPPRESSION_ERROR_MAX bytes), and LIST holds what came before. */
bool lk_suppressions_read(struct lk_suppressions *list, const char *name, const char *text,
			  size_t size, char *error);
/* The same for the files in FILES, each name ended by a newline. */
bool lk_suppressions_read_files(struct lk_suppressions *list, const char *files, char *error);
/* Also for a zeroed list. */
void lk_suppressions_release(struct lk_suppressions *list);

/* Does a rule cover FINDING of the test TEST (NULL if unknown)?  The first that does
 * gets a hit in USES, which has a row for each rule and may be shared.  If none does and
 * frames of FINDING have no names, each that might have gets a blind one. */
bool lk_suppressions_cover(const struct lk_suppressions *list, const struct lk_finding *finding,
			   const char *test, struct lk_rule_use *uses);

/* Does a rule leave TEST out as a whole?  It gets a hit. */
bool lk_suppressions_cover_test(const struct lk_suppressions *list, const char *test,
				struct lk_rule_use *uses);
/* Does one keep TEST from being run again?  It gets a hit. */
bool lk_suppressions_run_once(const struct lk_suppressions *list, const char *test,
			      struct lk_rule_use *uses);

#endif
