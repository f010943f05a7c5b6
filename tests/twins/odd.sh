#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that are odd: how they are named, started and linked, how their tests
# end.  No leak hides, no test is lost, and nothing of theirs is harmed.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile odd odd.c && compile odd-linked odd.c -DLINKED $link_leakcheck &&
	compile_libs='' compile libhelper.so -shared -fPIC odd_helper.c $link_leakcheck &&
	compile odd-helped odd.c -DHELPED ./libhelper.so -Wl,-rpath,"$scratch" || exit 1

# Tests that leave by themselves.
export CK_FORK=no
for way in quits executes; do
	tap_check "fork no: $way: status" returns 0 watch ./odd clean $way leaks
	tap_check "fork no: $way: what was checked" \
		shows err '^leakcheck: 1 test checked, 0 leaked, 0 unsure;'
	tap_check "fork no: $way: what was not" \
		shows err '^leakcheck: 1 test not checked: 1 ended by exit$'
	tap_check "fork no: $way: required" returns 24 watch --require ./odd clean $way leaks
done

# Check cannot go on either; the numbers that our parent has open are not ours.
./odd closes_all >alone 2>&1
status=$?
tap_check "fork no: all is closed: the status is Check's" \
	returns "$status" timeout 20 "$leakcheck" ./odd closes_all
tap_check "fork no: all is closed: the sum" \
	shows err '^leakcheck: 1 test checked, 1 leaked (1 site), 0 unsure;'

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a teardown's child: status" \
		returns 0 watch --require ./odd with_child_in_teardown clean
	tap_check "fork $mode: a teardown's child: the sum" \
		shows err '^leakcheck: 1 test checked, 0 leaked, 0 unsure;'
	tap_check "fork $mode: a teardown's child is no test" hides err 'not checked'

	# So little room that the report goes to standard error.
	rm -f precious
	tap_check "fork $mode: a test's own standard error: status" \
		returns 1 env CK_MAX_MSG_SIZE=100 "$leakcheck" ./odd takes_standard_error
	tap_check "fork $mode: a test's own standard error: its leaks" \
		shows out ':S:odd:takes_standard_error:0: leakcheck: 5 leaks: heap 10 B in 1 block, fd 4$'
	tap_check "fork $mode: a test's own standard error: nothing but its data" \
		sh -c 'cat precious; echo data | cmp -s - precious'
done
rm -f err
CK_FORK=yes CK_MAX_MSG_SIZE=100 watch ./odd takes_standard_error >out 2>>err
tap_check "fork yes: a test's own standard error: the report is on the runner's" \
	shows err '^leakcheck: takes_standard_error at .*: 5 leaks: heap 10 B in 1 block, fd 4$'
tap_check "fork yes: a test's own standard error: the sum stands beside it" \
	shows err '^leakcheck: 1 test checked, 1 leaked (5 sites), 0 unsure;'

# The status with which a test that leaks ends is no success.
export CK_FORK=yes CK_VERBOSITY=verbose
tap_check "99 is expected, no heap: status" \
	returns 1 watch --no-heap --require ./odd leaves_open_expecting_99
tap_check "99 is expected, no heap: the leak" \
	shows out ':S:odd:leaves_open:0: leakcheck: 1 leak: fd 1$'
unset CK_VERBOSITY

# Names that only libraries have.
mkdir named
for name in ld-linux-check ld-2.36 libc-check libc.so.6 libnss_check; do
	cp odd named/$name
	tap_check "a program named $name: status" returns 1 watch named/$name leaks
	tap_check "a program named $name: the leak's place" shows out '^  #   > leak  '
done

# Environments that must not be written to, or are not there.
for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: a constant environment, linked" \
		returns 0 ./odd-linked with_constant_environment clean
	tap_check "fork $mode: a constant environment, preloaded" \
		returns 0 watch --require ./odd with_constant_environment clean
done
tap_check "an empty environment" returns 0 ./odd load_bare "$libraries/libleakcheck.so"
tap_check "an empty environment: nothing is said" test ! -s err

# Linked: verification that cannot be had.
export LEAKCHECK_OPTIONS=require=yes CK_FORK=yes
tap_check "verified in setup, but tests do not stay: status" \
	returns 24 ./odd-linked verified_in_setup clean quits crashes_as_expected
tap_check "verified in setup, but tests do not stay: what was checked" \
	shows err '^leakcheck: 1 test checked, 0 leaked, 0 unsure;'
tap_check "verified in setup, but tests do not stay: what was not" \
	shows err '^leakcheck: 2 tests not checked: 1 ended by exit, 1 ended by a signal$'
unset LEAKCHECK_OPTIONS
tap_check "verified without a runner: status" returns 23 ./odd-linked
tap_check "verified without a runner: why, and where" shows err \
	'^leakcheck: .*odd.c:[0-9]*: LEAKCHECK_VERIFY_NONE() cannot work here: no Check runner was'
tap_check "verified without a runner: the sum" shows err \
	'^leakcheck: LEAKCHECK_VERIFY_NONE() was used 1 time where it cannot work$'

# Linked, but behind libc, so that nothing is seen of the program.
for mode in yes no; do
	export CK_FORK=$mode
	./odd-helped asks_helper >out 2>err
	tap_check "fork $mode: behind libc: Check comes to its end" \
		shows out '^100%: Checks: 1, Failures: 0, Errors: 0$'
	tap_check "fork $mode: behind libc: why, and where" shows err \
		'^leakcheck: .*odd_helper.c:[0-9]*: LEAKCHECK_VERIFY_NONE() cannot work here: '
done
tap_check "fork no: behind libc: status" returns 23 ./odd-helped asks_helper
tap_end
