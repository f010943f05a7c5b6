#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck_memstats().
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile memstats memstats.c -DTWINS_LINKED $link_leakcheck || exit 1
for by in env watch; do
	echo "# run by $by"
	judge_by=$by
	judge memstats yes
	judge memstats no
done
tap_check "outside of Check" returns 0 ./memstats print
tap_check "what is watched is told" shows out '^{"known":15,"mallocs":[0-9]*,'
export LEAKCHECK_OPTIONS=heap=no:threads=no
tap_check "the heap is not watched" returns 0 ./memstats print
tap_check "and that is told" shows out '^{"known":10,"mallocs":0,"frees":0,"live_blocks":0,'
tap_end
