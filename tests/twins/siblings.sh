#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the siblings of a leak are released: found out when the test runs again.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile siblings siblings.c || exit 1
here=$(sed -n '/HERE/=' "$twins/siblings.c")

# Runs one twin, which leaks, and says what the report tells of siblings.
tells ()	# TEST WORDS
{
	TWINS_ONLY=must_leak_$1 ./siblings list >list
	TWINS_ONLY=must_leak_$1 CK_FORK=$mode CK_VERBOSITY=verbose \
		watch --json=found.json ./siblings >out 2>err </dev/null
	judge_output "siblings, fork $mode"
	tells_got=$(sed -n -e 's# /[^ ]*/# #' -e 's/^  #   others from here //p' out)
	tap_check "fork $mode: $1: ${2:-nothing is told}" test "$tells_got" = "$2"
}
for mode in yes no; do
	tells one_of_many "are freed at siblings.c:$here in node_free"
	tap_check "fork $mode: JSON names it" shows found.json \
		'"others_freed":9,"others_freed_there":9,"others_freed_at":{[^}]*"function":"node_free"'
	tells other_caller "are freed at siblings.c:$here in node_free"
	tells mostly "are mostly freed at siblings.c:$here in node_free"
	tap_check "fork $mode: JSON tells how many" shows found.json \
		'"others_freed":4,"others_freed_there":3,'
	tells that_grows "are freed at siblings.c:$here in node_free"
	tells wrapper_alone ''
	tells other_line ''
	tells no_sibling ''
done
mode=yes watch_options=--rerun=no tells one_of_many ''
tap_check "a leak that is lost is proven without another run" hides out 'run again'
tap_end
