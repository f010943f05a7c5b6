#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck_track(): handles of the program's own.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile handles handles.c -DTWINS_LINKED $link_leakcheck || exit 1
for by in env watch; do
	# One way is enough for an emulator, which takes its time.
	[ "$by" = env ] || [ -z "${EMULATOR:-}" ] || continue
	echo "# run by $by"
	judge_by=$by
	judge handles yes
	judge handles no
done

# Runs the twin NAME watched; what it printed is in out and err.
one ()	# STATUS NAME
{
	one_status=$1 TWINS_ONLY=$2
	export TWINS_ONLY
	returns "$one_status" watch --notes ./handles
	unset TWINS_ONLY
}
tap_check "what stays once is a note" one 0 must_pass_once
tap_check "and is named" shows err 'NOTE .* handle cache 0x[0-9a-f]*, not given back, happens once \[+0\], from$'
# shellcheck disable=SC2034 # for watch
watch_options=--fail-on=lost
tap_check "they fail no test if they are not to" one 0 must_leak_chunk
# shellcheck disable=SC2034 # for watch
watch_options="--fail-on=handle --no-rerun"
tap_check "without further runs they count as leaks" one 1 must_leak_chunk
tap_end
