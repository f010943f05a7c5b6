/* SPDX-License-Identifier: MIT */
#include "cli/products.h"

#include <string.h>

#include "cli/capture_files.h"
#include "cli/captures.h"
#include "cli/complain.h"
#include "cli/gzip.h"
#include "cli/output.h"
#include "judge/profile.h"
#include "report/pprof.h"
#include "report/stats.h"

/* One value of --profile. */
struct order {
	enum lk_kind kind;
	char name[LK_OPTION_TEXT_MAX];
};

/* Takes the next value off *LIST; false at its end. */
static bool next_order(const char **list, struct order *ret)
{
	size_t length = strcspn(*list, "\n");

	if (length == 0)
		return false;
	memcpy(ret->name, *list, length);
	ret->name[length] = '\0';
	*list += length + 1;
	ret->kind = LK_KIND_heap;
	for (int kind = 0; kind < LK_KIND_COUNT; kind++) {
		const char *word = lk_kind_name(kind);
		size_t size = strlen(word);

		if (lk_pprof_tells_of(kind) && strncmp(ret->name, word, size) == 0 &&
		    ret->name[size] == ':') {
			ret->kind = kind;
			memmove(ret->name, ret->name + size + 1, length - size);
			return true;
		}
	}
	return true;
}

bool lk_products_are_wanted(const struct lk_options *options)
{
	return options->profile[0] || options->stats[0] || options->page[0];
}

static bool check_profile(const char *name)
{
	return name[0] ? lk_output_check(name) : lk_complain("a profile needs the name of a file");
}

bool lk_products_begin(struct lk_options *options)
{
	const char *list = options->profile;
	struct order order;

	options->totals |= lk_products_are_wanted(options);
	while (next_order(&list, &order))
		if (!check_profile(order.name))
			return false;
	return (strcmp(options->stats, "-") == 0 || !options->stats[0] ||
		lk_output_check(options->stats)) &&
	       (!options->page[0] || lk_output_check(options->page));
}

/* Adds the records of the run to PROFILE.  False after one sentence; what could be read is
 * added all the same. */
static bool read_records(struct lk_profile *profile)
{
	struct lk_capture_files files = { 0 };
	struct lk_capture_file file;

	if (!lk_captures_open(&file))
		return false;
	bool ok = lk_capture_files_take(&file, &files) && !files.is_damaged;
	lk_capture_close(&file);
	/* That there is none, the summary tells. */
	if (files.count > 0)
		ok &= lk_capture_files_choose(&files, LK_CAPTURES_USUAL) &&
		      lk_capture_files_add(&files, LK_VALUE_live_bytes, profile);
	lk_capture_files_release(&files);
	return ok;
}

static bool write_profile(const struct lk_profile *profile, const struct order *order)
{
	struct lk_selection selection;
	struct lk_protobuf message;
	struct lk_output output;

	lk_selection_init(&selection, profile);
	selection.kind = order->kind;
	if (!lk_pprof_make(profile, &selection, &message))
		return lk_complain("there is no memory left for the profile '%s'", order->name);
	bool ok = lk_output_begin(&output, order->name);
	if (ok && !lk_gzip_write(output.stream, message.bytes, message.size)) {
		lk_output_cancel(&output);
		ok = lk_complain("there is no memory left for the profile '%s'", order->name);
	} else if (ok) {
		ok = lk_output_end(&output);
	}
	lk_protobuf_deinit(&message);
	return ok;
}

static bool write_stats(const struct lk_profile *profile, const char *name)
{
	struct lk_profile_report report = { .profile = profile };
	struct lk_output output;

	lk_selection_init(&report.selection, profile);
	/* That no test was checked is told elsewhere. */
	if (profile->parts_count > 0 && profile->parts[0].moment.scope == LK_SCOPE_WINDOW) {
		fputs("leakcheck: what each test did\n", stderr);
		lk_report_stats(stderr, &report);
	}
	if (strcmp(name, "-") == 0)
		return true;
	if (!lk_output_begin(&output, name))
		return false;
	lk_report_stats_json(output.stream, &report);
	return lk_output_end(&output);
}

bool lk_products_write(const struct lk_options *options)
{
	const char *list = options->profile;
	struct lk_profile profile;
	struct order order;

	if (!options->profile[0] && !options->stats[0])
		return true;
	if (!lk_profile_init(&profile))
		return lk_complain("there is no memory left");
	bool ok = read_records(&profile);
	while (next_order(&list, &order))
		ok &= write_profile(&profile, &order);
	if (options->stats[0])
		ok &= write_stats(&profile, options->stats);
	lk_profile_release(&profile);
	return ok;
}
