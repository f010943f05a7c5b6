/* SPDX-License-Identifier: MIT */
/* The verb run: the program with the library in it, then the summary. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/captures.h"
#include "cli/child.h"
#include "cli/complain.h"
#include "cli/ledger.h"
#include "cli/preload.h"
#include "cli/products.h"
#include "cli/program.h"
#include "cli/record.h"
#include "cli/run.h"
#include "cli/triage.h"
#include "cli/verb.h"
#include "report/plural.h"
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

bool lk_run_options(char **arguments, struct lk_options *options, char ***rest, int *status)
{
	static char *nothing[] = { NULL };

	*status = LK_STATUS_REFUSED;
	if (!read_environment(options))
		return false;
	switch (lk_args_parse(arguments, options, rest)) {
	case LK_REQUEST_RUN:
		return true;
	case LK_REQUEST_HELP:
		*status = lk_verb_help(nothing);
		break;
	case LK_REQUEST_VERSION:
		*status = lk_verb_version(nothing);
		break;
	case LK_REQUEST_WRONG:
		break;
	}
	return false;
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

static bool begin_capture(struct lk_options *options)
{
	return (!options->capture[0] || make_absolute(options->capture, "capture")) &&
	       lk_captures_begin(options, lk_products_are_wanted(options) || options->every > 0);
}

/* What the library ignores, read here too, so that nothing runs when it cannot be. */
struct ignored {
	struct lk_suppressions rules;
	struct lk_baseline baseline;
	const char *new_baseline; /* the file to write, or NULL */
};

static bool make_all_absolute(char *list)
{
	char names[LK_OPTION_LIST_MAX], name[LK_OPTION_TEXT_MAX];
	size_t used = 0;

	strcpy(names, list);
	for (char *rest = names, *one; (one = strtok_r(rest, "\n", &rest));) {
		strcpy(name, one);
		if (!make_absolute(name, "suppressions"))
			return false;
		if (used + strlen(name) + 1 >= LK_OPTION_LIST_MAX)
			return lk_complain("the paths of the suppressions are too long");
		used += (size_t)sprintf(list + used, "%s\n", name);
	}
	return true;
}

static bool read_ignored(struct lk_options *options, struct ignored *ignored)
{
	char error[LK_SUPPRESSION_ERROR_MAX], *baseline = options->baseline;

	if (!lk_suppressions_read_files(&ignored->rules, options->suppressions, error) ||
	    (baseline[0] && !lk_baseline_read(&ignored->baseline, baseline, error)))
		return lk_complain("%s", error);
	return make_all_absolute(options->suppressions) &&
	       (!baseline[0] || make_absolute(baseline, "baseline"));
}

static bool hand_on(const struct lk_options *options)
{
	static char text[LK_ARGS_TEXT_MAX];

	if (!lk_args_hand_on(options, text, sizeof text))
		return lk_complain("the options are too long");
	return setenv(LK_OPTIONS_VARIABLE, text, 1) == 0 ||
	       lk_complain("cannot set " LK_OPTIONS_VARIABLE ": %s", strerror(errno));
}

static unsigned wanted_of(const struct lk_options *options, const char *baseline)
{
	return (options->json[0] ? LK_WANTED_JSON : 0) |
	       (options->baseline[0] ? LK_WANTED_TESTS : 0) | (baseline ? LK_WANTED_KNOWN : 0);
}

/* What the tests told goes where the options say; returns whether it got there. */
static bool write_files(const struct lk_options *options, const struct lk_run *seen,
			char *const *program, const struct ignored *ignored)
{
	struct lk_ledger ledger = { 0 };
	bool ok = true;

	if (seen->ledger_wanted == 0)
		return true;
	if (!lk_ledger_read(seen, &ledger))
		return false;
	if (options->json[0])
		ok &= lk_ledger_write_json(&ledger, seen, program, options->json);
	if (options->baseline[0])
		ok &= lk_ledger_tell_mended(&ledger, seen, &ignored->baseline, options->baseline,
					    options->prune_baseline);
	if (ignored->new_baseline)
		ok &= lk_ledger_write_baseline(&ledger, seen, ignored->new_baseline);
	lk_ledger_release(&ledger);
	return ok;
}

/* All that has to be there before the program runs. */
static bool prepare(char **program, struct lk_options *options, struct ignored *ignored,
		    char path[PATH_MAX])
{
	return lk_program_find(program[0], path) && lk_program_inspect(path) &&
	       lk_preload_library() && read_ignored(options, ignored) &&
	       begin_report(options->report) && begin_capture(options) &&
	       lk_products_begin(options) && hand_on(options);
}

int lk_run(char **program, struct lk_options *options, const char *new_baseline)
{
	struct ignored ignored = { .new_baseline = new_baseline };
	char path[PATH_MAX];
	int status;

	if (!prepare(program, options, &ignored, path))
		return LK_STATUS_REFUSED;

	struct lk_run *record = lk_record_create();
	if (!record)
		return LK_STATUS_REFUSED;
	record->ledger_wanted = wanted_of(options, new_baseline);
	if (!lk_child_run(path, program, &status))
		return LK_STATUS_REFUSED;
	/* A process that the program left behind may still write to the record. */
	struct lk_run seen = *record;
	lk_record_close(&seen, status);
	lk_summary_print(&seen, stderr);
	seen.stale_rules += lk_report_stale_rules(stderr, &ignored.rules, seen.rules, 0);
	bool is_written = write_files(options, &seen, program, &ignored);

	is_written &= lk_products_write(options);
	is_written &= lk_triage_write(options, &seen);
	if (seen.captures_lost > 0)
		is_written = lk_complain("%" PRIu64 " snapshot%s could not be written",
					 seen.captures_lost, lk_plural(seen.captures_lost));
	lk_record_complain_if_empty(&seen, options->verify_all);
	if (new_baseline)
		return is_written ? LK_STATUS_CLEAN : LK_STATUS_REFUSED;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		lk_child_end_alike(status);
	return is_written ? lk_record_status(&seen, options) : LK_STATUS_REFUSED;
}

/* Runs PATH with nowhere to print to. */
static bool run_silently(const char *path, char **program, int *status)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool ok = false;

	if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0)
		ok = lk_child_run(path, program, status);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	if (err >= 0)
		dup2(err, STDERR_FILENO);
	return ok || lk_complain("cannot run '%s' without its output", path);
}

bool lk_run_planted(char **program, struct lk_options *options, struct lk_run *seen)
{
	enum { SETTLE_MS = 20 };
	struct ignored ignored = { 0 };
	char path[PATH_MAX];
	int status;

	/* What is planted never goes away. */
	options->settle = options->settle < SETTLE_MS ? options->settle : SETTLE_MS;
	options->rerun = false;
	if (!prepare(program, options, &ignored, path))
		return false;
	struct lk_run *record = lk_record_create();
	if (!record)
		return false;
	record->plants = 1;
	if (!run_silently(path, program, &status))
		return false;
	*seen = *record;
	lk_record_close(seen, status);
	return true;
}

int lk_verb_run(char **arguments)
{
	struct lk_options options;
	char **program;
	int status;

	if (!lk_run_options(arguments, &options, &program, &status))
		return status;
	if (program)
		return lk_run(program, &options, NULL);
	lk_complain("no program is named; usage: "
		    "leakcheck [run] [options] [--] program [arguments]");
	return LK_STATUS_REFUSED;
}
