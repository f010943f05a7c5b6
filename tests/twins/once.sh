#!/bin/sh
# SPDX-License-Identifier: MIT
# A test that acts on the world is kept from running again: by itself, by the program, by
# a rule, by an option.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile once once.c $link_leakcheck || exit 1

# How often did each test run in the world?
ran ()	# RUNS WORD...
{
	ran_wanted=$1
	shift
	rm -f runs
	CK_VERBOSITY=verbose watch --notes ./once "$@" >out 2>err
	ran_got=$(sort runs | uniq -c | sed 's/ *\([0-9]*\) \(.*\)/\2 \1/' | tr '\n' ' ')
	cat out err
	echo "got $ran_got"
	# shellcheck disable=SC2254 # it is a pattern
	case $ran_got in
	$ran_wanted) ;;
	*) return 1 ;;
	esac
}
not_again='note: the test could not be run again:'
for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a test that keeps something runs again" ran 'silent [3-9]*' silent
	tap_check "fork $mode: and then it is judged" \
		shows err '^leakcheck: 1 test checked, 0 leaked, 0 unsure;'
	tap_check "fork $mode: leakcheck_run_once() in one of two tests" \
		ran 'asks 1 silent [3-9]*' asks silent
	tap_check "fork $mode: nothing is proven of it" \
		shows err '^leakcheck: 2 tests checked, 0 leaked, 1 unsure;'
	tap_check "fork $mode: and it says why" \
		shows err "$not_again it asked for it by leakcheck_run_once()"
	tap_check "fork $mode: in main, for all tests" ran 'silent 1 ' main silent
	tap_check "fork $mode: in an unchecked fixture, too" ran 'silent 1 ' fixture silent
	watch_options=--rerun=no
	tap_check "fork $mode: --rerun=no" ran 'silent 1 ' silent
	tap_check "fork $mode: and it says why" shows err "$not_again it is switched off"
	echo 'once:^silent$  # it talks to a server' >my.supp
	watch_options=--suppressions=my.supp
	tap_check "fork $mode: a rule for one of two tests" ran 'loses [2-9]* silent 1 ' silent loses
	tap_check "fork $mode: says why" shows err "$not_again a rule says so"
	tap_check "fork $mode: and was used" hides err 'matched nothing'
	echo 'once:^loses$' >my.supp
	tap_check "fork $mode: a rule for a test that leaks" ran 'loses 1 ' loses
	tap_check "fork $mode: does not hide that" shows out ': 1 leak: heap 100 B in 1 block$'
	echo 'once:other' >my.supp
	tap_check "fork $mode: a rule for no test" ran 'silent [3-9]*' silent
	tap_check "fork $mode: is named" shows err 'once:other'
	watch_options=
done
tap_end
