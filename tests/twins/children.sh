#!/bin/sh
# SPDX-License-Identifier: MIT
# Child processes: those that stay, and those that nobody waited for.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile children children.c -lutil && compile daemons daemons.c || exit 1
judge children yes
CK_RUN_CASE=children
export CK_RUN_CASE
judge children no

# A test's own daemon lives on; those of the copies that ran it again do not.
unset CK_RUN_CASE
export DAEMON="twin-$$"
live ()	# NUMBER: daemons of that number and behind it
{
	live_count=0
	for live_stat in /proc/[0-9]*/stat; do
		read -r live_pid live_name live_state live_rest <"$live_stat" 2>"$scratch/none" || continue
		[ "$live_name" = "($DAEMON)" ] && [ "$live_state" != Z ] &&
			live_count=$((live_count + 1)) && kill -s KILL "$live_pid"
	done
	echo "$live_count live, not $1 ${live_rest:+}"
	test $live_count -eq "$1"
}
for mode in yes no; do
	CK_FORK=$mode watch ./daemons >out 2>err
	tap_check "fork $mode: the daemon and the list are told" shows out \
		': leakcheck: 2 leaks: heap 20 B in 1 block, child 1$'
	tap_check "fork $mode: the test has run again" shows out ', rises each time \['
	tap_check "fork $mode: one daemon is left" live 1
done
tap_end
