/* SPDX-License-Identifier: MIT */
/* The verb merge: the snapshots of several captures in one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/complain.h"
#include "cli/report_args.h"
#include "cli/verb.h"
#include "model/capture.h"
#include "report/status.h"

/* All is read and found sound before the first byte is written: the output may be one of
 * the files. */
static bool merge(const struct lk_report_args *args)
{
	struct lk_capture_files files;
	bool is_stdout = args->output && strcmp(args->output, "-") == 0;
	bool ok;
	int fd;

	if (!args->output || args->files_count == 0)
		return lk_complain("an output and captures are needed; usage: "
				   "leakcheck merge -o out file...");
	ok = lk_capture_files_read(args->files, args->files_count, &files);
	fd = !ok ? -1 :
	     is_stdout ?
		   STDOUT_FILENO :
		   open(args->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (ok && fd < 0)
		ok = lk_complain("cannot write '%s': %s", args->output, strerror(errno));
	for (size_t i = 0; ok && i < files.count; i++)
		ok = lk_capture_write(fd, &files.snapshots[i]) ||
		     lk_complain("cannot write '%s': %s", args->output, strerror(errno));
	if (fd >= 0 && !is_stdout && close(fd) != 0 && ok)
		ok = lk_complain("cannot write '%s': %s", args->output, strerror(errno));
	ok = ok && !files.is_damaged;
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
