#!/bin/sh
# SPDX-License-Identifier: MIT
# A test that left something runs again, in a copy: what grows is a leak, what was
# kept once is none, and nobody outside sees the other runs.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# No thread that is alive at the end ever ends.
export LEAKCHECK_OPTIONS=settle=20
compile rerun_plugin.so -shared -fPIC rerun_plugin.c && compile rerun rerun.c -pthread || exit 1
for mode in yes no; do
	judge rerun $mode
	# Each runs for each test once.
	tap_check "fork $mode: what a fixture prints is printed once a test" \
		test "$(grep -c 'the setup speaks' out) $(grep -c 'the teardown speaks' out)" = \
		"$(grep -c . list) $(grep -c . list)"
done

# However the program is built and gets leakcheck.
archive=$(pkg-config --variable=libdir check)/libcheck_pic.a
if [ -f "$archive" ]; then
	compile_libs='' compile libcheck.so -shared -Wl,--whole-archive "$archive" \
		-Wl,--no-whole-archive -lsubunit -lrt -lm || exit 1
	shared_libs="$scratch/libcheck.so -Wl,-rpath,$scratch -pthread"
else
	shared_libs=$check_libs
fi
# shellcheck disable=SC2086 # several words
compile static-O2 rerun.c -O2 -s -pthread && compile static-nopie rerun.c -no-pie -pthread &&
	compile_libs=$shared_libs compile shared-O0 rerun.c -O0 &&
	compile_libs=$shared_libs compile shared-O2 rerun.c -O2 -s &&
	compile linked-O2 rerun.c -O2 -s -pthread -DTWINS_LINKED $link_leakcheck || exit 1
export LEAKCHECK_OPTIONS=settle=20:rerun_time=100 CK_RUN_CASE=rerun
./rerun list >list
for mode in yes no; do
	for build in static-O2 static-nopie shared-O0 shared-O2 linked-O2; do
		export CK_FORK=$mode
		case $build in
		linked-*) "./$build" >out 2>err ;;
		*) watch "./$build" >out 2>err ;;
		esac
		tap_check "fork $mode, $build" shows err \
			"^leakcheck: $(grep -c . list) tests* checked, $(grep -c must_leak list) leaked"
	done
done
unset CK_FORK CK_RUN_CASE
export LEAKCHECK_OPTIONS=rerun_time=100

compile world rerun_world.c -pthread || exit 1
printf 'abc' >letters
# Runs tests of world; the leak of each is no business of these checks.
world ()	# TEST...
{
	rm -f daemon ends
	world_given="$*"
	CK_VERBOSITY=verbose watch ./world "$@" >out 2>err <letters
	cat out err
}
occurs ()	# NUMBER PATTERN FILE...
{
	occurs_wanted=$1
	occurs_pattern=$2
	shift 2
	occurs_got=$(cat "$@" | grep -c -e "$occurs_pattern")
	cat "$@"
	test "$occurs_got" -eq "$occurs_wanted"
}
for mode in yes no; do
	export CK_FORK=$mode
	world prints notes >log
	tap_check "fork $mode: it ran more than once" occurs 2 'rises each time \[+1 +1 +1' out
	tap_check "fork $mode: what it prints is there once" occurs 2 '^printed$' out err
	tap_check "fork $mode: so is what it writes" occurs 1 '^written$' out
	tap_check "fork $mode: and a stream of the suite" occurs 1 '^noted$' journal
	tap_check "fork $mode: with what was in it before" test "$(head -n 1 journal)" = begun
	world reads_a reads_b reads_input_a reads_input_b awaits_children saw_no_child \
		ignores_children saw_no_child counts_1 counts_2 >log
	tap_check "fork $mode: places in files, SIGCHLD, shared memory" \
		occurs 5 ':P:.*: Passed$' out
	rm -f daemon
	world starts_daemon >log
	tap_check "fork $mode: no daemon of another run is left" \
		sh -c 'test -s daemon && ! kill -0 "$(cat daemon)"'
	world has_handler >log
	tap_check "fork $mode: exit handlers run once" occurs 1 '^end$' ends
	world locks kills_group quits fails >log
	tap_check "fork $mode: runs that go wrong are told" \
		occurs 4 'note: the test could not be run again: run 2 ' err
	tap_check "fork $mode: and prove nothing" \
		shows err '^leakcheck: 4 tests checked, 0 leaked, 4 unsure;'
	tap_check "fork $mode: one waits for ever" shows err 'run 2 took too long'
	tap_check "fork $mode: one kills its group" shows err 'run 2 ended by signal 9'
	tap_check "fork $mode: one ends by itself" shows err 'run 2 ended with status 3'
	tap_check "fork $mode: one fails" shows err 'run 2 failed: a state of the world'
done

# In each of Check's outputs: what it says is what it says without other runs.
said ()	# FILE
{
	export CK_TAP_LOG_FILE_NAME=tap CK_XML_LOG_FILE_NAME=xml CK_LOG_FILE_NAME=log
	for mode in yes no; do
		export CK_FORK=$mode
		rm -f tap xml log
		CK_VERBOSITY=verbose watch ./world keeps_once reads_b keeps_once 2>/dev/null
		WORLD_SUBUNIT=1 watch ./world keeps_once reads_b keeps_once 2>/dev/null
		sed -e 's/<duration>.*//' -e 's/<datetime>.*//' tap xml log
	done >"$1"
	unset CK_TAP_LOG_FILE_NAME CK_XML_LOG_FILE_NAME CK_LOG_FILE_NAME
	xmllint --noout xml
}
watch_options=--rerun=no said once
watch_options=--rerun=yes said again
watch_options=
tap_check "text, log, TAP, XML, subunit: the same" diff once again

# The other runs end before Check ends the test.
export CK_FORK=yes
WORLD_TIMEOUT=3 watch_options=--settle=4000 world locks >log
tap_check "a run that hangs, and Check's limit" shows out ':P:.*: Passed'
tap_check "so nothing is proven" shows err 'run 2 took too long'
unset CK_FORK
tap_end
