/* SPDX-License-Identifier: MIT */
/* The verb diff: what changed from one capture to another. */
#include <stdio.h>
#include <string.h>

#include "cli/complain.h"
#include "cli/report_args.h"
#include "cli/verb.h"
#include "report/status.h"

static bool add_file(const struct lk_report_args *args, size_t file, struct lk_profile *profile,
		     bool *is_damaged)
{
	struct lk_capture_files files;
	bool ok = lk_capture_files_read(&args->files[file], 1, &files) &&
		  lk_capture_files_choose(&files, args->scope) &&
		  lk_capture_files_add(&files, args->report.selection.sort, profile);

	*is_damaged |= files.is_damaged;
	lk_capture_files_release(&files);
	return ok;
}

static bool compare(struct lk_report_args *args)
{
	bool is_json = args->format && strcmp(args->format, "json") == 0;
	struct lk_profile profile;
	bool is_damaged = false;

	if (args->format && !is_json && strcmp(args->format, "text") != 0)
		return lk_complain("format '%s' is none of a difference: text, json", args->format);
	if (args->files_count != 2)
		return lk_complain("two captures are compared; usage: "
				   "leakcheck diff [options] old new");
	if (!args->report.has_group)
		args->report.selection.group = LK_GROUP_line;
	if (!lk_profile_init(&profile))
		return lk_complain("out of memory");
	bool ok = add_file(args, 0, &profile, &is_damaged);
	args->report.first_new = profile.parts_count;
	ok = ok && add_file(args, 1, &profile, &is_damaged);
	args->report.profile = &profile;
	args->report.selection.end_part = profile.parts_count;
	FILE *out = ok ? lk_report_args_begin(args) : NULL;
	if (out) {
		ok = is_json ? lk_report_difference_json(out, &args->report) :
			       lk_report_difference_text(out, &args->report);
		ok = lk_report_args_end(args, ok || lk_complain("out of memory"));
	}
	lk_profile_release(&profile);
	return out && ok && !is_damaged;
}

int lk_verb_diff(char **arguments)
{
	struct lk_report_args args;

	if (!lk_report_args_parse("diff", arguments, &args))
		return LK_STATUS_REFUSED;
	bool is_help = args.is_help;
	if (is_help)
		lk_report_args_help("diff [options] old new");
	bool ok = is_help || compare(&args);
	lk_report_args_deinit(&args);
	int status = lk_verb_end_output();
	return ok ? status : LK_STATUS_REFUSED;
}
