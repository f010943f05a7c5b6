#!/bin/sh
# SPDX-License-Identifier: MIT
# Where leakcheck gets too little memory for its tables it says so: a leak is
# found, or the test is unsure, but never quietly clean.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile kinds kinds.c || exit 1

# Runs kinds.c with KIND alone watched in SIZE KiB of addresses.
honest ()	# SIZE KIND
{
	for limit_kind in heap descriptors threads; do
		test "$limit_kind" = "$2" || set -- "$@" "--no-$limit_kind"
	done
	limit_size=$1
	shift 2
	# shellcheck disable=SC3045 # dash and bash have it, others say so
	(ulimit -v "$limit_size" && watch --settle=20 "$@" ./kinds) >out 2>err
	limit_status=$?
	cat out err
	# Too little for leakcheck to start is told, too; and so is a test that
	# fails because we took what it needed.
	test $limit_status -eq 2 && test ! -s out && return 0
	grep -q '^leakcheck: [2-4] tests checked, ' err && {
		grep -q 'Checks: 4, Failures: [1-3], ' out ||
			grep -q '^leakcheck: 4 tests checked, 0 leaked, [1-4] unsure;' err
	}
}

for size in 50000 60000 80000 100000 120000 150000 200000; do
	# shellcheck disable=SC3045
	(ulimit -v $size && CK_FORK=no ./kinds) >alone 2>&1 || continue
	grep -q '^100%: Checks: 4' alone || continue
	for kind in heap descriptors threads; do
		for mode in yes no; do
			CK_FORK=$mode
			export CK_FORK
			tap_check "$size KiB, fork $mode, $kind" honest $size $kind
		done
	done
done
tap_check "some size was large enough to try" test "$tap_results" -ge 6
tap_end
