/* SPDX-License-Identifier: MIT */
/* The leakcheck program: a first word that is a verb is the verb, anything else
 * belongs to the verb run. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "cli/complain.h"
#include "cli/verb.h"
#include "report/status.h"

const struct lk_verb lk_verbs[] = {
	{ "run", lk_verb_run, "[options] [--] program [arguments]",
	  "run a Check program and fail the tests that leak; `run` may be left out" },
	{ "explain", lk_verb_explain, "[options]",
	  "print what is a leak, what is a note, and what makes a test unsure" },
	{ "baseline", lk_verb_baseline, "[options] file [--] program [arguments]",
	  "run a program and write its leaks to a file for --baseline" },
	{ "selftest", lk_verb_selftest, "[options] [--] program [arguments]",
	  "show that each kind of leak is caught in the tests of this very program" },
	{ "report", lk_verb_report, "[options] file...",
	  "print what captures hold; `leakcheck report --help` lists the options" },
	{ "top", lk_verb_top, "[options] file...", "print which functions hold the most memory" },
	{ "diff", lk_verb_diff, "[options] old new",
	  "print what is new, gone and grown from one capture to another" },
	{ "merge", lk_verb_merge, "-o out file...", "write the snapshots of captures into one" },
	{ "triage", lk_verb_triage, "[-o page.html] [--json[=FILE]] file... | [options] -- program",
	  "put all that captures hold, or that a program leaves, on one page for a browser" },
	{ "help", lk_verb_help, "", "print this text" },
	{ "version", lk_verb_version, "", "print the version" },
};
const size_t lk_verbs_count = LK_COUNT(lk_verbs);

bool lk_verb_takes_nothing(const char *verb, char **arguments)
{
	return !*arguments ||
	       lk_complain("'%s' takes no argument; a program of that name: leakcheck -- %s", verb,
			   verb);
}

int lk_verb_end_output(void)
{
	/* What was written early may have failed long ago. */
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) == 0 && !failed)
		return LK_STATUS_CLEAN;
	lk_complain("cannot write to standard output: %s", strerror(errno));
	return LK_STATUS_REFUSED;
}

int main(int argc, char **argv)
{
	/* A line is written at once, not torn apart by what the program writes. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (argc < 2)
		return lk_verb_run(argv + argc);
	for (size_t i = 0; i < lk_verbs_count; i++)
		if (strcmp(argv[1], lk_verbs[i].name) == 0)
			return lk_verbs[i].main(argv + 2);
	return lk_verb_run(argv + 1);
}
