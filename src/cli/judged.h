/* SPDX-License-Identifier: MIT */
/* Snapshots with what is to be said of them, for the triage page and what goes with it. */
#ifndef LK_CLI_JUDGED_H
#define LK_CLI_JUDGED_H

#include "report/page.h"

struct lk_judged {
	struct lk_page page; /* what it points to is owned by this struct */
	struct lk_page_part *parts;
	struct lk_findings *findings;
	struct lk_profile profile;
};

/* What a page says of captures of which a part could not be read. */
extern const char *const lk_judged_damage;

/* Judges COUNT SNAPSHOTS, which must outlive the result: what tests left as a run does
 * without options; of what a whole process had, only memory that nobody holds any more is a
 * leak.  False after one sentence. */
bool lk_judged_make(const struct lk_snapshot *snapshots, size_t count, struct lk_judged *ret);
/* Also for a zeroed struct. */
void lk_judged_release(struct lk_judged *judged);

#endif
