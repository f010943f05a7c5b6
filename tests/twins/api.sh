#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck.h: ignoring, asking what is watched, verifying single tests.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile api api.c -DTWINS_LINKED ${EMULATOR:+-DTWINS_EMULATED} $link_leakcheck && compile verify verify.c $link_leakcheck || exit 1
for by in env watch; do
	echo "# run by $by"
	judge_by=$by
	judge api yes
	judge api no
done

prints ()	# TEXT COMMAND...
{
	prints_text=$1
	shift
	"$@" >out 2>err
	echo "$prints_text" | diff - out
}
tap_check "watching: all" prints "15 ''" ./api watching
for option in heap:14 descriptors:13 threads:11 children:7; do
	LEAKCHECK_OPTIONS=${option%:*}=no
	export LEAKCHECK_OPTIONS
	tap_check "watching: no ${option%:*}" prints "${option#*:} ''" ./api watching
	unset LEAKCHECK_OPTIONS
done

# Runs verify.c with PLACE; then each test's type and first line of its message.
verify ()	# STATUS RESULTS PLACE [too]
{
	verify_status=$1 verify_results=$2
	shift 2
	./verify "$@" >out 2>err
	verify_got=$?
	cat out err
	test $verify_got -eq "$verify_status" && test "$(sed -n \
		's/.*:\([PFSE]\):[a-z]*:\([a-z_]*\):0: \([a-zA-Z]*\).*/\2 \1 \3,/p' out |
		tr -d '\n')" = "$verify_results"
}
leak_is_told="clean P Passed,leaks S leakcheck,leaks_elsewhere P Passed,"
nothing_is_told="clean P Passed,leaks P Passed,leaks_elsewhere P Passed,"
for mode in yes no; do
	export CK_FORK=$mode
	for place in setup test teardown twice; do
		tap_check "fork $mode: verified in $place" verify 1 "$leak_is_told" $place
		tap_check "fork $mode: verified in $place: the sum" \
			shows err '^leakcheck: 2 tests checked, 1 leaked (1 site), 0 unsure;'
		tap_check "fork $mode: verified in $place: one leak, that of the test" \
			test "$(grep -c LEAK out)" -eq 1
		tap_check "fork $mode: verified in $place: no complaint" hides err VERIFY_NONE
	done
	tap_check "fork $mode: a test's own failure stays" verify 1 \
		"clean P Passed,leaks S leakcheck,fails_and_leaks F by,leaks_elsewhere P Passed," test too

	for place in "unchecked setup" "unchecked teardown" main after; do
		tap_check "fork $mode: in $place it does nothing to the tests" \
			verify 23 "$nothing_is_told" "$place"
		tap_check "fork $mode: in $place it says why, and where" \
			shows err '^leakcheck: .*verify.c:[0-9]*: LEAKCHECK_VERIFY_NONE() cannot work here: '
		tap_check "fork $mode: in $place: the sum" shows err \
			'^leakcheck: LEAKCHECK_VERIFY_NONE() was used 1 time where it cannot work$'
	done
	tap_check "fork $mode: in a child of a test" verify 23 "$nothing_is_told" child
	tap_check "fork $mode: in a child of a test it says why" \
		shows err 'verify.c:[0-9]*: LEAKCHECK_VERIFY_NONE() cannot work here: .*forked by a test'
	tap_check "fork $mode: nowhere" verify 0 "$nothing_is_told"
	tap_check "fork $mode: nowhere, and nothing is said" test ! -s err
done
unset CK_FORK
watch --no-verify-all ./verify teardown >out 2>err
tap_check "leakcheck --no-verify-all leaves it to the program" \
	shows err '^leakcheck: 2 tests checked, 1 leaked (1 site), 0 unsure;'
watch ./verify teardown >out 2>err
tap_check "leakcheck verifies the others, too" \
	shows err '^leakcheck: 3 tests checked, 2 leaked (2 sites), 0 unsure;'

# Linked, but never asked: no byte of difference.
compile without kinds.c && mkdir with.d without.d &&
	compile with kinds.c -Wl,--no-as-needed "-L$libraries" -lleakcheck "-Wl,-rpath,$libraries" || exit 1
readelf -d "$(program_of with)" >with.needs
tap_check "the library is linked in" shows with.needs 'NEEDED.*libleakcheck'
mv with with.d/kinds && mv without without.d/kinds
for mode in yes no; do
	for where in with without; do
		(cd $where.d && CK_FORK=$mode CK_VERBOSITY=verbose CK_TAP_LOG_FILE_NAME=tap ./kinds >out 2>err
			echo $? >status)
	done
	for file in out err status tap; do
		tap_check "fork $mode: linked, but not asked: the same $file" diff with.d/$file without.d/$file
	done
done
CK_FORK=no watch --settle=20 with.d/kinds >out 2>err
tap_check "linked and watched: each test counts once" \
	shows err '^leakcheck: 4 tests checked, 3 leaked'
tap_end
