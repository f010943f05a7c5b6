/* SPDX-License-Identifier: MIT */
/* How much memory is alive, and was at most. */
#include "base/attributes.h"
#include "base/self.h"
#include "leakcheck.h"
#include "probe/budget.h"
#include "probe/totals.h"

LK_EXPORT int leakcheck_traced_memory(size_t *now, size_t *peak)
{
	int saved = lk_quiet_begin();
	struct lk_totals_sum sum = { 0 };
	bool is_known = lk_totals_request();

	if (is_known)
		lk_totals_sum(&sum);
	if (now)
		*now = sum.live_bytes;
	if (peak)
		*peak = sum.peak_bytes;
	lk_quiet_end(saved);
	return is_known;
}

LK_EXPORT void leakcheck_reset_peak(void)
{
	int saved = lk_quiet_begin();

	if (lk_totals_request()) {
		lk_budget_keep_peak();
		lk_totals_peak_begin();
	}
	lk_quiet_end(saved);
}
