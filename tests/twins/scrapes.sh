#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests that do unusual things to what Check and leakcheck stand on.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile scrapes scrapes.c && compile scrapes-linked scrapes.c -DTWINS_LINKED $link_leakcheck || exit 1
export CK_RUN_CASE
for CK_RUN_CASE in threads streams flushed; do
	judge scrapes yes
	judge scrapes no
done
# A test that was forked has no server.
CK_RUN_CASE=served
judge scrapes no
# Check itself would need what these take away.
CK_RUN_CASE=limits
judge scrapes yes

# Here one more test fails by itself.
judge_after_failure ()	# PROGRAM
{
	for mode in yes no; do
		judge "$1" $mode
		tap_check "$1, fork $mode: what was not checked" \
			shows err '^leakcheck: 1 test not checked: 1 failed by itself$'
	done
}
CK_RUN_CASE="after failure"
judge_after_failure scrapes
CK_RUN_CASE=ignoring judge_by=env
judge_after_failure scrapes-linked
tap_end
