/* SPDX-License-Identifier: MIT */
#include "judge/spans.h"

#include <check.h>
#include <stdlib.h>

static uint64_t find_value(const struct lk_spans *spans, uint64_t address)
{
	const struct lk_span *span = lk_spans_find(spans, address);

	return span ? span->value : 0;
}

START_TEST(finds_the_innermost)
{
	struct lk_spans spans = { 0 };

	ck_assert_ptr_null(lk_spans_find(&spans, 5));
	ck_assert(lk_spans_add(&spans, 100, 200, 1));
	ck_assert(lk_spans_add(&spans, 120, 130, 2));
	ck_assert(lk_spans_add(&spans, 120, 125, 3));
	ck_assert(lk_spans_add(&spans, 10, 20, 4));
	ck_assert(lk_spans_add(&spans, 50, 50, 5));
	ck_assert(lk_spans_add(&spans, 60, 40, 6));
	lk_spans_sort(&spans);
	ck_assert_uint_eq(spans.count, 4);
	ck_assert_uint_eq(find_value(&spans, 9), 0);
	ck_assert_uint_eq(find_value(&spans, 10), 4);
	ck_assert_uint_eq(find_value(&spans, 20), 0);
	ck_assert_uint_eq(find_value(&spans, 50), 0);
	ck_assert_uint_eq(find_value(&spans, 119), 1);
	ck_assert_uint_eq(find_value(&spans, 124), 3);
	ck_assert_uint_eq(find_value(&spans, 129), 2);
	ck_assert_uint_eq(find_value(&spans, 199), 1);
	ck_assert_uint_eq(find_value(&spans, 200), 0);
	lk_spans_deinit(&spans);
	lk_spans_deinit(&spans);
}
END_TEST

/* Against a look at every span. */
START_TEST(agrees_with_a_plain_search)
{
	struct lk_spans spans = { 0 };
	unsigned seed = 7;

	for (int i = 0; i < 300; i++) {
		uint64_t start = (uint64_t)rand_r(&seed) % 1000;
		ck_assert(lk_spans_add(&spans, start, start + (uint64_t)rand_r(&seed) % 50,
				       (uint64_t)i + 1));
	}
	lk_spans_sort(&spans);
	for (uint64_t address = 0; address < 1100; address++) {
		const struct lk_span *best = NULL;
		for (size_t i = 0; i < spans.count; i++)
			if (address >= spans.items[i].start && address < spans.items[i].end)
				best = &spans.items[i];
		ck_assert_ptr_eq(lk_spans_find(&spans, address), best);
	}
	lk_spans_deinit(&spans);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spans");
	TCase *search = tcase_create("search");

	tcase_add_test(search, finds_the_innermost);
	tcase_add_test(search, agrees_with_a_plain_search);
	suite_add_tcase(suite, search);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
