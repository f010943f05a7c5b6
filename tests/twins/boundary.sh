#!/bin/sh
# SPDX-License-Identifier: MIT
# The boundary with Check: fixtures of all sorts, loops, runners, what is
# printed, how the program is started.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile fixtures fixtures.c || exit 1
for mode in yes no; do
	./fixtures list >list
	CK_FORK=$mode CK_VERBOSITY=verbose watch ./fixtures >out 2>err
	status=$?
	grep ':third_turn_leaks:' out | sed 's/.*:\([PFSE]\):.*:\([0-9]\): .*/\1\2/' | tr '\n' ' ' >turns
	judge_output "fixtures, fork $mode"
	tap_check "fixtures, fork $mode: one turn of a loop" grep -qx 'P0 P1 S2 P3 P4 ' turns
	# The turns of three loops, and what the list has once.
	tap_check "fixtures, fork $mode: the status and the sum" \
		sum "$status" "$(($(grep -c . list) + 2 * 4 + 5))" "$(($(grep -c must_leak list) + 4 + 1))"
done

compile runners runners.c || exit 1
for mode in yes no; do
	./runners list >list
	CK_FORK=$mode CK_VERBOSITY=verbose watch ./runners >out 2>err
	judge_output "runners, fork $mode"
	CK_FORK=$mode watch ./runners several >out 2>err
	tap_check "runners, fork $mode: several have their own results" test $? -eq 12
	tap_check "runners, fork $mode: and one sum" shows err '^leakcheck: 6 tests checked, 3 leaked'
done

# What the program prints, and Check does not.
for verbosity in silent minimal normal verbose; do
	for mode in yes no; do
		CK_FORK=$mode CK_RUN_CASE=flushing CK_VERBOSITY=$verbosity watch ./fixtures >out 2>err
		tap_check "fork $mode, $verbosity: a test may print" sum $? 3 2
	done
done
tap_check "what a test prints is seen once" test "$(grep -c '^# a line$' out)" -eq 1


# The status of a program that does not care is ours.
cat >careless.c <<'EOT'
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
START_TEST(prints) { printf("out\n"); free(malloc((size_t)_i + 1)); } END_TEST
START_TEST(leaks) { void *volatile block = malloc(10); block = NULL; (void)block; } END_TEST
int main(int argc, char **argv)
{
	Suite *suite = suite_create("careless");
	TCase *tcase = tcase_create("careless");
	tcase_add_test(tcase, prints);
	if (argc > 1)
		tcase_add_test(tcase, leaks);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_SILENT);
	srunner_free(runner);
	return argv[0] == NULL;
}
EOT
compile careless ./careless.c || exit 1
status_is ()	# STATUS COMMAND...
{
	status_wanted=$1
	shift
	"$@" >out 2>err
	test $? -eq "$status_wanted" || { cat out err; return 1; }
}
for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a clean program's status" status_is 0 watch ./careless
	tap_check "fork $mode: that of one that ignores leaks" status_is 23 watch ./careless leak
	# The first words that a program prints make libc's buffer.
	tap_check "fork $mode: what libc keeps is a leak if asked for" \
		status_is 23 watch --strict --report=report ./careless
	tap_check "fork $mode: and has a place" shows report '_IO_file_doallocate'
done

# Standard streams that are not there, and Check's files at another place.  What
# is printed would end in Check's message file, so nothing is.
mkdir tmp
without ()	# NAME REDIRECTIONS
{
	tap_check "fork $mode: $1" sh -c "\"\$@\" ./fixtures $2; test \$? -eq 1" sh "$leakcheck" \
		--report="$scratch/report"
	tap_check "fork $mode: $1: the leak" shows report '^leakcheck: must_leak_no_fixtures at '
}
for mode in yes no; do
	export CK_FORK=$mode CK_VERBOSITY=silent CK_RUN_CASE="no fixtures"
	without "no standard input" '<&-'
	without "no standard output" '>&-'
	without "no standard error" '2>&-'
	without "no standard streams" '<&- >&- 2>&-'
	TMPDIR=$scratch/tmp TEMP=$scratch/tmp without "files elsewhere" '>out'
done
unset CK_FORK CK_VERBOSITY CK_RUN_CASE

# Libtool's wrapper scripts.
mkdir .libs
cp careless .libs/careless-real
printf '%s\n' '#!/bin/sh' 'program=$(dirname "$0")/.libs/careless-real' \
	'if test -f "$program"; then exec "$program" ${1+"$@"}; fi' >wrapper
chmod +x wrapper
tap_check "a wrapper script's program is watched" status_is 23 watch ./wrapper leak
tap_check "and counted once" shows err "^leakcheck: 2 tests checked, 1 leaked (1 site), 0 unsure"
tap_check "a wrapper script of a clean program" status_is 0 watch ./wrapper
tap_end
