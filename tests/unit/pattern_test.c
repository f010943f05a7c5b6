/* SPDX-License-Identifier: MIT */
#include "judge/pattern.h"

#include <check.h>

START_TEST(stands_anywhere_in_a_text)
{
	ck_assert(lk_pattern_in("cache", "my_cache_fill"));
	ck_assert(lk_pattern_in("", "anything"));
	ck_assert(lk_pattern_in("*", ""));
	ck_assert(lk_pattern_in("a*c", "xxabbbcyy"));
	ck_assert(lk_pattern_in("a*b*c", "a.c.b.c"));
	ck_assert(lk_pattern_in("aab", "aaab"));
	ck_assert(!lk_pattern_in("cache", "cach"));
	ck_assert(!lk_pattern_in("a*c", "cba"));
}
END_TEST

START_TEST(has_anchors)
{
	ck_assert(lk_pattern_in("^cache", "cache_fill"));
	ck_assert(!lk_pattern_in("^cache", "my_cache"));
	ck_assert(lk_pattern_in("fill$", "cache_fill"));
	ck_assert(!lk_pattern_in("fill$", "cache_filled"));
	ck_assert(lk_pattern_in("ab$", "abab"));
	ck_assert(lk_pattern_in("^a*z$", "abcz"));
	ck_assert(!lk_pattern_in("^a*z$", "abczy"));
	ck_assert(lk_pattern_in("^$", ""));
	ck_assert(!lk_pattern_in("^$", "x"));
	ck_assert(lk_pattern_in("^", "x"));
}
END_TEST

START_TEST(is_the_whole_of_a_text)
{
	ck_assert(lk_pattern_is("__gconv*", "__gconv_open"));
	ck_assert(lk_pattern_is("m?lloc", "malloc"));
	ck_assert(lk_pattern_is("*/libssl.so*", "/usr/lib/libssl.so.3"));
	ck_assert(lk_pattern_is("", ""));
	ck_assert(!lk_pattern_is("malloc", "xmalloc"));
	ck_assert(!lk_pattern_is("malloc", "malloc2"));
	ck_assert(!lk_pattern_is("m?lloc", "mlloc"));
	/* What only anchors mean elsewhere is ordinary here. */
	ck_assert(lk_pattern_is("a$", "a$"));
	ck_assert(!lk_pattern_is("^a", "a"));
}
END_TEST

START_TEST(takes_no_exponential_time)
{
	static char text[20000], pattern[400];

	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = 'a';
	for (size_t i = 0; i + 2 < sizeof pattern; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[sizeof pattern - 2] = 'b';
	ck_assert(!lk_pattern_in(pattern, text));
	ck_assert(!lk_pattern_is(pattern, text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tests = tcase_create("pattern");

	tcase_add_test(tests, stands_anywhere_in_a_text);
	tcase_add_test(tests, has_anchors);
	tcase_add_test(tests, is_the_whole_of_a_text);
	tcase_add_test(tests, takes_no_exponential_time);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
