/* SPDX-License-Identifier: MIT */
#include "probe/memcheck.h"

#include <valgrind/memcheck.h>

#include "probe/tracker.h"
#include "base/light.h"

static struct lk_memcheck_loss before, found;

bool lk_memcheck_runs(void)
{
	char byte = 0;

	/* A request that only memcheck answers, with -1. */
	return RUNNING_ON_VALGRIND && (int)VALGRIND_MAKE_MEM_DEFINED(&byte, sizeof byte) == -1;
}

static struct lk_memcheck_loss count(void)
{
	unsigned long leaked = 0, dubious = 0, reachable = 0, suppressed = 0, blocks = 0;

	VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
	VALGRIND_COUNT_LEAK_BLOCKS(blocks, dubious, reachable, suppressed);
	(void)dubious, (void)reachable, (void)suppressed;
	return (struct lk_memcheck_loss){ .blocks = blocks, .bytes = leaked };
}

/* A search's summary belongs to no test; the records of what is lost appear all the
 * same. */
static void search(bool tells)
{
	VALGRIND_CLO_CHANGE("--quiet");
	if (tells)
		VALGRIND_DO_ADDED_LEAK_CHECK;
	else
		VALGRIND_DO_QUICK_LEAK_CHECK;
	VALGRIND_CLO_CHANGE("--verbose");
}

void lk_memcheck_mark(void)
{
	if (!lk_tracker.memcheck)
		return;
	found = (struct lk_memcheck_loss){ 0 };
	search(false);
	before = count();
}

void lk_memcheck_look(const char *test)
{
	if (!lk_tracker.memcheck)
		return;
	search(true);
	struct lk_memcheck_loss now = count();
	if (now.blocks > before.blocks)
		found = (struct lk_memcheck_loss){ now.blocks - before.blocks,
						   now.bytes > before.bytes ?
							   now.bytes - before.bytes : 0 };
	if (found.blocks > 0)
		VALGRIND_PRINTF("leakcheck: lost by the test %s: %lu bytes in %lu block%s\n",
				test ? test : "(its name is unknown)", (unsigned long)found.bytes,
				(unsigned long)found.blocks, found.blocks > 1 ? "s" : "");
}

struct lk_memcheck_loss lk_memcheck_lost(void)
{
	return found;
}
