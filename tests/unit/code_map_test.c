/* SPDX-License-Identifier: MIT */
/* What becomes of what was learnt while modules go. */
#include "probe/code_map.h"

#include <check.h>
#include <stdlib.h>

#include "probe/depot.h"
#include "probe/rules.h"

static uint32_t meanwhile;
static bool was_still;
static uintptr_t learnt;

static void gone(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
	ck_abort_msg("a module that is there was called gone");
}

static void last(void)
{
	static struct lk_cfi cfi;

	meanwhile = lk_code_begin();
	was_still = lk_code_is_still(meanwhile);
	if (learnt)
		lk_rules_learn(learnt, &cfi);
}

START_TEST(each_forgetting_begins_two_generations)
{
	uint32_t before = lk_code_begin();

	learnt = 0;
	ck_assert(lk_code_is_still(before));
	lk_code_forget(gone, last);
	ck_assert_uint_gt(meanwhile, before);
	ck_assert(!was_still);
	ck_assert_uint_gt(lk_code_begin(), meanwhile);
	ck_assert(!lk_code_is_still(before));
	ck_assert(!lk_code_is_still(meanwhile));
	ck_assert(lk_code_is_still(lk_code_begin()));
}
END_TEST

/* It may be about what is going. */
START_TEST(a_rule_that_is_learnt_meanwhile_is_not_found)
{
	static struct lk_cfi cfi;

	learnt = (uintptr_t)last + 1;
	lk_code_forget(gone, last);
	ck_assert_ptr_null(lk_depot_find(NULL, learnt));
	lk_rules_learn(learnt, &cfi);
	ck_assert_ptr_nonnull(lk_depot_find(NULL, learnt));
}
END_TEST

START_TEST(a_module_keeps_its_generation)
{
	struct lk_code before, after;

	ck_assert(lk_code_find((uintptr_t)last, &before));
	learnt = 0;
	lk_code_forget(gone, last);
	ck_assert(lk_code_find((uintptr_t)last, &after));
	ck_assert_uint_eq(after.generation, before.generation);
	ck_assert_uint_lt(after.generation, lk_code_generation_now());
	ck_assert(after.start <= (uintptr_t)last && (uintptr_t)last < after.end);
	ck_assert_ptr_nonnull(after.eh_frame_hdr);
	ck_assert(!lk_code_find(1, &after));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("code_map");
	TCase *tests = tcase_create("code_map");

	tcase_add_test(tests, each_forgetting_begins_two_generations);
	tcase_add_test(tests, a_rule_that_is_learnt_meanwhile_is_not_found);
	tcase_add_test(tests, a_module_keeps_its_generation);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
