# SPDX-License-Identifier: MIT
# Every stack walked twice, by us and by libunwind, on all programs of oracle/.
# `tests/oracle/run.sh --long` compares five million stacks and more.
# shellcheck shell=sh
. "${srcdir:-.}/tests/tap.sh"

TMPDIR=$scratch sh "$srcdir/tests/oracle/run.sh" >"$scratch/log" 2>&1
status=$?
if [ "$status" -eq 0 ]; then
	tail -n 2 "$scratch/log" | sed 's/^/# /'
	tap_pass "no stack differs from libunwind's"
else
	echo "# status $status"
	tap_fail "no stack differs from libunwind's" "$scratch/log"
fi
tap_end
