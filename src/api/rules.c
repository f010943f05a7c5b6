/* SPDX-License-Identifier: MIT */
#include "api/rules.h"

#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fmt.h"
#include "base/self.h"
#include "leakcheck.h"
#include "probe/tracker.h"
#include "report/status.h"

static struct {
	struct lk_suppressions list;
	struct lk_baseline baseline;
	size_t from_files;
	bool is_loaded;
} rules;

void lk_rules_load(void)
{
	char error[LK_SUPPRESSION_ERROR_MAX];

	if (rules.is_loaded)
		return;
	rules.is_loaded = true;
	int saved = lk_quiet_begin();
	const char *baseline = lk_tracker.options.baseline;
	if (!lk_suppressions_read_files(&rules.list, lk_tracker.options.suppressions, error) ||
	    (baseline[0] && !lk_baseline_read(&rules.baseline, baseline, error))) {
		lk_say("%s", error);
		_exit(LK_STATUS_REFUSED);
	}
	rules.from_files = rules.list.count;
	lk_quiet_end(saved);
}

const struct lk_suppressions *lk_rules(void)
{
	return &rules.list;
}

struct lk_baseline *lk_rules_baseline(void)
{
	return lk_tracker.options.baseline[0] ? &rules.baseline : NULL;
}

size_t lk_rules_from_files(void)
{
	return rules.from_files;
}

LK_EXPORT int leakcheck_suppress(const char *text)
{
	char error[LK_SUPPRESSION_ERROR_MAX];

	/* Those of files come first, as in every process of the run. */
	lk_rules_load();
	size_t before = rules.list.count;
	int saved = lk_quiet_begin();
	bool ok =
		lk_suppressions_read(&rules.list, "leakcheck_suppress", text, strlen(text), error);
	if (!ok)
		lk_say("%s", error);
	lk_quiet_end(saved);
	return ok ? (int)(rules.list.count - before) : -1;
}
