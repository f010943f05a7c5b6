#!/bin/sh
# SPDX-License-Identifier: MIT
# However a test ends: what Check says of it stays, a leak never makes a failure
# a pass, and what could not be checked is counted.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile outcomes outcomes.c || exit 1

# FILE's results, one a line: case, test, type, location, first line of the message.
results ()	# FILE
{
	sed -n 's/^\(.*\):\([PFSE]\):\([a-z_0-9]*\):\([a-z_0-9]*\):0: \(.*\)$/\3	\4	\2	\1	\5/p' "$1"
}

# Compares the results of alone and watched; complains about what is not as it is to be.
compare ()
{
	results alone >alone.results
	results watched >watched.results
	paste alone.results watched.results >both
	test -s both || { cat watched; return 1; }
	awk -F '\t' '
	function complain(why) { print $1 ", " $2 ": " why; wrong = 1 }
	$1 != $6 || $2 != $7 { complain("not the same test: " $6 ", " $7) }
	{
		same = $3 == $8 && $4 == $9 && $5 == $10
		returns = $2 ~ /^(passes|jumps|closes_all|opens_all)_/ && $1 !~ /^(setup|teardown)$/
		leaks = $2 ~ /_leaking$/ && returns
	}
	!leaks && !same { complain("Check said \"" $5 "\", now \"" $10 "\"") }
	leaks && $8 == "P" { complain("passed") }
	leaks && $1 != "expects_segv" && $10 !~ /^leakcheck: [0-9]+ leaks?: heap 100 B in 1 block/ {
		complain("no leak told")
	}
	END { exit wrong }' both
}

for mode in yes no; do
	export CK_FORK=$mode
	./outcomes mild >alone
	watch ./outcomes mild >watched 2>err
	tap_check "fork $mode: assertions, jumps, fixtures that fail" compare
	tap_check "fork $mode: their number" test "$(wc -l <both)" -eq 14
	tap_check "fork $mode: what was checked" shows err \
		'^leakcheck: 6 tests checked, 2 leaked (2 sites), 0 unsure;'
	tap_check "fork $mode: what was not, and why" shows err \
		'^leakcheck: 8 tests not checked: 6 failed by itself, 2 failed in a fixture$'
done
unset CK_FORK

./outcomes >alone
watch ./outcomes >watched 2>err
tap_check "exits, signals, time-outs" compare
tap_check "their number" test "$(wc -l <both)" -eq 118
tap_check "what was checked" shows err '^leakcheck: 16 tests checked, 8 leaked (19 sites), 0 unsure;'
tap_check "what was not, and why" shows err "^leakcheck: 102 tests not checked: 12 failed by itself, \
68 ended by exit, 18 ended by a signal, 4 timed out or was killed$"
tap_check "each leak that is counted is shown" test "$(cat watched err | grep -c 'LEAK [0-9a-f]* ')" -eq 19

# A run in which something was not checked is not good enough for --require.
cat >quits.c <<'EOT'
#include <check.h>
#include <stdlib.h>
START_TEST(quits) { exit(0); } END_TEST
START_TEST(stays) { free(malloc(1)); } END_TEST
int main(int argc, char **argv)
{
	(void)argv;
	Suite *suite = suite_create("quits");
	TCase *tcase = tcase_create("quits");
	tcase_add_test(tcase, stays);
	if (argc > 1)
		tcase_add_test(tcase, quits);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
EOT
compile quits ./quits.c || exit 1
for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: exit(0) in a test: status" returns 0 watch ./quits too
	tap_check "fork $mode: exit(0) in a test: sum" \
		shows err '^leakcheck: 1 test not checked: 1 ended by exit$'
	tap_check "fork $mode: exit(0) in a test, required" returns 24 watch --require ./quits too
	tap_check "fork $mode: nothing but tests that stay, required" returns 0 watch --require ./quits
done
tap_end
