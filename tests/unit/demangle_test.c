/* SPDX-License-Identifier: MIT */
#include "judge/demangle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *base;
} bases[] = {
	{ "", "" },
	{ "parse", "parse" },
	{ "parse.constprop.0", "parse" },
	{ "parse.part.0.isra.3", "parse" },
	{ "parse.cold", "parse" },
	{ "parse.lto_priv.0", "parse" },
	{ "nested.1234", "nested" },
	{ "_ZN5store5clearEi.cold", "_ZN5store5clearEi" },
	{ "memcpy@@GLIBC_2.14", "memcpy" },
	{ "memcpy@GLIBC_2.2.5", "memcpy" },
	{ "main.main", "main.main" },
	{ "parse.", "parse." },
	{ ".cold", ".cold" },
	{ "@", "@" },
};

START_TEST(cuts_what_the_compiler_appends)
{
	ck_assert_uint_eq(lk_demangle_base_length(bases[_i].name), strlen(bases[_i].base));
	ck_assert(strncmp(bases[_i].name, bases[_i].base, strlen(bases[_i].base)) == 0);
}
END_TEST

START_TEST(demangles_mangled_names_only)
{
	static const char *const others[] = { "", "_", "_Z", "parse", "_Zzz?", "\xff\xfe" };
	struct lk_demangler demangler = { 0 };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_ptr_null(lk_demangle(&demangler, others[i]));
	char *plain = lk_demangle(&demangler, "_ZN5store5clearEi");
	ck_assert_ptr_nonnull(plain);
	ck_assert_str_eq(plain, "store::clear(int)");
	free(plain);

	size_t size = 1 << 20;
	char *endless = malloc(size);
	memset(endless, 'P', size);
	memcpy(endless, "_Z1f", 4);
	endless[size - 1] = '\0';
	ck_assert_ptr_null(lk_demangle(&demangler, endless));
	free(endless);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demangle");
	TCase *names = tcase_create("names");

	tcase_add_loop_test(names, cuts_what_the_compiler_appends, 0,
			    sizeof bases / sizeof *bases);
	tcase_add_test(names, demangles_mangled_names_only);
	suite_add_tcase(suite, names);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
