/* SPDX-License-Identifier: MIT */
/* LEAKCHECK_LIMIT. */
#include "leakcheck.h"

#include "api/watch.h"
#include "base/attributes.h"
#include "check/runner.h"

/* As struct lk_limits keeps it: the least that is too much. */
static uint64_t above(unsigned long most)
{
	return most == LEAKCHECK_NONE ? 1 : most == 0 ? 0 : (uint64_t)most + 1;
}

LK_EXPORT int leakcheck_limit_begin(unsigned long allocations, unsigned long bytes,
				    unsigned long peak, unsigned long growth, const char *file,
				    int line)
{
	const struct lk_limits limits = { { above(allocations), above(bytes), above(peak),
					    above(growth) } };
	int saved = lk_quiet_begin();
	int scope = lk_budget_begin(&limits, file, line);

	lk_quiet_end(saved);
	return scope;
}

LK_EXPORT int leakcheck_limit_end(int scope)
{
	int saved = lk_quiet_begin();
	int result = lk_budget_end(scope);

	lk_quiet_end(saved);
	return result;
}

LK_EXPORT void leakcheck_limit(unsigned long allocations, unsigned long bytes, unsigned long peak,
			       unsigned long growth, const char *file, int line)
{
	leakcheck_verify_none(file, line);
	if (lk_runner.verify)
		leakcheck_limit_begin(allocations, bytes, peak, growth, file, line);
}
