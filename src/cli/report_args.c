/* SPDX-License-Identifier: MIT */
#include "cli/report_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "cli/complain.h"

static const struct option {
	const char *name, *meta, *help;
} options[] = {
#define LK_REPORT_OPTION(name, meta, help) { #name, meta, help },
#include "cli/report_options.def"
#undef LK_REPORT_OPTION
};

static const struct option *find_option(const char *name, size_t length)
{
	for (size_t i = 0; i < LK_COUNT(options); i++) {
		const char *row = options[i].name;
		size_t same = 0;

		while (same < length && row[same] == (name[same] == '-' ? '_' : name[same]))
			same++;
		if (same == length && row[same] == '\0')
			return &options[i];
	}
	return NULL;
}

/* The place of WORD among COUNT NAMES; COUNT if it is none. */
static size_t find_word(const char *const *names, size_t count, const char *word, size_t length)
{
	size_t i = 0;

	while (i < count && (strncmp(names[i], word, length) != 0 || names[i][length] != '\0'))
		i++;
	return i;
}

static bool set_kinds(struct lk_report_args *args, const char *value)
{
	args->has_kinds = true;
	args->report.kinds = 0;
	for (const char *at = value;; at++) {
		size_t length = strcspn(at, ",");
		int kind = 0;

		while (kind < LK_KIND_COUNT && (strncmp(lk_kind_name(kind), at, length) != 0 ||
						lk_kind_name(kind)[length] != '\0'))
			kind++;
		if (length == 3 && strncmp(at, "all", 3) == 0)
			args->report.kinds = ~0u;
		else if (length > 0 && kind < LK_KIND_COUNT)
			args->report.kinds |= 1u << kind;
		else
			return lk_complain("option 'kind' takes words out of: all, heap, fd, "
					   "thread, child, handle");
		at += length;
		if (*at == '\0')
			return true;
	}
}

static bool set_group(struct lk_report_args *args, const char *value)
{
	size_t group = find_word(lk_group_names, LK_GROUP_COUNT, value, strlen(value));

	if (group == LK_GROUP_COUNT)
		return lk_complain("option 'group' takes one of: function, line, file, library, "
				   "stack, test, state, each");
	args->report.selection.group = (enum lk_group)group;
	args->report.has_group = true;
	return true;
}

static bool set_sort(struct lk_report_args *args, const char *value)
{
	size_t number = find_word(lk_value_names, LK_VALUE_COUNT, value, strlen(value));

	if (number == LK_VALUE_COUNT)
		return lk_complain("option 'sort' takes one of: live_bytes, live_blocks, "
				   "alloc_bytes, alloc_blocks");
	args->report.selection.sort = (enum lk_value)number;
	return true;
}

static bool set_scope(struct lk_report_args *args, const char *value)
{
	static const char *const names[] = { "usual", "tests", "processes", "all" };
	size_t scope = find_word(names, LK_COUNT(names), value, strlen(value));

	if (scope == LK_COUNT(names) || scope == 0)
		return lk_complain("option 'scope' takes one of: tests, processes, all");
	args->scope = (enum lk_capture_scope)scope;
	/* What one process had at several times does not add up. */
	if (args->scope == LK_CAPTURES_OF_PROCESSES)
		args->scope = LK_CAPTURES_LAST_OF_PROCESSES;
	return true;
}

static bool set_top(struct lk_report_args *args, const char *value)
{
	char *end;

	errno = 0;
	args->report.top = strtoul(value, &end, 10);
	args->has_top = true;
	return (*value >= '0' && *value <= '9' && !*end && errno == 0) ||
	       lk_complain("option 'top' takes a number");
}

static void add_filter(struct lk_report_args *args, const char *pattern, bool excludes)
{
	struct lk_selection *selection = &args->report.selection;

	args->filters[selection->filters_count++] =
		(struct lk_filter){ .pattern = pattern, .excludes = excludes };
}

