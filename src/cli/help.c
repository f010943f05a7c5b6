/* SPDX-License-Identifier: MIT */
/* The verbs help and version. */
#include <stdio.h>

#include "base/options.h"
#include "cli/verb.h"
#include "report/status.h"

#ifndef LK_VERSION
#error "LK_VERSION is not defined"
#endif

static const struct {
	int number;
	const char *meaning;
} statuses[] = {
#define LK_STATUS(name, number, meaning) { number, meaning },
#include "report/status.def"
#undef LK_STATUS
};

static void print_verb(const struct lk_verb *verb)
{
	printf("  leakcheck %s%s%s\n      %s\n", verb->name, *verb->arguments ? " " : "",
	       verb->arguments, verb->help);
}

static void print_option(const struct lk_option_row *row)
{
	char name[64];

	snprintf(name, sizeof name, "%s", row->name);
	for (char *byte = name; *byte; byte++)
		if (*byte == '_')
			*byte = '-';
	printf(row->is_optional && !row->is_flag ? "  --%s[=%s]\n" : "  --%s=%s\n", name,
	       row->meta);
	printf("      %s\n", row->help);
}

int lk_verb_help(char **arguments)
{
	if (!lk_verb_takes_nothing("help", arguments))
		return LK_STATUS_REFUSED;
	puts("leakcheck fails the tests of a Check program that leak memory, descriptors, "
	     "threads or child processes.\n"
	     "\nUsage:");
	for (size_t i = 0; i < lk_verbs_count; i++)
		print_verb(&lk_verbs[i]);
	puts("\nOptions (--name means --name=yes, --no-name means --name=no):");
	for (size_t i = 0; i < lk_option_rows_count; i++)
		print_option(&lk_option_rows[i]);
	puts("  --help, --version\n      print this text or the version\n"
	     "\nEnvironment:\n"
	     "  LEAKCHECK_OPTIONS=name=value:name=value...\n"
	     "      the same options; the command line comes after it\n"
	     "\nExit status: the program's own if it is not 0 (the same signal if one ended it), "
	     "or:");
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		printf("  %2d  %s\n", statuses[i].number, statuses[i].meaning);
	return lk_verb_end_output();
}

int lk_verb_version(char **arguments)
{
	if (!lk_verb_takes_nothing("version", arguments))
		return LK_STATUS_REFUSED;
	puts("leakcheck " LK_VERSION);
	return lk_verb_end_output();
}
