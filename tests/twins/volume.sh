#!/bin/sh
# SPDX-License-Identifier: MIT
# Many leaks in one test, and many tests without one.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile volume volume.c -O2 -fno-optimize-sibling-calls || exit 1
compile clean500 clean500.c || exit 1

# The message of the test that leaks, as Check printed it.
message ()
{
	awk '/:volume:clean:0: / || /^peak/ { on = 0 }
		sub(/.*:volume:leaks_much:0: /, "") { on = 1 }
		on' out
}

runner_lives ()	# STATUS
{
	cat out
	test "$1" -eq 1 && grep -qx '66%: Checks: 3, Failures: 1, Errors: 0' out &&
		grep -q '^leakcheck: 3 tests checked, 1 leaked (500 sites), 0 unsure; 1000[0-9][0-9] ' err
}

fits ()	# SIZE
{
	message >text
	cat text
	# One byte of the count is the last line's end, which Check adds.
	test "$(wc -c <text)" -le $(($1 - 8 + 1))
}

for mode in yes no; do
	for size in 4096 256 64; do
		CK_FORK=$mode CK_MAX_MSG_SIZE=$size watch ./volume >out 2>err
		tap_check "fork $mode, message of $size: one test fails" runner_lives $?
		tap_check "fork $mode, message of $size: it fits" fits $size
		tap_check "fork $mode, message of $size: the first line is whole" \
			shows text '^leakcheck: 500 leaks: heap 2400000 B in 100000 blocks$'
		tap_check "fork $mode, message of $size: the rest is on standard error" \
			test "$(grep -c '^  LEAK [0-9a-f]* heap 4800 B in 200 blocks,.* from$' err)" -eq 500
		tap_check "fork $mode, message of $size: memory" \
			test "$(sed -n 's/^peak //p' out)" -lt 65536
		test "$size" -eq 64 ||
			tap_check "fork $mode, message of $size: it says that it is cut" shows text \
			"^  # ... cut: $(grep -c '^  # LEAK' text) of 500 leaks shown; the whole report: "
	done
	CK_FORK=$mode watch --report=whole ./volume >out 2>err
	tap_check "fork $mode: the report's name is told" \
		shows out "^  # ... cut: [0-9]* of 500 leaks shown; the whole report: $scratch/whole$"
	tap_check "fork $mode: the report has all" test "$(grep -c '^  LEAK ' whole)" -eq 500
	tap_check "fork $mode: which leaves standard error alone" test "$(wc -l <err)" -eq 1

	CK_FORK=$mode watch ./clean500 >out 2>err
	tap_check "fork $mode: 500 clean tests" sum $? 500 0
	tap_check "fork $mode: Check agrees" shows out '^100%: Checks: 500, Failures: 0, Errors: 0$'
	tap_check "fork $mode: what they did was seen" shows err \
		'^leakcheck: 500 tests checked, 0 leaked, 0 unsure; [0-9]\{4,5\} allocations, 1000 descriptors, 50 threads seen$'
done

compile wrap wrap.c || exit 1
watch ./wrap >out 2>err
sed -n 's/.*:wrap:turn:\([0-9]*\): leakcheck: 3 leaks: heap 100 B in 1 block, fd 1, thread 1$/\1/p' out |
	tr '\n' ' ' >turns
tap_check "more tests than numbers for them" grep -qx '10 60 110 160 210 260 33067 ' turns
tap_check "and no other test is blamed" shows out '^99%: Checks: 33068, Failures: 7, Errors: 0$'
tap_end
