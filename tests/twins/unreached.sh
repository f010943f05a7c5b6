#!/bin/sh
# SPDX-License-Identifier: MIT
# What a test leaves that never reaches its end is shown when asked, and judged never;
# such tests are named.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile unreached unreached.c || exit 1

# The report of what TEST left has PATTERNs.
tells ()	# TEST PATTERN...
{
	sed -n "/^leakcheck: $1 at .*; not judged, it left$/,/^leakcheck: /p" err |
		sed '1n; /^leakcheck: /d' >part
	shift
	for pattern in "$@"; do
		shows part "$pattern" || return 1
	done
}

same ()	# ARGUMENT...
{
	./unreached "$@" >alone
	watch --on-failure=report ./unreached "$@" >watched 2>err
	cmp alone watched
}

# Those whose tests leave the runner alive in both modes.
mild ()
{
	tap_check "$1: fails" tells 'fails' 'failed by itself' 'heap 1001 B' 'fd [0-9]* /dev/zero' \
		'> take '
	tap_check "$1: fails in a loop" tells 'fails_in_a_loop:4' 'heap 2004 B'
	tap_check "$1: a fixture that fails" tells 'passes' 'failed in a fixture' 'heap 1008 B'
	tap_check "$1: nothing left, nothing said" hides err 'fails_with_nothing at .* it left$'
	tap_check "$1: a child's end" hides err 'forks at .* it left$'
	tap_check "$1: named" shows err \
		"^leakcheck:   failed by itself: mild:fails at $twins/unreached.c:[0-9]*$"
	tap_check "$1: named with its turn" shows err \
		"^leakcheck:   failed by itself: mild:fails_in_a_loop:4 at "
	tap_check "$1: a fixture's test is named" shows err \
		"^leakcheck:   failed in a fixture: fixture:passes at "
}

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: Check says the same" same
	mild "fork $mode"
done
unset CK_FORK

tap_check "ends: Check says the same" same too
tap_check "exit" tells exits 'ended by exit' 'heap 1002 B'
tap_check "_exit" tells quits 'ended by exit' 'heap 1003 B'
tap_check "abort" tells aborts 'ended by signal 6' 'heap 1004 B' 'fd [0-9]* /dev/zero'
tap_check "a crash" tells crashes 'ended by signal 11' 'heap 1006 B'
tap_check "all are counted" shows err '^leakcheck: 9 tests not checked: '
tap_check "a signal is named" shows err '^leakcheck:   ended by a signal: ends:raises at '

watch ./unreached too >watched 2>err
tap_check "only when asked" hides err 'it left$'
watch --on-failure=report --report=report ./unreached too >watched 2>err
tap_check "in the report's file" shows report '^leakcheck: exits at .*; not judged, it left$'
tap_end
