#!/bin/sh
# SPDX-License-Identifier: MIT
# LEAKCHECK_LIMIT and --budget: a test that uses more memory than it may fails, with who
# used it.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile budgets budgets.c $link_leakcheck || exit 1

# One result for each test of the run in the file out: did it do what its name says?
# Scopes fail only tests that are verified: those of SCOPES (yes or no).
judge_names ()	# PREFIX SCOPES
{
	sed -n 's/.*:\([PFSE]\):budgets:\([a-z_]*\):0: \(.*\)/\2 \1 \3/p' out >results
	tap_check "$1: all tests ran" test "$(grep -c . results)" -eq 24
	while read -r name type message; do
		case $name in
		fails_scope | fails_nested | fails_peaks) fails=$2 ;;
		fails_*) fails=yes ;;
		*) fails=no ;;
		esac
		case $fails:$type:$message in
		yes:S:"leakcheck: "[12]" limit"*" exceeded"* | no:P:Passed) tap_pass "$1: $name" ;;
		*) tap_fail "$1: $name: $type $message" out ;;
		esac
	done <results
}
for mode in yes no; do
	export CK_FORK=$mode CK_VERBOSITY=verbose
	./budgets >out 2>err
	judge_names "fork $mode, linked" no
	watch ./budgets >out 2>err
	judge_names "fork $mode, watched" yes
	tap_check "fork $mode: what is not measured is unsure" shows err \
		'UNSURE .* at most 1000000 allocations by .*budgets.c:[0-9]*: it could not be measured$'
	tap_check "fork $mode: Check's own messages do not count" shows out \
		'OVER [0-9a-f]* 1000 allocations, 999 allowed by '
	tap_check "fork $mode: nor are they shown" hides out pack_
	tap_check "fork $mode: who used it" shows out '^  #   1000 of them from$'
	tap_check "fork $mode: his stack" shows out '^  #   > take .*budgets.c:[0-9]*$'
	tap_check "fork $mode: the peak, and the inner scope, are told by themselves" \
		shows out ' 6 allocations, 5 allowed by .*budgets.c:[0-9]*$'
	tap_check "fork $mode: scopes are measured in further runs, too" shows out \
		'LEAK .* heap 8 B in 1 block, retained by budgets.c .list., rises each time'
	tap_check "fork $mode: what leaks beside it is told, too" \
		shows out 'fails_and_leaks:0: leakcheck: 1 limit exceeded, 1 leak: heap 77 B in 1 block$'
done

# Runs the test that allocates 1000 times 1000 bytes, with --budget=LIMITS.
budget ()	# STATUS LIMITS
{
	budget_status=$1
	watch_options=--budget=$2
	TWINS_ONLY=${3:-passes_no_limit}
	export TWINS_ONLY
	returns "$budget_status" watch ./budgets
	unset TWINS_ONLY
}
for mode in yes no; do
	export CK_FORK=$mode
	for limits in allocations:1000 bytes:1000000 peak:2K growth:none allocations:0,bytes:-; do
		tap_check "fork $mode: --budget=$limits is kept" budget 0 $limits
	done
	for limits in allocations:999 bytes:999999 peak:500 bytes:1K,peak:1G; do
		tap_check "fork $mode: --budget=$limits is broken" budget 1 $limits
		tap_check "fork $mode: --budget=$limits: it is said" shows out \
			'passes_no_limit:0: leakcheck: 1 limit exceeded$'
	done
	tap_check "fork $mode: the option tells no place" shows out '^  # OVER [0-9a-f]* [0-9]* B allocated, 1024 allowed$'
	tap_check "fork $mode: growth of a test that keeps something" budget 1 growth:100 fails_growth
	tap_check "fork $mode: how much it grew" shows out ' B more alive at its end, 100 allowed$'
done
unset CK_FORK
watch_options="--budget=bytes:1K --no-heap --require"
TWINS_ONLY=passes_no_limit
export TWINS_ONLY
tap_check "no heap: unsure, not green" returns 24 watch ./budgets
tap_check "no heap: why" shows err 'UNSURE .* at most 1024 B allocated: it could not be measured$'
# shellcheck disable=SC2034 # for watch
watch_options="--budget=bytes:1K --fail-on=lost"
tap_check "a limit that fails no test" returns 0 watch ./budgets
for wrong in bytes bytes: bytes:K bytes:1X bytes:1KK size:1 bytes:1, bytes:99999999999999999999 bytes:16777216T; do
	# shellcheck disable=SC2034 # for watch
	watch_options=--budget=$wrong
	tap_check "--budget=$wrong is refused" returns 2 watch ./budgets
	tap_check "--budget=$wrong: why" shows err "^leakcheck: .*option 'budget' takes limits, such as "
done
unset TWINS_ONLY
watch_options=
TWINS_ONLY=fails_scope watch --json=json ./budgets >out 2>err
tap_check "JSON has the numbers" shows json '"measure":"allocations","allowed":0,"measured":1[,}]'
tap_check "without Check: kept" returns 0 ./budgets 10
tap_check "without Check: END says 0" shows out '^0$'
tap_check "without Check: broken" returns 0 ./budgets 11
tap_check "without Check: END says 1" shows out '^1$'
tap_check "without Check: not measured" env LEAKCHECK_OPTIONS=heap=no ./budgets 10
LEAKCHECK_OPTIONS=heap=no ./budgets 10 >out 2>err
tap_check "without Check: END says -1" shows out '^-1$'
tap_end
