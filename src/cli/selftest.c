/* SPDX-License-Identifier: MIT */
/* The verb selftest: is each kind of leak caught in this program's own set-up? */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/complain.h"
#include "cli/run.h"
#include "cli/verb.h"
#include "judge/verdict.h"
#include "report/plural.h"
#include "report/status.h"
#include "report/summary.h"

/* The bit of OPTIONS that watches KIND. */
static bool is_watched(const struct lk_options *options, int kind)
{
	switch (kind) {
	case LK_KIND_heap:
		return options->heap;
	case LK_KIND_descriptor:
		return options->descriptors;
	case LK_KIND_thread:
		return options->threads;
	default:
		return options->children;
	}
}

static int tell(const struct lk_run *seen, const struct lk_options *options)
{
	bool all = seen->tests_planted > 0;

	/* What is left behind; misuse is nothing left. */
	for (int kind = 0; kind <= LK_KIND_child; kind++) {
		if (!is_watched(options, kind)) {
			printf("%-8s not watched, as you asked\n", lk_kind_name(kind));
			continue;
		}
		printf("%-8s caught in %" PRIu64 " of %" PRIu64 " test%s\n", lk_kind_name(kind),
		       seen->harvest[kind], seen->tests_planted, lk_plural(seen->tests_planted));
		all &= seen->harvest[kind] == seen->tests_planted;
	}
	/* Why something was not: notices, and tests that got no verdict. */
	lk_summary_print_doubts(seen, stdout);
	int status = lk_verb_end_output();
	return status != LK_STATUS_CLEAN ? status : all ? LK_STATUS_CLEAN : LK_STATUS_UNSURE;
}

int lk_verb_selftest(char **arguments)
{
	struct lk_options options;
	struct lk_run seen;
	char **program;
	int status;

	if (!lk_run_options(arguments, &options, &program, &status))
		return status;
	if (!program) {
		lk_complain("no program is named; usage: "
			    "leakcheck selftest [options] [--] program [arguments]");
		return LK_STATUS_REFUSED;
	}
	if (!lk_run_planted(program, &options, &seen))
		return LK_STATUS_REFUSED;
	return tell(&seen, &options);
}
