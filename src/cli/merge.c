/* SPDX-License-Identifier: MIT */
/* The verb merge: the snapshots of several captures in one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/complain.h"
#include "cli/report_args.h"
#include "cli/verb.h"
#include "model/capture.h"
#include "report/status.h"

static bool write_all(struct lk_report_args *args, const struct lk_capture_files *files)
{
	FILE *out = lk_report_args_begin(args);
	bool ok = out;

	for (size_t i = 0; ok && i < files->count; i++)
		ok = lk_capture_write(fileno(out), &files->snapshots[i]) ||
		     lk_complain("cannot write '%s': %s", args->output, strerror(errno));
	return out && lk_report_args_end(args, ok);
}

/* All is read and found sound before the first byte is written: the output may be one of
 * the files. */
static bool merge(struct lk_report_args *args)
{
	struct lk_capture_files files;

	if (!args->output || args->files_count == 0)
		return lk_complain("an output and captures are needed; usage: "
				   "leakcheck merge -o out file...");
	bool ok = lk_capture_files_read(args->files, args->files_count, &files) &&
		  write_all(args, &files) && !files.is_damaged;
	lk_capture_files_release(&files);
	return ok;
}

int lk_verb_merge(char **arguments)
{
	struct lk_report_args args;

	if (!lk_report_args_parse("merge", arguments, &args))
		return LK_STATUS_REFUSED;
	bool is_help = args.is_help;
	if (is_help)
		puts("Usage:\n  leakcheck merge -o out file...");
	bool ok = is_help || merge(&args);
	lk_report_args_deinit(&args);
	int status = lk_verb_end_output();
	return ok ? status : LK_STATUS_REFUSED;
}
