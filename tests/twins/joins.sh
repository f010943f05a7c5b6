#!/bin/sh
# SPDX-License-Identifier: MIT
# joins.sh [--long]: threads that were joined are never reported, neither on a quiet
# machine nor on a busy one.  --long makes 2000 runs, and 200 of each kind under load.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

runs=100 busy_runs=10
[ "${1:-}" != --long ] || runs=2000 busy_runs=200
compile joins joins.c -O2 || exit 1

none_reported ()	# RUNS KIND MODE
{
	CK_FORK=$3 watch ./joins "$1" "$2" >out 2>err
	joins_status=$?
	cat err
	[ $joins_status -eq 0 ] && shows err "leakcheck: $1 tests checked, 0 leaked"
}

tap_check "$runs runs, forked" none_reported "$runs" joins yes
tap_check "$runs runs in one process" none_reported "$runs" joins no

# Twice as many programs that only compute as there are processors.
load=
for joins_processor in $(seq "$(($(nproc) * 2))"); do
	timeout 600 sh -c 'while :; do :; done' &
	load="$load $!"
done
trap 'kill $load; rm -rf "$scratch"' EXIT
# A detached thread may wait long for its turn here; waiting ends when it has ended.
watch_options=--settle=20000
for joins_kind in joins mixes; do
	tap_check "$busy_runs busy runs, $joins_kind, forked" none_reported "$busy_runs" $joins_kind yes
	tap_check "$busy_runs busy runs, $joins_kind, in one process" \
		none_reported "$busy_runs" $joins_kind no
done
tap_end
