#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck selftest: every kind of leak, planted in the user's own program, is caught;
# where one cannot be, that is said.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile rules suppressions.c -O1 && compile own kinds.c own_malloc.c &&
	compile odd odd.c && compile rules-linked suppressions.c -DLINKED $link_leakcheck || exit 1

planted ()	# STATUS [OPTION | PROGRAM | WORD]...
{
	planted_status=$1
	shift
	returns "$planted_status" "$leakcheck" selftest "$@"
}

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a clean suite" planted 0 ./rules clean heap
	for kind in heap fd thread child; do
		tap_check "fork $mode: $kind" shows out "^$kind  *caught in 2 of 2 tests$"
	done
	tap_check "fork $mode: nothing else is printed" test "$(wc -l <out)" -eq 4 -a ! -s err
	tap_check "fork $mode: linked" planted 0 ./rules-linked clean
	tap_check "fork $mode: a malloc of its own" planted 24 ./own
	tap_check "fork $mode: heap is missed" shows out '^heap  *caught in 0 of 4 tests$'
	tap_check "fork $mode: and why" \
		shows out '^leakcheck: heap memory is not watched: the program brings its own malloc'
	tap_check "fork $mode: the others are caught" shows out '^fd  *caught in 4 of 4 tests$'
	tap_check "fork $mode: what is not watched" planted 0 --no-heap ./own
	tap_check "fork $mode: is told" shows out '^heap  *not watched'
	tap_check "fork $mode: a rule that covers what is planted" sh -c 'echo "fd:/dev/null" >my.supp'
	tap_check "fork $mode: hides it" planted 24 --suppressions=my.supp ./rules clean
	tap_check "fork $mode: as is told" shows out '^fd  *caught in 0 of 1 test$'
done
export CK_FORK=yes
tap_check "a test that exits" planted 0 ./odd clean quits
tap_check "is not among them" shows out '^heap  *caught in 1 of 1 test$'
tap_check "and is named" shows out '^leakcheck: 1 test not checked: 1 ended by exit$'
tap_check "nothing to plant in" planted 24 true
tap_check "no program" planted 2
tap_end
