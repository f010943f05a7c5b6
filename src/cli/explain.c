/* SPDX-License-Identifier: MIT */
/* The verb explain: what is a leak, what is a note, and what makes a test unsure. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/complain.h"
#include "cli/verb.h"
#include "judge/verdict.h"
#include "report/status.h"

static void print_words(unsigned fail_on)
{
	puts("What a test can be failed for (* fails it under these options):");
	for (int word = 0; word < LK_FAIL_ON_COUNT; word++)
		printf("  %c %-10s %s\n", fail_on >> word & 1 ? '*' : ' ', lk_fail_on_words[word],
		       lk_fail_on_meanings[word]);
}

int lk_verb_explain(char **arguments)
{
	const char *text = getenv(LK_OPTIONS_VARIABLE);
	char error[LK_OPTION_ERROR_MAX], **rest;
	struct lk_options options;

	lk_options_init(&options);
	if (text && !lk_options_parse(&options, text, error)) {
		lk_complain("in " LK_OPTIONS_VARIABLE ": %s", error);
		return LK_STATUS_REFUSED;
	}
	if (lk_args_parse(arguments, &options, &rest) != LK_REQUEST_RUN ||
	    (rest && !lk_verb_takes_nothing("explain", rest)))
		return LK_STATUS_REFUSED;
	unsigned fail_on = options.strict ? LK_FAIL_ON_ALL : options.fail_on;

	puts("A leak is what nobody can reach any more, or what grows when the test runs again.\n"
	     "What else a test leaves behind is a note; what could not be proven makes it unsure.\n"
	     "\nWhat is left, and what comes of it, by what running the test again shows:\n");
	lk_policy_print(stdout, fail_on);
	putchar('\n');
	print_words(fail_on);
	return lk_verb_end_output();
}
