#!/bin/sh
# SPDX-License-Identifier: MIT
# A test that times out is looked at before Check kills it.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile timeouts timeouts.c || exit 1
compile linked timeouts.c $link_leakcheck || exit 1

# The report of TEST in the file err.
part_of ()	# TEST
{
	sed -n "/^leakcheck: $1 at /,/^leakcheck: /p" err | sed '1n; /^leakcheck: /d'
}

tells ()	# TEST PATTERN...
{
	part_of "$1" >part
	shift
	for pattern in "$@"; do
		shows part "$pattern" || return 1
	done
}

./timeouts >alone
watch ./timeouts >watched 2>err
tap_check "Check says the same" cmp alone watched
for test in hangs_waiting hangs_spinning hangs_deaf hangs_joining hangs_broken; do
	tap_check "$test: what it holds" tells $test ': timed out; ' 'heap 1234567 B in 1 block' \
		'heap 5000 B in 100 blocks' 'fd [0-9]* /dev/zero O_RDONLY, from$' '> keep_things '
done
tap_check "hangs_waiting: where it is stuck" tells hangs_waiting '^  main thread [0-9]* \[signal wait' \
	'^  pause' '^  wait_for_ever$' "^  .*/timeouts.c:[0-9]*$"
tap_check "hangs_spinning: where it turns" tells hangs_spinning '\[running\]' '^  spin_for_ever$'
tap_check "hangs_deaf: where it is stuck" tells hangs_deaf '^  wait_for_ever$'
tap_check "hangs_joining: who waits for whom" tells hangs_joining '\[mutex 0x' '\[join of thread ' \
	'^  take_and_wait$' 'created by hangs_joining_fn' 'DEADLOCK of 2 threads'
tap_check "hangs_broken: where it is stuck" tells hangs_broken '^  wait_for_ever$'
tap_check "a test that ends is not looked at" test "$(grep -c ': timed out; ' err)" -eq 5
tap_check "they are counted" shows err '^leakcheck: 5 tests not checked: 5 timed out or was killed$'

watch --no-dump-timeouts ./timeouts >watched 2>err
tap_check "not wanted" hides err ': timed out; '

watch --report=report ./timeouts >watched 2>err
tap_check "in the report, too" test "$(grep -c ': timed out; ' report)" -eq 5

./linked >watched 2>err
tap_check "a program that is only linked keeps quiet" test ! -s err
tap_end
