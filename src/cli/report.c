/* SPDX-License-Identifier: MIT */
/* The verbs report and top: what captures hold. */
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "cli/complain.h"
#include "cli/gzip.h"
#include "cli/judged.h"
#include "cli/report_args.h"
#include "cli/verb.h"
#include "report/pprof.h"
#include "report/growth.h"
#include "report/stats.h"
#include "report/status.h"

enum { TOP_USUAL = 10 };

static bool write_pprof(FILE *out, const struct lk_profile_report *report)
{
	struct lk_protobuf message = { 0 };
	struct lk_selection selection = lk_report_selection(report, lk_report_kind(report));
	bool ok = lk_pprof_make(report->profile, &selection, &message) &&
		  lk_gzip_write(out, message.bytes, message.size);
	lk_protobuf_deinit(&message);
	return ok;
}

static bool write_page(FILE *out, const struct lk_profile_report *report)
{
	struct lk_judged judged;
	bool ok = lk_judged_make(report->snapshots, report->profile->parts_count, &judged);

	judged.page.doubts = &lk_judged_damage;
	judged.page.doubts_count = report->is_damaged;
	ok = ok && lk_page_write(out, &judged.page);

	lk_judged_release(&judged);
	return ok;
}

static bool write_trends(FILE *out, const struct lk_profile_report *report)
{
	bool some;
	bool ok = lk_report_growth(out, report->profile, &some);

	if (ok && !some)
		fputs("no process was looked at several times\n", out);
	return ok;
}

static const struct format {
	const char *name;
	bool (*write)(FILE *out, const struct lk_profile_report *report);
	enum lk_capture_scope scope;
	const char *meaning;
} formats[] = {
#define LK_FORMAT(name, function, scope, meaning) { #name, function, LK_CAPTURES_##scope, meaning },
#include "cli/format.def"
#undef LK_FORMAT
};

/* Dashes stand for the underscores of NAME. */
static bool is_name(const char *name, const char *word)
{
	while (*name && (*word == *name || (*word == '-' && *name == '_'))) {
		name++;
		word++;
	}
	return !*name && !*word;
}

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < LK_COUNT(formats); i++)
		if (is_name(formats[i].name, name))
			return &formats[i];
	lk_complain("format '%s' is unknown; `leakcheck report --help` lists them", name);
	return NULL;
}

static int help(const char *usage)
{
	lk_report_args_help(usage);
	puts("\nWords of --format:");
	for (size_t i = 0; i < LK_COUNT(formats); i++) {
		char name[32];

		snprintf(name, sizeof name, "%s", formats[i].name);
		for (char *byte = name; *byte; byte++)
			*byte = *byte == '_' ? '-' : *byte;
		printf("  %-18s %s\n", name, formats[i].meaning);
	}
	return lk_verb_end_output();
}

static bool write_report(struct lk_report_args *args, const struct format *format)
{
	FILE *out = lk_report_args_begin(args);

	if (!out)
		return false;
	args->report.selection.end_part = args->report.profile->parts_count;
	return lk_report_args_end(args, format->write(out, &args->report) ||
						lk_complain("out of memory"));
}

static bool report(struct lk_report_args *args, const char *verb)
{
	const struct format *format = find_format(args->format ? args->format : "text");
	struct lk_profile profile = { 0 };
	struct lk_capture_files files;

	if (!format)
		return false;
	if (args->files_count == 0)
		return lk_complain("no capture is named; usage: leakcheck %s [options] file...",
				   verb);
	bool ok = lk_capture_files_read(args->files, args->files_count, &files) &&
		  (lk_profile_init(&profile) || lk_complain("out of memory")) &&
		  lk_capture_files_choose(&files, args->scope != LK_CAPTURES_USUAL ?
								  args->scope :
								  format->scope) &&
		  lk_capture_files_add(&files, args->report.selection.sort, &profile);
	bool is_damaged = files.is_damaged;
	args->report.profile = &profile;
	args->report.snapshots = files.snapshots;
	args->report.is_damaged = is_damaged;
	ok = ok && write_report(args, format);
	lk_capture_files_release(&files);
	lk_profile_release(&profile);
	return ok && !is_damaged;
}

static int end(struct lk_report_args *args, bool ok)
{
	lk_report_args_deinit(args);
	int status = lk_verb_end_output();
	return ok ? status : LK_STATUS_REFUSED;
}

int lk_verb_report(char **arguments)
{
	struct lk_report_args args;

	if (!lk_report_args_parse("report", arguments, &args))
		return LK_STATUS_REFUSED;
	if (args.is_help) {
		lk_report_args_deinit(&args);
		return help("report [options] file...");
	}
	return end(&args, report(&args, "report"));
}

int lk_verb_top(char **arguments)
{
	struct lk_report_args args;

	if (!lk_report_args_parse("top", arguments, &args))
		return LK_STATUS_REFUSED;
	if (args.is_help) {
		lk_report_args_deinit(&args);
		return help("top [options] file...");
	}
	if (!args.has_top)
		args.report.top = TOP_USUAL;
	if (!args.has_kinds)
		args.report.kinds = 1u << LK_KIND_heap;
	return end(&args, report(&args, "top"));
}
