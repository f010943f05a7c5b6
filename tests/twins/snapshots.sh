#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck.h: snapshots, and the session of tracemalloc that README.md shows.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile snapshots snapshots.c -DTWINS_LINKED $link_leakcheck || exit 1
for by in env watch; do
	echo "# run by $by"
	judge_by=$by
	judge snapshots yes
	judge snapshots no
done

# Without Check; in the folder of the source, as in README.md.
cp "$srcdir/examples/tracemalloc.c" . || exit 1
# shellcheck disable=SC2086 # several words
compile session ./tracemalloc.c $link_leakcheck || exit 1
./session >out 2>err
sed -n '/^\[ Top 3 differences \]$/,/^```$/p' "$srcdir/README.md" | grep -v '^```$' >wanted
tap_check "README.md shows three rows" test "$(grep -c . wanted)" -eq 4
tap_check "a session of tracemalloc, line by line, prints what README.md shows" diff wanted out
tap_check "and nothing else" test ! -s err
tap_end
