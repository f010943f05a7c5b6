/* SPDX-License-Identifier: MIT */
/* The verbs of the leakcheck program.  To add one: its file, its line here and
 * its row in main.c. */
#ifndef LK_CLI_VERB_H
#define LK_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

struct lk_verb {
	const char *name;
	/* ARGUMENTS are the words behind the verb, NULL at the end; returns the
	 * exit status of leakcheck. */
	int (*main)(char **arguments);
	const char *arguments; /* as --help shows them */
	const char *help;
};

extern const struct lk_verb lk_verbs[];
extern const size_t lk_verbs_count;

int lk_verb_run(char **arguments);
int lk_verb_baseline(char **arguments);
int lk_verb_selftest(char **arguments);
int lk_verb_explain(char **arguments);
int lk_verb_report(char **arguments);
int lk_verb_top(char **arguments);
int lk_verb_diff(char **arguments);
int lk_verb_merge(char **arguments);
int lk_verb_triage(char **arguments);
int lk_verb_help(char **arguments);
int lk_verb_version(char **arguments);

/* False after one sentence if there are ARGUMENTS. */
bool lk_verb_takes_nothing(const char *verb, char **arguments);

/* Closes standard output: 0, or LK_STATUS_REFUSED after one sentence when what
 * was printed did not get through. */
int lk_verb_end_output(void);

#endif
