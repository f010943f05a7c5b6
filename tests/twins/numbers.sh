#!/bin/sh
# SPDX-License-Identifier: MIT
# Descriptors where they are few, many or cannot be looked up.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile numbers numbers.c || exit 1
# Check reports 4000 bytes; the sum is exact.
all_of_many ()
{
	opened=$(sed -n 's/^opened: //p' err)
	shows out ":must_leak_all_of_many:0: leakcheck: $opened leaks: fd $opened\$"
}
# In the runner's own process a limit that stays would end the run.
judge numbers yes
tap_check "each of many is counted" all_of_many

# Where nobody may raise the limit again, names cannot be looked up; nothing else is lost.
CK_FORK=yes
export CK_FORK
few ()
{
	# shellcheck disable=SC3045 # dash and bash have it
	(ulimit -n 12 && watch ./numbers) >out 2>err
	cat out err
	grep -q ':must_leak_all_of_few:0: leakcheck: [1-9][0-9]* leaks: fd ' out &&
		grep -q '^leakcheck: 4 tests checked, 3 leaked ' err
}
tap_check "twelve descriptors in all" few

compile rooted rooted.c || exit 1
watch ./rooted >out 2>err
if [ $? -eq 77 ]; then
	tap_skip "without /proc" "chroot is not allowed"
else
	tap_check "without /proc: descriptors by what they are" \
		shows out '  # LEAK [0-9a-f]* fd [0-9]* pipe without a visible name (inode [0-9]* of device [0-9:]*) O_WRONLY, other end: closed'
	tap_check "without /proc: the program's own name" shows out '^  #   > rooted+0x'
	tap_check "without /proc: heap" shows out 'heap 10 B in 1 block'
	tap_check "without /proc: nothing unsure" \
		shows err '^leakcheck: 3 tests checked, 2 leaked (2 sites), 0 unsure;'
fi
tap_end
