#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/check_patterns.c: each mistake is found, none where it is mended, and the
# reports are as examples/README.md shows them.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

examples=$srcdir/examples
patterns="forgotten_thread growing_table small_piece pool_misuse unclosed_file temporaries"
sources=$(for pattern in $patterns; do echo "$examples/$pattern.c"; done)
# shellcheck disable=SC2086 # several words
compile check_patterns "$examples/check_patterns.c" $sources $link_leakcheck || exit 1

# Takes out what differs from machine to machine and from run to run.
even_out ()
{
	sed -e 's/^  *# /# /' -e 's/\(LEAK\|OVER\) [0-9a-f]*/\1 ID/' -e 's/0x[0-9a-f]*/ADDRESS/g' \
		-e 's/thread [0-9]*/thread N/' -e 's/[0-9]* ms/N ms/g' -e 's/ \.\.\. [0-9]* runs/ .../' \
		-e 's/[0-9]* B of heap/N B of heap/' -e 's/fd [0-9]*/fd N/' -e 's/offset [0-9]* of [0-9]*/offset N/' \
		-e 's/[0-9]* allocations/N allocations/' -e "s|$examples/||g" -e 's/ (inlined)//'
}

even_out <"$examples/README.md" | grep -E '^# (LEAK|OVER|  )' >shown
tap_check "README.md shows a report of each" \
	test "$(grep -cE '^# (LEAK|OVER)' shown)" -eq 6
for mode in yes no; do
	CK_FORK=$mode watch ./check_patterns >out 2>err
	for pattern in $patterns; do
		tap_check "fork $mode: $pattern is found" shows out ":S:core:$pattern:0: leakcheck: 1 "
		tap_check "fork $mode: $pattern, mended" hides out ":${pattern}_mended:"
	done
	even_out <out >said
	while IFS= read -r line; do
		tap_check "fork $mode: README.md: $line" grep -qxF -e "$line" said
	done <shown
done
./check_patterns >out 2>err
tap_check "without leakcheck only the limit is broken" \
	shows out "^91%: Checks: 12, Failures: 1, Errors: 0$"
tap_end
