/* SPDX-License-Identifier: MIT */
#include "cli/judged.h"

#include <stdlib.h>

#include "cli/complain.h"

const char *const lk_judged_damage = "A part of the captures could not be read: more was there.";

static struct lk_policy policy_for(const struct lk_moment *moment)
{
	struct lk_policy policy = { .fail_on = LK_FAIL_ON_DEFAULT, .notes = true };

	if (moment->scope == LK_SCOPE_PROCESS) {
		policy.fail_on = 1u << LK_FAIL_ON_lost;
		policy.is_dump = true; /* all its threads are told, and none is left over */
	}
	policy.test = moment->test[0] ? moment->test : NULL;
	return policy;
}

/* What a process still holds is neither a leak nor in doubt: it is there. */
static void pass_over_doubts(struct lk_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->rows[i].ruling == LK_RULING_unproven)
			findings->rows[i].ruling = LK_RULING_note;
	findings->rulings[LK_RULING_note] += findings->rulings[LK_RULING_unproven];
	findings->rulings[LK_RULING_unproven] = 0;
}

static bool judge(struct lk_judged *judged, size_t part)
{
	const struct lk_snapshot *snapshot = judged->parts[part].snapshot;
	struct lk_policy policy = policy_for(&snapshot->moment);

	if (!lk_findings_make(snapshot, &policy, &judged->findings[part]))
		return false;
	if (snapshot->moment.scope == LK_SCOPE_PROCESS)
		pass_over_doubts(&judged->findings[part]);
	return true;
}

static bool judge_all(const struct lk_snapshot *snapshots, struct lk_judged *judged)
{
	size_t count = judged->page.parts_count;

	for (size_t i = 0; i < count; i++)
		judged->parts[i] = (struct lk_page_part){ &snapshots[i], &judged->findings[i] };
	judged->page.parts = judged->parts;
	for (size_t i = 0; i < count; i++)
		if (!lk_profile_add(&judged->profile, &snapshots[i]) ||
		    (lk_page_is_last(&judged->page, i) && !judge(judged, i)))
			return false;
	return true;
}

bool lk_judged_make(const struct lk_snapshot *snapshots, size_t count, struct lk_judged *ret)
{
	struct lk_judged judged = { .parts = calloc(count + 1, sizeof *judged.parts),
				    .findings = calloc(count + 1, sizeof *judged.findings) };

	*ret = (struct lk_judged){ 0 };
	judged.page.parts_count = count;
	if (!judged.parts || !judged.findings || !lk_profile_init(&judged.profile) ||
	    !judge_all(snapshots, &judged)) {
		lk_judged_release(&judged);
		return lk_complain("there is no memory left for what the capture holds");
	}
	*ret = judged;
	ret->page.profile = &ret->profile;
	return true;
}

void lk_judged_release(struct lk_judged *judged)
{
	for (size_t i = 0; judged->findings && i < judged->page.parts_count; i++)
		lk_findings_release(&judged->findings[i]);
	free(judged->findings);
	free(judged->parts);
	lk_profile_release(&judged->profile);
	*judged = (struct lk_judged){ 0 };
}
