/* SPDX-License-Identifier: MIT */
/* What becomes of what was learnt while modules go. */
#include "probe/code_map.h"

#include <check.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe/depot.h"
#include "probe/rules.h"

static uint32_t meanwhile;
static bool was_still;
static uintptr_t learnt, place;
static unsigned calls;

static void gone(uintptr_t start, uintptr_t end)
{
	static struct lk_cfi cfi;

	calls++;
	ck_assert(place >= start && place < end);
	meanwhile = lk_code_begin();
	was_still = lk_code_is_still(meanwhile);
	if (learnt)
		lk_rules_learn(learnt, &cfi);
}

/* Loads a small library of the C library's, which is known then, and unloads it. */
static void unload(void)
{
	void *library = dlopen("libBrokenLocale.so.1", RTLD_NOW);
	struct link_map *map;
	struct lk_code code;

	ck_assert_ptr_nonnull(library);
	ck_assert_int_eq(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
	place = (uintptr_t)map->l_ld;
	ck_assert(lk_code_find(place, &code));
	calls = 0;
	lk_code_forget(gone);
	ck_assert_uint_eq(calls, 0);
	dlclose(library);
	ck_assert(!lk_code_find(place, &code));
}

START_TEST(each_forgetting_begins_two_generations)
{
	uint32_t before = lk_code_begin();

	ck_assert(lk_code_is_still(before));
	unload();
	before = lk_code_begin();
	lk_code_forget(gone);
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_gt(meanwhile, before);
	ck_assert(!was_still);
	ck_assert_uint_gt(lk_code_begin(), meanwhile);
	ck_assert(!lk_code_is_still(before));
	ck_assert(!lk_code_is_still(meanwhile));
	ck_assert(lk_code_is_still(lk_code_begin()));
	/* Once is enough. */
	lk_code_forget(gone);
	ck_assert_uint_eq(calls, 1);
}
END_TEST

/* It may be about what is going. */
START_TEST(a_rule_that_is_learnt_meanwhile_is_not_found)
{
	static struct lk_cfi cfi;

	unload();
	learnt = (uintptr_t)gone + 1;
	lk_code_forget(gone);
	ck_assert_ptr_null(lk_depot_find(NULL, learnt));
	lk_rules_learn(learnt, &cfi);
	ck_assert_ptr_nonnull(lk_depot_find(NULL, learnt));
}
END_TEST

START_TEST(a_module_keeps_its_generation)
{
	struct lk_code before, after;

	ck_assert(lk_code_find((uintptr_t)gone, &before));
	lk_code_forget(gone);
	ck_assert(lk_code_find((uintptr_t)gone, &after));
	ck_assert_uint_eq(after.generation, before.generation);
	ck_assert_uint_lt(after.generation, lk_code_generation_now());
	ck_assert(after.start <= (uintptr_t)gone && (uintptr_t)gone < after.end);
	ck_assert_ptr_nonnull(after.eh_frame_hdr);
	ck_assert(!lk_code_find(1, &after));
}
END_TEST

/* A copy of the library at PATH. */
static void copy_to(const char *name, const char *path)
{
	static char bytes[1 << 20];
	FILE *from = fopen(path, "r"), *to = fopen(name, "w");
	size_t size = fread(bytes, 1, sizeof bytes, from);

	ck_assert_uint_eq(fwrite(bytes, 1, size, to), size);
	fclose(to);
	fclose(from);
}

static void *load(const char *name)
{
	char path[64];
	struct link_map *map;

	snprintf(path, sizeof path, "./%s", name);
	void *library = dlopen(path, RTLD_NOW);
	ck_assert_ptr_nonnull(library);
	ck_assert_int_eq(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
	place = (uintptr_t)map->l_ld;
	return library;
}

/* Unloaded where nobody saw it, and another one in its place. */
START_TEST(another_module_in_the_same_place_is_another)
{
	static const char *const names[] = { "code_map_one.so", "code_map_other.so" };
	void *library = dlopen("libBrokenLocale.so.1", RTLD_NOW);
	struct lk_code one, other;
	struct link_map *map;

	ck_assert_int_eq(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
	for (int i = 0; i < 2; i++)
		copy_to(names[i], map->l_name);
	library = load(names[0]);
	ck_assert(lk_code_find(place, &one));
	dlclose(library);
	load(names[1]);
	ck_assert(lk_code_find(place, &other));
	for (int i = 0; i < 2; i++)
		unlink(names[i]);
	ck_assert_uint_eq(one.start, other.start);
	lk_code_forget(gone);
	ck_assert_uint_eq(calls, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("code_map");
	TCase *tests = tcase_create("code_map");

	tcase_add_test(tests, each_forgetting_begins_two_generations);
	tcase_add_test(tests, a_rule_that_is_learnt_meanwhile_is_not_found);
	tcase_add_test(tests, another_module_in_the_same_place_is_another);
	tcase_add_test(tests, a_module_keeps_its_generation);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
