/* SPDX-License-Identifier: MIT */
#include "check/not_checked.h"

#include <string.h>

#include "api/watch.h"
#include "check/runner.h"
#include "check/test_name.h"

static void name(int reason)
{
	struct lk_not_checked_name *names = lk_tracker.run->names[reason];
	struct lk_test_place place;
	struct lk_text text;
	unsigned i = 0;
	uint32_t free = 0;

	for (; i < LK_NOT_CHECKED_NAMES_MAX; i++, free = 0)
		if (__atomic_compare_exchange_n(&names[i].taken, &free, 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			break;
	if (i == LK_NOT_CHECKED_NAMES_MAX)
		return;
	lk_test_name_find(&place);
	lk_text_init(&text, names[i].text, sizeof names[i].text);
	lk_test_name_add(&text, &place);
	__atomic_store_n(&names[i].taken, 2, __ATOMIC_RELEASE);
}

void lk_not_checked(int reason)
{
	if (!lk_tracker.options.verify_all && !lk_runner.verify)
		return;
	__atomic_fetch_add(&lk_tracker.run->not_checked[reason], 1, __ATOMIC_RELAXED);
	int saved = lk_quiet_begin();
	name(reason);
	lk_quiet_end(saved);
}

void lk_not_checked_prepare(void)
{
	struct lk_not_checked_name *open = &lk_tracker.run->open;
	struct lk_test_place place = { .test = lk_runner.test, .line = lk_runner.line };
	struct lk_text text;

	memcpy(place.file, lk_runner.file, sizeof place.file - 1);
	__atomic_store_n(&open->taken, 1, __ATOMIC_RELAXED);
	lk_text_init(&text, open->text, sizeof open->text);
	lk_test_name_add(&text, &place);
	__atomic_store_n(&open->taken, 2, __ATOMIC_RELEASE);
}
