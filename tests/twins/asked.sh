#!/bin/sh
# SPDX-License-Identifier: MIT
# --dump-signal: a program that hangs is asked what it is doing, and goes on.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile asked asked.c || exit 1

# Waits until COMMAND succeeds; gives up after a minute.
until_it ()	# COMMAND...
{
	until_tries=0
	until "$@"; do
		until_tries=$((until_tries + 1))
		[ $until_tries -lt 600 ] || return 1
		sleep 0.1
	done
}

# Asks the leakcheck command, which hands the signal on; then lets the test go on.
ask ()	# SIGNAL [TEST]
{
	rm -f ready go
	"$leakcheck" --dump-signal="$1" ./asked "${2:-waits}" >out 2>err &
	asked=$!
	until_it test -e ready && kill -s "$1" $asked && until_it grep -q /dev/zero err
	ask_status=$?
	: >go
	wait $asked && test $ask_status -eq 0
}

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: it answers and goes on" ask USR1
	tap_check "fork $mode: the test passes" shows out ':P:asked:waits:0: Passed$'
	tap_check "fork $mode: and is clean" shows err '^leakcheck: 1 test checked, 0 leaked'
	tap_check "fork $mode: what it is" shows err \
		"^leakcheck: waits at $twins/asked.c:[0-9]* (asked, asked): asked by a signal; what it is doing$"
	tap_check "fork $mode: where it is" shows err '^  hold_until_told$'
	tap_check "fork $mode: what it holds" shows err '^  heap 4321 B in 1 block, from$'
	tap_check "fork $mode: from where" shows err '^    > hold_until_told '
done
unset CK_FORK
tap_check "another signal" ask WINCH
for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a test that runs answers and goes on" ask USR1 turns
	tap_check "fork $mode: where it runs" shows err '^  turn_until_told$'
	tap_check "fork $mode: it passes" shows out ':P:asked:turns:0: Passed$'
done
unset CK_FORK
tap_fails "one that cannot be handled" watch --dump-signal=KILL ./asked
tap_end
