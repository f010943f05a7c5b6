/* SPDX-License-Identifier: MIT */
/* The verb baseline: runs the program and writes down what leaks. */
#include <string.h>

#include "cli/complain.h"
#include "cli/run.h"
#include "cli/verb.h"
#include "report/status.h"

int lk_verb_baseline(char **arguments)
{
	struct lk_options options;
	char **rest;
	int status;

	if (!lk_run_options(arguments, &options, &rest, &status))
		return status;
	char **program = rest ? rest + 1 : NULL;
	if (program && *program && strcmp(*program, "--") == 0)
		program++;
	if (!program || !*program) {
		lk_complain("no program is named; usage: "
			    "leakcheck baseline [options] file [--] program [arguments]");
		return LK_STATUS_REFUSED;
	}
	/* What is known already is to be in the new file, too. */
	options.baseline[0] = '\0';
	return lk_run(program, &options, rest[0]);
}
