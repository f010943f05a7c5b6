#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs of tests that follow another run, in a process or thread of their own: each
# test is checked, and counted once.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile runs runs.c && compile runs-linked runs.c -DLINKED $link_leakcheck || exit 1

counts ()	# NUMBER FILE PATTERN
{
	test "$(grep -c "$3" "$2")" -eq "$1" || { cat "$2"; return 1; }
}

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a worker process: status" returns 1 watch --require ./runs worker
	tap_check "fork $mode: a worker process: its first test leaks" \
		shows out '^50%: Checks: 2, Failures: 1, Errors: 0$'
	tap_check "fork $mode: a worker process: the sum" \
		shows err '^leakcheck: 3 tests checked, 1 leaked (1 site), 0 unsure;'
	tap_check "fork $mode: a worker process: nothing is missing" hides err 'not checked'

	tap_check "fork $mode: another thread: status" returns 2 watch --require ./runs thread
	tap_check "fork $mode: another thread: two of its tests leak" \
		shows out '^33%: Checks: 3, Failures: 2, Errors: 0$'
	tap_check "fork $mode: another thread: the sum" \
		shows err '^leakcheck: 4 tests checked, 2 leaked (2 sites), 0 unsure;'
	tap_check "fork $mode: another thread: nothing is missing" hides err 'not checked'

	tap_check "fork $mode: a child of a test: status" returns 0 watch --require ./runs under
	tap_check "fork $mode: a child of a test: nothing is missing" hides err 'not checked'
	tap_check "fork $mode: a child of a test, then a leak" \
		returns 1 watch --require ./runs under_before_leak
	tap_check "fork $mode: a child of a test, then a leak: the sum" \
		shows err '^leakcheck: [1-9] tests checked, 1 leaked (1 site), 0 unsure;'

	# Linked, each process that has a run tells of its own.  The status of each is the
	# number of leaks where the run comes to its end, else ours.
	case $mode in
	yes) two_children=$((1 + 1)) ;;
	no) two_children=$((23 + 23)) ;;
	esac
	tap_check "fork $mode: two children, linked: status" \
		returns "$two_children" ./runs-linked children
	tap_check "fork $mode: two children, linked: both have a sum" \
		counts 2 err '^leakcheck: 1 test checked, 1 leaked (1 site), 0 unsure;'
	tap_check "fork $mode: two children, linked: both say what was not checked" \
		counts 2 err '^leakcheck: 1 test not checked: 1 ended by exit$'
	tap_check "fork $mode: two children, linked: and nobody says more" counts 6 err '^leakcheck: '
done

# Without fork, a worker would end with its test.
export CK_FORK=yes
tap_check "workers at the same time: status" returns 0 watch ./runs workers
tap_check "workers at the same time: what was checked" \
	shows err '^leakcheck: 9 tests checked, 0 leaked, 0 unsure;'
tap_check "workers at the same time: what was not" \
	shows err '^leakcheck: 9 tests not checked: 9 ended by exit$'
tap_check "workers at the same time: required" returns 24 watch --require ./runs workers
tap_end
