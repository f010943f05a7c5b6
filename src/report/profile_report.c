/* SPDX-License-Identifier: MIT */
#include "report/profile_report.h"

struct lk_selection lk_report_selection(const struct lk_profile_report *report, enum lk_kind kind)
{
	struct lk_selection selection = report->selection;
	bool is_heap = kind == LK_KIND_heap;

	selection.kind = kind;
	if (!report->has_group && !is_heap)
		selection.group = LK_GROUP_each;
	/* Of what is no memory nothing but its number is known. */
	if (!is_heap)
		selection.sort = LK_VALUE_live_blocks;
	return selection;
}

enum lk_kind lk_report_kind(const struct lk_profile_report *report)
{
	enum lk_kind kind = 0;

	while (kind + 1 < LK_KIND_COUNT && !(report->kinds >> kind & 1))
		kind++;
	return kind;
}

const char *lk_report_kind_word(enum lk_kind kind)
{
	switch (kind) {
	case LK_KIND_descriptor:
		return "descriptors";
	case LK_KIND_thread:
		return "threads";
	case LK_KIND_child:
		return "children";
	case LK_KIND_handle:
		return "handles";
	default:
		return lk_kind_name(kind);
	}
}

const char *lk_report_origin_word(enum lk_kind kind)
{
	switch (kind) {
	case LK_KIND_descriptor:
		return "opened in";
	case LK_KIND_thread:
		return "created in";
	case LK_KIND_child:
		return "started in";
	default:
		return "taken in";
	}
}

bool lk_report_has(const struct lk_profile_report *report, enum lk_kind kind)
{
	if (!(report->kinds >> kind & 1))
		return false;
	if (kind == LK_KIND_heap)
		return true;
	for (size_t i = 0; i < report->profile->samples_count; i++)
		if (report->profile->samples[i].kind == kind)
			return true;
	return false;
}
