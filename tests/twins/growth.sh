#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads that come and go cost no memory, and what a table cannot hold is counted:
# then a test in which nothing was found is unsure.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile growth growth.c -pthread || exit 1

# Where the system promises no more memory than it has, nothing is to be tried.
CK_FORK=no ./growth blocks >alone 2>&1
promises=$?
for mode in yes no; do
	CK_FORK=$mode watch ./growth threads >out 2>err
	tap_check "fork $mode: 5000 threads do not grow memory" sum $? 1 0
	tap_check "fork $mode: they were seen" shows err ' 5040 threads seen$'

	if [ $promises -ne 0 ]; then
		tap_skip "fork $mode: what a table cannot hold" "256 GiB of addresses are refused"
		continue
	fi
	CK_FORK=$mode watch --require ./growth blocks >out 2>err
	tap_check "fork $mode: --require does not take what was lost for clean" test $? -eq 24
	tap_check "fork $mode: it is counted, one by one" \
		shows err '^leakcheck: 6 events lost, so a leak may be missing$'
	tap_check "fork $mode: and makes that test unsure, and no other" \
		shows err '^leakcheck: 2 tests checked, 0 leaked, 1 unsure;'
done
tap_end
