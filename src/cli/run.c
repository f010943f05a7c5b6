/* SPDX-License-Identifier: MIT */
/* The verb run: the program with the library in it, then the summary. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/child.h"
#include "cli/complain.h"
#include "cli/preload.h"
#include "cli/program.h"
#include "cli/record.h"
#include "cli/verb.h"
#include "report/rules.h"
#include "report/status.h"
#include "report/summary.h"

/* The settings before the command line: defaults, run's own, the environment. */
static bool read_environment(struct lk_options *options)
{
	const char *text = getenv(LK_OPTIONS_VARIABLE);
	char error[LK_OPTION_ERROR_MAX];

	lk_options_init(options);
	options->verify_all = true;
	return !text || lk_options_parse(options, text, error) ||
	       lk_complain("in " LK_OPTIONS_VARIABLE ": %s", error);
}

/* The program may change its folder, so names of files become absolute.  NAME has room
 * for LK_OPTION_TEXT_MAX bytes; WHAT it is, for the sentence. */
static bool make_absolute(char *name, const char *what)
{
	char folder[PATH_MAX], absolute[PATH_MAX + LK_OPTION_TEXT_MAX];

	if (name[0] == '/')
		return true;
	if (!getcwd(folder, sizeof folder))
		return lk_complain("cannot tell the current directory: %s", strerror(errno));
	if (snprintf(absolute, sizeof absolute, "%s/%s", folder, name) >= LK_OPTION_TEXT_MAX)
		return lk_complain("the path of the %s is too long: '%s'", what, absolute);
	strcpy(name, absolute);
	return true;
}

/* Empties the report, so that it holds this run alone: the library appends. */
static bool begin_report(char *name)
{
	if (name[0] == '\0')
		return true;
	if (!make_absolute(name, "report"))
		return false;

	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return lk_complain("cannot write the report '%s': %s", name, strerror(errno));
	close(fd);
	return true;
}

/* Reads the rules here too, so that nothing runs when they cannot be read. */
static bool read_rules(struct lk_options *options, struct lk_suppressions *rules)
{
	char error[LK_SUPPRESSION_ERROR_MAX], name[LK_OPTION_TEXT_MAX], *names;

	if (!lk_suppressions_read_files(rules, options->suppressions, error))
		return lk_complain("%s", error);
	names = strdup(options->suppressions);
	if (!names)
		return lk_complain("there is no memory left");
	options->suppressions[0] = '\0';
	bool ok = true;
	for (char *rest = names, *one; ok && (one = strtok_r(rest, "\n", &rest));) {
		strcpy(name, one);
		ok = make_absolute(name, "suppressions") &&
		     (lk_options_set(options, "suppressions", 12, name, error) ||
		      lk_complain("%s", error));
	}
	free(names);
	return ok;
}

static bool hand_on(const struct lk_options *options)
{
	static char text[LK_ARGS_TEXT_MAX];

	if (!lk_args_hand_on(options, text, sizeof text))
		return lk_complain("the options are too long");
	return setenv(LK_OPTIONS_VARIABLE, text, 1) == 0 ||
	       lk_complain("cannot set " LK_OPTIONS_VARIABLE ": %s", strerror(errno));
}

/* Runs the program and tells what was seen; returns the exit status. */
static int run(char **program, struct lk_options *options)
{
	struct lk_suppressions rules = { 0 };
	char path[PATH_MAX];
	int status;

	if (!lk_program_find(program[0], path) || !lk_program_inspect(path) ||
	    !lk_preload_library() || !read_rules(options, &rules) ||
	    !begin_report(options->report) || !hand_on(options))
		return LK_STATUS_REFUSED;

	struct lk_run *record = lk_record_create();
	if (!record || !lk_child_run(path, program, &status))
		return LK_STATUS_REFUSED;
	/* A process that the program left behind may still write to the record. */
	struct lk_run seen = *record;
	lk_record_close(&seen, status);
	lk_summary_print(&seen, stderr);
	seen.stale_rules += lk_report_stale_rules(stderr, &rules, seen.rules, 0);

	lk_record_complain_if_empty(&seen, options->verify_all);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		lk_child_end_alike(status);
	return lk_record_status(&seen, options);
}

int lk_verb_run(char **arguments)
{
	static char *nothing[] = { NULL };
	struct lk_options options;
	char **program;

	if (!read_environment(&options))
		return LK_STATUS_REFUSED;
	switch (lk_args_parse(arguments, &options, &program)) {
	case LK_REQUEST_HELP:
		return lk_verb_help(nothing);
	case LK_REQUEST_VERSION:
		return lk_verb_version(nothing);
	case LK_REQUEST_WRONG:
		return LK_STATUS_REFUSED;
	case LK_REQUEST_RUN:
		break;
	}
	if (!program) {
		lk_complain("no program is named; usage: "
			    "leakcheck [run] [options] [--] program [arguments]");
		return LK_STATUS_REFUSED;
	}
	return run(program, &options);
}