static bool set(struct lk_report_args *args, const char *name, const char *value)
{
	if (strcmp(name, "kind") == 0)
		return set_kinds(args, value);
	if (strcmp(name, "group") == 0)
		return set_group(args, value);
	if (strcmp(name, "sort") == 0)
		return set_sort(args, value);
	if (strcmp(name, "scope") == 0)
		return set_scope(args, value);
	if (strcmp(name, "top") == 0)
		return set_top(args, value);
	if (strcmp(name, "cumulative") == 0)
		args->report.selection.cumulative = true;
	else if (strcmp(name, "first_frame") == 0)
		args->is_first_frame = true;
	else if (strcmp(name, "test") == 0)
		args->report.selection.test = value;
	else if (strcmp(name, "format") == 0)
		args->format = value;
	else if (strcmp(name, "output") == 0)
		args->output = value;
	else
		add_filter(args, value, strcmp(name, "exclude") == 0);
	return true;
}

/* Applies "--name=value" or "--name". */
static bool apply(struct lk_report_args *args, const char *verb, const char *word)
{
	size_t length = strcspn(word + 2, "=");
	const char *value = word[2 + length] ? word + 2 + length + 1 : NULL;
	const struct option *option = find_option(word + 2, length);

	if (!option)
		return lk_complain("option '%s' is unknown; `leakcheck %s --help` lists them", word,
				   verb);
	if (*option->meta && (!value || !*value))
		return lk_complain("option '%s' needs a value: --%.*s=%s", word, (int)length,
				   word + 2, option->meta);
	if (!*option->meta && value)
		return lk_complain("option '%s' takes no value", word);
	return set(args, option->name, value);
}

static bool parse(const char *verb, char **arguments, struct lk_report_args *args)
{
	bool are_files = false;

	for (char **at = arguments; *at; at++) {
		const char *word = *at;

		if (are_files || word[0] != '-' || strcmp(word, "-") == 0) {
			args->files[args->files_count++] = *at;
		} else if (strcmp(word, "--") == 0) {
			are_files = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			args->is_help = true;
			return true;
		} else if (strcmp(word, "-o") == 0) {
			if (!at[1])
				return lk_complain("option '-o' needs a value: -o FILE");
			args->output = *++at;
		} else if (strncmp(word, "--", 2) != 0) {
			return lk_complain("option '%s' is unknown; `leakcheck %s --help` lists them",
					   word, verb);
		} else if (!apply(args, verb, word)) {
			return false;
		}
	}
	for (size_t i = 0; args->is_first_frame && i < args->report.selection.filters_count; i++)
		args->filters[i].first_only = true;
	return true;
}

bool lk_report_args_parse(const char *verb, char **arguments, struct lk_report_args *ret)
{
	struct lk_report_args args = { .report.kinds = ~0u };
	size_t count = 0;

	while (arguments[count])
		count++;
	args.files = calloc(count + 1, sizeof *args.files);
	args.filters = calloc(count + 1, sizeof *args.filters);
	args.report.selection.sort = LK_VALUE_live_bytes;
	args.report.selection.filters = args.filters;
	if (args.files && args.filters ? parse(verb, arguments, &args) :
					 lk_complain("out of memory")) {
		*ret = args;
		return true;
	}
	lk_report_args_deinit(&args);
	return false;
}

void lk_report_args_deinit(struct lk_report_args *args)
{
	free(args->files);
	free(args->filters);
	*args = (struct lk_report_args){ 0 };
}

void lk_report_args_help(const char *usage)
{
	printf("Usage:\n  leakcheck %s\n\nOptions:\n", usage);
	for (size_t i = 0; i < LK_COUNT(options); i++) {
		char name[32];

		snprintf(name, sizeof name, "%s", options[i].name);
		for (char *byte = name; *byte; byte++)
			*byte = *byte == '_' ? '-' : *byte;
		printf("  --%s%s%s\n      %s\n", name, *options[i].meta ? "=" : "", options[i].meta,
		       options[i].help);
	}
	puts("\nWords of --group:");
	for (size_t i = 0; i < LK_GROUP_COUNT; i++)
		printf("  %-10s %s\n", lk_group_names[i], lk_group_meanings[i]);
}

static bool is_file(const struct lk_report_args *args)
{
	return args->output && strcmp(args->output, "-") != 0;
}

FILE *lk_report_args_begin(struct lk_report_args *args)
{
	if (!is_file(args))
		return stdout;
	return lk_output_begin(&args->file, args->output) ? args->file.stream : NULL;
}

/* Standard output is ended by who ends the verb. */
bool lk_report_args_end(struct lk_report_args *args, bool ok)
{
	if (!is_file(args))
		return ok;
	if (ok)
		return lk_output_end(&args->file);
	lk_output_cancel(&args->file);
	return false;
}
