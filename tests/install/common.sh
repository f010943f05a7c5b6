# SPDX-License-Identifier: MIT
# For tests of what is installed: puts an installation under $scratch/stage and
# its program, pkg-config file and macro where a user's tools look for them.
# shellcheck shell=sh
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

stage=$scratch/stage
if ! "$MAKE" install DESTDIR="$stage" >"$scratch/install.log" 2>&1; then
	tap_fail "make install DESTDIR=..." "$scratch/install.log"
	tap_end
	exit 0
fi
prefix=$stage$(pkg-config --variable=prefix ./leakcheck.pc)
PATH=$stage$(pkg-config --variable=bindir ./leakcheck.pc):$PATH
PKG_CONFIG_PATH=$stage$(pkg-config --variable=libdir ./leakcheck.pc)/pkgconfig
PKG_CONFIG="pkg-config --define-variable=prefix=$prefix"
ACLOCAL_PATH=$(dirname "$(find "$stage" -name leakcheck.m4)")
export PATH PKG_CONFIG_PATH PKG_CONFIG ACLOCAL_PATH

# A Check program with one clean test and, if LEAK is not empty, one that leaks.
write_suite ()	# FILE LEAK
{
	cat >"$1" <<-EOT
	#include <check.h>
	#include <stdlib.h>
	START_TEST(keeps_nothing)
	{
		char *volatile block = malloc(100);
		free(block);
	}
	END_TEST
	START_TEST(keeps_a_block)
	{
		char *volatile block = malloc(100);
		ck_assert(block != NULL);
		${2:+block = NULL;}
		free(block);
	}
	END_TEST
	int main(void)
	{
		Suite *suite = suite_create("Demo");
		TCase *tcase = tcase_create("Core");
		tcase_add_test(tcase, keeps_nothing);
		tcase_add_test(tcase, keeps_a_block);
		suite_add_tcase(suite, tcase);
		SRunner *runner = srunner_create(suite);
		srunner_run_all(runner, CK_NORMAL);
		int failed = srunner_ntests_failed(runner);
		srunner_free(runner);
		return failed != 0;
	}
	EOT
}

# Is there a line in FILE that matches PATTERN?
shows ()	# FILE PATTERN
{
	grep -q -e "$2" "$1" || { cat "$1"; return 1; }
}

hides ()	# FILE PATTERN
{
	! grep -e "$2" "$1"
}
