/* SPDX-License-Identifier: MIT */
/* The command line of the verbs that read captures. */
#ifndef LK_CLI_REPORT_ARGS_H
#define LK_CLI_REPORT_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/capture_files.h"
#include "cli/output.h"
#include "report/profile_report.h"

struct lk_report_args {
	struct lk_profile_report report; /* its profile is not set */
	const char *format;		 /* NULL: none was asked for */
	const char *output;		 /* NULL: standard output */
	struct lk_output file;		 /* between begin and end, where OUTPUT is a file */
	enum lk_capture_scope scope;
	bool has_kinds, has_top, is_first_frame;
	struct lk_filter *filters;
	char **files; /* NULL at the end; words of the arguments */
	size_t files_count;
	bool is_help; /* help was asked for */
};

/* Reads ARGUMENTS, the words behind VERB; options may stand anywhere before "--".  False
 * after one sentence. */
bool lk_report_args_parse(const char *verb, char **arguments, struct lk_report_args *ret);
void lk_report_args_deinit(struct lk_report_args *args);

/* Prints the options, and the words of those that take some. */
void lk_report_args_help(const char *usage);

/* Begins the output, NULL after one sentence; and ends it, or unless it is OK, leaves the
 * file as it was.  False after one sentence. */
FILE *lk_report_args_begin(struct lk_report_args *args);
bool lk_report_args_end(struct lk_report_args *args, bool ok);

#endif
