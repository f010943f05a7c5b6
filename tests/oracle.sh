# SPDX-License-Identifier: MIT
# Every stack walked twice, by us and by libunwind, on all programs of oracle/ and on
# some suites of our own, whose tests fork.
# `tests/oracle/run.sh --long` compares five million stacks and more.
# shellcheck shell=sh
. "${srcdir:-.}/tests/tap.sh"

suites="tests/unit/options_test tests/unit/unwind_test"
# Too much for an emulator.
[ -n "${EMULATOR:-}" ] || suites="$suites tests/unit/heap_test tests/unit/text_test"
# shellcheck disable=SC2086 # one word for each suite
TMPDIR=$scratch CK_DEFAULT_TIMEOUT=60 sh "$srcdir/tests/oracle/run.sh" $suites >"$scratch/log" 2>&1
status=$?
if [ "$status" -eq 0 ]; then
	tail -n 1 "$scratch/log" | sed 's/^/# /'
	tap_pass "no stack differs from libunwind's"
else
	echo "# status $status"
	tap_fail "no stack differs from libunwind's" "$scratch/log"
fi
tap_end
